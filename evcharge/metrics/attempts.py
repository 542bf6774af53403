"""Single attempts of the selected sessions: which station, which hour, whether it worked, how much energy.

What does not belong here: what a definition says (``definitions``), counts per station (``outcomes``), and what the
order of attempts shows (``spells``, ``silence``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from evcharge.metrics.definitions import FAILURE, SUCCESS, Definition
from evcharge.metrics.outcomes import Selection
from evcharge.models import DimStation, FactCharging, LoadLedger

ROWS_AT_ONCE = 50_000
"""Rows fetched at a time, so that a database's rows are never all held as Python objects."""


def select_attempts(definition: Definition, selection: Selection) -> Select[tuple[object, ...]]:
    """One row a session, in no order: station_key, time_key, succeeded, energy_kwh.

    ``succeeded`` is 1 or 0, and empty where the definition says excluded or unknown.
    """
    succeeded = case((definition.outcome == SUCCESS, 1), (definition.outcome == FAILURE, 0))
    columns = (FactCharging.station_key, FactCharging.time_key, succeeded.label("succeeded"), FactCharging.energy_kwh)
    return select(*columns).where(*selection.conditions())


def read_attempts(session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
    """The rows of ``select_attempts``, ordered by station and hour; within an hour the order means nothing.

    Columns: ``station_key`` (int64), ``time_key`` (int64, yyyymmddhh), ``succeeded`` (float64: 1, 0 or NaN) and
    ``energy_kwh`` (float64). No sessions give no rows.
    """
    result = session.execute(select_attempts(definition, selection), execution_options={"yield_per": ROWS_AT_ONCE})
    parts = [np.array([tuple(row) for row in rows], dtype=float) for rows in result.partitions()]
    rows = np.concatenate([np.empty((0, 4)), *parts])
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    frame = pd.DataFrame(rows, columns=["station_key", "time_key", "succeeded", "energy_kwh"])
    return frame.astype({"station_key": "int64", "time_key": "int64"})


def read_stations(session: Session, selection: Selection) -> pd.DataFrame:
    """Names of the stations with selected sessions, and what their publishers said of failures; by source and id.

    Columns: ``station_key``, ``source``, ``station_id``, ``name``, ``without_failures`` and
    ``perhaps_without_failures`` (1 where a session's publisher removed failures, or did not say).
    """
    names = (DimStation.station_key, DimStation.source, DimStation.station_id, DimStation.name)
    said = LoadLedger.failures_included
    loads = select(FactCharging.station_key, FactCharging.load_key).where(*selection.conditions()).distinct().subquery()
    query = (
        select(
            *names,
            func.max(case((said == "no", 1), else_=0)).label("without_failures"),
            func.max(case((said == "unknown", 1), else_=0)).label("perhaps_without_failures"),
        )
        .join(loads, loads.c.station_key == DimStation.station_key)
        .join(LoadLedger, LoadLedger.load_key == loads.c.load_key)
        .group_by(*names)
    )
    result = session.execute(query)
    rows = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
    return rows.sort_values(["source", "station_id"], ignore_index=True)
