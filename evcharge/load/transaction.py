"""THE transaction of a load: the one place that begins and ends one, and asks the ledger when an answer was lost.

What does not belong here: what is written in it (``sessions``, ``registry``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine, exc, func, select
from sqlalchemy.orm import Session

from evcharge.db import url_of
from evcharge.errors import DatabaseError
from evcharge.migrate import require_head
from evcharge.models import LOADED, LoadLedger
from evcharge.sources import SourceFile

LOAD_LOCK = 7_018_244_002
"""PostgreSQL advisory lock that lets one loader in at a time; a number no other program is likely to use."""


def hold_load_lock(session: Session) -> None:
    """Waits for the only place for a writer. On SQLite the transaction took it when it began."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LOAD_LOCK)))


@contextmanager
def one_transaction(engine: Engine) -> Iterator[tuple[Session, Callable[[], None]]]:
    """THE transaction: everything that a load of sessions or of a registry writes is in it, alone and whole.

    Nobody else can write from its beginning on: what only reads the input is done before.

    It commits at the end of the block, and only there; what is raised in the block undoes all, and so does calling the
    second thing handed out, as the last act of the block.
    """
    with Session(engine) as session, session.begin() as transaction:
        hold_load_lock(session)
        require_head(session.connection(), url_of(engine))
        yield session, transaction.rollback


@contextmanager
def one_change(engine: Engine, again: str) -> Iterator[Session]:
    """THE transaction of a change that is safe to ask for again; a commit whose answer was lost is called unclear.

    Args:
        engine: one that writes.
        again: what happens when the same command is run again.

    Raises:
        DatabaseError: ``commit_unclear``.
    """
    is_done = False
    try:
        with one_transaction(engine) as (session, _):
            yield session
            is_done = True
    except exc.DBAPIError as error:
        if not is_done or not error.connection_invalidated:
            raise
        command = f"Run the same command again: it {again}."
        raise DatabaseError("commit_unclear", "the connection was lost while committing.", command) from error


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

    It waits for the load lock first: a server still at that commit holds the lock until it is done.

    Raises:
        DatabaseError: it did not, or the database can't be asked.
    """
    command = "Run the same command again: it loads the file, or says that it is loaded."
    try:
        with Session(engine) as session:
            hold_load_lock(session)
            load = earlier_load(session, file, source)
            committed = load is not None and abs((load.started_at - started_at).total_seconds()) < 0.001
    except exc.DBAPIError:
        raise DatabaseError(
            "commit_unclear", "the connection was lost while committing, and the database can't be asked.", command
        ) from error
    if not committed:
        raise DatabaseError("connection_lost", "the connection was lost. Nothing was changed.", command) from error
