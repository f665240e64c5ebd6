"""From an endpoint's address to a Target: what it can be asked, and what its canary says today.

An endpoint shows neither files nor weights. Its identity is its address, its model's name and the canary's first
reading; a later reading that agrees within the noise is taken for the same model, and any other for a new one.
"""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from audit.disk import disk_errors, write_whole
from audit.endpoint import protocol
from audit.endpoint.address import parse_address
from audit.endpoint.canary import PROMPTS, TEXTS, TOKENS, Canary, canary_of
from audit.endpoint.client import KEPT, Client, Pace
from audit.endpoint.echo import log_likelihood
from audit.endpoint.endpoint import Endpoint
from audit.endpoint.service import Prompt, Service, connect
from audit.errors import EndpointError, TargetError
from audit.target.cache_folder import READINGS, cache_folder
from audit.target.target import ModelKind, Scan, Target

ATTEMPTS = 3
"""At the start somebody waits, and a wrong address is likelier than a tired server."""
NOT_OFFERED = frozenset({400, 404, 405, 422, 501})
TRIAL = ("The committee met on Monday", " and approved the plan.")
MOST_KEPT = 20


def open_endpoint(given: str, pace: Pace, start_token: str = "") -> Target:
    """Open ``http(s)://host:port/v1#model-name``; without a name, the only model that the server offers.

    Raises TargetError when nothing there can be asked.
    """
    url = parse_address(given).url
    try:
        endpoint = _described(url, parse_address(given).model, pace, start_token)
    except EndpointError as error:
        raise TargetError(_plain(error)) from error
    return Target(
        name=endpoint.model,
        source=f"{url}#{endpoint.model}",
        path=None,
        kind=ModelKind.CAUSAL_LM,
        format="endpoint",
        digest=digest_of_endpoint(endpoint),
        files=(),
        scan=Scan(),
        endpoint=endpoint,
    )


def digest_of_endpoint(endpoint: Endpoint) -> str:
    """SHA-256, hexadecimal, over everything that is known of an endpoint."""
    return hashlib.sha256(json.dumps(asdict(endpoint), sort_keys=True).encode()).hexdigest()


def _described(url: str, named: str, pace: Pace, start_token: str) -> Endpoint:
    client = connect(url, replace(pace, attempts=min(ATTEMPTS, pace.attempts)))
    model = named or _only_model(client, url)
    by_chat = _offer(Service(client, model, chat=True, scores=False))
    by_completions = _offer(Service(client, model, chat=False, scores=False))
    chat, completions = by_chat == "", by_completions == ""
    if not (chat or completions):
        reasons = "; ".join(dict.fromkeys(reason.rstrip(".") for reason in (by_chat, by_completions)))
        raise TargetError(f"{reasons}: check the address (many end in /v1) and the model's name {model}.")
    scores = completions and _gives_scores(Service(client, model, chat=False, scores=True))
    if scores and start_token:
        _refuse_other_text(Service(client, model, chat=False, scores=True), start_token)
    service = Service(connect(url, pace), model, chat, scores)
    canary = canary_of(service.read_canary(), service.read_canary())
    endpoint = Endpoint(url, model, chat, completions, scores, canary, start_token if scores else "")
    return replace(endpoint, canary=_known(endpoint))


def _only_model(client: Client, url: str) -> str:
    names = client.get(protocol.MODELS, protocol.model_names)
    if len(names) == 1:
        return names[0]
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    example = f"{url}#{names[0] if names else 'NAME'}"
    raise TargetError(f"{url} offers {len(names)} models ({shown or 'none'}): name one, as in {example}.")


def _offer(service: Service) -> str:
    """Why the server does not answer in this way, or ""; one in trouble raises: it may offer more tomorrow."""
    try:
        service.answers([Prompt("Hello", 1)])
    except EndpointError as error:
        if error.status in NOT_OFFERED:
            return _plain(error)
        raise
    return ""


def _plain(error: EndpointError) -> str:
    """The error without the advice that only a run under way can use."""
    return str(error).removesuffix(f" {KEPT}")


def _gives_scores(service: Service) -> bool:
    """Whether the log-probabilities of a prompt come back and can be matched to it."""
    try:
        (score,) = service.log_likelihoods([TRIAL])
    except EndpointError:
        return False
    return score is not None


def _refuse_other_text(service: Service, start_token: str) -> None:
    """TargetError unless the server reads ``start_token`` as one token, the first of a text."""
    echo = service.echo(start_token + TRIAL[0])
    alone = bool(echo.tokens) and echo.tokens[0] == start_token and echo.log_probabilities[0] is None
    if not alone or log_likelihood(echo, start_token, TRIAL[0]) is None:
        first = " ".join(map(repr, echo.tokens[:3]))
        raise TargetError(
            f"The server does not take {start_token!r} for a start token (its first tokens are {first}): correct "
            "--start-token, or leave it out where the server puts one there itself."
        )


def _known(endpoint: Endpoint) -> Canary:
    """The earlier canary that today's reading agrees with, so that noise does not make a new model of an old."""
    same = [endpoint.url, endpoint.model, endpoint.chat, endpoint.scores, PROMPTS, TEXTS, TOKENS]
    place = cache_folder() / READINGS / f"{hashlib.sha256(json.dumps(same).encode()).hexdigest()[:32]}.json"
    kept = _kept(place)
    today = endpoint.canary
    for earlier in kept:
        if not earlier.difference(today.reading) and earlier.tells >= today.tells:
            return earlier
    with disk_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
    write_whole(place, json.dumps([asdict(canary) for canary in [*kept, today][-MOST_KEPT:]]))
    return today


def _kept(place: Path) -> list[Canary]:
    try:
        return TypeAdapter(list[Canary]).validate_json(place.read_bytes())
    except (OSError, ValidationError):
        return []  # none yet, or damaged: then today's reading stands for itself
