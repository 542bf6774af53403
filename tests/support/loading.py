"""Loading for tests of the loader, and what a database holds, in forms that can be compared.

A function with ``url`` may also run in another process: those that the fault tests kill use ``in_chunks``.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import evcharge.load.sessions
from evcharge import sources
from evcharge.db import open_engine
from evcharge.errors import EvchargeError
from evcharge.load import LoadOptions, LoadResult, load_file
from evcharge.models import Base, FactCharging
from tests.support import isolation as isolation  # takes effect as it is imported

TABLES = tuple(Base.metadata.sorted_tables)
CONTENT = [
    column.name
    for column in FactCharging.__table__.columns
    if column.name not in ("station_key", "session_id", "load_key", "source_line")
]
Rows = list[tuple[Any, ...]]


def load(path: Path, url: str, options: LoadOptions | None = None, **settings: Any) -> LoadResult:
    """Loads a file by the native profile, with some of its settings replaced."""
    profile = sources.with_overrides(sources.builtin_profiles()["native"], **settings)
    return load_file(path, url, [profile], options)


def counts(result: LoadResult) -> dict[str, int]:
    """Every row accounted for, without the counts that are nought."""
    names = ("read", "inserted", "updated", "unchanged", "superseded", "rejected")
    return {name: count for name in names if (count := getattr(result, name))}


def query(url: str, statement: str) -> Rows:
    """The rows of a statement as the driver gives them."""
    with open_engine(url).connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def dump(url: str) -> dict[str, Rows]:
    """Every row of every table, keys and times included."""
    return {table.name: sorted(query(url, f'SELECT * FROM "{table.name}"'), key=repr) for table in TABLES}


def dump_but_hours(url: str) -> dict[str, Rows]:
    """Every row of every table but dim_time: on PostgreSQL, hours stay when the load that added them is undone."""
    return {name: rows for name, rows in dump(url).items() if name != "dim_time"}


def facts(url: str, source: str | None = None) -> Rows:
    """What is known of each session: source, station id, session id, and all but the lineage."""
    columns = ", ".join(f"f.{name}" for name in CONTENT)
    rows = query(
        url,
        f"SELECT s.source, s.station_id, f.session_id, {columns} "
        "FROM fact_charging f JOIN dim_station s USING (station_key)",
    )
    return sorted((row for row in rows if source in (None, row[0])), key=lambda row: row[:3])


def everything(url: str) -> dict[str, Rows]:
    """All that the database tells, without surrogate keys and clock times."""
    told = {
        "facts": f"SELECT s.source, s.station_id, f.session_id, l.file_name, f.source_line, "
        f"{', '.join(f'f.{name}' for name in CONTENT)} FROM fact_charging f "
        "JOIN dim_station s USING (station_key) JOIN load_ledger l USING (load_key)",
        "stations": _without(url, "dim_station", "station_key"),
        "hours": "SELECT * FROM dim_time WHERE time_key IN (SELECT time_key FROM fact_charging)",
        "ledger": _without(url, "load_ledger", "load_key", "started_at", "finished_at"),
        "rejects": 'SELECT l.file_name, r.source_line, r.rule, r."column", r.value, r.raw, '
        "r.would_have_been, r.station_id, r.time_key "
        "FROM rejected_row r JOIN load_ledger l USING (load_key)",
    }
    return {name: sorted(query(url, statement), key=str) for name, statement in told.items()}


def _without(url: str, name: str, *left_out: str) -> str:
    columns = [column.name for column in Base.metadata.tables[name].columns if column.name not in left_out]
    return f"SELECT {', '.join(columns)} FROM {name}"


def wipe(url: str) -> None:
    """Takes every row out of every table."""
    with open_engine(url, writes=True).begin() as connection:
        for table in reversed(TABLES):
            connection.execute(table.delete())


@contextmanager
def chunks_of(rows: int) -> Iterator[None]:
    """The loader reads in chunks of so many rows."""
    usual = evcharge.load.sessions.read  # type: ignore[attr-defined]
    evcharge.load.sessions.read = functools.partial(sources.read, chunk_rows=rows)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        evcharge.load.sessions.read = usual  # type: ignore[attr-defined]


def processes() -> ForkServerContext:
    """Starts processes in which evcharge is imported already, so that what they do begins at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.loading", "evcharge.cli", "evcharge.load", "psycopg"])
    return context


def in_chunks(path: Path, url: str, chunk_rows: int) -> None:
    """Loads a file in a process that is going to be killed."""
    with chunks_of(chunk_rows):
        load(path, url)


def sources_in_turn(paths: list[Path], url: str, source: str) -> list[str]:
    """Loads the files in turn as those of a source; returns the status of each."""
    return [load(path, url, source=source).status for path in paths]


def all_of(paths: list[Path], url: str) -> list[str]:
    """Loads the files in turn; returns the status of each, or the code of its error."""
    told = []
    for path in paths:
        try:
            told.append(load(path, url).status)
        except EvchargeError as error:
            told.append(error.code)
    return told


def command(arguments: list[str], said: Path, chunk_rows: int, most_file_bytes: int | None = None) -> None:
    """Runs a command line in a process of its own; what it says goes to a file, its exit code is the process's."""
    from evcharge.cli import run_command

    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    if most_file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_file_bytes, most_file_bytes))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that run in the background inherit none
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nor those under nohup
    with chunks_of(chunk_rows):
        code = run_command(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
