"""Transactions of SteVe, the open-source OCPP server: its data export (a ZIP of one CSV a table), and its older CSV.

In memory are the stops, one a transaction, and the time and kind of each connector status (12 bytes each); the starts
are streamed. What does not belong here: what the fields mean (``profiles/steve.toml``).

Sources: SteVe's DataImportExportService (since November 2025), its database migrations, and TransactionRepositoryImpl.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, TypeAlias
from zipfile import ZipInfo

import numpy as np
import pandas as pd

from evcharge.carriers.archive import ZIP_MAGICS, Archive, Member, parts_of
from evcharge.carriers.file import SourceFile
from evcharge.carriers.text import blocks, first_lines
from evcharge.errors import SourceError
from evcharge.frames import RawSessions
from evcharge.sources.chunk import Reading, Rows, chunks
from evcharge.sources.names import folded
from evcharge.sources.profile import Profile
from evcharge.sources.table import all_rows, header_of

FIELDS: tuple[str, ...] = (
    *("transaction_pk", "charge_box_id", "evse_id", "id_tag", "start_timestamp", "stop_timestamp", "energy_wh"),
    *("stop_reason", "error_code", "next_status", "reached_charging", "event_timestamp"),
    *("description", "address", "city", "country", "location_latitude", "location_longitude"),
)
"""Fields of a transaction, named as SteVe's columns; ``energy_wh`` is the stop's meter value less the start's [Wh]."""

CSV_FIELDS = (
    "transaction_pk",
    "charge_box_id",
    "id_tag",
    "start_timestamp",
    "start_value",
    "stop_timestamp",
    "stop_value",
)
"""Fields that tell the older CSV; besides, it has ``evse_id`` or, before database version 1.1.4, ``connector_id``."""

NULL = "NULL"
"""How the data export writes that a cell is empty."""

NO_ERROR = "NoError"
"""OCPP's word for no error (OCPP 1.6, 7.6 ChargePointErrorCode)."""

MOST_ERROR_CHARACTERS = 200
"""Longest list of error codes that is handed on; further codes of the session are told by an ellipsis."""

_METER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,9})?")
_NO_TIME = int(np.iinfo(np.int64).min)

_TABLES = (("transaction_start",), ("transaction_stop",), ("evse", "connector"))
"""Tables without which there are no sessions, in their spellings."""


def recognises(file: SourceFile) -> bool:
    """Whether the file is a data export with transactions, or the older CSV."""
    try:
        if _is_archive(file):
            return is_export(Archive(file.name, file.seekable()))
        header = header_of(file, first_lines(blocks(file, "utf-8"), file).text, ",")
    except SourceError:
        return False
    names = set(map(folded, header.names)) if header else set()
    return names.issuperset(map(folded, CSV_FIELDS)) and not names.isdisjoint(("evseid", "connectorid"))


def is_export(archive: Archive) -> bool:
    """Whether the archive holds SteVe's table of transactions."""
    return any(_table_name(member) == "transaction_start" for member in archive.members)


def read(file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
    """The transactions in the order of their starts; then the stops that have no start, which cleaning refuses.

    A row's line is that in ``transaction_start``; the lines of a stop without a start are counted on from there.

    Raises:
        SourceError: ``missing_table``, ``missing_columns``, ``several_exports``, ``broken_table``, or what reading an
            archive or a table raises.
    """
    names = tuple(map(folded, FIELDS))
    if _is_archive(file):
        yield from chunks(_Export(file, reading.profile).rows(), names, reading)
        file.verify()
    else:
        yield from chunks(_csv_rows(file, reading.profile), names, reading)


def energy_wh(start: str, stop: str) -> str:
    """What the meter counted [Wh]; nothing where a value is missing, both values where one is no number."""
    start, stop = start.strip(), stop.strip()
    if not start or not stop or NULL in (start, stop):
        return ""
    if not (_METER.fullmatch(start) and _METER.fullmatch(stop)):
        return f"{stop} - {start}"
    return f"{Decimal(stop) - Decimal(start):f}"


def _csv_rows(file: SourceFile, profile: Profile) -> Iterator[Rows]:
    """Rows of the older CSV, which tells of no reason, no status and no place."""
    table = _Table(file, profile, CSV_FIELDS)
    for rows in table.batches:
        texts = {name: table.texts(rows, name, null="") for name in (*CSV_FIELDS, "evse_id")}
        texts["evse_id"] = table.texts(rows, "evse_id", "connector_id", null="")
        texts["energy_wh"] = list(map(energy_wh, texts["start_value"], texts["stop_value"]))
        yield _transactions(rows.lines, rows.raws, rows.faults, texts)


def _transactions(lines: list[int], raws: list[str], faults: list[str | None], texts: Mapping[str, list[str]]) -> Rows:
    """Rows of ``FIELDS``; a field that there is no text for is empty."""
    nothing = [""] * len(lines)
    return Rows(list(lines), list(raws), list(faults), [list(texts.get(name, nothing)) for name in FIELDS])


class _Table:
    """One CSV: its rows with all their fields.

    Raises:
        SourceError: ``missing_columns`` where one of the needed fields is not there.
    """

    def __init__(self, file: SourceFile, profile: Profile, needed: Sequence[str]) -> None:
        self.name = file.name
        names, self.batches = all_rows(file, profile.encoding, profile.private_fields)
        self._places = {name: place for place, name in enumerate(names)}
        missing = [name for name in needed if folded(name) not in self._places]
        if missing:
            reason = f"{file.name} lacks {', '.join(missing)}."
            raise SourceError("missing_columns", reason, "Export it from SteVe again, with all columns.")

    def texts(self, rows: Rows, *spellings: str, null: str = NULL) -> list[str]:
        """One field of the rows, in the first spelling that the table has; empty for NULL and where there is none."""
        for name in map(folded, spellings):
            if name in self._places:
                return ["" if text == null else text for text in rows.fields[self._places[name]]]
        return [""] * len(rows.lines)

    def sound_rows(self) -> Iterator[Rows]:
        """The rows of a table that transactions are joined with; a broken one can't be told to be of none.

        Raises:
            SourceError: ``broken_table`` with the line of the first broken row.
        """
        for rows in self.batches:
            for line, fault in zip(rows.lines, rows.faults, strict=True):
                if fault:
                    reason = f"{self.name}, line {line}: {fault}."
                    raise SourceError("broken_table", reason, "Export it from SteVe again.")
            yield rows


@dataclass
class _Stop:
    """How a transaction ended; ``recorded_at`` is when SteVe took it down, ``used`` whether it found its start."""

    recorded_at: str
    timestamp: str
    value: str
    reason: str
    line: int
    raw: str
    used: bool = False


class _Place(NamedTuple):
    """What is known of a charge box."""

    description: str = ""
    latitude: str = ""
    longitude: str = ""
    address: str = ""
    city: str = ""
    country: str = ""


class _Export:
    """A data export, its tables joined."""

    def __init__(self, file: SourceFile, profile: Profile) -> None:
        self._profile = profile
        self._archive = Archive(file.name, file.seekable())
        self._members = _members(self._archive)
        self._broken_stops: list[tuple[int, str, str]] = []
        self._last_line = 1

    def rows(self) -> Iterator[Rows]:
        """All transactions, then what is left of the stops."""
        connectors = self._connectors()
        places = self._places()
        statuses = self._statuses()
        failed = self._failed_stops()
        stops = self._stops()
        table = self._table("transaction_start", "transaction_pk", "id_tag", "start_timestamp", "start_value")
        for rows in table.batches:
            texts = {name: table.texts(rows, name) for name in ("transaction_pk", "id_tag", "start_timestamp")}
            keys = table.texts(rows, "evse_pk", "connector_pk")
            there = [connectors.get(key, ("", "")) for key in keys]
            texts["charge_box_id"], texts["evse_id"] = [box for box, _ in there], [number for _, number in there]
            ended = [
                _used(stops.get(key)) or failed.get((key, box))
                for key, box in zip(texts["transaction_pk"], texts["charge_box_id"], strict=True)
            ]
            texts |= _texts_of_stops(ended, table.texts(rows, "start_value"), table.texts(rows, "event_timestamp"))
            texts |= _texts_of_places([places.get(box, _Place()) for box in texts["charge_box_id"]])
            texts |= statuses.texts(keys, texts["start_timestamp"], texts["stop_timestamp"])
            raws = [f"{raw}\n{stop.raw}" if stop else raw for raw, stop in zip(rows.raws, ended, strict=True)]
            self._last_line = max(rows.lines, default=self._last_line)
            yield _transactions(rows.lines, raws, rows.faults, texts)
        yield self._without_start(stops)

    def _without_start(self, stops: Mapping[str, _Stop]) -> Rows:
        """The stops that have no start, and the broken rows among the stops, as rows that cleaning refuses."""
        lost = [(stop.line, stop.raw, None, key, stop) for key, stop in stops.items() if not stop.used]
        broken = [(line, raw, fault, "", None) for line, raw, fault in self._broken_stops]
        rows = sorted((*lost, *broken), key=lambda row: row[0])
        texts = {"transaction_pk": [key for _, _, _, key, _ in rows]}
        texts |= _texts_of_stops([stop for *_, stop in rows], [""] * len(rows), [""] * len(rows))
        lines = [self._last_line + line for line, *_ in rows]
        return _transactions(lines, [raw for _, raw, *_ in rows], [fault for _, _, fault, *_ in rows], texts)

    def _table(self, name: str, *needed: str) -> _Table:
        return _Table(Member(self._archive, self._members[name]), self._profile, needed)

    def _optional_rows(self, name: str, *needed: str) -> Iterator[tuple[_Table, Rows]]:
        """The rows of a table that an export may lack."""
        if name in self._members:
            table = self._table(name, *needed)
            for rows in table.sound_rows():
                yield table, rows

    def _connectors(self) -> dict[str, tuple[str, str]]:
        """Charge box and number of each connector, by its key; SteVe calls it evse since database version 1.1.4."""
        name = "evse" if "evse" in self._members else "connector"
        connectors = {}
        for table, rows in self._optional_rows(name, f"{name}_pk", "charge_box_id", f"{name}_id"):
            columns = (table.texts(rows, column) for column in (f"{name}_pk", "charge_box_id", f"{name}_id"))
            connectors.update({key: (box, number) for key, box, number in zip(*columns, strict=True)})
        return connectors

    def _places(self) -> dict[str, _Place]:
        """What is known of each charge box, by its id. Only addresses of charge boxes are looked at, not of users."""
        addresses = {}
        for table, rows in self._optional_rows("address", "address_pk"):
            columns = [table.texts(rows, name) for name in ("address_pk", "street", "house_number", "city", "country")]
            for key, street, number, city, country in zip(*columns, strict=True):
                addresses[key] = (f"{street} {number}".strip(), city, country)
        places = {}
        names = ("charge_box_id", "description", "location_latitude", "location_longitude", "address_pk")
        for table, rows in self._optional_rows("charge_box", "charge_box_id"):
            for box, *about, key in zip(*(table.texts(rows, name) for name in names), strict=True):
                places[box] = _Place(*about, *addresses.get(key, ()))
        return places

    def _stops(self) -> dict[str, _Stop]:
        """The stop of each transaction: of several the one that was recorded last, as SteVe itself takes it."""
        stops: dict[str, _Stop] = {}
        table = self._table(
            "transaction_stop", "transaction_pk", "event_timestamp", "stop_timestamp", "stop_value", "stop_reason"
        )
        for rows in table.batches:
            for key, fault, stop in _stops_of(table, rows):
                if fault:
                    self._broken_stops.append((stop.line, stop.raw, fault))
                elif key not in stops or _is_later(stop, stops[key]):
                    stops[key] = stop
        return stops

    def _failed_stops(self) -> dict[tuple[str, str], _Stop]:
        """Stops that a charge box sent and SteVe failed to store, by transaction and charge box."""
        stops: dict[tuple[str, str], _Stop] = {}
        needed = ("transaction_pk", "charge_box_id", "event_timestamp", "stop_timestamp", "stop_value", "stop_reason")
        for table, rows in self._optional_rows("transaction_stop_failed", *needed):
            boxes = table.texts(rows, "charge_box_id")
            for (transaction, _, stop), box in zip(_stops_of(table, rows), boxes, strict=True):
                key = (transaction, box)
                if all(key) and (key not in stops or _is_later(stop, stops[key])):
                    stops[key] = stop
        return stops

    def _statuses(self) -> _Statuses:
        statuses = _Statuses()
        for table, rows in self._optional_rows("connector_status", "status_timestamp", "status", "error_code"):
            statuses.add(
                table.texts(rows, "evse_pk", "connector_pk"),
                table.texts(rows, "status_timestamp"),
                table.texts(rows, "status"),
                map(_error, table.texts(rows, "error_code"), table.texts(rows, "vendor_error_code")),
            )
        return statuses


_Series: TypeAlias = "tuple[array[int], array[int]]"
"""Times of statuses [µs since 1970], and which kind each one is of."""


class _Statuses:
    """The statuses of all connectors in order of time; those without a readable time are left out."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], int] = {}
        self._found: defaultdict[str, _Series] = defaultdict(lambda: (array("q"), array("i")))
        self._sorted: dict[str, _Series] = {}

    def add(
        self, connectors: Iterable[str], timestamps: Sequence[str], statuses: Iterable[str], errors: Iterable[str]
    ) -> None:
        """Takes more statuses."""
        for key, at, *kind in zip(connectors, _microseconds(timestamps).tolist(), statuses, errors, strict=True):
            if at != _NO_TIME:
                times, kinds = self._found[key]
                times.append(at)
                kinds.append(self._kinds.setdefault((kind[0], kind[1]), len(self._kinds)))

    def texts(self, connectors: Sequence[str], starts: Sequence[str], stops: Sequence[str]) -> dict[str, list[str]]:
        """What the statuses tell of sessions; nothing of one that has not ended."""
        kinds = list(self._kinds)
        windows = zip(connectors, _microseconds(starts).tolist(), _microseconds(stops).tolist(), strict=True)
        told = [self._told(kinds, *window) for window in windows]
        names = ("error_code", "next_status", "reached_charging")
        return {name: [one[place] for one in told] for place, name in enumerate(names)}

    def _told(self, names: Sequence[tuple[str, str]], connector: str, start: int, stop: int) -> tuple[str, str, str]:
        """Error codes from start to stop, the status after it, and whether Charging was seen.

        SteVe may itself enter a status at the very time of a start or stop: at the start it is no proof of charging,
        at the stop it is not the next status.
        """
        if _NO_TIME in (start, stop) or stop < start:
            return "", "", ""
        times, kinds = self._of(connector)
        first, after_start, after = bisect_left(times, start), bisect_right(times, start), bisect_right(times, stop)
        errors = dict.fromkeys(names[kind][1] for kind in kinds[first:after] if names[kind][1])
        charging = any(names[kind][0] == "Charging" for kind in kinds[after_start:after])
        following = names[kinds[after]][0] if after < len(kinds) else ""
        return _listed(errors), following, "true" if charging else ""

    def _of(self, connector: str) -> _Series:
        """The connector's statuses; those of one time stay in the order of the file."""
        if connector not in self._sorted:
            times, kinds = self._found.pop(connector, (array("q"), array("i")))
            order = np.argsort(np.asarray(times, dtype=np.int64), kind="stable").tolist()
            self._sorted[connector] = (array("q", [times[n] for n in order]), array("i", [kinds[n] for n in order]))
        return self._sorted[connector]


def _is_archive(file: SourceFile) -> bool:
    return not file.is_gzip and next(file.unpacked(), b"")[:4] in ZIP_MAGICS


def _table_name(member: ZipInfo) -> str:
    """The table that a member holds, or nothing."""
    name = parts_of(member.filename)[-1].lower()
    return name.removesuffix(".csv") if name.endswith(".csv") else ""


def _members(archive: Archive) -> dict[str, ZipInfo]:
    """The export's members by the name of their table.

    Raises:
        SourceError: ``several_exports``, or ``missing_table`` with the table's name.
    """
    starts = [member for member in archive.members if _table_name(member) == "transaction_start"]
    if len(starts) > 1:
        reason = f"{archive.name} holds several exports of SteVe: {', '.join(one.filename for one in starts)}."
        raise SourceError("several_exports", reason, "Load each export by itself.")
    folder = parts_of(starts[0].filename)[:-1]
    members = {_table_name(one): one for one in archive.members if parts_of(one.filename)[:-1] == folder}
    for spellings in _TABLES:
        if members.keys().isdisjoint(spellings):
            reason = f"{archive.name} lacks {spellings[0]}.csv: without it no transaction is whole."
            raise SourceError("missing_table", reason, 'Export "All data" from SteVe, and load the ZIP as it is.')
    return members


def _used(stop: _Stop | None) -> _Stop | None:
    if stop:
        stop.used = True
    return stop


def _stops_of(table: _Table, rows: Rows) -> Iterator[tuple[str, str | None, _Stop]]:
    """Transaction, fault and content of each row of stops."""
    names = ("transaction_pk", "event_timestamp", "stop_timestamp", "stop_value", "event_actor", "stop_reason")
    columns = (table.texts(rows, name) for name in names)
    for line, raw, fault, key, recorded, at, value, actor, reason in zip(
        rows.lines, rows.raws, rows.faults, *columns, strict=True
    ):
        yield key, fault, _Stop(recorded, at, value, _reason(actor, reason), line, raw)


def _reason(actor: str, reason: str) -> str:
    """The stop's reason; where a person closed the transaction in SteVe, that goes before it."""
    if actor != "manual":
        return reason
    return f"manual: {reason}" if reason else "manual"


def _is_later(stop: _Stop, other: _Stop) -> bool:
    """Whether a stop was recorded after another, or at the same time and further down."""
    one, two = _microseconds([stop.recorded_at, other.recorded_at])
    return bool(one >= two)


def _texts_of_stops(
    stops: Sequence[_Stop | None], start_values: Sequence[str], start_events: Sequence[str]
) -> dict[str, list[str]]:
    """What the stops tell of their transactions. One without a stop is open: its version is when it was entered."""
    return {
        "stop_timestamp": [stop.timestamp if stop else "" for stop in stops],
        "energy_wh": [energy_wh(s, stop.value) if stop else "" for s, stop in zip(start_values, stops, strict=True)],
        "stop_reason": [stop.reason if stop else "" for stop in stops],
        "event_timestamp": [stop.recorded_at if stop else at for at, stop in zip(start_events, stops, strict=True)],
    }


def _texts_of_places(places: Sequence[_Place]) -> dict[str, list[str]]:
    return {
        "description": [place.description for place in places],
        "location_latitude": [place.latitude for place in places],
        "location_longitude": [place.longitude for place in places],
        "address": [place.address for place in places],
        "city": [place.city for place in places],
        "country": [place.country for place in places],
    }


def _error(code: str, vendor_code: str) -> str:
    """A status's error, or nothing: its code, and the maker's in brackets."""
    code = "" if code == NO_ERROR else code
    return f"{code} ({vendor_code})" if code and vendor_code else code


def _listed(errors: Iterable[str]) -> str:
    """Different error codes in the order in which they came."""
    text = ", ".join(errors)
    return text if len(text) <= MOST_ERROR_CHARACTERS else f"{text[: MOST_ERROR_CHARACTERS - 1]}…"


def _microseconds(timestamps: Sequence[str]) -> np.ndarray:
    """Times since 1970 [µs, UTC], for comparing; ``_NO_TIME`` for what can't be read, which cleaning judges."""
    texts = pd.Series(list(timestamps), dtype="object")
    times = pd.DatetimeIndex(pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce"))
    return np.asarray(times.as_unit("us").asi8)
