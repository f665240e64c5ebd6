"""What a target's makers declared: licences, base models and training data, each with where it stands.

Every declaration found is kept, also when two contradict each other: judging them is not this module's work.
Only one level is declared: the base models of a base model stand in its own files.
Keys: https://huggingface.co/docs/hub/model-cards, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from audit.errors import TargetError
from audit.target.card import PlainLoader, card_problem
from audit.target.licence_text import recognise
from audit.target.target import Card, Declaration, File

LICENCE_FILE = re.compile(r"(?:.*[-_.])?(?:licen[cs]e|copying|unlicense|terms)(?:[-_.].*)?", re.IGNORECASE)
NO_LICENCE_TEXT = (".py", ".json", ".yaml", ".yml", ".html")
LARGEST = 2**20
LONGEST_VALUE = 300
UNREADABLE = "unreadable"
"""The value of a declaration whose place could not be read; no licence has this name."""
HUB = re.compile(r"https?://(?:www\.)?huggingface\.co/(?:datasets/)?(?P<id>[\w.-]+/[\w.-]+)")
LOCAL = re.compile(r"^(?:[./~\\]|[A-Za-z]:[\\/])|\\|/.*/")


def licence_files(root: Path, files: Sequence[File]) -> Mapping[str, str]:
    """The target's licence files by path, with their text (the first megabyte of it)."""
    return {file.path: _text(root, file.path) for file in files if _is_licence_file(file.path)}


def declared_licences(
    root: Path, files: Sequence[File], card: Card | None, gguf_metadata: Mapping[str, object]
) -> tuple[Declaration, ...]:
    """Licences stated in the card, the GGUF metadata, the configuration and the licence files of the root folder.

    For a licence file ``relation`` says what the value rests on: "text" (word for word), "altered" (that title
    above other words) or "title" (no text to compare with); the value is "other" when the title is not known.
    """
    found = [
        *_card_licences(card),
        *_gguf_licences(gguf_metadata),
        *_config_licence(root, files),
        *_text_licences(licence_files(root, files)),
    ]
    return tuple(dict.fromkeys(found))


def declared_bases(
    root: Path, files: Sequence[File], card: Card | None, gguf_metadata: Mapping[str, object]
) -> tuple[Declaration, ...]:
    """Models that this one was made from, with the relation that was stated ("" when none was)."""
    found = [
        *_card_bases(card),
        *_adapter_base(root, files),
        *_merged_models(root, files),
        *_gguf_sources(gguf_metadata, "base_model", ""),
        *_loaded_from(root, files),
    ]
    return tuple(dict.fromkeys(found))


def declared_datasets(
    root: Path,  # noqa: ARG001 - the same four facts for each of the three questions
    files: Sequence[File],  # noqa: ARG001
    card: Card | None,
    gguf_metadata: Mapping[str, object],
) -> tuple[Declaration, ...]:
    """Data sets that the model was trained on; evaluation data is declared elsewhere in a card and not listed."""
    stated = _strings(card.metadata.get("datasets")) if card else []
    old = _strings(gguf_metadata.get("general.datasets"))
    found = [
        *(Declaration(name, f"{card.path}: datasets", "trained-on") for name in stated if card),
        *(Declaration(name, "GGUF: general.datasets", "trained-on") for name in old),
        *_gguf_sources(gguf_metadata, "dataset", "trained-on"),
    ]
    return tuple(dict.fromkeys(found))


def _card_licences(card: Card | None) -> Iterator[Declaration]:
    if card is None:
        return
    problem = card_problem(card)
    if problem:
        yield Declaration(UNREADABLE, f"{card.path}: front matter, {problem}")
    stated = _strings(card.metadata.get("license"))
    names = _strings(card.metadata.get("license_name"))
    links = "".join(f" (license_link: {link})" for link in _strings(card.metadata.get("license_link")))
    for value in stated:
        if value.casefold() == "other" and names:
            yield from (Declaration(name, f"{card.path}: license_name{links}") for name in names)
        else:
            yield Declaration(value, f"{card.path}: license" + (links if value.casefold() == "other" else ""))


def _gguf_licences(metadata: Mapping[str, object]) -> Iterator[Declaration]:
    values = _strings(metadata.get("general.license"))
    for key in ("general.license.name", "general.license") if values == ["other"] else ("general.license",):
        found = _strings(metadata.get(key))
        if found:
            yield from (Declaration(value, f"GGUF: {key}") for value in found)
            return


def _config_licence(root: Path, files: Sequence[File]) -> Iterator[Declaration]:
    for value in _strings(_json(root, files, "config.json").get("license")):
        yield Declaration(value, "config.json: license")


def _text_licences(texts: Mapping[str, str]) -> Iterator[Declaration]:
    for path, text in texts.items():
        if "/" in path or not text.strip():
            continue
        known, basis = recognise(text)
        yield Declaration(known or "other", path, basis or "title")


def _card_bases(card: Card | None) -> Iterator[Declaration]:
    if card is None:
        return
    bases = _strings(card.metadata.get("base_model"))
    stated = _strings(card.metadata.get("base_model_relation"))
    relation = stated[0] if stated else "merge" if len(bases) > 1 else ""
    for base in bases:
        yield Declaration(base, f"{card.path}: base_model", relation)


def _adapter_base(root: Path, files: Sequence[File]) -> Iterator[Declaration]:
    for value in _strings(_json(root, files, "adapter_config.json").get("base_model_name_or_path")):
        yield Declaration(value, "adapter_config.json: base_model_name_or_path", "adapter")


def _merged_models(root: Path, files: Sequence[File]) -> Iterator[Declaration]:
    """Every model that a mergekit configuration names; a local path says nothing, but hides nothing either."""
    for name in ("mergekit_config.yml", "mergekit_config.yaml"):
        if not any(file.path == name for file in files):
            continue
        try:
            waiting: list[Any] = [yaml.load(_text(root, name), Loader=PlainLoader)]  # noqa: S506 - a SafeLoader
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise TargetError(f"{name} is not readable YAML: correct it, or remove it.") from error
        seen: set[int] = set()
        while waiting:
            item = waiting.pop()
            if not isinstance(item, dict | list) or id(item) in seen:
                continue
            seen.add(id(item))
            if isinstance(item, dict):
                for key in ("model", "base_model", "path"):
                    yield from (Declaration(value, f"{name}: {key}", "merge") for value in _strings(item.get(key)))
            waiting += item.values() if isinstance(item, dict) else item


def _loaded_from(root: Path, files: Sequence[File]) -> Iterator[Declaration]:
    """The hub id a configuration was loaded from; a local path or the target's own cache folder says nothing."""
    own = {root.resolve().name.casefold()}
    own |= {up.name.removeprefix("models--").replace("--", "/").casefold() for up in root.resolve().parents}
    for value in _strings(_json(root, files, "config.json").get("_name_or_path")):
        if not LOCAL.search(value) and value.casefold() not in own:
            yield Declaration(value, "config.json: _name_or_path", "loaded-from")


def _gguf_sources(metadata: Mapping[str, object], kind: str, relation: str) -> Iterator[Declaration]:
    numbered = re.compile(rf"general\.{kind}\.(\d+)\.(?:name|repo_url)")
    indices = {int(match[1]) for key in metadata if (match := numbered.fullmatch(key))}
    for index in sorted(indices):
        prefix = f"general.{kind}.{index}"
        link = HUB.match("".join(_strings(metadata.get(f"{prefix}.repo_url"))[:1]))
        parts = [*_strings(metadata.get(f"{prefix}.organization")), *_strings(metadata.get(f"{prefix}.name"))]
        value = link["id"] if link else "/".join(parts) or "".join(_strings(metadata.get(f"{prefix}.repo_url")))
        if value:
            yield Declaration(value, f"GGUF: {prefix}", relation)


def _is_licence_file(path: str) -> bool:
    name = PurePosixPath(path).name
    return bool(LICENCE_FILE.fullmatch(name)) and not name.lower().endswith(NO_LICENCE_TEXT)


def _strings(value: object) -> list[str]:
    """The non-empty texts of a value that should be a text or a list of them, on one line each."""
    items = value if isinstance(value, list | tuple) else [value]
    plain = [item for item in items if isinstance(item, str | int | float) and not isinstance(item, bool)]
    return [text for item in plain if (text := " ".join(str(item).split())[:LONGEST_VALUE])]


def _text(root: Path, path: str) -> str:
    try:
        with (root / path).open("rb") as stream:
            return stream.read(LARGEST).decode("utf-8", "replace").removeprefix("\ufeff")
    except OSError as error:
        raise TargetError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error


def _json(root: Path, files: Sequence[File], path: str) -> Mapping[str, Any]:
    """A JSON object of the root folder; {} where the file is missing or is no object."""
    if not any(file.path == path for file in files):
        return {}
    try:
        value = json.loads(_text(root, path))
    except (ValueError, RecursionError) as error:
        raise TargetError(f"{path} is not readable JSON: download it again.") from error
    return value if isinstance(value, dict) else {}
