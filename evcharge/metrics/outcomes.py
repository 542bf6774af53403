"""Counts of outcomes per station, by one definition, over a selection of sessions.

What does not belong here: what a definition says (``definitions``), and rates or intervals (``rates``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from evcharge.metrics.definitions import EXCLUDED, FAILURE, SUCCESS, UNKNOWN, Definition
from evcharge.models import DimStation, FactCharging, LoadLedger


@dataclass(frozen=True)
class Selection:
    """Which sessions are looked at: those that start on these local days (both inclusive), at these stations."""

    first_day: date | None = None
    last_day: date | None = None
    station_ids: tuple[str, ...] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        """The selection as conditions on ``FactCharging``."""
        conditions: list[ColumnElement[bool]] = []
        if self.first_day:
            conditions.append(FactCharging.time_key >= _day_key(self.first_day) * 100)
        if self.last_day:
            conditions.append(FactCharging.time_key <= _day_key(self.last_day) * 100 + 23)
        if self.station_ids:
            keys = select(DimStation.station_key).where(DimStation.station_id.in_(self.station_ids))
            conditions.append(FactCharging.station_key.in_(keys))
        return conditions


def _day_key(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def select_outcomes(definition: Definition, selection: Selection) -> Select[tuple[object, ...]]:
    """Counts per station: one row a station that has sessions in the selection, in no order.

    Columns: source, station_id, name, successes, failures, excluded, unknown, and of these the sessions whose publisher
    is known to have removed failures (``without_failures``) or did not say (``perhaps_without_failures``), and the
    first and last local hour (``first_hour``, ``last_hour`` as yyyymmddhh).
    """
    counts = {
        name: func.sum(case((definition.outcome == outcome, 1), else_=0))
        for name, outcome in (
            ("successes", SUCCESS),
            ("failures", FAILURE),
            ("excluded", EXCLUDED),
            ("unknown", UNKNOWN),
        )
    }
    per_load = (
        select(
            FactCharging.station_key,
            FactCharging.load_key,
            *(count.label(name) for name, count in counts.items()),
            func.count().label("sessions"),
            func.min(FactCharging.time_key).label("first_hour"),
            func.max(FactCharging.time_key).label("last_hour"),
        )
        .where(*selection.conditions())
        .group_by(FactCharging.station_key, FactCharging.load_key)
        .subquery()
    )
    said = LoadLedger.failures_included
    columns = (
        *(func.sum(per_load.c[name]).label(name) for name in counts),
        func.sum(case((said == "no", per_load.c.sessions), else_=0)).label("without_failures"),
        func.sum(case((said == "unknown", per_load.c.sessions), else_=0)).label("perhaps_without_failures"),
        func.min(per_load.c.first_hour).label("first_hour"),
        func.max(per_load.c.last_hour).label("last_hour"),
    )
    station = (DimStation.source, DimStation.station_id, DimStation.name)
    return (
        select(*station, *columns)
        .join(per_load, per_load.c.station_key == DimStation.station_key)
        .join(LoadLedger, LoadLedger.load_key == per_load.c.load_key)
        .group_by(DimStation.station_key, *station)
    )


def count_outcomes(session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
    """The counts of ``select_outcomes`` as a frame, by source and station id; counts are integers.

    Ordered here, by code point, since each database has a collation of its own. No sessions give no rows.
    """
    result = session.execute(select_outcomes(definition, selection))
    names = list(result.keys())
    rows = pd.DataFrame([tuple(row) for row in result], columns=names, dtype="object")
    rows = rows.sort_values(["source", "station_id"], ignore_index=True)
    return rows.astype(dict.fromkeys(names[3:], "int64"))


def has_recorded_outcomes(session: Session, selection: Selection) -> bool:
    """Whether any selected session carries an outcome that its source recorded."""
    recorded = select(FactCharging.station_key).where(FactCharging.success.is_not(None), *selection.conditions())
    return session.execute(recorded.limit(1)).first() is not None
