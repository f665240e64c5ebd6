"""The one place where an error of somebody else's code becomes a record instead of an end.

A check may come from anywhere. What it raises is written down as UNTESTED with its reason; it never ends the other
checks and never counts as a result.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from audit.errors import AssayError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Crash:
    """What foreign code raised: one line to read, and where it happened."""

    error: str
    trace: str


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What foreign code returned."""

    value: T


def attempt(work: Callable[[], T]) -> Done[T] | Crash:
    """Run foreign code; errors raised on purpose and interrupts pass through, anything else becomes a Crash.

    SystemExit too: a check that calls ``sys.exit(0)`` must not end an audit as if it had passed.
    """
    try:
        return Done(work())
    except AssayError:
        raise
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())[:500]
        return Crash(f"{type(error).__name__}: {text}" if text else type(error).__name__, traceback.format_exc())
