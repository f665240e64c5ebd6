"""A second run of the same audit: what share of the first run's time it takes, and that it asks nothing."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ASSAY = Path(sys.executable).with_name("assay")


def run(cache: Path, out: Path) -> tuple[float, dict[str, Any]]:
    """Wall seconds of one audit, and how it says that the model was asked."""
    started = time.monotonic()
    subprocess.run(
        [ASSAY, "run", "demo", "--out", out, "--quiet", *sys.argv[1:]],
        env={**os.environ, "ASSAY_CACHE": str(cache)},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    seconds = time.monotonic() - started
    return seconds, json.loads((out / "audit.json").read_text())["times"]["engine"]


def main() -> None:
    """Run an audit twice; options are passed on to `assay run demo`."""
    with tempfile.TemporaryDirectory() as folder:
        first, engine = run(Path(folder) / "cache", Path(folder) / "one")
        second, engine_then = run(Path(folder) / "cache", Path(folder) / "two")
    for name, seconds, asked in (("first", first, engine), ("second", second, engine_then)):
        computed, known = asked.get("answers computed", 0), asked.get("answers from the cache", 0)
        loaded = "model loaded" if "threads" in asked else "model not loaded"
        print(f"{name:<8}{seconds:8.1f} s, {computed:,} answers computed, {known:,} from the cache, {loaded}")
    print(f"share   {second / first:8.1%}")


if __name__ == "__main__":
    main()
