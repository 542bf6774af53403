"""The statements run where the table is: what they count is what the star has, on both databases of evcharge."""

from __future__ import annotations

import csv
import shlex
import shutil

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from evcharge.counts.contract import FRAMES
from evcharge.counts.dialects import SessionTable
from evcharge.counts.engines import check_table, connected, dialect_of, write_frames
from evcharge.counts.statement import frame_statement
from evcharge.db import open_engine
from evcharge.errors import ConfigError, DatabaseError, ReportError
from evcharge.metrics.definitions import UCDAVIS_1KWH
from evcharge.metrics.letters import ORDER
from tests.support.clean_sessions import (
    COLUMNS,
    MAPPED,
    clean_sessions,
    frame_of_star,
    in_order,
    write_star,
    write_table,
)
from tests.support.databases import postgres_database, temporary_database

pytestmark = pytest.mark.thorough
ROWS = clean_sessions(3_000)
STATIONS = [ROWS[5][:2], ROWS[0][:2]]


def fill(url):
    """Writes the sessions into a star, and beside it as one flat table."""
    engine = open_engine(url, writes=True)
    write_star(engine, ROWS)
    write_table(engine, ROWS)
    engine.dispose()


@pytest.fixture(scope="module")
def filled_sqlite(migrated_sqlite, tmp_path_factory):
    path = tmp_path_factory.mktemp("filled") / "star.db"
    shutil.copyfile(migrated_sqlite, path)
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def filled_postgres(migrated_postgres):
    with temporary_database(migrated_postgres) as name:
        fill(postgres_database(name))
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def star(request, tmp_path):
    """The URL of a star, beside it the same sessions as one flat table; each test has a copy of its own."""
    if request.param == "sqlite":
        path = tmp_path / "star.db"
        shutil.copyfile(request.getfixturevalue("filled_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    with temporary_database(request.getfixturevalue("filled_postgres")) as name:
        yield postgres_database(name)


def table_of(url, **mapped):
    return SessionTable(dialect_of(url), "clean_sessions", {**MAPPED, **mapped})


def counted(url, frame, table):
    """A frame without its column of letters, rows in order."""
    statement = frame_statement(frame, table, ORDER, STATIONS)
    with connected(url) as connection:
        rows = [dict(row) for row in connection.exec_driver_sql(statement.text).mappings()]
    names = [name for name in statement.columns if name != "letters"]
    return in_order(
        [int(row[name]) if statement.columns[name] == "integer" else row[name] for name in names] for row in rows
    )


def test_every_frame_has_what_the_star_has(star):
    engine = open_engine(star)
    for frame in FRAMES:
        want = frame_of_star(engine, frame, STATIONS)
        assert len(want) > 10
        assert counted(star, frame, table_of(star)) == want, frame
        assert counted(star, frame, table_of(star, start_local="start_local")) == want, frame


def test_another_zone_of_the_session_changes_nothing(star, monkeypatch):
    monkeypatch.setenv("PGTZ", "Asia/Tokyo")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    want = frame_of_star(open_engine(star), "counts")
    assert counted(star, "counts", table_of(star, start_local="start_local")) == want


def test_a_clean_table_has_no_fault(star):
    with connected(star) as connection:
        assert check_table(connection, table_of(star), ORDER) == (3_000, [])


FAULTS = {
    "without_id": "station_id = NULL",
    "without_hour": "time_key = 20241224",
    "negative_energy": "energy_kwh = -0.5",
    "energy_beyond": "energy_kwh = 20000",
    "ends_before_start": "duration_minutes = -1",
    "duration_beyond": "duration_minutes = 10000000",
    "unknown_word": "failures_included = 'maybe'",
    "repeated_ids": "session_id = 'S3', source = 'city', station_id = 'ST 01/ü'",
}


def spoil(url, change):
    """Changes some sessions of the table, of three stations."""
    with open_engine(url, writes=True).begin() as connection:
        connection.execute(text(f"UPDATE clean_sessions SET {change} WHERE session_id IN ('S3', 'S43', 'S44')"))


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_with_its_number(star, fault):
    spoil(star, FAULTS[fault])
    with connected(star) as connection:
        faults = check_table(connection, table_of(star), ORDER).faults
    assert [one.code for one in faults] == [fault]
    assert faults[0].reason.startswith("3,000 rows have 2,998" if fault == "repeated_ids" else "3 of 3,000 sessions ")
    assert faults[0].hint


@pytest.mark.parametrize("value", ["'NaN'", "'Infinity'", "-0.5", "1000.5"])
@pytest.mark.parametrize("column", ["energy_kwh", "duration_minutes"])
def test_the_option_that_cures_an_impossible_number_leaves_it_out(star, column, value):
    if "'" in value and star.startswith("sqlite"):
        pytest.skip("SQLite has no such number")
    spoil(star, f"{column} = {value if column == 'energy_kwh' or value != '1000.5' else '1e8'}")
    with connected(star) as connection:
        (fault,) = check_table(connection, table_of(star), ORDER).faults
        cure = fault.hint.rpartition("--map ")[2].strip("'").partition("=")[2]
        cured = table_of(star, **{column: cure})
        assert check_table(connection, cured, ORDER).faults == []
    spoil(star, f"{column} = NULL")
    assert counted(star, "counts", cured) == counted(star, "counts", table_of(star))


@pytest.mark.parametrize("key", [2025139917, 2025003117, 2025043217, 2025040017, 2025040124])
def test_a_month_a_day_or_an_hour_that_there_is_not_is_told(star, key):
    spoil(star, f"time_key = {key}")
    with connected(star) as connection:
        assert [fault.code for fault in check_table(connection, table_of(star), ORDER).faults] == ["without_hour"]


@pytest.mark.parametrize(
    "change", ["energy_kwh = '7.5 kWh'", "success = 'true'", "success = -1", "success = 0.5", "duration_minutes = ''"]
)
def test_a_text_for_a_number_is_told_on_sqlite_which_would_take_it(sqlite_url, change):
    write_table(open_engine(sqlite_url, writes=True), ROWS[:50])
    spoil(sqlite_url, change)
    with connected(sqlite_url) as connection:
        assert [fault.code for fault in check_table(connection, table_of(sqlite_url), ORDER).faults] == ["other_type"]


def test_an_offset_behind_a_local_time_is_not_applied_on_sqlite(sqlite_url):
    write_table(open_engine(sqlite_url, writes=True), ROWS[:50])
    table = table_of(sqlite_url, start_local="start_local")
    want = counted(sqlite_url, "counts", table)
    with open_engine(sqlite_url, writes=True).begin() as connection:
        connection.execute(text("UPDATE clean_sessions SET start_local = substr(start_local, 1, 19) || '+09:00'"))
    assert counted(sqlite_url, "counts", table) == want


@pytest.mark.parametrize("behind", ["Z", "z", "+02:00", "-09:30", "+02"])
def test_a_local_time_with_a_zone_is_told_on_sqlite(sqlite_url, behind):
    write_table(open_engine(sqlite_url, writes=True), ROWS[:50])
    table = table_of(sqlite_url, start_local="start_local")
    with connected(sqlite_url) as connection:
        assert check_table(connection, table, ORDER).faults == []
    spoil(sqlite_url, f"start_local = substr(start_local, 1, 19) || '{behind}'")
    with connected(sqlite_url) as connection:
        (fault,) = check_table(connection, table, ORDER).faults
        assert (fault.code, fault.reason[:2]) == ("zoned", "3 ")
        cure = fault.hint.rpartition("--map ")[2].strip("'").partition("=")[2]
        assert check_table(connection, table_of(sqlite_url, start_local=cure), ORDER).faults == []


@pytest.mark.parametrize("star", ["postgresql"], indirect=True)
def test_an_instant_is_no_local_time_on_postgresql(star):
    with connected(star) as connection:
        (fault,) = check_table(connection, table_of(star, start_local="start_time"), ORDER).faults
        assert fault.code == "zoned"
        (option,) = shlex.split(fault.hint.rpartition("--map ")[2])
        cured = table_of(star, start_local=option.partition("=")[2])
        assert check_table(connection, cured, ORDER).faults == []
    assert counted(star, "counts", cured) == frame_of_star(open_engine(star), "counts")


@pytest.mark.parametrize("given", ["", " ", "select 1", "WITH a AS (SELECT 1) SELECT * FROM a"])
def test_what_is_no_table_is_refused_with_what_would_be_one(given):
    with pytest.raises(ConfigError, match="it is no table") as refused:
        SessionTable("sqlite", given, {})
    assert "(SELECT …) in brackets" in refused.value.hint


def test_a_file_that_is_not_there_is_not_to_be_made(tmp_path):
    with pytest.raises(DatabaseError) as refused, connected(f"sqlite:///{tmp_path / 'none.db'}"):
        pass
    assert (refused.value.code, "upgrade" in refused.value.hint) == ("database_missing", False)


@pytest.mark.parametrize("given", ["SUM(energy_kwh)", "1 + MAX(energy_kwh)"])
def test_an_expression_of_more_than_one_row_is_refused(given):
    with pytest.raises(ConfigError, match="it is of more than one row"):
        SessionTable("sqlite", "clean_sessions", {"energy_kwh": given})


def test_an_empty_text_is_none(star):
    spoil(star, "stop_reason = NULL, error_code = NULL, port_id = NULL, next_status = NULL")
    want = [counted(star, frame, table_of(star)) for frame in FRAMES]
    spoil(star, "stop_reason = '', error_code = '', port_id = '', next_status = ''")
    assert [counted(star, frame, table_of(star)) for frame in FRAMES] == want


def test_columns_that_the_table_lacks_are_told_with_the_options_to_type(star):
    with open_engine(star, writes=True).begin() as connection:
        for name in ("reached_charging", "next_status", "source"):
            connection.execute(text(f"ALTER TABLE clean_sessions DROP COLUMN {name}"))
    with connected(star) as connection:
        (fault,) = check_table(connection, table_of(star), ORDER).faults
        assert fault.reason == "clean_sessions has no columns source, reached_charging, next_status."
        assert fault.hint.endswith(": --map source=THEIRS --map reached_charging=NULL --map next_status=NULL")
        lacking = table_of(star, source="'city'", reached_charging="NULL", next_status="NULL")
        assert check_table(connection, lacking, ORDER).faults == []


def test_a_column_that_no_definition_looks_at_need_not_be_there(star):
    with open_engine(star, writes=True).begin() as connection:
        for name in ("duration_minutes", "success"):
            connection.execute(text(f"ALTER TABLE clean_sessions DROP COLUMN {name}"))
    with connected(star) as connection:
        assert check_table(connection, table_of(star), [UCDAVIS_1KWH]) == (3_000, [])


def read_back(path):
    if path.suffix == ".parquet":
        return pd.DataFrame(pq.read_table(path).to_pydict())  # an old pyarrow warns of making a frame itself
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=object)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_frames_are_written_whole_with_their_names(star, tmp_path, file_format):
    folder = tmp_path / "new" / "counts"
    with connected(star) as connection:
        written = write_frames(connection, table_of(star), ORDER, folder, file_format, STATIONS)
    assert [one.path for one in written] == [folder / f"{frame}.{file_format}" for frame in FRAMES]
    engine = open_engine(star)
    for one, frame in zip(written, FRAMES, strict=True):
        rows = read_back(one.path).drop(columns="letters", errors="ignore")
        want = frame_of_star(engine, frame, STATIONS)
        assert one.rows == len(rows) == len(want)
        texts = [tuple("" if value is None else str(value) for value in row) for row in want]
        assert in_order(rows.fillna("").astype(str).itertuples(index=False, name=None)) == in_order(texts)


def test_the_csv_tells_missing_from_text_and_keeps_every_letter(sqlite_url, tmp_path):
    odd = [dict(zip(COLUMNS, row, strict=True)) | {"station_id": '=1+1,"a"\r\n'} for row in ROWS[:1]]
    write_table(open_engine(sqlite_url, writes=True), [tuple(row.values()) for row in odd])
    with connected(sqlite_url) as connection:
        write_frames(connection, table_of(sqlite_url), ORDER, tmp_path)
    with (tmp_path / "stations.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["station_id"] == '=1+1,"a"\r\n'


def test_nothing_is_written_where_a_frame_fails(star, tmp_path):
    (tmp_path / "failures.csv").mkdir()
    with pytest.raises(ReportError), connected(star) as connection:
        write_frames(connection, table_of(star), ORDER, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["failures.csv"] + ["star.db"] * star.startswith(
        "sqlite"
    )


# Where the table can't be reached


def refusal_of(url, table="clean_sessions"):
    with pytest.raises(DatabaseError) as refusal, connected(url) as connection:
        check_table(connection, SessionTable(dialect_of(url), table), ORDER)
    return refusal.value


def test_what_the_engine_refuses_is_told_in_its_words(url):
    refused = refusal_of(url)
    assert refused.code == "database_refused"
    assert "clean_sessions" in refused.reason
    assert "Nothing was changed" not in refused.reason


def test_a_driver_that_is_missing_is_named():
    refused = refusal_of("snowflake://user:secret@account/db")
    assert refused.code == "driver_missing"
    assert refused.hint == "Run: pip install 'snowflake-sqlalchemy'"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("oracle://user:secret@host/db", "database_not_supported"),
        ("nonsense:secret", "database_url_unreadable"),
        ("postgresql://user:secret@127.0.0.1:1/db?sslpassword=secret", "database_refused"),
        ("sqlite:///not-there.db", "database_missing"),
    ],
)
def test_a_url_that_leads_nowhere_is_an_error_without_the_password(url, code):
    refused = refusal_of(url)
    assert refused.code == code
    assert "secret" not in str(refused)
