"""What an OCPI file says of each object, message by message, and what all of them together say.

A message is an object as pulled, or a line of a push log: ``{"method": "PUT", "url": …, "body": {…}}``. What does not
belong here: what the members of an object mean (``ocpi``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, NamedTuple
from urllib.parse import unquote

from evcharge.carriers.file import SourceFile, printable
from evcharge.errors import SourceError
from evcharge.sources.json_documents import items
from evcharge.sources.json_records import Record, folded_members
from evcharge.sources.json_values import Fault, scalar_text
from evcharge.sources.names import folded
from evcharge.sources.privacy import ROW_WITHHELD, withheld_object, withheld_text

SESSIONS, CDRS, OTHER = "sessions", "cdrs", "other"

WHOLE = ("PUT", "POST")
"""Methods that bring a whole object."""

PARTIAL = "PATCH"
"""The method that brings the members that changed."""

_CDR_NAMES = frozenset(map(folded, ("total_energy", "stop_date_time", "cdr_location")))
_STATE_NAMES = frozenset(map(folded, ("status", "start_date_time")))
_OBJECT_URL = re.compile(r"/(?:sessions|cdrs)/([^/?#]+)/([^/?#]+)/([^/?#]+)/?(?:[?#]|$)")
_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
    r"(?P<fraction>\.[0-9]+)?(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_MICROSECONDS = 6
_EARLIEST = datetime.min.replace(tzinfo=timezone.utc)

Key = tuple[str, ...]


class Opened(NamedTuple):
    """A message taken out of its envelope: ``method`` is empty for an object as pulled."""

    method: str
    url: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Message:
    """One message about an object.

    Attributes:
        line: line on which it begins.
        raw: its exact text; None where the object is only a part of it, or was put together from several.
        body: the object's members, or those that changed.
        is_patch: whether it brings only what changed.
        key: what tells the object from others: country, party and id, case-folded; empty where it has no id.
    """

    line: int
    raw: str | None
    body: dict[str, Any]
    is_patch: bool
    key: Key

    @classmethod
    def of_all(cls, group: list[Message]) -> Message | None:
        """What all the messages about one object say together; None where they are patches of something unknown.

        They count in the order of ``last_updated``, and equal or unstated ones in that of the file. A whole object
        takes the place of what was said before it; a patch changes the members it has and adds its charging periods.
        """
        whole: Message | None = None
        for message in _in_order(group):
            if not message.is_patch:
                whole = message
            elif whole:
                whole = cls(message.line, None, _merged(whole.body, message.body), is_patch=False, key=whole.key)
        return whole

    def kept(self, private: frozenset[str]) -> str:
        """The object's text without its private members (folded names).

        Raises:
            Fault: it is nested too deep to be told.
        """
        try:
            if self.raw is None:
                return withheld_object(self.body, private)
            return withheld_text(self.raw, self.body, private)
        except RecursionError as error:
            raise Fault("malformed_row") from error


class Plan:
    """What has to be known of the whole file before its first object can be read.

    Attributes:
        counts: number of messages about each object.
    """

    def __init__(self, file: SourceFile, kind: str, encoding: str) -> None:
        self.counts: Counter[Key] = Counter()
        self._credits: dict[Key, Key] = {}
        parties: dict[str, Key] = {}
        for message in messages(file, kind, encoding):
            if isinstance(message, Message) and message.key:
                self.counts[message.key] += 1
                _note_party(file, message, parties)
                if kind == CDRS and (target := _credited(message)):
                    self._credits[message.key] = target
        self._cancelled = set(self._credits.values())

    def is_cancelled(self, message: Message) -> bool:
        """Whether a credit CDR takes this CDR back, or this is a credit CDR that takes back one of the file."""
        target = self._credits.get(message.key)
        return self._is_there(target) if target else message.key in self._cancelled

    def cancels_nothing(self, message: Message) -> bool:
        """Whether this is a credit CDR for one that the file does not hold."""
        return message.key in self._credits and not self.is_cancelled(message)

    def _is_there(self, target: Key) -> bool:
        return target in self.counts and target not in self._credits


def messages(file: SourceFile, kind: str, encoding: str) -> Iterator[Message | Record | None]:
    """What the file says, in its order: a message, a broken object as a record without texts, or None for others.

    Args:
        file: the open file.
        kind: ``sessions`` or ``cdrs``.
        encoding: how its bytes are to be read.

    Raises:
        SourceError: what ``json_documents.items`` raises.
    """
    for item in items(file, encoding):
        if item.fault:
            yield Record(item.line, ROW_WITHHELD, item.fault, ())
            continue
        try:
            yield _message(item.line, item.raw, item.members, kind)
        except Fault as fault:
            yield Record(item.line, ROW_WITHHELD, str(fault), ())


def _message(line: int, raw: str, members: dict[str, Any], kind: str) -> Message | None:
    """The message that an object of the file is; None for one of another kind, and for requests that bring nothing."""
    method, url, body = opened(members)
    by_name = folded_members(body)
    if kind_of(by_name.keys(), url) not in (kind, None):
        return None
    if method and method not in (*WHOLE, PARTIAL):
        return None
    if body is members and method:
        raise Fault("malformed_row")
    key = _key(by_name, url)
    return Message(line, raw if body is members else None, body, is_patch=method == PARTIAL, key=key)


def opened(members: dict[str, Any]) -> Opened:
    """The object in a line of a push log, in an envelope around one object, or as it is.

    Of a line whose ``body`` is no object, the body is the line itself.
    """
    by_name = {folded(name): value for name, value in members.items()}
    method, url, body = by_name.get("method"), by_name.get("url"), by_name.get("body")
    if isinstance(method, str) and ("url" in by_name or "body" in by_name):
        inside = body if isinstance(body, dict) else members
        return Opened(method.strip().upper(), url if isinstance(url, str) else "", inside)
    data = by_name.get("data")
    return Opened("", "", data if isinstance(data, dict) else members)


def kind_of(names: Collection[str], url: str) -> str | None:
    """What an object of these folded names is, or is by the address it was pushed to; None where neither tells."""
    if url:
        told = (kind for kind in (SESSIONS, CDRS) if re.search(rf"/{kind}(?:[/?#]|$)", url))
        return next(told, OTHER)
    if not _CDR_NAMES.isdisjoint(names):
        return CDRS
    if "kwh" in names or set(names) >= _STATE_NAMES:
        return SESSIONS
    return OTHER if "evses" in names else None


def utc_text(text: str) -> str:
    """A time with its offset: OCPI's are UTC where they state none. Digits beyond microseconds are left out.

    Source: OCPI 2.2.1, 16.2 DateTime. What is no time stays as it is: cleaning judges it.
    """
    match = _TIME.fullmatch(text.strip())
    if not match:
        return text
    fraction = (match["fraction"] or "")[: _MICROSECONDS + 1]
    return f"{match['date']}T{match['time']}{fraction}{(match['offset'] or 'Z').upper()}"


def _key(by_name: dict[str, Any], url: str) -> Key:
    """Country, party and id, case-folded, since OCPI compares them so: from the address, else from the object.

    Raises:
        Fault: ``malformed_row`` where the address and the object name different ids; ``value_not_scalar``.
    """
    own = scalar_text(by_name.get("id"), is_id=True).strip().casefold()
    if match := _OBJECT_URL.search(url):
        key = tuple(unquote(part).strip().casefold() for part in match.groups())
        if own and own != key[-1]:
            raise Fault("malformed_row")
        return key
    return (*_party(by_name), own) if own else ()


def _party(by_name: dict[str, Any]) -> Key:
    """Country and party, case-folded; empty where they are not told."""
    return tuple(_text(by_name, name).casefold() for name in ("country_code", "party_id"))


def _text(by_name: dict[str, Any], name: str) -> str:
    """A text or number without blanks around it; empty for anything else."""
    value = by_name.get(folded(name))
    return value.strip() if isinstance(value, str) else ""


def _credited(message: Message) -> Key | None:
    """The key of the CDR that a credit CDR takes back; one without a reference takes back nothing that is there."""
    by_name = folded_members(message.body)
    if by_name.get("credit") is not True and _text(by_name, "credit").casefold() != "true":
        return None
    return (*message.key[:-1], _text(by_name, "credit_reference_id").casefold())


def _note_party(file: SourceFile, message: Message, parties: dict[str, Key]) -> None:
    """Notes whose location it is, and refuses one that two parties have: station ids are unique within a source."""
    by_name = folded_members(message.body)
    place = by_name.get(folded("cdr_location")) or by_name.get("location")
    inner = {folded(name): value for name, value in place.items()} if isinstance(place, dict) else {}
    location, party = _text(by_name, "location_id") or _text(inner, "id"), _party(by_name)
    if not location or not any(party):
        return
    other = parties.setdefault(location, party)
    if other != party:
        two = " and ".join("-".join(one).upper() for one in (other, party))
        raise SourceError(
            "location_of_two_parties",
            f"{file.name} line {message.line}: location {printable(location)!r} belongs to both {printable(two)}. "
            "Location ids are unique only within a party, so these would become one station.",
            "Write each party's objects to a file of its own and load it under a name of its own: --source NAME.",
        )


def _merged(whole: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """The object with the members of a patch; charging periods are added. Source: 2.2.1, 9.2.2.3 PATCH."""
    merged = {**whole, **patch}
    for name, value in patch.items():
        before = whole.get(name)
        if folded(name) == folded("charging_periods") and isinstance(value, list) and isinstance(before, list):
            merged[name] = [*before, *value]
    return merged


def _in_order(group: list[Message]) -> list[Message]:
    """The messages by ``last_updated``; one that states none goes with the one before it in the file."""
    if len(group) == 1:
        return group
    versions, last = [], _EARLIEST
    for message in group:
        last = _version(message) or last
        versions.append(last)
    return [group[place] for place in sorted(range(len(group)), key=versions.__getitem__)]


def _version(message: Message) -> datetime | None:
    """When the source last changed what the message tells, or None."""
    text = folded_members(message.body).get(folded("last_updated"))
    match = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    if not match:
        return None
    digits = (match["fraction"] or ".")[1:].ljust(_MICROSECONDS, "0")[:_MICROSECONDS]
    offset = (match["offset"] or "Z").upper().replace("Z", "+0000").replace(":", "").ljust(5, "0")
    seconds = match["time"] if match["time"].count(":") > 1 else f"{match['time']}:00"
    try:
        return datetime.strptime(f"{match['date']} {seconds}.{digits}{offset}", "%Y-%m-%d %H:%M:%S.%f%z")
    except ValueError:
        return None
