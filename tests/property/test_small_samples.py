from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.metrics.intervals import jeffreys_interval
from evcharge.metrics.small_samples import bounds, dispersion, false_discovery_flags, funnel_limits, shrunk_rates
from tests.support.strategies import laws

pytestmark = pytest.mark.thorough

ratios = st.floats(0.01, 0.99)
pairs = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@st.composite
def stations(draw, least=1):
    """Successes and attempts of some stations, and an order to put them in."""
    drawn = draw(st.lists(pairs, min_size=least, max_size=30))
    successes, attempts = (np.array(numbers, dtype=float) for numbers in zip(*drawn, strict=True))
    return successes, attempts, np.array(draw(st.permutations(range(len(drawn)))))


@laws(100)
@given(stations())
def test_zero_jeffreys_low_ratio_high_one_stand_in_this_order(drawn):
    successes, attempts, _ = drawn
    low, high = jeffreys_interval(successes, attempts)
    assert ((low >= 0) & (low <= successes / attempts) & (successes / attempts <= high) & (high <= 1)).all()


@laws(100)
@given(st.integers(1, 500))
def test_one_success_more_never_lowers_the_jeffreys_interval(attempts):
    low, high = jeffreys_interval(np.arange(attempts + 1.0), np.full(attempts + 1, float(attempts)))
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) >= 0).all()


@laws(100)
@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_one_unknown_session_more_never_narrows_the_bounds_and_the_known_ratio_is_within_them(won, lost, unknown):
    successes, failures = np.full(2, float(won)), np.full(2, float(lost))
    low, high = bounds(successes, failures, np.array([unknown, unknown + 1.0]))
    if won + lost + unknown:
        assert 0 <= low[1] <= low[0] <= high[0] <= high[1] <= 1
    if won + lost:
        assert low[0] <= won / (won + lost) <= high[0]


@laws(100)
@given(stations(least=10))
def test_a_shrunk_rate_lies_between_the_raw_one_and_the_mean_of_the_prior(drawn):
    successes, attempts, _ = drawn
    shrunk = shrunk_rates(successes, attempts)
    mean = successes.sum() / attempts.sum() if shrunk.fallback else shrunk.alpha / (shrunk.alpha + shrunk.beta)
    raw = successes / attempts
    assert (shrunk.ratio >= np.minimum(raw, mean) - 1e-12).all()
    assert (shrunk.ratio <= np.maximum(raw, mean) + 1e-12).all()
    assert ((shrunk.ratio >= 0) & (shrunk.ratio <= 1)).all()


@laws(100)
@given(stations(), ratios)
def test_the_order_of_stations_changes_nothing(drawn, ratio):
    successes, attempts, order = drawn
    first, second = shrunk_rates(successes, attempts), shrunk_rates(successes[order], attempts[order])
    np.testing.assert_allclose(first.ratio[order], second.ratio, atol=1e-5)
    assert first.fallback == second.fallback
    flags, others = (false_discovery_flags(k, n, ratio) for k, n in ((successes, attempts), drawn_again(drawn)))
    np.testing.assert_array_equal(flags["adjusted_chance"].to_numpy()[order], others["adjusted_chance"].to_numpy())
    spread, again = dispersion(successes, attempts, ratio), dispersion(*drawn_again(drawn), ratio)
    np.testing.assert_allclose([spread.phi, spread.winsorised_phi], [again.phi, again.winsorised_phi])


def drawn_again(drawn):
    """The same stations in the other order."""
    successes, attempts, order = drawn
    return successes[order], attempts[order]


@laws(100)
@given(stations(), ratios)
def test_an_adjusted_chance_is_never_below_the_chance_and_both_are_chances(drawn, ratio):
    flags = false_discovery_flags(drawn[0], drawn[1], ratio)
    assert (flags["chance"] >= 0).all()
    assert (flags["adjusted_chance"] >= flags["chance"] - 1e-15).all()
    assert (flags["adjusted_chance"] <= 1).all()


@laws(100)
@given(st.integers(1, 3_000), ratios)
def test_funnel_limits_rise_with_their_tails_and_stay_between_zero_and_one(attempts, ratio):
    (limits,) = funnel_limits(np.array([float(attempts)]), ratio)
    assert (np.diff(limits) >= 0).all()
    assert ((limits >= 0) & (limits <= 1)).all()


@laws(100)
@given(stations())
def test_a_shrunk_rate_of_all_stations_alike_is_their_common_rate(drawn):
    successes, attempts = (np.full(12, float(numbers[0])) for numbers in drawn[:2])
    np.testing.assert_allclose(shrunk_rates(successes, attempts).ratio, successes / attempts, rtol=1e-4)
