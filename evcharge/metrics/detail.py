"""Counts of a few stations by port, day and hour of day, and what was recorded of each day's failures.

What does not belong here: all stations at once (``outcomes``), whether counts bunch (``concentration``), what a
recorded reason means (``reasons``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from evcharge.metrics.counted import Counted, counted_of
from evcharge.metrics.days import local_days
from evcharge.metrics.definitions import FAILURE, Definition
from evcharge.metrics.letters import LETTERS
from evcharge.metrics.outcomes import COUNTED
from evcharge.metrics.packed import Packed, packed_numbers, packed_parts, packed_texts
from evcharge.metrics.rows import frame_of
from evcharge.metrics.selection import Selection
from evcharge.models import FactCharging

Labels = tuple[Any, ...]
_RECORDED = (FactCharging.stop_reason, FactCharging.error_code)


def select_detail(definition: Definition, selection: Selection, station_keys: Sequence[int]) -> Select[Any]:
    """Counts of these stations, one row per station, port and local hour with sessions, in no order.

    Columns: station_key, port_id, time_key, successes, failures, excluded, sessions. What is left of ``sessions`` is
    unknown.
    """
    keys: Labels = (FactCharging.station_key, FactCharging.port_id, FactCharging.time_key)
    counts: Labels = tuple(
        func.sum(case((definition.outcome == outcome, 1), else_=0)).label(name) for name, outcome in COUNTED.items()
    )
    return (
        select(*keys, *counts, func.count().label("sessions"))
        .where(FactCharging.station_key.in_(station_keys), *selection.conditions())
        .group_by(*keys)
    )


def read_detail(
    session: Session, definition: Definition, selection: Selection, station_keys: Sequence[int]
) -> pd.DataFrame:
    """The counts of ``select_detail`` by station, port (those without one last), day and hour.

    Columns: ``station_key`` (int64), ``port_id`` (object; None without one), ``day`` (datetime64[s], local), ``hour``
    (int64, 0 to 23), ``successes``, ``failures`` and ``unknown`` (int64). Excluded sessions are in none of the three;
    an hour that has no others is a row of zeros. No sessions give no rows.

    Where there are counts alone, the rows are those of the frame ``detail``, as far as it has the stations.
    """
    if counted := counted_of(session):
        rows = _given_detail(session, counted, definition, selection, station_keys)
    else:
        rows = frame_of(session, select_detail(definition, selection, station_keys))
    numbers = rows.drop(columns="port_id").astype("int64")
    detail = pd.DataFrame(
        {
            "station_key": numbers["station_key"],
            "port_id": rows["port_id"],
            "day": local_days(numbers["time_key"].to_numpy()),
            "hour": numbers["time_key"] % 100,
            "successes": numbers["successes"],
            "failures": numbers["failures"],
            "unknown": numbers["sessions"] - numbers[list(COUNTED)].sum(axis=1),
        }
    )
    return detail.sort_values(["station_key", "port_id", "day", "hour"], ignore_index=True)


def _given_detail(
    session: Session, counted: Counted, definition: Definition, selection: Selection, station_keys: Sequence[int]
) -> pd.DataFrame:
    """The columns of ``select_detail`` from the frame that was given."""
    rows = counted.detail_by(session, definition, selection)
    rows = rows[rows["station_key"].isin(station_keys)]
    of_outcome = {name: rows["sessions"].where(rows["letter"] == LETTERS[word], 0) for name, word in COUNTED.items()}
    rows = rows.assign(time_key=rows["day"] * 100 + rows["hour"], **of_outcome)
    keys = ["station_key", "port_id", "time_key"]
    summed = rows.groupby(keys, dropna=False)[[*COUNTED, "sessions"]].sum().reset_index()
    return summed.assign(port_id=summed["port_id"].astype(object).where(summed["port_id"].notna(), None))


def select_daily_failures(definition: Definition, selection: Selection) -> Select[Any]:
    """Failed sessions in no order: one row per station, packed.

    Columns: station_key, how many failed, and of each time_key, stop_reason and error_code.
    """
    texts = map(packed_texts, _RECORDED)
    columns: Labels = (FactCharging.station_key, func.count(), packed_numbers(FactCharging.time_key), *texts)
    return (
        select(*columns)
        .where(definition.outcome == FAILURE, *selection.conditions())
        .group_by(FactCharging.station_key)
    )


def read_daily_failures(session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
    """The failures of ``select_daily_failures``, one row per station, day, stop reason and error code, in this order.

    Columns: ``station_key`` (int64), ``day`` (datetime64[s], local), ``stop_reason`` and ``error_code`` (object; None
    where none was recorded), ``sessions`` (int64). ``reasons.count_reasons`` takes them for the network.

    Where there are counts alone, the rows are those of the frame ``failures``, or none without it.
    """
    if counted := counted_of(session):
        return _given_daily_failures(session, counted, definition, selection)
    parts = [_daily_failures(part) for part in packed_parts(session, select_daily_failures(definition, selection))]
    return pd.concat(parts, ignore_index=True).sort_values("station_key", kind="stable", ignore_index=True)


def _given_daily_failures(
    session: Session, counted: Counted, definition: Definition, selection: Selection
) -> pd.DataFrame:
    """The rows of ``read_daily_failures`` from the frame that was given."""
    rows = counted.failures_by(session, definition, selection)
    keys = ["station_key", "day", *(column.key for column in _RECORDED)]
    failures = rows.assign(day=local_days(rows["day"].to_numpy(dtype="int64") * 100))[[*keys, "sessions"]]
    failures = failures.astype({"station_key": "int64", "sessions": "int64"})
    summed = failures.groupby(keys, dropna=False, sort=False)[["sessions"]].sum().reset_index()
    recorded = summed[keys[2:]].astype(object)
    summed[keys[2:]] = recorded.where(recorded.notna(), None)
    return summed.sort_values(keys, ignore_index=True)


def _daily_failures(part: Packed) -> pd.DataFrame:
    """The rows of ``read_daily_failures`` of some stations."""
    station, day, recorded = part.keys(), part.numbers(2) // 100, (part.texts(3), part.texts(4))

    # Texts by their place in order, those that are missing after all others.
    stop, error = (np.where(codes < 0, len(texts), codes) for codes, texts in recorded)
    order = np.lexsort((error, stop, day, station))
    keys = np.stack([station, day, stop, error])[:, order]
    begins = np.flatnonzero((np.diff(keys, axis=1, prepend=-1) != 0).any(axis=0))
    texts = [np.array([*texts, None], dtype=object) for _, texts in recorded]
    return pd.DataFrame(
        {
            "station_key": keys[0, begins],
            "day": local_days(keys[1, begins] * 100),
            "stop_reason": pd.Series(texts[0][keys[2, begins]], dtype=object),
            "error_code": pd.Series(texts[1][keys[3, begins]], dtype=object),
            "sessions": np.diff(begins, append=len(order)),
        }
    )
