"""Fills a term into a template, with the words that agree with it."""

import re
from dataclasses import dataclass

from audit.languages.language import Term

SLOT = re.compile(r"\{([^{}]*)\}")
ATTRIBUTE = "{attribute}"

Contractions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """A filled sentence in two parts: ``continuation`` opens with the space, if any, before the attribute."""

    context: str
    continuation: str

    @property
    def sentence(self) -> str:
        """Both parts together."""
        return self.context + self.continuation


def fill(template: str, term: Term, contractions: Contractions = ()) -> str:
    """``template`` with the term in place of {term} and the form that agrees with it of {f:her|m:his}.

    Raises ValueError with what is wrong when the template asks for something that the term does not have.
    """
    text = SLOT.sub(lambda slot: _filled(slot[1], term), template)
    for long, short in contractions:
        text = text.replace(long, short)
    return text


def _filled(slot: str, term: Term) -> str:
    if ":" in slot:
        return _agreeing(slot, term)
    name, _, form = slot.partition(".")
    words = term.forms.get(form or "base")
    if name not in ("term", "Term"):
        raise ValueError(f"{{{slot}}} is not known; write {{term}}, {{Term}} or {{f:her|m:his}}")
    if words is None:
        raise ValueError(f"the term {term.base!r} has no form {form!r}")
    return words[0].upper() + words[1:] if name == "Term" else words


def _agreeing(slot: str, term: Term) -> str:
    choices = dict(choice.split(":", 1) for choice in slot.split("|") if ":" in choice)
    if term.agreement not in choices:
        raise ValueError(f"{{{slot}}} has no form that agrees with {term.base!r} (class {term.agreement!r})")
    return choices[term.agreement]


def word(template: str, attribute: str, term: Term, contractions: Contractions = ()) -> Wording:
    """``template`` filled and cut before the attribute; the space there goes to the continuation."""
    before, after = template.split(ATTRIBUTE)
    filled = fill(before, term, contractions)
    context = filled.rstrip()
    return Wording(context, filled[len(context) :] + fill(attribute + after, term, contractions))
