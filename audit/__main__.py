"""The command ``assay``: maps what happens to exit codes, so that a crash never looks like a result."""

import sys
from collections.abc import Sequence

import click

from audit.cli import assay
from audit.errors import AssayError

USAGE, BROKEN, INTERRUPTED = 2, 4, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; its exit code: 0, 1 and 3 are verdicts, 2 is wrong usage or input, 4 a bug."""
    try:
        return int(assay.main(args=arguments, prog_name="assay", standalone_mode=False) or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE
    except AssayError as error:
        say(f"Error: {error}")
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        say("Stopped. Run the same command again to go on where it was.")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return INTERRUPTED
    except BaseException:  # SystemExit too: whatever code it carries, it is no verdict
        report_bug()
        return BROKEN


def say(text: str) -> None:
    """One line on standard error, free of control characters."""
    from audit.render.cleaning import line

    click.echo(line(text), err=True)


def report_bug() -> None:
    """The traceback, and what to do with it."""
    import traceback

    traceback.print_exc()
    say("Assay itself broke; this is a bug and no verdict. Please report the lines above.")


def run_and_exit() -> None:
    """Entry point of the installed command."""
    sys.exit(main())


if __name__ == "__main__":
    run_and_exit()
