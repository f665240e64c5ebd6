"""Where Assay keeps what it would otherwise fetch, convert or ask again."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """``$ASSAY_CACHE``, or ``assay`` in the user's cache folder (``$XDG_CACHE_HOME``, else ``~/.cache``)."""
    given = os.environ.get("ASSAY_CACHE")
    if given:
        return Path(given).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "assay"
