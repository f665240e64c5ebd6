"""Whether a safetensors or GGUF file is whole: its header is read and checked against the size of the file.

Neither format can hold code. What is checked here is what a loader would trust: lengths, offsets and counts.
Sources: https://github.com/huggingface/safetensors#format, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import json
import struct
from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import Any

from audit.target.window import Window

MOST_SAFETENSORS_HEADER = 64 * 2**20
MOST_DIMENSIONS = 32
MOST_GGUF_ENTRIES = 1_000_000
MOST_GGUF_ITEMS = 8_000_000
"""Items of one array; the largest vocabularies have well under a million."""
MOST_GGUF_TEXT = 16 * 2**20
DTYPE_BITS = {
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E5M2FNUZ": 8, "F8_E4M3FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
GGUF_STRING, GGUF_ARRAY = 8, 9
GGUF_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
CHAT_TEMPLATE = "tokenizer.chat_template"


class DamagedError(ValueError):
    """The file is not whole, or its header contradicts itself; the message is a clause that says how."""


def check_safetensors(data: Window) -> None:
    """Raise DamagedError unless header and data fit each other and the file exactly."""
    if data.size < 8:
        raise DamagedError(f"it has {data.size} bytes")
    (length,) = struct.unpack("<Q", data.slice(0, 8))
    if length > data.size - 8:
        raise DamagedError("its header is longer than the file")
    if length > MOST_SAFETENSORS_HEADER:
        raise DamagedError(f"its header of {length} bytes is longer than any model needs")
    header = _json_object(data.slice(8, length))
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    spans = sorted(_span(name, entry) for name, entry in tensors.items())
    edges = [(0, 0), *spans, (data.size - 8 - length,) * 2]
    if any(before[1] != after[0] for before, after in pairwise(edges)):
        raise DamagedError("its tensors do not fill the file exactly")


def _json_object(raw: bytes) -> Mapping[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise DamagedError("its header names a tensor twice")
        return found

    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=unique)
    except DamagedError:
        raise
    except (ValueError, RecursionError) as error:
        raise DamagedError("its header is not JSON") from error
    if not isinstance(header, dict):
        raise DamagedError("its header is not a JSON object")
    return header


def _span(name: str, entry: Any) -> tuple[int, int]:
    """Where a tensor begins and ends; DamagedError when that contradicts its type and shape."""
    try:
        start, end = entry["data_offsets"]
        bits = DTYPE_BITS.get(entry["dtype"])
        shape = _shape(entry["shape"])
        if bits is not None and prod(shape) * bits != 8 * (end - start):
            raise DamagedError(f"the tensor {name[:80]!r} does not have the size of its shape")
        if not 0 <= start <= end:
            raise DamagedError(f"the tensor {name[:80]!r} has impossible offsets")
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        if isinstance(error, DamagedError):
            raise
        raise DamagedError(f"the entry of the tensor {name[:80]!r} is malformed") from error
    return int(start), int(end)


def _shape(sizes: Any) -> list[int]:
    if not isinstance(sizes, list) or len(sizes) > MOST_DIMENSIONS:
        raise TypeError
    if not all(type(size) is int and 0 <= size < 2**48 for size in sizes):
        raise TypeError
    return sizes


def check_gguf(data: Window) -> str:
    """Raise DamagedError unless every tensor lies inside the file; returns its chat template, or ""."""
    reader = _Reader(data)
    version = reader.number("<I", 4)
    if version not in (2, 3):
        raise DamagedError(f"its version is {version}, which Assay does not read (2 and 3 are)")
    tensors, entries = reader.number("<Q", 8), reader.number("<Q", 8)
    if max(tensors, entries) > MOST_GGUF_ENTRIES:
        raise DamagedError(f"it claims {tensors} tensors and {entries} entries")
    alignment, template = 32, ""
    for _ in range(entries):
        key = reader.text()
        value = reader.value(reader.number("<I", 4))
        if key == "general.alignment":
            alignment = int(value or 0)
        elif key == CHAT_TEMPLATE:
            template = str(value)
    if alignment <= 0 or alignment & (alignment - 1):
        raise DamagedError("its alignment is not a power of two")
    ends = [reader.tensor() for _ in range(tensors)]
    if not ends:
        raise DamagedError("it holds no tensors")
    start = -(-reader.at // alignment) * alignment
    if start + max(ends) > data.size:
        raise DamagedError("its tensors end beyond the file")
    return template


class _Reader:
    """Walks through a GGUF header; every read beyond the file raises DamagedError."""

    def __init__(self, data: Window) -> None:
        self.data = data
        self.at = 4

    def take(self, length: int) -> bytes:
        self.skip(length)
        return self.data.slice(self.at - length, length)

    def skip(self, length: int) -> None:
        if length > self.data.size - self.at:
            raise DamagedError("its header ends too early")
        self.at += length

    def number(self, layout: str, length: int) -> int:
        return int(struct.unpack(layout, self.take(length))[0])

    def text(self) -> str:
        length = self.number("<Q", 8)
        if length > MOST_GGUF_TEXT:
            raise DamagedError(f"it holds a text of {length} bytes")
        return self.take(length).decode("utf-8", "replace")

    def value(self, kind: int) -> str | int | None:
        """The value of one entry if it is a text or a 32-bit number; anything else is stepped over."""
        if kind == GGUF_STRING:
            return self.text()
        if kind == GGUF_ARRAY:
            self.skip_array(self.number("<I", 4), self.number("<Q", 8))
            return None
        if kind not in GGUF_SIZES:
            raise DamagedError(f"it holds a value of the unknown type {kind}")
        raw = self.take(GGUF_SIZES[kind])
        return int.from_bytes(raw, "little") if kind == 4 else None

    def skip_array(self, kind: int, length: int) -> None:
        if length > MOST_GGUF_ITEMS:
            raise DamagedError(f"it claims an array of {length} items")
        if kind == GGUF_STRING:
            for _ in range(length):
                self.skip(self.number("<Q", 8))
        elif kind in GGUF_SIZES:
            self.skip(GGUF_SIZES[kind] * length)
        else:
            raise DamagedError(f"it holds an array of the unknown type {kind}")

    def tensor(self) -> int:
        """Reads one tensor's description; bytes from the start of the data to the tensor's end."""
        from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

        self.text()
        dimensions = self.number("<I", 4)
        if dimensions > MOST_DIMENSIONS:
            raise DamagedError(f"it holds a tensor of {dimensions} dimensions")
        elements = prod(self.number("<Q", 8) for _ in range(dimensions))
        kind, offset = self.number("<I", 4), self.number("<Q", 8)
        try:
            block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
        except (ValueError, KeyError) as error:
            raise DamagedError(f"it holds a tensor of the unknown type {kind}") from error
        return offset + elements // block * size
