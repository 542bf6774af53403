"""Taking loads of sessions out again: whose, what goes with them, and which files bring back what others had, too.

A load that is out keeps its line in the ledger, so that a figure of yesterday can be traced. What does not belong here:
the transaction (``transaction``), which loads share sessions (``overlaps``), asking, and printing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from evcharge.db import LOCK_WAIT_SECONDS, open_engine, translated_errors
from evcharge.errors import ConfigError
from evcharge.load.evidence import empty_evidence, with_evidence
from evcharge.load.evidence_tables import KINDS
from evcharge.load.overlaps import bridge_overlaps, mark_incomplete
from evcharge.load.rollup import make_current
from evcharge.load.transaction import one_change
from evcharge.load.writer import empty_load
from evcharge.metrics.day_outcomes import KEPT, day_outcomes
from evcharge.metrics.selection import Selection
from evcharge.migrate import require_head
from evcharge.migrate.reading import reading
from evcharge.models import REGISTRY_ZONE, UNLOADED, DimPort, DimStation, LoadCount, LoadLedger

MOST_LISTED = 10
"""Loads or sources that an error lists."""
_STATIONS = DimStation.metadata.tables[DimStation.__tablename__]


@dataclass(frozen=True)
class LoadOfSessions:
    """A load that goes or has gone.

    Attributes:
        load: its key in the ledger.
        file: the name of its file.
        source: whose ids it uses.
        sessions: sessions that it holds, since it wrote them last [count].
        rejected: rows that it refused [count].
        evidence: statuses, contacts, outages and reported uptime that it read [count].
    """

    load: int
    file: str
    source: str
    sessions: int
    rejected: int
    evidence: int = 0


@dataclass(frozen=True)
class UnloadResult:
    """What went.

    Attributes:
        loads: the loads that went.
        incomplete: other loads that had read sessions which are gone now; loading their files again brings them back.
        stations_removed: stations without any session or evidence left, which no registry describes [count].
    """

    loads: list[LoadOfSessions]
    incomplete: list[LoadOfSessions]
    stations_removed: int


def find_loads(url: str, *, source: str | None = None, load: int | None = None) -> list[LoadOfSessions]:
    """The loads of sessions of a source, or the one of this key, that are in; in the order of loading.

    Raises:
        ConfigError: ``unknown_source``, ``unknown_load``, ``not_sessions`` or ``already_unloaded``.
        DatabaseError: the database can't be read, or is at another revision.
    """
    with reading(url) as session:
        if load is not None:
            return _told(session, [_the_load(session, load)])
        of_source = select(LoadLedger).where(*_loaded_sessions(), LoadLedger.source == source)
        found = session.scalars(of_source.order_by(LoadLedger.load_key)).all()
        if not found:
            counts = select(LoadLedger.source, func.count()).where(*_loaded_sessions()).group_by(LoadLedger.source)
            there = session.execute(counts.order_by(LoadLedger.source)).all()
            raise ConfigError("unknown_source", f"no file of source {source!r} is loaded.", _listed("Sources", there))
        return _told(session, found)


def unload(url: str, load_keys: Collection[int], lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> UnloadResult:
    """Takes loads out in one transaction: their sessions, also overwritten ones, their evidence, rejects and stations.

    Args:
        url: the database, at this program's schema revision.
        load_keys: loads of sessions that are in.
        lock_wait_seconds: how long to wait for another load.

    Raises:
        ConfigError: as ``find_loads``; the database is as it was.
        DatabaseError: the database can't be used; it is as it was unless the error says otherwise.
    """
    engine = open_engine(url, writes=True, lock_wait_seconds=lock_wait_seconds)
    require_head(engine, url)

    def take_out(session: Session) -> UnloadResult:
        make_current(session)
        loads = [_the_load(session, key) for key in sorted(load_keys)]
        return _take_out(session, loads, datetime.now(timezone.utc))

    with translated_errors(url):
        return one_change(engine, "takes the loads out, or says that they are", take_out)


def _take_out(session: Session, loads: Sequence[LoadLedger], now: datetime) -> UnloadResult:
    """Takes the loads out, and marks those that read the same sessions."""
    told = _told(session, loads)
    for load in loads:
        load.status, load.unloaded_at = UNLOADED, now
    session.flush()

    incomplete: dict[int, LoadLedger] = {}
    for load in loads:
        if empty_load(session, load.load_key):
            incomplete |= {one.load_key: one for one in mark_incomplete(session, load.load_key)}
        bridge_overlaps(session, load.load_key)
        empty_evidence(session, load.load_key)
    stations_removed = _remove_empty_stations(session, {load.source for load in loads})
    session.flush()
    return UnloadResult(told, _told(session, [incomplete[key] for key in sorted(incomplete)]), stations_removed)


def _remove_empty_stations(session: Session, sources: Collection[str]) -> int:
    """Deletes the stations of these sources that no session, evidence or registry knows; returns how many."""
    not_described = (
        DimStation.source.in_(sources),
        DimStation.registry_load_key.is_(None),
        ~select(DimPort.port_id).where(DimPort.station_key == DimStation.station_key).exists(),
    )
    of_sources = select(DimStation.station_key).where(DimStation.source.in_(sources))
    with_sessions = select(KEPT.c.station_key).where(KEPT.c.station_key.in_(of_sources)).distinct()
    gone = set(session.scalars(select(DimStation.station_key).where(*not_described)))
    gone.difference_update(session.scalars(with_sessions))
    gone.difference_update(with_evidence(session, gone))
    if gone:
        this = delete(_STATIONS).where(_STATIONS.c.station_key == bindparam("this"))
        session.connection().execute(this, [{"this": key} for key in sorted(gone)])
    return len(gone)


def _the_load(session: Session, key: int) -> LoadLedger:
    """The load of sessions of this key that is in."""
    load = session.get(LoadLedger, key)
    if load is None:
        known = select(LoadLedger.load_key, LoadLedger.file_name).where(*_loaded_sessions())
        there = session.execute(known.order_by(LoadLedger.load_key.desc())).all()
        raise ConfigError("unknown_load", f"there is no load {key}.", _listed("Loads, the last first", there))
    if load.timezone == REGISTRY_ZONE:
        reason = f"load {key} ({load.file_name}) is a registry of stations, not of sessions."
        raise ConfigError("not_sessions", reason, "Stations are changed by another registry: evcharge stations FILE")
    if load.status == UNLOADED:
        reason = f"load {key} ({load.file_name}) is out since {load.unloaded_at:%Y-%m-%d %H:%M} UTC."
        raise ConfigError("already_unloaded", reason, "To bring it back, load its file again.")
    return load


def _loaded_sessions() -> tuple[Any, ...]:
    return (LoadLedger.timezone != REGISTRY_ZONE, LoadLedger.status != UNLOADED)


def _told(session: Session, loads: Iterable[LoadLedger]) -> list[LoadOfSessions]:
    """The loads with the sessions that they hold."""
    loads = list(loads)
    counted = day_outcomes(session, (), Selection()).rows.c
    counts = select(counted.load_key, func.sum(counted.sessions)).group_by(counted.load_key)
    of_loads = counted.load_key.in_([load.load_key for load in loads])
    held = {key: int(sessions) for key, sessions in session.execute(counts.where(of_loads))}
    of_evidence = (LoadCount.load_key.in_([load.load_key for load in loads]), LoadCount.kind.in_(KINDS))
    read = select(LoadCount.load_key, func.sum(LoadCount.rows_read)).where(*of_evidence).group_by(LoadCount.load_key)
    evidence = {key: int(rows) for key, rows in session.execute(read)}
    return [
        LoadOfSessions(
            *(one.load_key, one.file_name, one.source, held.get(one.load_key, 0), one.rejected),
            evidence=evidence.get(one.load_key, 0),
        )
        for one in loads
    ]


def _listed(what: str, rows: Sequence[Any]) -> str:
    """What there is, in words for a hint."""
    if not rows:
        return "No file of sessions is loaded."
    more = f" and {len(rows) - MOST_LISTED:,} more" if len(rows) > MOST_LISTED else ""
    return f"{what}: {', '.join(f'{name} ({told})' for name, told in rows[:MOST_LISTED])}{more}."
