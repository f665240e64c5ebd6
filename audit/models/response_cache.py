"""What this model already answered: SQLite, safe under kill -9 and under several processes."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from audit.errors import StorageError

TABLE = """
CREATE TABLE IF NOT EXISTS response (
  key BLOB PRIMARY KEY,   -- digest of the model, its settings and the request
  call BLOB NOT NULL,     -- digest of the call that first asked it
  answer TEXT NOT NULL    -- JSON
) WITHOUT ROWID
"""


def digest(*parts: Any) -> bytes:
    """SHA-256 over the JSON of ``parts``."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "surrogatepass")).digest()


class ResponseCache:
    """Answers by request, each with the call that first asked it.

    The call matters because batching moves results by about 1e-6: a killed call is repeated in the very batches it
    had, so that a resumed run equals an undisturbed one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(TABLE)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(
                f"The response cache {path} cannot be used ({error}): free space, or set ASSAY_CACHE to another "
                "folder."
            ) from error

    def known(self, keys: Sequence[bytes]) -> Mapping[bytes, tuple[bytes, Any]]:
        """For each key that has an answer: (call, answer)."""
        found: dict[bytes, tuple[bytes, Any]] = {}
        try:
            for start in range(0, len(keys), 500):
                part = keys[start : start + 500]
                marks = ",".join("?" * len(part))
                rows = self._database.execute(
                    f"SELECT key, call, answer FROM response WHERE key IN ({marks})",  # noqa: S608 - only marks
                    part,
                )
                found.update({bytes(key): (bytes(call), json.loads(answer)) for key, call, answer in rows})
        except sqlite3.Error as error:
            raise StorageError(f"The response cache {self.path} cannot be read ({error}): delete it.") from error
        return found

    def store(self, call: bytes, answers: Iterable[tuple[bytes, Any]]) -> None:
        """Keep answers of one call; all of them or, after a kill, none."""
        rows = [(key, call, json.dumps(answer)) for key, answer in answers]
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR IGNORE INTO response VALUES (?, ?, ?)", rows)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise StorageError(
                f"The response cache {self.path} cannot be written ({error}): free space and run the same command "
                "again to go on."
            ) from error

    def remove(self, keys: Sequence[bytes]) -> None:
        """Forget answers."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("DELETE FROM response WHERE key = ?", [(key,) for key in keys])
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise StorageError(
                f"The response cache {self.path} cannot be written ({error}): delete it."
            ) from error

    def count(self) -> int:
        """How many answers there are."""
        try:
            (number,) = self._database.execute("SELECT count(*) FROM response").fetchone()
        except sqlite3.Error as error:
            raise StorageError(f"The response cache {self.path} cannot be read ({error}): delete it.") from error
        return int(number)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def count_answers(path: Path) -> int:
    """How many answers a cache file holds; 0 where there is none."""
    if not path.is_file():
        return 0
    cache = ResponseCache(path)
    try:
        return cache.count()
    finally:
        cache.close()
