"""What a PostgreSQL server says when it gives up is an error with a name, and nothing was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

import evcharge.load.sessions
import evcharge.migrate
from evcharge.db import open_engine, parse_url, translated_errors
from evcharge.errors import DatabaseError
from evcharge.load.facts import PostgresqlFacts
from evcharge.load.mapping import Fact
from evcharge.migrate import upgrade
from tests.support.databases import administer, postgres_database
from tests.support.factories import native_csv, session_row
from tests.support.loading import dump, load, query

pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
OTHERS = "datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return native_csv(tmp_path / "a.csv", session_row(), session_row(session_id="S2", energy_kwh="x"))


def refusal(function: Callable[..., Any], *arguments: Any) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        function(*arguments)
    return caught.value


def set_for(url: str, **settings: str) -> None:
    for name, value in settings.items():
        administer(f"ALTER DATABASE {parse_url(url).database} SET {name} = '{value}'")


def before_the_copy(monkeypatch: pytest.MonkeyPatch, act: Callable[[Any], None]) -> None:
    """Does something when the loader is about to copy its first rows."""
    copy = PostgresqlFacts._copy

    def act_and_copy(self: PostgresqlFacts, facts: Iterable[Fact]) -> None:
        act(self)
        copy(self, list(facts))

    monkeypatch.setattr(PostgresqlFacts, "_copy", act_and_copy)


def end_others(url: str, how: str) -> None:
    with open_engine(url).connect() as connection:
        connection.execute(text(f"SELECT {how}(pid) FROM pg_stat_activity WHERE {OTHERS}"))


def wait(facts: PostgresqlFacts) -> None:
    facts.connection.exec_driver_sql("SELECT pg_sleep(30)")


def test_a_connection_that_the_server_ends_is_called_lost(
    url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(url)
    before_the_copy(monkeypatch, lambda _facts: end_others(url, "pg_terminate_backend"))
    error = refusal(load, file, url)
    assert error.code == "connection_lost"
    assert "Nothing was changed." in error.reason
    assert error.hint == "Run the same command again."
    monkeypatch.undo()
    assert dump(url) == before
    assert load(file, url).status == "loaded"


def test_a_statement_that_takes_longer_than_the_user_may_is_called_a_timeout(
    url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(url)
    set_for(url, statement_timeout="300ms")
    before_the_copy(monkeypatch, wait)
    error = refusal(load, file, url)
    assert error.code == "database_timeout"
    assert "statement timeout. Nothing was changed." in error.reason
    assert "SET statement_timeout" in error.hint
    assert dump(url) == before


def test_a_load_that_is_idle_for_longer_than_the_user_may_is_called_a_timeout(
    url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(url)
    set_for(url, idle_in_transaction_session_timeout="100ms")
    before_the_copy(monkeypatch, lambda _facts: wait_until_alone(url))
    error = refusal(load, file, url)
    assert error.code == "database_timeout"
    assert "Nothing was changed." in error.reason
    assert "idle_in_transaction_session_timeout" in error.hint
    monkeypatch.undo()
    assert dump(url) == before


def wait_until_alone(url: str) -> None:
    """Waits until the server has ended the load's session."""
    with open_engine(url).connect() as connection:
        connection.connection.driver_connection.autocommit = True  # type: ignore[union-attr]
        connection.exec_driver_sql(
            f"DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE {OTHERS}) LOOP "
            "PERFORM pg_sleep(0.05); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$"
        )


STATES = [
    ("08006", "connection_lost", "Run the same command again"),
    ("57P01", "connection_lost", "Run the same command again"),
    ("57P02", "connection_lost", "Run the same command again"),
    ("53100", "disk_full", "Free some space on the server's disk"),
    ("53200", "database_overloaded", "Wait"),
    ("57014", "database_timeout", "statement_timeout"),
    ("25P03", "database_timeout", "idle_in_transaction_session_timeout"),
    ("40001", "database_busy", "Run it again"),
    ("40P01", "database_busy", "Run it again"),
    ("42501", "database_not_permitted", "Grant"),
    ("25006", "database_read_only", "copy"),
    ("22P05", "database_not_utf8", "ENCODING 'UTF8'"),
]


@pytest.mark.parametrize(("state", "code", "hint"), STATES)
def test_what_the_server_says_in_a_load_has_a_name_and_a_next_step(
    url: str, file: Path, monkeypatch: pytest.MonkeyPatch, state: str, code: str, hint: str
) -> None:
    """The server itself raises the code; the disk of the tests is not really full."""
    before = dump(url)
    said = f"DO $$ BEGIN RAISE EXCEPTION 'as the server says it' USING ERRCODE = '{state}'; END $$"
    before_the_copy(monkeypatch, lambda facts: facts.connection.exec_driver_sql(said) and None)
    error = refusal(load, file, url)
    assert error.code == code
    assert "as the server says it. Nothing was changed." in error.reason
    assert hint in error.hint
    monkeypatch.undo()
    assert dump(url) == before


def test_a_report_that_the_server_ends_is_called_a_timeout(url: str) -> None:
    def read() -> None:
        with translated_errors(url), open_engine(url).connect() as connection:
            connection.exec_driver_sql("SELECT pg_sleep(30)")

    set_for(url, statement_timeout="100ms")
    assert refusal(read).code == "database_timeout"


@pytest.fixture
def empty(url: str) -> Iterator[str]:
    name = f"{parse_url(url).database}_empty"
    administer(f"CREATE DATABASE {name}")
    yield postgres_database(name)
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("committed", [True, False])
def test_an_upgrade_whose_answer_was_lost_is_asked_for(
    empty: str, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    commit = psycopg.Connection.commit

    def lose(connection: Any) -> None:
        monkeypatch.setattr(psycopg.Connection, "commit", commit)
        if committed:
            commit(connection)
        connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(psycopg.Connection, "commit", lose)
    if committed:
        upgrade(empty)
        assert query(empty, "SELECT count(*) FROM fact_charging") == [(0,)]
    else:
        error = refusal(upgrade, empty)
        assert error.code == "connection_lost"
        assert "Nothing was changed." in error.reason
        assert query(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_an_upgrade_that_nobody_can_ask_about_is_called_unclear(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(connection: Any) -> None:
        connection.close()
        monkeypatch.setattr(psycopg, "connect", None)
        monkeypatch.setattr(evcharge.migrate, "open_engine", unreachable)
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    def unreachable(*_arguments: Any, **_settings: Any) -> Any:
        raise DatabaseError("database_unreachable", "it does not answer.")

    monkeypatch.setattr(psycopg.Connection, "commit", lose)
    error = refusal(upgrade, empty)
    monkeypatch.undo()
    assert error.code == "commit_unclear"
    assert "Nothing was changed" not in error.reason
    assert error.hint
