"""Writes statuses, contacts, outages and reported uptime through a Session, and says what became of each row.

The interface::

    writer = EvidenceWriter(session, load)   # in the loader's transaction, the entry ``load`` flushed
    writer.write(clean_evidence)             # any number of times, any kinds mixed; rows of one file in file order
    writer.close()                           # once: a row of load_count for each kind; refuses what does not add up

Evidence is kept per load: what another load says of the same port and instant is compared, and never changed. Within
one load a later row at the same port and instant takes the place of an earlier one. What does not belong here: begin,
commit, rollback; reading and cleaning (``sources``); what stands (``metrics.availability``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pandas as pd
from sqlalchemy import and_, delete, func, insert, not_, select
from sqlalchemy.orm import Session

from evcharge.clean import storable
from evcharge.errors import DatabaseError
from evcharge.evidence import CleanEvidence
from evcharge.frames import note_lines
from evcharge.load.evidence_columns import Columns, Row, columns_of
from evcharge.load.evidence_tables import KINDS, Kind, Stored, tables_of
from evcharge.load.mapping import to_station
from evcharge.load.ports import Ports
from evcharge.load.result import LAW, LoadResult
from evcharge.metrics.evidence_rows import read_unnamed_ports
from evcharge.models import (
    OUTAGES,
    SESSIONS,
    STATIONS,
    UNLOADED,
    DimStation,
    FactOutage,
    LoadCount,
    LoadLedger,
    RejectedEvidence,
)

UNNAMED = "port_named_by_nothing_else"
"""The warning of ports of which only claims and reported outages tell."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass
class EvidenceCounts:
    """What became of the rows of one kind; ``read`` is the sum of the five counts after it."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    rejected: int = 0
    rejects_by_rule: Counter[str] = field(default_factory=Counter)

    def law(self) -> dict[str, int]:
        """The counts, by name."""
        return {name: getattr(self, name) for name in LAW}


class EvidenceWriter:
    """Writes the evidence of one load; ``counts`` grows with each call.

    Args:
        session: in the loader's transaction.
        load: the entry that it is of.
        station_keys: keys of the source's stations by id; new ones are added. None looks them up.
        ports: where a registry places what the source names in place of stations. None looks them up.

    Attributes:
        counts: by kind; of each kind that was written, be it without a row.
        warnings: how many rows are odd, by code, and ``warning_lines``, the first lines of each.
    """

    def __init__(
        self,
        session: Session,
        load: LoadLedger,
        station_keys: dict[str, int] | None = None,
        ports: Ports | None = None,
    ) -> None:
        self.session = session
        self.load = load
        self.counts: dict[str, EvidenceCounts] = {}
        self.warnings: Counter[str] = Counter()
        self.warning_lines: dict[str, list[int]] = {}
        self.station_keys = _keys_of(session, load.source) if station_keys is None else station_keys
        self._ports = ports or Ports(session, load.source)
        self._tables = tables_of(session)
        self._filled: dict[str, dict[int, bool]] = {}
        """By kind and station, whether there was anything before this load."""
        self._latest: dict[str, dict[int, str]] = {}
        """By kind and station, the latest start that this load has written."""

    def write(self, evidence: CleanEvidence) -> None:
        """Writes some evidence: stations first, then what is kept, then what was refused."""
        counts = self.counts.setdefault(evidence.kind, EvidenceCounts())
        counts.read += evidence.read
        counts.superseded += evidence.superseded
        if len(evidence.rows):
            kind = KINDS[evidence.kind]
            rows = self._ports.place_evidence(evidence.rows)
            self._add_stations(rows["station_id"], evidence.timezone)
            self._write_rows(kind, columns_of(kind, rows, self.station_keys, self.load.load_key), counts)
        if len(evidence.refused):
            self._write_refused(evidence.kind, evidence.refused, counts)
        self.warnings.update(evidence.warnings)
        for code, lines in evidence.warning_lines.items():
            note_lines(self.warning_lines, code, lines)

    def close(self) -> None:
        """Writes the counts of each kind.

        Raises:
            DatabaseError: ``rows_unaccounted``; the load is undone.
        """
        for kind, counts in self.counts.items():
            law = counts.law()
            rows_read = law.pop("read")
            if rows_read != sum(law.values()):
                raise DatabaseError(
                    "rows_unaccounted",
                    f"{self.load.file_name}: {rows_read} {kind} were read but {sum(law.values())} accounted for. "
                    "Nothing was changed.",
                    "This is a fault of evcharge; please report it.",
                )
            write_count(self.session, self.load.load_key, kind, {"rows_read": rows_read, **law})

    def _add_stations(self, station_ids: pd.Series, zone: str | None) -> None:
        new = [one for one in station_ids.unique().tolist() if one not in self.station_keys]
        stations = [to_station(self.load.source, {"station_id": one, "timezone": zone}) for one in new]
        self.session.add_all(stations)
        self.session.flush()
        self.station_keys.update({station.station_id: station.station_key for station in stations})

    def _write_rows(self, kind: Kind, columns: Columns, counts: EvidenceCounts) -> None:
        """Compares rows with what is there, and writes those that are kept."""
        if self._are_all_new(kind, columns):
            counts.inserted += len(columns.weights)
            counts.unchanged += sum(columns.weights) - len(columns.weights)
            self._tables.add(kind, list(columns.tuples(kind.columns)))
        else:
            rows = _once_each(kind, columns.rows(kind), counts)
            rows = self._settled(kind, rows, self._tables.stored(kind, self._perhaps_there(kind, rows)), counts)
            self._tables.add(kind, [row.stored for row in rows])

        latest = self._latest.setdefault(kind.name, {})
        for station, (_, last) in columns.starts().items():
            latest[station] = max(last, latest.get(station, ""))

    def _are_all_new(self, kind: Kind, columns: Columns) -> bool:
        """Whether each row is the only one of its key: none is stored, and this load has none so late."""
        latest, starts = self._latest.get(kind.name, {}), columns.starts()
        filled = self._are_filled(kind, starts.keys())
        if any(filled[station] or first <= latest.get(station, "") for station, (first, _) in starts.items()):
            return False
        return columns.are_apart

    def _are_filled(self, kind: Kind, stations: Collection[int]) -> Mapping[int, bool]:
        """Of these stations, and others, whether there was anything before this load."""
        filled = self._filled.setdefault(kind.name, {})
        for station in stations - filled.keys():
            filled[station] = self._tables.has_any(kind, station)
        return filled

    def _settled(
        self, kind: Kind, rows: list[Row], met: Mapping[tuple[Any, ...], Sequence[Stored]], counts: EvidenceCounts
    ) -> list[Row]:
        """The rows that are to be written, beside what is there of their keys; an earlier one of this load goes."""
        kept, replaced = [], []
        for row in rows:
            there = met.get(row.key, ())
            own = [one for one in there if one.load_key == self.load.load_key]
            if not own or (kind.keeps_all and all(one.says != row.says for one in own)):
                self._count(kind, row, there, counts)
            elif any(one.says == row.says for one in own):
                counts.unchanged += row.weight
                continue
            else:
                counts.unchanged += row.weight - 1
                counts.superseded += 1
                replaced.append(row.key)
            kept.append(row)
        self._tables.remove(kind, self.load.load_key, replaced)
        return kept

    def _perhaps_there(self, kind: Kind, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        """Keys of which something may be stored: by another load, or earlier by this one."""
        filled, start = self._are_filled(kind, {row.key[0] for row in rows}), kind.start
        latest = self._latest.get(kind.name, {})
        return [row.key for row in rows if filled[row.key[0]] or row.key[start] <= latest.get(row.key[0], "")]

    def _count(self, kind: Kind, row: Row, there: Sequence[Stored], counts: EvidenceCounts) -> None:
        """Counts what a row is beside that of other loads which stands: the newest by version, then by load."""
        counts.unchanged += row.weight - 1
        others = [one for one in there if one.load_key != self.load.load_key]
        if not others:
            counts.inserted += 1
            return
        standing = max(others, key=lambda one: (one.version or "", one.load_key))
        if any(one.says == row.says for one in (others if kind.keeps_all else [standing])):
            counts.unchanged += 1
        elif (row.version or "", self.load.load_key) > (standing.version or "", standing.load_key):
            counts.updated += 1
        else:
            counts.superseded += 1

    def _write_refused(self, kind: str, refused: pd.DataFrame, counts: EvidenceCounts) -> None:
        counts.rejected += refused["source_line"].nunique()
        refused = refused.drop_duplicates(["source_line", "rule"])
        counts.rejects_by_rule.update(refused["rule"].tolist())
        records = [
            {
                **{name: _told(record.get(name)) for name in ("rule", "column", "station_id", "port_id")},
                "load_key": self.load.load_key,
                "kind": kind,
                "source_line": record["source_line"],
                "value": storable(_told(record.get("value"))),
                "raw": storable(record["raw"]),
                "at_time": _instant(record.get("at_ms")),
            }
            for record in refused.to_dict("records")
        ]
        self.session.execute(insert(RejectedEvidence), records)


def tell_evidence(result: LoadResult, writer: EvidenceWriter) -> None:
    """Puts into a result what became of evidence."""
    for kind in sorted(writer.counts):
        result.evidence[kind] = writer.counts[kind].law()
        if rules := writer.counts[kind].rejects_by_rule:
            result.evidence_rejects_by_rule[kind] = dict(sorted(rules.items()))
    for code, count in writer.warnings.items():
        result.warnings[code] = result.warnings.get(code, 0) + count
    for code, lines in writer.warning_lines.items():
        note_lines(result.warning_lines, code, lines)
    if OUTAGES in writer.counts:
        result.unnamed_ports = read_unnamed_ports(writer.session, FactOutage.load_key == writer.load.load_key)
        result.warnings |= {UNNAMED: len(result.unnamed_ports)} if result.unnamed_ports else {}


def empty_evidence(session: Session, load_key: int) -> None:
    """Takes out the evidence of a load, and what it refused of it; its counts stay until it is loaded again."""
    for kind in KINDS.values():
        of_load = delete(kind.table).where(kind.table.c.load_key == load_key)
        session.execute(of_load)
    session.execute(delete(RejectedEvidence).where(RejectedEvidence.load_key == load_key))


def with_evidence(session: Session, station_keys: Iterable[int]) -> set[int]:
    """Those of these stations of which there is evidence."""
    tables = tables_of(session)
    return {key for key in station_keys if any(tables.has_any(kind, key) for kind in KINDS.values())}


def write_count(session: Session, load_key: int, kind: str, counts: Mapping[str, int]) -> None:
    """Writes what became of the rows of one kind: the columns of ``LoadCount`` by name."""
    session.execute(insert(LoadCount), [{"load_key": load_key, "kind": kind, **counts}])


def forget_counts(session: Session, load_key: int) -> None:
    """Takes out the counts of a load that is loaded again."""
    session.execute(delete(LoadCount).where(LoadCount.load_key == load_key))


def _keys_of(session: Session, source: str) -> dict[str, int]:
    in_source = select(DimStation.station_id, DimStation.station_key).where(DimStation.source == source)
    return {row.station_id: row.station_key for row in session.execute(in_source)}


def _instant(milliseconds: Any) -> datetime | None:
    return None if _told(milliseconds) is None else _EPOCH + timedelta(milliseconds=int(milliseconds))


def _told(value: Any) -> Any:
    return None if value is pd.NA or value != value else value


def _once_each(kind: Kind, rows: list[Row], counts: EvidenceCounts) -> list[Row]:
    """Of rows of one key the last; the others are counted. Claims that differ are all kept."""
    once: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        place = (*row.key, *row.says) if kind.keeps_all else row.key
        earlier = once.get(place)
        once[place] = row
        if earlier is not None:
            is_same = earlier.says == row.says
            counts.unchanged += earlier.weight if is_same else earlier.weight - 1
            counts.superseded += not is_same
            once[place] = earlier if is_same else row
    return list(once.values())


def loads_unaccounted(session: Session) -> list[int]:
    """The loads whose evidence is not what their counts tell, or whose ledger's line is not; in their order.

    A load holds no more of a kind than it kept, and nothing once it is out; of sessions and stations the counts are
    those of the ledger.
    """
    wrong: set[int] = set()
    for kind in KINDS.values():
        held = select(kind.table.c.load_key, func.count()).group_by(kind.table.c.load_key)
        there = {row[0]: row[1] for row in session.execute(held)}
        kept = LoadCount.inserted + LoadCount.updated + LoadCount.unchanged + LoadCount.superseded
        may_hold = select(LoadCount.load_key, kept).join(LoadLedger, LoadLedger.load_key == LoadCount.load_key)
        of_kind = may_hold.where(LoadCount.kind == kind.name, LoadLedger.status != UNLOADED)
        most = {row[0]: row[1] for row in session.execute(of_kind)}
        wrong.update(key for key, rows in there.items() if rows > most.get(key, 0))
        wrong.update(key for key, rows in most.items() if rows and not there.get(key))
    same = [getattr(LoadCount, name) == getattr(LoadLedger, name) for name in ("rows_read", *LAW[1:])]
    of_ledger = (LoadCount.load_key == LoadLedger.load_key, LoadCount.kind.in_((SESSIONS, STATIONS)))
    differing = select(LoadCount.load_key).join(LoadLedger, and_(*of_ledger)).where(not_(and_(*same)))
    return sorted({*wrong, *session.scalars(differing)})
