"""Counts of outcomes per station and local day: all that spells, silence, weeks and daily strips are made of.

What does not belong here: what a definition says (``definitions``), counts over the whole selection (``outcomes``), and
what the order of days shows (``spells``, ``silence``, ``weekly``).
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from evcharge.arrays import Integers
from evcharge.metrics.definitions import OUTCOMES, SUCCESS, Definition
from evcharge.metrics.outcomes import Selection
from evcharge.models import FactCharging

Days = npt.NDArray[np.datetime64]

DAY_COUNTS = ("successes", "failures", "excluded", "unknown")
"""Sessions of a station and day by outcome, in the order of ``definitions.OUTCOMES``."""
ROWS_AT_ONCE = 50_000
"""Rows fetched at a time, so that a database's rows are never all held as Python objects."""


def local_days(hours: Integers) -> Days:
    """The days of local hours yyyymmddhh."""
    days = np.asarray(hours, dtype="int64") // 100
    months = (days // 10_000 - 1970) * 12 + days // 100 % 100 - 1
    first_of_month = months.astype("datetime64[M]").astype("datetime64[D]")
    local: Days = (first_of_month + (days % 100 - 1).astype("timedelta64[D]")).astype("datetime64[s]")
    return local


def select_days(definition: Definition, selection: Selection) -> Select[Any]:
    """One row per station and local day with sessions, in no order.

    Columns: station_key, day (yyyymmdd), ``DAY_COUNTS``, and of the successes those whose energy is known: ``charges``
    and their ``charged_kwh``.
    """
    day = FactCharging.time_key // 100
    counts = [
        func.sum(case((definition.outcome == outcome, 1), else_=0)).label(name)
        for name, outcome in zip(DAY_COUNTS, OUTCOMES, strict=True)
    ]
    charged = case((definition.outcome == SUCCESS, FactCharging.energy_kwh))
    energy = (func.count(charged).label("charges"), func.coalesce(func.sum(charged), 0.0).label("charged_kwh"))
    columns: tuple[Any, ...] = (FactCharging.station_key, day.label("day"), *counts, *energy)
    return select(*columns).where(*selection.conditions()).group_by(FactCharging.station_key, day)


def count_days(session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
    """The counts of ``select_days``, ordered by station and day.

    Columns: ``station_key`` (int64), ``day`` (datetime64, local), ``DAY_COUNTS`` and ``charges`` (int64), and
    ``charged_kwh`` (float64). No sessions give no rows.
    """
    statement = select_days(definition, selection)
    names = list(statement.selected_columns.keys())
    result = session.connection().execute(statement, execution_options={"yield_per": ROWS_AT_ONCE})
    parts = [
        np.fromiter(chain.from_iterable(rows), dtype=float, count=len(rows) * len(names)).reshape(-1, len(names))
        for rows in result.partitions()
    ]
    rows = np.concatenate([np.empty((0, len(names))), *parts])
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    days = pd.DataFrame(rows, columns=names)
    days = days.astype(dict.fromkeys(("station_key", "day", *DAY_COUNTS, "charges"), "int64"))
    days["day"] = local_days(days["day"].to_numpy() * 100)
    return days


def mean_energy(days: pd.DataFrame) -> pd.Series:
    """Mean energy of each station's successful charges [kWh], by station_key; NaN where none is known.

    Args:
        days: the frame of ``count_days``.
    """
    sums = days.groupby("station_key")[["charges", "charged_kwh"]].sum()
    return sums["charged_kwh"] / sums["charges"].where(sums["charges"] > 0)
