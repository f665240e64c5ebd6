"""Reading a file that may be hostile: never more at once than asked for, allowed and there."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LARGEST_VALUE = 256 * 2**20
LARGEST_LINE = 2**20


class UnreadableError(ValueError):
    """The content asks for more than Assay reads; the message is a clause."""


class Window:
    """Bytes of a file with a position, as pickletools and zipfile want them; refuses giant reads."""

    def __init__(self, data: mmap.mmap | bytes, largest: int = LARGEST_VALUE) -> None:
        self.data = data
        self.size = len(data)
        self.largest = largest
        self.at = 0

    def slice(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]

    def read(self, length: int = -1) -> bytes:
        left = max(self.size - self.at, 0)
        wanted = left if length < 0 else min(length, left)
        if wanted > self.largest:
            raise UnreadableError(f"holds one value of {wanted} bytes")
        piece = self.slice(self.at, wanted)
        self.at += len(piece)
        return piece

    def readline(self) -> bytes:
        end = self.data.find(b"\n", self.at, self.at + LARGEST_LINE)
        return self.read((end + 1 if end >= 0 else min(self.size, self.at + LARGEST_LINE)) - self.at)

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = max(offset + (0, self.at, self.size)[whence], 0)
        return self.at

    def seekable(self) -> bool:
        return True


@contextmanager
def open_window(path: Path) -> Iterator[Window]:
    """The content of a file, mapped rather than read into memory."""
    with path.open("rb") as stream:
        if path.stat().st_size == 0:
            yield Window(b"")
            return
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield Window(data)
