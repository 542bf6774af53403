"""What is known of the stations of a selection beside their counts: names, places, what was said of failures.

Also when their data ends. What does not belong here: counts (``outcomes``, ``days``) and rates (``rates``).
"""

from __future__ import annotations

import pandas as pd
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from evcharge.metrics.outcomes import Selection
from evcharge.metrics.silence import data_ends
from evcharge.models import DimStation, FactCharging, LoadLedger

ATTRIBUTES = ("source", "station_id", "name", "operator", "network", "city", "region")
"""Columns of ``dim_station`` that a report shows or groups by."""


def read_ends(session: Session, selection: Selection) -> pd.Series:
    """The last whole day of the data of every station with sessions on the days selected: ``silence.data_ends``.

    Whichever stations are selected: one that has stopped is told by the others of its source, which have not.
    """
    last_hour = func.max(FactCharging.time_key).label("last_hour")
    everyone = Selection(selection.first_day, selection.last_day)
    latest = (
        select(FactCharging.station_key, last_hour)
        .where(*everyone.conditions())
        .group_by(FactCharging.station_key)
        .subquery()
    )
    query = select(latest.c.station_key, DimStation.source, latest.c.last_hour).join(
        DimStation, DimStation.station_key == latest.c.station_key
    )
    rows = pd.DataFrame([tuple(row) for row in session.execute(query)], columns=["station_key", "source", "last_hour"])
    return data_ends(rows)


def read_stations(session: Session, selection: Selection) -> pd.DataFrame:
    """The stations with selected sessions, by source and id.

    Columns: ``station_key``, ``ATTRIBUTES``, ``ports`` (how many the selected sessions name), ``without_failures`` and
    ``perhaps_without_failures`` (1 where a session's publisher removed failures, or did not say).
    """
    included = LoadLedger.failures_included
    per_load = (
        select(FactCharging.station_key, FactCharging.load_key, FactCharging.port_id)
        .where(*selection.conditions())
        .distinct()
        .subquery()
    )
    per_station = (
        select(
            per_load.c.station_key,
            func.count(per_load.c.port_id.distinct()).label("ports"),
            func.max(case((included == "no", 1), else_=0)).label("without_failures"),
            func.max(case((included == "unknown", 1), else_=0)).label("perhaps_without_failures"),
        )
        .join(LoadLedger, LoadLedger.load_key == per_load.c.load_key)
        .group_by(per_load.c.station_key)
        .subquery()
    )
    counts = (per_station.c[name] for name in ("ports", "without_failures", "perhaps_without_failures"))
    names = (getattr(DimStation, name) for name in ATTRIBUTES)
    query = select(DimStation.station_key, *names, *counts).join(
        per_station, per_station.c.station_key == DimStation.station_key
    )
    result = session.execute(query)
    rows = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
    return rows.sort_values(["source", "station_id"], ignore_index=True)
