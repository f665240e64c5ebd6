"""The files of a target and their digests."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from audit.errors import TargetError
from audit.target.target import File

SKIPPED = {".git", ".cache", "__pycache__", ".ipynb_checkpoints"}


def list_files(path: Path) -> tuple[File, ...]:
    """Every file of a target with its digest, sorted by path; version-control and cache folders are left out."""
    if path.is_file():
        return (_file(path, path.parent),)
    found = sorted(p for p in path.rglob("*") if not SKIPPED & set(p.relative_to(path).parts[:-1]))
    return tuple(_file(p, path) for p in found if p.is_file())


def _file(path: Path, root: Path) -> File:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return File(path.relative_to(root).as_posix(), path.stat().st_size, digest)
    except OSError as error:
        raise TargetError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error


def digest_of(files: Sequence[File]) -> str:
    """SHA-256 over the sorted paths and digests, hexadecimal: one name for the whole target."""
    lines = "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda file: file.path))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
