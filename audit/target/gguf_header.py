"""What a GGUF file says of itself, read without loading its tensors."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audit.errors import TargetError

BIG = ("tokenizer.ggml.tokens", "tokenizer.ggml.scores", "tokenizer.ggml.token_type", "tokenizer.ggml.merges")


def read_gguf_header(path: Path) -> Mapping[str, Any]:
    """Metadata of a GGUF file as plain values, without its vocabulary; "tensors" counts parameters.

    Raises TargetError when the file is not a whole GGUF file.
    """
    from gguf import GGUFReader

    with path.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise TargetError(f"{path.name} is not a GGUF file (it does not begin with GGUF): give another file.")
    try:
        reader = GGUFReader(path)
        values = {
            name: _plain(field.contents())
            for name, field in reader.fields.items()
            if name not in BIG and not name.startswith("GGUF.")
        }
        values["parameters"] = sum(int(tensor.n_elements) for tensor in reader.tensors)
        end = max((int(t.data_offset) + int(t.n_bytes) for t in reader.tensors), default=0)
    except (
        ValueError,
        KeyError,
        IndexError,
        struct.error,
        MemoryError,
        UnicodeDecodeError,
        OverflowError,
    ) as error:
        raise TargetError(f"{path.name} is truncated or damaged: download it again.") from error
    if end == 0 or end > path.stat().st_size:
        raise TargetError(f"{path.name} is truncated or damaged: download it again.")
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value[:64]]
    return value.item() if hasattr(value, "item") else value
