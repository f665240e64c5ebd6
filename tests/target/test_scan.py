"""The file scan: planted attacks are found, ordinary model files are cleared, hostile ones do no harm."""

import collections
import io
import json
import os
import pickle
import struct
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from audit.errors import TargetError
from audit.target.scan import scan_files
from audit.target.target import File, Scan


class Attack:
    """Pickles into a call of ``function`` with ``arguments``; nothing here ever unpickles it."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.function, self.arguments


def scan(folder: Path) -> Scan:
    files = [File(p.relative_to(folder).as_posix(), 0, "") for p in sorted(folder.rglob("*")) if not p.is_dir()]
    found = scan_files(folder, files)
    assert sorted([*found.scanned, *(each.file for each in found.unscanned)]) == sorted(f.path for f in files)
    return found


def threats(folder: Path, name: str, content: bytes) -> Sequence[str]:
    (folder / name).write_bytes(content)
    found = scan_files(folder, [File(name, len(content), "")])
    assert found.scanned == (name,)
    return [threat.what for threat in found.threats]


def safetensors(header: object, data: bytes = b"") -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def gguf(tensors: int = 1, data: bytes = b"\0" * 128, template: str = "", **counts: int) -> bytes:
    """A GGUF file with one float32 tensor of 32 elements (128 bytes)."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    entries = [text("general.name") + struct.pack("<I", 8) + text("tiny")]
    entries.append(text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"))
    if template:
        entries.append(text("tokenizer.chat_template") + struct.pack("<I", 8) + text(template))
    head = b"GGUF" + struct.pack("<IQQ", 3, counts.get("claimed", tensors), counts.get("entries", len(entries)))
    body = b"".join(entries) + b"".join(text(f"t{i}") + struct.pack("<IQIQ", 1, 32, 0, 0) for i in range(tensors))
    return (head + body).ljust(-(-len(head + body) // 32) * 32, b"\0") + data


def torch_bytes(value: object, **options: object) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream, **options)  # type: ignore[arg-type]
    return stream.getvalue()


STATE = collections.OrderedDict(
    weight=torch.zeros(3, 4),
    half=torch.ones(2, dtype=torch.bfloat16),
    parameter=torch.nn.Parameter(torch.ones(2)),
    step=3,
    name="tiny",
)


# What ordinary models hold


def test_a_clean_folder_is_cleared(tmp_path: Path) -> None:
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    (tmp_path / "model.safetensors").write_bytes(
        safetensors({"w": entry, "__metadata__": {"format": "pt"}}, b"\0" * 8)
    )
    (tmp_path / "pytorch_model.bin").write_bytes(torch_bytes(STATE))
    (tmp_path / "optimizer.pt").write_bytes(
        torch_bytes(torch.optim.Adam([torch.nn.Parameter(torch.ones(2))]).state_dict())
    )
    (tmp_path / "old.pth").write_bytes(torch_bytes(STATE, _use_new_zipfile_serialization=False))
    (tmp_path / "tiny.gguf").write_bytes(gguf(template="{{ messages[0]['content'] }}"))
    (tmp_path / "config.json").write_text('{"architectures": ["BertModel"], "auto_map": null}')
    (tmp_path / "tokenizer_config.json").write_text(
        '{"added": {"__type": "AddedToken"}, "auto_map": [null, null]}'
    )
    (tmp_path / "README.md").write_text("# A model\ncats\nand dogs\n.")
    (tmp_path / "modeling.py").write_text("import os\nos.system('true')\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "spiece.model").write_bytes(b"\x0a\x03abc" * 50 + b"\x12\x02ab")
    (tmp_path / "empty.txt").write_bytes(b"")
    np.savez_compressed(tmp_path / "arrays.npz", a=np.zeros(3))
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object))
    found = scan(tmp_path)
    assert found.threats == ()
    assert found.unscanned == ()
    assert len(found.scanned) == 14


@pytest.mark.parametrize("protocol", range(6))
def test_pickled_arrays_are_cleared_in_every_protocol(tmp_path: Path, protocol: int) -> None:
    value = {"a": np.zeros(3), "b": np.float64(2), "c": b"12", "d": {1, 2}}
    assert threats(tmp_path, "a.pkl", pickle.dumps(value, protocol)) == []


# Planted attacks

CALLS = [
    (Attack(os.system, "true"), "posix.system"),
    (Attack(eval, "1"), ".eval"),
    (Attack(exec, "1"), ".exec"),
    (Attack(__import__, "os"), ".__import__"),
    (Attack(subprocess.Popen, "true"), ".Popen"),
    ({"weights": [1, (2, Attack(os.system, "true"))]}, "posix.system"),
    (Attack(collections.OrderedDict, Attack(os.system, "true")), "posix.system"),
]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(("value", "name"), CALLS)
def test_calls_are_found_and_named(tmp_path: Path, value: object, name: str, protocol: int) -> None:
    found = threats(tmp_path, "model.bin", pickle.dumps(value, protocol))
    assert any(name in what for what in found), found


@pytest.mark.parametrize(
    "name", ["notes.txt", "config.json", "vocab.model", "x.dat", "weights", "m.onnx", "a.png"]
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_disguised_pickle_is_found(tmp_path: Path, name: str, protocol: int) -> None:
    found = threats(tmp_path, name, pickle.dumps(Attack(os.system, "true"), protocol))
    assert "is a pickle under another name" in found
    assert "imports posix.system when it is opened" in found


@pytest.mark.parametrize("name", ["model.safetensors", "model.gguf"])
def test_a_pickle_called_weights_is_a_threat_not_damage(tmp_path: Path, name: str) -> None:
    assert any("posix.system" in what for what in threats(tmp_path, name, pickle.dumps(Attack(os.system, "true"))))
    assert any("posix.system" in w for w in threats(tmp_path, name, torch_bytes({"a": Attack(os.system, "true")})))


@pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}])
def test_attacks_in_torch_files_are_found(tmp_path: Path, options: dict[str, object]) -> None:
    content = torch_bytes({**STATE, "x": Attack(os.system, "true")}, **options)
    assert threats(tmp_path, "pytorch_model.bin", content) == ["imports posix.system when it is opened"]


def test_a_whole_module_is_a_threat_and_named(tmp_path: Path) -> None:
    found = threats(tmp_path, "model.pt", torch_bytes(torch.nn.Linear(2, 2)))
    assert "imports torch.nn.modules.linear.Linear when it is opened" in found


def test_code_runs_before_a_broken_end(tmp_path: Path) -> None:
    content = pickle.dumps(Attack(os.system, "true"))[:-1] + b"\xff\xff"
    for name in ("model.bin", "notes.txt"):
        assert "imports posix.system when it is opened" in threats(tmp_path, name, content)


# Names hidden from scanners that look at neighbouring instructions

EVASIONS = {
    # the module name comes out of the memo, and is overwritten there first
    "memo": b"\x80\x04\x8c\x0bcollections\x94\x8c\x05posix\x94q\x000h\x00\x8c\x06system\x93\x8c\x04true\x85R.",
    # a harmless name lies between the two that count, and is popped
    "pop": b"\x80\x04\x8c\x05posix\x8c\x0bOrderedDict0\x8c\x06system\x93\x8c\x04true\x85R.",
    # the function's name is computed by a call
    "computed": b"\x80\x04\x8c\x05posix(c_codecs\nencode\n\x8c\x06system\x8c\x05ascii\x86R\x93)R.",
    "dup": b"\x80\x04\x8c\x02os2\x93)R.",
    "inst": b"(S'true'\nios\nsystem\n.",
    "obj": b"(cos\nsystem\nS'true'\no.",
    "newobj": b"\x80\x02cos\nsystem\n(S'true'\nt\x81.",
    "extension": b"\x80\x02\x82\x01(S'true'\ntR.",
    "persistent id as a name": b"Pposix\nPsystem\n\x93(S'true'\ntR.",
    "second pickle": pickle.dumps({"a": 1}) + pickle.dumps(Attack(os.system, "true")),
    "build on an import": b"\x80\x02ccollections\nOrderedDict\n}b.",
    "storage as a function": b"\x80\x02ctorch\nFloatStorage\nJ\xff\xff\xff\x7f\x85R.",
    "dotted name": b"\x80\x04\x8c\x05torch\x8c\x16FloatStorage.from_file0\x8c\x14x.y.DoubleTypeStorage\x93)R.",
}


@pytest.mark.parametrize("name", EVASIONS)
def test_evasions_are_found(tmp_path: Path, name: str) -> None:
    assert threats(tmp_path, "model.pkl", EVASIONS[name])


def test_what_follows_a_pickle_must_be_understood(tmp_path: Path) -> None:
    clean = pickle.dumps({"a": 1})
    found = threats(tmp_path, "model.pkl", clean + b"\xff\xfe\xfd")
    assert found == [f"could not be followed to its end as a pickle (from byte {len(clean)})"]


def test_a_file_named_like_a_pickle_that_is_none_is_a_threat(tmp_path: Path) -> None:
    assert threats(tmp_path, "model.bin", b"\x06\0\0\0just numbers" * 10)
    assert threats(tmp_path, "model.bin", gguf())  # G is an instruction too: a file can be both


def test_attacks_in_numpy_files_are_found(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([Attack(os.system, "true")], dtype=object))
    np.savez(tmp_path / "b.npz", a=np.zeros(2), b=np.array([Attack(os.system, "true")], dtype=object))
    found = scan(tmp_path)
    assert {(t.file, t.what) for t in found.threats} == {
        (name, "imports posix.system when it is opened") for name in ("a.npy", "b.npz")
    }


# Archives


def rezipped(content: bytes, **changes: object) -> bytes:
    """A torch archive written anew, with members added, compressed or doubled."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for member in old.infolist():
            new.writestr(
                member.filename, old.read(member), compress_type=changes.get("compress", zipfile.ZIP_STORED)
            )  # type: ignore[arg-type]
        for name, data in changes.get("add", {}).items():  # type: ignore[attr-defined]
            new.writestr(name, data)
    return stream.getvalue()


def test_archives_that_torch_does_not_write_are_threats(tmp_path: Path) -> None:
    clean = torch_bytes(STATE)
    folder = zipfile.ZipFile(io.BytesIO(clean)).namelist()[0].partition("/")[0]
    assert threats(tmp_path, "a.bin", rezipped(clean)) == []
    assert "compressed" in threats(tmp_path, "b.bin", rezipped(clean, compress=zipfile.ZIP_DEFLATED))[0]
    assert "more.pkl" in threats(tmp_path, "c.bin", rezipped(clean, add={f"{folder}/more.pkl": b"."}))[0]
    assert "more than one folder" in threats(tmp_path, "d.bin", rezipped(clean, add={"other/version": b"3"}))[0]
    with pytest.warns(UserWarning, match="Duplicate name"):
        double = rezipped(clean, add={f"{folder}/version": b"3"})
    assert "twice" in threats(tmp_path, "e.bin", double)[0]
    assert threats(tmp_path, "f.bin", clean[:-22] + b"\0" * 500 + clean[-22:])
    assert "belong to none" in threats(tmp_path, "g.bin", clean + b"\0" * 500)[0]


def test_a_second_archive_cannot_hide_behind_the_first(tmp_path: Path) -> None:
    hidden = torch_bytes({"x": Attack(os.system, "true")})
    assert threats(tmp_path, "a.bin", hidden + torch_bytes(STATE))


def test_torchscript_is_a_threat(tmp_path: Path) -> None:
    content = torch_bytes(STATE)
    folder = zipfile.ZipFile(io.BytesIO(content)).namelist()[0].partition("/")[0]
    script = rezipped(content, add={f"{folder}/code/__torch__.py": b"def forward(self): pass"})
    assert threats(tmp_path, "a.pt", script) == ["holds TorchScript code"]


def test_a_damaged_archive_is_a_threat(tmp_path: Path) -> None:
    assert threats(tmp_path, "a.bin", torch_bytes(STATE)[:300]) == [
        "begins like a zip archive but cannot be read as one"
    ]


def test_text_that_reads_as_an_import_is_text(tmp_path: Path) -> None:
    assert threats(tmp_path, "table.csv", b"const_a,const_b\n0.1,0.2\n.3,.4\n") == []


def test_other_archives_are_not_called_scanned(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    with tarfile.open(tmp_path / "weights.nemo", "w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        zipped.writestr("a.pkl", pickle.dumps(Attack(os.system, "true")))
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c\0\0\0")
    (tmp_path / "tf_model.h5").write_bytes(b"\x89HDF\r\n\x1a\n\0\0")
    (tmp_path / "model.onnx").write_bytes(b"\x08\x07\x12\x00")
    (tmp_path / "unknown.blob").write_bytes(b"\x00\x01\x02\xff")
    found = scan(tmp_path)
    assert found.scanned == ()
    reasons = {each.file: each.what for each in found.unscanned}
    assert reasons["a.zip"] == "is an archive, not looked into: unpack it and audit the folder"
    assert "Lambda" in reasons["tf_model.h5"]
    assert reasons["unknown.blob"] == "is of a kind that Assay does not know"


# Weights that are not whole


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 4,
        safetensors({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, b"\0" * 7),
        safetensors({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, b"\0" * 9),
        safetensors({"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, b"\0" * 8),
        safetensors({"w": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}}, b"\0" * 16),
        safetensors({"w": {"dtype": "F32", "shape": [-2], "data_offsets": [0, -8]}}),
        safetensors({"w": {"dtype": "F32", "shape": [10**30] * 9, "data_offsets": [0, 8]}}, b"\0" * 8),
        safetensors({"w": 3}),
        safetensors([]),
        safetensors(b"[" * 200_000),
        safetensors(b'{"a": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}, "a": {}}'),
        struct.pack("<Q", 2**63) + b"{}",
    ],
)
def test_damaged_safetensors_raise(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(TargetError, match=r"model.safetensors is truncated or damaged \(.+\): download it again"):
        scan(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"GGUF",
        b"nothing of the kind",
        gguf()[:-1],
        gguf()[:40],
        gguf(tensors=0),
        gguf(claimed=2**60),
        gguf(entries=2**60),
        gguf(claimed=900_000),
        b"GGUF" + struct.pack("<IQQ", 9, 1, 1) + b"\0" * 64,
        b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 2**62) + b"\0" * 64,
        b"GGUF" + struct.pack("<IQQQ", 3, 1, 1, 1) + b"k" + struct.pack("<IIQ", 9, 8, 2**61) + b"\0" * 64,
        b"GGUF" + struct.pack("<IQQQ", 3, 1, 1, 1) + b"k" + struct.pack("<IIQ", 9, 9, 5) + b"\0" * 64,
    ],
)
def test_damaged_gguf_raises(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.gguf").write_bytes(content)
    with pytest.raises(TargetError, match=r"m.gguf is truncated or damaged \(.+\): download it again"):
        scan(tmp_path)


def test_a_pointer_is_not_the_weights(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    )
    with pytest.raises(TargetError, match="git lfs pull"):
        scan(tmp_path)


# Code that is asked for


def test_auto_map_is_a_threat_of_the_configuration_that_asks(tmp_path: Path) -> None:
    (tmp_path / "modeling_x.py").write_text("print(1)")
    assert scan(tmp_path).threats == ()
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModel": "modeling_x.XModel"}}')
    (found,) = scan(tmp_path).threats
    assert found.file == "config.json"
    assert found.what == ("needs code from the repository (auto_map: modeling_x.XModel), which Assay never runs")


def test_a_configuration_that_is_no_json_is_not_called_scanned(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"auto_map": ' + "[" * 100_000)
    assert scan(tmp_path).unscanned[0].file == "config.json"


@pytest.mark.parametrize("template", ["{{ x.__class__.__mro__ }}", "{{ x|attr('y') }}"])
def test_templates_that_leave_their_bounds_are_threats(tmp_path: Path, template: str) -> None:
    (tmp_path / "chat_template.jinja").write_text(template)
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": [{"name": "a", "template": template}]})
    )
    (tmp_path / "m.gguf").write_bytes(gguf(template=template))
    assert [t.file for t in scan(tmp_path).threats] == ["chat_template.jinja", "m.gguf", "tokenizer_config.json"]


def test_programs_are_threats_and_text_that_begins_alike_is_not(tmp_path: Path) -> None:
    assert threats(tmp_path, "lib.so", b"\x7fELF\x02\x01\0\0") == ["is a program"]
    assert threats(tmp_path, "vocab.txt", b"MZ\nMZA\n") == []


# Links


def test_links_out_of_the_folder_are_threats(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a.txt").symlink_to(outside)
    (folder / "b.txt").write_text("b")
    (folder / "c.txt").symlink_to(folder / "b.txt")
    found = scan(folder)
    assert [t.file for t in found.threats] == ["a.txt"]
    assert found.scanned == ("b.txt", "c.txt")


def test_the_hub_cache_may_link_to_its_blobs(tmp_path: Path) -> None:
    repository = tmp_path / "models--org--name"
    blobs, snapshot = repository / "blobs", repository / "snapshots" / "abc"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    (blobs / "1").write_text("{}")
    (tmp_path / "else").write_text("{}")
    (snapshot / "config.json").symlink_to("../../blobs/1")
    (snapshot / "other.json").symlink_to("../../../else")
    assert [t.file for t in scan(snapshot).threats] == ["other.json"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.bin")
    found = scan_files(tmp_path, [File("pipe.bin", 0, "")])
    assert found.threats
    assert found.unscanned


# Hostile content: no crash, no hang, no memory


def sparse_zip(folder: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "a.npy",
            b"\x93NUMPY\x01\x00\x76\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(128)
            + b"\0" * 10**8,
        )
    return stream.getvalue()


HOSTILE = {
    "deep nesting": b"\x80\x04" + b"]" * 30_000 + b"a" * 29_999 + b".",
    "tuples": b"\x80\x04)" + b"\x85" * 30_000 + b".",
    "huge length": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"abc",
    "huge line": b"S'" + b"a" * 5_000_000,
    "huge number": b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"\0",
    "long digits": b"I" + b"9" * 500_000 + b"\n.",
    "endless": b"\x80\x04" + b"N0" * 100_000 + b".",
    "many": b"N." * 10_000,
    "empty": b"",
    "one byte": b"\x80",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_end_quickly(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.target.pickles.MOST_STEPS", 100_000)
    started = time.process_time()
    found = threats(tmp_path, "model.bin", HOSTILE[name])
    assert bool(found) == (name not in {"deep nesting", "tuples", "many", "empty"}), found
    assert time.process_time() - started < 5


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    content = sparse_zip(tmp_path)
    assert len(content) < 200_000
    assert threats(tmp_path, "bomb.npz", content) == ["begins like a zip archive but cannot be read as one"]


def test_a_name_that_is_no_text_is_kept(tmp_path: Path) -> None:
    name = os.fsdecode(b"bad\xff.safetensors")
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(TargetError) as raised:
        scan_files(tmp_path, [File(name, 0, "")])
    raised.value.args[0].encode()
    (tmp_path / name).rename(tmp_path / os.fsdecode(b"bad\xff.bin"))
    assert scan(tmp_path).scanned == (os.fsdecode(b"bad\xff.bin"),)


def test_a_missing_file_is_not_called_scanned(tmp_path: Path) -> None:
    assert scan_files(tmp_path, [File("gone.txt", 0, "")]).unscanned[0].file == "gone.txt"
