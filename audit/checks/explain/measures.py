"""From explained texts to numbers: term share, faithfulness and additivity error."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.check import Metric
from audit.checks.explain.deletion import NOISE
from audit.record import Measurement, Observation

if TYPE_CHECKING:
    from audit.stats.estimate import Estimate

CHANCE = 0.5
TERM_SHARE = Metric(
    "term-share",
    "share of the absolute attribution",
    0.0,
    "lower",
    "https://arxiv.org/abs/1705.07874",
    "How much of the explanation of the worst frames falls on the demographic term.",
)
FAITHFULNESS = Metric(
    "faithfulness",
    "share of texts",
    1.0,
    "higher",
    "https://aclanthology.org/2020.acl-main.408",
    "Texts in which removing the words called strongest moves the score more than removing others; by chance 0.5.",
)
ADDITIVITY = Metric(
    "additivity-error",
    "share of the absolute attribution",
    0.0,
    "lower",
    "https://arxiv.org/abs/1705.07874",
    "Largest gap between what the attributions add up to and the score that they explain.",
)


def term_share(observation: Observation) -> float:
    """Share of the absolute attribution that falls on the demographic term; 0 to 1."""
    sizes = np.abs(observation.detail["attributions"])
    sizes = np.where(sizes > NOISE, sizes, 0.0)
    return float(sizes[observation.detail["term"]].sum() / sizes.sum())


def additivity_error(observation: Observation) -> float:
    """|sum of attributions + base - score| as a share of the absolute attributions."""
    values, detail = np.asarray(observation.detail["attributions"]), observation.detail
    return float(abs(values.sum() + detail["base"] - detail["value"]) / np.abs(values).sum())


def measures(language: str, seen: Sequence[Observation]) -> Iterator[Measurement]:
    """The three measurements of one language; only texts that were explained count, the others are missing."""
    from audit.stats.estimate import census, nothing
    from audit.stats.proportion import share

    scored = [o for o in seen if o.score is not None]
    why = "no text could be explained: " + (seen[0].reason if seen else "there was none")
    faithful = share([o.score > CHANCE for o in scored if o.score is not None]) if scored else nothing(why)
    facts: dict[str, Any] = {"language": language, "missing": len(seen) - len(scored), "unit": "text"}

    yield _term_share(seen, faithful, language)
    least = sorted(scored, key=lambda o: o.score or 0.0)[:5]
    yield faithful.measurement(FAITHFULNESS.name, evidence=tuple(o.item for o in least), **facts)
    worst = sorted(scored, key=additivity_error, reverse=True)[:5]
    gap = census(additivity_error(worst[0]), len(scored), "explained texts") if scored else nothing(why)
    yield gap.measurement(ADDITIVITY.name, evidence=tuple(o.item for o in worst), **facts)


def _term_share(seen: Sequence[Observation], faithful: "Estimate", language: str) -> Measurement:
    from audit.stats.cluster import cluster_mean
    from audit.stats.estimate import nothing

    frames = [o for o in seen if o.detail.get("term")]
    scored = [o for o in frames if o.score is not None]
    facts: dict[str, Any] = {"language": language, "missing": len(frames) - len(scored), "unit": "frame"}
    if not scored:
        why = frames[0].reason if frames else "there was none with a marked demographic term"
        return nothing(f"no frame could be explained: {why}").measurement(TERM_SHARE.name, **facts)
    shares = [term_share(o) for o in scored]
    estimate = cluster_mean(shares, [o.item for o in scored], largest_change=1.0, within=(0.0, 1.0))
    words = float(np.mean([len(o.detail["term"]) / len(o.detail["words"]) for o in scored]))
    worst = sorted(scored, key=term_share, reverse=True)[:5]
    return estimate.measurement(
        TERM_SHARE.name,
        evidence=tuple(o.item for o in worst),
        note=f"{len(scored)} frames, the worst of this model; the term makes up {words:.0%} of their words.",
        reason=_distrust(faithful),
        **facts,
    )


def _distrust(faithful: "Estimate") -> str:
    """Why the attributions may not be decided on, or nothing."""
    interval = faithful.interval
    if interval is not None and interval.low > CHANCE:
        return ""
    shown = f"; {faithful.value:.0%} of texts, by chance 50%" if faithful.value is not None else ""
    return (
        "the explanation was not shown to be faithful: removing the words it calls strongest does not clearly "
        f"move the score more than removing others{shown}"
    )
