"""A usual week is that of the last 13 weeks with data."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from evcharge.metrics.days import DAY_COUNTS
from evcharge.metrics.exposure import one_source
from evcharge.metrics.silence import find_silence

MONDAY = date(2025, 1, 6)


def day(number):
    return np.datetime64(MONDAY + timedelta(days=number), "s")


def sessions(days, successes=1, failures=0, station=1):
    """So many sessions on each of these days, counted from a Monday."""
    counts = dict.fromkeys(DAY_COUNTS, 0) | {"successes": successes, "failures": failures}
    return pd.DataFrame({"station_key": station, "day": np.array([day(one) for one in days]), **counts})


def usual(attempts, last_day, station=1):
    """The usual week of one station in data that ends on this day."""
    keys = attempts["station_key"].unique()
    network = one_source(attempts, pd.Series(day(last_day), index=keys))
    return find_silence(attempts.sample(frac=1, random_state=1), network).set_index("station_key").loc[station]


def test_what_a_station_did_before_the_last_13_weeks_is_no_part_of_its_usual_week():
    row = usual(pd.concat([sessions(range(300), 9), sessions(range(300, 391), 2, 1)]), last_day=390)
    assert (row["attempts_per_week"], row["successes_per_week"]) == (21, 14)
    assert (row["usual_since"], row["usual_weeks"]) == (pd.Timestamp(day(300)), 13)
    earlier = usual(pd.concat([sessions(range(300), 9), sessions(range(300, 390), 2, 1)]), last_day=389)
    assert earlier["successes_per_week"] == pytest.approx((90 * 2 + 9) / 13)


def test_a_station_in_use_for_less_has_the_weeks_since_its_first_day():
    row = usual(pd.concat([sessions(range(20, 41), 3), sessions(range(41), station=2)]), last_day=40)
    assert (row["usual_since"], row["usual_weeks"], row["successes_per_week"]) == (pd.Timestamp(day(20)), 3, 21)


def test_the_weeks_of_a_silent_station_end_with_its_last_session():
    gone, others = sessions(range(200), 4), [sessions(range(240), station=key) for key in (2, 3, 4)]
    row = usual(pd.concat([gone, *others]), last_day=239)
    assert (row["silent"], row["usual_since"], row["successes_per_week"]) == (True, pd.Timestamp(day(109)), 28)


def test_weeks_that_are_not_in_the_data_are_replaced_by_earlier_ones():
    with_hole = [one for one in range(200) if not 150 <= one < 180]
    attempts = pd.concat([sessions(with_hole, 2 if key == 1 else 1, station=key) for key in (1, 2, 3, 4)])
    row = usual(attempts, last_day=199)
    assert (row["usual_since"], row["usual_weeks"]) == (pd.Timestamp(day(200 - 30 - 91)), 13)
    assert row["successes_per_week"] == 14


def test_the_first_of_the_usual_days_is_itself_in_the_data():
    with_hole = [one for one in range(221) if not 100 <= one < 130]
    attempts = pd.concat([sessions(with_hole, station=key) for key in (1, 2, 3, 4)])
    assert usual(attempts, last_day=220)["usual_since"] == pd.Timestamp(day(130))
    assert usual(attempts[attempts["day"] < day(220)], last_day=219)["usual_since"] == pd.Timestamp(day(99))


def test_the_spread_is_that_of_whole_weeks_counted_back_from_the_end():
    # Weeks of 7, 14, … 91 successes: the tenths of 13 evenly spaced numbers lie 1.2 steps from the ends.
    weeks = pd.concat([sessions(range(7 * week, 7 * week + 7), week + 1) for week in range(13)])
    row = usual(weeks, last_day=90)
    assert (row["successes_low"], row["successes_high"]) == (pytest.approx(7 * 2.2), pytest.approx(7 * 11.8))
    in_part = usual(pd.concat([sessions(range(-3, 0), 500), weeks[weeks["day"] < day(14)]]), last_day=13)
    assert (in_part["successes_low"], in_part["successes_high"]) == (pytest.approx(7.7), in_part["successes_per_week"])


def test_the_spread_holds_the_usual_week_itself():
    clumped = pd.concat([sessions(range(84), 0, 1), sessions(range(84, 91), 26)])
    row = usual(clumped, last_day=90)
    assert (row["successes_low"], row["successes_per_week"], row["successes_high"]) == (0, 14, 14)


def test_less_than_a_week_is_no_usual_week():
    row = usual(sessions(range(6)), last_day=5)
    assert row[["usual_weeks", "attempts_per_week", "successes_per_week", "successes_low"]].isna().all()
