from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from evcharge.metrics.days import DAY_COUNTS
from evcharge.metrics.silence import (
    FALSE_REPORT_CHANCE,
    LEAST_DAYS_KNOWN,
    SILENT_CHANCE,
    data_ends,
    find_silence,
    silent_limit,
    weekdays_within,
)

MONDAY = date(2025, 1, 6)


def sessions(days, per_day=1, outcome="successes", station=1):
    """So many sessions on each of these days, counted from a Monday."""
    day = [np.datetime64(MONDAY + timedelta(days=day), "s") for day in days]
    counts = {name: per_day if name == outcome else 0 for name in DAY_COUNTS}
    return pd.DataFrame({"station_key": station, "day": np.array(day, dtype="datetime64[s]"), **counts})


def found(attempts, last_day):
    """What is found of one station in data that ends on this day."""
    ends = pd.Series(np.datetime64(MONDAY + timedelta(days=last_day), "s"), index=[1])
    return find_silence(attempts, ends).iloc[0]


def test_weekdays_are_counted_as_on_a_calendar():
    rng = np.random.default_rng(2)
    first = rng.integers(-400, 20_000, 200)
    last = first + rng.integers(-1, 60, 200)
    expected = [
        [sum(day % 7 == weekday for day in range(one, other + 1)) for weekday in range(7)]
        for one, other in zip(first, last, strict=True)
    ]
    assert weekdays_within(first, last).tolist() == expected


def test_the_chance_of_a_pause_is_that_of_two_poisson_counts():
    # 28 days of 2 sessions, then 7 days of none: of 8 sessions on 4 Mondays none falls on the fifth, and so on.
    row = found(sessions(range(28), per_day=2), last_day=34)
    assert row["silence_chance"] == pytest.approx((4 / 5) ** (8 * 7))
    assert row["silent_days"] == 7
    assert row["last_session"] == pd.Timestamp(2025, 2, 2)
    assert row["silent"]


def test_with_much_data_the_chance_is_that_of_a_poisson_gap():
    row = found(sessions(range(7 * 500), per_day=1), last_day=7 * 500 + 6)
    assert row["silence_chance"] == pytest.approx(np.exp(-7), rel=0.01)
    assert not row["silent"]


def test_silence_begins_where_chance_gives_such_a_pause_less_than_once_in_ten_thousand():
    attempts = sessions(range(70))
    rows = [found(attempts, last_day=day) for day in range(69, 90)]
    chances = [row["silence_chance"] for row in rows]
    assert chances[0] == 1
    assert chances == sorted(chances, reverse=True)
    assert [bool(row["silent"]) for row in rows] == [chance < SILENT_CHANCE for chance in chances]
    assert rows[-1]["silent"]


def test_after_a_quarter_without_a_session_a_station_is_out_of_use_and_no_longer_silent():
    attempts = sessions(range(70))
    in_time, late = found(attempts, last_day=69 + 91), found(attempts, last_day=69 + 92)
    assert (in_time["silent"], in_time["out_of_use"]) == (True, False)
    assert (late["silent"], late["out_of_use"]) == (False, True)
    assert in_time["attempts_per_week"] == late["attempts_per_week"] == 7
    new = found(sessions(range(3)), last_day=200)
    assert (new["silent"], new["out_of_use"]) == (False, True)


def test_a_weekend_without_sessions_is_no_silence_where_weekends_have_none():
    workdays = [day for day in range(21) if day % 7 < 5]
    assert found(sessions(workdays, per_day=20), last_day=20)["silence_chance"] == 1
    assert found(sessions(workdays, per_day=20), last_day=22)["silent"]


def test_a_weekend_without_sessions_is_silence_where_weekends_have_as_many_as_other_days():
    assert found(sessions(range(19), per_day=20), last_day=20)["silent"]


def test_a_new_station_can_not_be_told_silent():
    known = sessions(range(LEAST_DAYS_KNOWN), per_day=50)
    new = sessions(range(LEAST_DAYS_KNOWN - 1), per_day=50)
    assert found(known, last_day=40)["silent"]
    assert not found(new, last_day=40)["silent"]
    assert np.isnan(found(new, last_day=40)["silence_chance"])


def test_a_session_of_any_outcome_shows_that_a_station_is_alive():
    dead = sessions(range(30), per_day=3)
    alive = pd.concat([dead, sessions(range(30, 60), per_day=3, outcome="unknown")])
    assert found(dead, last_day=59)["silent"]
    assert not found(alive, last_day=59)["silent"]


def test_usual_weeks_of_a_silent_station_end_with_its_last_session_and_of_a_live_one_with_the_data():
    half = pd.concat(
        [sessions(range(28), per_day=3), sessions(range(28), outcome="failures"), sessions([3], 9, "excluded")]
    )
    silent, live = found(half, last_day=55), found(half, last_day=28)
    assert (silent["silent"], silent["attempts_per_week"], silent["successes_per_week"]) == (True, 28, 21)
    assert (live["silent"], live["attempts_per_week"]) == (False, pytest.approx(112 / 29 * 7))


def test_less_than_a_week_tells_of_no_usual_week():
    assert np.isnan(found(sessions(range(3), per_day=9), last_day=5)["attempts_per_week"])
    assert found(sessions(range(3), per_day=9), last_day=6)["attempts_per_week"] == 27


def test_each_station_ends_with_the_data_of_its_own_source():
    attempts = pd.concat([sessions(range(30), 3), sessions(range(30), 3, station=2)])
    ends = pd.Series([np.datetime64("2025-02-04"), np.datetime64("2025-04-01")], index=[1, 2])
    assert find_silence(attempts, ends)["silent"].tolist() == [False, True]
    with pytest.raises(KeyError):
        find_silence(attempts, ends.loc[[1]])


def test_among_many_stations_the_limit_is_so_low_that_a_report_hardly_shows_a_live_one_as_silent():
    assert silent_limit(1) == silent_limit(50) == SILENT_CHANCE
    assert silent_limit(5_000) == FALSE_REPORT_CHANCE / 5_000 == 1e-6
    quiet = sessions(range(28), per_day=2, station=0)
    ends = pd.Series(np.datetime64(MONDAY + timedelta(days=34), "s"), index=range(5_000))
    few, many = (find_silence(quiet, ends.iloc[:stations]) for stations in (50, 5_000))
    assert silent_limit(5_000) < few["silence_chance"][0] == many["silence_chance"][0] < silent_limit(50)
    assert (few["silent"][0], many["silent"][0]) == (True, False)


def last_sessions(*days, hour=23, source="a"):
    """Stations of a source with their last session so many days after a Monday."""
    last_hour = [int(f"{MONDAY + timedelta(days=day):%Y%m%d}{hour:02}") for day in days]
    return pd.DataFrame({"station_key": range(len(days)), "source": source, "last_hour": last_hour})


def ends_after(stations):
    """How many days after the Monday the data of each station ends."""
    return (data_ends(stations) - pd.Timestamp(MONDAY)).dt.days.tolist()


def test_the_data_of_a_source_ends_with_the_latest_session_of_its_stations():
    other = last_sessions(70, 60, source="b").assign(station_key=[7, 8])
    assert ends_after(pd.concat([last_sessions(30, 41, 40), other])) == [41, 41, 41, 70, 70]


def test_the_last_day_is_whole_only_when_a_session_began_late_on_it():
    assert ends_after(last_sessions(30, 41, hour=22)) == [41, 41]
    assert ends_after(last_sessions(30, 41, hour=21)) == [40, 40]
    first_of_march = (date(2025, 3, 1) - MONDAY).days
    assert ends_after(last_sessions(first_of_march, hour=3)) == [first_of_march - 1]


def test_one_clock_in_ten_that_runs_ahead_does_not_move_the_end_of_the_data():
    assert ends_after(last_sessions(99, *range(30, 38))) == [99] * 9
    assert ends_after(last_sessions(99, *range(30, 39))) == [38] * 10
    assert ends_after(last_sessions(99, 98, *range(30, 39))) == [98] * 11


def test_a_station_whose_sessions_go_on_after_the_end_of_the_data_is_not_silent():
    row = found(sessions(range(40), per_day=3), last_day=30)
    assert (row["silence_chance"], row["silent_days"], row["attempts_per_week"]) == (1, 0, 21)


def test_no_attempts_give_no_rows():
    assert find_silence(sessions([]), pd.Series([], dtype="datetime64[s]")).empty
