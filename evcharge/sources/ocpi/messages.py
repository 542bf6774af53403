"""What an OCPI file says of each object, message by message, and what all of them together say.

A message is an object as pulled, or a line of a push log: ``{"method": "PUT", "url": …, "body": {…}}``. What does not
belong here: what the members of an object mean (``ocpi``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import unquote

from evcharge.carriers.file import SourceFile, printable
from evcharge.errors import SourceError
from evcharge.ids import clean_id
from evcharge.sources.json_documents import items
from evcharge.sources.json_records import Record, by_folded_name, folded_members, folded_names
from evcharge.sources.json_values import Fault, scalar_text
from evcharge.sources.names import folded
from evcharge.sources.ocpi.answers import is_answer, refuse_error_answer
from evcharge.sources.privacy import ROW_WITHHELD, KeptText, withheld_object, withheld_text

SESSIONS, CDRS, OTHER = "sessions", "cdrs", "other"

WHOLE = ("PUT", "POST")
"""Methods that bring a whole object."""

MOST_BRACKETS = 200
"""An object of no more brackets is surely not nested too deep to be told."""

PARTIAL = "PATCH"
"""The method that brings the members that changed."""

_CDR_NAMES = frozenset(map(folded, ("total_energy", "stop_date_time", "cdr_location")))
_ID_NAMES = frozenset(map(folded, ("country_code", "party_id", "id")))
_STATE_NAMES = frozenset(map(folded, ("status", "start_date_time")))
_IN_ENVELOPES = frozenset(("method", "data"))
"""Without one of these, an object is in no envelope."""
_OBJECT_URL = re.compile(r"/(?:sessions|cdrs)/([^/?#]+)/([^/?#]+)/([^/?#]+)/?(?:[?#]|$)")
_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
    r"(?P<fraction>\.[0-9]+)?(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
"""How nearly all times are written: as ``utc_text`` writes them."""
_MICROSECONDS = 6
_EARLIEST = datetime.min.replace(tzinfo=timezone.utc)

Key = tuple[str, ...]


class Opened(NamedTuple):
    """A message taken out of its envelope: ``method`` is empty for an object as pulled."""

    method: str
    url: str
    body: dict[str, Any]


@dataclass(slots=True)
class Message:
    """One message about an object.

    Attributes:
        line: line on which it begins.
        raw: its exact text; None where the object is only a part of it, or was put together from several.
        body: the object's members, or those that changed.
        is_patch: whether it brings only what changed.
        key: what tells the object from others: country, party and id, case-folded; empty where it has no id.
        is_pushed: whether it is a line of a push log, whose order is the order in which things happened.
        by_name: the members by their folded names; None of an object that was put together from several.
    """

    line: int
    raw: str | None
    body: dict[str, Any]
    is_patch: bool
    key: Key
    is_pushed: bool = False
    by_name: dict[str, Any] | None = None

    @property
    def start(self) -> datetime | str:
        """The start that a whole object states, whatever its spelling; as written where it is no time."""
        text = self.told("start_date_time")
        return _instant(text) or text

    @property
    def content(self) -> list[tuple[str, Any]]:
        """The members that tell no id, by their folded names."""
        return sorted((folded(name), value) for name, value in self.body.items() if folded(name) not in _ID_NAMES)

    def told(self, name: str) -> str:
        """The text of a member, in whatever letters its name is written; empty where it is none."""
        return _text(self.by_name or {folded(own): value for own, value in self.body.items()}, name)

    def members(self) -> dict[str, Any]:
        """The members by their folded names.

        Raises:
            Fault: ``duplicate_key`` where two names fold to one.
        """
        return folded_members(self.body) if self.by_name is None else self.by_name

    def patched_by(self, patch: Message) -> Message:
        """The object as a patch leaves it."""
        merged = _merged(self.body, patch.body)
        return Message(patch.line, None, merged, is_patch=False, key=self.key, is_pushed=True)

    def kept(self, private: frozenset[str]) -> str | KeptText:
        """The object's text without its private members (folded names), or what tells it later.

        Raises:
            Fault: it is nested too deep to be told.
        """
        try:
            if self.raw is None:
                return withheld_object(self.body, private)
            if self.raw.count("{") + self.raw.count("[") <= MOST_BRACKETS:
                return KeptText(self.raw, private)
            return withheld_text(self.raw, self.body, private)
        except RecursionError as error:
            raise Fault("malformed_row") from error


def sessions_of(group: list[Message]) -> list[Message]:
    """The sessions that all the messages of one id tell of, in file order; none where all are patches.

    Whole objects of one start are versions of one session; another start is another session, whose id collides. The
    messages count in the order of ``last_updated``, and equal or unstated ones in that of the file: of a session the
    later version takes the place of the one before, and a patch changes the object that was told last. Of objects as
    pulled, whose order says nothing, different ones of one version all stay: the load decides (``load.versions``).
    """
    if len(group) == 1:
        return [] if group[0].is_patch else group
    stand: dict[datetime | str, list[tuple[datetime, Message]]] = {}
    last: datetime | str = ""
    for version, message in _in_order(group):
        if not message.is_patch:
            last = message.start
            stand[last] = _with(stand.get(last, []), version, message)
        elif last in stand:
            *others, (_, whole) = stand.pop(last)
            whole = whole.patched_by(message)
            last = whole.start
            stand[last] = [*others, (version, whole)]
    return sorted((message for versions in stand.values() for _, message in versions), key=lambda one: one.line)


class Plan:
    """What has to be known of the whole file before its first object can be read.

    Attributes:
        counts: number of messages about each object.
        is_plain: whether so far each message is about an object of its own, and none takes back another one: then a
            message is read like any other, whatever follows it.
    """

    def __init__(self, file: SourceFile, kind: str) -> None:
        self.counts: dict[Key, int] = {}
        self.is_plain = True
        self._file = file
        self._has_credits = kind == CDRS
        self._credits: set[Key] = set()
        self._cancelled: dict[Key, set[datetime | str]] = {}
        self._parties: dict[str, Key] = {}

    def note(self, message: Message) -> None:
        """Take the next message of the file.

        Raises:
            SourceError: ``location_of_two_parties``.
        """
        key = message.key
        if not key:
            return
        self.counts[key] = count = self.counts.get(key, 0) + 1
        _note_party(self._file, message, self._parties)
        target = self._target(message)
        if target:
            self._credits.add(key)
            self._cancelled.setdefault(target, set()).add(message.start)
        self.is_plain = self.is_plain and count == 1 and not target

    def is_cancelled(self, message: Message, *, is_alone: bool) -> bool:
        """Whether a credit CDR takes this CDR back, or this is a credit CDR that takes back one of the file.

        Args:
            message: a CDR.
            is_alone: whether no CDR of the file has its id and another start. Of several, a credit takes back those of
                its own start.
        """
        if target := self._target(message):
            return self._is_there(target)
        starts = self._cancelled.get(message.key)
        return bool(starts) and (is_alone or message.start in (starts or ()))

    def cancels_nothing(self, message: Message) -> bool:
        """Whether this is a credit CDR for one that the file does not hold."""
        target = self._target(message)
        return target is not None and not self._is_there(target)

    def _target(self, message: Message) -> Key | None:
        return _credited(message) if self._has_credits and message.key else None

    def _is_there(self, target: Key) -> bool:
        return target in self.counts and target not in self._credits


def messages(file: SourceFile, kind: str, encoding: str) -> Iterator[Message | Record | None]:
    """What the file says, in its order: a message, a broken object as a record without texts, or None for others.

    Args:
        file: the open file.
        kind: ``sessions`` or ``cdrs``.
        encoding: how its bytes are to be read.

    Raises:
        SourceError: ``service_answered_error``; or what ``json_documents.items`` raises.
    """
    for item in items(file, encoding, partial(refuse_error_answer, file)):
        if item.fault:
            yield Record(item.line, ROW_WITHHELD, item.fault, ())
            continue
        if is_answer(item.members):
            refuse_error_answer(file, item.line, item.members)
            if not isinstance(item.members.get("data"), dict):
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
    own = raw if body is members else None
    return Message(line, own, body, is_patch=method == PARTIAL, key=key, is_pushed=bool(method), by_name=by_name)


def opened(members: dict[str, Any]) -> Opened:
    """The object in a line of a push log, in an envelope around one object, or as it is.

    Of a line whose ``body`` is no object, the body is the line itself.
    """
    if _IN_ENVELOPES.isdisjoint(folded_names(tuple(members))):
        return Opened("", "", members)
    by_name = by_folded_name(members)
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
    if "kwh" in names or _STATE_NAMES.issubset(names):
        return SESSIONS
    return OTHER if "evses" in names else None


def utc_text(text: str) -> str:
    """A time with its offset: OCPI's are UTC where they state none. Digits beyond microseconds are left out.

    Source: OCPI 2.2.1, 16.2 DateTime. What is no time stays as it is: cleaning judges it.
    """
    if _UTC.fullmatch(text):
        return text
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
    own = _folded_id(scalar_text(by_name.get("id"), is_id=True))
    if match := _OBJECT_URL.search(url):
        key = tuple(_folded_id(unquote(part)) for part in match.groups())
        if own and own != key[-1]:
            raise Fault("malformed_row")
        return key
    return (*_party(by_name), own) if own else ()


def _party(by_name: dict[str, Any]) -> Key:
    """Country and party, case-folded; empty where they are not told."""
    return (_folded_id(_text(by_name, "country_code")), _folded_id(_text(by_name, "party_id")))


@lru_cache(maxsize=4096)  # of a file's parties there are few
def _folded_id(text: str) -> str:
    """An id as it is compared: cleaned and case-folded."""
    return (clean_id(text) or "").casefold()


def _text(by_name: dict[str, Any], name: str) -> str:
    """A text or number without blanks around it; empty for anything else."""
    value = by_name.get(folded(name))
    return value.strip() if isinstance(value, str) else ""


def _credited(message: Message) -> Key | None:
    """The key of the CDR that a credit CDR takes back; one without a reference takes back nothing that is there."""
    if message.by_name is not None and "credit" not in message.by_name:
        return None
    is_credit = any(value is True for name, value in message.body.items() if folded(name) == "credit")
    if not is_credit and message.told("credit").casefold() != "true":
        return None
    return (*message.key[:-1], _folded_id(message.told("credit_reference_id")))


def _note_party(file: SourceFile, message: Message, parties: dict[str, Key]) -> None:
    """Notes whose location it is, and refuses one that two parties have: station ids are unique within a source."""
    by_name = message.members()
    location, party = _text(by_name, "location_id"), _party(by_name)
    if not location and any(party):
        place = by_name.get(folded("cdr_location")) or by_name.get("location")
        location = _text(by_folded_name(place), "id") if isinstance(place, dict) else ""
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


def _with(
    versions: list[tuple[datetime, Message]], version: datetime, message: Message
) -> list[tuple[datetime, Message]]:
    """The versions of a session that stand, and a whole object that is not older than any of them."""
    if message.is_pushed:
        return [(version, message)]
    same = [(known, one) for known, one in versions if known == version]
    return same if any(one.content == message.content for _, one in same) else [*same, (version, message)]


def _in_order(group: list[Message]) -> list[tuple[datetime, Message]]:
    """The messages by ``last_updated``, each with it; one that states none goes with the one before it in the file."""
    versions, last = [], _EARLIEST
    for message in group:
        last = _instant(message.told("last_updated")) or last
        versions.append((last, message))
    return sorted(versions, key=itemgetter(0))


def _instant(text: str) -> datetime | None:
    """The instant that a time of OCPI tells, or None."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    digits = (match["fraction"] or ".")[1:].ljust(_MICROSECONDS, "0")[:_MICROSECONDS]
    offset = (match["offset"] or "Z").upper().replace("Z", "+0000").replace(":", "").ljust(5, "0")
    seconds = match["time"] if match["time"].count(":") > 1 else f"{match['time']}:00"
    try:
        return datetime.strptime(f"{match['date']} {seconds}.{digits}{offset}", "%Y-%m-%d %H:%M:%S.%f%z")
    except ValueError:
        return None
