"""The pieces of work that are measured, each with the ways to do it; evcharge's own way is the first of each.

What does not belong here: how a way is measured (``measure``), and the table of the results (``table``).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.places import Data

PYTHON = sys.executable
EVCHARGE = (PYTHON, "-c", "from evcharge.cli import main; main()")
POSTGRES = "EVCHARGE_BENCHMARK_POSTGRES"
"""The variable that names a PostgreSQL server on this machine on which databases may be made and dropped."""
READING = "reading the prepared rows (taken off below)"

Same = tuple[object, ...]


@dataclass(frozen=True)
class Way:
    """One way to do a piece of work.

    Attributes:
        name: what the table calls it.
        command: the program and its arguments, for the data and the file that it writes.
        prepare: what stands before the clock runs.
        result: what must be the same of all ways.
        less: name of a way whose CPU is taken off: that of reading what was prepared, or of starting.
        is_aside: whether it is no way to do the work, but only taken off others.
    """

    name: str
    command: Callable[[Data, Path], list[str]]
    prepare: Callable[[Data, Path], None] = lambda _data, _path: None
    result: Callable[[Data, Path], Same] | None = None
    less: str = ""
    is_aside: bool = False


@dataclass(frozen=True)
class Work:
    """A piece of work.

    Attributes:
        name: short, for ``--only``.
        title: what it is, for people.
        ways: the first is evcharge's, beside which the others are shown.
        of_share: how many of the sessions it is about: one in so many.
    """

    name: str
    title: str
    ways: tuple[Way, ...]
    of_share: int = 1


def peer(name: str, *more: str) -> Callable[[Data, Path], list[str]]:
    """The command that runs a script of ``peers``."""
    return lambda data, path: [PYTHON, "-m", f"benchmarks.peers.{name}", str(data.folder), str(path), *more]


def evcharge(*words: str) -> Callable[[Data, Path], list[str]]:
    """A command line of evcharge on the SQLite file of this way."""
    return lambda data, path: [*EVCHARGE, *(word.format(data=data) for word in words), "--db", f"sqlite:///{path}"]


def on_star(*words: str) -> Callable[[Data, Path], list[str]]:
    """A command line of evcharge on the star of the run."""
    return lambda data, _path: [*EVCHARGE, *words, "--db", f"sqlite:///{data.star}"]


def counts(by: str) -> Callable[[Data, Path], list[str]]:
    """Evcharge's counts of all definitions."""
    return lambda data, path: [PYTHON, "-m", "benchmarks.counts", str(data.folder), str(path), by]


def empty_star(data: Data, path: Path) -> None:
    """A migrated database without a row."""
    shutil.copyfile(data.folder / "empty.db", path)


def whole_star(data: Data, path: Path) -> None:
    """A copy of the star."""
    shutil.copyfile(data.star, path)


def counting_statement(by: str) -> Callable[[Data, Path], None]:
    """Leaves the statement by the definitions of evcharge beside the result, for DuckDB to run."""

    def written(_data: Data, path: Path) -> None:
        command = [PYTHON, "-m", "benchmarks.counts", "statement", str(path.with_suffix(".sql")), by]
        subprocess.run(command, check=True)

    return written


def sums(table: str, ids: str = "SUM(LENGTH(session_id))") -> Callable[[Data, Path], Same]:
    """Rows of a table, the letters of their ids, their energy, successes, and the first and last start."""
    success = "SUM(CASE WHEN LOWER(CAST(success AS TEXT)) IN ('1', 'true') THEN 1 ELSE 0 END)"
    start = "SUBSTR(REPLACE(start_time, ' ', 'T'), 1, 19)"
    query = f"SELECT COUNT(*), {ids}, ROUND(SUM(energy_kwh), 3), {success}, MIN({start}), MAX({start}) FROM {table}"

    def summed(_data: Data, path: Path) -> Same:
        connection = sqlite3.connect(path)
        row: Same = connection.execute(query).fetchone()
        connection.close()
        return row

    return summed


def count(_data: Data, path: Path) -> Same:
    """How many sessions a star holds."""
    connection = sqlite3.connect(path)
    (rows,) = connection.execute("SELECT COUNT(*) FROM fact_charging").fetchone()
    connection.close()
    return (str(rows),)


def text(_data: Data, path: Path) -> Same:
    """What a way wrote of its result."""
    return tuple(path.read_text(encoding="utf-8").split())


def star(name: str, command: Callable[[Data, Path], list[str]], less: str = "") -> Way:
    """A way that fills the star's tables, which are there."""
    return Way(name, command, empty_star, sums("fact_charging"), less)


def flat(name: str, script: str) -> Way:
    """A way that makes one table of sessions."""
    return Way(name, peer(script), result=sums("sessions"))


def again(what: str, path: str, prepare: Callable[[Data, Path], None] = empty_star) -> Way:
    """Another load by evcharge, whose ids may be others."""
    return Way(f"evcharge load, {what}", evcharge("load", path, "-q"), prepare, sums("fact_charging", "0"))


LOAD = Work(
    "load",
    "Load into SQLite, ids that grow at each station",
    (
        star("evcharge load", evcharge("load", "{data.growing}", "-q")),
        Way(READING, peer("read_prepared"), is_aside=True),
        star("raw executemany, the star's own table", peer("raw_star"), less=READING),
        star("raw executemany, the table of version 0009", peer("raw_0009"), less=READING),
        flat("read_csv + to_sql, one flat table", "to_sql_flat"),
        star("read_csv + to_sql, the star's tables", peer("to_sql_star")),
        star("SQLAlchemy Core insert", peer("sqlalchemy_core")),
        star("SQLAlchemy ORM bulk insert", peer("sqlalchemy_orm")),
        star("SQLAlchemy add_all", peer("sqlalchemy_add_all")),
        flat("sqlite-utils upsert", "sqlite_utils_upsert"),
        flat("dlt merge", "dlt_merge"),
        flat("pyarrow CSV → SQLite", "arrow_sqlite"),
        flat("DuckDB read_csv → SQLite", "duckdb_sqlite"),
    ),
)
OTHER_LOADS = Work(
    "loads",
    "Other loads into SQLite",
    (
        again("ids that grow", "{data.growing}"),
        again("random ids", "{data.random}"),
        again("daily files", "{data.daily}"),
        again("the same file again", "{data.growing}", whole_star),
    ),
)
STARTING = "starting evcharge: imports, and the database opened (taken off below)"
STARTING_DUCKDB = "starting DuckDB: its import (taken off below)"


def counting(name: str, by: str) -> Work:
    """Counts of every definition, by evcharge from its star and by DuckDB from the sessions."""
    return Work(
        name,
        f"Counts of every definition by {by}",
        (
            Way("evcharge", counts(by), result=text, less=STARTING),
            Way(
                "DuckDB over Parquet, one thread", peer("duckdb_counts"), counting_statement(by), text, STARTING_DUCKDB
            ),
            Way("bare GROUP BY station, sqlite3: sessions and recorded successes only", peer("group_by")),
            Way("bare GROUP BY station and month, sqlite3: the same", peer("group_by_month")),
            Way(STARTING, counts("nothing"), is_aside=True),
            Way(STARTING_DUCKDB, peer("duckdb_counts", "nothing"), is_aside=True),
        ),
    )


COUNTS = counting("counts", "station")
MONTHS = counting("months", "month")
STATION_MONTHS = counting("station-months", "station and month")
REPORTS = Work(
    "reports",
    "Reports of the star",
    (
        Way("evcharge report --json", on_star("report", "--no-png", "--json")),
        Way("evcharge report --html", on_star("report", "--no-png", "--html", "page.html", "-q")),
        Way("bare GROUP BY station, sqlite3", peer("group_by")),
    ),
)
CDRS = Work(
    "ocpi",
    "OCPI charge detail records",
    (
        Way("evcharge load", evcharge("load", "{data.cdrs}", "-q", "--source", "acme"), empty_star, count),
        Way("json.loads of the same bytes", peer("json_cdrs"), result=text),
    ),
    of_share=10,
)
LOG = Work(
    "ocpp",
    "OCPP 1.6 log, six messages a session",
    (
        Way("evcharge load", evcharge("load", "{data.log}", "-q", "--source", "acme"), empty_star, count),
        Way("json.loads of each message", peer("json_log"), result=text),
    ),
    of_share=10,
)


def on_server(*words: str) -> Callable[[Data, Path], list[str]]:
    """A command line of evcharge on the PostgreSQL database of the run."""
    from benchmarks.postgres import target

    return lambda data, _path: [*EVCHARGE, *(word.format(data=data) for word in words), "--db", target()]


def on_empty_server(_data: Data, _path: Path) -> None:
    """The PostgreSQL database of the run, migrated and empty."""
    from benchmarks.postgres import make_target

    make_target()


def rows_on_server(_data: Data, _path: Path) -> Same:
    """Rows and energy of the facts there."""
    from benchmarks.postgres import facts

    return facts()


SERVER = Work(
    "postgres",
    "Load into PostgreSQL, client and server",
    (
        Way("evcharge load", on_server("load", "{data.growing}", "-q"), on_empty_server, rows_on_server),
        Way(READING, peer("read_prepared"), is_aside=True),
        Way("COPY + INSERT … SELECT", peer("postgres_copy"), on_empty_server, rows_on_server, less=READING),
    ),
)
WORKS = (LOAD, OTHER_LOADS, COUNTS, MONTHS, STATION_MONTHS, REPORTS, SERVER, CDRS, LOG)


def is_possible(work: Work) -> bool:
    """Whether a server is named for what needs one."""
    return work is not SERVER or POSTGRES in os.environ
