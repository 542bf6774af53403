from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from evcharge.metrics.days import DAY_COUNTS
from evcharge.metrics.exposure import LEAST_DAYS_KNOWN, LOOK_BACK_DAYS, Network, one_source
from evcharge.metrics.silence import FALSE_REPORT_CHANCE, SILENT_CHANCE, data_ends, find_silence, silent_limit

MONDAY = date(2025, 1, 6)


def sessions(days, per_day=1, outcome="successes", station=1):
    """So many sessions on each of these days, counted from a Monday."""
    day = [np.datetime64(MONDAY + timedelta(days=day), "s") for day in days]
    counts = {name: per_day if name == outcome else 0 for name in DAY_COUNTS}
    return pd.DataFrame({"station_key": station, "day": np.array(day, dtype="datetime64[s]"), **counts})


def found(attempts, last_day):
    """What is found of one station in data that ends on this day."""
    return find_silence(attempts, network(attempts, last_day)).set_index("station_key").loc[1]


def network(attempts, last_day):
    """All stations of these days, of one source and one file, the data of which ends on this day."""
    keys = attempts["station_key"].unique()
    return one_source(attempts, pd.Series(np.datetime64(MONDAY + timedelta(days=last_day), "s"), index=keys))


def others(days, per_day=3):
    """Three stations that go on: enough to tell what a day weighs."""
    return pd.concat([sessions(days, per_day, station=station) for station in (7, 8, 9)])


def test_the_chance_of_a_pause_is_that_of_two_poisson_counts():
    # 28 days of 2 sessions, then 7 days of none: of 8 sessions on 4 Mondays none falls on the fifth, and so on.
    row = found(sessions(range(28), per_day=2), last_day=34)
    assert row["silence_chance"] == pytest.approx((4 / 5) ** (8 * 7))
    assert row["silent_days"] == 7
    assert row["last_session"] == pd.Timestamp(2025, 2, 2)
    assert row["silent"]


def test_the_chance_is_that_of_the_half_year_up_to_the_last_session():
    row = found(sessions(range(7 * 500), per_day=1), last_day=7 * 500 + 6)
    assert row["silence_chance"] == pytest.approx((182 / 189) ** 182)
    assert LOOK_BACK_DAYS == 182
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


def test_a_day_weighs_what_the_other_stations_of_the_source_did_on_it():
    # 56 sessions in 28 days of 9 sessions elsewhere, then 7 days of 1 in place of 9: 252 and 7 sessions of the others.
    slow = sessions(range(28, 35), 1, station=7)
    row = found(pd.concat([sessions(range(28), per_day=2), others(range(28)), slow]), last_day=34)
    assert row["silence_chance"] == pytest.approx((252 / (252 + 7)) ** 56)
    assert not row["silent"]
    busy = found(pd.concat([sessions(range(28), per_day=2), others(range(35))]), last_day=34)
    assert busy["silence_chance"] == pytest.approx((4 / 5) ** 56)


def test_days_on_which_no_other_station_charged_are_no_silence():
    attempts = pd.concat([sessions(range(59), per_day=2), others(range(59)), others([90, 91])])
    row = found(attempts, last_day=91)
    assert row["silent_days"] == 33
    assert row["silence_chance"] == pytest.approx((531 / (531 + 18)) ** 118)
    assert not row["silent"]


def test_stations_that_are_long_gone_tell_nothing_of_a_day():
    gone = others(range(28))
    alone = sessions(range(400, 500), per_day=3)
    assert not found(pd.concat([gone, alone]), last_day=499)["silent"]
    assert found(pd.concat([gone, alone]), last_day=506)["silent"]
    pair = pd.concat([alone, sessions(range(400, 507), 1, station=2)])
    assert found(pd.concat([gone, pair]), last_day=506)["silence_chance"] == found(pair, 506)["silence_chance"]


def test_a_station_whose_visits_come_in_clumps_is_silent_later_than_one_that_is_used_evenly():
    even = pd.concat([sessions(range(70), per_day=2), others(range(120))])
    clumped = pd.concat([sessions(range(0, 70, 7), per_day=14), others(range(120))])
    assert found(even, last_day=76)["silent"]
    assert not found(clumped, last_day=76)["silent"]
    # Of each week's 14 sessions one day has all: (14 - 2)² / 2 on it and 2 on the others, 12 in the mean of 7 days.
    row = found(clumped.query("day < '2025-03-11' or station_key > 1"), last_day=83)
    assert row["silence_chance"] == pytest.approx((64 / (64 + 20)) ** (140 / phi_of_clumps()), rel=1e-6)


def phi_of_clumps():
    """The mean of (k − μ)² / μ over the 64 days from the first clump to the last, ten of which have 14 sessions."""
    usual = 140 / 64
    return (10 * (14 - usual) ** 2 / usual + 54 * usual) / 64


def test_one_or_two_stations_are_told_by_the_days_that_loads_cover():
    loaded = sessions(range(59), per_day=4)
    whole = network(loaded, 58)
    missing = whole._replace(covered=whole.covered.assign(last_day=pd.Timestamp(2025, 3, 5)))
    later = pd.concat([loaded, sessions([120], station=2)])
    ends = pd.Series(np.datetime64(MONDAY + timedelta(days=120), "s"), index=[1, 2])
    network_later = one_source(later, ends)
    assert find_silence(later, network_later)["silence_chance"][0] < 1e-50
    uncovered = network_later._replace(covered=missing.covered)
    assert find_silence(later, uncovered)["silence_chance"][0] == 1


def asked_to(attempts, data_end, day):
    """What is found of station 1 where a day after the end of the data was asked for."""
    known = network(attempts, data_end)
    asked = known._replace(asked_to=(MONDAY - date(1970, 1, 1)).days + day)
    return find_silence(attempts, asked).set_index("station_key").loc[1]


def test_a_lone_station_is_silent_where_days_after_its_last_session_were_asked_for():
    lone = sessions(range(59), per_day=4)
    assert not found(lone, last_day=58)["silent"]
    row = asked_to(lone, 58, 119)
    assert (row["silent"], row["silent_days"], row["no_data"]) == (True, 61, False)


def test_a_source_that_ends_long_before_the_last_day_asked_for_has_no_data_and_no_silent_station():
    attempts = pd.concat([sessions(range(59), per_day=4), others(range(59))])
    row = asked_to(attempts, 58, 119)
    assert (row["silent"], row["silent_days"], row["no_data"]) == (False, 0, True)
    assert row["data_ends"] == pd.Timestamp(MONDAY + timedelta(days=58))
    assert not asked_to(attempts, 58, 64)["no_data"]
    assert not found(attempts, 58)["no_data"]


def test_a_month_that_is_not_in_the_data_is_no_part_of_the_usual_weeks():
    there = [*range(59), *range(90, 104)]
    attempts = pd.concat([sessions(there, per_day=2), others(there)])
    assert found(attempts, last_day=103)["attempts_per_week"] == pytest.approx(14)


def test_each_station_ends_with_the_data_of_its_own_source():
    attempts = pd.concat([sessions(range(30), 3), sessions(range(30), 3, station=2)])
    parts = [network(attempts.query(f"station_key == {key}"), end) for key, end in ((1, 29), (2, 85))]
    named = [[frame.assign(source=name) for frame in part[:3]] for name, part in zip("ab", parts, strict=True)]
    both = Network(*(pd.concat(frames) for frames in zip(*named, strict=True)))
    assert find_silence(attempts, both)["silent"].tolist() == [False, True]


def test_among_many_stations_the_limit_is_so_low_that_a_report_hardly_shows_a_live_one_as_silent():
    assert silent_limit(1) == silent_limit(50) == SILENT_CHANCE
    assert silent_limit(5_000) == FALSE_REPORT_CHANCE / 5_000 == 1e-6


@pytest.mark.parametrize(("last_day_of_most", "silent"), [(34, False), (-60, True)])
def test_the_limit_is_that_of_the_stations_in_use(last_day_of_most, silent):
    quiet = pd.concat([sessions(range(28), per_day=2), others(range(35))])
    known = network(quiet, 34)
    day = np.datetime64(MONDAY + timedelta(days=last_day_of_most), "s")
    most = pd.DataFrame({"source": "", "first_day": day, "last_day": day}, index=range(100, 5_100))
    most = most.assign(data_ends=known.stations["data_ends"].iloc[0])
    row = find_silence(quiet, known._replace(stations=pd.concat([known.stations, most]))).iloc[0]
    assert silent_limit(5_000) < row["silence_chance"] < silent_limit(50)
    assert row["silent"] == silent


def last_sessions(*days, hour=23, source="a"):
    """Stations of a source with their last session so many days after a Monday."""
    last_hour = [int(f"{MONDAY + timedelta(days=day):%Y%m%d}{hour:02}") for day in days]
    return pd.DataFrame({"station_key": range(len(days)), "source": source, "last_hour": last_hour})


def ends_after(stations, per_day=9):
    """How many days after the Monday the data of each station ends, each source having had so many sessions a day."""
    last = pd.to_datetime((stations["last_hour"] // 100).astype(str), format="%Y%m%d")
    days = [
        pd.DataFrame({"source": source, "day": pd.date_range(MONDAY, end), "sessions": per_day})
        for source, end in last.groupby(stations["source"]).max().items()
    ]
    days = pd.concat(days).assign(day=lambda frame: frame["day"].astype("datetime64[s]"))
    return (data_ends(stations, days) - pd.Timestamp(MONDAY)).dt.days.tolist()


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


def test_the_clocks_set_aside_are_those_of_the_stations_in_use():
    # 30 stations of long ago, three of now, two of which go on: not a tenth of the stations, but all that is there.
    assert ends_after(last_sessions(*[30] * 30, 900, 900, 841)) == [900] * 33


def test_a_clock_that_runs_a_year_ahead_does_not_move_the_end_of_the_data_where_its_station_is_little_used():
    stations = last_sessions(*[30] * 29, 395)
    day = np.array([MONDAY + timedelta(days=day) for day in (*range(31), *range(365, 396))], dtype="datetime64[s]")
    days = pd.DataFrame({"source": "a", "day": day, "sessions": [29] * 31 + [1] * 31})
    assert (data_ends(stations, days) == pd.Timestamp(MONDAY + timedelta(days=30))).all()
    busy = days.assign(sessions=[29] * 31 + [9] * 31)
    assert (data_ends(stations, busy) == pd.Timestamp(MONDAY + timedelta(days=395))).all()


def test_a_station_whose_sessions_go_on_after_the_end_of_the_data_is_not_silent():
    row = found(sessions(range(40), per_day=3), last_day=30)
    assert (row["silence_chance"], row["silent_days"], row["attempts_per_week"]) == (1, 0, 21)


def test_no_attempts_give_no_rows():
    assert find_silence(sessions([]), one_source(sessions([]), pd.Series([], dtype="datetime64[s]"))).empty
