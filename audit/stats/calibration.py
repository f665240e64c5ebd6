"""Does a stated confidence come true as often as it says?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audit.stats.cluster import cluster_bootstrap
from audit.stats.estimate import LEVELS, Estimate, at_levels, nothing
from audit.stats.power import detectable

BINS = 10


def expected_calibration_error(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    """Mean absolute gap between confidence and accuracy over BINS bins of equal width, weighted by items; 0 to 1.

    Source: Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602. 0 means that the confidences come true.
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=confidence - correct, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def calibration_error(
    confidence: Sequence[float], correct: Sequence[bool], clusters: Sequence[str], *, seed: int
) -> Estimate:
    """Expected calibration error with an interval from a bootstrap over clusters.

    The estimate is biased upward in small samples (Kumar et al. 2019, arXiv 1909.10155), and its bootstrap copies
    are so twice. The upper bound is their percentile; the lower one is the percentile or the basic bound
    2 * estimate - upper (Davison and Hinkley 1997, section 5.2), whichever is lower.
    """
    n, groups = len(confidence), len(set(clusters))
    if n == 0:
        return nothing("there was no answer with a confidence")
    x, y = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.bool_)
    if not np.all((x >= 0) & (x <= 1)):
        return nothing("a confidence is not a number from 0 to 1")
    value = expected_calibration_error(x, y)
    if groups < 2:
        return Estimate(value, n=n, n_clusters=groups, reason="one cluster of answers carries no interval")
    draws = cluster_bootstrap(lambda i: expected_calibration_error(x[i], y[i]), clusters, seed=seed)

    def bounds(level: float) -> tuple[float, float]:
        low, high = map(float, np.quantile(draws, [(1 - level) / 2, (1 + level) / 2]))
        return max(0.0, min(low, 2 * value - high, value)), max(high, value)

    told = [level for level in LEVELS if (1 - level) / 2 * len(draws) >= 1]  # beyond, no draw lies outside
    interval, stricter = at_levels(bounds, f"bootstrap over {groups} clusters, {len(draws)} draws", told)
    note = f"{BINS} bins of equal width; biased upward in small samples."
    spread = detectable(float(draws.std(ddof=1)))
    return Estimate(value, interval, stricter, n=n, n_clusters=groups, smallest_detectable=spread, note=note)
