"""Refused rows of a selection: how they would have counted, so that no rate stands without them.

What does not belong here: why a row was refused (``rules``), and which rows name one station (``rejects``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from evcharge.metrics.outcomes import Selection
from evcharge.metrics.rates import withheld
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


def withhold(session: Session, selection: Selection, rated: pd.DataFrame, target: float) -> list[str]:
    """The verdicts of stations, but none that meets the target only because a load refused failures of the station.

    Args:
        session: reads the star.
        selection: of which sessions the figures are.
        rated: one row per station, or per station and definition: ``source``, ``station_id``, ``successes``,
            ``attempts`` and ``verdict``.
        target: success ratio that the verdicts are against, between 0 and 1.
    """
    by_station = read_refused_failures(session, selection).groupby(["source", "station_id"])["failures"].sum()
    keys = zip(rated["source"], rated["station_id"], strict=True)
    failures = np.array([float(by_station.get(key, 0)) for key in keys])
    successes, attempts = (rated[name].to_numpy(dtype=float) for name in ("successes", "attempts"))
    return withheld(rated["verdict"].tolist(), successes, attempts, failures, target)


def withhold_now(session: Session, selection: Selection, spells: pd.DataFrame, target: float) -> list[str]:
    """As ``withhold`` of the present spells: only failures refused of days since then count, and those of no known day.

    Args:
        session: reads the star.
        selection: of which sessions the figures are.
        spells: one row per station: ``source``, ``station_id``, ``since`` (a day), ``successes``, ``attempts`` and
            ``verdict``.
        target: success ratio that the verdicts are against, between 0 and 1.
    """
    keys = ["source", "station_id"]
    rows = spells[[*keys, "since"]].merge(read_refused_failures(session, selection), on=keys)
    rows = rows[rows["day"].isna() | (rows["day"] >= rows["since"])]
    sums = rows.groupby(keys)["failures"].sum()
    failures = np.array([float(sums.get(key, 0)) for key in zip(spells["source"], spells["station_id"], strict=True)])
    successes, attempts = (spells[name].to_numpy(dtype=float) for name in ("successes", "attempts"))
    return withheld(spells["verdict"].tolist(), successes, attempts, failures, target)


def withhold_of_all(refused: Refused, pooled: pd.DataFrame, target: float) -> list[str]:
    """The verdict of stations taken together, in one row, by all the failures that loads refused of them."""
    successes, attempts = (pooled[name].to_numpy(dtype=float) for name in ("successes", "attempts"))
    failures = np.array([float(refused.failures)])
    return withheld(pooled["verdict"].tolist(), successes, attempts, failures, target)


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
