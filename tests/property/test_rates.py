from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from evcharge.metrics.intervals import wilson_interval
from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS, VERDICTS, verdicts, with_rates

pytestmark = pytest.mark.thorough

targets = st.floats(0.01, 0.999)
counts = st.integers(0, 10_000_000)


@st.composite
def outcomes(draw, most=10_000_000):
    """Successes and attempts, at least one attempt."""
    attempts = draw(st.integers(1, most))
    return draw(st.integers(0, attempts)), attempts


def rated(successes, failures, target):
    zeros = {"excluded": 0, "unknown": 0, "without_failures": 0, "perhaps_without_failures": 0}
    return with_rates(pd.DataFrame([{"successes": successes, "failures": failures, **zeros}]), target).iloc[0]


def tails(successes, attempts, target):
    """Chance of so few, and of so many, successes: exact arithmetic on whole numbers."""
    p = Fraction(target)
    chance = [comb(attempts, k) * p**k * (1 - p) ** (attempts - k) for k in range(attempts + 1)]
    assert sum(chance) == 1
    return sum(chance[: successes + 1]), sum(chance[successes:])


@given(outcomes(), targets)
@example((0, 1), 0.95)
@example((10_000_000, 10_000_000), 0.95)
def test_zero_low_ratio_high_one_stand_in_this_order(pair, target):
    successes, attempts = pair
    row = rated(successes, attempts - successes, target)
    assert 0 <= row["low"] <= row["success_ratio"] <= row["high"] <= 1
    assert row["attempts"] == attempts


@given(st.integers(1, 500), targets)
def test_one_success_more_never_lowers_ratio_interval_or_verdict(attempts, target):
    successes = np.arange(attempts + 1, dtype=float)
    trials = np.full(attempts + 1, float(attempts))
    low, high = wilson_interval(successes, trials)
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) >= 0).all()
    ranks = [VERDICTS.index(word) for word in verdicts(successes, trials, target)]
    assert ranks == sorted(ranks)


@given(st.integers(1, 2_000), targets)
def test_the_same_ratio_of_ten_times_the_attempts_has_a_narrower_interval(attempts, target):
    successes = round(attempts * target)
    low, high = wilson_interval(
        np.array([successes, 10 * successes], dtype=float), np.array([attempts, 10 * attempts], dtype=float)
    )
    assert high[1] - low[1] < high[0] - low[0]


@given(outcomes(most=60), targets)
def test_verdicts_follow_the_exact_binomial_tails(pair, target):
    successes, attempts = pair
    few, many = tails(successes, attempts, target)
    assume(abs(few - Fraction(1, 1000)) > Fraction(1, 10**12))
    assume(abs(many - Fraction(1, 40)) > Fraction(1, 10**12))
    expected = BELOW if few < Fraction(1, 1000) else MEETS if many < Fraction(1, 40) else CANT_TELL
    assert verdicts(np.array([float(successes)]), np.array([float(attempts)]), target) == [expected]


@given(outcomes(), targets, st.sampled_from(["no", "unknown"]))
def test_removed_failures_never_let_a_station_meet_its_target_nor_hide_that_it_is_below(pair, target, said):
    successes, attempts = np.array([float(pair[0])]), np.array([float(pair[1])])
    (whole,) = verdicts(successes, attempts, target)
    (partly,) = verdicts(successes, attempts, target, np.array([said], dtype=object))
    assert partly == (CANT_TELL if whole == MEETS else whole)
