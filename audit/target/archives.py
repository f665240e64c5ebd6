"""What a zip archive that models are saved in would do when it is opened: torch checkpoints and numpy's .npz."""

import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, cast

import numpy as np

from audit.target.pickles import pickle_threats
from audit.target.window import UnreadableError, Window

LARGEST_DIRECTORY = 16 * 2**20
LARGEST_PICKLE = LARGEST_DIRECTORY - 1
"""Bytes of an archive's list of members, and of one pickle in it; a thousand tensors take 0.1 MB."""
LARGEST_ARRAY_PICKLE = 64 * 2**20
MOST_BETWEEN_MEMBERS = 24
MOST_AT_THE_END = 98
"""Bytes that belong to no member: a data descriptor; the two end records and the locator of a zip64 archive."""
TORCH_PICKLE = re.compile(r"[^/]+/data\.pkl")
TORCH_CODE = re.compile(r"[^/]+/(code/.*|constants\.pkl)")
TORCH_NUMBERS = re.compile(
    r"[^/]+/(data/\d+|version|byteorder|\.format_version|\.storage_alignment|\.data/serialization_id)"
)
DAMAGED = "begins like a zip archive but cannot be read as one"


def archive_threats(data: Window) -> list[str] | None:
    """What opening the archive would do, as clauses; None for an archive of any other kind."""
    data.largest = LARGEST_DIRECTORY
    try:
        with zipfile.ZipFile(cast("IO[bytes]", data)) as archive:
            names = [member.filename for member in archive.infolist()]
            if any(TORCH_PICKLE.fullmatch(name) for name in names):
                return list(dict.fromkeys(_torch_threats(archive, data)))
            if names and all(name.endswith(".npy") for name in names):
                return list(dict.fromkeys(_npz_threats(archive)))
    except (zipfile.BadZipFile, UnreadableError, NotImplementedError, RuntimeError):
        return [DAMAGED]
    except (OSError, EOFError, ValueError, IndexError, zlib.error, MemoryError, UnicodeDecodeError, struct.error):
        return [DAMAGED]
    return None


def _torch_threats(archive: zipfile.ZipFile, data: Window) -> Iterator[str]:
    members = archive.infolist()
    if len({member.filename for member in members}) != len(members):
        yield "names a member twice, so that readers disagree on its content"
    if len({member.filename.partition("/")[0] for member in members}) != 1:
        yield "holds more than one folder, which torch does not write"
    if _has_gaps(archive, data):
        yield "holds bytes that belong to none of its members, so that readers may disagree on its content"
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 0x1:
            yield f"holds {member.filename} compressed or encrypted, which torch does not write"
        elif TORCH_CODE.fullmatch(member.filename):
            yield "holds TorchScript code"
        elif TORCH_PICKLE.fullmatch(member.filename):
            yield from pickle_threats(_content(archive, member))
        elif not TORCH_NUMBERS.fullmatch(member.filename):
            yield f"holds {member.filename}, which is no part of a saved state dict"
        else:
            # Opening compares the name in the directory with the one beside the data: they may differ to mislead.
            archive.open(member).close()


def _has_gaps(archive: zipfile.ZipFile, data: Window) -> bool:
    """Whether a second archive could hide between the members, before them or behind their list."""
    at, listed = 0, 0
    for member in sorted(archive.infolist(), key=lambda member: member.header_offset):
        if not 0 <= member.header_offset - at <= MOST_BETWEEN_MEMBERS:
            return True
        name, extra = struct.unpack("<HH", data.slice(member.header_offset + 26, 4))
        at = member.header_offset + 30 + name + extra + member.compress_size
        listed += 46 + len(member.orig_filename.encode()) + len(member.extra) + len(member.comment)
    start = archive.start_dir
    return not 0 <= start - at <= MOST_BETWEEN_MEMBERS or not 0 < data.size - start - listed <= MOST_AT_THE_END


def _npz_threats(archive: zipfile.ZipFile) -> Iterator[str]:
    for member in archive.infolist():
        with archive.open(member) as stream:
            head = Window(stream.read(2**16))
        if _is_object_array(head):
            yield from numpy_threats(_content(archive, member))


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Window:
    with archive.open(member) as stream:
        content = stream.read(LARGEST_PICKLE + 1)
    if len(content) > LARGEST_PICKLE:
        raise UnreadableError(f"holds a pickle of more than {LARGEST_PICKLE} bytes")
    return Window(content)


def numpy_threats(data: Window) -> list[str]:
    """What opening an .npy file would do: only arrays of Python objects hold a pickle."""
    try:
        if not _is_object_array(data):
            return []
    except (ValueError, SyntaxError, RecursionError, MemoryError, EOFError, TypeError, OverflowError):
        return ["has a numpy header that cannot be read"]
    return pickle_threats(Window(data.slice(data.at, LARGEST_ARRAY_PICKLE)))


def _is_object_array(data: Window) -> bool:
    """Reads the header; the position is then at the array's first byte."""
    stream = cast("IO[bytes]", data)
    data.seek(0)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy remarks on headers that Python 2 wrote
        return bool(read(stream)[2].hasobject)
