"""THE transaction of a load: the one place that begins and ends one, and asks the ledger when an answer was lost.

What does not belong here: what is written in it (``sessions``, ``registry``).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar
from zlib import crc32

from sqlalchemy import Connection, Engine, exc, func, select
from sqlalchemy.orm import Session

from evcharge.db import url_of, write_in_sequence
from evcharge.errors import DatabaseError
from evcharge.migrate import require_head
from evcharge.models import LOADED, LoadLedger
from evcharge.sources import SourceFile

LOAD_LOCK = 7_018_244_002
"""PostgreSQL advisory lock of all who write; a number no other program is likely to use. Loads of sessions share it,
and everybody else holds it alone."""
SOURCE_LOCKS = 7_018_244
"""First of the two numbers of the advisory lock by which a load is the only one of its source."""
CONFLICTS = ("40001", "40P01")
"""What PostgreSQL says to one of two transactions that can't both go on: serialization failure, deadlock detected."""
PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""How long to wait, half as long at least, before a transaction that met such a conflict is done again. House rule."""
_BESIDE_OTHERS = "beside_others"

T = TypeVar("T")


def hold_load_lock(session: Session, source: str | None = None) -> None:
    """Waits for its place as a writer. On SQLite the transaction took the only one when it began.

    Args:
        session: in its transaction, which holds the lock to its end.
        source: write beside loads of other sources, alone among those of this one; None to write alone.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    if source is None:
        session.execute(select(func.pg_advisory_xact_lock(LOAD_LOCK)))
        return
    session.execute(select(func.pg_advisory_xact_lock_shared(LOAD_LOCK)))
    session.execute(select(func.pg_advisory_xact_lock(SOURCE_LOCKS, _number_of(source))))


def _number_of(source: str) -> int:
    """The second number of a source's lock; two sources that share one only wait for each other."""
    return int.from_bytes(crc32(source.encode()).to_bytes(4, "big"), "big", signed=True)


@contextmanager
def one_transaction(engine: Engine, source: str | None = None) -> Iterator[tuple[Session, Callable[[], None]]]:
    """THE transaction: everything that a load of sessions or of a registry writes is in it, alone and whole.

    From its beginning on nobody else can write; where it is told a source, nobody else of that source can: what only
    reads the input is done before. Only hours are outside of it (``beside``).

    It commits at the end of the block, and only there; what is raised in the block undoes all, and so does calling the
    second thing handed out, as the last act of the block.
    """
    beside_others = source is not None and engine.dialect.name == "postgresql"
    with Session(engine, info={_BESIDE_OTHERS: beside_others}) as session, session.begin() as transaction:
        hold_load_lock(session, source)
        write_in_sequence(session.connection())
        require_head(session.connection(), url_of(engine))
        yield session, transaction.rollback


@contextmanager
def beside(session: Session) -> Iterator[Connection]:
    """A connection for rows that the sources have in common, and that may stay whatever becomes of the load.

    Two loads that insert the same row wait for each other until one of them is done, or for ever. So where loads of
    other sources may run beside this one, it is of a short transaction of its own. Where a transaction sees nothing
    that is committed after its beginning, it is the session's own.
    """
    connection = session.connection()
    if session.info.get(_BESIDE_OTHERS) and connection.get_isolation_level() == "READ COMMITTED":
        with connection.engine.begin() as connection_of_its_own:
            yield connection_of_its_own
    else:
        yield connection


def again_on_conflict(work: Callable[[], T]) -> T:
    """Does the whole of a transaction again where the database ended it so that another one could go on.

    Args:
        work: from the beginning of the transaction to its commit; safe to do again, and nothing of it was handed out.
    """
    for pause in PAUSES_SECONDS:
        try:
            return work()
        except exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in CONFLICTS:
                raise
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that two of them do not meet again
    return work()


def one_change(engine: Engine, again: str, change: Callable[[Session], T]) -> T:
    """THE transaction of a change that is safe to ask for again; a commit whose answer was lost is called unclear.

    Args:
        engine: one that writes.
        again: what happens when the same command is run again.
        change: makes the change, alone; what it returns is returned.

    Raises:
        DatabaseError: ``commit_unclear``.
    """
    return again_on_conflict(lambda: _changed_once(engine, again, change))


def _changed_once(engine: Engine, again: str, change: Callable[[Session], T]) -> T:
    is_done = False
    try:
        with one_transaction(engine) as (session, _):
            result = change(session)
            is_done = True
    except exc.DBAPIError as error:
        if not is_done or not error.connection_invalidated:
            raise
        command = f"Run the same command again: it {again}."
        raise DatabaseError("commit_unclear", "the connection was lost while committing.", command) from error
    return result


def is_loaded(engine: Engine, file: SourceFile, source: str) -> bool:
    """Whether the same bytes are loaded at present, as far as can be told without keeping others from writing.

    Args:
        engine: one that only reads.
        file: the bytes.
        source: whose they are.
    """
    with Session(engine) as session:
        earlier = earlier_load(session, file, source)
        return earlier is not None and earlier.status == LOADED


def earlier_load(session: Session, file: SourceFile, source: str) -> LoadLedger | None:
    """The ledger's entry of the same bytes under the same source."""
    same_bytes = (LoadLedger.source == source, LoadLedger.file_sha256 == file.load_id)
    return session.scalar(select(LoadLedger).where(*same_bytes))


def resolve_unclear_commit(
    engine: Engine, file: SourceFile, source: str, started_at: datetime, error: exc.DBAPIError
) -> None:
    """Asks the ledger, on a new connection, whether a commit whose answer was lost took place.

    It waits for the lock of the source first: a server still at that commit holds it until it is done.

    Raises:
        DatabaseError: it did not, or the database can't be asked.
    """
    command = "Run the same command again: it loads the file, or says that it is loaded."
    try:
        with Session(engine) as session:
            hold_load_lock(session, source)
            session.rollback()  # above READ COMMITTED, what was committed meanwhile is seen from a new beginning
            load = earlier_load(session, file, source)
            committed = load is not None and abs((load.started_at - started_at).total_seconds()) < 0.001
    except exc.DBAPIError:
        raise DatabaseError(
            "commit_unclear", "the connection was lost while committing, and the database can't be asked.", command
        ) from error
    if not committed:
        raise DatabaseError("connection_lost", "the connection was lost. Nothing was changed.", command) from error
