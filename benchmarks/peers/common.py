"""What the scripts beside this one share: their arguments, the prepared rows, and a connection as a load has it.

What does not belong here: how any of them writes.
"""

from __future__ import annotations

import pickle
import sqlite3
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.measure import NOT_INSTALLED
from benchmarks.places import DIMENSIONS, ROWS_AT_ONCE, Data

Rows = list[tuple[Any, ...]]


def arguments() -> tuple[Data, Path]:
    """The data that a script reads, and the file that it writes."""
    return Data(Path(sys.argv[1]), 0), Path(sys.argv[2])


def required(name: str) -> Any:
    """A module; where it is not installed, the script ends and says so by its exit code."""
    try:
        return import_module(name)
    except ImportError:
        raise SystemExit(NOT_INSTALLED) from None


def as_loaded(path: Path) -> sqlite3.Connection:
    """A connection with the settings of evcharge's own load: durable, 64 MB of cache, foreign keys on."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=DELETE", "synchronous=EXTRA", "cache_size=-65536", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def prepared(data: Data) -> tuple[dict[str, tuple[list[str], Rows]], list[str], Iterator[Rows]]:
    """The dimensions by table, the names of the fact's columns, and the facts in chunks, in the order of the file."""
    file = data.prepared.open("rb")
    tables, names = pickle.load(file)

    def chunks() -> Iterator[Rows]:
        while True:
            try:
                yield pickle.load(file)
            except EOFError:
                return

    return tables, names, chunks()


def insert_into(table: str, names: list[str]) -> str:
    """The statement that inserts one row of these columns."""
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def insert_dimensions(connection: Any, data: Data) -> dict[str, int]:
    """Inserts stations, hours and the load's entry; returns the key of each station."""
    tables, _, _ = prepared(data)
    for table in DIMENSIONS:
        names, rows = tables[table]
        connection.executemany(insert_into(table, names), rows)
    names, rows = tables["dim_station"]
    key, station = names.index("station_key"), names.index("station_id")
    return {row[station]: row[key] for row in rows}


def facts_of(data: Data, station_keys: dict[str, int]) -> Iterator[Any]:
    """Frames of the CSV with the fact's columns: instants with a zone, keys in place of names."""
    import pandas as pd

    line = 2
    for frame in pd.read_csv(data.growing, chunksize=ROWS_AT_ONCE, dtype={"connector_id": str}):
        start, end = (pd.to_datetime(frame[name], format="%Y-%m-%dT%H:%M:%SZ", utc=True) for name in INSTANTS)
        yield pd.DataFrame({
            "station_key": frame["station_id"].map(station_keys),
            "session_id": frame["session_id"],
            "time_key": ((start.dt.year * 100 + start.dt.month) * 100 + start.dt.day) * 100 + start.dt.hour,
            "load_key": 1,
            "source_line": range(line, line + len(frame)),
            "port_id": frame["port_id"],
            "connector_id": frame["connector_id"],
            "start_time": start,
            "end_time": end,
            "duration_minutes": (end - start).dt.total_seconds() / 60,
            "energy_kwh": frame["energy_kwh"],
            "success": frame["success"],
            "stop_reason": frame["stop_reason"],
        })  # fmt: skip
        line += len(frame)


INSTANTS = ("start_time", "end_time")
