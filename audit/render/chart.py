"""Forest plots as inline SVG: an estimate and its interval a row, the limits, and the good side shaded.

Places along the axis are percentages and places down the page are pixels, so that a plot narrows with the page
and its letters keep their size. A plot never stands alone: the same numbers are in the table beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil, floor, log10

from markupsafe import Markup

from audit.record import Measurement, Outcome, Requirement
from audit.render import wording
from audit.render.cleaning import line
from audit.render.rows import FindingView

TOP, ROW, FOOT = 22, 42, 26
TRACK, BAND = 20, 16
"""Where the track begins in its row, below the label, and how high it is; pixels."""
MARGIN = 0.12
"""Share of the width left free on either side of the data, so that the numbers of the limits fit in."""

_MARKS = {
    Outcome.PASSED: Markup('<circle r="5" fill="currentColor"/>'),
    Outcome.FAILED: Markup('<path d="M0-6.5 6.5 0 0 6.5-6.5 0z" fill="currentColor"/>'),
    Outcome.INCONCLUSIVE: Markup('<circle r="4.5" class="hollow"/>'),
}
_LETTERS = {Outcome.PASSED: "●", Outcome.FAILED: "◆", Outcome.INCONCLUSIVE: "◯"}
_OTHER_MARK = Markup('<rect x="-4.5" y="-4.5" width="9" height="9" class="hollow"/>')


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of numbers laid over the width of the plot."""

    low: float
    high: float

    def place(self, number: float) -> str:
        """Where ``number`` is, in percent of the width; numbers outside stick to the edge."""
        share = (number - self.low) / (self.high - self.low)
        return f"{100 * min(1.0, max(0.0, share)):.2f}%"

    def ticks(self) -> list[float]:
        """Three to six round numbers inside the axis."""
        least = (self.high - self.low) / 6
        power = 10.0 ** floor(log10(least))
        step = next(power * m for m in (1, 2, 5, 10) if power * m >= least)
        return [i * step for i in range(ceil(self.low / step), floor(self.high / step) + 1)]


def forest_plot(findings: Sequence[FindingView], requirement: Requirement, name: str) -> Markup:
    """The plot of all findings of one requirement; empty when none of them has an interval with a width.

    ``name`` must be unique in the page: it makes the ids that title and description are found by.
    """
    axis = _axis(findings, requirement)
    if axis is None:
        return Markup("")
    height = TOP + ROW * len(findings)
    unit = findings[0].unit
    head = Markup(
        '<svg class="forest" width="100%" height="{}" role="img" aria-labelledby="{}-title {}-desc">'
        '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
    ).format(height + FOOT, name, name, name, _title(requirement, unit), name, _description(findings))
    rows = (_row(axis, view, TOP + ROW * i) for i, view in enumerate(findings))
    good = [_good_side(axis, requirement, TOP + ROW * i + TRACK) for i in range(len(findings))]
    parts = (head, *good, *_limits(axis, requirement, unit, height), *_ticks(axis, unit, height), *rows)
    return Markup("").join((*parts, Markup("</svg>")))


def legend(findings: Sequence[FindingView]) -> list[tuple[str, str, str]]:
    """Each outcome that the plot shows with a mark: its name, the mark as a letter, its word."""
    outcomes = dict.fromkeys(v.finding.outcome for v in findings if v.row and _has_value(v.row.measurement))
    return [(outcome.value, _LETTERS.get(outcome, "▢"), wording.WORD[outcome]) for outcome in outcomes]


def _title(requirement: Requirement, unit: str) -> str:
    return line(f"{requirement.metric}: good side {wording.bounds(requirement.low, requirement.high, unit)}")


def _description(findings: Sequence[FindingView]) -> str:
    outcomes = [wording.WORD[view.finding.outcome] for view in findings]
    counted = ", ".join(f"{outcomes.count(word)} {word}" for word in dict.fromkeys(outcomes))
    return f"Estimates with their intervals: {counted}. The table that follows holds the same numbers."


def _axis(findings: Sequence[FindingView], requirement: Requirement) -> Axis | None:
    measured = [list(_numbers(view.row.measurement)) for view in findings if view.row]
    if not any(len(set(numbers)) > 1 for numbers in measured):
        return None
    limits = (wording.finite(requirement.low), wording.finite(requirement.high))
    numbers = [*chain.from_iterable(measured), *(limit for limit in limits if limit is not None)]
    low, high = min(numbers), max(numbers)
    margin = (high - low) * MARGIN / (1 - 2 * MARGIN)
    return Axis(low - margin, high + margin)


def _has_value(measurement: Measurement) -> bool:
    return wording.finite(measurement.value) is not None


def _numbers(measurement: Measurement) -> Iterator[float]:
    value = wording.finite(measurement.value)
    if value is None:
        return
    yield value
    known = wording.known_interval(measurement.interval)
    if known:
        yield from (known.low, known.high)


def _good_side(axis: Axis, requirement: Requirement, top: int) -> Markup:
    low, high = wording.finite(requirement.low), wording.finite(requirement.high)
    if low is None and high is None:
        return Markup("")
    left = axis.place(axis.low if low is None else low)
    width = float(axis.place(axis.high if high is None else high)[:-1]) - float(left[:-1])
    rectangle = '<rect class="good" x="{}" y="{}" width="{:.2f}%" height="{}"/>'
    return Markup(rectangle).format(left, top, max(0.0, width), BAND)  # noqa: S704  our own text


def _limits(axis: Axis, requirement: Requirement, unit: str, height: int) -> Iterator[Markup]:
    low, high = wording.finite(requirement.low), wording.finite(requirement.high)
    for number, anchor, nudge in ((low, "end", -3), (high, "start", 3)):
        if number is not None:
            yield Markup(
                '<line class="limit" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>'
                '<svg x="{0}" y="{3}" overflow="visible"><text class="limit-number" x="{4}" text-anchor="{5}">{6}'
                "</text></svg>"
            ).format(axis.place(number), TOP - 6, height, TOP - 9, nudge, anchor, _short(number, unit))


def _ticks(axis: Axis, unit: str, height: int) -> Iterator[Markup]:
    yield Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(height)
    for tick in axis.ticks():
        yield Markup(
            '<line class="axis" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>'
            '<text class="tick" x="{0}" y="{3}" text-anchor="middle">{4}</text>'
        ).format(axis.place(tick), height, height + 5, height + 19, _short(tick, unit))


def _short(number: float, unit: str) -> str:
    """A number for the edge of the plot: percent has its sign, any other unit is in the heading."""
    text = wording.plain_number(round(number * wording.factor(unit), 9))
    return text + "%" if wording.suffix(unit) == wording.PERCENT else text


def _row(axis: Axis, view: FindingView, top: int) -> Markup:
    label = line(view.slice, 200)
    label = label if len(label) <= 40 else label[:39] + "…"
    words = Markup(
        '<g class="{}"><text class="label" x="0" y="{}">{}</text>'
        '<text class="number" x="100%" y="{}" text-anchor="end">{} {}</text>{}</g>'
    )
    marks = _marks(axis, view, top + TRACK + BAND // 2)
    number = line(view.value)
    return words.format(view.finding.outcome.value, top + 14, label, top + 14, view.symbol, number, marks)


def _marks(axis: Axis, view: FindingView, y: int) -> Markup:
    measurement = view.row.measurement if view.row else None
    value = wording.finite(measurement.value) if measurement else None
    if measurement is None or value is None:
        return Markup("")
    known = [wording.known_interval(interval) for interval in (*measurement.stricter, measurement.interval)]
    lines = [
        Markup('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            "interval" if interval is measurement.interval else "stricter",
            axis.place(interval.low),
            axis.place(interval.high),
            y,
            y,
        )
        for interval in known
        if interval
    ]
    mark = _MARKS.get(view.finding.outcome, _OTHER_MARK)
    point = Markup('<svg x="{}" y="{}" overflow="visible">{}</svg>').format(axis.place(value), y, mark)
    return Markup("").join((*lines, point))
