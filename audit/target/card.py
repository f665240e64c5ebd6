"""The model card that came with a target: README.md, its YAML front matter and its Markdown text."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from audit.errors import TargetError
from audit.target.target import Card, File

LARGEST = 4 * 2**20
"""Bytes of a README.md that are read."""
LARGEST_FRONT_MATTER = 512 * 2**10
MOST_VALUES = 200_000
"""Values that a front matter may hold once its aliases are written out; a few lines of them can mean gigabytes."""
FENCED = re.compile(r"\A---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*(\r?\n|\Z)", re.DOTALL | re.MULTILINE)
OPENED = re.compile(r"\A---[ \t]*\r?\n\s*[\w-]+:")


def read_card(root: Path, files: Sequence[File]) -> Card | None:
    """The target's README.md, or None where there is none.

    A front matter that cannot be read stays in ``text`` and leaves ``metadata`` empty; ``card_problem`` says why.
    """
    named = sorted(file.path for file in files if file.path.lower() == "readme.md")
    if not named:
        return None
    try:
        with (root / named[0]).open("rb") as stream:
            raw = stream.read(LARGEST)
    except OSError as error:
        raise TargetError(f"{named[0]} cannot be read ({error.strerror}): check its permissions.") from error
    metadata, text, _ = _split(raw.decode("utf-8", "replace"))
    return Card(named[0], metadata, text)


def card_problem(card: Card) -> str:
    """Why the card's front matter could not be read, with the line; "" when it could be or there is none."""
    return _split(card.text)[2]


def _split(text: str) -> tuple[dict[str, Any], str, str]:
    """Metadata, text below it, and what is wrong; what cannot be read stays in the text."""
    text = text.removeprefix("\ufeff")
    found = FENCED.match(text)
    if found is None:
        # A horizontal rule opens a text too: only a key below it was meant as front matter.
        unclosed = "line 1: the front matter that opens with --- is never closed"
        return {}, text, unclosed if OPENED.match(text) else ""
    try:
        return _metadata(found["yaml"]), text[found.end() :], ""
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return {}, text, f"line {mark.line + 2 if mark else 2}: {error.problem or 'this is not YAML'}"
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        return {}, text, f"line 2: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error).partition("\n")[0]


def _metadata(source: str) -> dict[str, Any]:
    if len(source) > LARGEST_FRONT_MATTER:
        raise ValueError(f"the front matter is longer than {LARGEST_FRONT_MATTER} characters")
    value = yaml.load(source, Loader=PlainLoader)  # noqa: S506 - a SafeLoader without merge keys
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("the front matter does not hold `key: value` lines")
    if _written_out(value, {}) > MOST_VALUES:
        raise ValueError("its aliases (*name) stand for too many values")
    return {str(key): item for key, item in value.items()}


def _written_out(value: Any, known: dict[int, int]) -> int:
    """How many values this is once every alias is written out; a value that holds itself counts as endless."""
    if not isinstance(value, dict | list | tuple | set):
        return 1
    if id(value) not in known:
        known[id(value)] = MOST_VALUES + 1
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_written_out(part, known) for part in parts)
    return known[id(value)]


class PlainLoader(yaml.SafeLoader):
    """Reads YAML as safe_load does, but no merge keys (<<), which multiply their content while it is read."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    problem="merge keys (<<) are not read", problem_mark=key.start_mark
                )
