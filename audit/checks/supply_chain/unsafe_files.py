"""Whether files of the model could run code or exhaust the machine when they are opened.

## What it measures
The file scan looks into every file without deserialising any. Pickles (also inside torch's zip archives, numpy
arrays and files with another name) are followed instruction by instruction and cross-checked with picklescan:
whatever they import beyond what saved tensors need is a threat, and so is what could not be followed. safetensors
and GGUF headers are checked against the size of the file. Configurations that ask for Python code of the
repository, chat templates that reach for Python's internals, programs, and links that leave the folder are threats
too.

`threats` counts the files with a threat, `unscanned-files` those that could not be looked into (ideal 0 for both).
The sampling unit is the file. The numbers speak of these files, all of which were looked at, so that no sampling
error remains. Nothing is asked of the model, so training data cannot contaminate the result.

## How to read it
One threat is enough not to open the model; the observation says which file, and what it would do. While a file was
not looked into, zero threats is not an answer: the number then comes with a reason and cannot pass. Remove such
files from the release, unpack archives, or replace pickles by safetensors.

The harm guarded against falls on everybody who opens the model, and on those whose data their machine holds.

## Limits
A threat is what a file could do, not proof of malice: a saved optimiser state or training arguments need imports
that others abuse. Weights that misbehave (backdoors) are not seen. ONNX, TensorFlow, HDF5, PDF and archives other
than torch's and numpy's are not looked into. Python files are text until something asks for them. The list of
allowed imports is that of saved tensors as of 2026; allowed functions could still ask for much memory.

## Source
https://docs.pytorch.org/docs/stable/notes/serialization.html (weights_only); picklescan,
https://github.com/mmaitre314/picklescan; https://github.com/huggingface/safetensors#format;
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from audit.check import Check, Metric
from audit.record import Measurement, Observation
from audit.stats.estimate import census
from audit.target.target import Target

SOURCE = "https://docs.pytorch.org/docs/stable/notes/serialization.html"
NOT_LISTED = "The file scan did not list this file."


@dataclass(frozen=True)
class UnsafeFiles:
    """The file scan as numbers."""

    id = "supply-chain.unsafe-files"
    needs = (Target,)
    languages = ()
    metrics = (
        Metric("threats", "count", 0, "lower", SOURCE, "Files that could run code or exhaust the machine."),
        Metric("unscanned-files", "count", 0, "lower", SOURCE, "Files that could not be looked into."),
    )

    def probe(self, model: Target) -> Iterator[Observation]:
        """One observation a file: score 1 with a threat, 0 without one, None where it was not looked into."""
        threats: dict[str, list[str]] = {}
        for threat in model.scan.threats:
            threats.setdefault(threat.file, []).append(threat.what)
        unscanned = {file.file: file.what for file in model.scan.unscanned}
        listed = [file.path for file in model.files]
        for path in dict.fromkeys([*listed, *threats, *unscanned, *model.scan.scanned]):
            seen = path in unscanned or path in model.scan.scanned
            why = unscanned.get(path, "" if seen else NOT_LISTED)
            found = threats.get(path, [])
            yield Observation(
                _printable(path),
                score=1.0 if found else None if why else 0.0,
                detail={
                    "file": _printable(path),
                    "threats": [_printable(what) for what in found],
                    "unscanned": _printable(why),
                },
                reason="" if found else _printable(f"{path}: {why}" if why else ""),
            )

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        """Files with a threat, and files that were not looked into."""
        seen = list(observations)
        if not seen:
            for metric in self.metrics:
                reason = "The target has no files of its own, so there was nothing to scan."
                yield Measurement(metric.name, None, unit="file", reason=reason)
            return
        closed = [each for each in seen if each.detail.get("unscanned") or each.score is None]
        yield _threats(seen, closed)
        count = census(float(len(closed)), len(seen), "files")
        yield count.measurement("unscanned-files", unit="file", evidence=_first(closed))


def _threats(seen: Sequence[Observation], closed: Sequence[Observation]) -> Measurement:
    found = [each for each in seen if each.score]
    looked_into = len(seen) - len(closed)
    if found:
        # Files that were not looked into could only add threats, so those found can be decided on.
        count = census(float(len(found)), len(seen), "files")
        note = f"{len(closed)} of {len(seen)} files were not looked into." if closed else ""
        return count.measurement("threats", unit="file", evidence=_first(found), note=note)
    if not looked_into:
        reason = f"None of the {len(seen)} files could be looked into: {closed[0].reason}"
        return Measurement("threats", None, missing=len(seen), unit="file", evidence=_first(closed), reason=reason)
    count = census(0.0, looked_into, "files")
    if not closed:
        return count.measurement("threats", unit="file")
    reason = f"{len(closed)} of {len(seen)} files could not be looked into: {closed[0].reason}"
    measured = count.measurement("threats", unit="file", evidence=_first(closed), reason=reason)
    return replace(measured, missing=len(closed))


def _first(observations: Sequence[Observation]) -> tuple[str, ...]:
    return tuple(each.item for each in observations[:5])


def _printable(text: str) -> str:
    """File names may hold bytes that are no UTF-8; a record must be."""
    return text.encode("utf-8", "backslashreplace").decode()


CHECKS: tuple[Check, ...] = (UnsafeFiles(),)
