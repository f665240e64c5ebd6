"""Which licence a LICENSE file holds: by its whole text where that is known, else by its title only.

Similarity is not used: texts that are 96 % alike grant different rights (Llama 3 and 3.1, modified MIT licences).
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

WHOLE, ALTERED, TITLE = "text", "altered", "title"
"""What an identification rests on: the whole text; a title above words that are not the known ones; a title."""
COPYRIGHT = re.compile(
    r"^\W*(copyright\s*(\(c\)|©|\d|[\[<{])|\(c\) ?\d|all rights reserved\W*$).{0,160}$", re.IGNORECASE
)
NAMED_HOLDER = re.compile(r"neither the name .{1,120}? nor the names of")
TITLE_WORDS = 60
TEXTS = Path(__file__).with_name("licence_texts.yaml")


@dataclass(frozen=True, slots=True)
class _Known:
    """A licence's title pattern, the titles that may stand above its text, and the digests of that text."""

    id: str
    title: re.Pattern[str]
    above: Sequence[str]
    sha256: frozenset[str]


def recognise(text: str) -> tuple[str, str]:
    """The licence's identifier and what that rests on; ("", "") for a text without a known title."""
    found = words(text)
    for known in _known_texts():
        if digest(found, known.above) in known.sha256:
            return known.id, WHOLE
    opening = " ".join(found.split(" ", TITLE_WORDS)[:TITLE_WORDS])
    for known in _known_texts():
        if known.title.search(opening):
            return known.id, ALTERED if known.sha256 else TITLE
    return "", ""


def words(text: str) -> str:
    """The words of a licence in lower case, without copyright lines and the holder's name in the BSD clause."""
    lines = unicodedata.normalize("NFKC", text).splitlines()
    kept = "\n".join(line for line in lines if not COPYRIGHT.match(line.strip()))
    plain = " ".join(re.findall(r"[a-z0-9]+", kept.lower().replace("https", "http")))
    return NAMED_HOLDER.sub("neither the name nor the names of", plain)


def digest(found: str, above: Sequence[str] = ()) -> str:
    """SHA-256 of the words, hexadecimal, without the first title of ``above`` that stands over them."""
    for title in above:
        if found.startswith(title + " "):
            found = found[len(title) + 1 :]
            break
    return hashlib.sha256(found.encode()).hexdigest()


@cache
def _known_texts() -> Sequence[_Known]:
    entries: Sequence[Mapping[str, Any]] = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))["licences"]
    return tuple(
        _Known(
            entry["id"],
            re.compile(entry["title"]),
            tuple(entry.get("above", ())),
            frozenset(entry.get("sha256", ())),
        )
        for entry in entries
    )
