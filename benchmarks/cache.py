"""A second run of the same audit: what share of the first run's time it takes, and that it asks nothing."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ASSAY = Path(sys.executable).with_name("assay")


def run(cache: Path, out: Path) -> tuple[float, int]:
    """Wall seconds of one audit, and how many answers the cache holds after it."""
    started = time.monotonic()
    subprocess.run(
        [ASSAY, "run", "demo", "--out", out, "--quiet"],
        env={**os.environ, "ASSAY_CACHE": str(cache)},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    seconds = time.monotonic() - started
    with sqlite3.connect(cache / "responses.sqlite") as database:
        return seconds, database.execute("SELECT count(*) FROM response").fetchone()[0]


def main() -> None:
    """Run an audit twice."""
    with tempfile.TemporaryDirectory() as folder:
        first, asked = run(Path(folder) / "cache", Path(folder) / "one")
        second, asked_then = run(Path(folder) / "cache", Path(folder) / "two")
    print(f"first run   {first:8.1f} s, {asked:,} answers asked")
    print(f"second run  {second:8.1f} s, {asked_then - asked:,} answers asked")
    print(f"share       {second / first:8.1%}")


if __name__ == "__main__":
    main()
