"""Finds checks: those built in, those installed (entry points "assay.checks"), and those in a local file."""

import importlib
import importlib.util
import pkgutil
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from difflib import get_close_matches
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

import audit.checks
from audit.attempt import Crash, attempt
from audit.check import Check
from audit.errors import CheckError

ENTRY_POINTS = "assay.checks"
MEMBERS = ("id", "needs", "languages", "metrics", "probe", "measure")


def find_checks(files: Sequence[Path] = ()) -> Mapping[str, Check]:
    """Every check by its id, in alphabetical order.

    Raises CheckError when two checks share an id, or when a module does not offer what a check is.
    """
    found: dict[str, Check] = {}
    for check in (*_built_in(), *_installed(), *(c for file in files for c in _in_file(file))):
        if check.id in found:
            raise CheckError(f"There are two checks called {check.id}: rename one of them.")
        found[check.id] = check
    return dict(sorted(found.items()))


def get_check(checks: Mapping[str, Check], name: str) -> Check:
    """The check called ``name``; CheckError with the nearest names when there is none."""
    if name not in checks:
        raise CheckError(f"There is no check {name}{did_you_mean(name, checks)}")
    return checks[name]


def did_you_mean(name: str, known: Mapping[str, object] | Sequence[str]) -> str:
    """The end of a sentence that names what may have been meant."""
    close = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f": did you mean {' or '.join(close)}?" if close else f": choose from {', '.join(known)}."


def documentation(check: Check) -> str:
    """The page of a check: the docstring of its module, or of its class."""
    module = importlib.import_module(type(check).__module__) if _importable(check) else None
    return ((module.__doc__ if module else None) or type(check).__doc__ or "").strip()


def title(check: Check) -> str:
    """The first line of a check's page."""
    return (documentation(check).splitlines() or [""])[0].rstrip(".")


def _importable(check: Check) -> bool:
    try:
        return importlib.util.find_spec(type(check).__module__) is not None
    except (ImportError, ValueError):
        return False


def _built_in() -> Iterator[Check]:
    for module in pkgutil.walk_packages(audit.checks.__path__, "audit.checks."):
        if not module.ispkg:
            yield from getattr(importlib.import_module(module.name), "CHECKS", ())


def _installed() -> Iterator[Check]:
    for entry in entry_points(group=ENTRY_POINTS):
        yield from _of_module(entry.load(), f"the entry point {entry.name}")


def _in_file(path: Path) -> Iterator[Check]:
    if not path.is_file():
        raise CheckError(f"There is no file {path}: give the Python file that holds the checks.")
    spec = importlib.util.spec_from_file_location(f"assay_local_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise CheckError(f"{path} is not a Python file: give the .py file that holds the checks.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    done = attempt(partial(spec.loader.exec_module, module))
    if isinstance(done, Crash):
        raise CheckError(f"{path} cannot be imported ({done.error}): mend it.")
    yield from _of_module(module, str(path))


def _of_module(module: object, where: str) -> Iterator[Check]:
    checks = getattr(module, "CHECKS", None) if isinstance(module, types.ModuleType) else module
    if not isinstance(checks, tuple) or not checks:
        raise CheckError(f"{where} offers no checks: end the module with CHECKS = (MyCheck(),).")
    for check in checks:
        if not is_dataclass(check) or isinstance(check, type):
            raise CheckError(f"A check in {where} is not an instance of a dataclass: see `assay checks new`.")
        lacking = [name for name in MEMBERS if not hasattr(check, name)]
        if lacking:
            raise CheckError(f"A check in {where} lacks {', '.join(lacking)}: see `assay checks new`.")
        yield cast("Check", check)
