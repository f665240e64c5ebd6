"""How files of a kind begin or are called, and what is to be said of each kind."""

import codecs
from collections.abc import Sequence

from audit.target.window import Window

ARCHIVE = "is an archive, not looked into: unpack it and audit the folder"
PROGRAM = "is a program"

PROGRAMS: Sequence[tuple[bytes | str, str]] = (
    (b"\x7fELF", PROGRAM),
    (b"MZ", PROGRAM),
    (b"\xfe\xed\xfa\xce", PROGRAM),
    (b"\xfe\xed\xfa\xcf", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"\x00asm", PROGRAM),
    (".pyc", "is compiled Python code"),
)
ARCHIVES: Sequence[tuple[bytes | str, str]] = (
    (b"\x1f\x8b", ARCHIVE),
    (b"BZh", ARCHIVE),
    (b"\xfd7zXZ", ARCHIVE),
    (b"\x28\xb5\x2f\xfd", ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"Rar!", ARCHIVE),
    (b"\x04\x22\x4d\x18", ARCHIVE),
    (".tar", ARCHIVE),
    (".nemo", ARCHIVE),
    (".zip", ARCHIVE),
    (".mar", ARCHIVE),
)
UNCHECKED: Sequence[tuple[bytes | str, str]] = (
    (b"\x89HDF", "is an HDF5 file, which can hold Keras Lambda layers with Python code"),
    (b"%PDF", "is a PDF, which can hold scripts"),
    (".onnx", "is an ONNX file, whose operators and outside files Assay does not check"),
    (".tflite", "is a TensorFlow Lite file, whose operators Assay does not check"),
    (".pb", "is a TensorFlow graph, which can read and write files"),
    (".msgpack", "is a MessagePack file, which Assay does not read"),
    (".mlmodel", "is a Core ML file, which Assay does not read"),
    (".parquet", "is a Parquet file, which Assay does not read"),
    (".arrow", "is an Arrow file, which Assay does not read"),
)
HARMLESS = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"\x00\x00\x01\x00", b"RIFF", b"fLaC", b"OggS", b"ID3"),
    *(b"\xff\xfb", b"wOFF", b"wOF2"),
)
"""Images, sound and fonts: no loader of models takes code from them."""
TAR_MAGIC_AT = 257
MOST_PIECES = 2_000_000


def reason_by(kinds: Sequence[tuple[bytes | str, str]], head: bytes, name: str = "") -> str:
    """What is said of the first kind whose beginning (bytes) or name ending (text) fits; "" when none does."""
    if kinds is ARCHIVES and head[TAR_MAGIC_AT : TAR_MAGIC_AT + 5] == b"ustar":
        return ARCHIVE
    for mark, reason in kinds:
        if head.startswith(mark) if isinstance(mark, bytes) else name.endswith(mark):
            return reason
    return ""


def is_text(data: Window) -> bool:
    """Whether all of it is UTF-8 without zero bytes; read in pieces."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, data.size, 2**20):
            if "\x00" in decoder.decode(data.slice(start, 2**20)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def is_sentencepiece(data: Window) -> bool:
    """Whether it has the outer form of a SentencePiece model, a protocol buffer that holds no code.

    Fields 1 to 5 are pieces, trainer, normalizer, self-test and denormalizer, each a length and its bytes;
    https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto
    """
    at, pieces = 0, 0
    while at < data.size and pieces < MOST_PIECES:
        tag = data.slice(at, 1)[0]
        length, at = _varint(data, at + 1)
        if tag & 7 != 2 or not 1 <= tag >> 3 <= 5 or length < 0:
            return False
        at, pieces = at + length, pieces + 1
    return at == data.size and pieces > 0


def _varint(data: Window, at: int) -> tuple[int, int]:
    """A protocol buffer's number and where it ends; -1 when it does not end within five bytes."""
    value = 0
    for index, byte in enumerate(data.slice(at, 5)):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    return -1, at
