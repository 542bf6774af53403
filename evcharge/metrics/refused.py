"""Refused rows of a selection: how they would have counted, so that no rate stands without them.

What does not belong here: why a row was refused (``rules``), and which rows name one station (``rejects``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from evcharge.arrays import Floats
from evcharge.metrics.outcomes import STATION_GROUPS, Selection
from evcharge.metrics.rates import ONE_LOT, STATIONS, Limits, withheld
from evcharge.metrics.rows import frame_of
from evcharge.models import REGISTRY_ZONE, DimStation, LoadLedger, RejectedRow

KEYS = ("source", "station_id", *STATION_GROUPS, "year", "month", "load_key")
"""Columns by which figures are grouped, and which a refused row may name."""


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
    be of them. So may a row be of a lot whose station the star does not have.
    """
    rows = _refused_rows(selection).subquery()
    counts = dict.fromkeys(("failure", "success", "unknown"), 0)
    for word, count in session.execute(select(rows.c.word, func.count()).group_by(rows.c.word)):
        counts[word or "unknown"] += count
    return Refused(sum(counts.values()), counts["failure"], counts["success"], counts["unknown"])


def read_refused_failures(session: Session, selection: Selection) -> pd.DataFrame:
    """The refused rows that would have been failures, by what they named.

    Returns:
        One row per combination of ``KEYS`` and ``day``, with ``failures``. A key that the row did not name is missing,
        and so is its network where the station is not known; a station without a network has the network "". So it is
        with the others of ``STATION_GROUPS``.
    """
    rows = _refused_rows(selection).subquery()
    groups = [getattr(DimStation, name) for name in STATION_GROUPS]
    named = (rows.c.source, rows.c.station_id, DimStation.station_key, *groups, rows.c.time_key)
    of_station = (DimStation.source == rows.c.source) & (DimStation.station_id == rows.c.station_id)
    counts = (
        select(*named, rows.c.load_key, func.count().label("failures"))
        .join(DimStation, of_station, isouter=True)
        .where(rows.c.word == "failure")
        .group_by(*named, rows.c.load_key)
    )
    frame = frame_of(session, counts)
    for name in STATION_GROUPS:
        named_so = frame[name].where(frame[name].notna(), "")
        frame[name] = named_so.where(frame["station_key"].notna(), None)
    days = frame["time_key"].astype("Int64") // 100
    frame["day"] = pd.to_datetime(days.astype("string"), format="%Y%m%d", errors="coerce")
    frame["year"], frame["month"] = frame["day"].dt.year, frame["day"].dt.month
    return frame[[*KEYS, "day", "failures"]]


def withhold(
    session: Session, selection: Selection, rated: pd.DataFrame, target: float, limits: Limits = STATIONS
) -> list[str]:
    """The verdicts of groups, but none that meets the target only because loads refused failures that may be of it.

    Args:
        session: reads the star.
        selection: of which sessions the figures are.
        rated: one row per group, or per group and definition: some of ``KEYS``, ``successes``, ``attempts`` and
            ``verdict``. Failures of a port are those of its station: a refused row tells no port.
        target: success ratio that the verdicts are against, between 0 and 1.
        limits: chances by which they were given.
    """
    keys = [name for name in KEYS if name in rated.columns]
    failures = _that_may_be_of(rated.reset_index(drop=True), keys, read_refused_failures(session, selection))
    return _withheld(rated, failures, target, limits)


def withhold_now(session: Session, selection: Selection, spells: pd.DataFrame, target: float) -> list[str]:
    """As ``withhold`` of the present spells: only failures refused of days since then count, and those of no known day.

    Args:
        session: reads the star.
        selection: of which sessions the figures are.
        spells: one row per station: ``source``, ``station_id``, ``since`` (a day), ``successes``, ``attempts`` and
            ``verdict``.
        target: success ratio that the verdicts are against, between 0 and 1.
    """
    refused = read_refused_failures(session, selection)
    spells = spells.reset_index(drop=True)
    failures = np.zeros(len(spells))
    for since, rows in spells.groupby("since"):
        of_then = refused[refused["day"].isna() | (refused["day"] >= since)]
        failures[rows.index] = _that_may_be_of(rows.reset_index(drop=True), ["source", "station_id"], of_then)
    return _withheld(spells, failures, target, STATIONS)


def withhold_of_all(refused: Refused, pooled: pd.DataFrame, target: float, limits: Limits = ONE_LOT) -> list[str]:
    """The verdict of stations taken together, in one row, by all the failures that loads refused of them."""
    return _withheld(pooled, np.array([float(refused.failures)]), target, limits)


def _withheld(rated: pd.DataFrame, failures: Floats, target: float, limits: Limits) -> list[str]:
    successes, attempts = (rated[name].to_numpy(dtype=float) for name in ("successes", "attempts"))
    return withheld(rated["verdict"].tolist(), successes, attempts, failures, target, limits)


def _that_may_be_of(groups: pd.DataFrame, keys: list[str], refused: pd.DataFrame) -> Floats:
    """How many of the refused failures may be of each group: those that name nothing which is not the group's."""
    groups = groups[keys].assign(**{name: groups[name].fillna("") for name in STATION_GROUPS if name in keys})
    by_name = refused.groupby(keys, dropna=False)["failures"].sum().reset_index()
    whole = by_name[keys].notna().all(axis=1)

    # A row that names all keys is of one group; of the few that leave one open each may be of several.
    named = by_name.loc[whole, keys].itertuples(index=False, name=None)
    sums = dict(zip(named, by_name.loc[whole, "failures"], strict=True))
    counts = np.array([float(sums.get(key, 0)) for key in groups.itertuples(index=False, name=None)])
    for row in by_name[~whole].to_dict("records"):
        told = [key for key in keys if not pd.isna(row[key])]
        counts += row["failures"] * (groups[told] == [row[key] for key in told]).all(axis=1).to_numpy()
    return counts


def _refused_rows(selection: Selection) -> Select[str, int, str | None, int | None, str | None]:
    """One row for each refused row, which several rules may have refused."""
    return (
        select(
            LoadLedger.source,
            LoadLedger.load_key,
            func.min(RejectedRow.station_id).label("station_id"),
            func.min(RejectedRow.time_key).label("time_key"),
            func.min(RejectedRow.would_have_been).label("word"),
        )
        .join(LoadLedger, LoadLedger.load_key == RejectedRow.load_key)
        .where(*_selected(selection))
        .group_by(LoadLedger.source, LoadLedger.load_key, RejectedRow.source_line)
    )


def _selected(selection: Selection) -> list[ColumnElement[bool]]:
    conditions: list[Any] = [LoadLedger.timezone != REGISTRY_ZONE]
    if selection.source:
        conditions.append(LoadLedger.source == selection.source)
    if selection.station_ids:
        conditions.append(or_(RejectedRow.station_id.is_(None), RejectedRow.station_id.in_(selection.station_ids)))
    if selection.where:
        conditions.append(or_(RejectedRow.station_id.is_(None), ~_stands(), _stands(*selection.lot_conditions())))
    if selection.first_day:
        first = int(f"{selection.first_day:%Y%m%d}00")
        conditions.append(or_(RejectedRow.time_key.is_(None), RejectedRow.time_key >= first))
    if selection.last_day:
        last = int(f"{selection.last_day:%Y%m%d}23")
        conditions.append(or_(RejectedRow.time_key.is_(None), RejectedRow.time_key <= last))
    return conditions


def _stands(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the star has the station that a refused row names, and these conditions hold for it."""
    named = (DimStation.source == LoadLedger.source, DimStation.station_id == RejectedRow.station_id)
    return exists().where(*named, *conditions).correlate(LoadLedger, RejectedRow)
