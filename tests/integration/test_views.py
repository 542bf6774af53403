from __future__ import annotations

import math
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from evcharge.metrics.definitions import AFIREV, RECORDED
from evcharge.metrics.outcomes import Selection, count_outcomes
from evcharge.metrics.rates import with_rates
from tests.unit.metrics.star import MIXED, START, write_sessions


@pytest.fixture
def mixed(engine):
    write_sessions(engine, *MIXED, idle=("E",))
    return engine


def rows_of(engine, view, order):
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {view} ORDER BY {order}")).mappings()]


@pytest.mark.parametrize("definition", [RECORDED, AFIREV], ids=lambda definition: definition.id)
def test_the_view_of_stations_counts_as_the_metrics_do(mixed, definition):
    with Session(mixed) as session:
        rated = with_rates(count_outcomes(session, definition, Selection()), 0.95)
    view = rows_of(mixed, "v_station_reliability", "source, station_id")
    counts = ("successes", "failures", "unknown")
    for row, counted in zip(view, rated.to_dict("records"), strict=True):
        assert (row["source"], row["station_id"], row["station_name"]) == (
            counted["source"],
            counted["station_id"],
            counted["name"],
        )
        assert [row[f"{definition.id}_{name}"] for name in counts] == [counted[name] for name in counts]
        assert row["sessions"] == sum(counted[name] for name in (*counts, "excluded"))
        for unsure in ("without_failures", "perhaps_without_failures"):
            assert row[unsure] == counted[unsure]
        ratio = row[f"{definition.id}_success_ratio"]
        expected = counted["success_ratio"]
        assert ratio is None if math.isnan(expected) else float(ratio) == pytest.approx(expected, abs=1e-12)


def test_the_view_of_stations_holds_the_counts_of_the_table(mixed):
    view = rows_of(mixed, "v_station_reliability", "station_id")
    names = ("station_id", "sessions", "recorded_successes", "recorded_failures", "recorded_unknown")
    assert [tuple(row[name] for name in names) for row in view] == [
        ("A", 5, 2, 2, 1),
        ("B", 2, 0, 0, 2),
        ("C", 2, 2, 0, 0),
        ("D", 1, 0, 0, 1),
    ]
    names = ("afirev_successes", "afirev_failures", "afirev_unknown", "without_failures")
    assert [tuple(row[name] for name in names) for row in view] == [
        (1, 2, 2, 0),
        (1, 1, 0, 0),
        (2, 0, 0, 1),
        (0, 0, 1, 0),
    ]


def test_the_view_of_stations_tells_first_and_last_start(engine):
    starts = [START.replace(hour=hour) for hour in (9, 7, 8)]
    write_sessions(engine, *({"start_time": start} for start in starts))
    (row,) = rows_of(engine, "v_station_reliability", "station_id")
    if engine.dialect.name == "sqlite":
        assert (row["first_start_time"], row["last_start_time"]) == (
            "2024-12-24T07:15:00.000Z",
            "2024-12-24T09:15:00.000Z",
        )
    else:
        assert (row["first_start_time"], row["last_start_time"]) == (starts[1], starts[0])


def test_the_view_of_sessions_has_one_row_for_each(mixed):
    rows = rows_of(mixed, "v_charging", "session_id")
    assert [(row["session_id"], row["station_id"], row["energy_kwh"]) for row in rows] == [
        (f"S{number}", session["station_id"], session["energy_kwh"]) for number, session in enumerate(MIXED)
    ]
    assert [row["failures_included"] for row in rows] == [row.get("failures_included", "yes") for row in MIXED]


@pytest.mark.parametrize(
    ("energy", "minutes", "average"),
    [(7.5, 60.0, 7.5), (11.0, 30.0, 22.0), (0.0, 5.0, 0.0), (3.0, 0.0, None), (None, 60.0, None), (3.0, None, None)],
)
def test_average_power_is_energy_over_time_where_both_are_known(engine, energy, minutes, average):
    write_sessions(engine, {"energy_kwh": energy, "duration_minutes": minutes})
    (row,) = rows_of(engine, "v_charging", "session_id")
    assert row["average_power_kw"] == (None if average is None else pytest.approx(average))


def test_the_view_of_sessions_leads_back_to_file_and_line(engine):
    write_sessions(engine, {"source_line": 17, "error_code": "E7"})
    (row,) = rows_of(engine, "v_charging", "session_id")
    assert (row["file_name"], row["source_line"], row["error_code"]) == ("sessions.csv", 17, "E7")
    assert (str(row["local_date"]), row["local_hour"], row["weekday"]) == ("2024-12-24", 8, 2)
    assert not row["is_weekend"]


def test_views_of_an_empty_database_are_empty(engine):
    assert rows_of(engine, "v_charging", "session_id") == []
    assert rows_of(engine, "v_station_reliability", "station_id") == []


def test_a_ratio_of_the_view_is_never_an_integer_division(engine):
    write_sessions(engine, {"success": True}, {"success": False}, {"success": True})
    (row,) = rows_of(engine, "v_station_reliability", "station_id")
    assert isinstance(row["recorded_success_ratio"], float | Decimal)
    assert float(row["recorded_success_ratio"]) == pytest.approx(2 / 3)
