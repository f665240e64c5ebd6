"""The run folder: what was seen is kept as it comes, so that a killed run resumes where it was."""

import fcntl
import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from audit.disk import disk_errors, write_whole
from audit.errors import RunFolderError
from audit.record import Observation

MARK = "plan.json"
"""The file that makes a folder that of a run."""
CHANGED = "model-changed.txt"
FIELDS = tuple(field.name for field in fields(Observation))


def refuse_others_card(folder: Path, *marks: str) -> None:
    """Raise RunFolderError when ``folder`` holds a README.md (a card's name) and none of our ``marks``."""
    if (folder / "README.md").exists() and not any((folder / mark).exists() for mark in marks):
        raise RunFolderError(f"{folder} holds a README.md that is not Assay's: choose another --out.")


class RunFolder:
    """One audit's folder, locked for one process at a time. Use it as a context manager."""

    def __init__(self, path: Path, plan_digest: str, *, fresh: bool = False) -> None:
        self.path, self._digest, self._fresh = path, plan_digest, fresh
        self._lock: int | None = None

    def __enter__(self) -> "RunFolder":
        with disk_errors(self.path):
            if self.path.exists() and not self.path.is_dir():
                raise RunFolderError(f"{self.path} is a file: choose another --out.")
            refuse_others_card(self.path, MARK)
            (self.path / "observations").mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise RunFolderError(
                f"{self.path} is in use by another assay process: wait or choose --out."
            ) from error
        try:
            self._claim()
        except RunFolderError:
            os.close(self._lock)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            os.close(self._lock)

    def _claim(self) -> None:
        """Write the plan's digest before the first probe; refuse a folder that belongs to another plan."""
        mark = self.path / MARK
        if mark.exists() and not self._fresh:
            try:
                held = json.loads(mark.read_text(encoding="utf-8"))["plan"]
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise RunFolderError(f"{mark} is damaged: delete the folder or choose another --out.") from error
            if held != self._digest:
                raise RunFolderError(f"{self.path} holds another audit: choose another --out, or pass --fresh.")
            return
        for file in (self.path / "observations").glob("*.jsonl*"):
            file.unlink()
        (self.path / CHANGED).unlink(missing_ok=True)
        write_whole(mark, json.dumps({"plan": self._digest}) + "\n")

    @property
    def changed(self) -> str:
        """How the model changed while it was probed, as noted; "" when it was not seen to."""
        try:
            return (self.path / CHANGED).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise RunFolderError(f"{self.path / CHANGED} cannot be read ({error}): pass --fresh.") from error

    def note_change(self, how: str) -> None:
        """Keep how the model changed, so that what was seen here is never decided on."""
        write_whole(self.path / CHANGED, how + "\n")

    def has(self, check: str) -> bool:
        """Whether everything that a check sees has been seen."""
        return self._file(check).exists()

    def store(self, check: str, observations: Iterable[Observation]) -> None:
        """Keep a check's observations as they come; they count as complete only when all are there."""
        part = self._file(check).with_suffix(".jsonl.part")
        with disk_errors(part):
            stream = part.open("w", encoding="ascii")
        with stream:
            for observation in observations:
                line = to_line(observation)
                with disk_errors(part):
                    stream.write(line)
            with disk_errors(part):
                stream.flush()
                os.fsync(stream.fileno())
                part.replace(self._file(check))

    def read(self, check: str) -> Iterator[Observation]:
        """A check's observations, one at a time; equal groups and languages are one string, for who keeps many."""
        names: dict[str, str] = {}
        with self._file(check).open(encoding="ascii") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    record = json.loads(line)
                    shared = {name: names.setdefault(record[name], record[name]) for name in ("group", "language")}
                    yield Observation(**record | shared)
                except (ValueError, TypeError, KeyError) as error:
                    raise RunFolderError(
                        f"{self._file(check)}, line {number} is damaged: delete the file and run again."
                    ) from error

    def digest(self, check: str) -> str:
        """SHA-256 of the file of a check's observations, hexadecimal."""
        with self._file(check).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def _file(self, check: str) -> Path:
        return self.path / "observations" / f"{check}.jsonl"


def to_line(observation: Observation) -> str:
    """One line of JSON; a score that is not a finite number becomes None with a reason."""
    score = None if observation.score is None else float(observation.score)
    if score is not None and not math.isfinite(score):
        reason = (
            observation.reason
            or "the model gave no finite score (too long for its window or the memory, or not a number)"
        )
        observation, score = replace(observation, reason=reason), None
    record = {name: getattr(observation, name) for name in FIELDS}
    record |= {"score": score, "detail": plain(observation.detail)}
    return json.dumps(record, sort_keys=True, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """``value`` as JSON holds it: numpy scalars unwrapped, NaN as None, lone surrogates replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float) else plain(str(value))
