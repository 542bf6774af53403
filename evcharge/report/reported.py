"""Uptime as it was reported beside what a rulebook makes of the evidence, for the same ports and the same periods.

What does not belong here: the comparison itself (``metrics.availability.reported``), and how it is shown.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.reported import compared
from evcharge.metrics.availability.rulebooks import Rulebook
from evcharge.metrics.availability.timeline import Counted, timeline
from evcharge.metrics.availability.uptime import uptime
from evcharge.metrics.definitions import Definition
from evcharge.metrics.evidence_ports import WHOLE
from evcharge.metrics.reported_rows import read_reported, read_stations_only_reported, sources_that_report
from evcharge.report.uptime_of_database import evidence_of, station_groups
from evcharge.report.words import counted as counted_text
from evcharge.report.words import verb
from evcharge.reported import contradictions, percent_from_minutes

REPORTED = {
    **dict.fromkeys(("source", "station_id", "port_id"), "object"),
    **dict.fromkeys(("from_ms", "until_ms"), "int64"),
    **dict.fromkeys(("reported", "low", "high", "coverage", "difference"), "float64"),
    **dict.fromkeys(("verdict", "why"), "object"),
    **dict.fromkeys(("outage_minutes", "excluded_minutes", "from_minutes"), "float64"),
    **dict.fromkeys(("contradictions", "reported_by", "file"), "object"),
    "line": "int64",
}
"""Columns of a report beside the evidence, and their types: ids, times [ms since 1970 UTC], ratios [0 to 1], minutes,
and lineage.

``from_minutes`` is what the reported minutes make, ``contradictions`` the codes of ``reported.CONTRADICTIONS``.
"""
MOST_NAMED = 5
"""Stations that a note names. House rule."""
_COMPUTED = ["station_key", "port_id", "low", "high", "coverage"]


class Reports(NamedTuple):
    """What was reported, beside the evidence.

    Attributes:
        rows: ``REPORTED`` of those that meet the period, by source, station, port and time.
        elsewhere: how many do not.
    """

    rows: pd.DataFrame
    elsewhere: int


NO_REPORTS = Reports(pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in REPORTED.items()}), 0)


def reported_beside(
    session: Session,
    stations: pd.DataFrame,
    period: Period,
    counted: Counted,
    rulebook: Rulebook,
    definition: Definition,
) -> Reports:
    """The reports on these stations that meet the period, each compared over the whole of its own period.

    Args:
        session: reads the star.
        stations: the frame of ``metrics.evidence_rows.read_stations_with_evidence``.
        period: which reports are looked at.
        counted: which evidence counts.
        rulebook: by whose formula.
        definition: what counts as a success.
    """
    parts, elsewhere = [], 0
    for group in station_groups(stations):
        rows = read_reported(session, group["station_key"].tolist())
        meets = (rows["from_ms"] < period.until_ms) & (rows[["from_ms", "until_ms"]].max(axis=1) >= period.from_ms)
        elsewhere += int((~meets).sum())
        for _, part in rows[meets].groupby(["from_ms", "until_ms"], sort=True):
            own = group[group["station_key"].isin(part["station_key"])]
            ends = Period(int(part["from_ms"].iloc[0]), int(part["until_ms"].iloc[0]))
            computed = _computed(session, own, ends, counted, rulebook, definition)
            ids = own[["station_key", "source", "station_id"]]
            parts.append(_beside(part.merge(ids, on="station_key"), computed, rulebook))
    if not parts:
        return NO_REPORTS._replace(elsewhere=elsewhere)
    order = ["source", "station_id", "port_id", "from_ms", "until_ms", "line"]
    found = pd.concat(parts, ignore_index=True)[[*REPORTED]].sort_values(order, ignore_index=True)
    return Reports(found, elsewhere)


def _computed(
    session: Session,
    stations: pd.DataFrame,
    period: Period,
    counted: Counted,
    rulebook: Rulebook,
    definition: Definition,
) -> pd.DataFrame:
    """What a rulebook makes of each port of some stations in a period; of no time, nothing."""
    if period.from_ms >= period.until_ms:
        return pd.DataFrame({name: pd.Series([], dtype=object) for name in _COMPUTED})
    known = evidence_of(session, stations, period, definition)
    connectors = timeline(known.evidence, period, counted)
    ports = uptime(connectors, known.evidence, period, rulebook, known.whole).ports
    return ports.merge(stations[["station_key", "source", "station_id"]], on=["source", "station_id"])[_COMPUTED]


def _beside(rows: pd.DataFrame, computed: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """Reports of one period beside what was computed for it."""
    alone = computed.loc[computed["port_id"] == WHOLE, "station_key"]  # nobody names a port of these stations
    named = rows["port_id"].where(~rows["station_key"].isin(alone), WHOLE)
    rows = rows.assign(named=named).merge(
        computed.rename(columns={"port_id": "named"}), on=["station_key", "named"], how="left", indicator="found"
    )
    rows = rows.assign(reported=rows["uptime_percent"] / 100, is_known=rows["found"] == "both")
    rows = rows.astype(dict.fromkeys(("low", "high", "coverage"), "float64"))
    wrong = contradictions(rows)
    codes = [",".join(code for code, mask in wrong.items() if mask[place]) for place in range(len(rows))]
    texts = {"contradictions": np.array(codes, dtype=object), "from_minutes": percent_from_minutes(rows) / 100}
    return compared(rows.assign(**texts), rulebook)


def notes_on_reports(session: Session, sources: Collection[str] | None, reports: Reports) -> list[str]:
    """What must be said of reports that are not shown: they are of other times, or of sources without evidence.

    Args:
        session: reads the star.
        sources: those of which there is evidence; None where only some stations are looked at.
        reports: what is shown.
    """
    notes = []
    if number := reports.elsewhere:
        told = f"{counted_text(number, 'report')} of uptime {verb(number, 'is', 'are')} of other times"
        notes.append(f"{told}: look at those times to see what was reported.")
    if sources is None:
        return notes
    if alone := [source for source in sources_that_report(session) if source not in sources]:
        told = f"Uptime is reported of source {', '.join(alone)}, of which there is no evidence"
        notes.append(f"{told}: a report is compared where both are loaded under one name of a source.")
    if unknown := read_stations_only_reported(session, sources):
        shown = ", ".join(repr(one) for one in unknown[:MOST_NAMED]) + (", …" if len(unknown) > MOST_NAMED else "")
        told = f"Uptime is reported of {counted_text(len(unknown), 'station')} that nothing else names ({shown})"
        notes.append(f"{told}: it is compared with nothing, and counts nowhere.")
    return notes
