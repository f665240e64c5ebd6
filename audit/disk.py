"""Files that are there whole or not at all, and what the disk refuses as one sentence."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from audit.errors import StorageError


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    with disk_errors(path):
        with part.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            advice = "free space and run the same command again to go on"
        else:
            advice = "choose another --out"
        raise StorageError(f"{path} cannot be written ({error.strerror}): {advice}.") from error
