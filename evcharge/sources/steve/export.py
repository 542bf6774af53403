"""SteVe's data export: an archive of one CSV a table, joined into transactions.

In memory are the stops, one a transaction, the time and kind of each connector status (12 bytes each), and when each
transaction began and ended (8 bytes each); the starts are streamed. What does not belong here: how a table is read
(``steve.tables``), what statuses tell (``steve.statuses``, ``steve.notices``), and the older CSV (``steve.reader``).
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zipfile import ZipInfo

from evcharge.carriers.archive import Archive, Member, parts_of
from evcharge.carriers.file import SourceFile
from evcharge.errors import SourceError
from evcharge.sources.chunk import Rows
from evcharge.sources.profile import Profile
from evcharge.sources.steve.statuses import Statuses, error_text
from evcharge.sources.steve.tables import NO_TIME, Table, energy_wh, microseconds, transaction_rows

_TABLES = (("transaction_start",), ("transaction_stop",), ("evse", "connector"))
"""Tables without which there are no sessions, in their spellings."""


def is_export(archive: Archive) -> bool:
    """Whether the archive holds SteVe's table of transactions."""
    return any(_table_name(member) == "transaction_start" for member in archive.members)


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


STATUS_FIELDS = ("status", "status_timestamp", "error_code", "vendor_id", "vendor_error_code")


class StatusRow(NamedTuple):
    """One status of a connector.

    Attributes:
        line: of the row in ``connector_status``.
        raw: its text.
        connector: charge box and number of the connector; empty where the export does not name it.
        at_turn: whether a transaction of the connector began or ended at that very time.
        told: texts of ``STATUS_FIELDS``.
    """

    line: int
    raw: str
    connector: tuple[str, str]
    at_turn: bool
    told: tuple[str, ...]


class Export:
    """A data export, its tables joined."""

    def __init__(self, file: SourceFile, profile: Profile) -> None:
        self._profile = profile
        self._archive = Archive(file.name, file.seekable())
        self._members = _members(self._archive)
        self._broken_stops: list[tuple[int, str, str]] = []
        self._last_line = 1
        self._turns: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))

    def status_rows(self) -> Iterator[StatusRow]:
        """The statuses in the order of their table, once ``rows`` is through."""
        connectors = self._connectors()
        turns = {key: frozenset(times) - {NO_TIME} for key, times in self._turns.items()}
        for table, rows in self._optional_rows("connector_status", "status_timestamp", "status", "error_code"):
            keys = table.texts(rows, "evse_pk", "connector_pk")
            columns = [table.texts(rows, name) for name in STATUS_FIELDS]
            times = microseconds(columns[1]).tolist()
            for line, raw, key, time, *told in zip(rows.lines, rows.raws, keys, times, *columns, strict=True):
                yield StatusRow(line, raw, connectors.get(key, ("", "")), time in turns.get(key, ()), tuple(told))

    def rows(self) -> Iterator[Rows]:
        """All transactions, then what is left of the stops; when they began and ended is noted for ``status_rows``."""
        connectors = self._connectors()
        places = self._places()
        statuses = self._statuses()
        failed = self._failed_stops()
        stops = self._stops()

        table = self._table("transaction_start", "transaction_pk", "id_tag", "start_timestamp", "start_value")
        for rows in table.batches:
            texts = {name: table.texts(rows, name) for name in ("transaction_pk", "id_tag", "start_timestamp")}
            keys = table.texts(rows, "evse_pk", "connector_pk")
            located = [connectors.get(key, ("", "")) for key in keys]
            texts["charge_box_id"] = [box for box, _ in located]
            texts["evse_id"] = [number for _, number in located]

            # the stop that SteVe stored, else the one that it failed to store
            ended = [
                _used(stops.get(key)) or failed.get((key, box))
                for key, box in zip(texts["transaction_pk"], texts["charge_box_id"], strict=True)
            ]

            texts |= _texts_of_stops(ended, table.texts(rows, "start_value"), table.texts(rows, "event_timestamp"))
            texts |= _texts_of_places([places.get(box, _Place()) for box in texts["charge_box_id"]])
            texts |= statuses.texts(keys, texts["start_timestamp"], texts["stop_timestamp"])
            self._note_turns(keys, texts["start_timestamp"], texts["stop_timestamp"])

            raws = [f"{raw}\n{stop.raw}" if stop else raw for raw, stop in zip(rows.raws, ended, strict=True)]
            self._last_line = max(rows.lines, default=self._last_line)
            yield transaction_rows(rows.lines, raws, rows.faults, texts)
        yield self._without_start(stops)

    def _note_turns(self, connectors: Sequence[str], *times: Sequence[str]) -> None:
        """Keeps when each connector's transactions began or ended [µs since 1970]."""
        for texts in times:
            for key, at in zip(connectors, microseconds(texts).tolist(), strict=True):
                self._turns[key].append(at)

    def _without_start(self, stops: Mapping[str, _Stop]) -> Rows:
        """The stops that have no start, and the broken rows among the stops, as rows that cleaning refuses."""
        lost = [(stop.line, stop.raw, None, key, stop) for key, stop in stops.items() if not stop.used]
        broken = [(line, raw, fault, "", None) for line, raw, fault in self._broken_stops]
        rows = sorted((*lost, *broken), key=lambda row: row[0])
        texts = {"transaction_pk": [key for _, _, _, key, _ in rows]}
        texts |= _texts_of_stops([stop for *_, stop in rows], [""] * len(rows), [""] * len(rows))
        lines = [self._last_line + line for line, *_ in rows]
        return transaction_rows(lines, [raw for _, raw, *_ in rows], [fault for _, _, fault, *_ in rows], texts)

    def _table(self, name: str, *needed: str) -> Table:
        return Table(Member(self._archive, self._members[name]), self._profile, needed)

    def _optional_rows(self, name: str, *needed: str) -> Iterator[tuple[Table, Rows]]:
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

    def _statuses(self) -> Statuses:
        statuses = Statuses()
        for table, rows in self._optional_rows("connector_status", "status_timestamp", "status", "error_code"):
            statuses.add(
                table.texts(rows, "evse_pk", "connector_pk"),
                table.texts(rows, "status_timestamp"),
                table.texts(rows, "status"),
                map(error_text, *(table.texts(rows, n) for n in ("error_code", "vendor_id", "vendor_error_code"))),
            )
        return statuses


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
        reason = f"{archive.name} holds several exports of SteVe: {', '.join(member.filename for member in starts)}."
        raise SourceError("several_exports", reason, "Load each export by itself.")
    folder = parts_of(starts[0].filename)[:-1]
    members = {_table_name(member): member for member in archive.members if parts_of(member.filename)[:-1] == folder}
    for spellings in _TABLES:
        if members.keys().isdisjoint(spellings):
            reason = f"{archive.name} lacks {spellings[0]}.csv: without it no transaction is whole."
            raise SourceError("missing_table", reason, 'Export "All data" from SteVe, and load the ZIP as it is.')
    return members


def _used(stop: _Stop | None) -> _Stop | None:
    if stop:
        stop.used = True
    return stop


def _stops_of(table: Table, rows: Rows) -> Iterator[tuple[str, str | None, _Stop]]:
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
    time, other_time = microseconds([stop.recorded_at, other.recorded_at])
    return bool(time >= other_time)


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
