"""Where Assay keeps what it would otherwise fetch, convert or ask again."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

ANSWERS = "responses.sqlite"
SIZING = "sizing.json"
READINGS = "endpoints"


def cache_folder() -> Path:
    """``$ASSAY_CACHE``, or ``assay`` in the user's cache folder (``$XDG_CACHE_HOME``, else ``~/.cache``)."""
    given = os.environ.get("ASSAY_CACHE")
    if given:
        return Path(given).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "assay"


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing in the cache: its files and their size in bytes."""

    name: str
    what: str
    paths: tuple[Path, ...]
    size: int


def parts(folder: Path) -> tuple[Part, ...]:
    """What the cache holds, by kind."""
    kinds = (
        ("answers", "what models answered", tuple(folder.glob(f"{ANSWERS}*"))),
        ("converted", "models converted from GGUF", tuple(folder.glob("converted"))),
        ("sizing", "batch sizes that suit models here", tuple(folder.glob(SIZING))),
        ("endpoints", "what canaries of endpoints said", tuple(folder.glob(READINGS))),
        ("demo", "the demo model", tuple(folder.glob("demo"))),
    )
    return tuple(Part(name, what, paths, sum(map(_size, paths))) for name, what, paths in kinds)


def remove(folder: Path, *, everything: bool) -> int:
    """Remove the answers, or everything; returns the bytes freed."""
    freed = 0
    for part in parts(folder):
        if part.name == "answers" or everything:
            freed += part.size
            for path in part.paths:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    return freed


def _size(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
