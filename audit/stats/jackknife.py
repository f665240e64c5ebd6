"""Any statistic with each group of sampling units left out: what each adds to it, and how sure the whole is.

The statistic is computed by whoever knows it; here are only its values. For a mean, all of this is what cluster.py
computes directly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from audit.record import Interval
from audit.stats.cluster import freedom_of, reach, skewness_of
from audit.stats.proportion import FEW, interval_of_share

Bounds = tuple[float, float]
ROUNDING = 1e-9
"""A contribution this small beside the statistic is what rounding leaves."""
IGNORED = 0.25
"""A bias up to this share of the standard error is left alone (Efron and Tibshirani 1993, section 10.3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups that are left out: ``shares`` of the observations in each, above 0, in sum 1; what all hold."""

    shares: NDArray[np.float64]
    clusters: int
    observations: int


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """A statistic of everything, with each group left out (``without``, shape (groups,)), and of random halves.

    ``halves`` holds, for each split of the groups into two halves, the mean of the statistic of both, weighted by
    their observations; shape (splits,). ``intervals`` are those that the statistic comes with by itself.
    """

    value: float
    without: NDArray[np.float64]
    halves: NDArray[np.float64]
    intervals: tuple[Interval, ...] = ()

    def moved(self, groups: Groups) -> NDArray[np.float64]:
        """What each group moves the statistic by: for a mean, share * (mean of the group - mean of all)."""
        moved: NDArray[np.float64] = (1 - groups.shares) * (self.value - self.without)
        return moved

    def smooth(self, groups: Groups) -> bool:
        """Whether it moves with its data as a mean does, as far as the data themselves go astray.

        A mean of a half is on average the mean of all. Where a statistic has a kink (an absolute value near 0, a
        maximum near a tie), halves are biased against the whole, and the whole against the truth, in proportion to
        1 / sqrt(n): so the bias is the difference over sqrt(2) - 1.
        """
        bias = (float(self.halves.mean()) - self.value) / (2**0.5 - 1) if len(self.halves) else np.inf
        error = standard_error(self.moved(groups), groups)
        return abs(bias) <= IGNORED * error + ROUNDING * abs(self.value)


def standard_error(moved: NDArray[np.float64], groups: Groups) -> float:
    """The jackknife's standard error with the correction CR2 for unequal groups; for a mean, that of cluster.py.

    Sources: Miller 1974, doi:10.1093/biomet/61.1.1; Bell and McCaffrey 2002, Survey Methodology 28-2, 169-181.
    """
    return float(np.sqrt(np.sum(moved**2 / (1 - groups.shares))))


@dataclass(frozen=True, eq=False)
class Contrast:
    """A sum or difference of statistics: its ``value``, and what each group ``moved`` it by.

    ``span`` is how far a sampling unit can change a statistic that it alone makes up (1 for a share).
    """

    value: float
    moved: NDArray[np.float64]
    groups: Groups
    span: float

    @cached_property
    def added(self) -> NDArray[np.float64]:
        """What each group adds to the value, 0 where it adds nothing; in sum the value; shape (groups,)."""
        added: NDArray[np.float64] = self.moved + self.groups.shares * self.value
        added[np.abs(added) <= ROUNDING * max(abs(self.value), float(np.abs(added).max()))] = 0.0
        return added

    @cached_property
    def few(self) -> bool:
        """Whether too few groups add anything for a spread to be estimated (see FEW in proportion.py)."""
        return int(np.count_nonzero(self.added)) < min(FEW, len(self.added))

    @property
    def method(self) -> str:
        """How its bounds are found."""
        if self.few:
            return f"exact bound on the share of {self.groups.clusters} sampling units that differ"
        return f"jackknife over {len(self.moved)} groups of sampling units"

    @property
    def p_value(self) -> float | None:
        """Two-sided, that the true value is 0."""
        if self.few:
            return None
        return float(2 * t.sf(abs(self.value) / standard_error(self.moved, self.groups), self._freedom))

    def bounds(self, level: float) -> Bounds:
        """t bounds, widened where the contributions are skewed; exact ones where few groups add anything."""
        if self.few:
            return -self._most(-self.added, level), self._most(self.added, level)
        error, skewness = standard_error(self.moved, self.groups), skewness_of(self.moved)
        quantile = float(t.ppf((1 + level) / 2, self._freedom))
        low, high = reach(quantile, skewness)
        return self.value - low * error, self.value + high * error

    @cached_property
    def _freedom(self) -> float:
        return freedom_of(self.groups.shares)

    def _most(self, added: NDArray[np.float64], level: float) -> float:
        """What the sampling units with a positive part may add: bounded like a share of units of size ``span``."""
        units = self.groups.clusters
        found = min(float(added[added > 0].sum()) / self.span * units, float(units))
        return self.span * interval_of_share(found, units, level)[1]


def dealt(strata: Sequence[int], groups: int, seed: int) -> NDArray[np.int64]:
    """A group for each sampling unit, from 0; each unit its own where there are no more than ``groups``.

    Units of one stratum (a language, say) are spread over all groups in random order.
    """
    units = len(strata)
    if units <= groups:
        return np.arange(units)
    generator = np.random.default_rng(seed)
    numbers = np.empty(units, np.int64)
    rounds = [generator.permutation(groups) for _ in range(-(-units // groups))]
    numbers[np.argsort(np.asarray(strata), kind="stable")] = np.concatenate(rounds)[:units]
    return numbers


def split(groups: int, seed: int, splits: int) -> NDArray[np.bool_]:
    """Which groups make up one half in each of ``splits`` random splits; shape (splits, groups)."""
    generator = np.random.default_rng(seed)
    return np.stack([generator.permutation(groups) < groups // 2 for _ in range(splits)])
