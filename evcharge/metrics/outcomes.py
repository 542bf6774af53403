"""Counts of outcomes per station or another group, by every definition at once, over a selection of sessions.

What does not belong here: what a definition says (``definitions``), and rates or intervals (``rates``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import ColumnElement, Select, Subquery, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from evcharge.errors import ConfigError
from evcharge.metrics.counted import counted_of, refuse_without_sessions
from evcharge.metrics.day_outcomes import DayOutcomes, day_outcomes
from evcharge.metrics.definitions import (
    AFIREV,
    CHARGEX_SESSION,
    EXCLUDED,
    FAILURE,
    RECORDED,
    SUCCESS,
    UCDAVIS_1KWH,
    UNKNOWN,
    Definition,
)
from evcharge.metrics.letters import LETTERS
from evcharge.metrics.rows import frame_of
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation, DimTime, FactCharging, LoadLedger

Labelled = InstrumentedAttribute[Any]

COUNTED = {"successes": SUCCESS, "failures": FAILURE, "excluded": EXCLUDED}
"""Outcomes that are counted in SQL; the sessions left over are unknown."""
_SAID = ("without_failures", "perhaps_without_failures", "first_hour", "last_hour")

FILLED = {"with_port": ("port_id",), "with_reason": ("stop_reason", "error_code"), "with_energy": ("energy_kwh",)}
"""Counts of sessions that fill a column of ``FactCharging``, or one of those that stand together."""


class Grouping(NamedTuple):
    """What counts are grouped by: columns that are shown, and the order."""

    shown: tuple[Labelled, ...]
    sorted_by: tuple[str, ...]


STATION_GROUPS = ("network", "operator", "region", "department")
"""Columns of ``DimStation`` by which its sessions are grouped, within a source."""
_STATION = (DimStation.source, DimStation.station_id, DimStation.name)
GROUPINGS = {
    "station": Grouping(_STATION, ("source", "station_id")),
    "port": Grouping((*_STATION, FactCharging.port_id), ("source", "station_id", "port_id")),
    **{name: Grouping((DimStation.source, getattr(DimStation, name)), ("source", name)) for name in STATION_GROUPS},
    "month": Grouping((DimTime.year, DimTime.month), ("year", "month")),
    "load": Grouping((LoadLedger.load_key, LoadLedger.file_name), ("load_key",)),
}
"""What counts can be grouped by. A group that the source does not name (no port, no operator) is a group of its own."""


def find_grouping(by: str) -> Grouping:
    """The grouping of this name.

    Raises:
        ConfigError: there is none; the hint lists those there are.
    """
    if by not in GROUPINGS:
        raise unknown_grouping(by, GROUPINGS)
    return GROUPINGS[by]


def unknown_grouping(by: str, known: Iterable[str]) -> ConfigError:
    """The error of a grouping that is none of those that are known."""
    names = list(known)
    python = f"Write by={names[0]!r}, or another of {', '.join(map(repr, names))}."
    return ConfigError("unknown_grouping", f"nothing is grouped by {by!r}.", f"Known: {', '.join(names)}.", python)


def select_outcomes(
    session: Session, definitions: Sequence[Definition], selection: Selection, by: str = "station"
) -> Select[tuple[object, ...]]:
    """Counts per group, by every definition at once: one row per group with sessions, in no order.

    Columns: those of the grouping, for each definition ``<id>_successes``, ``_failures`` and ``_excluded``, then
    ``sessions``, and of these the ones whose publisher is known to have removed failures (``without_failures``) or did
    not say (``perhaps_without_failures``), and the first and last local hour (``first_hour``, ``last_hour`` as
    yyyymmddhh). What is left of ``sessions`` is unknown.

    Raises:
        ReportError: there are counts alone, and they don't tell such groups.
    """
    grouping = find_grouping(by)
    if by == "load":
        refuse_without_sessions(session, "figures by load")
    elif by in STATION_GROUPS and (given := counted_of(session)):
        given.require_attribute(by)
    counted = day_outcomes(session, definitions, selection, [FactCharging.port_id] if by == "port" else [])
    vectors = vectors_of(counted, _keys_of(counted, by)).subquery("vectors")
    sums = sums_of(counted, definitions, vectors)
    own = ("port_id", "year", "month")
    shown = [vectors.c[column.key] if column.key in own else column for column in grouping.shown]
    query = select(
        *shown,
        *sums,
        *(func.sum(vectors.c[name]).label(name) for name in ("sessions", *_SAID[:2])),
        func.min(vectors.c.first_hour).label("first_hour"),
        func.max(vectors.c.last_hour).label("last_hour"),
    ).select_from(vectors)
    if by == "load":
        query = query.join(LoadLedger, LoadLedger.load_key == vectors.c.load_key)
    elif by != "month":
        query = query.join(DimStation, DimStation.station_key == vectors.c.station_key)
    return query.group_by(*shown, *((DimStation.station_key,) if by in ("station", "port") else ()))


def _keys_of(counted: DayOutcomes, by: str) -> list[Any]:
    """What is counted first: keys, to which the columns that are shown are joined."""
    rows = counted.rows.c
    if by == "month":
        return [(rows.day // 10_000).label("year"), (rows.day // 100 % 100).label("month")]
    if by == "load":
        return [rows.load_key]
    return [rows.station_key, rows.port_id] if by == "port" else [rows.station_key]


def vectors_of(counted: DayOutcomes, keys: Sequence[Any]) -> Select[Any]:
    """Counts by these columns and by what all definitions say: of few rows it is then asked what each one says.

    Columns: the keys, ``outcomes``, ``sessions``, ``without_failures``, ``perhaps_without_failures``, ``first_hour``
    and ``last_hour``. What a publisher said of failures holds for all the sessions of a load.
    """
    rows = counted.rows.c
    said = [
        func.sum(case((rows.load_key.in_(loads_that_say(word)), rows.sessions), else_=0)).label(name)
        for name, word in zip(_SAID, ("no", "unknown"), strict=False)
    ]
    time = (func.min(rows.first_hour).label("first_hour"), func.max(rows.last_hour).label("last_hour"))
    counts = select(*keys, rows.outcomes, func.sum(rows.sessions).label("sessions"), *said, *time)
    return counts.where(*counted.conditions).group_by(*keys, rows.outcomes)


def sums_of(counted: DayOutcomes, definitions: Sequence[Definition], vectors: Subquery) -> list[ColumnElement[int]]:
    """Sums of ``vectors_of`` by what each definition says: ``<id>_successes``, ``_failures`` and ``_excluded``."""
    return [
        func.sum(case((counted.is_so(definition, outcome, vectors.c.outcomes), vectors.c.sessions), else_=0)).label(
            f"{definition.id}_{name}"
        )
        for definition in definitions
        for name, outcome in COUNTED.items()
    ]


def loads_that_say(word: str) -> Select[Any]:
    """The loads whose publisher says this of failures."""
    return select(LoadLedger.load_key).where(LoadLedger.failures_included == word)


def count_all_outcomes(
    session: Session, definitions: Sequence[Definition], selection: Selection, by: str = "station"
) -> pd.DataFrame:
    """The counts of ``select_outcomes`` as a long frame: one row per group and definition, groups in order.

    Columns: those of the grouping, ``definition``, ``successes``, ``failures``, ``excluded``, ``unknown``,
    ``without_failures``, ``perhaps_without_failures``, ``first_hour``, ``last_hour``; counts are integers. Ordered
    here, by code point, since each database has a collation of its own. No sessions give no rows.
    """
    wide = frame_of(session, select_outcomes(session, definitions, selection, by))
    wide = wide.sort_values(list(GROUPINGS[by].sorted_by), ignore_index=True)
    parts = [_counts_of(wide, definition, len(GROUPINGS[by].shown)) for definition in definitions]
    # The parts stand one below the other; these labels, sorted, bring the rows of each group together.
    order = [row * len(parts) + part for part in range(len(parts)) for row in range(len(wide))]
    return pd.concat(parts, ignore_index=True).set_axis(order).sort_index().reset_index(drop=True)


def _counts_of(wide: pd.DataFrame, definition: Definition, key_columns: int) -> pd.DataFrame:
    """The rows of one definition."""
    numbers = wide.iloc[:, key_columns:].astype("int64")
    counts = pd.DataFrame({name: numbers[f"{definition.id}_{name}"] for name in COUNTED})
    counts["unknown"] = numbers["sessions"] - counts.sum(axis=1)
    keys = wide.iloc[:, :key_columns].assign(definition=definition.id)
    return pd.concat([keys, counts, numbers[list(_SAID)]], axis=1)


def count_outcomes(session: Session, definition: Definition, selection: Selection, by: str = "station") -> pd.DataFrame:
    """The counts by one definition, as ``count_all_outcomes`` has them."""
    return count_all_outcomes(session, [definition], selection, by).drop(columns="definition")


def count_unjudged_attempts(session: Session, definition: Definition, selection: Selection) -> int:
    """How many selected attempts never became a transaction and are unknown by the definition."""
    counted = day_outcomes(session, [definition], selection)
    total = func.coalesce(func.sum(counted.rows.c.no_transaction), 0)
    return int(session.scalar(select(total).where(counted.is_so(definition, UNKNOWN), *counted.conditions)) or 0)


class Recorded(NamedTuple):
    """What the selected sessions record, by which a definition could judge them [counts].

    Attributes:
        measured: with duration and energy.
        with_energy: with energy.
        told_of_transaction: of which the source says whether there was a transaction.
        unmeasured_refusals: that never became a transaction, and lack duration or energy.
    """

    measured: int
    with_energy: int
    told_of_transaction: int
    unmeasured_refusals: int


def count_recorded(session: Session, selection: Selection) -> Recorded:
    """What the selected sessions record: each of these definitions is unknown where what it needs is empty."""
    needing = (AFIREV, UCDAVIS_1KWH, CHARGEX_SESSION)
    counted = day_outcomes(session, needing, selection)
    rows = counted.rows.c
    recorded = [case((counted.is_so(definition, UNKNOWN), 0), else_=rows.sessions) for definition in needing]
    refusals = case((counted.is_so(AFIREV, UNKNOWN), rows.no_transaction), else_=0)
    sums = (func.coalesce(func.sum(count), 0) for count in (*recorded, refusals))
    return Recorded(*map(int, session.execute(select(*sums).where(*counted.conditions)).one()))


def has_good_end(session: Session, selection: Selection) -> bool:
    """Whether any transaction has a stop reason that ChargeX takes for a valid end; OCPI's statuses are none."""
    counted = day_outcomes(session, [CHARGEX_SESSION], selection)
    return _has(session, counted, counted.is_so(CHARGEX_SESSION, SUCCESS))


def has_charge(session: Session, selection: Selection) -> bool:
    """Whether energy flowed in any selected session: half a millionth of a kWh, at least."""
    counted = day_outcomes(session, (), selection)
    return _has(session, counted, counted.rows.c.energy_microkwh > 0)


def count_stations(session: Session, selection: Selection) -> int:
    """How many stations have a selected session."""
    counted = day_outcomes(session, (), selection)
    query = select(func.count(counted.rows.c.station_key.distinct())).where(*counted.conditions)
    return session.scalar(query) or 0


def filled_columns(session: Session, selection: Selection) -> frozenset[str]:
    """Those of the columns in ``FILLED`` that any selected session fills, or one of those that stand together."""
    counted = day_outcomes(session, (), selection)
    sums = [func.sum(counted.rows.c[name]) for name in FILLED]
    filled = session.execute(select(*sums).where(*counted.conditions)).one()
    return frozenset(name for names, count in zip(FILLED.values(), filled, strict=True) if count for name in names)


def has_recorded_outcomes(session: Session, selection: Selection) -> bool:
    """Whether any selected session carries an outcome that its source recorded."""
    return has_judged(session, RECORDED, selection)


def has_sessions(session: Session, selection: Selection) -> bool:
    """Whether any session is selected."""
    return _has(session, day_outcomes(session, (), selection))


def has_judged(session: Session, definition: Definition, selection: Selection) -> bool:
    """Whether the definition tells success or failure of any selected session."""
    counted = day_outcomes(session, [definition], selection)
    return _has(session, counted, counted.letter(definition).in_([LETTERS[SUCCESS], LETTERS[FAILURE]]))


def _has(session: Session, counted: DayOutcomes, *conditions: ColumnElement[bool]) -> bool:
    """Whether any selected session is so; the first row of counts that is answers."""
    rows = select(counted.rows.c.station_key).where(*conditions, *counted.conditions)
    return session.execute(rows.limit(1)).first() is not None
