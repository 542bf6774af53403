"""What the star holds of uptime as it was reported. It is no evidence: nothing that was up or down follows from it.

What does not belong here: how it compares with the evidence (``availability.reported``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from evcharge.metrics.evidence_rows import is_claimed_alone
from evcharge.metrics.milliseconds import milliseconds
from evcharge.metrics.rows import frame_of
from evcharge.models import DimStation, FactReportedUptime, LoadLedger

KEY = ["station_key", "port_id", "from_ms", "until_ms"]
"""What a report is about."""
_FIGURES = ("uptime_percent", "outage_minutes", "excluded_minutes")


def read_reported(session: Session, keys: Sequence[int]) -> pd.DataFrame:
    """What was reported of these stations: where several loads are of one port and period, by the last.

    Columns: ``KEY``, uptime [%], minutes of outage and of exclusion [minutes], ``reported_by``, ``file`` and ``line``.
    """
    fact = FactReportedUptime
    query = select(
        *(fact.station_key, fact.port_id, *(getattr(fact, name) for name in _FIGURES), fact.reported_by, fact.load_key),
        milliseconds(session, fact.from_time).label("from_ms"),
        milliseconds(session, fact.until_time).label("until_ms"),
        LoadLedger.file_name.label("file"),
        fact.source_line.label("line"),
    ).join(LoadLedger, LoadLedger.load_key == fact.load_key)
    rows = frame_of(session, query.where(fact.station_key.in_(keys)))
    rows = rows.astype(dict.fromkeys(("station_key", "from_ms", "until_ms", "load_key", "line"), "int64"))
    rows = rows.astype(dict.fromkeys(_FIGURES, "float64"))
    rows = rows[rows["load_key"] == rows.groupby(KEY)["load_key"].transform("max")]
    return rows.drop(columns="load_key").sort_values([*KEY, "line"], ignore_index=True)


def read_stations_only_reported(session: Session, sources: Collection[str]) -> list[str]:
    """The ids of stations of these sources that only reports of uptime and claims name: they may be mistyped."""
    keys = select(FactReportedUptime.station_key)
    own = (DimStation.station_key.in_(keys), DimStation.source.in_(sources), is_claimed_alone())
    return list(session.scalars(select(DimStation.station_id).where(*own).distinct().order_by(DimStation.station_id)))


def sources_that_report(session: Session) -> list[str]:
    """The sources of whose ports uptime was reported, in their order."""
    keys = select(FactReportedUptime.station_key).distinct()
    query = select(DimStation.source).where(DimStation.station_key.in_(keys)).distinct()
    return sorted(session.scalars(query))
