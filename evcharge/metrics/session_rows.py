"""The selected sessions as one typed frame, each with its outcome and the line of a file that it comes from.

What does not belong here: one station taken apart (``explain``), and files (``export``).
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from evcharge.metrics.counted import refuse_without_sessions
from evcharge.metrics.days import local_days
from evcharge.metrics.definitions import Definition
from evcharge.metrics.explain import FACT_COLUMNS, ROWS_AT_ONCE
from evcharge.metrics.rows import parts_of
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation, FactCharging, LoadLedger

SESSION_COLUMNS = (
    *("source", "station_id", "station_name"),
    *("local_date" if name == "time_key" else name for name in FACT_COLUMNS),
    *("outcome", "file_name", "source_line"),
)
"""Columns of a session: all that the fact has, but for its keys and the driver's reference; the local day on which it
started in place of its key; ``outcome`` is one of ``definitions.OUTCOMES``."""
_TIMES = ("start_time", "end_time", "source_updated_at")
_FLAGS = ("success", "has_transaction", "reached_charging")
_NUMBERS = (
    *("duration_minutes", "energy_kwh", "peak_power_kw", "start_soc_percent", "end_soc_percent"),
    *("authorised_after_seconds", "plugged_in_after_seconds", "power_after_seconds", "authorize_lead_seconds"),
    "energy_at_most_kwh",
)


def select_sessions(definition: Definition, selection: Selection) -> Select[Any]:
    """The sessions with ``SESSION_COLUMNS``, in no order; the local day is still a key of ``DimTime``."""
    facts = (getattr(FactCharging, name) for name in FACT_COLUMNS)
    return (
        select(
            DimStation.source,
            DimStation.station_id,
            DimStation.name.label("station_name"),
            *facts,
            definition.outcome.label("outcome"),
            LoadLedger.file_name,
            FactCharging.source_line,
        )
        .join(DimStation, DimStation.station_key == FactCharging.station_key)
        .join(LoadLedger, LoadLedger.load_key == FactCharging.load_key)
        .where(*selection.conditions())
    )


def read_sessions(session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
    """The rows of ``select_sessions`` by source, station, start and id; no session gives no row.

    Times are in UTC, to the millisecond; ``local_date`` is a day without a zone; numbers are floats, what is true or
    false is nullable, texts are objects; what is missing is missing.

    Raises:
        ReportError: there are counts alone.
    """
    refuse_without_sessions(session, "sessions")
    parts = [_typed(part) for part in parts_of(session, select_sessions(definition, selection), ROWS_AT_ONCE)]
    rows = pd.concat(parts[1:] or parts, ignore_index=True)  # the first has no row
    order = ["source", "station_id", "start_time", "session_id"]
    return rows.sort_values(order, kind="stable", ignore_index=True)[[*SESSION_COLUMNS]]


def _typed(part: pd.DataFrame) -> pd.DataFrame:
    days = local_days(part["time_key"].to_numpy(dtype="int64"))
    times = {name: pd.to_datetime(part[name], utc=True).astype("datetime64[ms, UTC]") for name in _TIMES}
    kinds = {**dict.fromkeys(_FLAGS, "boolean"), **dict.fromkeys(_NUMBERS, "float64"), "source_line": "int64"}
    return part.astype(kinds).assign(local_date=days, **times)
