from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from evcharge.metrics.bounds import bounds
from evcharge.metrics.intervals import jeffreys_interval
from evcharge.metrics.small_samples import (
    NO_SPREAD,
    TOO_FEW_STATIONS,
    dispersion,
    false_discovery_flags,
    funnel_limits,
    shrunk_rates,
)

# The vectors are those of the team's metrics notes, section 5.4, computed there with scipy 1.17.1.
JEFFREYS_95 = {
    (0, 5): (0.0000, 0.3794),
    (5, 5): (0.6206, 1.0000),
    (8, 10): (0.4972, 0.9559),
    (18, 20): (0.7161, 0.9786),
    (90, 100): (0.8299, 0.9474),
    (970, 1000): (0.9580, 0.9793),
}
FUNNEL_AT_86_PERCENT = {
    10: (0.4008, 0.5542, 0.9887, 0.9995),
    50: (0.6808, 0.7464, 0.9387, 0.9778),
    100: (0.7384, 0.7833, 0.9194, 0.9502),
    1000: (0.8246, 0.8376, 0.8807, 0.8924),
}
SUCCESSES = np.array([58, 210, 226, 465, 61, 95, 190, 40, 9, 3], dtype=float)
ATTEMPTS = np.array([77, 272, 288, 582, 75, 100, 200, 50, 10, 5], dtype=float)
POOLED = 0.81796


def array(*numbers):
    return np.array(numbers, dtype=float)


@pytest.mark.parametrize(("pair", "expected"), JEFFREYS_95.items(), ids=str)
def test_jeffreys_intervals_are_those_of_the_metrics_notes_5_4(pair, expected):
    low, high = jeffreys_interval(array(pair[0]), array(pair[1]))
    assert (float(low[0]), float(high[0])) == pytest.approx(expected, abs=5e-5)


def test_no_attempts_give_no_interval_no_ratio_no_limits_and_no_flag():
    assert np.isnan(jeffreys_interval(array(0), array(0))).all()
    assert np.isnan(bounds(array(0), array(0), array(0))).all()
    assert np.isnan(funnel_limits(array(0), 0.9)).all()
    assert np.isnan(shrunk_rates(np.append(SUCCESSES, 0), np.append(ATTEMPTS, 0)).ratio).tolist() == [False] * 10 + [
        True
    ]
    flags = false_discovery_flags(array(0), array(0))
    assert flags.iloc[0].isna().tolist() == [True, True, False]
    assert not flags["flagged"].any()


@pytest.mark.parametrize(("attempts", "expected"), FUNNEL_AT_86_PERCENT.items(), ids=str)
def test_funnel_limits_are_those_of_the_metrics_notes_5_4(attempts, expected):
    assert funnel_limits(array(attempts), 0.86)[0] == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("ratio", [0, 1e-9, 0.05, 0.5, 0.86, 0.95, 0.999, 1])
def test_funnel_limits_are_those_of_the_binomial_distribution_of_scipy(ratio):
    attempts = np.array([*range(1, 60), 1_000, 20_000, 300_000], dtype=float)
    n, tails = attempts[:, np.newaxis], np.array([0.001, 0.025, 0.5, 0.975, 0.999])
    r = binom.ppf(tails, n, ratio)
    part = (binom.cdf(r, n, ratio) - tails) / (binom.cdf(r, n, ratio) - binom.cdf(r - 1, n, ratio))
    limits = funnel_limits(attempts, ratio, tuple(tails))
    assert limits == pytest.approx(np.clip((r - part) / n, 0, 1), abs=1e-8)


def test_a_funnel_of_a_single_attempt_stays_between_zero_and_one():
    limits = funnel_limits(array(1, 2), 0.05)
    assert ((limits >= 0) & (limits <= 1)).all()
    assert limits[0][0] == 0


def test_the_prior_is_that_of_the_metrics_notes_5_4():
    shrunk = shrunk_rates(SUCCESSES, ATTEMPTS)
    assert (shrunk.alpha, shrunk.beta) == pytest.approx((18.806, 3.943), abs=5e-4)
    assert shrunk.alpha / (shrunk.alpha + shrunk.beta) == pytest.approx(0.82666, abs=5e-6)
    assert shrunk.alpha + shrunk.beta == pytest.approx(22.749, abs=5e-4)
    assert shrunk.log_likelihood == pytest.approx(-34.3751, abs=5e-5)
    assert shrunk.fallback is None


def test_shrunk_rates_are_those_of_the_metrics_notes_5_4():
    expected = (0.7700, 0.7763, 0.7878, 0.8000, 0.8164, 0.9271, 0.9374, 0.8083, 0.8491, 0.7858)
    assert shrunk_rates(SUCCESSES, ATTEMPTS).ratio == pytest.approx(expected, abs=5e-5)


def test_fewer_than_ten_stations_have_the_pooled_ratio_and_say_why():
    shrunk = shrunk_rates(np.append(SUCCESSES[:9], 0), np.append(ATTEMPTS[:9], 0))
    assert shrunk.fallback == TOO_FEW_STATIONS
    assert np.unique(shrunk.ratio[:9]).tolist() == [SUCCESSES[:9].sum() / ATTEMPTS[:9].sum()]
    assert np.isnan([shrunk.ratio[9], shrunk.alpha, shrunk.beta, shrunk.log_likelihood]).all()


@pytest.mark.parametrize(
    ("successes", "attempts"),
    [
        (np.full(20, 90.0), np.full(20, 100.0)),  # all alike
        (np.full(20, 100.0), np.full(20, 100.0)),  # no failure at all
        (np.zeros(20), np.full(20, 100.0)),  # no success at all
        (np.tile([89.0, 91.0], 10), np.full(20, 100.0)),  # less spread than chance makes
    ],
)
def test_stations_that_do_not_differ_have_the_pooled_ratio_and_say_why(successes, attempts):
    shrunk = shrunk_rates(successes, attempts)
    assert shrunk.fallback == NO_SPREAD
    assert shrunk.ratio == pytest.approx(np.full(20, successes.sum() / attempts.sum()))


def test_no_station_at_all_is_too_few():
    shrunk = shrunk_rates(array(), array())
    assert (shrunk.fallback, len(shrunk.ratio)) == (TOO_FEW_STATIONS, 0)


def test_a_known_prior_is_found_again_among_5_000_stations():
    rng = np.random.default_rng(5)
    attempts = rng.integers(1, 2000, 5000)
    successes = rng.binomial(attempts, rng.beta(20, 1, 5000))
    shrunk = shrunk_rates(successes.astype(float), attempts.astype(float))
    assert shrunk.alpha == pytest.approx(20, rel=0.05)
    assert shrunk.beta == pytest.approx(1, rel=0.05)


def test_the_dispersion_is_that_of_the_metrics_notes_5_4():
    found = dispersion(SUCCESSES, ATTEMPTS, SUCCESSES.sum() / ATTEMPTS.sum())
    assert found.phi == pytest.approx(4.685, abs=5e-4)
    assert found.chance == pytest.approx(1.0e-6, abs=5e-8)
    assert found.winsorised_phi == pytest.approx(3.460, abs=5e-4)
    assert found.tau == pytest.approx(0.0537, abs=5e-5)


def test_the_spread_between_stations_is_zero_where_chance_explains_all_and_missing_for_one_station():
    assert dispersion(array(9, 9, 9), array(10, 10, 10), 0.9).tau == 0
    assert np.isnan(dispersion(array(9), array(10), 0.9).tau)
    assert np.isnan(dispersion(array(0), array(0), 0.9).phi)


@pytest.mark.parametrize(("successes", "ratio"), [(9, 1.0), (0, 0.0)])
def test_stations_without_a_failure_or_without_a_success_have_no_dispersion(successes, ratio):
    found = dispersion(array(successes, successes), array(9, 9), ratio)
    assert np.isnan([found.phi, found.winsorised_phi, found.chance, found.tau]).all()


def test_nothing_is_flagged_in_the_metrics_notes_5_4_though_most_stations_look_below_average():
    assert SUCCESSES.sum() / ATTEMPTS.sum() == pytest.approx(POOLED, abs=5e-6)
    flags = false_discovery_flags(SUCCESSES, ATTEMPTS)
    expected = (0.3197, 0.3197, 0.3197, 0.3226, 0.7221, 1, 1, 0.7117, 1, 0.4528)
    assert flags["adjusted_chance"].to_numpy() == pytest.approx(expected, abs=5e-5)
    assert (SUCCESSES / ATTEMPTS < POOLED).sum() == 7
    assert not flags["flagged"].any()


def test_a_station_far_below_the_others_is_flagged_alone():
    flags = false_discovery_flags(np.append(SUCCESSES, 50), np.append(ATTEMPTS, 100))
    assert flags["flagged"].tolist() == [False] * 10 + [True]


def test_flags_against_a_named_ratio_do_not_ask_what_the_network_does():
    flags = false_discovery_flags(SUCCESSES, ATTEMPTS, 0.95)
    assert flags["chance"].iloc[9] == pytest.approx(0.0226, abs=5e-5)  # 3 or fewer of 5
    assert flags["flagged"].tolist() == [True] * 5 + [False, False, True, False, True]


def test_bounds_take_all_unknown_sessions_as_failed_and_as_succeeded():
    low, high = bounds(array(8, 8, 0), array(2, 2, 0), array(0, 10, 5))
    assert low.tolist() == [0.8, 0.4, 0.0]
    assert high.tolist() == [0.8, 0.9, 1.0]
