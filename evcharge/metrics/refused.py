"""Refused rows of a selection: how they would have counted, so that no rate and no verdict stands without them.

What does not belong here: why a row was refused (``rules``), which rows name one station (``rejects``), and what they
make of the rate of all stations together (``bounds``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from evcharge.arrays import Floats
from evcharge.metrics.bounds import Refused
from evcharge.metrics.outcomes import STATION_GROUPS
from evcharge.metrics.rates import STATIONS, Limits, withheld
from evcharge.metrics.rows import frame_of
from evcharge.metrics.selection import Selection
from evcharge.models import REGISTRY_ZONE, DimStation, LoadLedger, RejectedRow

KEYS = ("source", "station_id", *STATION_GROUPS, "year", "month", "load_key")
"""Columns by which figures are grouped, and which a refused row may name."""


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


def read_perhaps_failed(session: Session, selection: Selection) -> pd.DataFrame:
    """The refused rows that would have been failures, or can't be judged, by what they named.

    Returns:
        One row per combination of ``KEYS`` and ``day``, with ``rows`` and how many of them ``failed``. A key that the
        row did not name is missing, and so is its network where the station is not known; a station without a network
        has the network "". So it is with the others of ``STATION_GROUPS``.
    """
    rows = _refused_rows(selection).subquery()
    groups = [getattr(DimStation, name) for name in STATION_GROUPS]
    named = (rows.c.source, rows.c.station_id, DimStation.station_key, *groups, rows.c.time_key)
    of_station = (DimStation.source == rows.c.source) & (DimStation.station_id == rows.c.station_id)
    counts = (
        select(
            *(*named, rows.c.load_key, func.count().label("rows")),
            func.sum(case((rows.c.word == "failure", 1), else_=0)).label("failed"),
        )
        .join(DimStation, of_station, isouter=True)
        .where(func.coalesce(rows.c.word, "unknown") != "success")
        .group_by(*named, rows.c.load_key)
    )
    frame = frame_of(session, counts)
    for name in STATION_GROUPS:
        named_so = frame[name].where(frame[name].notna(), "")
        frame[name] = named_so.where(frame["station_key"].notna(), None)
    days = frame["time_key"].astype("Int64") // 100
    frame["day"] = pd.to_datetime(days.astype("string"), format="%Y%m%d", errors="coerce")
    frame["year"], frame["month"] = frame["day"].dt.year, frame["day"].dt.month
    return frame[[*KEYS, "day", "rows", "failed"]]


def withhold(
    session: Session, selection: Selection, rated: pd.DataFrame, target: float, limits: Limits = STATIONS
) -> list[str]:
    """The verdicts of groups, but none that meets the target only because what may have failed is not counted.

    That is the unknown, the refused failures that may be of the group, and the refused rows that can't be judged and
    name it. One that names none is in the bounds of all stations together only: held against each, a single line of
    junk would keep every small station from its verdict.

    Args:
        session: reads the star.
        selection: of which sessions the figures are.
        rated: one row per group, or per group and definition: some of ``KEYS``, ``successes``, ``failures``,
            ``unknown`` and ``verdict``. What is refused of a station may be of any of its ports: a refused row tells no
            port.
        target: success ratio that the verdicts are against, between 0 and 1.
        limits: chances by which they were given.
    """
    keys = [name for name in KEYS if name in rated.columns]
    refused = _that_may_be_of(rated.reset_index(drop=True), keys, read_perhaps_failed(session, selection))
    return _withheld(rated, rated["unknown"].to_numpy(dtype=float) + refused, target, limits)


def withhold_now(
    session: Session, selection: Selection, spells: pd.DataFrame, days: pd.DataFrame, target: float
) -> list[str]:
    """As ``withhold`` of the present spells: only what is unknown or refused of days since then, or of no known day.

    Args:
        session: reads the star.
        selection: of which sessions the figures are.
        spells: one row per station: ``source``, ``station_id``, ``station_key``, ``since`` (a day), ``successes``,
            ``attempts`` and ``verdict``.
        days: the frame of ``days.count_days`` of the same stations.
        target: success ratio that the verdicts are against, between 0 and 1.
    """
    refused = read_perhaps_failed(session, selection)
    spells = spells.reset_index(drop=True)
    perhaps_failed = _unknown_since(spells, days)
    for since, rows in spells.groupby("since"):
        of_then = refused[refused["day"].isna() | (refused["day"] >= since)]
        perhaps_failed[rows.index] += _that_may_be_of(rows.reset_index(drop=True), ["source", "station_id"], of_then)
    known = spells.assign(failures=spells["attempts"] - spells["successes"])
    return _withheld(known, perhaps_failed, target, STATIONS)


def count_perhaps_failed(session: Session, selection: Selection, source: str, station_id: str) -> int:
    """How many refused rows may be failures of one station, as ``withhold`` counts them."""
    station = pd.DataFrame({"source": [source], "station_id": [station_id]})
    return int(_that_may_be_of(station, [*station.columns], read_perhaps_failed(session, selection))[0])


def _unknown_since(spells: pd.DataFrame, days: pd.DataFrame) -> Floats:
    """The unknown sessions of each station since its present spell began, in the order of the spells."""
    since = spells.set_index("station_key")["since"].reindex(days["station_key"]).to_numpy()
    unknown = days[days["day"].to_numpy() >= since].groupby("station_key")["unknown"].sum()
    return unknown.reindex(spells["station_key"], fill_value=0).to_numpy(dtype=float)


def _withheld(rated: pd.DataFrame, perhaps_failed: Floats, target: float, limits: Limits) -> list[str]:
    successes, failures = (rated[name].to_numpy(dtype=float) for name in ("successes", "failures"))
    return withheld(rated["verdict"].tolist(), successes, failures + perhaps_failed, target, limits)


def _that_may_be_of(groups: pd.DataFrame, keys: list[str], refused: pd.DataFrame) -> Floats:
    """How many refused rows may be failures of each group: those that name it, and failures that name no other."""
    if refused.empty:
        return np.zeros(len(groups))
    groups = groups[keys].assign(**{name: groups[name].fillna("") for name in STATION_GROUPS if name in keys})
    by_name = refused.groupby(keys, dropna=False)[["rows", "failed"]].sum().reset_index()
    whole = by_name[keys].notna().all(axis=1)

    # A row that names all keys is of one group; of the few that leave one open each may be of several.
    named = by_name.loc[whole, keys].itertuples(index=False, name=None)
    sums = dict(zip(named, by_name.loc[whole, "rows"], strict=True))
    counts = np.array([float(sums.get(key, 0)) for key in groups.itertuples(index=False, name=None)])
    for row in by_name[~whole].to_dict("records"):
        told = [key for key in keys if not pd.isna(row[key])]
        counts += row["failed"] * (groups[told] == [row[key] for key in told]).all(axis=1).to_numpy()
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
