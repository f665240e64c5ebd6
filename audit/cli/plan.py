"""assay plan: what would be asked, at what cost, and what cannot be run."""

from typing import Any

import click

from audit.cli.wish import plan_of, wish_options


@click.command()
@click.argument("target")
@wish_options
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan(target: str, as_json: bool, **wishes: Any) -> int:
    """Show what `assay run TARGET` would do, and what that can detect, without loading the model.

    \b
    Examples:
      assay plan demo
      assay plan ./my-model --language en,es --limit 50
      assay plan demo --json
    """
    from audit.detection import detections
    from audit.render.plan import plan_as_json, plan_as_text

    made = plan_of(target, **wishes)
    found = detections(made)
    click.echo(plan_as_json(made, found) if as_json else plan_as_text(made, found))
    return 0
