"""From a database URL to an engine with the settings that the loader's promises rest on.

SQLite keeps a rollback journal with synchronous EXTRA, so that what was committed survives power loss and the
file can be copied; foreign keys are on; the driver begins nothing by itself. On PostgreSQL no setting of a role, a
database or a session changes what is stored or read (``SESSION``), and whoever only reads sees one moment for a whole
transaction, as on SQLite. What does not belong here: tables, transactions, migrations.
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from sqlalchemy import URL, Connection, create_engine, event, exc, make_url
from sqlalchemy import Engine as Engine
from sqlalchemy.pool import NullPool

from evcharge.config import LOCK_WAIT_SECONDS as LOCK_WAIT_SECONDS
from evcharge.errors import DatabaseError, as_path

CACHE_KIB = 65_536
"""SQLite page cache of a loader [KiB]: 64 MB is where a larger one stopped to help."""

_POSTGRES_NAMES = ("postgres", "postgresql", "postgresql+psycopg")
SESSION = {
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "default_transaction_deferrable": "off",
}
"""What a session on PostgreSQL is set to, whatever its role, its database or its environment set; the encoding is said
when it connects, for the driver already reads before."""

WRITES_AT, READS_AT = "read committed", "repeatable read"
"""Isolation on PostgreSQL: who waited for a lock sees what was committed meanwhile, and who reads sees one moment."""

NOT_UTF8_HINT = (
    "Make a database with ENCODING 'UTF8' TEMPLATE template0 (docs/how-to/postgres.md), and use that one; pg_dump and "
    "pg_restore bring over what is in this one."
)
"""What to do about a database whose encoding can't hold every text."""

_SURVIVES_POWER_LOSS = (
    "SELECT set_config('synchronous_commit', 'local', false) WHERE current_setting('synchronous_commit') = 'off'"
)
UPGRADE_HINT = "Run: evcharge db upgrade    or, in a clone of evcharge: alembic upgrade head"
IN_MEMORY = "sqlite:///:memory:"
"""The URL of a database that has no file, as it is shown."""
_MAX_MILLISECONDS = 2**31 - 1


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


def upgrade_in_python(url: str) -> str:
    """What a Python program runs to make the tables of a database, or to bring them up to date; without a password."""
    if url == IN_MEMORY:
        return "Name a database in a file: evcharge makes no tables in memory."
    password = " with its password" if "***" in (shown := masked(url)) else ""
    return f"To make it or bring it up to date: from evcharge.migrate import upgrade; upgrade({shown!r}){password}"


def url_of(engine: Engine) -> str:
    """The URL of an engine that ``open_engine`` made, its password in it, as ``parse_url`` takes it."""
    if engine.dialect.name == "sqlite":
        return f"sqlite:///{quote(engine.url.database)}" if engine.url.database else IN_MEMORY
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
    if Path(path).is_dir():
        raise DatabaseError("database_is_folder", f"{path} is a folder.", "Name a file in it.")
    if not create and not Path(path).is_file():
        raise DatabaseError(
            "database_missing",
            f"there is no database at {path}.",
            UPGRADE_HINT,
            f"Name one that is there. {upgrade_in_python(f'sqlite:///{quote(path)}')}",
        )
    if not Path(path).parent.is_dir():
        reason = f"the folder of {path} is not there."
        raise DatabaseError("database_folder_missing", reason, "Make it first, or name another file.")
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
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"client_encoding": "UTF8"})
    except ModuleNotFoundError as error:
        raise DatabaseError(
            "driver_missing", "the PostgreSQL driver psycopg is not installed.", "Run: pip install 'evcharge[postgres]'"
        ) from error

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        read_only, isolation = ("off", WRITES_AT) if writes else ("on", READS_AT)
        settings = {
            **SESSION,
            "lock_timeout": str(_milliseconds(lock_wait_seconds)),
            "default_transaction_read_only": read_only,
            "default_transaction_isolation": isolation,
        }
        connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in settings.items()))
        if writes:
            connection.execute(_SURVIVES_POWER_LOSS)
        connection.autocommit = False

    return engine


def refuse_other_encoding(connection: Connection) -> None:
    """Refuses a PostgreSQL database that is not in UTF-8: another encoding can't hold every text, or checks none.

    Raises:
        DatabaseError: ``database_not_utf8``.
    """
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        reason = f"the database {name} is in the encoding {encoding}; it must be UTF8. Nothing was changed."
        raise DatabaseError("database_not_utf8", reason, NOT_UTF8_HINT)


def has_citus(connection: Connection) -> bool:
    """Whether the database is on a Citus cluster, told by the function that distributes a table."""
    if connection.dialect.name != "postgresql":
        return False
    function = "proname = 'create_distributed_table' AND pg_function_is_visible(oid)"
    return bool(connection.exec_driver_sql(f"SELECT EXISTS (SELECT FROM pg_proc WHERE {function})").scalar())  # noqa: S608


def write_in_sequence(connection: Connection) -> None:
    """On Citus, lets the transaction write to one shard after the other.

    Else a table that is whole on every node, such as the ledger, could not be written to after one that is spread.
    """
    if has_citus(connection):
        connection.exec_driver_sql("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'")


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


class _Fault(NamedTuple):
    """What a sign of the database means: the error's code, and what to do next."""

    code: str
    hint: str


_LOST = _Fault("connection_lost", "Run the same command again.")
_IDLE = _Fault(
    "database_timeout",
    "A load is idle in its transaction while it reads its file. Give this user more time (ALTER ROLE … SET "
    "idle_in_transaction_session_timeout = …), and run it again.",
)
_BY_STATE = {
    "08": _LOST,
    "57P": _LOST,
    "57014": _Fault(
        "database_timeout",
        "The server ended a statement. Give this user more time (ALTER ROLE … SET statement_timeout = …), or run it "
        "again at a quieter time.",
    ),
    "25P03": _IDLE,
    "25P04": _Fault(
        "database_timeout", "Give this user more time (ALTER ROLE … SET transaction_timeout = …), and run it again."
    ),
    "53100": _Fault("disk_full", "Free some space on the server's disk, and run it again."),
    "53": _Fault("database_overloaded", "Wait until the server has room again, and run it again."),
    "40": _Fault("database_busy", "Run it again."),
    "42501": _Fault("database_not_permitted", "Grant the user what it lacks, or use another user."),
    "25006": _Fault("database_read_only", "Name the server that takes changes, not its copy."),
    "22021": _Fault("database_not_utf8", NOT_UTF8_HINT),
    "22P05": _Fault("database_not_utf8", NOT_UTF8_HINT),
}
"""Error codes of PostgreSQL (its appendix A), whole or how they begin: 08 is a lost connection, 57P a server's end."""

_BY_WORDS = {
    "idle-in-transaction timeout": _IDLE,  # psycopg before 3.2 tells no state where the connection is gone
    "permission denied": _Fault("database_not_permitted", "Grant the user what it lacks, or use another user."),
    "readonly database": _Fault("database_read_only", "Make the file and its folder writable."),
    "disk is full": _Fault("disk_full", "Free some space and run it again."),
    "disk I/O error": _Fault("disk_error", "Check the disk, then run: PRAGMA integrity_check"),
    "not a database": _Fault(
        "database_damaged",
        "Is it a file of sessions? Load it: evcharge load FILE. Of a database that is damaged, restore a back-up.",
    ),
    "malformed": _Fault("database_damaged", "Restore a back-up, or run: PRAGMA integrity_check"),
}
"""Words in the messages of SQLite, which has no codes in Python 3.10, and of the driver."""


def _translated(error: exc.DBAPIError, shown_url: str) -> DatabaseError:
    text = str(error.orig).strip().split("\n")[0]
    state = getattr(error.orig, "sqlstate", None) or ""
    unchanged = "Nothing was changed."
    if state == "55P03" or "is locked" in text:
        return DatabaseError(
            "database_busy", f"{shown_url} is busy: another load holds it. {unchanged}", "Run it again."
        )
    if state == "42P01" or "no such table" in text:
        return DatabaseError(
            "schema_missing",
            f"{shown_url} has no evcharge tables.",
            "Run: evcharge db upgrade",
            upgrade_in_python(shown_url),
        )
    fault = next((fault for begins, fault in _BY_STATE.items() if state.startswith(begins)), None)
    fault = fault or next((fault for words, fault in _BY_WORDS.items() if words in text), None)
    if fault is None and error.connection_invalidated:
        fault = _LOST
    if fault:
        hint = fault.hint.replace("FILE", shlex.quote(as_path(unquote(shown_url.partition(":///")[2]))))
        return DatabaseError(fault.code, f"{shown_url}: {text}. {unchanged}", hint)
    if isinstance(error, exc.OperationalError):
        in_file = shown_url.startswith("sqlite")
        hint = "Check that its folder and the file can be written." if in_file else "Check the URL and that it answers."
        return DatabaseError("database_unreachable", f"{shown_url}: {text}.", hint)
    return DatabaseError(
        "database_refused", f"{shown_url} refused: {text}. {unchanged}", "This is a fault of evcharge."
    )
