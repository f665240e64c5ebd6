"""The canary tells another model from the noise of the same one."""

from audit.endpoint.canary import Reading, canary_of

FIRST = Reading(("a", "b", "c"), (-40.0, -60.0))


def test_the_same_is_no_difference():
    assert canary_of(FIRST, FIRST).difference(FIRST) == ""


def test_another_answer_or_score_is_one():
    canary = canary_of(FIRST, FIRST)
    assert "1 of 3 canary answers" in canary.difference(Reading(("a", "x", "c"), FIRST.scores))
    assert "moved by 0.2 nats" in canary.difference(Reading(FIRST.answers, (-40.2, -60.0)))
    assert "no longer given" in canary.difference(Reading(FIRST.answers, (-40.0, None)))


def test_the_servers_own_noise_is_none():
    canary = canary_of(FIRST, Reading(("a", "x", "c"), (-40.1, -60.0)))
    assert canary.difference(Reading(("a", "y", "c"), (-40.3, -60.04))) == ""
    assert canary.difference(Reading(("z", "b", "c"), (-40.0, -60.0)))
    assert canary.difference(Reading(("a", "b", "c"), (-40.0, -60.06)))


def test_a_canary_that_never_repeats_itself_says_so():
    canary = canary_of(Reading(("a", "b")), Reading(("c", "d")))
    assert not canary.tells
    assert canary.difference(Reading(("e", "f"))) == ""
    assert canary_of(FIRST, FIRST).tells
