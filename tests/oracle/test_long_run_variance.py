"""The long-run variance of weeks against statsmodels, which evcharge does not need and the tests may lack."""

from __future__ import annotations

import numpy as np
import pytest

from evcharge.metrics.direction import LAG_PER_ROOT_WEEK, long_run_variance

sandwich = pytest.importorskip(
    "statsmodels.stats.sandwich_covariance", reason="statsmodels, the oracle, is not installed"
)


@pytest.mark.thorough
@pytest.mark.parametrize("weeks", [16, 26, 52, 104])
def test_where_newey_and_wests_estimate_is_the_largest_it_is_that_of_statsmodels(weeks):
    rng, equal = np.random.default_rng(20_250_401), 0
    lags = int(min(LAG_PER_ROOT_WEEK * weeks**0.5, weeks / 3))
    for _ in range(200):
        # Weeks hang together over two and three weeks: the correlation of neighbours alone often says too little.
        noise = rng.normal(size=weeks + 3)
        residuals = 3 * (noise[3:] + 0.9 * noise[1:-2] + 0.9 * noise[:-3])
        ours = float(long_run_variance(residuals))
        theirs = float(sandwich.S_hac_simple(residuals[:, None], nlags=lags).item()) / (weeks - 2)
        assert ours >= theirs * (1 - 1e-9)
        equal += abs(ours / theirs - 1) < 1e-9
    assert equal >= 20
