"""The statements run where the table is, by a database's URL, and the frames written into a folder.

The text is sent as it is; of an engine's driver nothing else is used. What does not belong here: what is asked
(``statement``, ``check_statement``), and reading the files again (``frames``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import URL, Connection, CursorResult, Engine, create_engine, exc, make_url
from sqlalchemy.pool import NullPool

from evcharge import progress
from evcharge.counts.check_statement import check_statement, faults_of
from evcharge.counts.contract import CONTRACT, COUNTS, DETAIL, FAILURES, STATIONS, looked_at
from evcharge.counts.dialects import SessionTable
from evcharge.counts.statement import Statement, frame_statement
from evcharge.db import open_engine
from evcharge.errors import DatabaseError, NoDataError, ReportError, SourceError
from evcharge.metrics.definitions import Definition
from evcharge.output import HINT, written_together

CSV, PARQUET = FORMATS = ("csv", "parquet")
BATCH_ROWS = 10_000
"""Rows held in memory at a time."""
_OURS = {"sqlite": "sqlite", "postgresql": "postgres", "postgres": "postgres"}
"""Databases that evcharge opens as its own, only to read."""
_THEIRS = {
    "bigquery": ("bigquery", "sqlalchemy-bigquery"),
    "clickhousedb": ("clickhouse", "clickhouse-connect"),
    "databricks": ("databricks", "databricks-sqlalchemy"),
    "duckdb": ("duckdb", "duckdb-engine"),
    "redshift": ("redshift", "sqlalchemy-redshift"),
    "snowflake": ("snowflake", "snowflake-sqlalchemy"),
    "trino": ("trino", "trino[sqlalchemy]"),
}
"""By how its URL begins: the dialect, and the package that brings SQLAlchemy a driver."""


class Checked(NamedTuple):
    """How many sessions a table holds, and what is wrong with it; nothing of a clean one."""

    sessions: int
    faults: list[SourceError]


class Written(NamedTuple):
    """A frame that was written: where, and with how many rows."""

    path: Path
    rows: int


def dialect_of(url: str) -> str:
    """The dialect of the engine that a URL leads to.

    Raises:
        DatabaseError: it can't be read, or leads to none of the engines.
    """
    name = _parsed(url).get_backend_name()
    if name in _OURS:
        return _OURS[name]
    if name in _THEIRS:
        return _THEIRS[name][0]
    known = ", ".join(sorted({*_OURS, *_THEIRS}))
    reason = f"no engine of this kind is known: {name}."
    raise DatabaseError("database_not_supported", reason, f"Run the printed statement there. URLs begin with {known}.")


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (exc.ArgumentError, ValueError):
        # Without its cause, which may quote a password.
        raise DatabaseError("database_url_unreadable", "the URL of --url can't be read.", "See --help.") from None


def _opened(url: str) -> Engine:
    """The engine that a URL leads to."""
    dialect, name = dialect_of(url), _parsed(url).get_backend_name()
    if name in _OURS:
        try:
            return open_engine(url)
        except DatabaseError as error:
            if error.code != "database_missing":
                raise
            raise DatabaseError(error.code, error.reason, "Name the one that holds the table with --url.") from error
    try:
        return create_engine(_parsed(url), poolclass=NullPool)
    except (exc.NoSuchModuleError, ModuleNotFoundError) as error:
        reason = f"SQLAlchemy has no driver for {dialect} here."
        raise DatabaseError("driver_missing", reason, f"Run: pip install '{_THEIRS[name][1]}'") from error


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection to the engine; what its driver raises becomes an error that names the engine, not the password.

    Raises:
        DatabaseError: the driver is missing, the engine can't be reached, or refuses the statement.
    """
    engine = _opened(url)
    shown = _parsed(url).set(query={}).render_as_string(hide_password=True)
    try:
        # Without this a driver may take a % of the text for the place of a parameter.
        with engine.connect().execution_options(no_parameters=True) as connection:
            yield connection
    except exc.SQLAlchemyError as error:
        told = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        hint = "Without --url the statement is printed: read there what --table and --map make of it."
        raise DatabaseError("database_refused", f"{shown} refused: {told}", hint) from error


def check_table(connection: Connection, table: SessionTable, definitions: Sequence[Definition]) -> Checked:
    """Whether a table has the columns that are looked at and, where it has, whether its sessions are clean.

    Raises:
        DatabaseError: as ``connected``.
        NoDataError: it holds no session.
    """
    progress.step("checking the sessions")
    lacking = _lacking(connection, table, definitions)
    if lacking:
        return Checked(0, [lacking])
    asked = check_statement(table, definitions)
    counts = dict(zip(asked.columns, map(int, connection.exec_driver_sql(asked.text).one()), strict=True))
    if not counts["sessions"]:
        raise NoDataError("no_sessions", f"{table.table} holds no session.")
    return Checked(counts["sessions"], faults_of(counts, table))


def _lacking(connection: Connection, table: SessionTable, definitions: Sequence[Definition]) -> SourceError | None:
    """The columns that the table would have to have, and has not."""
    names = connection.exec_driver_sql(table.no_rows()).keys()
    there = {name.casefold() for name in names}
    wanted = [CONTRACT["session_id"], *looked_at(COUNTS, definitions, table.mapped)]
    lacking = [column for column in wanted if column.name not in there | table.mapped.keys()]
    if not lacking:
        return None
    lacks = ", ".join(column.name for column in lacking)
    options = " ".join(f"--map {column.name}={'NULL' if column.otherwise else 'THEIRS'}" for column in lacking)
    hint = f"Name theirs, as a column or an expression; NULL says that there is none: {options}"
    return SourceError("columns_missing", f"{table.table} has no columns {lacks}.", hint)


def write_frames(
    connection: Connection,
    table: SessionTable,
    definitions: Sequence[Definition],
    folder: Path,
    file_format: str = CSV,
    stations: Collection[tuple[str, str]] = (),
) -> list[Written]:
    """Writes the frames of a table into a folder, made if it is not there; they appear when all of them are whole.

    Args:
        connection: to where the table is.
        table: of clean sessions; ``check_table`` tells whether it is one.
        definitions: those of the letters.
        folder: gets ``counts``, ``stations`` and ``failures``, and ``detail`` where stations are named.
        file_format: ``csv`` or ``parquet``.
        stations: source and id of those that ``detail`` is of.

    Raises:
        DatabaseError: as ``connected``.
        ReportError: a file can't be written, or what writes Parquet is not installed.
    """
    write = _writer(file_format)
    frames = (COUNTS, STATIONS, FAILURES, *((DETAIL,) if stations else ()))
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"the folder {folder} can't be made: {error.strerror or error}."
        raise ReportError("cannot_write", reason, HINT) from error
    with written_together() as open_part:
        for frame in frames:
            progress.step(f"counting {frame}")
            statement = frame_statement(frame, table, definitions, stations)
            path = folder / f"{frame}.{file_format}"
            file = open_part(path)
            with connection.exec_driver_sql(statement.text, execution_options={"stream_results": True}) as rows:
                written.append(Written(path, write(file, statement, _batches(rows, statement))))
    return written


Batches = Iterator[list[tuple[Any, ...]]]
_TYPES: dict[str, Callable[[Any], Any]] = {"integer": int, "number": float, "text": str}


def _batches(rows: CursorResult[Any], statement: Statement) -> Batches:
    """The rows some at a time, each value of its column's kind: drivers give decimals for some sums."""
    types = [_TYPES[kind] for kind in statement.columns.values()]
    for part in rows.partitions(BATCH_ROWS):
        yield [
            tuple(None if value is None else of(value) for of, value in zip(types, row, strict=True)) for row in part
        ]


def _writer(file_format: str) -> Callable[[BinaryIO, Statement, Batches], int]:
    """What writes the rows of a statement into a file and counts them."""
    if file_format == CSV:
        return _write_csv
    try:
        import pyarrow
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        reason = "what writes Parquet (pyarrow) is not installed."
        raise ReportError("parquet_not_installed", reason, "Run: pip install 'evcharge[parquet]'") from error
    types = {"integer": pyarrow.int64(), "number": pyarrow.float64(), "text": pyarrow.string()}

    def write(file: BinaryIO, statement: Statement, batches: Batches) -> int:
        schema = pyarrow.schema([pyarrow.field(name, types[kind]) for name, kind in statement.columns.items()])
        count = 0
        with ParquetWriter(file, schema) as writer:
            for rows in batches:
                columns = zip(zip(*rows, strict=True), schema.types, strict=True)
                arrays = [pyarrow.array(values, kind) for values, kind in columns]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
                count += len(rows)
        return count

    return write


_NEEDS_QUOTES = re.compile('[",\r\n]')


def _write_csv(file: BinaryIO, statement: Statement, batches: Batches) -> int:
    """UTF-8 with the source's own texts, since a program reads it; missing is empty, an empty text is in quotes."""
    file.write(f"{','.join(statement.columns)}\n".encode())
    count = 0
    for rows in batches:
        file.write("".join(f"{','.join(map(_cell, row))}\n" for row in rows).encode())
        count += len(rows)
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    if not text or _NEEDS_QUOTES.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text
