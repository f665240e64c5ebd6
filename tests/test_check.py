"""Draws are nested: what was asked before is asked again, and found in the response cache."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.catalogue import find_checks
from audit.check import draw, taken
from audit.checks.content.prompts import chosen
from audit.checks.hallucination.facts import load, spread
from audit.options import has_option

PARTS = (0.125, 0.25, 0.5, 1.0)


@given(st.integers(0, 60), st.integers(1, 60), st.integers(1, 60), st.integers(0, 5), st.sampled_from(PARTS))
def test_a_larger_draw_holds_every_smaller_one(n: int, a: int, b: int, seed: int, part: float) -> None:
    items = list(range(n))
    small, large = sorted((a, b))
    assert set(draw(items, small, seed)) <= set(draw(items, large, seed)) <= set(draw(items, None, seed))
    assert set(draw(items, small, seed, part)) <= set(draw(items, small, seed))
    assert draw(items, small, seed) == sorted(draw(items, small, seed))
    assert len(draw(items, small, seed, part)) == taken(min(small, n), part)


def test_the_seed_decides_which() -> None:
    assert draw(range(100), 10, 0) != draw(range(100), 10, 1)
    assert draw(range(100), 10, 0) == draw(range(100), 10, 0)


def test_every_stratum_gives_the_same_part_of_its_items() -> None:
    prompts = chosen("hazardous_prompts", ["en"], limit=None, seed=0)
    groups = {prompt.group for prompt in prompts}
    before: set[str] = set()
    for part in PARTS:
        drawn = chosen("hazardous_prompts", ["en"], limit=None, seed=0, part=part)
        for group in groups:
            there = [p for p in prompts if p.group == group]
            assert len([p for p in drawn if p.group == group]) == taken(len(there), part)
        assert before <= {p.id for p in drawn}
        before = {p.id for p in drawn}


@pytest.mark.parametrize("limit", [None, 40])
def test_territories_are_drawn_alike(limit: int | None) -> None:
    _, territories = load()
    before: set[str] = set()
    for part in PARTS:
        drawn = {territory.code for territory in spread(territories, limit, 0, part)}
        assert before <= drawn
        before = drawn
    assert before == {territory.code for territory in spread(territories, limit, 0)}


def test_the_worst_of_some_items_are_no_sample_of_the_worst_of_all() -> None:
    stops_early = {name for name, check in find_checks().items() if has_option(check, "part")}
    assert "explain.attribution" not in stops_early
    assert "bias.minimal-pairs" in stops_early
