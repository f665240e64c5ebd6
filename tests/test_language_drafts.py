"""Drafts of language files can be read, are complete, and fill to whole sentences in one script."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import audit.languages
from audit.languages.harms import HARMS
from audit.languages.language import Language
from audit.languages.load import language_codes
from audit.languages.names import family_names, given_names
from audit.languages.parse import read_language
from audit.languages.template import fill, word

DRAFTS = sorted((Path(audit.languages.__file__).parent / "drafts").glob("*.yaml"))
SCRIPTS = {
    "am": {"ETHIOPIC"},
    "ar": {"ARABIC"},
    "bn": {"BENGALI"},
    "fa": {"ARABIC"},
    "he": {"HEBREW"},
    "hi": {"DEVANAGARI"},
    "ja": {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"},
    "ko": {"HANGUL"},
    "ru": {"CYRILLIC"},
    "ta": {"TAMIL"},
    "th": {"THAI"},
    "ur": {"ARABIC"},
    "zh": {"CJK"},
}


@cache
def read(path: Path) -> tuple[Language, tuple[str, ...]]:
    """A draft, and all of its sentences."""
    language = read_language(path)
    return language, tuple(dict.fromkeys(sentences(language)))


def sentences(language: Language) -> Iterator[str]:
    """Every frame with every term and attribute, every text with every term, every ordinary sentence."""
    for demographic in language.demographics:
        for frame in demographic.frames:
            for contrast in demographic.contrasts:
                if contrast.name in frame.contrasts:
                    for pair in contrast.pairs:
                        for term in pair:
                            for attribute in frame.attributes:
                                yield word(frame.text, attribute, term, language.contractions).sentence
    terms = [t for d in language.demographics for c in d.contrasts for pair in c.pairs for t in pair]
    for text in language.texts:
        for term in terms:
            yield fill(text.text, term, language.contractions)
    yield from language.ordinary


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.stem)
def test_a_draft_is_complete_and_fills_to_whole_sentences(path: Path):
    language, filled = read(path)
    assert {d.name for d in language.demographics} >= {"gender", "origin", "religion", "age", "disability"}
    for demographic in language.demographics:
        assert {frame.domain for frame in demographic.frames} == set(HARMS)
        assert len(demographic.frames) >= 8
    assert sum(text.kind == "neutral" for text in language.texts) >= 30
    assert sum(text.kind == "evaluative" for text in language.texts) >= 16
    assert len(set(language.ordinary)) >= 26
    assert language.provenance["author"] == "Assay project"
    assert not [s for s in filled if re.search(r"[{}]|  | [.,;?!،؟。۔।]", s)]
    assert not [s for s in filled if unicodedata.normalize("NFC", s) != s]
    assert not [s for s in filled if s[0] != s[0].upper()]


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.stem)
def test_a_draft_is_written_in_the_script_of_its_language(path: Path):
    letters = {letter for s in read(path)[1] for letter in s if letter.isalpha()}
    scripts = {unicodedata.name(letter).split()[0] for letter in letters} - {"MODIFIER"}
    assert scripts <= SCRIPTS.get(path.stem, {"LATIN"})


@pytest.mark.parametrize("path", DRAFTS, ids=lambda path: path.stem)
def test_names_come_from_lists_of_their_own(path: Path):
    sources = [s for d in read(path)[0].demographics for c in d.contrasts for s in c.names or ()]
    for source in sources:
        for gender in ("female", "male"):
            assert len(given_names(source.locale, gender)) >= 20
            assert len(family_names(source.locale, gender)) >= 20


def test_drafts_are_not_offered():
    assert not {path.stem for path in DRAFTS} & set(language_codes())
