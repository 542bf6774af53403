"""The write lock: held from the first row on and not before, and waited for as long as was said, by every command."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command

import evcharge.carriers.file
import evcharge.load.sessions
from evcharge import db as evcharge_db
from evcharge.db import open_engine
from evcharge.errors import DatabaseError, SourceError
from evcharge.load import LoadOptions
from evcharge.migrate import alembic_config
from tests.support.factories import native_csv, session_row
from tests.support.loading import load, query

STEPS = {
    "hashing": (evcharge.carriers.file, "SourceFile"),
    "recognising": (evcharge.load.sessions, "pick_among"),
    "settling the time format": (evcharge.load.sessions, "settled"),
    "reading the first rows": (evcharge.load.sessions, "read"),
}
"""What is done with the bytes of a file before a row of it can be written."""


class Slow:
    """Stands in for a step: the thread of the slow load waits in it until it may go on."""

    def __init__(self, usual: Callable[..., Any]) -> None:
        self.usual = usual
        self.reached, self.may_go_on = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        if threading.current_thread() is self.thread:
            self.reached.set()
            assert self.may_go_on.wait(60)
        return self.usual(*arguments, **settings)


@pytest.mark.thorough
@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_another_load_commits_while_the_bytes_of_a_slow_one_are_only_read(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, replace: bool
) -> None:
    slow_file, other = (native_csv(tmp_path / f"{name}.csv", session_row(session_id=name)) for name in ("slow", "s2"))
    module, name = STEPS[step]
    slow = Slow(getattr(module, name))
    monkeypatch.setattr(module, name, slow)
    told: list[str] = []
    slow.thread = threading.Thread(
        target=lambda: told.append(load(slow_file, url, LoadOptions(replace=replace, lock_wait_seconds=30)).status)
    )
    slow.thread.start()
    try:
        assert slow.reached.wait(60)
        assert load(other, url, LoadOptions(lock_wait_seconds=0.2)).status == "loaded"
    finally:
        slow.may_go_on.set()
        slow.thread.join()
    assert told == ["loaded"]
    assert query(url, "SELECT session_id FROM fact_charging ORDER BY 1") == [("s2",), ("slow",)]


def test_whether_a_file_is_loaded_already_is_decided_under_the_lock(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = native_csv(tmp_path / "a.csv", session_row())
    usual = evcharge.load.sessions.settled
    first: list[str] = []

    def settled(*arguments: Any) -> Any:
        if not first:
            first.append("")
            first[0] = load(file, url).status
        return usual(*arguments)

    monkeypatch.setattr(evcharge.load.sessions, "settled", settled)
    assert load(file, url).status == "already loaded"
    assert first == ["loaded"]
    assert query(url, "SELECT count(*) FROM load_ledger") == [(1,)]


def test_a_file_that_seemed_to_be_loaded_and_is_so_no_more_is_loaded(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = native_csv(tmp_path / "a.csv", session_row())
    monkeypatch.setattr(evcharge.load.sessions, "is_loaded", lambda *_: True)
    assert load(file, url).status == "loaded"
    assert query(url, "SELECT session_id FROM fact_charging") == [("S1",)]


def test_a_file_that_is_loaded_is_not_read_again_to_say_so(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = native_csv(tmp_path / "a.csv", session_row())
    load(file, url)
    monkeypatch.setattr(evcharge.load.sessions, "settled", None)
    assert load(file, url).status == "already loaded"


def test_a_file_that_can_not_be_used_is_refused_without_waiting_for_a_writer(url: str, tmp_path: Path) -> None:
    file = native_csv(tmp_path / "a.csv", "\x00")
    file.write_bytes(file.read_bytes() + b"\xff\xfe")
    with held(url), pytest.raises(SourceError) as caught:
        load(file, url, LoadOptions(lock_wait_seconds=0.2))
    assert caught.value.code == "wrong_encoding"


@contextmanager
def held(url: str) -> Iterator[None]:
    """Somebody writes, and has not committed."""
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("INSERT INTO dim_time SELECT * FROM dim_time")
        yield


def test_a_schema_that_changes_while_a_file_is_read_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = native_csv(tmp_path / "a.csv", session_row())
    usual = evcharge.load.sessions.settled

    def settled(*arguments: Any) -> Any:
        with open_engine(url, writes=True).begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        return usual(*arguments)

    monkeypatch.setattr(evcharge.load.sessions, "settled", settled)
    with pytest.raises(DatabaseError) as caught:
        load(file, url)
    assert caught.value.code == "schema_ahead"
    assert query(url, "SELECT count(*) FROM load_ledger") == [(0,)]


@pytest.mark.thorough
def test_alembic_waits_as_long_as_the_setting_says(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(evcharge_db, "_milliseconds", lambda seconds: waits.append(seconds) or 1_000)
    monkeypatch.setenv("EVCHARGE_LOCK_WAIT_SECONDS", "7.5")
    config = alembic_config(sqlite_url)
    del config.attributes["lock_wait_seconds"]  # as alembic's own command line has it
    command.upgrade(config, "head")
    assert waits == [7.5]


COMMANDS = {
    "load": ["load", "a.csv"],
    "load --create-db": ["load", "--create-db", "a.csv"],
    "check": ["check", "a.csv"],
    "stations": ["stations", "stations.json"],
    "report": ["report", "--no-png"],
    "report --html": ["report", "--no-png", "--html", "page.html"],
    "report by load": ["report", "--no-png", "--by", "load"],
    "explain": ["explain", "ST-1"],
    "compare": ["compare"],
    "visits": ["visits"],
    "reasons": ["reasons"],
    "chargex": ["chargex"],
    "export": ["export", "--format", "csv", "--out", "out"],
    "db upgrade": ["db", "upgrade"],
    "db current": ["db", "current"],
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_opens_the_database_waits_as_long_as_the_setting_says(
    sqlite_url: str, evcharge: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    native_csv(Path("a.csv"), session_row())
    Path("stations.json").write_text('[{"id": "L1", "coordinates": {}, "evses": []}]')
    load(Path("a.csv"), sqlite_url)
    waits: set[float] = set()

    def see(seconds: float) -> int:
        waits.add(seconds)
        return 1_000

    monkeypatch.setattr(evcharge_db, "_milliseconds", see)
    monkeypatch.setattr("evcharge.revisions.revision_of_file", lambda _url: None)  # as where the file is busy
    monkeypatch.setenv("EVCHARGE_LOCK_WAIT_SECONDS", "7.5")
    code, _, err = evcharge(*COMMANDS[name], "--db", sqlite_url)
    assert "Error [fault]" not in err, err
    assert code in (0, 1, 4), err
    assert waits == {7.5}
