from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from evcharge import db
from evcharge.db import masked, open_engine, parse_url, translated_errors, upgrade_in_python, url_of
from evcharge.errors import DatabaseError
from evcharge.migrate import current, upgrade

ROOT = Path(__file__).parents[2]
CANARY = "c4n4ry"
STATION = "INSERT INTO dim_station (source, station_id) VALUES ('city', 'ST-1')"


def refusal(function, *arguments):
    with pytest.raises(DatabaseError) as caught:
        function(*arguments)
    return caught.value


def connect(url, **options):
    with translated_errors(url), open_engine(url, **options).connect() as connection:
        return connection.exec_driver_sql("SELECT 1").scalar_one()


def write_station(url, **options):
    with translated_errors(url), open_engine(url, **options).begin() as connection:
        connection.exec_driver_sql(STATION)


def count_stations(url):
    with open_engine(url).connect() as connection:
        return connection.exec_driver_sql("SELECT COUNT(*) FROM dim_station").scalar_one()


@pytest.mark.parametrize("name", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_name_of_postgresql_means_psycopg_3(name):
    url = parse_url(f"{name}://u:p@h:5433/d?sslmode=require")
    assert url.drivername == "postgresql+psycopg"
    assert (url.username, url.password, url.host, url.port, url.database) == ("u", "p", "h", 5433, "d")
    assert dict(url.query) == {"sslmode": "require"}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://u:c4n4ry@h/d", "database_not_supported"),
        ("postgresql+psycopg2://u:c4n4ry@h/d", "database_not_supported"),
        ("duckdb:///file", "database_not_supported"),
        ("", "database_url_unreadable"),
        ("ev_charging.db", "database_url_unreadable"),
        ("postgresql://user:c4n4ry/database", "database_url_unreadable"),
        ("postgresql://user:se@c4n4ry@host/database", "database_url_unreadable"),
        ("postgresql://user:se@cr/et@c4n4ry", "database_url_unreadable"),
        ("sqlite://", "database_without_file"),
        ("sqlite:///", "database_without_file"),
        ("sqlite:///:memory:", "database_without_file"),
        ("sqlite://relative.db", "database_without_file"),
        ("sqlite://host/file.db", "database_without_file"),
        ("sqlite:///file.db?mode=ro", "database_url_unreadable"),
        ("sqlite:///what?.db", "database_url_unreadable"),
    ],
)
def test_a_url_that_evcharge_can_not_use_is_refused_with_what_to_write(url, code):
    error = refusal(parse_url, url)
    assert error.code == code
    assert error.hint
    assert CANARY not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:c4n4ry@h/d",
        "postgresql://h/d?password=c4n4ry",
        "postgresql://u:c4n4ry@h/d?password=c4n4ry&sslpassword=c4n4ry&sslkey=c4n4ry",
        "postgresql://u:c4n4ry%40%3A%2F%23%3F@h/d?Password=%40c4n4ry%3F",
        "postgresql://u:c4n4ry:/#?c4n4ry@h/d",
        "postgresql://:c4n4ry@h/d",
    ],
)
def test_a_masked_url_shows_no_password(url):
    shown = masked(url)
    assert CANARY not in shown
    assert "***" in shown
    assert shown.startswith("postgresql+psycopg://")
    assert "h/d" in shown


def test_a_url_without_a_password_is_shown_whole():
    assert masked("postgresql://u@h:5433/d?sslmode=require") == "postgresql+psycopg://u@h:5433/d?sslmode=require"
    assert masked("sqlite:///a%20b.db") == "sqlite:///a%20b.db"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("with space.db", "with space.db"),
        ("with%20space.db", "with space.db"),
        ("a#b.db", "a#b.db"),
        ("a%23b.db", "a#b.db"),
        ("what%3F.db", "what?.db"),
        ("100%25.db", "100%.db"),
        ("100%2525.db", "100%25.db"),
        ("a&b=c;d@e:f+g'h.db", "a&b=c;d@e:f+g'h.db"),
        ("Mühle 名.db", "Mühle 名.db"),
    ],
)
def test_a_file_may_have_any_name(tmp_path, written, name):
    url = f"sqlite:///{tmp_path}/{written}"
    upgrade(url)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert current(open_engine(url), url)
    assert masked(masked(url)) == masked(url)


def test_a_relative_path_starts_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    upgrade("sqlite:///here.db")
    assert (tmp_path / "here.db").exists()


@pytest.mark.parametrize("writes", [False, True])
def test_a_missing_file_is_refused_with_the_command_to_run_and_not_created(tmp_path, writes):
    path = tmp_path / "none.db"
    error = refusal(lambda: open_engine(f"sqlite:///{path}", writes=writes))
    assert error.code == "database_missing"
    assert str(path) in error.reason
    assert "alembic upgrade head" in error.hint
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_to_be_made_is_made(tmp_path):
    assert connect(f"sqlite:///{tmp_path}/new.db", writes=True, create=True) == 1


@pytest.mark.parametrize(
    ("place", "code"),
    [("none/new.db", "database_folder_missing"), ("", "database_is_folder"), ("full.db", "database_unreachable")],
)
def test_a_place_where_no_file_can_be_made_is_refused_in_words(tmp_path, monkeypatch, place, code):
    if place == "full.db":
        (tmp_path / "full.db-journal").mkdir()
    error = refusal(upgrade, f"sqlite:///{tmp_path}/{place}")
    assert error.code == code
    assert "answers" not in error.hint


def test_the_tables_of_a_database_in_memory_are_made_by_nothing_that_is_named():
    url = url_of(create_engine("sqlite://"))
    assert url == "sqlite:///:memory:"
    assert upgrade_in_python(url) == "Name a database in a file: evcharge makes no tables in memory."


def test_a_reader_can_not_write(url):
    error = refusal(write_station, url)
    assert error.code in ("database_read_only", "database_refused")
    assert count_stations(url) == 0


def test_a_reader_can_not_change_the_schema(url):
    with pytest.raises(DBAPIError), open_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")


def test_a_reader_sees_one_state_and_blocks_no_other_reader(sqlite_url):
    with open_engine(sqlite_url).connect() as one, open_engine(sqlite_url).connect() as other:
        for connection in (one, other):
            assert connection.exec_driver_sql("SELECT COUNT(*) FROM dim_station").scalar_one() == 0


@pytest.mark.thorough
def test_a_reader_sees_the_last_commit_after_a_writer_was_killed(sqlite_url, tmp_path):
    program = f"""
import os, signal
from evcharge.db import open_engine
connection = open_engine({sqlite_url!r}, writes=True).connect()
connection.exec_driver_sql("PRAGMA cache_size = 10")
for number in range(2000):
    connection.exec_driver_sql(
        "INSERT INTO dim_station (source, station_id, name) VALUES ('city', ?, ?)", (str(number), "x" * 200))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=False)
    assert (tmp_path / "star.db-journal").stat().st_size > 0
    assert count_stations(sqlite_url) == 0
    assert not (tmp_path / "star.db-journal").exists()


@pytest.mark.parametrize("writes", [False, True])
def test_foreign_keys_are_on(sqlite_url, writes):
    with open_engine(sqlite_url, writes=writes).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA trusted_schema").scalar_one() == 0


def test_only_migrations_turn_foreign_keys_off(sqlite_url):
    with open_engine(sqlite_url, writes=True, foreign_keys=False).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 0


def test_a_commit_survives_power_loss_and_leaves_one_file(sqlite_url):
    with open_engine(sqlite_url, writes=True).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 3  # EXTRA
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "delete"
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar_one() == -db.CACHE_KIB


def test_a_failed_transaction_takes_its_tables_with_it(url):
    engine = open_engine(url, writes=True)

    def fail():
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
            connection.exec_driver_sql(STATION)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert count_stations(url) == 0
    with pytest.raises(DBAPIError), engine.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM t")


@pytest.mark.parametrize("seconds", [0.2, 0])
def test_a_second_writer_says_busy_after_the_configured_wait_and_changes_nothing(url, seconds):
    with open_engine(url, writes=True).connect() as first:
        first.exec_driver_sql(STATION)
        began = time.monotonic()
        error = refusal(lambda: write_station(url, writes=True, lock_wait_seconds=seconds))
        waited = time.monotonic() - began
    assert error.code == "database_busy"
    assert "Nothing was changed" in error.reason
    assert seconds <= waited < seconds + 2
    assert count_stations(url) == 0


def test_a_reader_sees_one_moment_while_others_write(url):
    """On PostgreSQL they write beside it; on SQLite their commit waits for it."""
    counted = "SELECT COUNT(*) FROM dim_station"
    with open_engine(url).connect() as reader:
        assert reader.exec_driver_sql(counted).scalar_one() == 0
        if url.startswith("sqlite"):
            error = refusal(lambda: write_station(url, writes=True, lock_wait_seconds=0.1))
            assert error.code == "database_busy"
        else:
            write_station(url, writes=True)
            assert count_stations(url) == 1
        assert reader.exec_driver_sql(counted).scalar_one() == 0


def test_a_sqlite_writer_takes_its_place_when_it_begins_not_when_it_first_writes(sqlite_url):
    with open_engine(sqlite_url, writes=True).connect() as first:
        assert first.exec_driver_sql("SELECT COUNT(*) FROM dim_station").scalar_one() == 0
        error = refusal(lambda: connect(sqlite_url, writes=True, lock_wait_seconds=0.1))
        assert error.code == "database_busy"
        assert connect(sqlite_url) == 1
        first.exec_driver_sql(STATION)


def test_a_second_writer_goes_on_once_the_first_has_ended(url):
    with open_engine(url, writes=True).begin() as first:
        first.exec_driver_sql(STATION)
    with open_engine(url, writes=True, lock_wait_seconds=5).begin() as second:
        second.exec_driver_sql(STATION.replace("ST-1", "ST-2"))
    assert count_stations(url) == 2


@pytest.mark.parametrize(
    ("seconds", "milliseconds"), [(0, 1), (0.0001, 1), (0.2, 200), (60.0, 60_000), (1e300, 2**31 - 1)]
)
def test_the_wait_is_never_read_as_endless_nor_too_long_for_the_database(url, seconds, milliseconds):
    ask = (
        "PRAGMA busy_timeout"
        if url.startswith("sqlite")
        else "SELECT setting FROM pg_settings WHERE name = 'lock_timeout'"
    )
    with open_engine(url, lock_wait_seconds=seconds).connect() as connection:
        assert int(connection.exec_driver_sql(ask).scalar_one()) == milliseconds


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("writes", [False, True])
def test_a_postgresql_session_speaks_utc_and_a_reader_sees_one_moment(empty_url, writes, monkeypatch):
    monkeypatch.setenv("PGTZ", "Asia/Kolkata")
    with open_engine(empty_url, writes=writes).connect() as connection:
        assert connection.exec_driver_sql("SHOW TIME ZONE").scalar_one() == "UTC"
        read_only = connection.exec_driver_sql("SHOW transaction_read_only").scalar_one()
        isolation = connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
    assert read_only == ("off" if writes else "on")
    writes_at = os.environ.get("EVCHARGE_TEST_ISOLATION", "read committed")
    assert isolation == (writes_at if writes else "repeatable read")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_user_without_rights_is_told_so(url, engine):
    def read():
        with translated_errors(url), engine.connect() as connection:
            connection.exec_driver_sql("SET ROLE pg_monitor")
            connection.exec_driver_sql("SELECT COUNT(*) FROM dim_station")

    assert refusal(read).code == "database_not_permitted"


def test_a_database_without_tables_names_the_command_to_run(empty_url):
    def read():
        with translated_errors(empty_url), open_engine(empty_url, writes=True, create=True).connect() as connection:
            connection.exec_driver_sql("SELECT COUNT(*) FROM dim_station")

    error = refusal(read)
    assert (error.code, error.hint) == ("schema_missing", "Run: evcharge db upgrade")


@pytest.mark.parametrize("content", [b"PK\x03\x04 no database " * 99, b"SQLite format 3\x00" + b"\xff" * 4096])
@pytest.mark.parametrize("writes", [False, True])
def test_a_file_that_is_no_database_is_called_damaged_and_left_alone(tmp_path, content, writes):
    path = tmp_path / "file.db"
    path.write_bytes(content)

    def read():
        url = f"sqlite:///{path}"
        with translated_errors(url), open_engine(url, writes=writes).connect() as connection:
            connection.exec_driver_sql("SELECT COUNT(*) FROM dim_station")

    assert refusal(read).code == "database_damaged"
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "address",
    [
        f"u:{CANARY}@127.0.0.1:1/d",
        f"u:{CANARY}%40%3A%2F@127.0.0.1:1/d",
        f"/d?host=/nowhere&user=u&password={CANARY}",
        f"u:{CANARY}@no.such.host.invalid/d?connect_timeout=2",
        f"u:{CANARY}@127.0.0.1:1/d?sslmode=nonsense",
        f"u:{CANARY}@127.0.0.1:1/d?nonsense=1",
    ],
)
def test_no_driver_error_shows_the_password(address):
    error = refusal(connect, f"postgresql://{address}")
    assert CANARY not in "".join(traceback.format_exception(error))
    assert "***" in error.reason
    assert error.hint


def test_a_value_never_stands_in_a_database_error(url):
    def write():
        with translated_errors(url), open_engine(url, writes=True).begin() as connection:
            connection.execute(text("INSERT INTO dim_station (source, station_id) VALUES (NULL, :id)"), {"id": CANARY})

    error = refusal(write)
    assert error.code == "database_refused"
    assert CANARY not in str(error)


def test_without_the_driver_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    error = refusal(open_engine, "postgresql://h/d")
    assert error.code == "driver_missing"
    assert "evcharge[postgres]" in error.hint


def test_the_driver_begins_nothing_by_itself(sqlite_url):
    with open_engine(sqlite_url, writes=True).connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        assert driver.isolation_level is None
