"""The door for waivers: a named owner accepts a finding until a day."""

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.errors import PolicyError
from audit.policy.read import Name, Number, Text, explain
from audit.policy.yaml_file import read_yaml
from audit.record import Waiver


class WaiverDoor(BaseModel):
    """One waiver as a file writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Text
    control: Name
    owner: Text
    reason: Text
    expires: date
    not_worse_than: Number | None = None
    check: Name | None = None
    metric: Name | None = None
    group: str | None = None
    language: str | None = None
    target_digest: str = ""


class WaiversDoor(BaseModel):
    """A file of waivers."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    waivers: Annotated[list[WaiverDoor], Field(min_length=1)]


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers in a YAML file; PolicyError with the place of the first mistake."""
    data, _ = read_yaml(path)
    try:
        door = WaiversDoor.model_validate(data)
    except ValidationError as error:
        raise PolicyError(f"{path}: {explain(error)}") from error
    return tuple(
        Waiver(
            id=w.id,
            control=w.control,
            owner=w.owner,
            reason=w.reason,
            expires=w.expires.isoformat(),
            not_worse_than=w.not_worse_than,
            check=w.check or "",
            metric=w.metric or "",
            group=w.group,
            language=w.language,
            target_digest=w.target_digest,
        )
        for w in door.waivers
    )
