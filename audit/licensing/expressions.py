"""Licence expressions: what AND and OR join, in SPDX identifiers or the hub's.

Source: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions
"""

from dataclasses import dataclass
from typing import Any, Literal

from audit.licensing.facts import Licence, find_licence, identifiers


@dataclass(frozen=True, slots=True)
class Expression:
    """One licence (``operator`` "" and its ``identifier``), or ``parts`` of which all or any one apply."""

    operator: Literal["", "AND", "OR"] = ""
    identifier: str = ""
    parts: tuple["Expression", ...] = ()

    def __str__(self) -> str:
        return f" {self.operator} ".join(_inner(part) for part in self.parts) if self.parts else self.identifier

    @property
    def licence(self) -> Licence | None:
        """The facts on this one licence; None for several, and for one that nothing is known of."""
        return None if self.parts else find_licence(self.identifier)


def _inner(part: Expression) -> str:
    return f"({part})" if part.parts else str(part)


def parse_licence(value: str) -> Expression:
    """The expression that a declared value stands for, known licences by their identifier; never raises.

    What cannot be parsed, and a licence with an exception, is one unknown licence.
    """
    value = value.strip()
    known = find_licence(value)
    if known or not {"AND", "OR"} & set(value.upper().replace("(", " ").replace(")", " ").split()):
        return Expression(identifier=known.id if known else value)
    from license_expression import ExpressionError, get_spdx_licensing  # type: ignore[import-untyped]

    try:
        return _converted(get_spdx_licensing().parse(value))
    except (ExpressionError, RecursionError):
        return Expression(identifier=value)


def _converted(node: Any) -> Expression:
    from license_expression import AND, OR

    if isinstance(node, AND | OR):
        # Sorted, so that "A OR B" and "B OR A" are the same declaration.
        parts = sorted({_converted(part) for part in node.args}, key=str)
        operator: Literal["AND", "OR"] = "AND" if isinstance(node, AND) else "OR"
        return Expression(operator, parts=tuple(parts)) if len(parts) > 1 else parts[0]
    known = find_licence(str(node))
    return Expression(identifier=known.id if known else str(node))


def is_identifier(value: str) -> bool:
    """Whether the hub or the SPDX list knows a model card's ``license`` value, with or without facts here."""
    listed = identifiers()
    value = value.strip().casefold()
    if value in listed.placeholders:
        return False
    if find_licence(value) or value in listed.without_version | listed.beside_spdx:
        return True
    from license_expression import get_spdx_licensing

    return value in get_spdx_licensing().known_symbols_lowercase
