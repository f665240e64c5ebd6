"""The nouns of a policy, after it came through the door."""

from dataclasses import dataclass, field

from audit.record import Requirement


@dataclass(frozen=True, slots=True)
class Control:
    """One thing a release must show. It passes when every one of its requirements passes.

    ``applies_to`` lists kinds of model (empty: all); for any other kind the control is INAPPLICABLE, which only a
    policy can say. ``supports`` names provisions that a result is evidence for, never that it satisfies.
    """

    id: str
    title: str
    area: str
    severity: str
    blocking: bool
    requires: tuple[Requirement, ...]
    rationale: str = ""
    applies_to: tuple[str, ...] = ()
    supports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A set of controls, with the options its checks run with. ``digest`` is the SHA-256 of its file."""

    id: str
    version: str
    title: str
    digest: str
    controls: tuple[Control, ...]
    summary: str = ""
    languages: tuple[str, ...] = ()
    options: dict[str, dict[str, object]] = field(default_factory=dict)

    @property
    def checks(self) -> tuple[str, ...]:
        """Ids of the checks that its controls rest on, in order, each once."""
        return tuple(dict.fromkeys(r.check for control in self.controls for r in control.requires))
