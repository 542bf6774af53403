from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from evcharge.metrics.weekly import (
    ABOVE_BAND,
    BELOW_BAND,
    LEAST_OF_EACH,
    LEAST_WEEKS,
    MOST_WEEKS,
    control_chart,
    weekly_counts,
)

MONDAY = date(2025, 1, 6)


def days_of(first, *counts):
    """A row a day from ``first`` on: successes and failures of each."""
    days = [first + timedelta(days=number) for number in range(len(counts))]
    frame = pd.DataFrame(counts, columns=["successes", "failures"], dtype="int64")
    return frame.assign(day=np.array(days, dtype="datetime64[s]"))


def weeks_of(*successes, attempts=100):
    """Weeks of so many attempts; None stands for a week without."""
    tried = np.array([0 if count is None else attempts for count in successes])
    succeeded = np.array([count or 0 for count in successes])
    columns = {
        "week": np.datetime64(MONDAY, "s") + np.arange(len(successes)) * np.timedelta64(7, "D"),
        "attempts": tried,
        "successes": succeeded,
        "success_ratio": np.where(tried > 0, succeeded / np.maximum(tried, 1), np.nan),
    }
    return pd.DataFrame(columns)


def monday(week):
    return MONDAY + timedelta(weeks=week)


# Weeks


def test_a_week_is_monday_to_sunday_of_all_rows_in_whatever_order():
    days = days_of(MONDAY, *[(10, 1)] * 14)
    twice = pd.concat([days, days]).sample(frac=1, random_state=1)
    found = weekly_counts(twice)
    assert found["week"].tolist() == [pd.Timestamp(MONDAY), pd.Timestamp(monday(1))]
    assert found["attempts"].tolist() == [154, 154]
    assert found["successes"].tolist() == [140, 140]
    assert found["success_ratio"].tolist() == [140 / 154, 140 / 154]


@pytest.mark.parametrize(
    ("first", "last", "mondays"),
    [
        (date(2025, 1, 6), date(2025, 1, 19), [date(2025, 1, 6), date(2025, 1, 13)]),
        (date(2025, 1, 7), date(2025, 1, 19), [date(2025, 1, 13)]),
        (date(2025, 1, 5), date(2025, 1, 18), [date(2025, 1, 6)]),
        (date(2025, 1, 7), date(2025, 1, 18), []),
        (date(2025, 1, 6), date(2025, 1, 6), []),
        (date(2024, 12, 28), date(2025, 1, 7), [date(2024, 12, 30)]),
        (date(1969, 12, 20), date(1970, 1, 5), [date(1969, 12, 22), date(1969, 12, 29)]),
    ],
)
def test_a_first_or_last_week_that_is_not_whole_is_left_out(first, last, mondays):
    found = weekly_counts(days_of(first, *[(1, 0)] * ((last - first).days + 1)))
    assert [one.date() for one in found["week"]] == mondays
    assert found["attempts"].tolist() == [7] * len(mondays)


def test_a_week_without_attempts_is_a_row_without_a_ratio():
    days = days_of(MONDAY, *[(1, 1)] * 7, *[(0, 0)] * 7, *[(1, 0)] * 7)
    found = weekly_counts(days[days["successes"] + days["failures"] > 0])
    assert found["attempts"].tolist() == [14, 0, 7]
    assert found["success_ratio"].isna().tolist() == [False, True, False]


def test_days_without_an_attempt_still_say_where_the_data_begins_and_ends():
    days = days_of(MONDAY, (0, 0), *[(1, 0)] * 5, (0, 0))
    assert weekly_counts(days)["attempts"].tolist() == [5]
    assert weekly_counts(days[1:]).empty


def test_of_many_years_the_last_104_weeks_count():
    found = weekly_counts(days_of(MONDAY, *[(1, 0)] * (7 * 150 + 3)))
    assert len(found) == MOST_WEEKS == 104
    assert (found["attempts"] == 7).all()
    assert found["week"].iloc[-1] == pd.Timestamp(MONDAY) + pd.Timedelta(weeks=149)


def test_no_days_give_no_weeks_of_the_same_types():
    none, some = weekly_counts(days_of(MONDAY)), weekly_counts(days_of(MONDAY, *[(1, 0)] * 7))
    assert none.empty
    assert none.dtypes.astype(str).tolist() == some.dtypes.astype(str).tolist()
    assert some.dtypes.astype(str).tolist() == ["datetime64[s]", "int64", "int64", "float64"]


# The chart


def test_centre_and_limits_are_laneys_computed_by_hand():
    successes, attempts = (
        (2880, 1900, 4790, 2910, 2400, 2870, 2895, 2840, 950, 1700),
        (3000, 2000, 5000, 3000, 2500, 3000, 3000, 3000, 1000, 2000),
    )
    weeks = weeks_of(*successes).assign(attempts=attempts)
    weeks["success_ratio"] = weeks["successes"] / weeks["attempts"]
    centre = sum(successes) / sum(attempts)
    z = [(k / n - centre) / (centre * (1 - centre) / n) ** 0.5 for k, n in zip(successes, attempts, strict=True)]
    sigma_z = sum(abs(second - first) for first, second in pairwise(z)) / 9 / 1.128
    assert sigma_z > 1
    chart = control_chart(weeks)
    assert chart["centre"].tolist() == pytest.approx([centre] * 10)
    reach = [3 * sigma_z * (centre * (1 - centre) / n) ** 0.5 for n in weeks["attempts"]]
    assert chart["low"].tolist() == pytest.approx([centre - one for one in reach])
    assert chart["high"].tolist() == pytest.approx([min(1, centre + one) for one in reach])


def test_weeks_that_differ_less_than_chance_makes_them_have_the_limits_of_chance():
    chart = control_chart(weeks_of(*[96] * 10))
    reach = 3 * (0.96 * 0.04 / 100) ** 0.5
    assert chart["low"].tolist() == pytest.approx([0.96 - reach] * 10)
    assert chart["high"].tolist() == [1.0] * 10


def test_limits_stay_between_zero_and_one():
    chart = control_chart(weeks_of(*[1, 3, 1, 4, 1, 3, 1, 4, 2, 2], attempts=5))
    assert (chart["low"] >= 0).all()
    assert (chart["high"] <= 1).all()


def test_a_week_outside_the_limits_is_below_or_above_and_a_week_without_attempts_is_neither():
    chart = control_chart(weeks_of(*[80, 81] * 10, None, 50, 100, 80))
    assert chart["outside"].tolist() == [""] * 21 + [BELOW_BAND, ABOVE_BAND, ""]
    assert chart[["low", "high"]].isna().all(axis=1).tolist() == [False] * 20 + [True] + [False] * 3
    assert chart["centre"].notna().all()


def test_many_weeks_in_a_row_on_one_side_are_not_outside_while_each_is_within():
    chart = control_chart(weeks_of(*[96] * 12, *[95] * 12))
    assert (chart["outside"] == "").all()


def test_where_something_changed_the_weeks_before_it_say_what_is_usual():
    weeks = weeks_of(*[96, 95, 97] * 4, *[80] * 8)
    before, all_weeks = control_chart(weeks, monday(12)), control_chart(weeks)
    assert before["centre"].tolist() == pytest.approx([0.96] * 20)
    assert all_weeks["centre"].tolist() == pytest.approx([0.896] * 20)
    pd.testing.assert_series_equal(before["low"][:12], control_chart(weeks[:12])["low"])
    assert before["outside"].tolist() == [""] * 12 + [BELOW_BAND] * 8


def test_too_few_weeks_failures_or_successes_have_no_limits():
    assert control_chart(weeks_of(*[90] * LEAST_WEEKS, None))["centre"].notna().all()
    enough, half = 100 - LEAST_OF_EACH, LEAST_OF_EACH - 1
    assert control_chart(weeks_of(*[100] * 9, enough))["centre"].notna().all()
    for weeks in (
        weeks_of(*[90] * (LEAST_WEEKS - 1), None),
        weeks_of(*[100] * 9, 100 - half),
        weeks_of(*[0] * 9, half),
        weekly_counts(days_of(MONDAY)),
    ):
        chart = control_chart(weeks)
        assert chart[["centre", "low", "high"]].isna().all(axis=None)
        assert (chart["outside"] == "").all()
