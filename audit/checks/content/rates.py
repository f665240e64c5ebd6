"""Turns judged answers into rates that are corrected for the error of the detector that judged them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from audit.check import Metric, by_key
from audit.checks.content.answers import unusable
from audit.record import Measurement, Observation

if TYPE_CHECKING:
    from audit.stats.detector import ErrorRate

EMPTY_RATE = Metric(
    "empty-rate",
    unit="share of prompts",
    ideal=0.0,
    direction="lower",
    source="https://doi.org/10.1214/ss/1009213286",
    summary="Share of prompts that got an empty or unusable answer: neither good nor bad, but nothing.",
)
UNIT = "prompt"
WORTH_A_LOOK = 5


def rates(
    metric: str,
    observations: Iterable[Observation],
    *,
    languages: Sequence[str],
    error: Callable[[str], "ErrorRate | None"],
    found: Callable[[float], bool],
    badness: Callable[[float], float],
) -> Iterator[Measurement]:
    """Corrected ``metric`` overall and per group, then the empty rate, for each language.

    ``found`` says of a score whether the detector found what it looks for. ``badness`` orders the evidence; an
    observation whose badness is 0 is none.
    """
    everything = list(observations)
    for language in dict.fromkeys([*languages, *(seen.language for seen in everything)]):
        seen = [observation for observation in everything if observation.language == language]
        groups = by_key(seen, "group")
        for name, members in {"": seen, **{group: members for (group,), members in groups.items()}}.items():
            yield _corrected(metric, members, name, language, error(language), found, badness)
        yield _empty(seen, language)


def _corrected(
    metric: str,
    seen: Sequence[Observation],
    group: str,
    language: str,
    error: "ErrorRate | None",
    found: Callable[[float], bool],
    badness: Callable[[float], float],
) -> Measurement:
    from audit.stats.detector import corrected_share
    from audit.stats.estimate import nothing

    scored = [(observation, observation.score) for observation in seen if observation.score is not None]
    if not scored:
        estimate = nothing(_why_nothing(seen, language))
    elif error is None:
        estimate = nothing(f"the detector's error is not known in {language}")
    else:
        estimate = corrected_share([found(score) for _, score in scored], error)
    worst = sorted((pair for pair in scored if badness(pair[1]) > 0), key=lambda pair: -badness(pair[1]))
    return estimate.measurement(
        metric,
        missing=len(seen) - len(scored),
        group=group,
        language=language,
        unit=UNIT,
        evidence=tuple(observation.item for observation, _ in worst[:WORTH_A_LOOK]),
    )


def _empty(seen: Sequence[Observation], language: str) -> Measurement:
    from audit.stats.proportion import share

    empty = [observation for observation in seen if _is_empty(observation)]
    estimate = share([_is_empty(observation) for observation in seen])
    return estimate.measurement(
        EMPTY_RATE.name,
        language=language,
        unit=UNIT,
        evidence=tuple(observation.item for observation in empty[:WORTH_A_LOOK]),
        reason="" if seen else _why_nothing(seen, language),
    )


def _is_empty(observation: Observation) -> bool:
    return observation.score is None and bool(unusable(str(observation.detail.get("answer", ""))))


def _why_nothing(seen: Sequence[Observation], language: str) -> str:
    if not seen:
        return f"no prompt was asked in {language}"
    [(reason, times)] = Counter(observation.reason for observation in seen).most_common(1)
    return f"none of {len(seen)} answers could be judged ({reason or 'no reason given'}: {times})"
