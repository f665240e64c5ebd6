"""assay checks: list them, read about one, start a new one."""

from pathlib import Path

import click

FILES = click.option("--checks", "files", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
                     help="Also the checks in this Python file.")  # fmt: skip


@click.group()
def checks() -> None:
    """List, show or start checks.

    \b
    Examples:
      assay checks list
      assay checks show bias.minimal-pairs
      assay checks new tone > my_check.py
    """


@checks.command("list")
@FILES
def list_(files: tuple[Path, ...]) -> int:
    """List every check with what it needs and the languages it speaks."""
    from audit.catalogue import find_checks, title

    for name, check in find_checks(files).items():
        spoken = f" [{', '.join(check.languages)}]" if check.languages else ""
        click.echo(f"{name:<30} {title(check)}{spoken}")
    return 0


@checks.command()
@click.argument("name", metavar="CHECK")
@FILES
def show(name: str, files: tuple[Path, ...]) -> int:
    """Show what CHECK measures, how to read it, its limits, source, metrics and options."""
    from audit.catalogue import find_checks, get_check
    from audit.render.check_page import check_page

    click.echo(check_page(get_check(find_checks(files), name)))
    return 0


@checks.command()
@click.argument("name", metavar="NAME")
def new(name: str) -> int:
    """Print a working check called local.NAME to start from; run it with `assay run --checks FILE`."""
    from audit.render.check_page import new_check

    click.echo(new_check(name), nl=False)
    return 0
