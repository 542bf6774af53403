"""Keeps the counts of ``station_day_outcome`` right: what a load adds, what it changes, and all of them anew.

What a load inserts is judged from its columns and added; days on which it changed a session are counted anew from the
facts. What does not belong here: what a definition says (``metrics``), and the transaction (``transaction``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Engine,
    MetaData,
    Select,
    SelectBase,
    Table,
    delete,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from evcharge.arrays import Flags
from evcharge.errors import DatabaseError
from evcharge.load.columns import insert_columns
from evcharge.load.mapping import FACT_COLUMNS, Fact
from evcharge.metrics.day_outcomes import KEPT, KEYS, MICRO, NAMES, are_kept, select_day_outcomes
from evcharge.metrics.definitions import OUTCOMES
from evcharge.metrics.evaluated import Truth, column_of, outcomes_by
from evcharge.metrics.letters import LETTERS, ORDER, judged_columns
from evcharge.models import FactCharging, OutcomeLetter

ROWS_HELD = 200_000
"""Counts that are held in memory before they are written."""
_JUDGED_BY = sorted(judged_columns(ORDER))
"""Columns of a session that the definitions look at."""
_BITS = 2
"""Of a vector's number, for each letter: there are four."""
_STATION, _TIME = FACT_COLUMNS.index("station_key"), FACT_COLUMNS.index("time_key")
_CHANGED = Table(
    "changed_day",
    MetaData(),
    Column("station_key", BigInteger, primary_key=True, autoincrement=False),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)
"""Days of stations on which a session was changed."""
_KEY_COUNT = len(KEYS)
_Counts = npt.NDArray[np.int64]
"""Rows of counts, a column each: station_key, the vector's number, day, then the counts after the keys."""


class RollUp:
    """The counts of one load as it goes: what it inserts is added, the days it changes are counted anew at its end."""

    def __init__(self, session: Session, load_key: int) -> None:
        self.session = session
        self.load_key = load_key
        self._held: list[_Counts] = []
        self._left_out: set[int] = set()
        self._changed: set[tuple[int, int]] = set()
        self._is_first = True

    def leave_out(self, line: int) -> None:
        """Does not add the row on this line of the chunk at hand: it met a session of its key."""
        self._left_out.add(line)

    def change(self, *facts: Fact) -> None:
        """Notes that these facts, of before and after a change, are to be counted anew."""
        self._changed.update((fact[_STATION], fact[_TIME] // 100) for fact in facts)

    def add(self, rows: pd.DataFrame, station_keys: Mapping[str, int]) -> None:
        """Adds the rows of a chunk that were inserted: all but those left out.

        Args:
            rows: columns of ``frames.CLEAN_FRAME``.
            station_keys: key by station id.
        """
        if self._left_out:
            rows = rows[~rows["line"].isin(self._left_out)]
            self._left_out = set()
        if len(rows):
            self._held.append(_summed(_rows_of(rows, station_keys)))
        if sum(map(len, self._held)) > ROWS_HELD:
            self._held = [_summed(np.concatenate(self._held))]
            if len(self._held[0]) > ROWS_HELD // 2:
                self._write()

    def close(self) -> None:
        """Writes what is held, and counts the changed days anew."""
        self._write()
        if self._changed:
            connection = self.session.connection()
            _CHANGED.create(connection)
            days = [{"station_key": station, "day": day} for station, day in sorted(self._changed)]
            connection.execute(insert(_CHANGED), days)
            _remake_changed(self.session)
            _CHANGED.drop(connection)
            self._changed = set()

    def _write(self) -> None:
        if self._held:
            counts = _summed(np.concatenate(self._held))
            self._held = []
            _add(self.session, _columns_of(counts, self.load_key), may_be_there=not self._is_first)
            self._is_first = False


def _rows_of(rows: pd.DataFrame, station_keys: Mapping[str, int]) -> _Counts:
    """Each row of a chunk as a row of counts."""
    columns = {name: column_of(rows[name]) for name in _JUDGED_BY}
    vector = np.zeros(len(rows), dtype="int64")
    for definition in ORDER:
        vector = (vector << _BITS) | outcomes_by(definition.outcome, columns)
    energy = rows["energy_kwh"].to_numpy(dtype=float)
    known = ~np.isnan(energy)
    hour = rows["time_key"].to_numpy(dtype="int64")
    stop, error, port = (_is_told(rows[name]) for name in ("stop_reason", "error_code", "port_id"))
    told: dict[str, Any] = {
        "station_key": np.fromiter(map(station_keys.__getitem__, rows["station_id"]), dtype="int64", count=len(rows)),
        "outcomes": vector,
        "day": hour // 100,
        "sessions": np.ones(len(rows)),
        "with_energy": known,
        "energy_microkwh": np.floor(np.where(known, energy, 0) * MICRO + 0.5),
        "first_hour": hour,
        "last_hour": hour,
        "no_transaction": cast(Truth, columns["has_transaction"]).false,
        "with_port": port,
        "with_reason": stop | error,
    }
    return np.column_stack([np.asarray(told[name]).astype("int64") for name in NAMES if name != "load_key"])


def _is_told(texts: pd.Series) -> Flags:
    """Where a column of texts has one."""
    told: Flags = np.not_equal(texts.to_numpy(), np.array(None, dtype=object))
    return told


def _summed(counts: _Counts) -> _Counts:
    """Rows of counts with each key once, in no order."""
    # Stations and vectors by the order in which they come fit into one number with the day: one sort, not three.
    station, vector = (pd.factorize(counts[:, place])[0] for place in (0, 1))
    key = (station << 44 | vector << 26) + counts[:, 2]
    order = np.argsort(key)
    begins = np.flatnonzero(np.diff(key[order], prepend=-1))
    ordered = counts[order]
    sums = np.add.reduceat(ordered, begins)
    sums[:, :3] = ordered[begins, :3]
    for name, smallest in (("first_hour", np.minimum), ("last_hour", np.maximum)):
        place = NAMES.index(name) - 1  # the key of the load is no column here
        sums[:, place] = smallest.reduceat(ordered[:, place], begins)
    return sums


def _columns_of(counts: _Counts, load_key: int) -> list[list[Any]]:
    """The counts as columns of the table, in its order."""
    letters = [LETTERS[outcome] for outcome in OUTCOMES]
    shifts = range(_BITS * (len(ORDER) - 1), -1, -_BITS)
    words = {
        number: "".join(letters[number >> shift & 3] for shift in shifts) for number in np.unique(counts[:, 1]).tolist()
    }
    counts = counts[np.lexsort((counts[:, 2], counts[:, 1], counts[:, 0]))]  # nearly the order of the table
    stations, numbers, *others = (column.tolist() for column in counts.T)
    outcomes = [words[number] for number in numbers]
    return [stations, outcomes, others[0], [load_key] * len(counts), *others[1:]]


def _add(session: Session, columns: Sequence[list[Any]], *, may_be_there: bool) -> None:
    """Adds counts to those that are kept of the same key, if there are any."""
    connection = session.connection()
    table, names = KEPT.name, ", ".join(NAMES)
    ends = {"first_hour": "<", "last_hour": ">"}
    added = [
        f"{name} = CASE WHEN excluded.{name} {ends[name]} {table}.{name} THEN excluded.{name} ELSE {table}.{name} END"
        if name in ends
        else f"{name} = {table}.{name} + excluded.{name}"
        for name in NAMES[_KEY_COUNT:]
    ]
    conflict = f"ON CONFLICT ({', '.join(KEYS)}) DO UPDATE SET {', '.join(added)}" if may_be_there else ""
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(NAMES))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks}) {conflict}"  # noqa: S608
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))
        return
    insert_columns(connection, KEPT, dict(zip(NAMES, columns, strict=True)), conflict)


def _remake_changed(session: Session) -> None:
    """Counts the days of ``_CHANGED`` anew, in one walk over the sessions of their stations."""
    changed = select(_CHANGED.c.station_key, _CHANGED.c.day)
    session.execute(delete(KEPT).where(tuple_(KEPT.c.station_key, KEPT.c.day).in_(changed)))
    of_day = tuple_(FactCharging.station_key, FactCharging.time_key // 100).in_(changed)
    _insert(session, FactCharging.station_key.in_(select(_CHANGED.c.station_key)), of_day)


def remake_stations(session: Session, station_keys: SelectBase) -> None:
    """Counts all sessions of these stations anew."""
    session.execute(delete(KEPT).where(KEPT.c.station_key.in_(station_keys)))
    _insert(session, FactCharging.station_key.in_(station_keys))


def remake(session: Session) -> None:
    """Counts all sessions anew, by the definitions of this program; the letters first, which no shard has."""
    session.execute(delete(OutcomeLetter))
    letters = [
        {"place": place, "definition": definition.id, "version": definition.version}
        for place, definition in enumerate(ORDER, start=1)
    ]
    session.execute(insert(OutcomeLetter), letters)
    session.execute(delete(KEPT))
    _insert(session)


def make_current(session: Session) -> None:
    """Counts all sessions anew where the letters are not those of this program; whoever writes alone comes by here."""
    if not are_kept(session):
        remake(session)


def are_current(engine: Engine) -> bool:
    """Whether the letters are those of this program, as far as can be told without keeping others from writing."""
    with Session(engine) as session:
        return are_kept(session)


def require_current(session: Session) -> None:
    """Refuses a load beside others for which all sessions would have to be counted anew.

    Raises:
        DatabaseError: ``database_busy``.
    """
    if not are_kept(session):
        reason = "another version of evcharge has just counted the sessions by other definitions. Nothing was changed."
        raise DatabaseError("database_busy", reason, "Run it again.")


def _insert(session: Session, *conditions: ColumnElement[bool]) -> None:
    counts = select_day_outcomes(session.get_bind().dialect.name, ORDER, conditions)
    session.execute(insert(KEPT).from_select(list(NAMES), counts))


def remove(session: Session, load_key: int) -> None:
    """Takes out the counts of a load."""
    session.execute(delete(KEPT).where(KEPT.c.load_key == load_key))


def stations_of(load_key: int) -> Select[Any]:
    """The keys of the stations that have a session of a load, for statements that would read all facts without."""
    return select(KEPT.c.station_key).where(KEPT.c.load_key == load_key)


def count_of(session: Session, load_key: int) -> int:
    """How many sessions a load holds."""
    return session.scalar(select(func.coalesce(func.sum(KEPT.c.sessions), 0)).where(KEPT.c.load_key == load_key)) or 0


def differing(session: Session) -> int:
    """How many rows of counts are not those of the facts, or lack."""
    kept = select(*(KEPT.c[name] for name in NAMES))
    counted = select_day_outcomes(session.get_bind().dialect.name, ORDER, ())
    sides = (kept.except_(counted).subquery(), counted.except_(kept).subquery())
    return sum(session.scalar(select(func.count()).select_from(side)) or 0 for side in sides)
