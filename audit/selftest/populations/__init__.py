"""Populations whose truth is known, and what each estimator says of samples of them.

CASES is the one place where estimators are entered: a new one in audit/stats needs cases in a file here, and a
test says so. Samples are drawn where it is hardest: few items, extreme shares, few and unequal clusters, skewed
and heavy-tailed scores, detectors of which little is known.
"""

from audit.selftest.coverage import Case
from audit.selftest.populations import (
    areas,
    association,
    calibration,
    comparisons,
    detectors,
    differences,
    groups,
    looks,
    means,
    pairs,
    products,
    rates,
    shares,
)

CASES: tuple[Case, ...] = (
    *shares.CASES,
    *means.CASES,
    *differences.CASES,
    *rates.CASES,
    *groups.CASES,
    *areas.CASES,
    *pairs.CASES,
    *association.CASES,
    *products.CASES,
    *detectors.CASES,
    *calibration.CASES,
    *looks.CASES,
    *comparisons.CASES,
)
NOT_SAMPLED = {"estimate.census": "everything is counted", "estimate.nothing": "there is no sample"}
"""What gives an estimate without an interval that could miss the truth."""
