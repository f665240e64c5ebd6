"""Attention of our own in the place of the library's, for as long as a pass takes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from transformers import AttentionInterface

T = TypeVar("T")


@contextmanager
def attending(
    model: Any, name: str, attend: Callable[..., Any], current: ContextVar[T], value: T
) -> Iterator[None]:
    """Within, the model's layers attend with ``attend``, which finds ``value`` in ``current``.

    An architecture that attends in its own way does not; whoever relies on it compares first.
    """
    AttentionInterface.register(name, attend)
    before = model.config._attn_implementation
    token = current.set(value)
    model.config._attn_implementation = name
    try:
        yield
    finally:
        model.config._attn_implementation = before
        current.reset(token)


def refuse_what_changes_attention(dropout: float, others: Mapping[str, Any]) -> None:
    """NotImplementedError for what an architecture adds to plain attention (a cap on its logits, sinks)."""
    if dropout or any(others.get(name) is not None for name in ("softcap", "s_aux", "head_mask")):
        raise NotImplementedError("this architecture adds something to its attention")
