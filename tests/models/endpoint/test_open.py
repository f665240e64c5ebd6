"""What an endpoint turns out to be when it is opened."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audit.capability import CanChange, CanGenerate, CanScore
from audit.endpoint.client import Pace
from audit.errors import EndpointError, TargetError
from audit.models.open import open_model
from audit.target.open import open_target
from audit.target.target import Target
from tests.models.endpoint.scripted import CHAT, COMPLETIONS, Handler, Scripted, nats, status

PACE = Pace(concurrency=4, attempts=3, timeout=5, pause=0.001)


def opened(server: Scripted, model: str = "toy", start: str = "") -> Target:
    return open_target(f"{server.url}#{model}", PACE, start)


def test_what_it_can_be_asked_is_found_out(server: Scripted):
    everything = opened(server)
    assert everything.endpoint is not None
    assert (everything.endpoint.chat, everything.endpoint.completions, everything.endpoint.scores) == (True,) * 3
    model = open_model(everything, pace=PACE)
    assert isinstance(model, CanScore)
    assert isinstance(model, CanGenerate)
    assert isinstance(model, CanChange)
    server.echoes = False
    silent = open_model(opened(server), pace=PACE)
    assert isinstance(silent, CanGenerate)
    assert not isinstance(silent, CanScore)


def test_a_server_without_chat_is_asked_for_completions(server: Scripted):
    server.chats = False
    model = open_model(opened(server), pace=PACE)
    assert isinstance(model, CanGenerate)
    before = server.asked(CHAT)
    model.generate(["Hello"], max_new_tokens=3)
    assert server.asked(CHAT) == before
    assert server.seen[-1] == (
        COMPLETIONS,
        {"model": "toy", "prompt": "Hello", "max_tokens": 3, "temperature": 0.0},
    )


def test_the_only_model_needs_no_name(server: Scripted):
    assert open_target(server.url, PACE).name == "toy"
    server.names = ["one", "two"]
    with pytest.raises(TargetError, match=r"offers 2 models \(one, two\): name one, as in .*#one"):
        open_target(server.url, PACE)
    server.names = ["\x1b[31m", "x" * 201]  # no names that anybody could use
    with pytest.raises(TargetError, match=r"offers 0 models \(none\)"):
        open_target(server.url, PACE)


def test_an_address_with_nothing_behind_it(server: Scripted):
    with pytest.raises(TargetError, match=r"no such path: check the address \(many end in /v1\)"):
        open_target(server.url.replace("/v1", "") + "#toy", PACE)
    with pytest.raises(TargetError, match=r"refuses connections \(3 attempts\)\."):
        open_target("http://127.0.0.1:1/v1", PACE)


def test_a_server_in_trouble_is_not_taken_for_one_that_offers_less(server: Scripted):
    server.misdeeds[CHAT] = [status(503)] * 3
    with pytest.raises(TargetError, match="503"):
        opened(server)


def test_scores_are_those_of_the_server(server: Scripted):
    model = open_model(opened(server), pace=PACE)
    assert isinstance(model, CanScore)
    requests = [("The dog", " barked loudly"), ("", "The dog"), ("The dog", " barked"), ("The dog", "")]
    expected = nats("first", "The dog", " barked"), nats("first", "The dog barked", " loudly")
    scores = model.log_likelihood(requests)
    assert scores == pytest.approx([sum(expected), np.nan, expected[0], np.nan], nan_ok=True)
    before = len(server.seen)
    assert model.log_likelihood(requests) == pytest.approx(scores, nan_ok=True)
    assert len(server.seen) == before  # from the cache


def test_a_start_token_gives_the_first_word_a_score(server: Scripted):
    server.start = "<s>"  # put there by the server
    model = open_model(opened(server), pace=PACE)
    assert isinstance(model, CanScore)
    expected = nats("first", "", "The") + nats("first", "The", " dog")
    assert model.log_likelihood([("", "The dog")]) == pytest.approx([expected])


def test_a_start_token_by_option_stands_for_the_empty_context(server: Scripted):
    server.special = "<s>"
    target = opened(server, start="<s>")
    assert target.digest != opened(server).digest
    model = open_model(target, pace=PACE)
    assert isinstance(model, CanScore)
    expected = nats("first", "<s>", "The") + nats("first", "<s>The", " dog")
    assert model.log_likelihood([("", "The dog")]) == pytest.approx([expected])
    assert model.log_likelihood([("The", " dog")]) == pytest.approx([nats("first", "The", " dog")])
    with pytest.raises(TargetError, match="does not take '<bos>' for a start token"):
        opened(server, start="<bos>")  # here it is text, run together with the first word
    server.start = "<s>"
    with pytest.raises(TargetError, match="or leave it out where the server puts one there itself"):
        opened(server, start="<s>")


def test_draws_have_seeds_of_their_own_and_repeat(server: Scripted):
    model = open_model(opened(server), pace=PACE)
    assert isinstance(model, CanGenerate)
    drawn = model.generate(["a", "b"], max_new_tokens=4, temperature=0.8, n=3, seed=7)
    assert len({text for texts in drawn for text in texts}) == 6
    again = open_model(opened(server), pace=PACE)
    assert isinstance(again, CanGenerate)
    assert again.generate(["b"], max_new_tokens=4, temperature=0.8, n=3, seed=7) == drawn[1:]
    assert model.generate(["a"], max_new_tokens=4, temperature=0.8, n=3, seed=8) != drawn[:1]
    seeds = [body["seed"] for path, body in server.seen if path == CHAT and body["temperature"] == 0.8]
    assert max(seeds) < 2**31


def test_the_identity_is_that_of_the_canary(server: Scripted):
    first = opened(server)
    assert opened(server).digest == first.digest
    server.model = "second"
    second = opened(server)
    assert second.digest != first.digest
    assert opened(server, "other").digest not in {first.digest, second.digest}
    server.model = "first"
    assert opened(server).digest == first.digest


def test_a_canary_that_tells_nothing_keeps_the_identity(server: Scripted):
    server.noisy, server.echoes = True, False
    first = opened(server)
    assert first.endpoint is not None
    assert not first.endpoint.canary.tells
    assert opened(server).digest == first.digest


def test_the_key_is_sent_and_kept_nowhere(server: Scripted, monkeypatch: pytest.MonkeyPatch, own_cache: Path):
    without = opened(server)
    monkeypatch.setenv("ASSAY_API_KEY", "sk-planted")
    target = opened(server)
    assert server.headers_seen[-1]["Authorization"] == "Bearer sk-planted"
    assert target == without
    assert "sk-planted" not in repr(target)
    assert not [file for file in own_cache.rglob("*") if file.is_file() and b"sk-planted" in file.read_bytes()]


def answers(handler: Handler) -> None:
    handler.send(200, {"choices": [{"message": {"content": "kept"}}]})


def test_a_server_that_dies_leaves_what_it_answered(server: Scripted):
    target = opened(server)
    model = open_model(target, pace=replace(PACE, concurrency=1))
    assert isinstance(model, CanGenerate)
    prompts = [f"Number {n}" for n in range(12)]
    asked = server.asked(CHAT)
    server.misdeeds[CHAT] = [answers] * 6 + [status(500)] * 3
    with pytest.raises(EndpointError, match="the same command goes on"):
        model.generate(prompts, max_new_tokens=4)
    assert server.asked(CHAT) - asked in (9, 10)  # one more may have been under way
    asked = server.asked(CHAT)
    again = open_model(target, pace=replace(PACE, concurrency=1))
    assert isinstance(again, CanGenerate)
    assert len(again.generate(prompts, max_new_tokens=4)) == 12
    assert server.asked(CHAT) == asked + 8  # four of twelve were kept: batches are kept whole


def test_a_changed_model_is_noticed_for_ever_and_its_answers_are_forgotten(server: Scripted):
    target = opened(server)
    model = open_model(target, pace=PACE)
    assert isinstance(model, CanChange)
    assert isinstance(model, CanGenerate)
    first = model.generate(["Hello"], max_new_tokens=4)
    assert model.changed() == ""
    server.model = "second"
    assert "the served model changed during the run" in model.changed()
    server.model = "first"
    assert model.changed()
    before = server.asked(CHAT)
    assert open_model(target, pace=PACE).generate(["Hello"], max_new_tokens=4) == first  # type: ignore[attr-defined]
    assert server.asked(CHAT) == before + 1


def test_one_odd_reading_is_no_change(server: Scripted):
    model = open_model(opened(server), pace=PACE)
    assert isinstance(model, CanChange)
    odd = {"choices": [{"message": {"content": "odd"}}]}
    server.misdeeds[CHAT] = [lambda handler: handler.send(200, odd)]
    assert model.changed() == ""
