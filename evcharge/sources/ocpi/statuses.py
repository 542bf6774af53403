"""Statuses of EVSEs in OCPI: pushed one by one, polled with their Locations, or in Locations that were saved.

What does not belong here: Sessions and CDRs (``reader``), and Locations as a registry of stations.
Source: OCPI 2.1.1-d2, 2.2.1-d2 and 2.3.0, module Locations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from evcharge.carriers.file import SourceFile, printable
from evcharge.errors import SourceError
from evcharge.frames import RawSessions
from evcharge.sources.chunk import Reading, chunks
from evcharge.sources.json_documents import Item, first_items, items
from evcharge.sources.json_records import Record, batches, folded_members
from evcharge.sources.json_values import Fault, refuse_unstorable, scalar_text, written
from evcharge.sources.names import folded
from evcharge.sources.ocpi.messages import Opened, opened, utc_text
from evcharge.sources.ocpi.reader import holds_locations
from evcharge.sources.snapshot_names import time_in_name

FIELDS = ("location_id", "evse_uid", "time", "status", "last_updated", "is_empty")
PUSHES, POLLS, SNAPSHOTS = "pushes", "polls", "snapshots"

_URL = re.compile(r"/locations/([^?#]+)")
_POLLED_AT = re.compile(rb'"polled_at"\s*:')
_WITHOUT_UID = "evse_without_uid"

Party = tuple[str, str]


class _Evse(NamedTuple):
    """What one EVSE says, or what is wrong with it."""

    raw: str
    texts: Mapping[str, str]
    fault: str | None = None


@dataclass(frozen=True)
class StatusReader:
    """Reads one carrier of statuses.

    Attributes:
        kind: ``pushes``, ``polls`` or ``snapshots``.
        FIELDS: names of the fields that it makes.
    """

    kind: str
    FIELDS: tuple[str, ...] = FIELDS

    def recognises(self, file: SourceFile) -> bool:
        """Whether the file's beginning is of this carrier."""
        if self.kind == PUSHES:
            return any(_is_push(item) for item in first_items(file))
        if not holds_locations(file):
            return False
        is_polls = bool(_POLLED_AT.search(next(file.unpacked(), b"")))
        return is_polls if self.kind == POLLS else not is_polls and time_in_name(file.name) is not None

    def read(self, file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
        """The statuses, one row for each EVSE in a message.

        Raises:
            SourceError: ``location_of_two_parties``, or what ``json_documents.items`` raises.
        """
        found = _pushed(file, reading) if self.kind == PUSHES else _Lists(file, self.kind).records(reading)
        records = (_record(line, evse) for line, evse in _numbered(found))
        yield from chunks(batches(records, len(FIELDS)), tuple(map(folded, FIELDS)), reading)


def _numbered(found: Iterator[tuple[int, _Evse | None]]) -> Iterator[tuple[int, _Evse | None]]:
    """Each EVSE with a line of its own: the one that its message begins on, or the next after the one before."""
    last = 0
    for line, evse in found:
        last = max(line, last + 1) if evse else last
        yield last, evse


def _record(line: int, evse: _Evse | None) -> Record | None:
    if evse is None:
        return None
    cells = [evse.texts.get(name, "") for name in FIELDS]
    try:
        refuse_unstorable(cells)
    except Fault as fault:
        return Record(line, evse.raw, str(fault), [""] * len(FIELDS))
    return Record(line, evse.raw, evse.fault, [""] * len(FIELDS) if evse.fault else cells)


def _opened(item: Item) -> tuple[Opened | None, list[str]]:
    """The message in its envelope, and the parts of its address after ``locations``; None where it is none."""
    try:
        message = opened(item.members)
    except Fault:
        return None, []
    found = _URL.search(message.url)
    return message, [unquote(part) for part in found[1].strip("/").split("/")] if found else []


def _is_push(item: Item) -> bool:
    message, parts = _opened(item)
    return message is not None and bool(message.method) and len(parts) >= 3


def _pushed(file: SourceFile, reading: Reading) -> Iterator[tuple[int, _Evse | None]]:
    """The EVSEs that a log of pushes tells of; None for a message that tells no status."""
    parties: dict[str, Party] = {}
    for item in items(file, reading.profile.encoding):
        if item.fault:
            yield item.line, _Evse(item.raw, {}, item.fault)
            continue
        message, parts = _opened(item)
        if message is None:
            yield item.line, _Evse(item.raw, {}, "malformed_row")
            continue
        if message.method not in ("PUT", "POST", "PATCH") or not 3 <= len(parts) <= 4:
            yield item.line, None
            continue
        _refuse_two_parties(file, item.line, parts[2], (parts[0], parts[1]), parties)
        yield from ((item.line, evse) for evse in _of_push(message, parts, item.raw))


def _of_push(message: Opened, parts: list[str], raw: str) -> Iterator[_Evse | None]:
    try:
        body = folded_members(message.body)
        if len(parts) == 4:
            yield _evse(parts[2], {"uid": parts[3], **body}, raw, is_pushed=True) if "status" in body else None
            return
        evses = body.get("evses")
        for evse in evses if isinstance(evses, list) and evses else [None]:
            yield _of_member(parts[2], evse, is_pushed=True) if evse is not None else None
    except Fault as fault:
        yield _Evse(raw, {}, str(fault))


def _of_member(location_id: str, evse: Any, *, is_pushed: bool = False) -> _Evse:
    """An EVSE in a list of them."""
    raw = written(evse)
    if not isinstance(evse, dict):
        return _Evse(raw, {}, "not_an_object")
    try:
        return _evse(location_id, folded_members(evse), raw, is_pushed=is_pushed)
    except Fault as fault:
        return _Evse(raw, {}, str(fault))


def _evse(location_id: str, members: Mapping[str, Any], raw: str, *, is_pushed: bool) -> _Evse:
    uid = scalar_text(members.get("uid"), is_id=True)
    if not uid.strip():
        return _Evse(raw, {}, _WITHOUT_UID)
    updated = utc_text(scalar_text(members.get(folded("last_updated")), is_id=False))
    texts = {
        "location_id": location_id,
        "evse_uid": uid,
        "status": scalar_text(members.get("status"), is_id=False),
        "last_updated": updated,
    }
    return _Evse(raw, {**texts, "time": updated} if is_pushed else texts)


class _Lists:
    """Locations as they were polled or saved: the EVSEs of each list, with the time that its wrapper tells.

    Args:
        file: the open file.
        kind: ``polls`` or ``snapshots``; the time of a snapshot is that of its file's name.
    """

    def __init__(self, file: SourceFile, kind: str) -> None:
        self._file = file
        self._kind = kind
        self._waiting: list[tuple[int, _Evse | None]] = []
        self._ready: list[tuple[int, _Evse | None]] = []
        self._parties: dict[str, Party] = {}

    def records(self, reading: Reading) -> Iterator[tuple[int, _Evse | None]]:
        """The EVSEs of each list once the list has ended."""
        for item in items(self._file, reading.profile.encoding, self._end_list):
            yield from self._taken()
            answer = _answer_of_one(item)
            self._waiting += ((item.line, evse) for evse in self._of(item, answer))
            if answer:
                self._end_list(item.line, answer)
            if self._kind == SNAPSHOTS:
                self._ready, self._waiting = [*self._ready, *self._waiting], []
        yield from self._taken()
        yield from self._waiting

    def _taken(self) -> list[tuple[int, _Evse | None]]:
        ready, self._ready = self._ready, []
        return ready

    def _end_list(self, line: int, members: Mapping[str, Any]) -> None:
        """Gives the EVSEs of a poll its time."""
        if self._kind == SNAPSHOTS or not members:
            return
        by_name = {folded(name): value for name, value in members.items()}
        time = by_name.get(folded("polled_at"))
        text = utc_text(time) if isinstance(time, str) else ""
        for at, evse in self._waiting:
            told = evse if evse is None or evse.fault else evse._replace(texts={**evse.texts, "time": text})
            self._ready.append((at, told))
        self._waiting = []

    def _of(self, item: Item, answer: Mapping[str, Any] | None) -> Iterator[_Evse | None]:
        """The EVSEs of a Location, or of the one object that was asked for: an EVSE does not tell its Location."""
        only = answer["data"] if answer else {}
        if any(folded(name) == "uid" for name in only):
            yield _of_member("", only)
        else:
            yield from self._of_location(item._replace(members=only) if answer else item)

    def _of_location(self, item: Item) -> Iterator[_Evse | None]:
        if item.fault:
            yield _Evse(item.raw, {}, item.fault)
            return
        try:
            location = folded_members(item.members)
            location_id = scalar_text(location.get("id"), is_id=True)
            party = [scalar_text(location.get(folded(name)), is_id=True) for name in ("country_code", "party_id")]
        except Fault as fault:
            yield _Evse(item.raw, {}, str(fault))
            return
        if any(party):
            _refuse_two_parties(self._file, item.line, location_id, (party[0], party[1]), self._parties)
        evses = location.get("evses")
        for evse in evses if isinstance(evses, list) and evses else [None]:
            yield None if evse is None else _of_member(location_id, evse)


def _answer_of_one(item: Item) -> Mapping[str, Any] | None:
    """The members of an answer that holds one object in place of a list, by their letters alone; None for no such."""
    if item.fault or "id" in item.members:
        return None
    try:
        members = folded_members(item.members)
    except Fault:
        return None
    return members if "id" not in members and isinstance(members.get("data"), dict) else None


def _refuse_two_parties(file: SourceFile, line: int, location_id: str, party: Party, parties: dict[str, Party]) -> None:
    """Refuses a location that two parties have: station ids are unique within a source."""
    own = (party[0].casefold(), party[1].casefold())
    other = parties.setdefault(location_id, own)
    if other != own:
        two = " and ".join("-".join(one).upper() for one in (other, own))
        raise SourceError(
            "location_of_two_parties",
            f"{file.name} line {line}: location {printable(location_id)!r} belongs to both {printable(two)}. "
            "Location ids are unique only within a party, so these would become one station.",
            "Write each party's objects to a file of its own and load it under a name of its own: --source NAME.",
        )


PUSHES_READER = StatusReader(PUSHES)
POLLS_READER = StatusReader(POLLS)
SNAPSHOTS_READER = StatusReader(SNAPSHOTS)
