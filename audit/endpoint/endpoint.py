"""What an endpoint is: its address, its model's name, what it can be asked, and what its canary said."""

from dataclasses import dataclass

from audit.endpoint.canary import Canary


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model that somebody serves. It cannot be pinned to weights: ``canary`` is all that tells it from another.

    Answers come from chat where ``chat``, else from completions; ``scores`` when the log-probabilities of a prompt
    are given. ``start_token`` stands for an empty context.
    """

    url: str
    model: str
    chat: bool
    completions: bool
    scores: bool
    canary: Canary
    start_token: str = ""
