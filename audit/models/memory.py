"""How much memory is left, whether an error says that it was not enough, and what is kept for the next pass."""

import ctypes
import sys
from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Numbers of two options of the GNU C library's mallopt(3)."""
KEPT = 1 << 30
LARGEST = 32 << 20
"""The largest block that library takes from memory it keeps."""
SIGNS = ("out of memory", "can't allocate memory", "not enough memory")


def free_memory() -> int:
    """Bytes that this process can still take, a container's limit included."""
    free = int(psutil.virtual_memory().available)
    try:
        limit = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
    except (OSError, ValueError):
        return free
    return max(0, min(free, limit - used))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a batch was too large for the memory."""
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in SIGNS)


def keep_freed_memory() -> None:
    """Have the GNU C library keep up to KEPT bytes that were freed; another C library is left as it is.

    A model's layers ask for the same megabytes again and again. By default they are given back to the system and
    filled with zeros anew, which took 5 % of the time of scoring with a small model.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(TRIM_THRESHOLD, KEPT)
        mallopt(MMAP_THRESHOLD, LARGEST)
