"""Whether the model that was audited stayed the same model: asked after half of the work, and at the end."""

from dataclasses import replace

from audit.capability import CanChange
from audit.run import CheckResult
from audit.store import RunFolder


class Constancy:
    """Looks at a model that may change, and notes what it saw in the run folder: no later run forgets it."""

    def __init__(self, folder: RunFolder, work: float) -> None:
        self._folder, self._half = folder, work / 2
        self._model: object = None
        self._looked_midway = False
        self._done = 0.0

    def watch(self, model: object) -> None:
        """This is the model."""
        self._model = model

    def advance(self, work: float) -> None:
        """Some work is done; half of the work is the moment for the second look."""
        self._done += work
        if not self._looked_midway and self._done >= self._half:
            self._looked_midway = True
            self.look()

    def look(self) -> str:
        """How the model changed, now or earlier in this run folder; "" when it did not."""
        if not self._folder.changed and isinstance(self._model, CanChange):
            changed = self._model.changed()
            if changed:
                self._folder.note_change(changed)
        return self._folder.changed


def undecidable(result: CheckResult, reason: str) -> CheckResult:
    """The result with ``reason`` beside each value, so that nothing can be decided on it."""
    return replace(result, measurements=tuple(replace(m, reason=m.reason or reason) for m in result.measurements))
