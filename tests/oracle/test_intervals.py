"""Intervals and adjusted chances against statsmodels, which evcharge does not need and the tests may lack."""

from __future__ import annotations

import numpy as np
import pytest

from evcharge.metrics.intervals import jeffreys_interval, wilson_interval
from evcharge.metrics.small_samples import false_discovery_flags

proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels, the oracle, is not installed")
multitest = pytest.importorskip("statsmodels.stats.multitest", reason="statsmodels, the oracle, is not installed")

TABLES, CLOSE = 1_000, 1e-9


@pytest.fixture
def tables():
    """Tables of successes and attempts: few and many stations, small and large, good and bad, whole and none."""
    rng = np.random.default_rng(20_250_401)
    found = []
    for _ in range(TABLES):
        attempts = rng.integers(1, 10 ** rng.integers(1, 6), rng.integers(1, 60))
        found.append((rng.binomial(attempts, rng.beta(9, 1, len(attempts))).astype(float), attempts.astype(float)))
    return found


@pytest.mark.thorough
@pytest.mark.parametrize(("ours", "method"), [(wilson_interval, "wilson"), (jeffreys_interval, "jeffreys")])
def test_intervals_are_those_of_statsmodels(tables, ours, method):
    for successes, attempts in tables:
        low, high = proportion.proportion_confint(successes, attempts, alpha=0.05, method=method)
        if method == "jeffreys":  # the ends that Brown, Cai and DasGupta set; statsmodels leaves the quantiles
            low, high = np.where(successes == 0, 0, low), np.where(successes == attempts, 1, high)
        np.testing.assert_allclose(ours(successes, attempts), (low, high), rtol=0, atol=CLOSE)


@pytest.mark.thorough
def test_adjusted_chances_are_those_of_benjamini_and_hochberg_in_statsmodels(tables):
    for successes, attempts in tables:
        flags = false_discovery_flags(successes, attempts)
        rejected, adjusted, *_ = multitest.multipletests(flags["chance"], alpha=0.05, method="fdr_bh")
        np.testing.assert_allclose(flags["adjusted_chance"], adjusted, rtol=0, atol=CLOSE)
        assert flags["flagged"].tolist() == rejected.tolist()
