"""How much wider than for normal scores the interval of a standardised mean has to be."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

STEPS = 400
"""Places between a bound and the farthest that it can move, where it is tried."""


@dataclass(frozen=True, slots=True)
class Widening:
    """The variance of an estimated d, if z is its true value.

    It is constant + slope * z + doubt * abs(z) + square * z ** 2.
    Of normal scores it is constant + normal * z ** 2. ``slope`` comes from the skewness of the scores, ``square``
    from their kurtosis, ``doubt`` from what is not known of the skewness.
    """

    constant: float
    slope: float
    doubt: float
    square: float
    normal: float

    def times(self, d: NDArray[np.float64]) -> NDArray[np.float64]:
        """How many times the spread of normal scores the estimates have, by the true value; at least 1."""
        own = self.constant + self.slope * d + self.doubt * np.abs(d) + self.square * d**2
        times: NDArray[np.float64] = np.sqrt(np.maximum(1.0, own / (self.constant + self.normal * d**2)))
        return times

    @property
    def most(self) -> float:
        """No true value makes the spread more times wider than this."""
        slope = (abs(self.slope) + self.doubt) / (2 * sqrt(self.constant * self.normal))
        return sqrt(1 + slope + max(0.0, self.square) / self.normal)

    def moved(self, d: float, bound: float) -> float:
        """Where the ``bound`` of normal scores around an estimated ``d`` has to be.

        A true value is told from d when d is too far from it for scores with that value, so the spread is the one
        there, not the one at d: at 0 it is that of normal scores. The bound is the farthest value not told from d.
        """
        tried = np.linspace(bound, d + self.most * (bound - d), STEPS)
        short = np.abs(tried - d) - self.times(tried) * abs(bound - d)
        last = int(np.flatnonzero(short < 0)[-1]) if (short < 0).any() else -1
        if last < 0:
            return bound
        if last == STEPS - 1:
            return float(tried[-1])
        part = short[last] / (short[last] - short[last + 1])
        return float(tried[last] + part * (tried[last + 1] - tried[last]))
