"""Every engine that can be had here counts what the star counts, to the last session."""

from __future__ import annotations

import pytest

from evcharge.counts.check_statement import check_statement, faults_of
from evcharge.counts.contract import FRAMES
from evcharge.counts.dialects import SessionTable
from evcharge.counts.statement import frame_statement
from evcharge.metrics.letters import ORDER
from tests.support import engines
from tests.support.clean_sessions import MAPPED, in_order
from tests.support.engines import UTC

ON_ROWS = ("sqlite", "postgres")
ON_A_FILE = ("duckdb", "chdb", "dbt", "spark")
TOKYO = "Asia/Tokyo"
pytestmark = pytest.mark.filterwarnings(
    "ignore:PySpark does not yet fully support pandas:FutureWarning",
    "ignore::ResourceWarning",  # pyspark leaves sockets to the garbage collector
)


@pytest.fixture(scope="module", params=[*ON_ROWS, *ON_A_FILE])
def engine(request, world, tmp_path_factory):
    """An engine with the sessions in it."""
    folder = tmp_path_factory.mktemp(request.param)
    with getattr(engines, request.param)(world.rows if request.param in ON_ROWS else world.parquet, folder) as there:
        yield there


def counted(engine, frame, world, zone=UTC, **mapped):
    """A frame without its column of letters, rows in order."""
    table = SessionTable(engine.dialect, engine.table, {**MAPPED, **mapped})
    statement = frame_statement(frame, table, ORDER, world.stations)
    rows = [{name.lower(): value for name, value in row.items()} for row in engine.ask(statement.text, zone)]
    names = [name for name in statement.columns if name != "letters"]
    whole = [name for name in names if statement.columns[name] == "integer"]
    return in_order(tuple(int(row[name]) if name in whole else row[name] for name in names) for row in rows)


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_is_that_of_the_star(engine, world, frame):
    assert counted(engine, frame, world) == world.frames[frame]


@pytest.mark.parametrize("zone", [UTC, TOKYO])
def test_local_times_give_the_same_counts_whatever_the_zone_of_the_session(engine, world, zone):
    assert counted(engine, "counts", world, zone, start_local="start_local") == world.frames["counts"]


@pytest.mark.parametrize("zone", [UTC, TOKYO])
def test_instants_told_in_the_zone_of_the_stations_give_the_same_counts(engine, world, zone):
    if not engine.local:
        pytest.skip("it knows no zones, or is DuckDB once more")
    assert counted(engine, "counts", world, zone, start_local=engine.local) == world.frames["counts"]


def faults(engine, **mapped):
    """What the check finds."""
    table = SessionTable(engine.dialect, engine.table, {**MAPPED, **mapped})
    (row,) = engine.ask(check_statement(table, ORDER).text, UTC)
    return faults_of({name.lower(): int(value) for name, value in row.items()}, table)


def test_a_clean_table_has_no_fault(engine):
    assert faults(engine) == []


def test_each_fault_is_found_and_cured_by_the_option_it_names(engine, world):
    number = "REAL" if engine.dialect == "sqlite" else "DOUBLE PRECISION"
    for bad, code in (("-0.5", "negative_energy"), ("'NaN'", "energy_beyond"), ("2000", "energy_beyond")):
        if bad == "'NaN'" and engine.dialect == "sqlite":
            continue  # it keeps none
        spoilt = f"CASE WHEN session_id IN ('S1', 'S2') THEN CAST({bad} AS {number}) ELSE energy_kwh END"
        (fault,) = faults(engine, energy_kwh=spoilt)
        assert (fault.code, fault.reason[:20]) == (code, "2 of 100,000 session")
        cure = fault.hint.rpartition("--map ")[2].strip("'").replace("'\"'\"'", "'").partition("=")[2]
        assert faults(engine, energy_kwh=cure) == []


def test_a_session_that_is_there_twice_is_found(engine):
    (fault,) = faults(engine, session_id="CASE session_id WHEN 'S40' THEN 'S0' ELSE session_id END")
    assert fault.code == "repeated_ids"
    assert fault.reason.startswith("100,000 rows have 99,999 different ids")


def test_an_empty_text_is_none(engine, world):
    empty = {name: f"COALESCE({name}, '')" for name in ("stop_reason", "error_code", "port_id", "next_status")}
    assert counted(engine, "counts", world, **empty) == world.frames["counts"]
