"""Bad input: one clear sentence, exit code 2, nothing half written. Each case is one way users get it wrong."""

import json
import os
import pickle
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers

from audit.__main__ import main
from audit.report import write_report
from audit.target.demo import find_demo
from tests.command import ASSAY, assay, gate
from tests.render.sample import REPORT
from tests.tiny import bert_folder, causal_folder

Make = Callable[[Path], list[object]]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return causal_folder(tmp_path_factory.mktemp("good"))


def copy(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "model"))


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one sentence that a refused command prints."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert code == 2, captured.out + captured.err
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1 or lines[0].startswith("Usage:"), captured.err
    assert "Traceback" not in captured.err
    assert lines[-1].startswith("Error: ")
    return lines[-1]


def missing_path(tmp_path: Path, good: Path) -> Path:
    return tmp_path / "nowhere"


def missing_gguf(tmp_path: Path, good: Path) -> Path:
    return tmp_path / "nowhere.gguf"


def empty_folder(tmp_path: Path, good: Path) -> Path:
    (tmp_path / "model").mkdir()
    return tmp_path / "model"


def no_configuration(tmp_path: Path, good: Path) -> Path:
    model = copy(good, tmp_path)
    (model / "config.json").unlink()
    return model


def broken_configuration(tmp_path: Path, good: Path) -> Path:
    model = copy(good, tmp_path)
    (model / "config.json").write_text('{"architectures": ["Lla')
    return model


def configuration_that_is_a_list(tmp_path: Path, good: Path) -> Path:
    model = copy(good, tmp_path)
    (model / "config.json").write_text("[1, 2]")
    return model


def no_architecture(tmp_path: Path, good: Path) -> Path:
    return changed(copy(good, tmp_path), architectures=None)


def unknown_architecture(tmp_path: Path, good: Path) -> Path:
    return changed(copy(good, tmp_path), architectures=["LlamaForTimeTravel"])


def unknown_model_type(tmp_path: Path, good: Path) -> Path:
    return changed(copy(good, tmp_path), model_type="no-such-model")


def no_weights(tmp_path: Path, good: Path) -> Path:
    model = copy(good, tmp_path)
    (model / "model.safetensors").unlink()
    return model


def truncated_safetensors(tmp_path: Path, good: Path) -> Path:
    model = copy(good, tmp_path)
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    return model


def empty_safetensors(tmp_path: Path, good: Path) -> Path:
    model = copy(good, tmp_path)
    (model / "model.safetensors").write_bytes(b"")
    return model


def huge_safetensors_header(tmp_path: Path, good: Path) -> Path:
    model = copy(good, tmp_path)
    (model / "model.safetensors").write_bytes((1 << 62).to_bytes(8, "little") + b"{}")
    return model


def gguf_that_is_not(tmp_path: Path, good: Path) -> Path:
    (tmp_path / "model.gguf").write_bytes(b"this is text")
    return tmp_path / "model.gguf"


def gguf_of_garbage(tmp_path: Path, good: Path) -> Path:
    (tmp_path / "model.gguf").write_bytes(b"GGUF" + bytes(range(256)) * 40)
    return tmp_path / "model.gguf"


def truncated_gguf(tmp_path: Path, good: Path) -> Path:
    with find_demo().open("rb") as stream:
        (tmp_path / "model.gguf").write_bytes(stream.read(5_000_000))
    return tmp_path / "model.gguf"


def archive(tmp_path: Path, good: Path) -> Path:
    return Path(shutil.make_archive(str(tmp_path / "model"), "zip", good))


def some_other_file(tmp_path: Path, good: Path) -> Path:
    (tmp_path / "model.txt").write_text("hello")
    return tmp_path / "model.txt"


def no_tokenizer(tmp_path: Path, good: Path) -> Path:
    model = copy(good, tmp_path)
    for file in model.glob("tokenizer*"):
        file.unlink()
    return model


def broken_tokenizer(tmp_path: Path, good: Path) -> Path:
    model = copy(good, tmp_path)
    (model / "tokenizer.json").write_text('{"version": "1.0"')
    return model


def weights_of_another_shape(tmp_path: Path, good: Path) -> Path:
    return changed(copy(good, tmp_path), hidden_size=64)


def classifier_without_a_head(tmp_path: Path, good: Path) -> Path:
    model = bert_folder(tmp_path / "model", transformers.BertModel)
    return changed(model, architectures=["BertForSequenceClassification"])


def hub_id_offline(tmp_path: Path, good: Path) -> str:
    return "some-org/some-model@main"


def odd_name(tmp_path: Path, good: Path) -> str:
    return "not a model; rm -rf"


def changed(model: Path, **changes: object) -> Path:
    config = json.loads((model / "config.json").read_text()) | changes
    (model / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    return model


TARGETS = [
    (missing_path, "check the path"),
    (missing_gguf, "check the path"),
    (empty_folder, "is empty"),
    (no_configuration, "config.json"),
    (broken_configuration, "config.json"),
    (configuration_that_is_a_list, "config.json"),
    (no_architecture, "architecture"),
    (unknown_architecture, "LlamaForTimeTravel"),
    (unknown_model_type, "no-such-model"),
    (no_weights, "weights"),
    (truncated_safetensors, "download it again"),
    (empty_safetensors, "download it again"),
    (huge_safetensors_header, "download it again"),
    (gguf_that_is_not, "GGUF"),
    (gguf_of_garbage, "damaged"),
    (truncated_gguf, "truncated"),
    (archive, "unpack it"),
    (some_other_file, "folder"),
    (no_tokenizer, "tokenizer"),
    (broken_tokenizer, "tokenizer"),
    (weights_of_another_shape, "model"),
    (classifier_without_a_head, "classifier.weight"),
    (hub_id_offline, "HF_HUB_OFFLINE"),
    (odd_name, "no file or folder"),
]


@pytest.mark.parametrize(("make", "says"), TARGETS, ids=lambda value: getattr(value, "__name__", ""))
def test_targets(make: Callable[[Path, Path], object], says: str, good: Path, tmp_path: Path, capsys):
    target = make(tmp_path, good)
    kind = "local.coin" if make is not classifier_without_a_head else "bias.counterfactual"
    sentence = refused(capsys, "run", target, *gate(tmp_path), "--only", kind, "--out", tmp_path / "run", "-q")
    assert says in sentence
    assert not (tmp_path / "run" / "audit.json").exists()


def wish(*words: str) -> Callable[[Path], list[object]]:
    return lambda _: list(words)


def crows(content: bytes | None) -> Callable[[Path], list[object]]:
    def make(tmp_path: Path) -> list[object]:
        data = tmp_path / "data.csv"
        if content is not None:
            data.write_bytes(content)
        return ["--only", "bias.crows-pairs", "--set", f"bias.crows-pairs.data={data}"]

    return make


def policy(old: str, new: str) -> Callable[[Path], list[object]]:
    def make(tmp_path: Path) -> list[object]:
        path = tmp_path / "policy.yaml"
        path.write_text(path.read_text().replace(old, new))
        return ["--policy", str(path)]

    return make


def checks(source: str | None) -> Callable[[Path], list[object]]:
    def make(tmp_path: Path) -> list[object]:
        path = tmp_path / "other_checks.py"
        if source is not None:
            path.write_text(source)
        return ["--checks", str(path)]

    return make


def waivers(text: str) -> Callable[[Path], list[object]]:
    def make(tmp_path: Path) -> list[object]:
        (tmp_path / "waivers.yaml").write_text(text)
        return ["--waivers", str(tmp_path / "waivers.yaml")]

    return make


def out_is_a_file(tmp_path: Path) -> list[object]:
    (tmp_path / "file").write_text("")
    return ["--out", str(tmp_path / "file")]


def out_under_a_file(tmp_path: Path) -> list[object]:
    (tmp_path / "file").write_text("")
    return ["--out", str(tmp_path / "file" / "run")]


def out_of_another_audit(tmp_path: Path) -> list[object]:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "plan.json").write_text('{"plan": "another"}')
    return ["--out", str(tmp_path / "taken")]


HEADER = b"sent_more,sent_less,stereo_antistereo,bias_type\n"
WISHES = [
    (wish("--only", "bias.minimal-pair"), "did you mean bias.minimal-pairs"),
    (wish("--only", "zzz"), "There is no check zzz"),
    (wish("--set", "local.coin.head=1"), "did you mean heads"),
    (wish("--set", "local.coin.heads=many"), "local.coin.heads"),
    (wish("--set", "local.coinheads"), "CHECK.OPTION=VALUE"),
    (wish("--set", "nobody.heads=1"), "There is no check nobody"),
    (wish("--language", "klingonese"), "There is no language klingonese"),
    (wish("--limit", "0"), "--limit"),
    (wish("--limit", "many"), "--limit"),
    (wish("--dtype", "float128"), "float128"),
    (wish("--device", "cuda:99"), "cuda:99"),
    (wish("--policy", "no-such-policy"), "release-gate"),
    (wish("--policy", "nowhere.yaml"), "no policy file"),
    (wish("--use", "commerical", "--only", "licence.compatibility"), "commercial"),
    (policy("at_most", "at_moost"), "controls.0.requires.0.at_moost"),
    (policy("metric: heads", "metric: head"), "did you mean heads"),
    (policy("check: local.coin", "check: local.coins"), "did you mean local.coin"),
    (policy("controls:", "controls"), "line"),
    (crows(None), "no file"),
    (crows(b""), "data.csv"),
    (crows(HEADER), "data.csv"),
    (crows(b"a,b\n1,2\n"), "sent_more"),
    (crows(HEADER + b"caf\xe9,b,stereo,gender\n"), "line 2"),
    (crows(HEADER + b"a,b,sideways,gender\n"), "line 2"),
    (checks(None), "no file"),
    (checks("x ="), "cannot be imported"),
    (checks("x = 1"), "CHECKS"),
    (checks("CHECKS = (object(),)"), "dataclass"),
    (checks("raise SystemExit(0)"), "other_checks.py"),
    (waivers("waivers: []"), "waivers"),
    (waivers("waivers:\n  - {id: a, control: coin}"), "waivers.0.owner"),
    (out_is_a_file, "is a file"),
    (out_under_a_file, "cannot be written"),
    (out_of_another_audit, "another audit"),
]


@pytest.mark.parametrize(("make", "says"), WISHES, ids=[says for _, says in WISHES])
def test_wishes(make: Make, says: str, good: Path, tmp_path: Path, capsys):
    options = gate(tmp_path)
    sentence = refused(capsys, "run", good, *options, "--out", tmp_path / "run", "-q", *make(tmp_path))
    assert says in sentence
    assert not (tmp_path / "run" / "audit.json").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "assay.audit/1"}', "\x00"])
@pytest.mark.parametrize("command", ["judge", "render"])
def test_a_damaged_audit(command: str, text: str, tmp_path: Path, capsys):
    (tmp_path / "audit.json").write_text(text)
    assert "audit.json" in refused(capsys, command, tmp_path)
    assert "nowhere" in refused(capsys, command, tmp_path / "nowhere")


@pytest.mark.parametrize("command", ["judge", "render"])
def test_reports_replace_no_file_of_somebody_else(command: str, tmp_path: Path, capsys):
    write_report(REPORT, tmp_path / "done")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "README.md").write_text("mine")
    sentence = refused(capsys, command, tmp_path / "done", "--out", tmp_path / "project")
    assert "README.md" in sentence
    assert [file.read_text() for file in (tmp_path / "project").iterdir()] == ["mine"]
    main([command, str(tmp_path / "done"), "--out", str(tmp_path / "again")])
    main([command, str(tmp_path / "done"), "--out", str(tmp_path / "again")])  # its own files it does replace
    assert (tmp_path / "again" / "README.md").read_text() != "mine"


def test_a_run_keeps_its_own_verdict(tmp_path: Path, capsys):
    write_report(REPORT, tmp_path)
    (tmp_path / "plan.json").write_text("{}")
    before = (tmp_path / "audit.json").read_text()
    assert "would be replaced" in refused(capsys, "judge", tmp_path, "--out", tmp_path)
    assert (tmp_path / "audit.json").read_text() == before


class Malicious:
    """Leaves a file behind if anybody unpickles it."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, (f"touch {self._trace}",))


def test_a_malicious_pickle_is_never_opened(good: Path, tmp_path: Path):
    """The audit goes on without the model: the files control fails, everything about the model is UNTESTED."""
    model = copy(good, tmp_path)
    (model / "model.safetensors").unlink()
    with (model / "pytorch_model.bin").open("wb") as stream:
        pickle.dump({"weight": Malicious(tmp_path / "trace")}, stream)
    code = main(["run", str(model), *map(str, gate(tmp_path)), "--out", str(tmp_path / "run"), "-q"])
    report = json.loads((tmp_path / "run" / "audit.json").read_text())
    assert code == 3
    assert not (tmp_path / "trace").exists()
    assert report["target"]["scan"]["threats"]
    assert [finding["outcome"] for finding in report["findings"]] == ["untested"]
    assert "was not opened" in report["findings"][0]["reason"]


def test_a_clean_pickle_is_opened(good: Path, tmp_path: Path):
    model = copy(good, tmp_path)
    weights = transformers.AutoModelForCausalLM.from_pretrained(good).state_dict()
    (model / "model.safetensors").unlink()
    torch.save(weights, model / "pytorch_model.bin")
    code = main(["run", str(model), *map(str, gate(tmp_path)), "--out", str(tmp_path / "run"), "-q"])
    assert code == 0


def test_code_in_the_repository_is_not_run(good: Path, tmp_path: Path):
    model = changed(copy(good, tmp_path), auto_map={"AutoModelForCausalLM": "modeling_own.Own"})
    (model / "modeling_own.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')")
    code = main(["run", str(model), *map(str, gate(tmp_path)), "--out", str(tmp_path / "run"), "-q"])
    assert code in (2, 3)
    assert not (tmp_path / "trace").exists()


def test_a_full_disk_is_one_sentence_and_the_same_command_goes_on(good: Path, tmp_path: Path):
    """A limit on the size of files stands for the full disk."""
    options = [*gate(tmp_path), "--set", "local.coin.of=20000", "--out", tmp_path / "run", "-q"]
    command = " ".join(shlex.quote(str(word)) for word in (ASSAY, "run", good, *options))
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 400; exec {command}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "free space and run the same command again" in done.stderr
    assert not (tmp_path / "run" / "audit.json").exists()
    assert assay("run", good, *options).code == 0


def test_a_check_that_exits_is_a_check_that_broke_off(good: Path, tmp_path: Path):
    options = gate(tmp_path)
    source = (tmp_path / "my_checks.py").read_text()
    (tmp_path / "my_checks.py").write_text(source.replace("raise ZeroDivisionError", "raise SystemExit"))
    (tmp_path / "policy.yaml").write_text((tmp_path / "policy.yaml").read_text().replace("coin,", "breaks,"))
    assert assay("run", good, *options, "--out", tmp_path / "run").code == 3
