"""OCPI Sessions and CDRs, versions 2.1.1 to 2.3.0: lists as pulled, and logs of what was pushed.

One module reads both, since they share envelopes, ids, places, tokens and times. What does not belong here: which of
several messages about one object decides (``ocpi.messages``), what wraps the objects (``json_documents``), what their
fields are to us (the profiles), and Locations, which are registries of stations.
Source: OCPI 2.1.1-d2, 2.2.1-d2 and 2.3.0, modules Sessions, CDRs and Locations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from evcharge.carriers.file import SourceFile
from evcharge.frames import RawSessions
from evcharge.ids import as_written, clean_id, joined
from evcharge.sources.chunk import Reading, chunks
from evcharge.sources.json_documents import first_items
from evcharge.sources.json_records import Record, WaitingRecords, batches, folded_members
from evcharge.sources.json_values import Fault, refuse_unstorable, scalar_text
from evcharge.sources.names import folded
from evcharge.sources.ocpi.messages import (
    CDRS,
    SESSIONS,
    Message,
    Plan,
    kind_of,
    messages,
    opened,
    sessions_of,
    utc_text,
)
from evcharge.sources.privacy import ROW_WITHHELD

PLACE = ("location_id", "evse_uid", "connector_id")
STATION = ("name", "address", "city", "state", "country", "latitude", "longitude")
SESSION_FIELDS: tuple[str, ...] = (
    *("id", "start_date_time", "end_date_time", "kwh", "status", "became_active", "last_updated", "token"),
    *(*PLACE, *STATION),
)
CDR_FIELDS: tuple[str, ...] = (
    *("id", "start_date_time", "end_date_time", "total_energy", "remark", "last_updated", "token"),
    *(*PLACE, *STATION),
)

NO_CONNECTOR = "#NA"
"""Stands for EVSE and connector in the CDR of a reservation that no charging followed. Source: 2.2.1, CdrLocation."""

ENDED = ("COMPLETED", "INVALID")
"""States after which a session does not go on. Source: 2.2.1, SessionStatus."""

_PLACES = frozenset(map(folded, ("location_id", "location", "cdr_location")))

Texts = dict[str, str]


@dataclass(frozen=True)
class OcpiReader:
    """Reads the objects of one OCPI module.

    Attributes:
        kind: ``sessions`` or ``cdrs``.
        FIELDS: names of the fields that it makes.
        texts: their texts, from the object's folded members; None where the object is no charging session.
    """

    kind: str
    FIELDS: tuple[str, ...]
    texts: Callable[[Mapping[str, Any]], Texts | None]

    def recognises(self, file: SourceFile) -> bool:
        """Whether an object of this kind stands at the file's beginning, alone or in a message."""
        return any(self._is_mine(item.members) for item in first_items(file))

    def _is_mine(self, members: dict[str, Any]) -> bool:
        try:
            method, url, body = opened(members)
            names = folded_members(body).keys()
        except Fault:
            return False
        if kind_of(names, url) != self.kind:
            return False
        return bool(url and method) or (names >= {"id", folded("start_date_time")} and not names.isdisjoint(_PLACES))

    def read(self, file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
        """The sessions, one for all versions of an object.

        Memory holds the objects' keys. The rows wait until the file is read to its end: then they hold if each message
        is about an object of its own. Else the file is read once more, and the messages about an object that has
        several wait until the last one has come.

        Raises:
            SourceError: ``location_of_two_parties``, ``service_answered_error``; or what ``json_documents.items``
                raises.
        """
        encoding, private = reading.profile.encoding, reading.profile.private_fields
        names = tuple(map(folded, self.FIELDS))
        plan = Plan(file, self.kind)
        with closing(WaitingRecords(private)) as waiting:
            for message in messages(file, self.kind, encoding):
                if isinstance(message, Message):
                    plan.note(message)
                if plan.is_plain:
                    waiting.add(self._of_lone(message, plan, private))
            if plan.is_plain:
                yield from chunks(batches(waiting.records(), len(names)), names, reading)
        if not plan.is_plain:
            records = self._records(messages(file, self.kind, encoding), plan, private)
            yield from chunks(batches(records, len(names)), names, reading)

    def _of_lone(self, message: Message | Record | None, plan: Plan, private: frozenset[str]) -> Record | None:
        """The row of an object that no other message is about."""
        if not isinstance(message, Message):
            return self._of_width(message)
        if message.is_patch:
            return self._record(message, "patch_without_put", private)
        return self._record(message, None, private)

    def _records(
        self, found: Iterator[Message | Record | None], plan: Plan, private: frozenset[str]
    ) -> Iterator[Record | None]:
        """A row or None for each object of the file."""
        waiting: dict[tuple[str, ...], list[Message]] = {}
        for message in found:
            if not isinstance(message, Message):
                yield self._of_width(message)
                continue
            group = [message]
            if message.key and plan.counts[message.key] > 1:
                group = [*waiting.pop(message.key, []), message]
                if len(group) < plan.counts[message.key]:
                    waiting[message.key] = group
                    continue
            yield from self._of_group(group, plan, private)

    def _of_group(self, group: list[Message], plan: Plan, private: frozenset[str]) -> Iterator[Record | None]:
        """The rows that all messages of one id make, and None for each of the others."""
        sessions = sessions_of(group)
        if not sessions:
            for message in group:
                yield self._record(message, "patch_without_put", private)
            return
        yield from [None] * (len(group) - len(sessions))
        is_alone = len(sessions) == 1 or len({session.start for session in sessions}) == 1
        for session in sessions:
            if plan.is_cancelled(session, is_alone=is_alone):
                yield None
            elif plan.cancels_nothing(session):
                yield self._record(session, "credit_without_cdr", private)
            else:
                yield self._record(session, None, private, sessions[0])

    def _record(
        self, message: Message, fault: str | None, private: frozenset[str], first: Message | None = None
    ) -> Record | None:
        """The object as a row; None where it is no charging session.

        Its id is spelt as in the first object of that id, for OCPI compares ids without regard to case.
        """
        try:
            texts = {} if fault else self.texts(message.members())
            if texts is None:
                return None
            if (
                first
                and first is not message
                and clean_id(of_first := _scoped_id(first.members())) != clean_id(texts["id"])
            ):
                texts["id"] = of_first
            cells = [texts.get(name, "") for name in self.FIELDS]
            refuse_unstorable(cells)
            return Record(message.line, message.kept(private), fault, cells)
        except Fault as found:
            return self._of_width(Record(message.line, ROW_WITHHELD, str(found), ()))

    def _of_width(self, record: Record | None) -> Record | None:
        return record and record._replace(texts=[""] * len(self.FIELDS))


def holds_locations(file: SourceFile) -> bool:
    """Whether the file's beginning is of OCPI Locations, which tell of stations and of no session."""
    names = (frozenset(map(folded, opened(item.members).body)) for item in first_items(file))
    return any({"id", "coordinates"} <= one and not one.isdisjoint({"evses", "address"}) for one in names)


def _session_texts(members: Mapping[str, Any]) -> Texts | None:
    """A Session's texts. Energy, end and state of one that still goes on are left out: they are not its last."""
    status = _scalar(members, "status")
    state = status.strip().upper()
    if state == "RESERVATION":
        return None
    end = utc_text(_scalar(members, "end_date_time"))
    has_ended = state in ENDED or (state != "ACTIVE" and bool(end.strip()))
    kwh = _scalar(members, "kwh")
    return {
        **_shared_texts(members),
        "end_date_time": end if has_ended else "",
        "kwh": kwh if has_ended else "",
        "status": status if has_ended else "",
        "became_active": {"COMPLETED": "true", "PENDING": "false"}.get(state, "") if has_ended else "",
    }


def _cdr_texts(members: Mapping[str, Any]) -> Texts | None:
    """A CDR's texts; None for a reservation that no charging followed."""
    energy = _scalar(members, "total_energy")
    texts = _shared_texts(members)
    if texts["connector_id"] == NO_CONNECTOR and _is_zero(energy):
        return None
    end = _scalar(members, "end_date_time") or _scalar(members, "stop_date_time")
    places = {name: "" if texts[name] == NO_CONNECTOR else texts[name] for name in ("evse_uid", "connector_id")}
    remark = " ".join(_scalar(members, "remark").split())
    return {**texts, **places, "end_date_time": utc_text(end), "total_energy": energy, "remark": remark}


def _shared_texts(members: Mapping[str, Any]) -> Texts:
    """Texts that Sessions and CDRs have in common."""
    return {
        "id": _scoped_id(members),
        "start_date_time": utc_text(_scalar(members, "start_date_time")),
        "last_updated": utc_text(_scalar(members, "last_updated")),
        "token": _token(members),
        **_place_texts(members),
    }


def _scoped_id(members: Mapping[str, Any]) -> str:
    """``country_code|party_id|id``, since ids are unique only within a party; the id alone where no party is told.

    Each part is cleaned as an id is, and a ``|`` or ``%`` inside one is written ``%7C`` or ``%25``.
    """
    written = [_id(members, "country_code"), _id(members, "party_id"), _id(members, "id")]
    cleaned = [clean_id(part) or "" if part else "" for part in written]
    country, party, own = cleaned
    if not own:
        return ""
    key = joined(cleaned if country or party else [own])
    return (key if cleaned == written else as_written(key, written)) or ""


def _token(members: Mapping[str, Any]) -> str:
    """Who charged: the contract's id, which 2.1.1 calls ``auth_id``, else the token's."""
    token = members.get(folded("cdr_token"))
    if not isinstance(token, dict):
        return _scalar(members, "cdr_token") or _scalar(members, "auth_id")
    inner = folded_members(token)
    return _scalar(inner, "contract_id") or _scalar(inner, "uid")


def _place_texts(members: Mapping[str, Any]) -> Texts:
    """Where it was: by ids (2.2 on), by ``cdr_location`` (CDRs, 2.2 on) or by a nested ``location`` (2.1.1)."""
    location = _inner(members, "cdr_location") or _inner(members, "location")
    evse = _only(location.get("evses"))
    connector = _only(evse.get("connectors"))
    coordinates = location.get("coordinates")
    point = folded_members(coordinates) if isinstance(coordinates, dict) else {}
    return {
        "location_id": _id(members, "location_id") or _id(location, "id"),
        "evse_uid": _id(members, "evse_uid") or _id(location, "evse_uid") or _id(evse, "uid"),
        "connector_id": _id(members, "connector_id") or _id(location, "connector_id") or _id(connector, "id"),
        "name": _attribute(location, "name"),
        "address": _attribute(location, "address"),
        "city": _attribute(location, "city"),
        "state": _attribute(location, "state"),
        "country": _attribute(location, "country"),
        "latitude": _attribute(point, "latitude"),
        "longitude": _attribute(point, "longitude"),
    }


def _only(values: Any) -> Mapping[str, Any]:
    """The one object of a list; nothing where there are several, for it can't be told which is meant."""
    return (
        folded_members(values[0])
        if isinstance(values, list) and len(values) == 1 and isinstance(values[0], dict)
        else {}
    )


def _inner(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that is an object, by its folded names; nothing where it is not there.

    Raises:
        Fault: ``value_not_scalar`` where it is something else.
    """
    value = members.get(folded(name))
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Fault("value_not_scalar")
    return folded_members(value)


def _scalar(members: Mapping[str, Any], name: str, *, is_id: bool = False) -> str:
    value = members.get(folded(name))
    return value if type(value) is str else "" if value is None else scalar_text(value, is_id)


def _id(members: Mapping[str, Any], name: str) -> str:
    return _scalar(members, name, is_id=True)


def _attribute(members: Mapping[str, Any], name: str) -> str:
    """An attribute of the station: no session is refused for one, so that what can't be kept is left out."""
    value = members.get(folded(name))
    if value is None:
        return ""
    if type(value) is str and value.isascii() and "\0" not in value:
        return value
    try:
        text = scalar_text(value, is_id=False)
        refuse_unstorable([text])
    except Fault:
        return ""
    return text


def _is_zero(text: str) -> bool:
    try:
        return float(text or 0) == 0
    except ValueError:
        return False


SESSIONS_READER = OcpiReader(SESSIONS, SESSION_FIELDS, _session_texts)
CDRS_READER = OcpiReader(CDRS, CDR_FIELDS, _cdr_texts)
