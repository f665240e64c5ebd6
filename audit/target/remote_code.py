"""Code that a model's files ask a loader to run: classes of the repository, and templates out of bounds."""

import re
from collections.abc import Iterator
from typing import Any

CODE_KEYS = ("auto_map", "custom_pipelines")
INTERNALS = re.compile(r"__[a-zA-Z]+__|\|\s*attr\s*\(")


def code_asked_for(configuration: Any) -> Iterator[str]:
    """Threats of a configuration that names Python classes of the repository."""
    for key in CODE_KEYS if isinstance(configuration, dict) else ():
        names = sorted(set(_texts(configuration.get(key))))
        if names:
            yield f"needs code from the repository ({key}: {', '.join(names)[:200]}), which Assay never runs"


def templates_of(configuration: Any) -> list[str]:
    """The chat templates that a configuration holds, one or several by name."""
    return list(_texts(configuration.get("chat_template"))) if isinstance(configuration, dict) else []


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict | list):
            waiting += item.values() if isinstance(item, dict) else item


def template_threats(*templates: str) -> Iterator[str]:
    """A chat template is a program: one that reaches for Python's internals may leave its sandbox."""
    found = {match[0] for template in templates for match in INTERNALS.finditer(template)}
    if found:
        yield f"holds a chat template that reaches for Python's internals ({', '.join(sorted(found))[:100]})"
