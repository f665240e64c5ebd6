"""What an audit is meant to look at, and which of it this one did not assess."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from audit.counting import counted
from audit.policy.policy import Control
from audit.record import Outcome
from audit.render.rows import ControlView

MISSION = {
    "bias": "Bias",
    "explain": "Explanations",
    "hallucination": "Hallucination",
    "content": "Sensitive content",
    "licence": "Licence",
    "supply-chain": "Supply chain",
    "card": "Model card",
}
_OTHER_NAMES = {"explanation": "explain", "explanations": "explain", "license": "licence"}
_NO_NEWS = (Outcome.UNTESTED, Outcome.INAPPLICABLE)


@dataclass(frozen=True)
class AreaRow:
    """One area, whether anything in it was assessed, and the outcomes of its controls in words."""

    area: str
    title: str
    assessed: bool
    summary: str


def area_rows(controls: Sequence[ControlView], run: Sequence[str]) -> tuple[AreaRow, ...]:
    """A row for each area of the mission and for each further one that the policy names; ``run`` lists checks."""
    named = {key: title for view in controls for key, title in _areas(view.control).items()}
    titles = {**{key: title.capitalize() for key, title in named.items()}, **MISSION}
    order = (*MISSION, *(key for key in named if key not in MISSION))
    return tuple(_row(key, titles[key], [v for v in controls if key in _areas(v.control)], run) for key in order)


def key_of(area: str) -> str:
    """The one spelling of an area: ``Supply chain`` and ``supply_chain`` are ``supply-chain``."""
    key = "-".join(area.casefold().replace("_", " ").replace("-", " ").split())
    return _OTHER_NAMES.get(key, key)


def _areas(control: Control) -> dict[str, str]:
    families = (requirement.check.split(".")[0] for requirement in control.requires)
    names = [control.area, *families] if control.area else list(families)
    return {key_of(name): name for name in reversed(names)}


def _row(key: str, title: str, covering: Sequence[ControlView], run: Sequence[str]) -> AreaRow:
    if covering:
        outcomes = ", ".join(f"{count} {word}" for word, count in Counter(view.word for view in covering).items())
        summary = f"{counted(len(covering), 'control')}: {outcomes}"
        assessed = any(f.finding.outcome not in _NO_NEWS for view in covering for f in view.findings)
        return AreaRow(key, title, assessed, summary if assessed else f"not assessed; {summary}")
    ungated = [check for check in run if key_of(check.split(".")[0]) == key]
    if ungated:
        return AreaRow(key, title, True, f"measured by {', '.join(ungated)}, but no control decides on it")
    return AreaRow(key, title, False, "not assessed: no control of this policy covers it")
