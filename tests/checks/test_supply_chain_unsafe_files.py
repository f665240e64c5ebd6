"""supply-chain.unsafe-files: a planted threat fails, a clean folder passes, an unread file settles nothing."""

import json
import os
import pickle
from dataclasses import asdict
from pathlib import Path

import torch

from audit.checks.supply_chain.unsafe_files import CHECKS, UnsafeFiles
from audit.judge import decide
from audit.record import Measurement, Observation, Outcome, Requirement
from audit.target.scan import scan_files
from audit.target.target import File, ModelKind, Scan, Target, Threat

NO_THREATS = Requirement("supply-chain.unsafe-files", "threats", high=0)


def target(scan: Scan, *names: str) -> Target:
    files = tuple(File(name, 1, "") for name in names)
    return Target("m", "m", Path("m"), ModelKind.CAUSAL_LM, "transformers", "0", files, scan)


def measured(model: Target) -> dict[str, Measurement]:
    observations = list(UnsafeFiles().probe(model))
    again = [Observation(**each) for each in json.loads(json.dumps([asdict(each) for each in observations]))]
    assert list(UnsafeFiles().measure(again)) == list(UnsafeFiles().measure(observations))
    return {each.metric: each for each in UnsafeFiles().measure(observations)}


def outcome(model: Target) -> Outcome:
    return decide(NO_THREATS, measured(model)["threats"])[0]


class Attack:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


def test_a_planted_threat_fails(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "training_args.bin").write_bytes(pickle.dumps(Attack()))
    (tmp_path / "more.onnx").write_bytes(b"\x08\x07")
    names = ["config.json", "training_args.bin", "more.onnx"]
    model = target(scan_files(tmp_path, [File(name, 1, "") for name in names]), *names)
    found = measured(model)
    assert found["threats"].value == 1.0
    assert found["threats"].reason == ""
    assert found["threats"].evidence == ("training_args.bin",)
    assert found["threats"].note == "1 of 3 files were not looked into."
    assert found["threats"].interval is not None
    assert (found["threats"].interval.low, found["threats"].interval.high) == (1.0, 1.0)
    assert found["unscanned-files"].value == 1.0
    assert outcome(model) == Outcome.FAILED
    by_file = {each.item: each for each in UnsafeFiles().probe(model)}
    assert by_file["training_args.bin"].score == 1.0
    assert by_file["training_args.bin"].detail["threats"] == ["imports posix.system when it is opened"]
    assert by_file["config.json"].score == 0.0
    assert by_file["more.onnx"].score is None
    assert "ONNX" in by_file["more.onnx"].reason


def test_a_clean_folder_passes(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(2)}, tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text("{}")
    names = ["config.json", "pytorch_model.bin"]
    model = target(scan_files(tmp_path, [File(name, 1, "") for name in names]), *names)
    found = measured(model)
    assert (found["threats"].value, found["threats"].n, found["threats"].n_clusters) == (0.0, 2, 2)
    assert found["unscanned-files"].value == 0.0
    assert outcome(model) == Outcome.PASSED


def test_a_file_that_was_not_looked_into_settles_nothing() -> None:
    model = target(Scan(("a",), (), (Threat("b.zip", "is an archive"),)), "a", "b.zip")
    found = measured(model)["threats"]
    assert (found.value, found.n, found.missing) == (0.0, 1, 1)
    assert found.reason == "1 of 2 files could not be looked into: b.zip: is an archive"
    assert outcome(model) == Outcome.INCONCLUSIVE


def test_nothing_looked_into_is_no_number() -> None:
    model = target(Scan((), (), (Threat("b.zip", "is an archive"),)), "b.zip")
    found = measured(model)["threats"]
    assert found.value is None
    assert found.missing == 1
    assert outcome(model) == Outcome.UNTESTED


def test_a_file_that_the_scan_forgot_is_not_clean() -> None:
    model = target(Scan(("a",)), "a", "forgotten.bin")
    by_file = {each.item: each for each in UnsafeFiles().probe(model)}
    assert by_file["forgotten.bin"].score is None
    assert outcome(model) == Outcome.INCONCLUSIVE
    assert measured(model)["unscanned-files"].value == 1.0


def test_a_threat_in_a_file_that_is_not_listed_counts() -> None:
    assert outcome(target(Scan((), (Threat("x.bin", "runs"),)))) == Outcome.FAILED


def test_several_threats_of_one_file_count_once() -> None:
    scan = Scan(("a",), (Threat("a", "runs this"), Threat("a", "runs that")))
    assert measured(target(scan, "a"))["threats"].value == 1.0


def test_no_files_is_no_number() -> None:
    found = measured(target(Scan()))
    assert {each.value for each in found.values()} == {None}
    assert all(each.reason for each in found.values())
    assert set(found) == {metric.name for metric in CHECKS[0].metrics}


def test_a_name_that_is_no_text_can_be_recorded() -> None:
    name = os.fsdecode(b"bad\xff.bin")
    (seen,) = UnsafeFiles().probe(target(Scan((name,)), name))
    assert seen.item == "bad\\udcff.bin"
    json.dumps(asdict(seen), ensure_ascii=False).encode()
