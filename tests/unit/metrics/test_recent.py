from __future__ import annotations

import numpy as np
import pandas as pd

from evcharge.metrics.recent import RECENT_DAYS, last_four_weeks

END = pd.Timestamp("2025-03-31")


def days_of(station, *ago_successes_failures):
    rows = [(station, END - pd.Timedelta(days=ago), *counts) for ago, *counts in ago_successes_failures]
    days = pd.DataFrame(rows, columns=["station_key", "day", "successes", "failures"])
    return days.astype({"day": "datetime64[s]", "successes": "int64", "failures": "int64"})


def ends(*stations, end=END):
    return pd.Series(pd.Series(end, index=pd.Index(stations, name="station_key"), dtype="datetime64[s]"))


def test_the_four_weeks_are_the_28_days_up_to_the_end_of_the_data_both_ends_included():
    days = days_of(1, (RECENT_DAYS, 64, 64), (RECENT_DAYS - 1, 3, 1), (0, 2, 0), (-1, 32, 32))
    row = last_four_weeks(days, ends(1)).iloc[0]
    assert (row["attempts_4_weeks"], row["successes_4_weeks"], row["ratio_4_weeks"]) == (6, 5, 5 / 6)


def test_each_station_has_the_end_of_its_own_data_in_whatever_order_days_come():
    days = pd.concat([days_of(2, (40, 1, 1), (3, 5, 0)), days_of(1, (40, 1, 1), (3, 5, 0))])
    data_ends = pd.concat([ends(1), ends(2, end=END - pd.Timedelta(days=30))])
    for part in (days, days.iloc[::-1]):
        assert last_four_weeks(part, data_ends)["attempts_4_weeks"].tolist() == [5, 2]


def test_a_station_without_attempts_in_the_four_weeks_has_a_row_with_no_rate():
    days = pd.concat([days_of(1, (40, 1, 1)), days_of(2, (0, 0, 0))])
    found = last_four_weeks(days, ends(1, 2, 3))
    assert found["station_key"].tolist() == [1, 2, 3]
    assert found["attempts_4_weeks"].tolist() == found["successes_4_weeks"].tolist() == [0, 0, 0]
    assert np.isnan(found["ratio_4_weeks"]).all()
