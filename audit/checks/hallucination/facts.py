"""Questions of common knowledge with four options each, made from Unicode CLDR by way of Babel.

A fact is asked only where the answer does not give itself away ("Thai" in Thailand), and a distractor is never
something that was true of the territory at any time CLDR knows of.
"""

import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from audit.check import taken
from audit.errors import DatasetError

DATA = Path(__file__).with_name("data") / "closed_book.yaml"
OPTIONS = 4
SPOKEN = 2.0
"""A language spoken by at least this share of a territory's people (per cent) is no distractor there."""
AMERICAS = ("003", "005", "013")


@dataclass(frozen=True, slots=True)
class Territory:
    """What CLDR says of a territory; ``currency`` is "" where several circulate, ``language`` where none is one.

    ``currencies`` and ``languages`` hold every one that it has ever used or that many of its people speak.
    """

    code: str
    continent: str
    currency: str
    currencies: frozenset[str]
    language: str
    languages: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language asks: per kind of fact the frame, and the same frame without its subject."""

    language: str
    frames: Mapping[str, Sequence[str]]
    unit: str
    lower: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """A sentence to be continued by one of ``options``, of which the first is right.

    ``neutral`` is the same sentence without its subject: it shows how likely an option is before the question.
    """

    kind: str
    territory: str
    context: str
    neutral: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """The words that one language has for territories, currencies and languages; "" where it has none."""

    wording: Wording
    locale: Any

    def territory(self, code: str) -> str:
        """A country's or a continent's name."""
        return str(self.wording.names.get(code) or self.locale.territories.get(code, ""))

    def language(self, code: str) -> str:
        """A language's name."""
        return str(self.locale.languages.get(code, ""))

    def unit(self, code: str) -> str:
        """The unit's name alone: "shilling" of "Kenyan Shilling"."""
        name = str(self.locale.currencies.get(code, ""))
        words = [word for word in name.replace("-", " ").split() if word[0] != "("]
        word = words[0 if self.wording.unit == "first" else -1] if words else ""
        return word.lower() if self.wording.lower else word


Candidates = tuple[dict[str, str], str, Sequence[str]]
"""What fills the frame, the right option, and wrong options with the most confusable first."""


def currency(names: Names, here: Territory, others: Sequence[Territory]) -> Candidates:
    """Which currency does the territory use? Variants of one word (rial, riyal) never stand side by side."""
    right = names.unit(here.currency)
    used = {names.unit(code) for code in here.currencies}
    units = [names.unit(other.currency) for other in others]
    wrong = [unit for unit in units if unit not in used and unit[:2] != right[:2]]
    return {"territory": names.territory(here.code)}, right, wrong


def currency_territory(names: Names, here: Territory, others: Sequence[Territory]) -> Candidates:
    """Which territory uses the currency? Asked of units that no other listed territory has had."""
    unit = names.unit(here.currency)
    shared = any(unit in {names.unit(code) for code in other.currencies} for other in others)
    wrong = [names.territory(other.code) for other in others]
    return {"unit": unit}, "" if shared else names.territory(here.code), wrong


def language(names: Names, here: Territory, others: Sequence[Territory]) -> Candidates:
    """Which language is official? The official one that most people speak."""
    wrong = [names.language(other.language) for other in others if other.language not in here.languages]
    return {"territory": names.territory(here.code)}, names.language(here.language), wrong


def continent(names: Names, here: Territory, others: Sequence[Territory]) -> Candidates:
    """On which continent does it lie? The Americas are never distractors for each other."""
    wrong = [names.territory(other.continent) for other in others if region(other) != region(here)]
    return {"territory": names.territory(here.code)}, names.territory(here.continent), wrong


def code(names: Names, here: Territory, others: Sequence[Territory]) -> Candidates:
    """Which territory does the ISO 3166 code stand for? Distractors with the same first letter come first."""
    near = sorted(others, key=lambda other: other.code[0] != here.code[0])
    return {"code": here.code}, names.territory(here.code), [names.territory(other.code) for other in near]


KINDS: Mapping[str, Callable[[Names, Territory, Sequence[Territory]], Candidates]] = {
    "currency": currency,
    "currency-territory": currency_territory,
    "language": language,
    "continent": continent,
    "code": code,
}


def questions(
    wording: Wording, territories: Sequence[Territory], asked: Sequence[Territory], seed: int
) -> Iterator[Question]:
    """Every question about the ``asked`` territories that does not give itself away; distractors are seeded."""
    from babel import Locale

    names = Names(wording, Locale.parse(wording.language, sep="-"))
    for here in asked:
        for kind, candidates in KINDS.items():
            others = _neighbours_first(here, territories, random.Random(f"{seed}/{kind}/{here.code}"))
            subject, right, wrong = candidates(names, here, others)
            options = tuple(dict.fromkeys(text for text in (right, *wrong) if text))[:OPTIONS]
            known = right and all(subject.values()) and len(options) == OPTIONS
            if known and not gives_away(" ".join(subject.values()), right):
                frame, neutral = wording.frames[kind]
                yield Question(kind, here.code, frame.format(**subject), neutral, options)


def _neighbours_first(here: Territory, territories: Sequence[Territory], rng: random.Random) -> list[Territory]:
    others = [other for other in territories if other.code != here.code]
    rng.shuffle(others)
    return sorted(others, key=lambda other: region(other) != region(here))


def region(territory: Territory) -> str:
    """The continent's code, one (UN M49 019) for North, Central and South America."""
    return "019" if territory.continent in AMERICAS else territory.continent


def spread(territories: Sequence[Territory], limit: int | None, seed: int, part: float = 1.0) -> list[Territory]:
    """At most ``limit`` territories by a seeded draw in which the continents take turns.

    Of those, the first ``part`` of each continent: a larger limit or part holds every smaller one.
    """
    turns: Counter[str] = Counter()
    turn = {}
    for territory in random.Random(seed).sample(territories, len(territories)):
        turn[territory.code] = turns[territory.continent]
        turns[territory.continent] += 1
    drawn = set(sorted(turn, key=lambda code: turn[code])[:limit])
    counts = Counter(territory.continent for territory in territories if territory.code in drawn)
    return [
        territory
        for territory in territories
        if territory.code in drawn and turn[territory.code] < taken(counts[territory.continent], part)
    ]


def gives_away(subject: str, answer: str) -> bool:
    """Whether two names look related: a word of each begins alike, or they share a run of four letters."""
    subjects, answers = _words(subject), _words(answer)
    if any(a[:2] == b[:2] for a in subjects for b in answers):
        return True
    runs = {a[i : i + 4] for a in subjects for i in range(len(a) - 3)}
    return any(b[i : i + 4] in runs for b in answers for i in range(len(b) - 3))


def _words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return [word for word in plain.replace("-", " ").split() if len(word) > 1]


def load(path: Path = DATA) -> tuple[dict[str, Wording], tuple[Territory, ...]]:
    """The wordings by language and the territories that the data file lists."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        wordings = {name: Wording(name, **facts) for name, facts in content["languages"].items()}
        listed = [(str(code), str(place)) for place, codes in content["territories"].items() for code in codes]
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path.name} does not have the fields of the frames file: {error}") from error
    return wordings, tuple(_territory(code, continent_code) for code, continent_code in listed)


def _territory(code: str, place: str) -> Territory:
    from babel.core import get_global

    money = [(name, until) for name, _, until, tender in get_global("territory_currencies")[code] if tender]
    now = [name for name, until in money if until is None]
    talk = get_global("territory_languages")[code]
    status = {name: facts["official_status"] for name, facts in talk.items()}
    official = [name for name in talk if status[name] == "official"] or [
        name for name in talk if status[name] == "de_facto_official"
    ]
    return Territory(
        code,
        place,
        currency=now[0] if len(now) == 1 else "",
        currencies=frozenset(name for name, _ in money),
        language=max(official, key=lambda name: talk[name]["population_percent"], default=""),
        languages=frozenset(n for n in talk if status[n] or talk[n]["population_percent"] >= SPOKEN),
    )
