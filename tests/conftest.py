"""What several tests share."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
LONGEST = ("test_resume.py", "test_demo.py", "test_example_classifier.py", "test_wheel.py", "test_endpoint.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take minutes come first, so that no worker waits at the end for the other to finish one."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public probe sets, beside the checkout; tests that need them skip where they are absent."""
    given = os.environ.get("ASSAY_SHARED_DATA")
    data = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not data.is_dir():
        pytest.skip(f"needs the public probe sets (shared data), which are not at {data}")
    return data


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of its own for the whole session, so that no test lives off an earlier run."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["ASSAY_CACHE"] = str(folder)
    return folder
