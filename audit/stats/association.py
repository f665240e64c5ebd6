"""The Word Embedding Association Test (WEAT): an effect size, its interval, and a test by re-partitions.

Source: Caliskan, Bryson and Narayanan 2017, doi:10.1126/science.aal4230.
"""

from collections.abc import Iterator
from itertools import chain, combinations
from math import comb, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kstat, kurtosis

from audit.stats.cluster import ROUNDING, skewness_of
from audit.stats.estimate import Estimate, Numbers, at_levels, nothing
from audit.stats.standardised import bounds_of, detectable_noncentrality
from audit.stats.widening import Widening

Matrix = NDArray[np.float64]

MOST_PARTITIONS = 200_000
"""Up to so many re-partitions are all looked at (two sets of ten words have 184,756); of more, DRAWS are drawn."""
DRAWS = 20_000
FEWEST = 4
"""Words a set needs: of two sets of three, even the most extreme partition is one of ten (two-sided)."""


def cosines(first: Matrix, second: Matrix) -> Matrix:
    """Cosine of every vector of ``first`` with every one of ``second``; shape (len(first), len(second)).

    NaN where a vector is not finite or has no length.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        one, other = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (first, second))
        return np.asarray(one @ other.T, dtype=np.float64)


def effect_size(first: Numbers, second: Numbers) -> float:
    """WEAT's d: difference of the means / sample standard deviation of all (n - 1, as in May et al. 2019).

    Two sets of n words each reach at most 2 * sqrt((2n - 1) / 2n). NaN where all are equal.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    every = np.concatenate([x, y])
    spread = float(every.std(ddof=1))
    if spread <= ROUNDING * float(np.abs(every).max()):
        return float("nan")
    return float((x.mean() - y.mean()) / spread)


def association(first: Numbers, second: Numbers, *, seed: int) -> Estimate:
    """WEAT of two sets of target words, given the differential association of each word; standard deviations.

    The words are the sample. d grows with the two-sample t statistic, so the noncentral t gives its interval,
    widened by what the skewness and kurtosis of the associations add to the spread of d. The p-value is two-sided,
    over re-partitions of all words.
    """
    nx, ny = len(first), len(second)
    if min(nx, ny) < FEWEST:
        return nothing(f"a set of target words has {min(nx, ny)} words; it needs {FEWEST} or more")
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    every = np.concatenate([x, y])
    if not np.isfinite(every).all():
        return nothing(f"{int(np.sum(~np.isfinite(every)))} of {nx + ny} associations are not finite numbers")
    d = effect_size(x, y)
    if np.isnan(d):
        return nothing("all words are associated alike, so there is no spread to measure an effect by")
    p, method = repartition_p(x, y, seed=seed)
    within = sqrt((x.var() * nx + y.var() * ny) / (nx + ny - 2))
    facts = {"n": nx + ny, "n_clusters": nx + ny, "effect_size": d, "p_value": p, "note": f"p-value: {method}."}
    if within <= ROUNDING * float(np.abs(every).max()):
        reason = "the words of each set are associated alike, so an interval cannot be estimated"
        return Estimate(d, reason=reason, **facts)  # type: ignore[arg-type]
    apart, share, freedom = sqrt(1 / nx + 1 / ny), nx * ny / (nx + ny) ** 2, nx + ny - 2
    of_x, of_y = (x - x.mean()) / within, (y - y.mean()) / within
    skewness = skewness_of(np.concatenate([of_x / nx, -of_y / ny]))
    difference = float(x.mean() - y.mean()) / within
    found = bounds_of(difference, apart, freedom, skewness, _widening(of_x, of_y))

    def bounds(level: float) -> tuple[float, float]:
        low, high = (_of_all(bound, share) for bound in found(level))
        return min(low, d), max(high, d)

    interval, stricter = at_levels(bounds, "skewness-corrected noncentral t")
    smallest = _of_all(detectable_noncentrality(freedom) * apart, share)
    return Estimate(d, interval, stricter, smallest_detectable=smallest, **facts)  # type: ignore[arg-type]


def _widening(x: Matrix, y: Matrix) -> Widening:
    """Of the difference of two means in units of the spread within sets, given what each word lies off its mean.

    The delta method with the variance of a pooled variance, as for one mean (see ``standardised``): shapes (nx,)
    and (ny,), in units of the spread within sets.
    """
    sizes = np.array([len(x), len(y)])
    freedom, sides = sizes.sum() - 2, (sizes - 1) / sizes
    excess = float(kurtosis(np.concatenate([x, y]), bias=False)) + sqrt(24 / sizes.sum())
    normal = 1 / (2 * freedom)
    return Widening(
        constant=float(np.sum(1 / sizes)),
        slope=-float(sides @ [kstat(x, 3), -kstat(y, 3)]) / freedom,
        doubt=float(np.sqrt(np.sum(6 / sizes * sides**2))) / freedom,
        square=normal + excess * float(np.sum((sizes - 1) * sides)) / (4 * freedom**2),
        normal=normal,
    )


def _of_all(difference: float, share: float) -> float:
    """A difference in units of the spread within sets, in units of the spread of all words together.

    ``share`` is the product of the shares of both sets: the spread of all is 1 + share * difference ** 2, squared.
    """
    return difference / sqrt(1 + share * difference**2)


def repartition_p(first: Numbers, second: Numbers, *, seed: int) -> tuple[float, str]:
    """Two-sided p-value over re-partitions of all words into sets of these sizes, and how it was found.

    The share of partitions whose means differ, in either direction, by at least as much as observed. The mean and
    not the sum: with sets of unequal size the sums of the paper differ even where nothing does. Where partitions
    are drawn, the observed one counts among them (Phipson and Smyth 2010, doi:10.2202/1544-6115.1585).
    """
    every = np.concatenate([np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)])
    centred = every - every.mean()
    size, n = min(len(first), len(second)), len(every)
    # Partitions as extreme as the observed one may differ from it by what single precision of vectors leaves.
    least = abs(float(centred[: len(first)].sum())) - 1e-6 * float(np.abs(centred).sum())
    partitions = comb(n, size)
    if partitions <= MOST_PARTITIONS:
        flat = chain.from_iterable(combinations(range(n), size))
        sets = np.fromiter(flat, dtype=np.intp, count=partitions * size).reshape(partitions, size)
        hits = int(np.sum(np.abs(centred[sets].sum(axis=1)) >= least))
        return hits / partitions, f"exact, over {partitions:,} partitions"
    hits = sum(int(np.sum(np.abs(centred[drawn].sum(axis=1)) >= least)) for drawn in _drawn(n, size, seed))
    return (1 + hits) / (1 + DRAWS), f"{DRAWS:,} of {comb(n, size):,} partitions drawn, seed {seed}"


def _drawn(n: int, size: int, seed: int, at_once: int = 2000) -> Iterator[NDArray[np.intp]]:
    """DRAWS subsets of ``size`` out of ``n``, each as likely as any other; arrays of shape (at_once, size)."""
    generator = np.random.default_rng(seed)
    for done in range(0, DRAWS, at_once):
        yield generator.random((min(at_once, DRAWS - done), n)).argpartition(size - 1, axis=1)[:, :size]
