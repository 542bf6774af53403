"""Which loads share sessions: what one of them takes with it, another one has read, too, and can bring back.

What does not belong here: finding what is shared (``writer``), and taking a load out (``unload``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from evcharge.models import INCOMPLETE, LOADED, UNLOADED, LoadLedger, LoadOverlap


def keep_overlaps(session: Session, load_key: int, found: Collection[tuple[int, int]]) -> None:
    """Keeps the pairs that a load found, in place of what it had read of others when it was loaded before."""
    session.execute(delete(LoadOverlap).where(LoadOverlap.load_key == load_key))
    _add(session, found)


def mark_incomplete(session: Session, holder_key: int) -> Sequence[LoadLedger]:
    """Marks the loads that read sessions which this one held, and which are gone; returns them in their order."""
    shares = select(LoadOverlap.load_key).where(LoadOverlap.holder_key == holder_key)
    these = (LoadLedger.load_key.in_(shares), LoadLedger.status != UNLOADED)
    session.execute(update(LoadLedger).where(*these, LoadLedger.status == LOADED).values(status=INCOMPLETE))
    return session.scalars(select(LoadLedger).where(*these).order_by(LoadLedger.load_key)).all()


def bridge_overlaps(session: Session, load_key: int) -> None:
    """Pairs those who share sessions with a load that goes with each other, for they may share the same ones.

    Of three loads that read one session one after the other, only neighbours are paired: once the one between is out,
    the first would not be known to share it with the last. The pairs of the load itself stay, for it may be loaded
    again.
    """
    readers = session.scalars(select(LoadOverlap.load_key).where(LoadOverlap.holder_key == load_key)).all()
    holders = session.scalars(select(LoadOverlap.holder_key).where(LoadOverlap.load_key == load_key)).all()
    _add(session, {(reader, holder) for reader in readers for holder in holders if reader != holder})


def _add(session: Session, pairs: Collection[tuple[int, int]]) -> None:
    of_these = LoadOverlap.load_key.in_({reader for reader, _ in pairs})
    known = session.execute(select(LoadOverlap.load_key, LoadOverlap.holder_key).where(of_these))
    new = sorted(set(pairs) - {(row[0], row[1]) for row in known})
    if new:
        session.execute(insert(LoadOverlap), [{"load_key": one, "holder_key": other} for one, other in new])
