"""Declarations: every place is read, nothing is judged, nothing is lost."""

import json
from pathlib import Path

import pytest

from audit.errors import TargetError
from audit.target.card import read_card
from audit.target.licence_text import recognise
from audit.target.lineage import declared_bases, declared_datasets, declared_licences, licence_files
from audit.target.target import Declaration, File

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def files(folder: Path, **contents: str) -> list[File]:
    for name, text in contents.items():
        path = folder / name.replace("__", ".").replace("_SLASH_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [File(p.relative_to(folder).as_posix(), 0, "") for p in sorted(folder.rglob("*")) if p.is_file()]


def licences(folder: Path, gguf: dict[str, object] | None = None, **contents: str) -> tuple[Declaration, ...]:
    listed = files(folder, **contents)
    return declared_licences(folder, listed, read_card(folder, listed), gguf or {})


def bases(folder: Path, gguf: dict[str, object] | None = None, **contents: str) -> tuple[Declaration, ...]:
    listed = files(folder, **contents)
    return declared_bases(folder, listed, read_card(folder, listed), gguf or {})


def test_nothing_declared(tmp_path: Path) -> None:
    assert licences(tmp_path, config__json="{}") == ()
    assert bases(tmp_path) == ()
    assert declared_datasets(tmp_path, [], None, {}) == ()


def test_every_place_of_a_licence_is_read(tmp_path: Path) -> None:
    found = licences(
        tmp_path,
        {"general.license": "cc-by-4.0"},
        README__md="---\nlicense: apache-2.0\n---\n",
        LICENSE="MIT License\n\nCopyright (c) 2024 Somebody\n\n" + MIT,
        config__json='{"license": "gpl-3.0"}',
    )
    assert found == (
        Declaration("apache-2.0", "README.md: license"),
        Declaration("cc-by-4.0", "GGUF: general.license"),
        Declaration("gpl-3.0", "config.json: license"),
        Declaration("MIT", "LICENSE", "text"),
    )


def test_other_is_resolved_by_its_name(tmp_path: Path) -> None:
    card = "---\nlicense: other\nlicense_name: qwen-research\nlicense_link: LICENSE\n---\n"
    assert licences(tmp_path, README__md=card) == (
        Declaration("qwen-research", "README.md: license_name (license_link: LICENSE)"),
    )


def test_other_without_a_name_stays_other(tmp_path: Path) -> None:
    assert licences(tmp_path, README__md="---\nlicense: other\n---\n") == (
        Declaration("other", "README.md: license"),
    )
    assert licences(tmp_path, {"general.license": "other", "general.license.name": "x-1"})[-1].value == "x-1"


def test_a_list_of_licences_gives_each(tmp_path: Path) -> None:
    found = licences(tmp_path, README__md="---\nlicense: [mit, cc-by-nc-4.0]\n---\n")
    assert [each.value for each in found] == ["mit", "cc-by-nc-4.0"]


def test_a_card_that_cannot_be_read_is_declared_as_such(tmp_path: Path) -> None:
    (found,) = licences(tmp_path, README__md="---\nlicense: [mit\n---\n")
    assert found.value == "unreadable"
    assert "line 3" in found.evidence


@pytest.mark.parametrize("value", ["5", "{a: b}", "true", "null", "[]", "''"])
def test_values_of_odd_types_do_no_harm(tmp_path: Path, value: str) -> None:
    card = f"---\nlicense: {value}\nbase_model: {value}\ndatasets: {value}\n---\n"
    found = [each.value for each in licences(tmp_path, README__md=card)]
    assert found == (["5"] if value == "5" else [])


# Licence files


def test_words_are_compared_and_not_likeness() -> None:
    assert recognise(MIT) == ("MIT", "text")
    assert recognise("The MIT License (MIT)\n\nCopyright (c) 2020-2024 A, B\nCopyright 2019 C\n" + MIT) == (
        "MIT",
        "text",
    )
    modified = MIT + "\nIf the product has more than 100 million monthly active users, display its name.\n"
    assert recognise("Modified MIT License\n" + modified) == ("MIT", "altered")
    assert recognise(MIT.replace("sell", "lend")) == ("MIT", "altered")
    assert recognise("Be excellent to each other.") == ("", "")
    assert recognise("") == ("", "")


@pytest.mark.parametrize(
    ("title", "identifier", "basis"),
    [
        (
            "META LLAMA 3 COMMUNITY LICENSE AGREEMENT\nMeta Llama 3 Version Release Date",
            "LicenseRef-llama3",
            "title",
        ),
        ("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version", "LicenseRef-llama3.1", "altered"),
        ("Gemma Terms of Use\n\nLast modified: April 1, 2026", "LicenseRef-gemma", "altered"),
        ("OpenMDW License Agreement, version 1.1 (OpenMDW-1.1)", "LicenseRef-openmdw-1.1", "title"),
        ("CreativeML Open RAIL++-M License\ndated July 26, 2023", "LicenseRef-openrail-plus-plus", "altered"),
        ("CreativeML Open RAIL-M\ndated August 22, 2022", "LicenseRef-creativeml-openrail-m", "altered"),
        ("Attribution-NonCommercial 4.0 International", "CC-BY-NC-4.0", "altered"),
        ("Attribution-NonCommercial-ShareAlike 4.0 International", "CC-BY-NC-SA-4.0", "altered"),
        ("Apache License\nVersion 2.0, January 2004", "Apache-2.0", "altered"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007", "AGPL-3.0-only", "altered"),
        ("Llama 3.2 Acceptable Use Policy", "", ""),
    ],
)
def test_titles_name_candidates(title: str, identifier: str, basis: str) -> None:
    assert recognise(title + "\n\nand other words") == (identifier, basis)


def test_debian_ships_texts_that_are_known_word_for_word() -> None:
    known = {
        "Apache-2.0": "Apache-2.0",
        "GPL-3": "GPL-3.0-only",
        "LGPL-2.1": "LGPL-2.1-only",
        "CC0-1.0": "CC0-1.0",
    }
    folder = Path("/usr/share/common-licenses")
    if not folder.is_dir():
        pytest.skip("needs the licence texts that Debian ships")
    for name, identifier in known.items():
        assert recognise((folder / name).read_text()) == (identifier, "text")


def test_an_unknown_licence_file_is_not_lost(tmp_path: Path) -> None:
    assert licences(tmp_path, LICENSE__txt="Be excellent to each other.") == (
        Declaration("other", "LICENSE.txt", "title"),
    )


def test_which_files_are_licence_files(tmp_path: Path) -> None:
    yes = {"LICENSE": "a", "LICENCE__md": "b", "MODEL_LICENSE": "c", "COPYING": "d", "sub_SLASH_LICENSE": "e"}
    no = {"license__json": "{}", "license__py": "x", "USE_POLICY__md": "x", "licensed__txt": "x", "NOTICE": "x"}
    found = licence_files(tmp_path, files(tmp_path, **yes, **no))
    assert found == {"COPYING": "d", "LICENCE.md": "b", "LICENSE": "a", "MODEL_LICENSE": "c", "sub/LICENSE": "e"}
    assert "sub/LICENSE" not in {each.evidence for each in licences(tmp_path)}


# Base models and data


def test_every_place_of_a_base_model_is_read(tmp_path: Path) -> None:
    found = bases(
        tmp_path,
        {
            "general.base_model.count": 2,
            "general.base_model.0.name": "Llama 3.1",
            "general.base_model.0.organization": "Meta",
            "general.base_model.1.name": "B",
            "general.base_model.1.repo_url": "https://huggingface.co/org/b-model",
        },
        README__md="---\nbase_model: org/base\nbase_model_relation: quantized\n---\n",
        adapter_config__json='{"base_model_name_or_path": "org/adapted"}',
        mergekit_config__yml="slices:\n- sources: [{model: org/one}, {model: org/two}]\nbase_model: org/three\n",
        config__json='{"_name_or_path": "org/loaded"}',
    )
    assert found == (
        Declaration("org/base", "README.md: base_model", "quantized"),
        Declaration("org/adapted", "adapter_config.json: base_model_name_or_path", "adapter"),
        Declaration("org/three", "mergekit_config.yml: base_model", "merge"),
        Declaration("org/two", "mergekit_config.yml: model", "merge"),
        Declaration("org/one", "mergekit_config.yml: model", "merge"),
        Declaration("Meta/Llama 3.1", "GGUF: general.base_model.0", ""),
        Declaration("org/b-model", "GGUF: general.base_model.1", ""),
        Declaration("org/loaded", "config.json: _name_or_path", "loaded-from"),
    )


def test_several_base_models_are_a_merge(tmp_path: Path) -> None:
    found = bases(tmp_path, README__md="---\nbase_model: [a/b, c/d]\n---\n")
    assert [(each.value, each.relation) for each in found] == [("a/b", "merge"), ("c/d", "merge")]


@pytest.mark.parametrize("value", ["./out", "/home/me/model", "../x", "C:\\models\\x", "~/m", "a/b/c"])
def test_a_local_path_is_no_base_model(tmp_path: Path, value: str) -> None:
    assert bases(tmp_path, config__json=json.dumps({"_name_or_path": value})) == ()


def test_a_model_is_not_its_own_base(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--org--name" / "snapshots" / "abc"
    assert bases(snapshot, config__json='{"_name_or_path": "org/name"}') == ()
    assert bases(tmp_path / "gpt2", config__json='{"_name_or_path": "gpt2"}') == ()


def test_training_data(tmp_path: Path) -> None:
    listed = files(tmp_path, README__md="---\ndatasets: [a/b]\nmodel-index: [{name: x}]\n---\n")
    gguf = {"general.datasets": ["old"], "general.dataset.0.repo_url": "https://huggingface.co/datasets/c/d"}
    found = declared_datasets(tmp_path, listed, read_card(tmp_path, listed), gguf)
    assert [each.value for each in found] == ["a/b", "old", "c/d"]


def test_files_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"adapter_config.json is not readable JSON"):
        bases(tmp_path, adapter_config__json="{")
    with pytest.raises(TargetError, match=r"mergekit_config.yml is not readable YAML"):
        bases(tmp_path, mergekit_config__yml="a: [", adapter_config__json="[]")
