"""Clusters of items, as the populations have them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

UNEQUAL = [1, 8, 5, 2, 9]
ONE_LARGE = [30] + [2] * 9


def clusters_of(sizes: Sequence[int]) -> NDArray[np.int64]:
    """The cluster of each item, from 0; shape (sum(sizes),)."""
    return np.repeat(np.arange(len(sizes)), sizes)
