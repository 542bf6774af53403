"""A load that is killed at any moment leaves its file in whole or not at all.

What these tests can find was tried once on scratch copies of the loader: one that commits after each chunk and one
that commits the ledger first both fail here. ``EVCHARGE_KILLS`` says how often to kill; 10 where it says nothing.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import evcharge.load.copying
import evcharge.load.sessions
from evcharge.db import open_engine
from evcharge.errors import DatabaseError
from evcharge.load import LoadOptions
from evcharge.load.writer import Writer
from evcharge.synth import write_sample
from tests.support.factories import native_csv
from tests.support.kills import KILLS, SEED, begin_and_kill, is_sqlite, settle
from tests.support.loading import chunks_of, command, everything, in_chunks, load, processes, query, wipe

CHUNK_ROWS = 4000
ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty thousand rows, with every defect there is."""
    path = tmp_path_factory.mktemp("big") / "big.csv"
    write_sample(path, rows=20_000, seed=3, dirty=True)
    return path


@pytest.fixture
def earlier_file(big_file: Path, tmp_path: Path) -> Path:
    """A file loaded before, some of whose sessions the big one changes and some of which it does not know."""
    header, *lines = big_file.read_text(encoding="utf-8").splitlines()[:900]
    rows = (line.replace("true", "false") for line in lines[::3])
    return native_csv(tmp_path / "earlier.csv", *rows, header=header)


def brief(url: str) -> list[tuple[object, ...]]:
    """Enough of the database to tell a part of a load from none and from all of it."""
    return [
        *query(url, "SELECT count(*), sum(energy_kwh), sum(source_line), count(DISTINCT load_key) FROM fact_charging"),
        *query(url, "SELECT count(*) FROM dim_station"),
        *query(url, "SELECT count(*) FROM dim_time WHERE time_key IN (SELECT time_key FROM fact_charging)"),
        *query(url, "SELECT count(*), sum(source_line) FROM rejected_row"),
        *query(url, "SELECT file_name, rows_read, inserted, updated, unchanged, rejected FROM load_ledger ORDER BY 1"),
    ]


def rounded(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Sums of floats depend on their order, in the last digits."""
    return [tuple(round(value, 3) if isinstance(value, float) else value for value in row) for row in rows]


def back_to(url: str, earlier: Path, copy: Path) -> None:
    """The database as it was when only the earlier file was in."""
    if is_sqlite(url):
        shutil.copyfile(copy, url.removeprefix("sqlite:///"))
    else:
        wipe(url)
        load(earlier, url)


@pytest.mark.thorough
def test_a_killed_load_leaves_its_file_in_whole_or_not_at_all(
    url: str, big_file: Path, earlier_file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    assert load(earlier_file, url).inserted > 0
    if is_sqlite(url):
        shutil.copyfile(url.removeprefix("sqlite:///"), copy)
    before = rounded(brief(url))
    _, seconds = begin_and_kill(in_chunks, (big_file, url, CHUNK_ROWS), None)
    after, clean_load = rounded(brief(url)), everything(url)
    assert len(clean_load["ledger"]) == 2
    assert before != after

    chance, cut_short, ends = random.Random(SEED), 0, {"before": 0, "after": 0}
    back_to(url, earlier_file, copy)
    kills = KILLS if is_sqlite(url) else KILLS // 2  # a server's own kills follow below
    for number in range(kills):
        delay = chance.uniform(0, seconds)
        was_cut_short, took = begin_and_kill(in_chunks, (big_file, url, CHUNK_ROWS), delay)
        cut_short += was_cut_short
        seconds = seconds if was_cut_short else min(seconds, took)  # a machine that was busy at first is not any more
        settle(url)
        place = f"kill {number} of seed {SEED}, after {delay:.3f} s"
        found = rounded(brief(url))
        assert found in (before, after), place
        end = "before" if found == before else "after"
        ends[end] += 1
        if is_sqlite(url):
            assert query(url, "PRAGMA integrity_check") == [("ok",)], place
            assert query(url, "PRAGMA foreign_key_check") == [], place
        if end == "after" or number in (kills // 2, kills - 1):
            with chunks_of(CHUNK_ROWS):
                assert load(big_file, url).status == ("loaded" if end == "before" else "already loaded"), place
            assert everything(url) == clean_load, place
            back_to(url, earlier_file, copy)
    assert cut_short >= kills / 3
    assert ends["before"] > 0


@ON_POSTGRESQL
def test_a_server_that_ends_the_connection_leaves_the_file_in_whole_or_not_at_all(
    url: str, big_file: Path, earlier_file: Path
) -> None:
    assert load(earlier_file, url).inserted > 0
    before = rounded(brief(url))
    began = time.monotonic()
    with chunks_of(CHUNK_ROWS):
        load(big_file, url)
    seconds = time.monotonic() - began
    after = rounded(brief(url))
    chance, told = random.Random(SEED), []
    for _ in range(max(4, KILLS // 2 - 1)):
        if rounded(brief(url)) != before:
            wipe(url)
            load(earlier_file, url)
        delay = chance.uniform(0.05, seconds)
        terminator = threading.Timer(delay, end_connections, [url])
        terminator.start()
        try:
            with chunks_of(CHUNK_ROWS):
                status = load(big_file, url).status
        except DatabaseError as error:
            status = error.code
        terminator.join()
        settle(url)
        assert rounded(brief(url)) == (after if status == "loaded" else before), f"{status} after {delay:.3f} s"
        told.append(status)
    assert set(told) <= {"loaded", "connection_lost", "database_unreachable"}
    assert set(told) != {"loaded"}


def end_connections(url: str) -> None:
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with open_engine(url).connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))


@ON_POSTGRESQL
@pytest.mark.parametrize("place", ["copying", "settling", "closing"])
def test_a_connection_lost_on_the_way_is_an_error_with_a_code(
    url: str, earlier_file: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    copied, close, settle_facts = evcharge.load.copying._copied, evcharge.load.sessions._close_entry, Writer._settle

    def cut_and_copied(*arguments: Any) -> str:
        end_connections(url)
        return copied(*arguments)

    def cut_and_close(*arguments: Any) -> None:
        end_connections(url)
        close(*arguments)

    def cut_and_settle(*arguments: Any) -> None:
        end_connections(url)
        settle_facts(*arguments)

    load(earlier_file, url)
    corrected = earlier_file.with_name("corrected.csv")
    corrected.write_text(earlier_file.read_text(encoding="utf-8").replace("-04:00,1", "-04:00,2"), encoding="utf-8")
    if place == "copying":
        monkeypatch.setattr(evcharge.load.copying, "_copied", cut_and_copied)
    elif place == "settling":
        monkeypatch.setattr(Writer, "_settle", cut_and_settle)
    else:
        monkeypatch.setattr(evcharge.load.sessions, "_close_entry", cut_and_close)
    before = everything(url)
    with pytest.raises(DatabaseError) as refusal:
        load(corrected, url)
    assert refusal.value.code in ("connection_lost", "database_unreachable")
    assert everything(url) == before


@ON_POSTGRESQL
def test_what_the_server_refuses_while_copying_is_an_error_with_a_code(
    url: str, earlier_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        evcharge.load.copying, "_copied", lambda names, rows, texts: "no key" + "\t1" * (len(names) - 1) + "\n"
    )
    before = everything(url)
    with pytest.raises(DatabaseError, match="Nothing was changed") as refusal:
        load(earlier_file, url)
    assert refusal.value.code == "database_refused"
    assert everything(url) == before


def under_way(url: str) -> bool:
    """Whether a load in another process has begun to write."""
    if is_sqlite(url):
        return Path(f"{url.removeprefix('sqlite:///')}-journal").exists()
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    return query(url, f"{held} AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") != [
        (0,)
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_an_interrupted_load_exits_as_its_signal_says_and_changes_nothing(
    url: str, big_file: Path, earlier_file: Path, tmp_path: Path, number: signal.Signals
) -> None:
    load(earlier_file, url)
    before = everything(url)
    said = tmp_path / "said.txt"
    arguments = ["load", str(big_file), "--db", url]
    process = processes().Process(target=command, args=(arguments, said, 50))
    process.start()
    deadline = time.monotonic() + 20
    while not under_way(url) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert process.pid is not None
    os.kill(process.pid, number)
    process.join(20)
    assert process.exitcode == 128 + number, said.read_text()
    assert "Interrupted" in said.read_text()
    assert "Traceback" not in said.read_text()
    assert everything(url) == before
    assert load(big_file, url, LoadOptions(lock_wait_seconds=5)).status == "loaded"


@pytest.mark.thorough
@pytest.mark.parametrize("kibibytes_more", [0, 64, 400])
def test_a_disk_that_fills_up_is_an_error_with_a_code_and_changes_nothing(
    sqlite_url: str, big_file: Path, earlier_file: Path, tmp_path: Path, kibibytes_more: int
) -> None:
    load(earlier_file, sqlite_url)
    header, *lines = big_file.read_text(encoding="utf-8").splitlines()[:5000]
    file = native_csv(tmp_path / "part.csv", *lines, header=header)
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    before, said = database.read_bytes(), tmp_path / "said.txt"
    arguments = ["load", str(file), "--db", sqlite_url]
    limit = len(before) + kibibytes_more * 1024
    process = processes().Process(target=command, args=(arguments, said, CHUNK_ROWS, limit))
    process.start()
    process.join(30)
    assert process.exitcode == 1
    assert "Error [disk_" in said.read_text()
    assert "Nothing was changed" in said.read_text()
    assert "Traceback" not in said.read_text()
    assert query(sqlite_url, "PRAGMA integrity_check") == [("ok",)]
    assert len(query(sqlite_url, "SELECT * FROM load_ledger")) == 1
    assert database.read_bytes() == before
    assert load(file, sqlite_url).status == "loaded"
