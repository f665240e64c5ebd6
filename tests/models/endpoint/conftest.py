"""A scripted server for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.endpoint.scripted import Scripted, serving


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving() as scripted:
        yield scripted


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No answer and no canary of another test."""
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ASSAY_API_KEY", raising=False)
    return tmp_path / "cache"
