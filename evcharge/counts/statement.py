"""The statement that makes a frame of counts from a table of clean sessions, wherever that table is.

The definitions are those of ``metrics``, asked of other columns; none is written a second time. What does not belong
here: how an engine spells it (``dialects``), and what the frames mean to a report (``frames``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.sql import visitors

from evcharge.counts.contract import ATTRIBUTES, COUNTS, DETAIL, FAILURES, KINDS, STATION, STATIONS, looked_at
from evcharge.counts.dialects import SessionTable
from evcharge.errors import ConfigError
from evcharge.metrics.day_outcomes import MICRO
from evcharge.metrics.definitions import FAILURE, Definition
from evcharge.metrics.letters import letters_by, named_letters
from evcharge.metrics.rates import FAILURES_PERHAPS_REMOVED
from evcharge.models import FactCharging

DIGITS_OF_A_DAY = 8
"""Of an hour yyyymmddhh, those that are its day."""


@dataclass(frozen=True)
class Statement:
    """A statement, ready to be run.

    Attributes:
        text: in the dialect of the table.
        columns: what it gives, in this order, and of which kind each is: integer, number or text. An engine may write
            the names in capitals.
    """

    text: str
    columns: Mapping[str, str]


def frame_statement(
    frame: str, table: SessionTable, definitions: Sequence[Definition], stations: Collection[tuple[str, str]] = ()
) -> Statement:
    """The statement that makes a frame.

    Args:
        frame: one of ``contract.FRAMES``.
        table: where the sessions are.
        definitions: those of the letters, in their order.
        stations: source and id of those that ``detail`` is of.

    Raises:
        ConfigError: ``detail`` without a station.
    """
    sessions = table.sessions(looked_at(frame, definitions, table.mapped)).alias("s")
    if frame == STATIONS:
        return statement_of(table, _stations(sessions))
    judged = _judged(sessions, definitions)
    if frame == COUNTS:
        return statement_of(table, _counts(judged, definitions, table.dialect))
    if frame == FAILURES:
        return statement_of(table, _failures(judged, definitions))
    if not stations:
        hint = "Name those that need attention: --station SOURCE/ID, repeatable."
        raise ConfigError("no_stations", f"{DETAIL} is made for some stations only.", hint)
    return statement_of(table, _detail(judged, definitions, stations))


def statement_of(table: SessionTable, query: Select[Any]) -> Statement:
    """A query of a table as a statement."""
    kinds = {
        str(column.key): next(word for kind, word in KINDS.items() if isinstance(column.type, kind))
        for column in query.selected_columns
    }
    return Statement(table.text(query), kinds)


def retargeted(expression: ColumnElement[Any], sessions: FromClause) -> ColumnElement[Any]:
    """An expression over ``FactCharging`` that asks the columns of these sessions in its place."""

    def replaced(element: Any, **_: Any) -> ColumnElement[Any] | None:
        of_fact = isinstance(element, Column) and element.table.name == FactCharging.__tablename__
        return sessions.c[element.key] if of_fact else None

    asked: ColumnElement[Any] = visitors.replacement_traverse(expression, {}, replaced)
    return asked


def _judged(sessions: FromClause, definitions: Sequence[Definition]) -> FromClause:
    """The sessions with what each definition says of them, in a column of its own."""
    outcomes = (retargeted(definition.outcome, sessions).label(_outcome(definition)) for definition in definitions)
    return select(*sessions.c, *outcomes).cte("evcharge_outcomes").alias("o")


def _outcome(definition: Definition) -> str:
    """What the column is called that holds what a definition says."""
    return "o_" + re.sub("[^a-z0-9_]", "_", definition.id)


def _lettered(judged: FromClause, definitions: Sequence[Definition], *besides: ColumnElement[Any]) -> Select[Any]:
    """The judged sessions with their day and letters, so that the query around it groups by plain columns."""
    told = [replace(definition, outcome=judged.c[_outcome(definition)]) for definition in definitions]
    # Engines divide integers each in its own way; the first digits of a text are the same everywhere.
    day = cast(func.substring(cast(judged.c.time_key, Text()), 1, DIGITS_OF_A_DAY), BigInteger)
    station = (judged.c[name] for name in STATION)
    return select(*station, day.label("day"), letters_by(told).label("outcomes"), *besides)


def _letters(definitions: Sequence[Definition]) -> ColumnElement[str]:
    return literal(named_letters(definitions), Text()).label("letters")


def _counts(judged: FromClause, definitions: Sequence[Definition], dialect: str) -> Select[Any]:
    """One row per station, day and outcomes, as ``StationDayOutcome`` has them of each load."""
    sessions = judged.c
    millionths = sessions.energy_kwh * float(MICRO) + 0.5
    unknown = literal(FAILURES_PERHAPS_REMOVED, Text())
    publisher = func.coalesce(sessions.failures_included, unknown) if "failures_included" in sessions else unknown
    rows = (
        _lettered(
            judged,
            definitions,
            sessions.time_key,
            sessions.energy_kwh,
            # A cast rounds on some engines; that of SQLite cuts off, and not every SQLite has a floor.
            cast(millionths if dialect == "sqlite" else func.floor(millionths), BigInteger).label("microkwh"),
            case((sessions.has_transaction.is_(False), 1)).label("refused"),
            sessions.port_id,
            func.coalesce(sessions.stop_reason, sessions.error_code).label("reason"),
            publisher.label("publisher"),
        )
        .cte("evcharge_letters")
        .alias("l")
    )

    keys = [rows.c[name] for name in (*STATION, "day", "outcomes")]
    return select(
        *keys,
        _letters(definitions),
        func.count().label("sessions"),
        func.count(rows.c.energy_kwh).label("with_energy"),
        cast(func.coalesce(func.sum(rows.c.microkwh), 0), BigInteger).label("energy_microkwh"),
        func.min(rows.c.time_key).label("first_hour"),
        func.max(rows.c.time_key).label("last_hour"),
        func.count(rows.c.refused).label("no_transaction"),
        func.count(rows.c.port_id).label("with_port"),
        func.count(rows.c.reason).label("with_reason"),
        # Of the words no, unknown and yes the first in the alphabet is the one that holds for all.
        func.min(rows.c.publisher).label("failures_included"),
    ).group_by(*keys)


def _stations(sessions: FromClause) -> Select[Any]:
    """One row per station: what is known of it, the least word where its sessions disagree, and its ports."""
    keys = [sessions.c[name] for name in STATION]
    attributes = (func.min(sessions.c[name]).label(name) for name in ATTRIBUTES if name in sessions.c)
    ports = func.count(distinct(sessions.c.port_id)).label("ports")
    return select(*keys, *attributes, ports).group_by(*keys)


def _failures(judged: FromClause, definitions: Sequence[Definition]) -> Select[Any]:
    """What was recorded of failures by any of the definitions, one row per station, day, outcomes and record."""
    failed = or_(*(judged.c[_outcome(definition)] == FAILURE for definition in definitions))
    recorded = (judged.c.stop_reason, judged.c.error_code)
    rows = _lettered(judged, definitions, *recorded).where(failed).cte("evcharge_letters").alias("l")
    keys = [rows.c[name] for name in (*STATION, "day", "outcomes")]
    reasons = [rows.c.stop_reason, rows.c.error_code]
    return select(*keys, _letters(definitions), *reasons, func.count().label("sessions")).group_by(*keys, *reasons)


def _detail(
    judged: FromClause, definitions: Sequence[Definition], stations: Collection[tuple[str, str]]
) -> Select[Any]:
    """Counts of these stations by port, day, hour of the day and outcomes."""
    by_source: dict[str, list[str]] = {}
    for source, station_id in sorted(set(stations)):
        by_source.setdefault(source, []).append(station_id)
    among = (and_(judged.c.source == source, judged.c.station_id.in_(ids)) for source, ids in by_source.items())
    hour = (judged.c.time_key % 100).label("hour")
    rows = _lettered(judged, definitions, judged.c.port_id, hour).where(or_(*among)).cte("evcharge_letters").alias("l")

    names = (*STATION, "port_id", "day", "hour", "outcomes")
    keys = [rows.c[name] for name in names]
    return select(*keys, _letters(definitions), func.count().label("sessions")).group_by(*keys)
