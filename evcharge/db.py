"""From a database URL to an engine with the settings that the loader's promises rest on.

SQLite keeps a rollback journal with synchronous EXTRA, so that what was committed survives power loss and the
file can be copied; foreign keys are on; the driver begins nothing by itself. PostgreSQL speaks UTC, and whoever only
reads sees one moment for a whole transaction, as on SQLite. What does not belong here: tables, transactions,
migrations.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url
from sqlalchemy.pool import NullPool

from evcharge.config import LOCK_WAIT_SECONDS as LOCK_WAIT_SECONDS
from evcharge.errors import DatabaseError

CACHE_KIB = 65_536
"""SQLite page cache of a loader [KiB]: 64 MB is where a larger one stopped to help."""

_POSTGRES_NAMES = ("postgres", "postgresql", "postgresql+psycopg")
_MAX_MILLISECONDS = 2**31 - 1
_LOCK_NOT_AVAILABLE = "55P03"
_UNDEFINED_TABLE = "42P01"


def parse_url(text: str) -> URL:
    """The URL with its driver named; ``postgres://`` and ``postgresql://`` mean psycopg 3.

    A SQLite path is percent-decoded here, since SQLAlchemy does so only from 2.1 on: one URL, one file.

    Raises:
        DatabaseError: not a URL, a database evcharge does not speak, or SQLite without a file.
    """
    hint = "Write sqlite:///file.db, or postgresql+psycopg://user:password@host/database (escape @ : / in a password)."
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):
        # Without its cause, which may quote a password.
        raise DatabaseError("database_url_unreadable", "the database URL can't be read.", hint) from None
    if url.drivername in _POSTGRES_NAMES:
        if text.count("@") > 1:  # the end of the password would be taken for the host, and shown
            raise DatabaseError("database_url_unreadable", "the database URL holds more than one @.", hint)
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        raise DatabaseError("database_not_supported", f"evcharge does not speak {url.drivername!r}.", hint)
    if "?" in text:
        reason = "a SQLite URL takes no parameters (after the ?)."
        raise DatabaseError("database_url_unreadable", reason, "Write a ? in a file's name as %3F, and a % as %25.")
    path = unquote(text.partition(":///")[2])
    if path in ("", ":memory:"):
        raise DatabaseError("database_without_file", "the SQLite URL names no file.", hint)
    return url.set(database=path)


def masked(text: str) -> str:
    """The URL as it may be shown: no password, neither before the host nor in the query."""
    url = parse_url(text)
    if url.get_backend_name() == "sqlite":
        return text
    hidden = {name: "***" for name in url.query if "pass" in name.lower() or "key" in name.lower()}
    return url.update_query_dict(hidden).render_as_string(hide_password=True).replace("%2A%2A%2A", "***")


def url_of(engine: Engine) -> str:
    """The URL of an engine that ``open_engine`` made, its password in it, as ``parse_url`` takes it."""
    if engine.dialect.name == "sqlite":
        return f"sqlite:///{quote(str(engine.url.database))}"
    return engine.url.render_as_string(hide_password=False)


def open_engine(
    url: str,
    *,
    writes: bool = False,
    create: bool = False,
    foreign_keys: bool = True,
    lock_wait_seconds: float = LOCK_WAIT_SECONDS,
) -> Engine:
    """An engine on the database; without ``writes`` it can't change anything.

    Args:
        url: any URL that ``parse_url`` takes.
        writes: open for writing; a transaction then takes the write lock at its start.
        create: make the SQLite file if it is not there.
        foreign_keys: enforce them on SQLite; only migrations turn this off.
        lock_wait_seconds: how long to wait for another writer.

    Raises:
        DatabaseError: the SQLite file is missing, or the driver is not installed.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(parsed, writes, writes and create, foreign_keys, lock_wait_seconds)
    return _postgresql_engine(parsed, writes, lock_wait_seconds)


def _milliseconds(seconds: float) -> int:
    """At least 1, for PostgreSQL reads 0 as without end; at most what both databases take."""
    return min(max(1, round(seconds * 1000)), _MAX_MILLISECONDS)


def _sqlite_engine(url: URL, writes: bool, create: bool, foreign_keys: bool, lock_wait_seconds: float) -> Engine:
    path = str(url.database)
    if not create and not Path(path).is_file():
        raise DatabaseError(
            "database_missing",
            f"there is no database at {path}.",
            "Run: alembic upgrade head    or: evcharge load --create-db",
        )
    # A reader opens the file for writing too, so that it can undo what a killed load left half written.
    address = f"file:{quote(path)}?mode={'rwc' if create else 'rw'}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, isolation_level=None)

    engine = create_engine(url, creator=connect, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA busy_timeout={_milliseconds(lock_wait_seconds)}")
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        if writes:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA synchronous=EXTRA")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        else:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: URL, writes: bool, lock_wait_seconds: float) -> Engine:
    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise DatabaseError(
            "driver_missing", "the PostgreSQL driver psycopg is not installed.", "Run: pip install 'evcharge[postgres]'"
        ) from error

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute(f"SET lock_timeout = {_milliseconds(lock_wait_seconds)}")
        connection.execute(f"SET default_transaction_read_only = {'off' if writes else 'on'}")
        if not writes:  # all that one transaction reads is of one moment, as on SQLite
            connection.execute("SET default_transaction_isolation = 'repeatable read'")
        connection.autocommit = False

    return engine


@contextmanager
def translated_errors(url: str) -> Iterator[None]:
    """Turns what the driver raises into a ``DatabaseError`` that says what to do next.

    Raises:
        DatabaseError: for every error of the database or its driver.
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise _translated(error, masked(url)) from error


def _translated(error: exc.DBAPIError, shown_url: str) -> DatabaseError:
    text = str(error.orig).strip().split("\n")[0]
    state = getattr(error.orig, "sqlstate", None)
    unchanged = "Nothing was changed."
    if state == _LOCK_NOT_AVAILABLE or "is locked" in text:
        return DatabaseError(
            "database_busy", f"{shown_url} is busy: another load holds it. {unchanged}", "Run it again."
        )
    if state == _UNDEFINED_TABLE or "no such table" in text:
        return DatabaseError("schema_missing", f"{shown_url} has no evcharge tables.", "Run: evcharge db upgrade")
    known = {
        "permission denied": ("database_not_permitted", "Grant the user what it lacks, or use another user."),
        "readonly database": ("database_read_only", "Make the file and its folder writable."),
        "disk is full": ("disk_full", "Free some space and run it again."),
        "disk I/O error": ("disk_error", "Check the disk, then run: PRAGMA integrity_check"),
        "not a database": ("database_damaged", "Name another file with --db, or restore a back-up."),
        "malformed": ("database_damaged", "Restore a back-up, or run: PRAGMA integrity_check"),
    }
    for sign, (code, hint) in known.items():
        if sign in text:
            return DatabaseError(code, f"{shown_url}: {text}. {unchanged}", hint)
    if isinstance(error, exc.OperationalError):
        return DatabaseError("database_unreachable", f"{shown_url}: {text}.", "Check the URL and that it answers.")
    return DatabaseError(
        "database_refused", f"{shown_url} refused: {text}. {unchanged}", "This is a fault of evcharge."
    )
