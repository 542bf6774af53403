from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.metrics.direction import DIRECTIONS, LEAST_POINTS, NO_CHANGE, SMALL, WORSE, direction
from evcharge.metrics.rates import CANT_TELL
from evcharge.metrics.weekly import ABOVE_BAND, BELOW_BAND, control_chart, weekly_counts
from tests.support.strategies import laws

pytestmark = pytest.mark.thorough

MONDAY = np.datetime64("2025-01-06", "s")
counts = st.integers(1, 400).flatmap(lambda tried: st.tuples(st.just(tried), st.integers(tried // 2, tried)))
weeks = st.lists(st.one_of(st.just((0, 0)), counts), min_size=0, max_size=40)


def weeks_of(drawn):
    """The frame of ``weekly_counts``."""
    attempts, successes = np.array(drawn, dtype="int64").reshape(-1, 2).T
    columns = {
        "week": MONDAY + np.arange(len(attempts)) * np.timedelta64(7, "D"),
        "attempts": attempts,
        "successes": successes,
        "success_ratio": np.where(attempts > 0, successes / np.maximum(attempts, 1), np.nan),
    }
    return pd.DataFrame(columns)


@laws(50)
@given(
    st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 9), st.integers(0, 9)), max_size=60),
    st.randoms(use_true_random=False),
)
def test_every_attempt_of_a_whole_week_is_counted_once_in_whatever_order_rows_come(rows, random):
    days = pd.DataFrame(rows, columns=["day", "successes", "failures"], dtype="int64")
    days["day"] = MONDAY + days["day"].to_numpy() * np.timedelta64(1, "D")
    found = weekly_counts(days)
    assert (np.diff(found["week"].to_numpy()) == np.timedelta64(7, "D")).all()
    assert (found["week"].dt.isocalendar().day == 1).all()
    if len(found):
        first, after = found["week"].iloc[0], found["week"].iloc[-1] + pd.Timedelta(days=7)
        assert days["day"].min() <= first
        assert after <= days["day"].max() + pd.Timedelta(days=1)
        whole = days[(days["day"] >= first) & (days["day"] < after)]
        assert found["successes"].sum() == whole["successes"].sum()
        assert found["attempts"].sum() == whole["successes"].sum() + whole["failures"].sum()
    order = list(range(len(rows)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(found, weekly_counts(days.iloc[order]))


@laws(50)
@given(weeks)
def test_zero_low_centre_high_one_stand_in_this_order_and_weeks_outside_are_on_their_side(drawn):
    chart = control_chart(weeks_of(drawn))
    used = chart[chart["low"].notna()]
    assert ((used["low"] >= 0) & (used["low"] <= used["centre"])).all()
    assert ((used["centre"] <= used["high"]) & (used["high"] <= 1)).all()
    for where, outside in (
        (BELOW_BAND, used["success_ratio"] < used["low"]),
        (ABOVE_BAND, used["success_ratio"] > used["high"]),
    ):
        assert ((used["outside"] == where) == outside).all()
    assert (chart["outside"][chart["low"].isna()] == "").all()
    assert len(used) in (0, (chart["attempts"] > 0).sum())


@laws(50)
@given(weeks, st.integers(0, 30), st.integers(0, 3))
def test_the_word_of_a_direction_agrees_with_its_size_its_weeks_and_its_stations(drawn, fall, others):
    counts = weeks_of(drawn).assign(failures=lambda frame: frame["attempts"] - frame["successes"])
    moved = (counts["successes"] * fall // 100).where(counts.index >= len(counts) - 6, 0)
    first = counts.assign(successes=counts["successes"] - moved, failures=counts["failures"] + moved)
    days = pd.concat([one.assign(station_key=key) for key, one in enumerate([first] + [counts] * others)])
    last = pd.DataFrame({"week": counts["week"][-1:] + pd.Timedelta(days=6), "successes": 0, "failures": 0})
    days = pd.concat([days, last.assign(station_key=0)]).rename(columns={"week": "day"})

    told = direction(days)
    assert told.word in DIRECTIONS
    assert (told.reason is not None) == (told.word == CANT_TELL)
    assert told.since is None or not told.stations
    if told.word == CANT_TELL:
        return
    assert np.isclose(told.points, 100 * (told.ratio_now - told.ratio_before))
    if told.word != NO_CHANGE:
        assert (abs(told.points) < LEAST_POINTS) == (told.word == SMALL)
        assert told.word == SMALL or (told.points < 0) == (told.word == WORSE)
    now = days[(days["day"] >= pd.Timestamp(told.first_day)) & (days["day"] <= pd.Timestamp(told.last_day))]
    assert np.isclose(told.ratio_now, now["successes"].sum() / (now["successes"] + now["failures"]).sum())
    if told.stations:
        shares = [station.share for station in told.stations]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares[:-1]) < 0.5 <= sum(shares)
