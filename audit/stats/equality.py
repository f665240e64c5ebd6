"""Differences of many groups' rates from the rate of all, summed: the equality difference of Dixon et al. 2018.

Noise alone makes a sum of absolute differences large, the larger the more groups there are.
"""

import numpy as np
from numpy.typing import NDArray

from audit.stats.cluster import numbered
from audit.stats.estimate import LEVELS, Clusters, Estimate, Flags, at_levels, nothing
from audit.stats.power import AIMED

DRAWS = 20_000


def equality_difference(hits: Flags, members: NDArray[np.bool_], clusters: Clusters, *, seed: int) -> Estimate:
    """sum over groups of abs(share of hits in the group - share of hits in all), doi:10.1145/3278721.3278729.

    ``members`` has shape (len(hits), groups); an item may be of several groups or of none. The value is the sum as
    published. Its interval is one for what the sum would be without noise: by the triangle inequality that is at
    least the sum minus the sum of the groups' absolute errors, whose distribution is drawn (a multiplier bootstrap
    over clusters: normal draws with the clustered covariance, doi:10.1214/13-AOS1161). So the lower bound is above
    0 only if the sum is larger than noise explains, however many groups there are; the p-value says how rarely
    noise gives as much. A group's error is taken to be at least what an average item's spread implies, for a
    group without a hit would have none. The upper bound adds what noise may have hidden at the signs that were
    seen.
    """
    y, inside = np.asarray(hits, np.float64), np.asarray(members, np.bool_)
    counts = inside.sum(axis=0)
    if len(y) == 0 or len(counts) < 2 or not counts.all():
        return nothing("there are no two groups with items to compare")
    codes = numbered(clusters)
    overall, groups = float(y.mean()), int(codes.max()) + 1
    gaps = np.array([y[chosen].mean() for chosen in inside.T]) - overall
    value = float(np.abs(gaps).sum())
    if groups < 2:
        return Estimate(value, n=len(y), n_clusters=groups, reason="one cluster of items carries no interval")
    errors = _draws(y, inside, codes, seed)
    noise, hidden = np.abs(errors).sum(axis=1), np.abs(errors @ np.sign(gaps))

    def bounds(level: float) -> tuple[float, float]:
        tail = (1 + level) / 2
        return max(0.0, value - float(np.quantile(noise, tail))), value + float(np.quantile(hidden, tail))

    levels = [level for level in LEVELS if (1 - level) / 2 * DRAWS >= 10]
    interval, stricter = at_levels(
        bounds, f"triangle bound by a multiplier bootstrap over {groups} clusters", levels
    )
    return Estimate(
        value,
        interval,
        stricter,
        n=len(y),
        n_clusters=groups,
        p_value=float((1 + np.count_nonzero(noise >= value)) / (1 + DRAWS)),
        smallest_detectable=_detectable(errors, overall, counts / len(y)),
        note=f"Noise alone gives {noise.mean():.3f} on average over these {len(counts)} groups.",
    )


def _draws(
    y: NDArray[np.float64], inside: NDArray[np.bool_], codes: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Errors of the groups' gaps as noise alone would make them; shape (DRAWS, groups)."""
    covariance = _covariance(y, inside, codes)
    counts = inside.sum(axis=0)
    own = np.diag(covariance)
    least = float(np.sum(counts**2 * own) / counts.sum()) / counts
    scale = np.sqrt(np.divide(least, own, out=np.ones_like(own), where=own > 0)).clip(min=1.0)
    raised = covariance * np.outer(scale, scale)
    raised[np.diag_indices_from(raised)] = np.maximum(own * scale**2, least)
    values, vectors = np.linalg.eigh(raised)
    generator, freedom = np.random.default_rng(seed), int(codes.max())
    normal = generator.normal(size=(DRAWS, len(counts))) * np.sqrt(values.clip(min=0))
    heavy = np.sqrt(freedom / generator.chisquare(freedom, size=(DRAWS, 1)))
    return np.asarray((normal @ vectors.T) * heavy, np.float64)


def _covariance(
    y: NDArray[np.float64], inside: NDArray[np.bool_], codes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Covariance of the groups' gaps, from the sums of each cluster's residuals; shape (groups, groups)."""
    counts, size = inside.sum(axis=0), int(codes.max()) + 1
    everywhere = np.bincount(codes, weights=y - y.mean(), minlength=size) / len(y)
    sums = np.empty((size, len(counts)))
    for group in range(len(counts)):
        chosen = inside[:, group]
        parts = (y[chosen] - y[chosen].mean()) / counts[group]
        sums[:, group] = np.bincount(codes[chosen], weights=parts, minlength=size) - everywhere
    return np.asarray(sums.T @ sums * (size / (size - 1)), np.float64)


def _detectable(errors: NDArray[np.float64], overall: float, shares: NDArray[np.float64]) -> float:
    """The sum that one group's rate (the noisiest's) makes when it is lifted above noise with probability AIMED.

    Found by halving. The further a rate moves from its end, the noisier it is, and the more noise is allowed for.
    ``shares`` of all items are in each group: its rate moves the rate of all, and so the others' differences.
    """
    common, errors, groups = min(overall, 1 - overall), errors[:4000], errors.shape[1]
    one = int(np.argmax(errors.var(axis=0)))
    widest = errors[:, one]
    others = np.abs(errors).sum(axis=1) - np.abs(widest)
    spread = max(common * (1 - common), 1 / (4 * len(errors)))

    def found(gap: float) -> bool:
        rate = min(0.999, common + gap)
        wider = max(1.0, rate * (1 - rate) / spread)
        allowed = np.sqrt((groups - 1 + wider) / groups) * others + np.sqrt(wider) * np.abs(widest)
        seen = others + np.abs(gap + np.sqrt(wider) * widest)
        return bool(np.quantile(seen, 1 - AIMED) > np.quantile(allowed, 0.975))

    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high * float(1 - shares[one] + (groups - 1) * shares[one])
