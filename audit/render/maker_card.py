"""The human texts of the card that came with the model, carried over and disarmed."""

import re
from collections.abc import Mapping

from markupsafe import Markup

from audit.render.cleaning import clean

LONGEST = 4000
"""Characters of one section that are carried over."""
PLACEHOLDER = "[More Information Needed]"
STANDARD = (
    "model description",
    "model sources",
    "uses",
    "direct use",
    "downstream use",
    "out-of-scope use",
    "bias, risks, and limitations",
    "recommendations",
    "how to get started with the model",
    "training details",
    "training data",
    "training procedure",
    "preprocessing",
    "training hyperparameters",
    "speeds, sizes, times",
    "evaluation",
    "results",
    "societal impact assessment",
    "model examination",
    "environmental impact",
    "technical specifications",
    "model architecture and objective",
    "hardware",
    "software",
    "citation",
    "glossary",
    "more information",
    "model card authors",
    "model card contact",
)
"""Headings of Hugging Face's template that hold a human's text, in lower case."""
_ALIASES = {
    "intended use": "uses",
    "intended uses": "uses",
    "intended uses & limitations": "uses",
    "how to use": "how to get started with the model",
    "usage": "how to get started with the model",
    "limitations": "bias, risks, and limitations",
    "limitations and bias": "bias, risks, and limitations",
    "bias": "bias, risks, and limitations",
    "training": "training details",
    "description": "model description",
    "contact": "model card contact",
}

_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r"^(?= {0,3}(?:=+|-+)[ \t]*$)", re.MULTILINE)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_TARGET = re.compile(r"\](?=[(:]\s*([^\s)]*))")
_WEB_OR_RELATIVE = re.compile(r"(?:https?://|mailto:).*|[\w./#-]*", re.IGNORECASE)


def sections(card: str) -> Mapping[str, str]:
    """The card's texts by heading, standard headings in lower case; "" holds what stands under the title."""
    found: dict[str, list[str]] = {}
    heading, fence = "", ""
    for row in _COMMENT.sub("", _FRONT_MATTER.sub("", card.replace("\r\n", "\n"))).split("\n"):
        mark = _FENCE.match(row)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        title = None if fence else _HEADING.match(row)
        if title:
            heading = _key(title[2], len(title[1]))
        else:
            found.setdefault(heading, []).append(row)
    texts = {key: "\n".join(rows).strip() for key, rows in found.items()}
    return {key: text for key, text in texts.items() if text not in ("", PLACEHOLDER)}


def _key(heading: str, level: int) -> str:
    plain = heading.casefold().replace("[optional]", "").strip(" *_:.")
    key = _ALIASES.get(plain, plain)
    if key in STANDARD:
        return key
    return "" if level == 1 else heading


def quoted(text: str) -> Markup:
    """``text`` as a block quote: still Markdown, but no tag, no heading, no image, and links to the web only.

    Images become links, so that a reader's browser asks nobody for anything.
    """
    shown = _UNDERLINE.sub("\n", _TAG.sub("&lt;", clean(text, LONGEST))).replace("![", "[")
    shown = _TARGET.sub(_bracket, shown)
    return Markup("\n".join(f"> {row}".rstrip() for row in shown.split("\n")))  # noqa: S704  disarmed above


def _bracket(match: re.Match[str]) -> str:
    """The closing bracket of a link, or an entity that looks like it and closes nothing."""
    return "]" if _WEB_OR_RELATIVE.fullmatch(match[1]) else "&#93;"
