"""Saving what a report said: the run and a row per station, in one transaction, once for the same report.

What is unloaded or loaded later changes nothing of it: it is history. What does not belong here: what a report says
(``report``), and reading it back (``metrics.saved``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from evcharge.db import LOCK_WAIT_SECONDS, open_engine, translated_errors
from evcharge.load.transaction import one_change
from evcharge.migrate import require_head
from evcharge.migrate.reading import reading
from evcharge.models import ReportRun, StationVerdict
from evcharge.version import __version__

SAME_QUESTION = (
    *("definition", "definition_version", "target"),
    *("selected_from", "selected_to", "selected_stations"),
)
"""Columns in which two reports are alike that answer the same question."""


class Saved(NamedTuple):
    """The key of the saved report, when it was saved, and whether it was before."""

    run_key: int
    saved_at: datetime
    already: bool


def save_report(
    url: str,
    run: Mapping[str, Any],
    stations: Sequence[Mapping[str, Any]],
    lock_wait_seconds: float = LOCK_WAIT_SECONDS,
) -> Saved:
    """Writes a report beside the star; where the last one of the same question says the same, nothing is written.

    Args:
        url: the database, at this program's schema revision.
        run: the columns of ``ReportRun`` but its key, ``saved_at`` and ``evcharge_version``.
        stations: the columns of ``StationVerdict`` but ``run_key``, one row per station.
        lock_wait_seconds: how long to wait for a load.

    Raises:
        DatabaseError: the database can't be written to; it is as it was unless the error says otherwise.
    """
    engine = open_engine(url, writes=True, lock_wait_seconds=lock_wait_seconds)
    require_head(engine, url)

    def save(session: Session) -> Saved:
        return _saved_before(session, run) or _write(session, run, stations)

    with translated_errors(url):
        return one_change(engine, "saves the report, or says that it is saved", save)


def is_saved(url: str, run: Mapping[str, Any]) -> bool:
    """Whether the last saved report of the same question says the same, so that ``save_report`` would write nothing.

    Args:
        url: the database, at this program's schema revision.
        run: as ``save_report`` takes it.

    Raises:
        DatabaseError: the database can't be read.
    """
    with reading(url) as session:
        return _saved_before(session, run) is not None


def _saved_before(session: Session, run: Mapping[str, Any]) -> Saved | None:
    """The last report that answers the same question, if it says the same."""
    same = [getattr(ReportRun, name).is_not_distinct_from(run[name]) for name in SAME_QUESTION]
    last = session.scalar(select(ReportRun).where(*same).order_by(ReportRun.run_key.desc()).limit(1))
    if last is None or last.fingerprint != run["fingerprint"]:
        return None
    return Saved(last.run_key, last.saved_at, already=True)


def _write(session: Session, run: Mapping[str, Any], stations: Sequence[Mapping[str, Any]]) -> Saved:
    entry = ReportRun(**run, saved_at=datetime.now(timezone.utc), evcharge_version=__version__)
    session.add(entry)
    session.flush()
    session.execute(insert(StationVerdict), [{**row, "run_key": entry.run_key} for row in stations])
    return Saved(entry.run_key, entry.saved_at, already=False)
