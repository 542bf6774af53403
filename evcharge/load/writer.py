"""Writes clean chunks through a Session, and says what became of each row.

Stations go in as ORM objects, hours and rejects as the columns of one; facts by the upsert that SQLAlchemy compiles
from the mapped class, run by the driver in chunks sorted by the primary key. What does not belong here: begin, commit,
rollback, and files.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from evcharge.frames import Cleaned, note_lines
from evcharge.load.facts import KEY_NAMES, facts_of, key_of
from evcharge.load.hours import add_hours
from evcharge.load.mapping import (
    BOOLEANS,
    FACT_COLUMNS,
    LOAD,
    Fact,
    FactRows,
    to_facts,
    to_station,
)
from evcharge.load.ports import Ports
from evcharge.load.repeats import repeats_of
from evcharge.load.rollup import RollUp, count_of, remove, stations_of
from evcharge.load.versions import CONTENT, START, choose, choose_within_file, lineage_of
from evcharge.models import DimStation, DimTime, FactCharging, LoadLedger, RejectedRow

CHANGES_LISTED = 1000
"""Changed sessions that a result lists one by one; the count is always of all."""

_PORT = FACT_COLUMNS.index("port_id")
_LINE = FACT_COLUMNS.index("source_line")


@dataclass
class Counts:
    """What became of the rows that were not rejected, and which sessions were changed."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    warning_lines: dict[str, list[int]] = field(default_factory=dict)

    def warn(self, code: str, line: int) -> None:
        """Counts a warning of the row on this line."""
        self.warnings[code] += 1
        note_lines(self.warning_lines, code, [line])


def empty_load(session: Session, load_key: int) -> int:
    """Takes out the rejects of a load and the sessions that it last wrote; returns the number of sessions."""
    session.execute(delete(RejectedRow).where(RejectedRow.load_key == load_key))
    count = count_of(session, load_key)
    of_load = (FactCharging.station_key.in_(stations_of(load_key)), FactCharging.load_key == load_key)
    session.execute(delete(FactCharging).where(*of_load), execution_options={"synchronize_session": False})
    remove(session, load_key)
    return count


class Writer:
    """Writes the chunks of one load; ``counts`` grows with each, and so do ``overlaps``.

    Attributes:
        overlaps: pairs of loads that were found to share sessions: the one that read some, and the one that holds them.
    """

    def __init__(self, session: Session, load: LoadLedger) -> None:
        self.session = session
        self.load = load
        self.counts = Counts()
        self.overlaps: set[tuple[int, int]] = set()
        in_source = select(DimStation.station_id, DimStation.station_key).where(DimStation.source == load.source)
        self.station_keys: dict[str, int] = {row.station_id: row.station_key for row in session.execute(in_source)}
        self.hours = set(session.scalars(select(DimTime.time_key)))
        self.ports = Ports(session, load.source)
        self.facts = facts_of(session)
        self.roll_up = RollUp(session, load.load_key)
        self._met: dict[int, int | Fact] = {}
        """By the hash of its key, the row of this file beside one of an earlier load that stands; its line if equal."""
        self._repeats: list[tuple[Fact, int]] = []
        self._told_apart_by: dict[int, str] = {}
        """By line, what tells a row of this file from others with its session id, where its source has such a field."""

    def write(self, cleaned: Cleaned, raws: pd.DataFrame) -> Cleaned:
        """Writes one chunk: dimensions first, then facts, then rejects.

        Args:
            cleaned: the chunk.
            raws: the chunk as read.

        Returns:
            The chunk with the rejects of ``session_id_repeated`` beside its own.
        """
        if not len(raws):
            return cleaned
        cleaned = self.ports.place(cleaned)
        self._write_dimensions(cleaned)
        self._repeats = []
        if "told_apart_by" in raws.columns:
            told_apart = raws[raws["told_apart_by"].notna()]
            by_line = zip(told_apart["line"].tolist(), told_apart["told_apart_by"].tolist(), strict=True)
            self._told_apart_by |= dict(by_line)
        for wave in to_facts(cleaned.rows, self.station_keys, self.load.load_key):
            self._write_facts(wave)
        self.roll_up.add(cleaned.rows, self.station_keys)
        if self._repeats:
            repeated = repeats_of(self._repeats, raws, {key: name for name, key in self.station_keys.items()})
            cleaned = replace(cleaned, rejects=pd.concat([cleaned.rejects, repeated], ignore_index=True))
        self._write_rejects(cleaned.rejects)
        return cleaned

    def _write_dimensions(self, cleaned: Cleaned) -> None:
        unseen = cleaned.stations[~cleaned.stations["station_id"].isin(self.station_keys)]
        stations = [to_station(self.load.source, attributes) for attributes in unseen.to_dict("records")]
        hours = [key for key in cleaned.rows["time_key"].unique().tolist() if key not in self.hours]
        self.session.add_all(stations)
        self.session.flush()
        if hours:
            add_hours(self.session, hours)
        self.station_keys.update({station.station_id: station.station_key for station in stations})
        self.hours.update(hours)

    def _write_facts(self, new: FactRows) -> None:
        """Writes facts of distinct keys: what is new is inserted, what was there is compared."""
        stored = self.facts.insert_new(new)
        self.counts.inserted += len(new.rows) - len(stored)
        if stored:
            self._settle(new.facts(), stored)

    def _settle(self, facts: list[Fact], stored: dict[Fact, Fact]) -> None:
        """Decides each fact that met a session of its key, and writes those that win."""
        winners = []
        for fact in facts:
            before = stored.get(key_of(fact))
            if before is None:
                continue  # it is new
            self.roll_up.leave_out(fact[_LINE])
            self.ports.refuse_collision(fact, before)
            own = self._row_of_this_file(before)
            wins = self._meets_older_load(fact, before) if own is None else self._repeats_row(fact, own, before)
            if wins:
                winners.append(fact)
                self.roll_up.change(before, fact)
        if winners:
            self.facts.overwrite(winners)

    def _row_of_this_file(self, before: Fact) -> Fact | None:
        """The row of this file that had the key of a stored one before; None where none did."""
        if lineage_of(before)[0] == self.load.load_key:
            return before
        met = self._met.get(hash(key_of(before)))
        return (*before[:_LINE], met, *before[_LINE + 1 :]) if isinstance(met, int) else met

    def _meets_older_load(self, fact: Fact, before: Fact) -> bool:
        """Counts what a fact is beside that of an earlier load; whether it takes its place."""
        choice = choose(fact, before)
        if choice != "newer":
            self._met[hash(key_of(fact))] = fact[_LINE] if choice == "unchanged" else fact
        if choice == "unchanged":
            self.counts.unchanged += 1
        elif choice == "newer":
            self.counts.updated += 1
            self._note_change(fact, before)
        else:
            self.counts.superseded += 1
            if choice == "would_reopen":
                self.counts.warn(choice, fact[_LINE])
        pair = (before[LOAD], fact[LOAD]) if choice == "newer" else (fact[LOAD], before[LOAD])
        self.overlaps.add(pair)
        return choice == "newer"

    def _repeats_row(self, fact: Fact, own: Fact, before: Fact) -> bool:
        """Counts what a fact is beside an earlier row of this file with its id; whether it is stored.

        Where the row of an earlier load stands, what is better than the file's own row meets that one.
        """
        choice = "repeated" if self._are_told_apart(fact, own) else choose_within_file(fact, own)
        if choice in ("newer", "fuller") and own is not before:
            return self._meets_older_load(fact, before)
        if choice == "unchanged":
            self.counts.unchanged += 1
        elif choice == "newer":
            self.counts.updated += 1
            self._note_change(fact, before)
        elif choice == "repeated":
            self._repeats.append((fact, own[_LINE]))
        else:
            self.counts.superseded += 1
        return choice in ("newer", "fuller")

    def _are_told_apart(self, fact: Fact, own: Fact) -> bool:
        """Whether the source tells the two rows of this file apart, whatever else they say."""
        one, other = (self._told_apart_by.get(row[_LINE]) for row in (fact, own))
        return one is not None and other is not None and one != other

    def _note_change(self, fact: Fact, before: Fact) -> None:
        if fact[START] != before[START]:
            self.counts.warn("start_moved", fact[_LINE])
        if len(self.counts.changes) < CHANGES_LISTED:
            differing = [i for i in CONTENT if fact[i] != before[i]]
            columns = {FACT_COLUMNS[i]: [_shown(i, before[i]), _shown(i, fact[i])] for i in differing}
            key = dict(zip(KEY_NAMES, key_of(fact), strict=True))
            self.counts.changes.append({**key, "line": fact[_LINE], "columns": columns})

    def _write_rejects(self, rejects: pd.DataFrame) -> None:
        if len(rejects):
            columns = rejects.rename(columns={"line": "source_line"}).astype({"time_key": "object"})
            records = columns.assign(load_key=self.load.load_key).to_dict("records")
            self.session.execute(insert(RejectedRow), [_without_nan(record) for record in records])


def _without_nan(record: dict[Any, Any]) -> dict[str, Any]:
    return {name: None if value is pd.NA or value != value else value for name, value in record.items()}


def _shown(position: int, value: Any) -> Any:
    """A value as a result lists it."""
    return bool(value) if FACT_COLUMNS[position] in BOOLEANS and value is not None else value
