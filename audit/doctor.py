"""What this machine has of what an audit needs."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from audit import __version__
from audit.target.cache_folder import cache_folder
from audit.target.demo import FILE, PACKAGE, VERSION

NEEDED = (
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "shap",
    "fairlearn",
    "evaluate",
    "spdx-tools",
    "gguf",
)
ROOM = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Item:
    """One thing looked at."""

    name: str
    ok: bool
    says: str


def examine() -> tuple[Item, ...]:
    """Everything looked at, in order."""
    return tuple(_items())


def _items() -> Iterator[Item]:
    yield Item("assay", True, __version__)
    python = ".".join(map(str, sys.version_info[:3]))
    yield Item("python", sys.version_info >= (3, 11), f"{python} (3.11 or later is needed)")
    for package in NEEDED:
        try:
            yield Item(package, True, version(package))
        except PackageNotFoundError:
            yield Item(package, False, f"is not installed: python -m pip install {package}")
    folder = cache_folder()
    yield Item("cache", _writable(folder), f"{folder} (set ASSAY_CACHE to move it)")
    free = shutil.disk_usage(_existing(folder)).free
    yield Item("disk", free > ROOM, f"{free / 1e9:.1f} GB free where the cache is (2 GB are needed)")
    yield Item("cores", True, str(os.cpu_count()))
    offline = os.environ.get("HF_HUB_OFFLINE", "")
    yield Item(
        "hub", True, "offline (HF_HUB_OFFLINE is set)" if offline else "fetched from when a hub id is given"
    )
    have = importlib.util.find_spec(PACKAGE) is not None or (folder / "demo" / FILE).exists()
    yield Item("demo model", True, "is here" if have else f"is fetched when first used ({VERSION}, 98 MB)")


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _writable(path: Path) -> bool:
    return os.access(_existing(path), os.W_OK)
