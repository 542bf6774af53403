"""Every engine that can be had here counts what the star counts, to the last session."""

from __future__ import annotations

import shlex

import pandas as pd
import pytest

import evcharge
from evcharge.counts.check_statement import check_statement, faults_of
from evcharge.counts.contract import FRAMES
from evcharge.counts.dialects import SessionTable
from evcharge.counts.statement import frame_statement
from evcharge.metrics.letters import ORDER
from tests.support import engines
from tests.support.clean_sessions import MAPPED, in_order
from tests.support.counted import without_what_needs_sessions
from tests.support.engines import UTC

ON_ROWS = ("sqlite", "postgres")
ON_A_FILE = ("duckdb", "chdb", "spark")
TOKYO = "Asia/Tokyo"
pytestmark = pytest.mark.filterwarnings(
    "ignore:PySpark does not yet fully support pandas:FutureWarning",
    "ignore:The copy keyword is deprecated",  # pyspark's own call of pandas 3
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


def test_local_times_give_the_same_counts_in_a_session_of_another_zone(engine, world):
    assert counted(engine, "counts", world, TOKYO, start_local="start_local") == world.frames["counts"]


@pytest.mark.parametrize("zone", [UTC, TOKYO])
def test_instants_told_in_the_zone_of_the_stations_give_the_same_counts(engine, world, zone):
    if not engine.local:
        pytest.skip("it knows no zones")
    assert counted(engine, "counts", world, zone, start_local=engine.local) == world.frames["counts"]


def framed(engine, frame, world):
    """A frame as the engine gives it, detail of the stations that need attention."""
    statement = frame_statement(frame, SessionTable(engine.dialect, engine.table, MAPPED), ORDER, world.attention)
    return pd.DataFrame(engine.ask(statement.text, UTC))


def test_the_report_on_its_counts_is_that_on_the_star(engine, world):
    frames = {frame: framed(engine, frame, world) for frame in FRAMES}
    assert without_what_needs_sessions(evcharge.reliability(counts=frames).to_dict()) == world.document


def test_a_spark_dataframe_is_counted_there_and_gives_the_report_on_the_star(engine, world):
    if engine.frame is None:
        pytest.skip("it is not Spark")
    assert without_what_needs_sessions(evcharge.reliability(engine.frame).to_dict()) == world.document


def faults(engine, **mapped):
    """What the check finds."""
    table = SessionTable(engine.dialect, engine.table, {**MAPPED, **mapped})
    (row,) = engine.ask(check_statement(table, ORDER).text, UTC)
    return faults_of({name.lower(): int(value) for name, value in row.items()}, table)


def test_each_fault_is_found_and_cured_by_the_option_it_names(engine):
    nan = "2000" if engine.dialect == "sqlite" else "CAST('NaN' AS DOUBLE PRECISION)"  # SQLite keeps no NaN
    spoilt = f"CASE session_id WHEN 'S1' THEN -0.5 WHEN 'S2' THEN {nan} WHEN 'S3' THEN 2000 ELSE energy_kwh END"
    found = {
        fault.code: fault
        for fault in faults(
            engine,
            energy_kwh=spoilt,
            session_id="CASE session_id WHEN 'S40' THEN 'S0' ELSE session_id END",
        )
    }
    assert {code: fault.reason[:18] for code, fault in found.items()} == {
        "negative_energy": "1 of 100,000 sessi",
        "energy_beyond": "2 of 100,000 sessi",
        "repeated_ids": "100,000 rows have ",
    }
    option = shlex.split(found["energy_beyond"].hint.rpartition("--map ")[2])[0]
    assert faults(engine, energy_kwh=option.partition("=")[2]) == []


def test_an_instant_is_no_local_time_where_an_engine_tells(engine):
    if engine.dialect not in ("postgres", "duckdb"):
        pytest.skip("it tells no types of values, or keeps texts")
    assert [fault.code for fault in faults(engine, start_local="start_time")] == ["zoned"]
    assert faults(engine, start_local=engine.local) == faults(engine, start_local="start_local") == []


def test_an_empty_text_is_none(engine, world):
    empty = {name: f"COALESCE({name}, '')" for name in ("stop_reason", "error_code", "port_id", "next_status")}
    assert counted(engine, "counts", world, **empty) == world.frames["counts"]


def test_an_expression_reads_the_tables_column_not_one_of_ours_by_the_same_name(engine, world):
    mapped = {"station_id": "'X' || station_id", "name": "station_id", "region": "source", "latitude": "NULL"}
    stations = counted(engine, "stations", world, **mapped)
    assert {row[1] for row in stations} == {f"X{row[2]}" for row in stations}
    assert {row[0] for row in stations} == {row[3] for row in stations} == {"city", "l'état"}


def test_a_model_of_dbt_with_the_statement_as_its_body_makes_the_counts(world, tmp_path):
    with engines.dbt(world.parquet, tmp_path) as engine:
        assert counted(engine, "counts", world) == world.frames["counts"]
        assert faults(engine) == []
