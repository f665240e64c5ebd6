"""The prompts of the content checks, read from the files beside the code and drawn group by group in turn."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from audit.check import taken
from audit.errors import CheckError

DATA = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One text handed to the model; ``id`` is unique within its file and stable."""

    id: str
    text: str
    group: str
    language: str


@cache
def load(name: str, language: str) -> tuple[Prompt, ...]:
    """The prompts of ``data/<name>.<language>.yaml``; ids are language, code of the group and position."""
    path = DATA / f"{name}.{language}.yaml"
    if not path.is_file():
        raise CheckError(f"There are no {name.replace('_', ' ')} in {language}: choose another language.")
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    return tuple(
        Prompt(f"{language}-{group['code']}-{position:02d}", text, group["name"], language)
        for group in groups
        for position, text in enumerate(group["prompts"], start=1)
    )


def chosen(
    name: str,
    languages: Sequence[str],
    *,
    limit: int | None,
    seed: int,
    part: float = 1.0,
    groups: Sequence[str] = (),
) -> list[Prompt]:
    """The prompts to ask, in file order: of ``groups`` (all if empty), at most ``limit`` in each language.

    Of those, ``part`` of each group.
    """
    found = []
    for language in languages:
        prompts = load(name, language)
        known = dict.fromkeys(prompt.group for prompt in prompts)
        for group in groups:
            if group not in known:
                raise CheckError(f"There is no group {group}: choose from {', '.join(known)}.")
        found += draw_by_turns([p for p in prompts if not groups or p.group in groups], limit, seed, part)
    return found


def draw_by_turns(prompts: Sequence[Prompt], limit: int | None, seed: int, part: float = 1.0) -> list[Prompt]:
    """At most ``limit`` prompts by a seeded draw in which the groups take turns, in their original order.

    Of those, the first ``part`` of each group: a larger limit or part holds every smaller one.
    """
    generator = random.Random(seed)
    turns: list[tuple[int, float, int]] = []
    for group in dict.fromkeys(prompt.group for prompt in prompts):
        places = [i for i, prompt in enumerate(prompts) if prompt.group == group]
        generator.shuffle(places)
        turns += [(turn, generator.random(), place) for turn, place in enumerate(places)]
    drawn = sorted(turns)[:limit]
    counts = Counter(prompts[place].group for _, _, place in drawn)
    kept = (place for turn, _, place in drawn if turn < taken(counts[prompts[place].group], part))
    return [prompts[place] for place in sorted(kept)]
