"""Reader of sentence pairs in the CrowS-Pairs format, in any language.

The format: CSV or TSV with the columns ``sent_more`` (more stereotypical), ``sent_less``, ``stereo_antistereo``
and ``bias_type``; further columns are passed over. https://github.com/nyu-mll/crows-pairs (CC BY-SA 4.0, not
included).
"""

from dataclasses import dataclass
from pathlib import Path

from audit.datasets.table import read_rows

COLUMNS = ("sent_more", "sent_less", "stereo_antistereo", "bias_type")
DIRECTIONS = ("stereo", "antistereo")


@dataclass(frozen=True, slots=True)
class SentencePair:
    """Two sentences that differ in the group they are about, as they stand in the file, spaces included."""

    number: int
    more: str
    less: str
    direction: str
    bias_type: str


def read_crows_pairs(path: Path, encoding: str = "utf-8") -> list[SentencePair]:
    """All pairs of the file, numbered from 1; a row that does not fit the format is an error naming its line."""
    return [
        SentencePair(
            number,
            row.text("sent_more"),
            row.text("sent_less"),
            row.choice("stereo_antistereo", DIRECTIONS),
            row.text("bias_type").strip(),
        )
        for number, row in enumerate(read_rows(path, COLUMNS, encoding=encoding), start=1)
    ]
