"""Strict YAML: plain values only, no key twice."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from audit.errors import PolicyError

LARGEST = 1_000_000


class StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses a repeated key and aliases (a short file could otherwise grow without bound)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping with each key once."""
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {name} stands twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """A node; aliases are refused."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(
                None, None, "aliases (*name) are not allowed", event.start_mark
            )
        return super().compose_node(parent, index)


def read_yaml(path: Path) -> tuple[dict[str, Any], bytes]:
    """The mapping in a YAML file, and its bytes; PolicyError with the line when it cannot be read."""
    try:
        raw = path.read_bytes()
        if len(raw) > LARGEST:
            raise PolicyError(f"{path} is larger than {LARGEST:,} bytes: that is no policy.")
        value = yaml.load(raw.decode("utf-8"), Loader=StrictLoader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise PolicyError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path} is not UTF-8 text (byte {error.start}): save it as UTF-8.") from error
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise PolicyError(f"{path}{line}: {problem}.") from error
    if not isinstance(value, dict):
        raise PolicyError(f"{path} does not hold a mapping: start from a policy shown by `assay policy show`.")
    return value, raw
