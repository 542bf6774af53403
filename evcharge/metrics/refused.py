"""Refused rows of a selection: how they would have counted, so that no rate stands without them.

What does not belong here: why a row was refused (``rules``), and which rows name one station (``rejects``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from evcharge.metrics.outcomes import Selection
from evcharge.models import REGISTRY_ZONE, LoadLedger, RejectedRow


@dataclass(frozen=True)
class Refused:
    """Refused rows [counts]; ``rows`` is the sum of the three after it.

    A row without a recorded outcome would have been a failure where no energy flowed or no transaction came about;
    ``unknown`` can't be judged. Source: ``clean.would_have_counted``.
    """

    rows: int = 0
    failures: int = 0
    successes: int = 0
    unknown: int = 0

    def to_dict(self) -> dict[str, int]:
        """The counts as a JSON document has them."""
        return asdict(self)


def read_refused(session: Session, selection: Selection) -> Refused:
    """The refused rows of the session files of the selection.

    A row that names no station or no day that can be read is counted whatever stations or days are selected: it may
    be of them.
    """
    rows = _refused_rows(selection).subquery()
    counts = dict.fromkeys(("failure", "success", "unknown"), 0)
    for word, count in session.execute(select(rows.c.word, func.count()).group_by(rows.c.word)):
        counts[word or "unknown"] += count
    return Refused(sum(counts.values()), counts["failure"], counts["success"], counts["unknown"])


def read_refused_failures(session: Session, selection: Selection) -> pd.DataFrame:
    """The refused rows that would have been failures, by the station and the day that they named.

    Returns:
        One row per source, station and day: ``source``, ``station_id``, ``day`` (NaT where none could be read) and
        ``failures``. Rows that name no station are left out.
    """
    rows = _refused_rows(selection).subquery()
    counts = (
        select(rows.c.source, rows.c.station_id, rows.c.time_key, func.count().label("failures"))
        .where(rows.c.word == "failure", rows.c.station_id.is_not(None))
        .group_by(rows.c.source, rows.c.station_id, rows.c.time_key)
    )
    frame = pd.DataFrame(session.execute(counts).all(), columns=["source", "station_id", "time_key", "failures"])
    days = frame["time_key"].astype("Int64") // 100
    frame["day"] = pd.to_datetime(days.astype("string"), format="%Y%m%d", errors="coerce")
    return frame.groupby(["source", "station_id", "day"], dropna=False)[["failures"]].sum().reset_index()


def _refused_rows(selection: Selection) -> Select[str, str | None, int | None, str | None]:
    """One row for each refused row, which several rules may have refused."""
    return (
        select(
            LoadLedger.source,
            func.min(RejectedRow.station_id).label("station_id"),
            func.min(RejectedRow.time_key).label("time_key"),
            func.min(RejectedRow.would_have_been).label("word"),
        )
        .join(LoadLedger, LoadLedger.load_key == RejectedRow.load_key)
        .where(*_selected(selection))
        .group_by(LoadLedger.source, RejectedRow.load_key, RejectedRow.source_line)
    )


def _selected(selection: Selection) -> list[ColumnElement[bool]]:
    conditions: list[Any] = [LoadLedger.timezone != REGISTRY_ZONE]
    if selection.source:
        conditions.append(LoadLedger.source == selection.source)
    if selection.station_ids:
        conditions.append(or_(RejectedRow.station_id.is_(None), RejectedRow.station_id.in_(selection.station_ids)))
    if selection.first_day:
        first = int(f"{selection.first_day:%Y%m%d}00")
        conditions.append(or_(RejectedRow.time_key.is_(None), RejectedRow.time_key >= first))
    if selection.last_day:
        last = int(f"{selection.last_day:%Y%m%d}23")
        conditions.append(or_(RejectedRow.time_key.is_(None), RejectedRow.time_key <= last))
    return conditions
