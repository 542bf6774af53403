"""Counting the kept counts anew, or asking whether they are right: what ``evcharge db rebuild`` and ``db check`` do.

What does not belong here: how they are counted (``rollup``), and printing.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evcharge.db import LOCK_WAIT_SECONDS, open_engine, translated_errors
from evcharge.errors import DatabaseError
from evcharge.load.evidence import loads_unaccounted
from evcharge.load.rollup import differing, make_current, remake
from evcharge.load.transaction import one_change
from evcharge.metrics.day_outcomes import KEPT, are_kept
from evcharge.migrate import require_head
from evcharge.migrate.reading import reading

REBUILD = "Run: evcharge db rebuild"
MOST_NAMED = 5
"""Loads that an error names."""


def rebuild(url: str, lock_wait_seconds: float = LOCK_WAIT_SECONDS, *, only_if_outdated: bool = False) -> int:
    """Counts all sessions anew, in one transaction; returns the number of rows of counts.

    Args:
        url: the database, at this program's schema revision.
        lock_wait_seconds: how long to wait for another load.
        only_if_outdated: leave counts that are by the definitions of this program.

    Raises:
        DatabaseError: the database can't be used; it is as it was unless the error says otherwise.
    """
    engine = open_engine(url, writes=True, lock_wait_seconds=lock_wait_seconds)
    require_head(engine, url)

    def count_anew(session: Session) -> int:
        (make_current if only_if_outdated else remake)(session)
        return session.scalar(select(func.count()).select_from(KEPT)) or 0

    with translated_errors(url):
        return one_change(engine, "counts the sessions anew", count_anew)


def are_outdated(url: str, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> bool:
    """Whether the counts that are kept are by other definitions than those of this program, or not made yet.

    Args:
        url: the database.
        lock_wait_seconds: how long to wait for a load.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
    """
    with reading(open_engine(url, lock_wait_seconds=lock_wait_seconds)) as session:
        return not are_kept(session)


def check(url: str) -> int:
    """Compares the counts that are kept with the sessions and the ledger; returns the number of rows of counts.

    Raises:
        DatabaseError: ``counts_outdated``, ``counts_differ`` or ``rows_unaccounted``; the database can't be read, or is
            at another revision.
    """
    with reading(url) as session:
        if not are_kept(session):
            reason = "the counts that are kept are by other definitions than those of this program, or not made yet."
            raise DatabaseError("counts_outdated", reason, f"{REBUILD}    or load a file, which makes them anew")
        wrong = differing(session)
        rows = session.scalar(select(func.count()).select_from(KEPT)) or 0
        unaccounted = loads_unaccounted(session)
    if unaccounted:
        named = ", ".join(map(str, unaccounted[:MOST_NAMED]))
        reason = f"{len(unaccounted):,} loads have other rows or counts than load_count tells, such as {named}."
        raise DatabaseError("rows_unaccounted", reason, "Load their files again: evcharge load --replace FILE")
    if wrong:
        reason = f"{wrong:,} rows of station_day_outcome are not those of the sessions, or lack."
        raise DatabaseError("counts_differ", reason, REBUILD)
    return rows
