"""What is known of the stations of a selection beside their counts: names, places, what was said of failures.

Also when their data ends. What does not belong here: counts (``outcomes``, ``days``) and rates (``rates``).
"""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from evcharge.metrics.days import DAY_COUNTS, local_days
from evcharge.metrics.exposure import Network
from evcharge.metrics.outcomes import Selection
from evcharge.metrics.rows import frame_of
from evcharge.metrics.silence import data_ends
from evcharge.models import DimStation, FactCharging, LoadLedger

EPOCH = date(1970, 1, 1)
"""Day 0 of the numbers that days have in ``exposure``."""
ATTRIBUTES = ("source", "station_id", "name", "operator", "network", "city", "region")
"""Columns of ``dim_station`` that a report shows or groups by."""


def read_network(session: Session, selection: Selection, days: pd.DataFrame) -> Network:
    """All stations of the sources on the days selected, whichever of them are selected.

    The others of its source, which have not stopped, show that one has.

    Args:
        session: reads the star.
        selection: which sessions.
        days: the frame of ``days.count_days`` of the same.
    """
    everyone = selection.of_all_stations()
    spans = _read_spans(session, everyone)
    own = [spans["source"], spans["load_key"]]
    covered = spans.groupby(own).agg(first_day=("first_day", "min"), last_day=("last_day", "max")).reset_index()
    stations = spans.groupby("station_key").agg(
        source=("source", "first"),
        first_day=("first_day", "min"),
        last_day=("last_day", "max"),
        last_hour=("last_hour", "max"),
    )
    by_day = _read_source_days(session, everyone) if selection.station_conditions() else _source_days(days, stations)
    ends = data_ends(stations.reset_index(), by_day)
    stations = stations.drop(columns="last_hour").assign(data_ends=ends)
    return Network(stations, by_day, covered.drop(columns="load_key"), _asked_to(session, selection.last_day))


def _read_spans(session: Session, selection: Selection) -> pd.DataFrame:
    """``station_key``, ``source``, ``load_key``, ``first_day``, ``last_day`` and ``last_hour`` of its sessions."""
    keys = (FactCharging.station_key, FactCharging.load_key)
    time = (func.min(FactCharging.time_key).label("first_hour"), func.max(FactCharging.time_key).label("last_hour"))
    spans = select(*keys, *time).where(*selection.conditions()).group_by(*keys).subquery()
    query = select(*spans.c, DimStation.source).join(DimStation, DimStation.station_key == spans.c.station_key)
    rows = frame_of(session, query).astype(
        dict.fromkeys(("station_key", "load_key", "first_hour", "last_hour"), "int64")
    )
    first_day, last_day = (local_days(rows[name].to_numpy()) for name in ("first_hour", "last_hour"))
    return rows.drop(columns="first_hour").assign(first_day=first_day, last_day=last_day)


def _read_source_days(session: Session, selection: Selection) -> pd.DataFrame:
    """``source``, ``day`` and its ``sessions``: a row a source and day with any."""
    day = (FactCharging.time_key // 100).label("day")
    counts = (
        select(FactCharging.station_key, day, func.count().label("sessions"))
        .where(*selection.conditions())
        .group_by(FactCharging.station_key, day)
        .subquery()
    )
    query = (
        select(DimStation.source, counts.c.day, func.sum(counts.c.sessions).label("sessions"))
        .join(DimStation, DimStation.station_key == counts.c.station_key)
        .group_by(DimStation.source, counts.c.day)
    )
    rows = frame_of(session, query).astype({"day": "int64", "sessions": "int64"})
    return rows.assign(day=local_days(rows["day"].to_numpy() * 100))


def _source_days(days: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    """The same from the days of all stations."""
    source = stations["source"].reindex(days["station_key"]).to_numpy()
    sessions = days[[*DAY_COUNTS]].sum(axis=1)
    told = pd.DataFrame({"source": source, "day": days["day"], "sessions": sessions})
    return told.groupby(["source", "day"])["sessions"].sum().reset_index()


def _asked_to(session: Session, last_day: date | None) -> int | None:
    """The last day asked for, or that of the newest load [UTC] where that is earlier: no file tells of later days."""
    newest = session.scalar(select(func.max(LoadLedger.started_at)))
    return None if last_day is None or newest is None else (min(last_day, newest.date()) - EPOCH).days


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
