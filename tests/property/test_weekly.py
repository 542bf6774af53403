from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.metrics.rates import CANT_TELL
from evcharge.metrics.weekly import (
    BASELINE_WEEKS,
    BETTER,
    DIRECTIONS,
    LEAST_POINTS,
    SMALL,
    WORSE,
    control_chart,
    direction,
    weekly_counts,
    why_no_limits,
)
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
def test_zero_low_centre_high_one_stand_in_this_order_and_signals_are_on_their_side(drawn):
    chart = control_chart(weeks_of(drawn))
    used = chart[chart["low"].notna()]
    assert ((used["low"] >= 0) & (used["low"] <= used["centre"])).all()
    assert ((used["centre"] <= used["high"]) & (used["high"] <= 1)).all()
    assert (used["success_ratio"][used["signal"] == WORSE] < used["centre"][used["signal"] == WORSE]).all()
    assert (used["success_ratio"][used["signal"] == BETTER] > used["centre"][used["signal"] == BETTER]).all()
    assert (chart["signal"][chart["attempts"] == 0] == "").all()
    assert len(used) == (0 if why_no_limits(chart) else (chart["attempts"] > 0).sum())


@laws(50)
@given(weeks)
def test_the_word_of_a_direction_agrees_with_its_size_and_its_date(drawn):
    chart = control_chart(weeks_of(drawn))
    said = direction(chart)
    assert said.word in DIRECTIONS
    assert (said.reason is not None) == (said.word == CANT_TELL)
    assert said.since is None or said.word in (WORSE, BETTER, SMALL)
    if said.word != CANT_TELL:
        assert np.isclose(said.points, 100 * (said.ratio_now - said.ratio_before))
    if said.word in (WORSE, BETTER, SMALL):
        assert (abs(said.points) < LEAST_POINTS) == (said.word == SMALL)
        assert said.word == SMALL or (said.points < 0) == (said.word == WORSE)
        later = chart[chart["attempts"] > 0][BASELINE_WEEKS:]
        since = later if said.since is None else later[later["week"] >= pd.Timestamp(said.since)]
        assert np.isclose(said.ratio_now, since["successes"].sum() / since["attempts"].sum())
        assert said.since is None or later["week"].iloc[0].date() < said.since == since["week"].iloc[0].date()
