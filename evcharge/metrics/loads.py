"""Where the sessions came from: each load's account of its rows, and what cleaning refused.

What does not belong here: loading, and what the rules mean (``clean``).
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, select
from sqlalchemy.orm import Session

from evcharge.metrics.counted import counted_of
from evcharge.metrics.day_outcomes import day_outcomes
from evcharge.metrics.rows import frame_of
from evcharge.metrics.selection import Selection
from evcharge.models import INCOMPLETE, REGISTRY_ZONE, SESSIONS, STATIONS, UNLOADED, LoadCount, LoadLedger, RejectedRow

ACCOUNT = ("rows_read", "inserted", "updated", "unchanged", "superseded", "rejected", "skipped")
"""Counts of a load; the first is the sum of the next five."""
_TOLD = ("load_key", "source", "file_name", "file_sha256", "profile", "failures_included", "timezone", *ACCOUNT)


def ledger_column(name: str) -> ColumnElement[Any]:
    """A column of the ledger; ``file_sha256`` is of the bytes on disk, also where a sheet or a snapshot is a load."""
    if name == "file_sha256":
        return func.coalesce(LoadLedger.workbook_sha256, LoadLedger.file_sha256).label(name)
    column: ColumnElement[Any] = getattr(LoadLedger, name)
    return column


def are_in() -> tuple[ColumnElement[bool], ...]:
    """That a load is of sessions, and was not taken out again: as conditions on ``LoadLedger``."""
    return (LoadLedger.timezone != REGISTRY_ZONE, LoadLedger.status != UNLOADED, has_sessions())


def has_sessions() -> ColumnElement[bool]:
    """That a load is not one of statuses, outages or reported uptime alone, as a condition on ``LoadLedger``."""
    counted = select(LoadCount.load_key).where(LoadCount.load_key == LoadLedger.load_key).correlate(LoadLedger)
    return counted.where(LoadCount.kind == SESSIONS).exists() | ~counted.where(LoadCount.kind != STATIONS).exists()


def has_evidence(session: Session) -> bool:
    """Whether statuses, contacts, outages or reported uptime of a load are in."""
    in_loads = select(LoadCount.load_key).join(LoadLedger, LoadLedger.load_key == LoadCount.load_key)
    of_ports = (LoadCount.kind.not_in((SESSIONS, STATIONS)), LoadLedger.status != UNLOADED)
    return session.execute(in_loads.where(*of_ports).limit(1)).first() is not None


def last_change(session: Session) -> tuple[int, int]:
    """What is another pair after anything was loaded or taken out: the last load's key, and how many were taken out."""
    taken_out = func.coalesce(func.sum(case((LoadLedger.status == UNLOADED, 1), else_=0)), 0)
    last, out = session.execute(select(func.coalesce(func.max(LoadLedger.load_key), 0), taken_out)).one()
    return int(last), int(out)


def select_loads(session: Session, selection: Selection) -> Select[tuple[object, ...]]:
    """Every load of sessions that is in, in no order: its ledger, and how many of the selected sessions it last wrote.

    ``incomplete``: some of its sessions went with another load, and its file brings them back.
    """
    counted = day_outcomes(session, (), selection)
    load_key, sessions = counted.rows.c.load_key, cast(func.sum(counted.rows.c.sessions), BigInteger)
    per_load = select(load_key, sessions.label("sessions")).where(*counted.conditions).group_by(load_key)
    written = per_load.subquery("written")
    columns = (ledger_column(name) for name in _TOLD)
    incomplete = case((LoadLedger.status == INCOMPLETE, True), else_=False).label("incomplete")
    return (
        select(*columns, incomplete, func.coalesce(written.c.sessions, 0).label("sessions"))
        .join(written, written.c.load_key == LoadLedger.load_key, isouter=True)
        .where(*are_in())
    )


def read_loads(session: Session, selection: Selection) -> pd.DataFrame:
    """The rows of ``select_loads`` in the order of loading; none where there are counts alone, which tell no loads."""
    rows = frame_of(session, select_loads(session, selection)).infer_objects()
    rows = rows.head(0) if counted_of(session) else rows
    return rows.sort_values("load_key", ignore_index=True)


def count_rejects(session: Session) -> pd.DataFrame:
    """How many rows each rule refused in loads of sessions: ``rule``, ``rows``, the most first."""
    query = (
        select(RejectedRow.rule, func.count().label("rows"))
        .join(LoadLedger, LoadLedger.load_key == RejectedRow.load_key)
        .where(LoadLedger.timezone != REGISTRY_ZONE)
        .group_by(RejectedRow.rule)
    )
    rows = frame_of(session, query).infer_objects()
    return rows.sort_values(["rows", "rule"], ascending=[False, True], ignore_index=True)
