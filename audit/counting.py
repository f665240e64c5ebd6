"""Counts with their noun: 1 file, 2 files, 3 territories."""


def counted(count: int, noun: str) -> str:
    """``count`` with its noun, in the plural unless it is one."""
    if count == 1:
        return f"1 {noun}"
    ends_in_y = noun.endswith("y") and noun[-2:-1] not in {"a", "e", "i", "o", "u", ""}
    return f"{count:,} {noun[:-1]}ies" if ends_in_y else f"{count:,} {noun}s"
