"""Spans of time as people write and say them."""

import re

from audit.errors import InputError

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_SPELLING = re.compile(r"(\d+(?:\.\d+)?)\s*([smh])", re.ASCII)


def seconds_of(text: str) -> float:
    """The seconds in "90s", "10m" or "1.5h"; InputError for another spelling, or for no time at all."""
    match = _SPELLING.fullmatch(text.strip().lower())
    seconds = float(match[1]) * SECONDS[match[2]] if match else 0.0
    if not 0 < seconds < 1e9:
        raise InputError(f"{text} is no length of time: write 90s, 10m or 1h.")
    return seconds


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 or seconds == 0 else f"{seconds:.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
