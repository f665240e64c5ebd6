"""What a reader must not take from a report, said in sentences that follow from what it holds."""

from collections.abc import Iterator

from audit.counting import counted
from audit.record import Outcome
from audit.render import wording
from audit.render.view import View

ALWAYS = (
    "A result speaks of the items that were probed, of this target as its digest identifies it, and of the "
    "options named here. Whether it holds for the texts, people and uses they stand for is for readers to judge.",
    "Items that were published before the model was trained may have been in its training data.",
    "A control that passed is a limit that held for these items. It does not show that harm is absent.",
    "Results support evidence for the provisions named beside a control. Whether a provision is met is decided by "
    "people with the whole system and its use in view; this is no legal advice and no presumption of conformity.",
    "The record was produced by whoever ran the tool. Their independence from the makers is for the signatory to "
    "state.",
)


ENDPOINT = (
    "The model is served by somebody and known by its answers only: its files, its licence and its card were not "
    "seen, and a change of it that altered no answer of the canary was not noticed."
)
NO_CANARY = "Its answers are not repeatable, so that the canary could not have noticed any change."


def limitations(view: View) -> tuple[str, ...]:
    """The standing limitations and those of this very audit."""
    return (*_unknown(view), *ALWAYS)


def _unknown(view: View) -> Iterator[str]:
    rows = [row for row in view.ledger if not row.complete]
    if rows:
        named = (row.record.check + (f" ({row.language})" if row.language else "") for row in rows)
        yield f"Asked for and not tested, or not in full: {'; '.join(named)}."
    areas = [area.title for area in view.areas if not area.assessed]
    if areas:
        yield f"Not assessed at all: {', '.join(areas)}."
    for outcome in (Outcome.UNTESTED, Outcome.INCONCLUSIVE):
        controls = [control.control.id for control in view.controls if control.outcome is outcome]
        if controls:
            yield f"No news, neither good nor bad ({wording.WORD[outcome]}): {', '.join(controls)}."
    unscored = sum(record.missing for record in view.report.checks)
    if unscored:
        seen = counted(sum(record.observations for record in view.report.checks), "observation")
        yield f"{unscored:,} of {seen} could not be scored; each is kept with its reason."
    endpoint = view.report.target.endpoint
    if endpoint is not None:
        yield ENDPOINT if endpoint.canary.tells else f"{ENDPOINT} {NO_CANARY}"
    unscanned = len(view.report.target.scan.unscanned)
    if unscanned:
        yield f"{counted(unscanned, 'file')} of the target could not be scanned."
