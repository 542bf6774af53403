"""Counts of outcomes per station and local day: all that spells, silence, weeks and daily strips are made of.

What does not belong here: what a definition says (``definitions``), counts over the whole selection (``outcomes``), and
what the order of days shows (``spells``, ``silence``, ``weekly``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from evcharge.arrays import Integers
from evcharge.metrics.day_outcomes import MICRO, day_outcomes
from evcharge.metrics.definitions import OUTCOMES, SUCCESS, Definition
from evcharge.metrics.letters import LETTERS
from evcharge.metrics.packed import packed_numbers, packed_parts
from evcharge.metrics.selection import Selection

Days = npt.NDArray[np.datetime64]

DAY_COUNTS = ("successes", "failures", "excluded", "unknown")
"""Sessions of a station and day by outcome, in the order of ``definitions.OUTCOMES``."""


def local_days(hours: Integers) -> Days:
    """The days of local hours yyyymmddhh."""
    days = np.asarray(hours, dtype="int64") // 100
    months = (days // 10_000 - 1970) * 12 + days // 100 % 100 - 1
    first_of_month = months.astype("datetime64[M]").astype("datetime64[D]")
    local: Days = (first_of_month + (days % 100 - 1).astype("timedelta64[D]")).astype("datetime64[s]")
    return local


def select_days(session: Session, definition: Definition, selection: Selection) -> Select[Any]:
    """Counts of station, local day and outcome, in no order, and several of each where there are several loads.

    One row per station, packed. Columns: station_key, how many counts, ``day_outcome`` (yyyymmdd and the place of the
    outcome in ``definitions.OUTCOMES``), ``sessions``, and of those the ones ``with_energy``, with their
    ``energy_microkwh``.
    """
    counted = day_outcomes(session, [definition], selection)
    rows = counted.rows.c
    places = {LETTERS[outcome]: place for place, outcome in enumerate(OUTCOMES)}
    day_outcome = rows.day * 10 + case(places, value=counted.letter(definition))
    packed = map(packed_numbers, (day_outcome, rows.sessions, rows.with_energy, rows.energy_microkwh))
    return select(rows.station_key, func.count(), *packed).where(*counted.conditions).group_by(rows.station_key)


def count_days(session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
    """Counts of each station and local day with sessions, ordered by station and day.

    Columns: ``station_key`` (int64), ``day`` (datetime64, local), ``DAY_COUNTS`` and ``charges`` (int64: the successes
    whose energy is known), and ``charged_kwh`` (float64: their energy). No sessions give no rows.
    """
    parts = [
        np.stack([part.keys(), *(part.numbers(place) for place in range(2, 6))])
        for part in packed_parts(session, select_days(session, definition, selection))
    ]
    rows = np.concatenate(parts, axis=1)
    rows = rows[:, np.lexsort((rows[1], rows[0]))]
    station, day_outcome, sessions, with_energy, micro_kwh = rows
    day, outcome = np.divmod(day_outcome, 10)

    # Sorted, each station and day is one slice; a row counts in the column of its outcome, and in no other.
    begins = np.flatnonzero((np.diff(station, prepend=-1) != 0) | (np.diff(day, prepend=-1) != 0))
    of_outcome = {name: np.where(outcome == place, sessions, 0) for place, name in enumerate(DAY_COUNTS)}
    succeeded = outcome == OUTCOMES.index(SUCCESS)
    of_outcome |= {"charges": np.where(succeeded, with_energy, 0), "micro_kwh": np.where(succeeded, micro_kwh, 0)}
    sums = {name: np.add.reduceat(counts, begins) if len(begins) else counts for name, counts in of_outcome.items()}
    charged_kwh = sums.pop("micro_kwh") / MICRO
    told = {"station_key": station[begins], "day": local_days(day[begins] * 100), **sums, "charged_kwh": charged_kwh}
    return pd.DataFrame(told)


def mean_energy(days: pd.DataFrame) -> pd.Series:
    """Mean energy of each station's successful charges [kWh], by station_key; NaN where none is known.

    Args:
        days: the frame of ``count_days``.
    """
    sums = days.groupby("station_key")[["charges", "charged_kwh"]].sum()
    return sums["charged_kwh"] / sums["charges"].where(sums["charges"] > 0)
