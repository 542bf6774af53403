"""Reports that were saved, read back: the last one by the same rule, and which there are.

What does not belong here: saving (``load.saved_reports``), and what changed since (``report.since``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evcharge.metrics.rows import frame_of
from evcharge.models import ReportRun, StationVerdict


@dataclass(frozen=True)
class SavedReport:
    """A saved report.

    Attributes:
        run: its columns of ``report_run``.
        stations: its rows of ``station_verdict``, by source and id.
    """

    run: dict[str, Any]
    stations: pd.DataFrame


def read_last_saved(
    session: Session, *, definition: str, version: int, target: float, stations: str, last_day: date, besides: str
) -> SavedReport | None:
    """The report saved by this rule, of these stations, whose data end last but no later; None without one.

    Of several whose data end on one day it is the one that was saved last.

    Args:
        session: reads the star.
        definition: id of the definition.
        version: of the definition.
        target: success ratio that its verdicts are against.
        stations: the column ``selected_stations`` of ``report_run``.
        last_day: last local day of the data that it is to be compared with.
        besides: the fingerprint of the report that it is to be compared with, which it is not.
    """
    rules = (ReportRun.definition == definition, ReportRun.definition_version == version, ReportRun.target == target)
    others = (ReportRun.selected_stations == stations, ReportRun.data_to <= last_day, ReportRun.fingerprint != besides)
    newest = (ReportRun.data_to.desc(), ReportRun.run_key.desc())
    run = session.scalar(select(ReportRun).where(*rules, *others).order_by(*newest).limit(1))
    if run is None:
        return None
    columns = [column for column in StationVerdict.__table__.columns if column.name != "run_key"]
    rows = select(*columns).where(StationVerdict.run_key == run.run_key)
    frame = frame_of(session, rows).sort_values(["source", "station_id"], ignore_index=True)
    return SavedReport({column.name: getattr(run, column.name) for column in ReportRun.__table__.columns}, frame)


def count_saved(session: Session) -> list[tuple[str, float, str, date]]:
    """By which definition, target and selection of stations reports are saved, and up to which day of the data."""
    keys = (ReportRun.definition, ReportRun.target, ReportRun.selected_stations)
    query = select(*keys, func.max(ReportRun.data_to)).group_by(*keys).order_by(*keys)
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]
