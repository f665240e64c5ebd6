"""What a classifier calls its classes, as its configuration states it."""

import json

from audit.target.target import Target

UNNAMED = ("LABEL_0", "LABEL_1")
"""What transformers calls the two classes of a configuration that names none."""


def labels_of(target: Target) -> tuple[str, ...]:
    """The labels in the order of the classes; UNNAMED where config.json gives none that can be read."""
    if target.path is None:
        return UNNAMED
    try:
        config = json.loads((target.path / "config.json").read_text(encoding="utf-8"))
        named = {int(number): str(label) for number, label in dict(config["id2label"]).items()}
    except (OSError, ValueError, KeyError, TypeError):
        return UNNAMED
    return tuple(named[number] for number in sorted(named)) or UNNAMED
