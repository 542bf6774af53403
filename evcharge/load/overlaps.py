"""Which loads share sessions: what one of them takes with it, another one has read, too, and can bring back.

What does not belong here: finding what is shared (``writer``), and taking a load out (``unload``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Column, MetaData, Table, and_, delete, func, insert, select, update
from sqlalchemy.orm import Session

from evcharge.errors import GateError
from evcharge.load.rollup import stations_of
from evcharge.models import INCOMPLETE, LOADED, UNLOADED, FactCharging, LoadLedger, LoadOverlap

MOST_NAMED = 5
"""Files that a refusal names."""
_FACTS = FactCharging.__table__
_HELD = Table(
    "held_before",
    MetaData(),
    *(Column(name, _FACTS.c[name].type) for name in ("station_key", "session_id")),
    prefixes=["TEMPORARY"],
)
"""Sessions that a load held before it was loaded again."""


def keep_overlaps(session: Session, load_key: int, found: Collection[tuple[int, int]]) -> None:
    """Keeps the pairs that a load found, in place of what it had read of others when it was loaded before."""
    session.execute(delete(LoadOverlap).where(LoadOverlap.load_key == load_key))
    _add(session, found)


def mark_incomplete(session: Session, holder_key: int) -> Sequence[LoadLedger]:
    """Marks the loads that read sessions which this one held, and which are gone; returns them in their order."""
    readers = readers_of(session, holder_key)
    keys = [reader.load_key for reader in readers]
    these = (LoadLedger.load_key.in_(keys), LoadLedger.status == LOADED)
    session.execute(update(LoadLedger).where(*these).values(status=INCOMPLETE))
    return readers


def readers_of(session: Session, holder_key: int) -> Sequence[LoadLedger]:
    """The loads that are in and read sessions which this one holds, in their order."""
    readers = select(LoadOverlap.load_key).where(LoadOverlap.holder_key == holder_key)
    these = (LoadLedger.load_key.in_(readers), LoadLedger.status != UNLOADED)
    return session.scalars(select(LoadLedger).where(*these).order_by(LoadLedger.load_key)).all()


def remember_held(session: Session, load_key: int) -> None:
    """Remembers, until ``count_gone``, which sessions a load holds; in the database, since they may be millions."""
    connection = session.connection()
    _HELD.create(connection)
    of_load = (_FACTS.c.station_key.in_(stations_of(load_key)), _FACTS.c.load_key == load_key)
    held = select(_FACTS.c.station_key, _FACTS.c.session_id).where(*of_load)
    connection.execute(insert(_HELD).from_select(["station_key", "session_id"], held))


def count_gone(session: Session) -> int:
    """How many of the sessions that were remembered no load holds now."""
    connection = session.connection()
    same = (_FACTS.c.station_key == _HELD.c.station_key, _FACTS.c.session_id == _HELD.c.session_id)
    held = connection.scalar(select(func.count()).select_from(_HELD)) or 0
    there = connection.scalar(select(func.count()).select_from(_HELD).join(_FACTS, and_(*same))) or 0
    _HELD.drop(connection)
    return held - there


def refuse_to_lose(session: Session, load: LoadLedger, gone: int) -> None:
    """Refuses a load in place of an earlier one by which sessions go that another file may have brought, too.

    Raises:
        GateError: ``replace_loses_sessions``, with the files that share sessions with it.
    """
    readers = readers_of(session, load.load_key)
    if readers:
        names = [f"{reader.file_name} (load {reader.load_key})" for reader in readers[:MOST_NAMED]]
        more = f" and {len(readers) - MOST_NAMED:,} more" if len(readers) > MOST_NAMED else ""
        raise GateError(
            "replace_loses_sessions",
            f"{load.file_name}: by these settings {gone:,} of its sessions would not come back, and others that read "
            f"sessions of it may have brought them, too: {', '.join(names)}{more}.",
            f"Load it by settings that keep them; or take it out by evcharge unload --load {load.load_key}, load it "
            "again, and then the files that unload names.",
        )


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
