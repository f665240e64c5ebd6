"""Where the folders that ship with Assay are: inside the installed package, or beside it in a checkout."""

from pathlib import Path
from typing import Literal


def shipped_folder(name: Literal["policies", "templates"]) -> Path:
    """The folder ``policies`` or ``templates``; the installed copy comes first."""
    package = Path(__file__).resolve().parent
    places = (package / "_shipped" / name, package.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"This installation of Assay lacks its folder {name!r}; looked at {places}.")
