"""assay render: write the reports of a finished audit again."""

from pathlib import Path

import click


@click.command()
@click.argument("run_folder", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write [default: RUN].")
def render(run_folder: Path, out: Path | None) -> int:
    """Write report.html, report.md, README.md (the model card) and junit.xml from RUN/audit.json.

    \b
    Examples:
      assay render assay-runs/demo-1a2b3c4d
      assay render assay-runs/demo-1a2b3c4d --out public
    """
    from audit.render import write_all
    from audit.report import AUDIT, read_report
    from audit.store import refuse_others_card

    report = read_report(run_folder)
    folder = out or (run_folder if run_folder.is_dir() else run_folder.parent)
    refuse_others_card(folder, AUDIT, "report.html")
    for path in write_all(report, folder):
        click.echo(str(path))
    return 0
