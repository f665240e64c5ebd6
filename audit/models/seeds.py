"""Seeds of answers that are drawn."""

import hashlib


def seed_of(seed: int, prompt: str, draw: int) -> int:
    """A seed for one draw of one prompt, so that the batch it falls into changes nothing."""
    text = f"{seed}\0{draw}\0{prompt}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:7], "big")
