"""A model that is loaded when it is first needed: an audit whose answers are all known loads none."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

Load = Callable[[], tuple[Any, Any]]
"""Gives a model in eval mode and its tokenizer."""


class Loaded:
    """Model and tokenizer, loaded at the first look at one of them."""

    def __init__(self, load: Load) -> None:
        self._load = load

    @cached_property
    def _parts(self) -> tuple[Any, Any]:
        return self._load()

    @property
    def model(self) -> Any:
        """The transformers model."""
        return self._parts[0]

    @property
    def tokenizer(self) -> Any:
        """Its tokenizer."""
        return self._parts[1]
