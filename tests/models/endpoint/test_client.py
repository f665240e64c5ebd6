"""What a server may do wrong, and what becomes of it: another attempt, or one sentence; never a value."""

import time

import pytest

from audit.endpoint import protocol
from audit.endpoint.address import parse_address
from audit.endpoint.client import Client, Pace, RefusedError
from audit.endpoint.service import Prompt, Service
from audit.errors import AssayError, EndpointError, TargetError
from tests.models.endpoint.scripted import (
    CHAT,
    COMPLETIONS,
    Misdeed,
    Scripted,
    cut_short,
    drips,
    hangs,
    hangs_up,
    sends,
    status,
)

PACE = Pace(concurrency=4, attempts=3, timeout=0.4, pause=0.001)


def service(server: Scripted, pace: Pace = PACE, key: str = "") -> Service:
    return Service(Client(parse_address(server.url), pace, key), "toy", chat=True, scores=True)


def answer(server: Scripted, pace: Pace = PACE, key: str = "") -> str:
    (text,) = service(server, pace, key).answers([Prompt("Hello", 5)])
    return text


PASSING: dict[str, Misdeed] = {
    "500": status(500),
    "503": status(503),
    "429": status(429),
    "truncated body": cut_short,
    "truncated JSON": sends(b'{"choices": [{"mess'),
    "deep JSON": sends(b"[" * 200_000),
    "a list": sends([1, 2]),
    "HTML": sends(b"<html>log in</html>", "text/html"),
    "no choices": sends({"choices": []}),
    "choices that are none": sends({"choices": None}),
    "a choice without a message": sends({"choices": [{}]}),
    "a hang": hangs,
    "a drip": drips,
    "a hang-up": hangs_up,
}


@pytest.mark.parametrize("misdeed", PASSING.values(), ids=PASSING)
def test_a_passing_fault_costs_an_attempt_and_changes_no_answer(server: Scripted, misdeed: Misdeed):
    expected = answer(server)
    server.misdeeds[CHAT] = [misdeed]
    assert answer(server) == expected
    assert server.asked(CHAT) == 3


@pytest.mark.parametrize("misdeed", PASSING.values(), ids=PASSING)
def test_a_lasting_fault_ends_with_one_sentence(server: Scripted, misdeed: Misdeed):
    server.misdeeds[CHAT] = [misdeed] * 3
    with pytest.raises(EndpointError, match=r"\(3 attempts\)\. What was answered is kept"):
        answer(server)
    assert server.asked(CHAT) == 3


LASTING: dict[str, tuple[Misdeed, str]] = {
    "redirect": (status(307, Location="http://127.0.0.1:1/v1"), "redirects to http://127.0.0.1:1/v1"),
    "huge": (sends(b" " * (8 * 2**20 + 1)), "more than 8 MB"),
    "key": (status(401), "set ASSAY_API_KEY"),
    "path": (status(404), "HTTP 404: planted"),
    "day": (status(429, Retry_After="86400"), "asks to wait 86400 s"),
}


@pytest.mark.parametrize(("misdeed", "says"), LASTING.values(), ids=LASTING)
def test_what_another_attempt_cannot_help_is_not_tried_again(server: Scripted, misdeed: Misdeed, says: str):
    server.misdeeds[CHAT] = [misdeed]
    with pytest.raises(EndpointError, match=says):
        answer(server)
    assert len(server.seen) == 1


def test_a_body_of_just_the_largest_size_is_read(server: Scripted):
    body = b'{"choices": [{"message": {"content": "x"}}]}'
    server.misdeeds[CHAT] = [sends(body + b" " * (8 * 2**20 - len(body)))]
    assert answer(server) == "x"


def test_retry_after_is_waited_for(server: Scripted):
    server.misdeeds[CHAT] = [status(429, Retry_After="1")]
    answer(server)
    assert server.times[1] - server.times[0] >= 1.0


def test_pauses_grow(server: Scripted):
    server.misdeeds[CHAT] = [status(500)] * 3
    answer(server, Pace(attempts=4, pause=0.1))
    gaps = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
    assert gaps[0] >= 0.05
    assert gaps[1] >= 0.1
    assert gaps[2] >= 0.2


def test_no_more_requests_at_once_than_allowed_and_answers_in_order(server: Scripted):
    server.seconds = 0.02
    prompts = [Prompt(f"Number {number}", 5) for number in range(24)]
    together = service(server).answers(prompts)
    assert server.most_under_way == 4
    assert together == [service(server).answers([prompt])[0] for prompt in prompts]


def test_requests_are_spread_over_the_minute(server: Scripted):
    began = time.monotonic()
    service(server, Pace(requests_per_minute=1200)).answers([Prompt(str(n), 5) for n in range(7)])
    assert time.monotonic() - began >= 6 * 0.05
    gaps = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
    assert min(gaps) > 0.02


def test_connections_are_kept_and_replaced_when_the_server_closed_them(server: Scripted):
    asking = service(server)
    first = asking.answers([Prompt("a", 5)])
    server.misdeeds[CHAT] = [hangs_up]  # as a server does with a connection that was idle for long
    assert asking.answers([Prompt("a", 5)]) == first


def test_an_error_ends_what_is_under_way(server: Scripted):
    server.misdeeds[CHAT] = [status(404), *[hangs] * 3]
    began = time.monotonic()
    with pytest.raises(EndpointError, match="404"):
        service(server, Pace(4, timeout=60)).answers([Prompt(str(n), 5) for n in range(4)])
    assert time.monotonic() - began < 4


def test_a_server_that_is_not_there(server: Scripted):
    nowhere = Client(parse_address("http://127.0.0.1:1/v1"), PACE)
    with pytest.raises(EndpointError, match="refuses connections"):
        nowhere.get("/models", protocol.model_names)


def test_the_key_goes_to_the_server_and_into_no_error(server: Scripted):
    server.misdeeds[CHAT] = [status(401, "Incorrect API key provided: sk-planted")]
    with pytest.raises(EndpointError) as caught:
        answer(server, key="sk-planted")
    assert "sk-planted" not in str(caught.value)
    assert server.headers_seen[0]["Authorization"] == "Bearer sk-planted"
    with pytest.raises(AssayError, match="no header can carry"):
        answer(server, key="sk\nplanted")


def test_what_a_server_says_is_short_and_on_one_line(server: Scripted):
    server.misdeeds[CHAT] = [status(404, "\x1b[31mred\n" + "long " * 500)]
    with pytest.raises(EndpointError) as caught:
        answer(server)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_a_request_that_is_refused_is_told_from_a_server_that_is_down(server: Scripted):
    server.misdeeds[COMPLETIONS] = [status(400, "too long")]
    assert service(server).log_likelihoods([("a b", " c")]) == [None]
    server.misdeeds[CHAT] = [status(400, "too long")]
    with pytest.raises(RefusedError, match="HTTP 400: too long"):
        answer(server)
    server.misdeeds[CHAT] = [
        lambda handler: handler.send(400, {"error": {"message": "no", "code": "content_filter"}})
    ]
    assert answer(server) == ""


def test_an_answer_without_content_is_empty(server: Scripted):
    for content in (None, "", []):
        server.misdeeds[CHAT] = [sends({"choices": [{"message": {"content": content}}]})]
        assert answer(server) == ""


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("http://example.org/v1#m", "give an https address"),
        ("http://10.0.0.1/v1#m", "give an https address"),
        ("http://localhost.example.org/v1", "give an https address"),
        ("https://user:secret@example.org/v1", "user name or password"),
        ("https://example.org/v1?key=secret", "query"),
        ("https:///v1", "names no host"),
        ("https://example.org:port/v1", "not a URL"),
        ("http://127.0.0.1/a b", "space"),
        ("http://127.0.0.1/v1#%1b[31m", "cannot be printed"),
    ],
)
def test_addresses_that_are_refused(given: str, says: str):
    with pytest.raises(TargetError, match=says) as caught:
        parse_address(given)
    assert "secret" not in str(caught.value)


def test_addresses():
    assert parse_address("http://127.0.0.1:8000/v1/#org/model:7b").url == "http://127.0.0.1:8000/v1"
    assert parse_address("http://127.0.0.1:8000/v1/#org/model:7b").model == "org/model:7b"
    assert parse_address("http://[::1]/v1").url == "http://[::1]:80/v1"
    assert parse_address("https://example.org").url == "https://example.org:443"
