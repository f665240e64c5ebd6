"""The sections of a Markdown text, and what of them is content rather than a placeholder."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HEADING = re.compile(r"^ {0,3}(?P<marks>#{1,6})[ \t]+(?P<text>.+?)[ \t#]*$")
HTML_HEADING = re.compile(r"^\s*<h(?P<level>[1-6])[^>]*>(?P<text>.*?)</h[1-6]>\s*$", re.IGNORECASE)
BOLD_LINE = re.compile(r"^\s*(?:\*\*|__)(?P<text>[^*_]{2,60}?):?(?:\*\*|__):?\s*$")
UNDERLINE = re.compile(r"^ {0,3}(=+|-{2,})\s*$")
FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
PLACEHOLDERS = (
    re.compile(
        r"\[(?:more information needed|optional|todo|tbd|your[^\]]*|insert[^\]]*|add[^\]]*)\](?!\()", re.IGNORECASE
    ),
    re.compile(r"\{\{.{0,200}?\}\}", re.DOTALL),
    re.compile(r"more information (?:is )?needed\.?", re.IGNORECASE),
    re.compile(
        r"^[^\w\n]*(?:todo|to do|tbd|tba|fixme|wip|coming soon|work in progress|lorem ipsum"
        r"|to be (?:added|done|written|completed)|n/?a|none|not available|not applicable|unknown|empty)\b.{0,80}$",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(r"^[ \t]*(?:[-*+][ \t]*)?(?:\*\*|__)[^*_\n]{1,60}(?:\*\*|__):?[ \t]*$", re.MULTILINE),
    re.compile(r"!\[[^\]]{0,300}\]\([^)]{0,500}\)|<[^>]{1,300}>"),
)
LEAST_CONTENT = 8
"""Letters and digits that a section must have to say anything."""
LONGEST = 20_000
"""Characters of a section that are looked at."""
LONGEST_HEADING = 300
BOLD_LEVEL = 7


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (its words in lower case), its level, and the text up to the next heading of any level."""

    level: int
    heading: str
    text: str


def sections_of(markdown: str) -> Sequence[Section]:
    """The sections of a text in order; headings inside code are none."""
    found: list[tuple[int, str, list[str]]] = []
    for level, heading, line in _lines(COMMENT.sub("", markdown)):
        if level:
            found.append((level, heading_words(heading), []))
        elif found:
            found[-1][2].append(line)
    return [Section(level, heading, "\n".join(lines)) for level, heading, lines in found]


def heading_words(heading: str) -> str:
    """A heading's words in lower case, "&" as "and", without links, numbers in front and "[optional]"."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    plain = re.sub(r"\[optional\]|<[^>]*>|^\s*[\d.]+[.)]?\s", " ", plain, flags=re.IGNORECASE)
    return " ".join(re.findall(r"[^\W_]+", plain.casefold().replace("&", " and ")))


def content(text: str, boilerplate: Sequence[str] = (), least: int = LEAST_CONTENT) -> str:
    """What a text says without placeholders and the template's own sentences; "" when that is next to nothing."""
    text = text[:LONGEST]
    for sentence in boilerplate:
        text = text.replace(sentence, " ")
    for placeholder in PLACEHOLDERS:
        text = placeholder.sub(" ", text)
    return text.strip() if sum(letter.isalnum() for letter in text) >= least else ""


def _lines(markdown: str) -> Iterator[tuple[int, str, str]]:
    """Each line as (level, heading, "") or (0, "", line); an underlined heading takes the line before it."""
    lines, fence = markdown.splitlines(), ""
    index = 0
    while index < len(lines):
        line = lines[index]
        opened = FENCE.match(line)
        if fence or opened:
            closes = opened is not None and bool(fence) and opened[1].startswith(fence)
            fence = "" if closes else fence or (opened[1] if opened else "")
            yield 0, "", line
        elif level_and_text := _heading(line):
            yield (*level_and_text, "")
        elif (
            0 < len(line.strip()) <= LONGEST_HEADING
            and index + 1 < len(lines)
            and UNDERLINE.match(lines[index + 1])
        ):
            yield (1 if "=" in lines[index + 1] else 2), line, ""
            index += 1
        else:
            yield 0, "", line
        index += 1


def _heading(line: str) -> tuple[int, str] | None:
    if len(line) > LONGEST_HEADING:
        return None
    if match := HEADING.match(line):
        return len(match["marks"]), match["text"]
    if match := HTML_HEADING.match(line):
        return int(match["level"]), match["text"]
    if match := BOLD_LINE.match(line):
        return BOLD_LEVEL, match["text"]
    return None
