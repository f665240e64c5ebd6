"""What licences say, as facts with their clauses: one entry a licence in ``data/*.yaml``. Not legal advice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

DATA = Path(__file__).with_name("data")
ANY = "any"


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether something is allowed: "yes", "no", or "conditional" on what ``text`` says."""

    answer: Literal["yes", "no", "conditional"]
    clause: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Relicensing:
    """Under which terms what is made from it may be passed on.

    "any" terms; the "same" (or a ``compatible`` one); any that carry its use restrictions along ("flow-down");
    only with this licence beside them ("accompany"); "none", because changed versions may not be passed on.
    """

    answer: Literal["any", "same", "flow-down", "accompany", "none"]
    clause: str
    compatible: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty that comes with a purpose in ``when``; ``modified``: only for what was made from the work."""

    kind: str
    when: tuple[str, ...]
    clause: str
    text: str
    modified: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """Beyond ``limit`` of ``metric`` the licence does not grant what it grants below."""

    metric: str
    limit: int
    clause: str
    text: str


@dataclass(frozen=True, slots=True)
class Territory:
    """A region whose residents get no rights, perhaps only for models of more than text."""

    excluded: str
    clause: str
    text: str
    only_multimodal: bool = False


@dataclass(frozen=True, slots=True)
class Ban:
    """A field of use that the licence forbids."""

    field: str
    clause: str


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the licence says of the model's outputs."""

    clause: str
    text: str


@dataclass(frozen=True, slots=True)
class Licence:
    """The terms of one licence. ``confidence`` is "verified" (read in its text), "reported" or "memory"."""

    id: str
    name: str
    aliases: tuple[str, ...]
    kind: str
    source: str
    read_on: str
    confidence: Literal["verified", "reported", "memory"]
    commercial: Permission
    redistribute: Permission
    saas: Permission
    derivatives: Permission
    relicense: Relicensing
    obligations: tuple[Obligation, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    territory: tuple[Territory, ...] = ()
    banned: tuple[Ban, ...] = ()
    outputs: Outputs | None = None


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Values of the hub's licence field that name no licence, no version of one, or one without an SPDX id."""

    placeholders: frozenset[str]
    without_version: frozenset[str]
    beside_spdx: frozenset[str]


def find_licence(identifier: str) -> Licence | None:
    """The facts on a licence by SPDX identifier, LicenseRef or alias in any case; None when there are none."""
    return _by_key().get(_key(identifier))


@cache
def licences() -> Sequence[Licence]:
    """Every licence with facts, in the order of the data files."""
    return tuple(_licence(entry) for path in sorted(DATA.glob("*.yaml")) for entry in _entries(path))


@cache
def identifiers() -> Identifiers:
    """The hub's licence values that are not SPDX identifiers or say too little."""
    content = yaml.safe_load((DATA / "identifiers.yaml").read_text(encoding="utf-8"))
    return Identifiers(**{name: frozenset(values) for name, values in content.items()})


def keys_of(licence: Licence) -> Iterator[str]:
    """Every spelling under which a licence is found."""
    yield from (_key(spelling) for spelling in (licence.id, licence.name, *licence.aliases))


def _key(identifier: str) -> str:
    return "-".join(identifier.casefold().split())


@cache
def _by_key() -> Mapping[str, Licence]:
    return {key: licence for licence in licences() for key in keys_of(licence)}


def _entries(path: Path) -> Sequence[Mapping[str, Any]]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(content.get("licences", ()))


def _licence(entry: Mapping[str, Any]) -> Licence:
    permissions = ("commercial", "redistribute", "saas", "derivatives")
    parts: dict[str, Any] = {name: Permission(**entry[name]) for name in permissions}
    relicense = entry["relicense"]
    parts["relicense"] = Relicensing(**relicense | {"compatible": tuple(relicense.get("compatible", ()))})
    parts["obligations"] = tuple(
        Obligation(**duty | {"when": tuple(duty["when"])}) for duty in entry.get("obligations", ())
    )
    parts["thresholds"] = tuple(Threshold(**limit) for limit in entry.get("thresholds", ()))
    parts["territory"] = tuple(Territory(**region) for region in entry.get("territory", ()))
    parts["banned"] = tuple(Ban(**ban) for ban in entry.get("banned", ()))
    parts["outputs"] = Outputs(**entry["outputs"]) if "outputs" in entry else None
    plain = {name: entry[name] for name in ("id", "name", "kind", "source", "confidence")}
    return Licence(**plain, read_on=str(entry["read_on"]), aliases=tuple(entry["aliases"]), **parts)
