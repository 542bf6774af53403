"""Whether a table holds clean sessions, one row each: the statement that asks, and what its answer means.

A load refuses what this looks for. A table that was made elsewhere may hold it, and its counts would be wrong without
a word. What does not belong here: running the statement (``engines``).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Text, and_, case, cast, false, func, not_, or_, select

from evcharge.counts.contract import CONTRACT, COUNTS, STATION, InputColumn, looked_at
from evcharge.counts.dialects import SessionTable
from evcharge.counts.statement import Statement, statement_of
from evcharge.errors import SourceError
from evcharge.limits import EARLIEST, LONGEST_DURATION_MINUTES, MOST_ENERGY_KWH
from evcharge.metrics.definitions import Definition
from evcharge.metrics.rates import FAILURES_INCLUDED, FAILURES_PERHAPS_REMOVED, FAILURES_REMOVED

SESSION = (*STATION, "session_id")
"""What tells a session from all others."""
MOST = {"energy_kwh": MOST_ENERGY_KWH, "duration_minutes": LONGEST_DURATION_MINUTES}
"""What no session exceeds: a load refuses more."""
FIRST_HOUR, LAST_HOUR = EARLIEST.year * 1_000_000, 9999_12_31_23
"""Between these an hour lies as yyyymmddhh; no day, no count of seconds and none of milliseconds does."""
LAST_HOUR_OF_A_DAY = 23
WORDS = (FAILURES_INCLUDED, FAILURES_REMOVED, FAILURES_PERHAPS_REMOVED)


def check_statement(table: SessionTable, definitions: Sequence[Definition]) -> Statement:
    """The statement that looks at every session of a table once and gives one row of counts.

    Columns: ``sessions``, ``distinct_ids`` and each of ``_FAULTS`` that the table can have.
    """
    wanted = [CONTRACT["session_id"], *looked_at(COUNTS, definitions, table.mapped)]
    sessions = table.sessions(wanted, *_other_type(table, wanted), *_zoned(table)).alias("s")

    faults = (name for name, fault in _FAULTS.items() if fault.looks_at in sessions.c)
    flagged = (func.sum(_FAULTS[name].flag(sessions.c)).label(name) for name in faults)
    by_id = select(func.count().label("sessions"), *flagged).group_by(*(sessions.c[name] for name in SESSION))
    ids = by_id.cte("evcharge_ids").alias("i")
    counts: list[Any] = [cast(func.coalesce(func.sum(one), 0), BigInteger).label(one.name) for one in ids.c]
    return statement_of(table, select(*counts, func.count().label("distinct_ids")))


def _other_type(table: SessionTable, wanted: Sequence[InputColumn]) -> list[ColumnElement[Any]]:
    """On SQLite, whether a session holds what is no number or boolean; it alone would take any without a word."""
    if table.dialect != "sqlite":
        return []
    there = [column for column in wanted if not table.is_empty(column.name)]
    texts = [
        func.typeof(table.raw(column.name)).in_(["text", "blob"])
        for column in there
        if column.kind in ("number", "boolean")
    ]
    booleans = [table.raw(column.name).not_in([0, 1]) for column in there if column.kind == "boolean"]
    return [_flagged(func.coalesce(or_(*texts, *booleans), false())).label("other_type")]


def _zoned(table: SessionTable) -> list[ColumnElement[Any]]:
    """Whether a local time is none, for it has a zone; only of engines that tell the type of a value."""
    if "start_local" not in table.mapped:
        return []
    local = table.raw("start_local")
    clock = func.substr(local, len("2025-06-30 ") + 1)
    is_zoned = {
        "sqlite": func.ltrim(clock, "0123456789:.") != "",
        "postgres": cast(func.pg_typeof(local), Text) == "timestamp with time zone",
        "duckdb": func.typeof(local) == "TIMESTAMP WITH TIME ZONE",
    }
    if table.dialect not in is_zoned:
        return []
    return [_flagged(func.coalesce(is_zoned[table.dialect], false())).label("zoned")]


def faults_of(counts: Mapping[str, int], table: SessionTable) -> list[SourceError]:
    """What is wrong with a table, each with what would be right and the option to type; none for a clean one.

    Args:
        counts: the row of ``check_statement``, by column.
        table: the one that was asked.
    """
    faults = [
        SourceError(name, f"{counts[name]:,} of {counts['sessions']:,} sessions {fault.words}", fault.cure(table))
        for name, fault in _FAULTS.items()
        if counts.get(name)
    ]
    if counts["distinct_ids"] != counts["sessions"]:
        reason = (
            f"{counts['sessions']:,} rows have {counts['distinct_ids']:,} different ids (source, station_id, "
            "session_id); a session that is there more than once would count each time."
        )
        cure = (
            "Have one row per session: --table '(SELECT DISTINCT * FROM …)', or a view with the last version of each."
        )
        faults.append(SourceError("repeated_ids", reason, cure))
    return faults


class _Fault(NamedTuple):
    """A fault of single sessions: the column it is in, 1 where a session has it, what it is, and what cures it."""

    looks_at: str
    flag: Callable[[Any], ColumnElement[int]]
    words: str
    cure: Callable[[SessionTable], str]


def _flagged(fault: ColumnElement[bool]) -> ColumnElement[int]:
    return case((fault, 1), else_=0)


def _unless(sound: ColumnElement[bool]) -> ColumnElement[int]:
    return case((sound, 0), else_=1)


def _is_hour(key: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a number is an hour yyyymmddhh, with a month, a day up to 31 and an hour that there are."""
    of_year, of_month, of_day = key % 1_000_000, key % 10_000, key % 100
    return and_(
        *(key >= FIRST_HOUR, key <= LAST_HOUR),
        *(of_year >= 1_01_00, of_year <= 12_31_23),
        *(of_month >= 1_00, of_month <= 31_23),
        of_day <= LAST_HOUR_OF_A_DAY,
    )


def _beyond(name: str) -> Callable[[Any], ColumnElement[int]]:
    """1 where a value is neither missing nor negative, and no number up to the most there can be."""
    # To some engines NaN is above all numbers, to others no comparison with it holds: it is never among these.
    return lambda s: _unless(or_(s[name].is_(None), s[name] <= MOST[name]))


def _theirs(table: SessionTable, name: str) -> str:
    """How the table names a column, so that more can be written around it."""
    mapped = table.mapped.get(name, name)
    return mapped if mapped.isidentifier() else f"({mapped})"


def _bounded(name: str) -> Callable[[SessionTable], str]:
    """The option that leaves out what is no such number, so that such a session lacks the value."""

    def cure(table: SessionTable) -> str:
        value = _theirs(table, name)
        bounded = f"{name}=CASE WHEN {value} >= 0 AND {value} <= {MOST[name]:.0f} THEN {value} END"
        return f"To count them as not recorded: --map {shlex.quote(bounded)}"

    return cure


def _in_wh(table: SessionTable) -> str:
    option = shlex.quote(f"energy_kwh={_theirs(table, 'energy_kwh')} * 0.001")
    return f"Where it is in Wh: --map {option}. {_bounded('energy_kwh')(table)}"


def _as_local(table: SessionTable) -> str:
    local = _theirs(table, "start_local")
    if table.dialect == "sqlite":
        option = shlex.quote(f"start_local=substr({local}, 1, 19)")
        return f"Where what stands before the offset is the clock at the station: --map {option}"
    option = shlex.quote(f"start_local={local} AT TIME ZONE 'Europe/Paris'")
    return f"Say of which zone, such as: --map {option}"


def _always(cure: str) -> Callable[[SessionTable], str]:
    return lambda _: cure


_FAULTS = {
    "without_id": _Fault(
        "session_id",
        lambda s: _flagged(or_(*(s[name].is_(None) for name in SESSION))),
        "lack source, station_id or session_id.",
        _always(
            "Map what is always filled, such as --map \"source='city'\", or leave them out: --table '(SELECT * FROM … "
            "WHERE station_id IS NOT NULL)'"
        ),
    ),
    "without_hour": _Fault(
        "time_key",
        lambda s: _unless(_is_hour(s.time_key)),
        f"have no local hour yyyymmddhh from {EARLIEST.year} on.",
        _always("Map a local timestamp: --map start_local=COLUMN, or the hour itself: --map time_key=EXPRESSION"),
    ),
    "zoned": _Fault("zoned", lambda s: s.zoned, "have a start_local with a zone.", _as_local),
    "negative_energy": _Fault(
        "energy_kwh",
        lambda s: _flagged(s.energy_kwh < 0),
        "have a negative energy.",
        _bounded("energy_kwh"),
    ),
    "energy_beyond": _Fault(
        "energy_kwh",
        _beyond("energy_kwh"),
        f"have an energy that is no number (NaN), or above {MOST_ENERGY_KWH:,.0f} kWh.",
        _in_wh,
    ),
    "ends_before_start": _Fault(
        "duration_minutes",
        lambda s: _flagged(s.duration_minutes < 0),
        "end before they start: duration_minutes is negative.",
        _bounded("duration_minutes"),
    ),
    "duration_beyond": _Fault(
        "duration_minutes",
        _beyond("duration_minutes"),
        "have a duration that is no number (NaN), or longer than a year.",
        _bounded("duration_minutes"),
    ),
    "unknown_word": _Fault(
        "failures_included",
        lambda s: _flagged(not_(func.coalesce(s.failures_included, WORDS[-1]).in_(WORDS))),
        f"have a failures_included that is none of {', '.join(WORDS)}.",
        _always("Say what holds: --map \"failures_included='unknown'\""),
    ),
    "other_type": _Fault(
        "other_type",
        lambda s: s.other_type,
        "have a text where a number or a boolean belongs, or a boolean that is not 0 or 1; SQLite would take any.",
        _always(
            "Make numbers of them in a view, and NULL of empty texts: CAST(NULLIF(COLUMN, '') AS REAL); of a boolean "
            "CASE COLUMN WHEN 1 THEN 1 WHEN 0 THEN 0 END"
        ),
    ),
}
"""What no session of a clean table has, by the column of the statement that counts it."""
