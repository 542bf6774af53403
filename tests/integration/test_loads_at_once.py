"""Loads on PostgreSQL at once: those of other sources go on beside each other, those of one source queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import exc

import evcharge.load.sessions
from evcharge.db import open_engine
from evcharge.errors import DatabaseError
from evcharge.load import LoadOptions
from evcharge.load.rebuild import check, rebuild
from evcharge.load.registry import RegistryOptions, load_registry
from evcharge.load.saved_reports import save_report
from evcharge.load.transaction import PAUSES_SECONDS, again_on_conflict
from evcharge.load.unload import unload
from evcharge.load.writer import Writer
from tests.support.factories import native_csv, session_row
from tests.support.isolation import AT_READ_COMMITTED
from tests.support.loading import chunks_of, facts, load, processes, query, sources_in_turn, wipe

ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
BRIEFLY = LoadOptions(lock_wait_seconds=0.2)


class Held:
    """Stands in for a step of a load: the thread of the slow load waits before it until it may go on."""

    def __init__(self, usual: Callable[..., Any]) -> None:
        self.usual = usual
        self.reached, self.may_go_on = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None

    def __call__(self, *arguments: Any) -> Any:
        if threading.current_thread() is self.thread and not self.reached.is_set():
            self.reached.set()
            assert self.may_go_on.wait(60)
        return self.usual(*arguments)


@contextmanager
def half_written(
    monkeypatch: pytest.MonkeyPatch, path: Path, url: str, source: str = "one", **options: Any
) -> Iterator[list[str]]:
    """In the block a load has written its rows and not closed yet; after it, what became of it is in the list."""
    held = Held(evcharge.load.sessions._close_entry)
    monkeypatch.setattr(evcharge.load.sessions, "_close_entry", held)
    told: list[str] = []
    held.thread = threading.Thread(
        target=lambda: told.append(load(path, url, LoadOptions(**options), source=source).status)
    )
    held.thread.start()
    try:
        assert held.reached.wait(60)
        yield told
    finally:
        held.may_go_on.set()
        held.thread.join()


def until(is_so: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether something becomes so in that time."""
    ends, pause = time.monotonic() + seconds, threading.Event()
    while not is_so() and time.monotonic() < ends:
        pause.wait(0.02)
    return is_so()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return native_csv(tmp_path / "a.csv", session_row())


@pytest.fixture
def other_file(tmp_path: Path) -> Path:
    """Sessions of the same hour and station id as those of the file."""
    return native_csv(tmp_path / "b.csv", session_row(session_id="S2"))


@AT_READ_COMMITTED
@ON_POSTGRESQL
def test_a_load_does_not_wait_for_one_of_another_source_that_begins_in_the_same_hours(
    url: str, file: Path, other_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(url)
    with half_written(monkeypatch, file, url) as told:
        assert load(other_file, url, BRIEFLY, source="two").status == "loaded"
        assert query(url, "SELECT session_id FROM fact_charging") == [("S2",)]
    assert told == ["loaded"]
    assert query(url, "SELECT session_id FROM fact_charging ORDER BY 1") == [("S1",), ("S2",)]
    assert query(url, "SELECT count(*) FROM dim_time") == [(1,)]
    assert check(url) == 2


@ON_POSTGRESQL
@pytest.mark.parametrize("replace", [False, True])
def test_two_loads_of_one_source_queue(
    url: str, file: Path, other_file: Path, monkeypatch: pytest.MonkeyPatch, replace: bool
) -> None:
    rebuild(url)
    if replace:
        load(file, url, source="one")
    with half_written(monkeypatch, file, url, replace=replace) as told:
        with pytest.raises(DatabaseError) as caught:
            load(other_file, url, BRIEFLY, source="one")
        assert caught.value.code == "database_busy"
    assert told == ["loaded"]
    assert load(other_file, url, BRIEFLY, source="one").status == "loaded"


ALONE: dict[str, Callable[[str, Path], Any]] = {
    "a dry run": lambda url, file: load(file, url, LoadOptions(dry_run=True, lock_wait_seconds=0.2), source="two"),
    "a registry": lambda url, file: load_registry(
        file.with_name("stations.json"), url, RegistryOptions(source="two", lock_wait_seconds=0.2)
    ),
    "an unload": lambda url, _: unload(url, [1], 0.2),
    "a rebuild": lambda url, _: rebuild(url, 0.2),
    "a report that is saved": lambda url, _: save_report(url, {}, [], 0.2),
}


@ON_POSTGRESQL
@pytest.mark.parametrize("name", ALONE)
def test_whatever_else_writes_waits_for_the_loads_of_all_sources(
    url: str, file: Path, other_file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rebuild(url)
    file.with_name("stations.json").write_text('[{"id": "L1", "coordinates": {}, "evses": []}]', encoding="utf-8")
    with half_written(monkeypatch, file, url), pytest.raises(DatabaseError) as caught:
        ALONE[name](url, other_file)
    assert caught.value.code == "database_busy"


@ON_POSTGRESQL
def test_a_load_that_counts_all_sessions_anew_writes_alone(
    url: str, file: Path, other_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(other_file, url, source="two")
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE outcome_letter SET version = version + 1")
    with half_written(monkeypatch, file, url), pytest.raises(DatabaseError) as caught:
        load(other_file, url, LoadOptions(lock_wait_seconds=0.2, replace=True), source="two")
    assert caught.value.code == "database_busy"
    assert check(url) == 2


@ON_POSTGRESQL
def test_a_load_beside_others_is_refused_where_the_letters_change_before_it_has_its_lock(
    url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evcharge.load.sessions, "are_current", lambda _reader: True)
    with pytest.raises(DatabaseError, match="by other definitions") as caught:
        load(file, url)
    assert caught.value.code == "database_busy"
    assert query(url, "SELECT count(*) FROM load_ledger") == [(0,)]


@AT_READ_COMMITTED
@ON_POSTGRESQL
def test_loads_that_come_by_the_same_hours_in_opposite_orders_do_not_block_each_other(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(url)
    rows = [session_row(session_id=f"S{hour}", start_time=f"2025-04-01T0{hour}:00:00-04:00") for hour in (8, 7, 6, 5)]
    files = {"one": native_csv(tmp_path / "a.csv", *rows), "two": native_csv(tmp_path / "b.csv", *rows[::-1])}
    together = threading.Barrier(2, timeout=30)
    usual, told = Writer._write_dimensions, []

    def write_dimensions(*arguments: Any) -> None:
        usual(*arguments)
        together.wait()  # both have a chunk's hours, and go on to those that the other one has

    monkeypatch.setattr(Writer, "_write_dimensions", write_dimensions)
    with chunks_of(1):
        threads = [
            threading.Thread(target=lambda pair=pair: told.append(load(pair[1], url, source=pair[0]).status))
            for pair in files.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert told == ["loaded", "loaded"]
    assert query(url, "SELECT count(*) FROM dim_time") == [(4,)]


@AT_READ_COMMITTED
@ON_POSTGRESQL
def test_a_load_that_is_refused_leaves_nothing_but_hours(url: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild(url)

    def refuse(*_: Any) -> None:
        raise DatabaseError("refused", "refused")

    monkeypatch.setattr(evcharge.load.sessions, "_close_entry", refuse)
    with pytest.raises(DatabaseError, match="refused"):
        load(file, url)
    tables = ("dim_time", "dim_station", "fact_charging", "load_ledger", "station_day_outcome")
    assert [query(url, f"SELECT count(*) FROM {table}")[0][0] for table in tables] == [1, 0, 0, 0, 0]


@ON_POSTGRESQL
def test_a_dry_run_leaves_no_hour_either(url: str, file: Path) -> None:
    rebuild(url)
    assert load(file, url, LoadOptions(dry_run=True)).inserted == 1
    assert query(url, "SELECT count(*) FROM dim_time") == [(0,)]


@pytest.mark.thorough
@ON_POSTGRESQL
def test_loaders_of_four_sources_at_once_end_as_one_after_the_other(url: str, tmp_path: Path) -> None:
    files = [
        native_csv(
            tmp_path / f"{number}.csv",
            *(
                session_row(
                    session_id=f"S{n}", station_id=f"ST-{n % 7}", energy_kwh=number, start_time=start, end_time=""
                )
                for n in range(number * 30, number * 30 + 200)
                for start in [f"2025-0{1 + n % 4}-{1 + (n * 11) % 28:02}T{n % 24:02}:00:00-04:00"]
            ),
        )
        for number in range(5)
    ]
    names = ["one", "two", "three", "four"]
    orders = [files, files[::-1], files, files[::-1]]
    for order, name in zip(orders, names, strict=True):
        assert sources_in_turn(order, url, name) == ["loaded"] * 5
    serial, rows = facts(url), check(url)
    wipe(url)
    rebuild(url)
    with ProcessPoolExecutor(4, mp_context=processes()) as pool:
        told = list(pool.map(sources_in_turn, orders, [url] * 4, names))
    assert told == [["loaded"] * 5] * 4
    assert check(url) == rows
    assert facts(url) == serial


# A transaction that met another one is done again.


class Refused(Exception):
    """What a driver says."""

    def __init__(self, state: str) -> None:
        self.sqlstate = state


def conflicts(times: int, state: str) -> tuple[Callable[[], str], list[int]]:
    """Work that the database ends so many times with this state before it is done, and each time that it was begun."""
    begun: list[int] = []

    def work() -> str:
        begun.append(len(begun))
        if len(begun) <= times:
            raise exc.OperationalError("INSERT", None, Refused(state))
        return "done"

    return work, begun


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr("evcharge.load.transaction.time.sleep", waited.append)
    return waited


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_transaction_that_met_another_one_is_done_again_after_a_pause_that_grows(
    pauses: list[float], state: str
) -> None:
    work, begun = conflicts(3, state)
    assert again_on_conflict(work) == "done"
    assert len(begun) == 4
    assert all(pause / 2 <= waited <= pause for pause, waited in zip(PAUSES_SECONDS, pauses, strict=False))
    assert len(pauses) == 3


def test_a_transaction_that_meets_others_again_and_again_is_given_up(pauses: list[float]) -> None:
    work, begun = conflicts(100, "40001")
    with pytest.raises(exc.OperationalError):
        again_on_conflict(work)
    assert len(begun) == len(PAUSES_SECONDS) + 1


def test_what_is_no_conflict_is_not_done_again(pauses: list[float]) -> None:
    work, begun = conflicts(1, "23505")
    with pytest.raises(exc.OperationalError):
        again_on_conflict(work)
    assert (begun, pauses) == ([0], [])


@ON_POSTGRESQL
@pytest.mark.parametrize("step", ["_write_facts", "_write_dimensions"])
def test_a_load_that_a_deadlock_ended_is_read_and_written_again(
    url: str, file: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float], step: str
) -> None:
    usual, told = getattr(Writer, step), []

    def once_refused(*arguments: Any) -> None:
        usual(*arguments)
        if not told:
            told.append(step)
            raise exc.OperationalError("INSERT", None, Refused("40P01"))

    monkeypatch.setattr(Writer, step, once_refused)
    assert load(file, url).inserted == 1
    assert len(pauses) == 1
    assert query(url, "SELECT session_id FROM fact_charging") == [("S1",)]
    assert check(url) == 1


@pytest.mark.thorough
@ON_POSTGRESQL
def test_loads_that_collide_at_serializable_are_both_loaded(
    url: str, file: Path, other_file: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    monkeypatch.setattr("evcharge.db.WRITES_AT", "serializable")
    rebuild(url)
    ended: list[str] = []
    second = threading.Thread(target=lambda: ended.append(load(other_file, url, source="two").status))
    with half_written(monkeypatch, file, url) as told:
        second.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        assert until(lambda: query(url, waiting) == [(1,)])  # for the hour that the first one has added
    second.join()
    assert told + ended == ["loaded", "loaded"]
    assert len(pauses) == 1
    assert query(url, "SELECT session_id FROM fact_charging ORDER BY 1") == [("S1",), ("S2",)]
    assert check(url) == 2


@pytest.mark.parametrize("options", [{"dry_run": True}, {"on_rejects": lambda _name, _rejects: None}])
def test_a_load_that_hands_out_what_it_finds_is_not_done_again(
    sqlite_url: str, file: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float], options: dict[str, Any]
) -> None:
    def refuse(*_: Any) -> None:
        raise exc.OperationalError("INSERT", None, Refused("40P01"))

    monkeypatch.setattr(Writer, "_write_facts", refuse)
    with pytest.raises(DatabaseError) as caught:
        load(file, sqlite_url, LoadOptions(**options))
    assert (caught.value.code, pauses) == ("database_busy", [])
