from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evcharge.metrics.lost_visits import LOSS_RULE, LOST_VISITS, count_lost_visits

SUCCESS, FAILURE, UNKNOWN = "success", "failure", "unknown"


def attempt(start, outcome, minutes=1, station=1, selected=True):
    """An attempt that starts then, UTC; local days are those of UTC."""
    begin = pd.Timestamp(start, tz="UTC")
    row = {"station_key": station, "day": begin.tz_localize(None).normalize(), "start_time": begin}
    return row | {"end_time": begin + pd.Timedelta(minutes=minutes), "outcome": outcome, "selected": selected}


def table(*attempts):
    rows = pd.DataFrame(attempts)
    rows["day"] = rows["day"].astype("datetime64[s]")
    for name in ("start_time", "end_time"):
        rows[name] = rows[name].astype("datetime64[ms, UTC]")
    return rows


def spans(*stations, since="2025-03-01", usual_since="2025-03-01", weeks=2.0):
    begins = {"since": since, "usual_since": usual_since}
    frame = pd.DataFrame({"station_key": stations}).assign(**{name: pd.Timestamp(day) for name, day in begins.items()})
    return frame.assign(usual_weeks=weeks)


def counted(*attempts, **more):
    """Visits and failed visits of the present spell, and visits a week, of station 1."""
    (row,) = count_lost_visits(table(*attempts), spans(1, **more)).to_dict("records")
    assert list(row) == list(LOST_VISITS)
    return row["visits"], row["failed_visits"], row["visits_per_week"]


def failures_at(*starts):
    return [attempt(start, FAILURE) for start in starts]


def test_a_failure_after_which_the_driver_charges_is_no_failed_visit():
    retried = attempt("2025-03-03 08:00", FAILURE), attempt("2025-03-03 08:04", SUCCESS, 40)
    left = attempt("2025-03-03 12:00", FAILURE), attempt("2025-03-03 12:03", FAILURE)
    assert counted(*retried, *left) == (2, 1, 1)


def test_visits_are_those_of_the_rule_of_the_command():
    assert LOSS_RULE.id == "voltra_site_5"
    apart = attempt("2025-03-03 08:00", FAILURE), attempt("2025-03-03 08:07", SUCCESS, 40)
    assert counted(*apart) == (2, 1, 1)


def test_a_charge_ends_the_visit_so_that_the_next_driver_s_failure_is_seen():
    charged = attempt("2025-03-03 08:00", SUCCESS, 40), attempt("2025-03-03 08:42", FAILURE)
    assert counted(*charged) == (2, 1, 1)


def test_attempts_that_overlap_are_of_different_drivers_and_so_are_those_of_two_stations():
    overlapping = attempt("2025-03-03 08:00", FAILURE, 10), attempt("2025-03-03 08:05", SUCCESS, 40)
    assert counted(*overlapping) == (2, 1, 1)
    rows = table(attempt("2025-03-03 08:00", FAILURE), attempt("2025-03-03 08:03", SUCCESS, station=2))
    told = count_lost_visits(rows, spans(1, 2)).set_index("station_key")
    assert told["failed_visits"].tolist() == [1, 0]
    assert told["visits"].tolist() == [1, 1]


def on_its_day(*others):
    """A failure at 8:00, in data that begins before that day and ends after it."""
    edges = attempt("2025-03-02 12:00", SUCCESS), attempt("2025-03-11 12:00", SUCCESS)
    return count_lost_visits(table(attempt("2025-03-10 08:00", FAILURE), *others, *edges), spans(1)).iloc[0]


@pytest.mark.parametrize(
    ("start", "share"),
    [("08:37:59", 0), ("08:38:00", 1 / 6), ("08:44:00", 1 / 6), ("08:44:01", 0), ("07:22:00", 1 / 6), ("08:30:00", 0)],
)
def test_how_often_the_next_driver_hides_a_failure_is_seen_in_its_place_some_minutes_apart(start, share):
    assert on_its_day(attempt(f"2025-03-10 {start}", SUCCESS, 40))["joined_by_chance"] == share


def test_times_that_are_not_in_the_data_tell_nothing_of_chance():
    rows = table(attempt("2025-03-10 08:00", FAILURE), attempt("2025-03-10 08:44", SUCCESS, 40))
    assert count_lost_visits(rows, spans(1)).iloc[0]["joined_by_chance"] == pytest.approx(1 / 3)


def test_a_driver_who_comes_at_the_same_time_each_day_hides_nobody():
    days = [f"2025-03-{day:02} 08:00" for day in range(3, 25)]
    told = count_lost_visits(table(*failures_at(*days)), spans(1)).iloc[0]
    assert (told["joined_by_chance"], told["failed_visits"]) == (0, 22)


def test_failed_visits_that_chance_hides_are_part_of_the_volume():
    told = on_its_day(attempt("2025-03-10 08:40", SUCCESS, 40))
    assert (told["visits"], told["failed_visits"], told["joined_by_chance"]) == (4, 1, 1 / 6)
    assert told["visits_per_week"] == pytest.approx((4 + 0.2) / 2)


def test_the_order_of_the_rows_and_of_the_stations_changes_nothing():
    rows = table(
        *(
            attempt(f"2025-03-{day:02} 08:0{day % 5}", FAILURE if day % 3 else SUCCESS, station=1 + day % 2)
            for day in range(1, 29)
        )
    )
    told = count_lost_visits(rows, spans(1, 2))
    other = count_lost_visits(rows.sample(frac=1, random_state=3), spans(2, 1))
    pd.testing.assert_frame_equal(told, other.iloc[::-1].reset_index(drop=True))


def test_without_an_attempt_there_is_no_visit():
    told = count_lost_visits(table(attempt("2025-03-03 08:00", FAILURE)).head(0), spans(1)).iloc[0]
    assert told[["visits", "failed_visits", "joined_by_chance", "visits_per_week"]].tolist() == [0, 0, 0, 0]


def test_failed_visits_are_those_of_the_present_spell_and_the_volume_is_that_of_the_usual_weeks():
    before, after = attempt("2025-02-10 08:00", FAILURE), attempt("2025-03-10 08:00", FAILURE)
    assert counted(before, after, since="2025-03-01", usual_since="2025-02-01") == (1, 1, 1)
    assert counted(before, after, since="2025-02-01", usual_since="2025-03-01") == (2, 2, 0.5)


def test_a_visit_belongs_to_the_day_of_its_first_attempt():
    over_midnight = attempt("2025-02-28 23:58", FAILURE), attempt("2025-03-01 00:01", FAILURE)
    assert counted(*over_midnight, attempt("2025-03-04 08:00", FAILURE)) == (1, 1, 0.5)


def test_a_visit_that_begins_before_the_selected_days_is_not_counted_and_one_that_ends_after_them_is_seen_whole():
    before = attempt("2025-03-02 23:58", FAILURE, selected=False), attempt("2025-03-03 00:01", FAILURE)
    after = attempt("2025-03-31 23:58", FAILURE), attempt("2025-04-01 00:01", SUCCESS, selected=False)
    assert counted(*before, *after) == (1, 0, 0.5)


def test_visits_of_unknown_outcome_are_in_no_count():
    assert counted(attempt("2025-03-03 08:00", UNKNOWN), attempt("2025-03-03 12:00", FAILURE)) == (1, 1, 0.5)
    assert counted(attempt("2025-03-03 08:00", UNKNOWN)) == (0, 0, 0)


def test_without_a_usual_week_the_volume_is_missing():
    assert np.isnan(counted(attempt("2025-03-03 08:00", FAILURE), weeks=np.nan)[2])


def test_an_attempt_without_an_end_is_measured_from_its_start():
    retried = attempt("2025-03-03 08:00", FAILURE) | {"end_time": pd.NaT}, attempt("2025-03-03 08:04", SUCCESS, 40)
    assert counted(*retried) == (1, 0, 0.5)
