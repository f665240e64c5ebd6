"""assay plan: what would be asked, at what cost, and what cannot be run."""

from typing import Any

import click

from audit.cli.wish import plan_of, wish_options


@click.command()
@click.argument("target")
@wish_options
@click.option("--untimed", is_flag=True, help="Do not load the model: no times, and tokens only roughly.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan(target: str, untimed: bool, as_json: bool, **wishes: Any) -> int:
    """Show what `assay run TARGET` would do, what that can detect, and how long it takes here.

    The model is loaded and a few of the questions are asked, to time them. An endpoint is not asked.

    \b
    Examples:
      assay plan demo
      assay plan ./my-model --language en,es --limit 50
      assay plan ./my-model --untimed
      assay plan demo --json
    """
    from audit.detection import detections
    from audit.estimate import time_plan
    from audit.render.plan import plan_as_json, plan_as_text

    made = plan_of(target, **wishes)
    timings = None if untimed else time_plan(made, lambda text: click.echo(text, err=True))
    shown = plan_as_json if as_json else plan_as_text
    click.echo(shown(made, detections(made), timings))
    return 0
