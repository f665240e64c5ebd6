"""assay judge: judge a finished audit again, by another policy or with waivers; no model is needed."""

import sys
from pathlib import Path

import click


@click.command()
@click.argument("run_folder", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--policy", "policy_name", metavar="POLICY", help="Another policy [default: the one it was run with]."
)
@click.option("--waivers", type=click.Path(path_type=Path), metavar="FILE", help="Waivers, a YAML file.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write audit.json and reports here.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the verdict.")
def judge(run_folder: Path, policy_name: str | None, waivers: Path | None, out: Path | None, quiet: bool) -> int:
    """Judge the audit in RUN again and exit with the verdict.

    \b
    Examples:
      assay judge assay-runs/demo-1a2b3c4d
      assay judge assay-runs/demo-1a2b3c4d --policy stricter.yaml --out judged
      assay judge assay-runs/demo-1a2b3c4d --waivers waivers.yaml
    """
    from audit.errors import RunFolderError
    from audit.judge import judge_again
    from audit.policy.read import read_policy
    from audit.policy.waivers import read_waivers
    from audit.render import write_all
    from audit.render.text import summary
    from audit.report import AUDIT, read_report, write_report
    from audit.store import MARK, refuse_others_card

    report = read_report(run_folder)
    policy = read_policy(policy_name) if policy_name else report.policy
    judged = judge_again(report, policy, read_waivers(waivers) if waivers else ())
    if out:
        if (out / MARK).exists():
            raise RunFolderError(
                f"{out} is the folder of a run, whose own verdict would be replaced: give --out another."
            )
        refuse_others_card(out, AUDIT, "report.html")
        write_report(judged, out)
        write_all(judged, out)
    click.echo(summary(judged, out, colour=sys.stdout.isatty(), quiet=quiet))
    return judged.verdict.exit_code
