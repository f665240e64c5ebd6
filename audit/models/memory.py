"""How much memory there is left, and whether an error says that there was not enough."""

from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")
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
