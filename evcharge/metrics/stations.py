"""What is known of the stations of a selection beside their counts: names, places, what was said of failures.

Also when their data ends. What does not belong here: counts (``outcomes``, ``days``) and rates (``rates``).
"""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from evcharge.metrics.day_outcomes import day_outcomes
from evcharge.metrics.days import DAY_COUNTS, local_days
from evcharge.metrics.exposure import Network
from evcharge.metrics.loads import has_sessions
from evcharge.metrics.outcomes import loads_that_say
from evcharge.metrics.rows import frame_of
from evcharge.metrics.selection import Selection
from evcharge.metrics.silence import data_ends
from evcharge.models import DimStation, LoadLedger

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
    covered = _read_spans(session, everyone, LoadLedger)
    stations = _read_spans(session, everyone, DimStation).set_index("station_key")
    by_day = _read_source_days(session, everyone) if selection.station_conditions() else _source_days(days, stations)
    ends = data_ends(stations.reset_index(), by_day)
    stations = stations.drop(columns="last_hour").assign(data_ends=ends)
    covered = covered.drop(columns=["load_key", "last_hour"])
    return Network(stations, by_day, covered, _asked_to(session, selection.last_day))


def _read_spans(session: Session, selection: Selection, of: type[DimStation | LoadLedger]) -> pd.DataFrame:
    """The sessions' span of each station, or load: its key, ``source``, ``first_day``, ``last_day``, ``last_hour``."""
    counted = day_outcomes(session, (), selection)
    own_key = DimStation.station_key if of is DimStation else LoadLedger.load_key
    key = counted.rows.c[own_key.key]
    first, last = func.min(counted.rows.c.first_hour), func.max(counted.rows.c.last_hour)
    spans = select(key, first.label("first_hour"), last.label("last_hour")).where(*counted.conditions).group_by(key)
    ends = spans.subquery("spans")
    query = select(*ends.c, of.source).join(of, own_key == ends.c[own_key.key]).order_by(own_key)
    rows = frame_of(session, query).astype(dict.fromkeys((own_key.key, "first_hour", "last_hour"), "int64"))
    first_day, last_day = (local_days(rows[name].to_numpy()) for name in ("first_hour", "last_hour"))
    return rows[[own_key.key, "source", "last_hour"]].assign(first_day=first_day, last_day=last_day)


def _read_source_days(session: Session, selection: Selection) -> pd.DataFrame:
    """``source``, ``day`` and its ``sessions``: a row a source and day with any."""
    counted = day_outcomes(session, (), selection)
    rows = counted.rows.c
    query = (
        select(DimStation.source, rows.day, func.sum(rows.sessions).label("sessions"))
        .join(DimStation, DimStation.station_key == rows.station_key)
        .where(*counted.conditions)
        .group_by(DimStation.source, rows.day)
    )
    days = frame_of(session, query).astype({"day": "int64", "sessions": "int64"})
    return days.assign(day=local_days(days["day"].to_numpy() * 100))


def _source_days(days: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    """The same from the days of all stations."""
    source = stations["source"].reindex(days["station_key"]).to_numpy()
    sessions = days[[*DAY_COUNTS]].sum(axis=1)
    told = pd.DataFrame({"source": source, "day": days["day"], "sessions": sessions})
    return told.groupby(["source", "day"])["sessions"].sum().reset_index()


def _asked_to(session: Session, last_day: date | None) -> int | None:
    """The last day asked for, or that of the newest load [UTC] where that is earlier: no file tells of later days."""
    newest = session.scalar(select(func.max(LoadLedger.started_at)).where(has_sessions()))
    return None if last_day is None or newest is None else (min(last_day, newest.date()) - EPOCH).days


def read_stations(session: Session, selection: Selection, ports: pd.Series) -> pd.DataFrame:
    """The stations with selected sessions, by source and id.

    Args:
        session: reads the star.
        selection: which sessions.
        ports: of ``outages.count_ports``: how many ports they name, by station_key.

    Returns:
        One row per station: ``station_key``, ``ATTRIBUTES``, ``ports``, ``without_failures`` and
        ``perhaps_without_failures`` (1 where a session's publisher removed failures, or did not say).
    """
    counted = day_outcomes(session, (), selection)
    key, load_key = counted.rows.c.station_key, counted.rows.c.load_key
    said = [
        func.max(case((load_key.in_(loads_that_say(word)), 1), else_=0)).label(name)
        for name, word in (("without_failures", "no"), ("perhaps_without_failures", "unknown"))
    ]
    loads = select(key, *said).where(*counted.conditions).group_by(key).subquery("loads")
    names = (getattr(DimStation, name) for name in ATTRIBUTES)
    query = select(DimStation.station_key, *names, *(loads.c[column.name] for column in said))
    result = session.execute(query.join(loads, loads.c.station_key == DimStation.station_key))
    rows = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
    rows.insert(len(ATTRIBUTES) + 1, "ports", ports.reindex(rows["station_key"], fill_value=0).to_numpy(dtype="int64"))
    return rows.sort_values(["source", "station_id"], ignore_index=True)
