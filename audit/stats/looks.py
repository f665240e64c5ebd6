"""Looking at a growing sample several times without deciding wrongly more often: a confidence sequence.

The looks are planned before the first item is asked, and each spends a share of the error that is allowed in all
(a union bound; alpha spending, Lan and DeMets 1983, doi:10.1093/biomet/70.3.659). The intervals of all looks then
hold together at their level, whatever decides when to stop: the result so far, a clock, a person.
"""

from dataclasses import replace

from audit.record import Interval, Measurement

ALPHA = 0.05
PARTS = (0.125, 0.25, 0.5, 1.0)
"""How much of the items a check has been asked by each look."""

SPENT = {1: (0.05,), 2: (0.025, 0.025), 3: (0.01, 0.01, 0.025), 4: (0.005, 0.01, 0.01, 0.025)}
"""The error that each of so many looks may spend: at most ALPHA in all, most of it by the last, and each at one of
the levels that measurements carry."""

EARLY = "its interval is not known at the level that an early look needs: it is decided when all items were asked"


def anytime(m: Measurement, look: int, of: int) -> Measurement:
    """What a measurement amounts to at look ``look`` (from 1) ``of`` so many that were planned.

    The interval at nominal level L becomes the one computed at 1 - (1 - L) * spent / ALPHA, or at the next
    stricter level that is known. A number counted over everything there is (an interval without width) is left as
    it is at the last look, and so is one without stricter intervals: neither can have been decided earlier.
    """
    if of == 1 or m.interval is None:
        return m
    if not m.stricter or m.interval.low == m.interval.high:
        return m if look == of else replace(m, reason=m.reason or EARLY)
    spent = SPENT[of][look - 1]
    sequence = [i for i in (_at(m, nominal.level, spent, look, of) for nominal in (m.interval, *m.stricter)) if i]
    if not sequence or sequence[0].level != m.interval.level:
        return replace(m, reason=m.reason or EARLY)
    together = (
        f"Looked at up to {of} times; the interval holds at all looks together ({100 * m.interval.level:g} %)."
    )
    return replace(
        m,
        interval=sequence[0],
        stricter=tuple(sequence[1:]),
        p_value=None if m.p_value is None else min(1.0, m.p_value * ALPHA / spent),
        smallest_detectable=_detectable(m.smallest_detectable, spent),
        note=" ".join(part for part in (m.note, together) if part),
    )


def _at(m: Measurement, nominal: float, spent: float, look: int, of: int) -> Interval | None:
    """The interval of look ``look`` in the sequence at ``nominal``, None where no stricter one is known."""
    needed = 1 - (1 - nominal) * spent / ALPHA
    known = [i for i in (m.interval, *m.stricter) if i is not None and i.level >= needed - 1e-9]
    if not known:
        return None
    strict = min(known, key=lambda interval: interval.level)
    method = f"{strict.method} at {100 * strict.level:g} %, look {look} of {of}"
    return Interval(strict.low, strict.high, nominal, method)


def _detectable(smallest: float | None, spent: float) -> float | None:
    """The smallest detectable effect of a test that spends ``spent`` instead of ALPHA."""
    if smallest is None:
        return None
    from audit.stats.power import detectable

    return smallest * detectable(1.0, alpha=spent) / detectable(1.0, alpha=ALPHA)
