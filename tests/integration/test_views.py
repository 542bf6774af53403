from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from evcharge.metrics.definitions import AFIREV, RECORDED
from evcharge.metrics.outcomes import count_outcomes
from evcharge.metrics.rates import with_rates
from evcharge.metrics.reasons import read_failures
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation, FactOutage, LoadLedger
from tests.support.star import MIXED, START, write_sessions


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
    for view in ("v_station_reliability", "v_port_daily", "v_failure_reasons"):
        assert rows_of(engine, view, "station_id") == []


def test_a_ratio_of_the_view_is_never_an_integer_division(engine):
    write_sessions(engine, {"success": True}, {"success": False}, {"success": True})
    (row,) = rows_of(engine, "v_station_reliability", "station_id")
    assert isinstance(row["recorded_success_ratio"], float | Decimal)
    assert float(row["recorded_success_ratio"]) == pytest.approx(2 / 3)


def test_the_view_of_stations_tells_who_runs_them_and_where_they_stand(engine):
    write_sessions(engine, {"station_id": "A"})
    said = {
        "operator": "City",
        "network": "RiverNet",
        "city": "Cary",
        "region": "NC",
        "country": "US",
        "latitude": 35.79,
        "longitude": -78.78,
    }
    with Session(engine) as session, session.begin():
        session.execute(update(DimStation).values(said))
    (row,) = rows_of(engine, "v_station_reliability", "station_id")
    assert {name: row[name] for name in said} == said


DAYS = (
    {"port_id": "1", "time_key": 2024122408, "energy_kwh": 7.5, "duration_minutes": 60.0, "success": True},
    {"port_id": "1", "time_key": 2024122423, "energy_kwh": 0.0, "duration_minutes": 1.0, "success": False},
    {"port_id": "1", "time_key": 2024122500, "energy_kwh": 2.5, "duration_minutes": 30.0, "success": None},
    {"port_id": None, "time_key": 2024122408, "energy_kwh": None, "duration_minutes": 9.0, "success": None},
    {"port_id": None, "time_key": 2024122409, "energy_kwh": None, "duration_minutes": 9.0, "success": True},
    {"port_id": "2", "time_key": 2024122408, "energy_kwh": 3.0, "duration_minutes": 9.0, "failures_included": "no"},
    {"station_id": "B", "port_id": "1", "time_key": 2024122408, "failures_included": "unknown"},
)
"""Sessions of four ports, one of them without a name, on two days."""


def test_the_view_of_days_has_a_row_for_each_port_and_local_day_with_sessions(engine):
    write_sessions(engine, *DAYS)
    rows = rows_of(engine, "v_port_daily", "station_id, local_date, coalesce(port_id, '')")
    names = ("recorded_successes", "recorded_failures", "recorded_unknown")
    names += ("afirev_successes", "afirev_failures", "afirev_unknown", "without_failures", "perhaps_without_failures")
    counts = [
        (row["station_id"], str(row["local_date"]), row["port_id"], row["sessions"], *(row[name] for name in names))
        for row in rows
    ]
    assert counts == [
        ("B", "2024-12-24", "1", 1, 0, 0, 1, 0, 0, 1, 0, 1),
        ("ST-1", "2024-12-24", None, 2, 1, 0, 1, 0, 0, 2, 0, 0),
        ("ST-1", "2024-12-24", "1", 2, 1, 1, 0, 1, 1, 0, 0, 0),
        ("ST-1", "2024-12-24", "2", 1, 0, 0, 1, 1, 0, 0, 1, 0),
        ("ST-1", "2024-12-25", "1", 1, 0, 0, 1, 1, 0, 0, 0, 0),
    ]
    assert [row["energy_kwh"] for row in rows] == [None, None, 7.5, 3.0, 2.5]
    assert {row["station_name"] for row in rows} == {"Stop ST-1", "Stop B"}


@pytest.mark.parametrize("definition", [RECORDED, AFIREV], ids=lambda definition: definition.id)
@pytest.mark.parametrize("sessions", [MIXED, DAYS], ids=["mixed", "days"])
def test_the_days_of_a_port_add_up_to_what_the_metrics_count(engine, sessions, definition):
    write_sessions(engine, *sessions)
    with Session(engine) as session:
        counted = count_outcomes(session, definition, Selection(), by="port")
    said = ("without_failures", "perhaps_without_failures")
    expected = {
        (row["station_id"], row["port_id"]): [row[name] for name in ("successes", "failures", "unknown", *said)]
        for row in counted.to_dict("records")
    }
    names = [f"{definition.id}_{name}" for name in ("successes", "failures", "unknown")]
    summed = {key: [0] * 5 for key in expected}
    for row in rows_of(engine, "v_port_daily", "station_id"):
        port = summed[row["station_id"], row["port_id"]]
        port[:] = [total + row[name] for total, name in zip(port, (*names, *said), strict=True)]
    assert summed == expected


FAILED = (
    {"stop_reason": "Local", "success": False, "energy_kwh": 9.0, "duration_minutes": 60.0},
    {"stop_reason": "Local", "success": False, "energy_kwh": 0.0, "duration_minutes": 1.0},
    {"stop_reason": "Local", "success": True, "energy_kwh": 0.0, "duration_minutes": 1.0},
    {"stop_reason": "Local", "success": True, "energy_kwh": 9.0, "duration_minutes": 60.0},
    {"stop_reason": "Local", "success": None, "energy_kwh": None, "duration_minutes": 60.0},
    {"stop_reason": "Local", "error_code": "E7", "success": None, "energy_kwh": 0.5, "duration_minutes": 60.0},
    {"stop_reason": "Other", "error_code": "E7", "success": True, "energy_kwh": 9.0, "duration_minutes": 60.0},
    {"success": False, "energy_kwh": None, "duration_minutes": None},
    {"station_id": "B", "success": False, "energy_kwh": 9.0, "duration_minutes": 2.0, "stop_reason": "Local"},
)
"""Sessions that fail by both definitions, by one of them, and by none."""


def test_the_view_of_reasons_holds_what_fails_by_either_definition_and_nothing_else(engine):
    write_sessions(engine, *FAILED)
    rows = rows_of(engine, "v_failure_reasons", "station_id, coalesce(stop_reason, ''), coalesce(error_code, '')")
    names = ("station_id", "stop_reason", "error_code", "sessions", "recorded_failures", "afirev_failures")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("B", "Local", None, 1, 1, 1),
        ("ST-1", None, None, 1, 1, 0),
        ("ST-1", "Local", None, 3, 2, 2),
        ("ST-1", "Local", "E7", 1, 0, 1),
    ]


@pytest.mark.parametrize("definition", [RECORDED, AFIREV], ids=lambda definition: definition.id)
@pytest.mark.parametrize("sessions", [MIXED, FAILED], ids=["mixed", "failed"])
def test_the_view_of_reasons_counts_the_failures_that_the_metrics_read(engine, sessions, definition):
    write_sessions(engine, *sessions)
    keys = ["source", "station_id", "stop_reason", "error_code"]
    with Session(engine) as session:
        failures = read_failures(session, definition, Selection())
    read = {tuple(row[name] for name in keys): row["sessions"] for row in failures.to_dict("records")}
    view = rows_of(engine, "v_failure_reasons", "station_id")
    counted = {tuple(row[name] for name in keys): row[f"{definition.id}_failures"] for row in view}
    assert read
    assert {key: count for key, count in counted.items() if count} == read


def test_the_view_of_outages_tells_what_was_reported_and_where_it_is_written(engine):
    write_sessions(engine, {"station_id": "A"})
    span = {"station_key": 1, "load_key": 1, "from_time": START, "until_time": START + timedelta(seconds=90.25)}
    claim = {"cause": "grid", "reference": "T-7", "claimed_by": "Ops"}
    with Session(engine) as session:
        session.add(FactOutage(**span, port_id="", kind="outage", source_line=3))
        session.add(FactOutage(**span, **claim, port_id="1", kind="exemption", source_line=4))
        file_name = session.scalars(select(LoadLedger.file_name)).one()
        session.commit()
    whole, own = rows_of(engine, "v_outages", "source_line")
    assert (whole["port_id"], whole["kind"], whole["cause"], whole["duration_minutes"]) == (
        "",
        "outage",
        None,
        90.25 / 60,
    )
    told = {**claim, "station_id": "A", "station_name": "Stop A", "port_id": "1", "kind": "exemption"}
    assert own.items() >= {**told, "file_name": file_name, "source_line": 4}.items()
