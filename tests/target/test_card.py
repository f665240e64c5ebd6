"""The model card: front matter read, broken or hostile front matter visible, never in the way."""

import time
from pathlib import Path

import pytest

from audit.target.card import Card, card_problem, read_card
from audit.target.target import File


def read(folder: Path, text: str | bytes, name: str = "README.md") -> Card:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    card = read_card(folder, [File(name, 0, "")])
    assert card is not None
    return card


def test_no_card(tmp_path: Path) -> None:
    assert read_card(tmp_path, [File("config.json", 2, ""), File("docs/README.md", 2, "")]) is None


def test_front_matter_and_text(tmp_path: Path) -> None:
    card = read(tmp_path, "\ufeff---\r\nlicense: apache-2.0\r\nlanguage: [en, sw]\r\n---\r\n# Title\r\ntext")
    assert card.metadata == {"license": "apache-2.0", "language": ["en", "sw"]}
    assert card.text.startswith("# Title")
    assert card_problem(card) == ""
    assert card.path == "README.md"


def test_a_lower_case_name_is_found_and_the_usual_one_preferred(tmp_path: Path) -> None:
    assert read(tmp_path, "# x", "readme.md").path == "readme.md"
    (tmp_path / "README.md").write_text("# usual")
    card = read_card(tmp_path, [File("README.md", 0, ""), File("readme.md", 0, "")])
    assert card is not None
    assert card.path == "README.md"


@pytest.mark.parametrize("text", ["", "# only text", "---\n\na rule first", "---\n---\ntext"])
def test_text_without_front_matter_is_no_problem(tmp_path: Path, text: str) -> None:
    card = read(tmp_path, text)
    assert card.metadata == {}
    assert card_problem(card) == ""


BROKEN = {
    "---\n\nwords between rules\n\n---\nmore": "line 2: the front matter does not hold `key: value` lines",
    "---\nlicense: mit\ntags: [a\n---\n": "line 4: ",
    "---\nlicense: mit\n# never closed": "line 1: the front matter that opens with --- is never closed",
    "---\n- license\n---\n": "line 2: the front matter does not hold `key: value` lines",
    "---\na: !!python/object/apply:os.system ['true']\n---\n": "line 2: could not determine a constructor",
    "---\nbase: &b {x: 1}\nmore: {<<: *b}\n---\n": "line 3: merge keys (<<) are not read",
    "---\na: &a [*a]\n---\n": "line 2: its aliases",
    "---\nday: 2020-13-45\n---\n": "line 2: month must be",
    "---\n" + "[" * 50_000 + "\n---\n": "line 2: it is nested too deeply",
    "---\nn: " + "1" * 5000 + "\n---\n": "line 2: Exceeds the limit",
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_front_matter_is_visible(tmp_path: Path, text: str) -> None:
    card = read(tmp_path, text)
    assert card.metadata == {}
    assert card.text == text
    assert card_problem(card).startswith(BROKEN[text])


def test_an_alias_bomb_is_refused_quickly(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    started = time.process_time()
    card = read(tmp_path, "---\n" + "\n".join(lines) + "\n---\n# text")
    assert "aliases" in card_problem(card)
    assert time.process_time() - started < 2


def test_plain_aliases_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, "---\na: &x [1]\nb: *x\n---\n").metadata == {"a": [1], "b": [1]}


def test_a_huge_front_matter_is_refused(tmp_path: Path) -> None:
    card = read(tmp_path, "---\n" + "a: 1\n" * 200_000 + "---\n")
    assert "longer than" in card_problem(card)


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    card = read(tmp_path, b"---\nlicense: mit\n---\n# caf\xe9 \x00")
    assert card.metadata == {"license": "mit"}
    card.text.encode()
