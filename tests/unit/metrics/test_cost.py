from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evcharge.metrics.cost import MOST_BY_CHANCE, Price, charges_lost, kwh_lost, money_lost
from evcharge.metrics.intervals import wilson_interval


def lost(**over):
    """What a station loses a week against 95 %: 20 of 100 visits failed, 50 visits a week, told otherwise or not."""
    row = {"silent": False, "failed_visits": 20.0, "visits": 100.0, "visits_per_week": 50.0, "attempts_per_week": 60.0}
    row |= {"joined_by_chance": 0.0}
    usual = {"successes_per_week": 48.0, "successes_low": 40.0, "successes_high": 55.0}
    return tuple(charges_lost(pd.DataFrame([row | usual | over]), 0.95).iloc[0])


def test_a_station_loses_the_failed_visits_beyond_what_its_target_allows():
    assert lost()[0] == pytest.approx((0.20 - 0.05) * 50)


def test_the_range_is_that_of_the_share_of_failed_visits():
    low, high = wilson_interval(np.array([20.0]), np.array([100.0]))
    assert lost()[1:] == pytest.approx(((low[0] - 0.05) * 50, (high[0] - 0.05) * 50))


def test_failed_visits_that_the_next_driver_hides_are_counted_and_make_the_range_no_narrower():
    # A fifth is hidden: 25 of 105 visits failed, and the evidence is still that of 84.
    told = lost(joined_by_chance=0.2)
    assert told[0] == pytest.approx((25 / 105 - 0.05) * 50)
    low, high = wilson_interval(np.array([20.0]), np.array([84.0]))
    assert told[1:] == pytest.approx(((low[0] - 0.05) * 50, (high[0] - 0.05) * 50))


def test_where_most_failed_visits_are_hidden_the_loss_is_not_known():
    assert np.isfinite(lost(joined_by_chance=MOST_BY_CHANCE)).all()
    assert np.isnan(lost(joined_by_chance=0.81)).all()
    assert np.isnan(lost(joined_by_chance=1.0)).all()


def test_a_station_whose_drivers_leave_no_more_often_than_allowed_loses_nothing_and_perhaps_something():
    about, low, high = lost(failed_visits=5.0)
    assert (about, low) == (pytest.approx(0), 0)
    assert high > 0
    assert lost(failed_visits=0.0)[:2] == (0, 0)


def test_a_silent_station_loses_its_usual_successes_with_the_range_of_its_weeks():
    assert lost(silent=True, failed_visits=np.nan, visits=np.nan, visits_per_week=np.nan) == (48, 40, 55)


def test_what_is_lost_is_not_known_without_known_visits_or_a_usual_week():
    assert np.isnan(lost(visits=0.0, failed_visits=0.0)).all()
    assert np.isnan(lost(visits=np.nan, failed_visits=np.nan)).all()
    assert np.isnan(lost(visits_per_week=np.nan)).all()
    nothing = dict.fromkeys(("attempts_per_week", "successes_per_week", "successes_low", "successes_high"), 0.0)
    assert np.isnan(lost(silent=True, **nothing)).all()


def test_energy_lost_is_nothing_where_no_charge_is_lost():
    lost = pd.DataFrame({"station_key": [1, 2, 3], "charges_lost_per_week": [0.0, 2.0, 3.0]})
    lost = lost.assign(charges_lost_per_week_low=[0.0, 1.0, 0.0], charges_lost_per_week_high=[0.0, 4.0, 5.0])
    energy = kwh_lost(lost, pd.Series([20.0], index=[2]))
    np.testing.assert_array_equal(energy, [[0, 0, 0], [40, 20, 80], [np.nan, 0, np.nan]])


def test_money_lost_is_energy_at_the_price_and_nothing_without_one():
    energy = pd.DataFrame([[40.0, 20.0, 80.0]], columns=[f"kwh_lost_per_week{end}" for end in ("", "_low", "_high")])
    money = money_lost(energy, Price(0.5, "EUR"))
    assert money.columns.tolist() == ["money_lost_per_week", "money_lost_per_week_low", "money_lost_per_week_high"]
    assert money.iloc[0].tolist() == [20, 10, 40]
    assert money_lost(energy, None).isna().all(axis=None)
