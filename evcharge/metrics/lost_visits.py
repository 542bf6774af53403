"""Visits of a few stations that ended without a charge: in the present spell, and how many visits a usual week has.

A failed attempt is no lost charge where the driver's next one succeeds. What does not belong here: which attempts make
a visit (``visits``, ``visit_rules``), what the failed ones cost (``cost``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import Text, and_, case, select, true, type_coerce
from sqlalchemy.orm import Session

from evcharge.arrays import Flags, Floats, Integers
from evcharge.metrics.counted import counted_of
from evcharge.metrics.days import DAY_COUNTS, local_days
from evcharge.metrics.definitions import EXCLUDED, FAILURE, SUCCESS, Definition
from evcharge.metrics.selection import Selection
from evcharge.metrics.visit_rules import VOLTRA_SITE_5
from evcharge.metrics.visits import MARGIN_DAYS, attempt_rows, widened
from evcharge.models import FactCharging

LOSS_RULE = VOLTRA_SITE_5
"""Which attempts make one visit where lost charges are counted: the default of ``evcharge visits``."""
LOST_VISITS = {
    "station_key": "int64",
    **dict.fromkeys(("visits", "failed_visits", "joined_by_chance", "visits_per_week"), "float64"),
}
"""Columns of ``count_lost_visits`` and their dtypes."""
SESSIONS_AT_ONCE = 100_000
"""Sessions that are held at a time; stations are read some at a time, so that no fleet fills the memory."""
MINUTES_APART = (-38, -22, -17, 17, 22, 38)
"""Minutes from a failed attempt at which an attempt in its place is chance: use is much the same, the driver hardly.
House rule, provisional; no round numbers, so that timetables and rounded clocks do not meet themselves."""
_MINUTE = 60_000


class _Attempts(NamedTuple):
    """Attempts by station and start, as arrays of one length: times in milliseconds, stations as places in a list."""

    station: Integers
    day: Integers
    start: Integers
    end: Integers
    succeeded: Flags
    failed: Flags
    selected: Flags


def count_lost_visits(rows: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    """The visits of each station's present spell and of its usual weeks.

    Attempts make visits by ``LOSS_RULE``, and a charge ends the visit: who comes next is another driver. A visit
    belongs to the local day of its first attempt.

    Args:
        rows: one row per attempt that is not excluded, in any order: ``station_key``, ``day`` (local), ``start_time``
            and ``end_time`` (UTC, or NaT), ``outcome``, and ``selected``, false of those read only because a visit may
            cross the edge of the selected days. From ``MARGIN_DAYS`` before the first day that counts on.
        stations: one row per station: ``station_key``, ``since``, ``usual_since`` and ``usual_weeks``.

    Returns:
        One row per station, in the same order: ``station_key``; of the present spell ``visits`` and ``failed_visits``,
        and ``joined_by_chance``, the share of failed attempts after which another driver comes so soon that both look
        like one visit [0 to 1]; ``visits_per_week`` of a usual week, with the failed visits that chance hides. Visits
        whose outcome is unknown are in none.
    """
    attempts = _attempts(rows, stations["station_key"])
    first, failed, known = _visits(attempts)
    counts = {}
    for name in ("since", "usual_since"):
        since = stations[name].to_numpy("datetime64[s]").astype("datetime64[D]").astype("int64")
        inside = attempts.selected & (attempts.day >= since[attempts.station])
        counts[name] = [
            np.bincount(attempts.station[first[inside[first] & which]], minlength=len(stations))
            for which in (known, failed)
        ]
        if name == "since":
            by_chance = _joined_by_chance(attempts, inside & attempts.failed, len(stations))
    (visits, failed_visits), (usual, usual_failed) = counts["since"], counts["usual_since"]
    hidden = usual_failed * by_chance / np.where(by_chance < 1, 1 - by_chance, np.nan)
    per_week = (usual + hidden) / stations["usual_weeks"].to_numpy()
    columns = (stations["station_key"].to_numpy(), visits, failed_visits, by_chance, per_week)
    return pd.DataFrame(dict(zip(LOST_VISITS, columns, strict=True))).astype(LOST_VISITS)


def _attempts(rows: pd.DataFrame, station_keys: pd.Series) -> _Attempts:
    start = rows["start_time"].to_numpy("datetime64[ms]").astype("int64")
    end = rows["end_time"].fillna(rows["start_time"]).to_numpy("datetime64[ms]").astype("int64")
    station = pd.Index(station_keys).get_indexer(rows["station_key"])
    day = rows["day"].to_numpy("datetime64[s]").astype("datetime64[D]").astype("int64")
    succeeded, failed = ((rows["outcome"] == word).to_numpy(bool) for word in (SUCCESS, FAILURE))
    selected = rows["selected"].to_numpy(bool)

    # Ties of start are broken by end and outcome, so that the order of the rows never matters.
    order = np.lexsort((selected, failed, succeeded, end, start, station))
    times = station[order], day[order], start[order], end[order]
    return _Attempts(*times, succeeded[order], failed[order], selected[order])


def _visits(attempts: _Attempts) -> tuple[Integers, Flags, Flags]:
    """The place of the first attempt of each visit, whether the visit failed, and whether its outcome is known."""
    begins = np.ones(len(attempts.start), dtype=bool)
    gap = attempts.start[1:] - attempts.end[:-1]
    within = (gap <= LOSS_RULE.gap_minutes * _MINUTE) & (gap >= -LOSS_RULE.overlap_minutes * _MINUTE)
    begins[1:] = ~within | attempts.succeeded[:-1] | (attempts.station[1:] != attempts.station[:-1])

    # A success is the last attempt of its visit; ``reduceat`` looks at the attempts from each first one to the next.
    first = np.flatnonzero(begins)
    if not len(first):
        return first, begins, begins
    succeeded, failed = (np.logical_or.reduceat(which, first) for which in (attempts.succeeded, attempts.failed))
    return first, failed & ~succeeded, failed | succeeded


def _joined_by_chance(attempts: _Attempts, failed: Flags, stations: int) -> Floats:
    """The share of these failed attempts of each station in whose place, ``MINUTES_APART``, another would join it."""
    who, end = attempts.station[failed], attempts.end[failed]
    begin = np.maximum(attempts.start[failed], end - int(LOSS_RULE.overlap_minutes * _MINUTE))
    until = end + int(LOSS_RULE.gap_minutes * _MINUTE)
    first, last = (np.searchsorted(attempts.station, np.arange(stations), side=side) for side in ("left", "right"))

    # Station and time as one number in ascending order, so that one search finds what starts within a time.
    origin = attempts.start.min(initial=0) - 2 * max(MINUTES_APART) * _MINUTE
    length = attempts.end.max(initial=0) - origin + 2 * max(MINUTES_APART) * _MINUTE
    at = attempts.station * length + attempts.start - origin
    hits, looks = np.zeros(stations), np.zeros(stations)
    for minutes in MINUTES_APART:
        shifted_begin, shifted_until = (time + minutes * _MINUTE for time in (begin, until))
        inside = (shifted_begin >= attempts.start[first[who]]) & (shifted_until <= attempts.start[last[who] - 1])
        left = np.searchsorted(at, (who * length + shifted_begin - origin)[inside], side="left")
        right = np.searchsorted(at, (who * length + shifted_until - origin)[inside], side="right")
        looks += np.bincount(who[inside], minlength=stations)
        hits += np.bincount(who[inside], right > left, minlength=stations)
    return hits / np.maximum(looks, 1)


def read_lost_visits(
    session: Session, definition: Definition, selection: Selection, days: pd.DataFrame, stations: pd.DataFrame
) -> pd.DataFrame:
    """The frame of ``count_lost_visits`` of these stations; no rows where there are counts alone, which tell no visits.

    Args:
        session: reads the star.
        definition: what counts as a success.
        selection: which sessions.
        days: the frame of ``days.count_days`` of the same.
        stations: some of its stations: ``station_key``, ``since``, ``usual_since`` and ``usual_weeks``.
    """
    if counted_of(session):
        return pd.DataFrame(columns=[*LOST_VISITS]).astype(LOST_VISITS)
    first = stations[["since", "usual_since"]].min(axis=1) - np.timedelta64(MARGIN_DAYS, "D")
    counted = [
        count_lost_visits(_read_rows(session, definition, selection, part), part)
        for part in _in_parts(stations.assign(first_read=first), days)
    ]
    lost = pd.concat(counted) if counted else pd.DataFrame(columns=[*LOST_VISITS])
    return lost.astype(LOST_VISITS)


def _in_parts(stations: pd.DataFrame, days: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The stations with the earliest first, in parts of ``SESSIONS_AT_ONCE`` sessions, or of one station.

    All of a part are read from the day of the first one on.
    """
    ordered = stations.sort_values(["first_read", "station_key"])
    own = days[days["station_key"].isin(ordered["station_key"])]
    sessions = own[[*DAY_COUNTS]].sum(axis=1)
    by_station = dict(list(own.assign(sessions=sessions).groupby("station_key")))
    begin, held = 0, 0
    for place, key in enumerate(ordered["station_key"].tolist()):
        held += _sessions_from(by_station[key], ordered["first_read"].iloc[begin])
        if held > SESSIONS_AT_ONCE and place > begin:
            yield ordered.iloc[begin:place]
            begin, held = place, _sessions_from(by_station[key], ordered["first_read"].iloc[place])
    if len(ordered):
        yield ordered.iloc[begin:]


def _sessions_from(days: pd.DataFrame, first: pd.Timestamp) -> int:
    return int(days.loc[days["day"] >= first, "sessions"].sum())


def _read_rows(session: Session, definition: Definition, selection: Selection, stations: pd.DataFrame) -> pd.DataFrame:
    """The attempts of these stations as ``count_lost_visits`` takes them, with ``MARGIN_DAYS`` beyond the selection."""
    first_hour = int(f"{stations['first_read'].iloc[0]:%Y%m%d}00")
    on_days = replace(selection, station_ids=(), source=None)
    statement = select(
        FactCharging.station_key,
        FactCharging.time_key,
        type_coerce(FactCharging.start_time, Text).label("start_time"),
        type_coerce(FactCharging.end_time, Text).label("end_time"),
        definition.outcome.label("outcome"),
        case((and_(true(), *on_days.conditions()), 1), else_=0).label("selected"),
    ).where(
        FactCharging.station_key.in_(stations["station_key"].tolist()),
        FactCharging.time_key >= first_hour,
        *widened(on_days).conditions(),
    )
    rows = attempt_rows(session, statement)
    rows = rows.assign(day=local_days(rows["time_key"].to_numpy(dtype="int64")), selected=rows["selected"].astype(bool))
    return rows[rows["outcome"] != EXCLUDED]
