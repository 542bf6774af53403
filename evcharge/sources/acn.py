"""ACN-Data: sessions of Caltech, JPL and an office, as JSON of the web page or of the interface.

What does not belong here: what wraps the objects (``json_documents``), and what their fields are to us (the profile).
Source of the layout: the interface's documentation at ev.caltech.edu/dataset, and acnportal's client.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from evcharge.carriers.file import SourceFile
from evcharge.frames import RawSessions
from evcharge.sources.chunk import Reading, chunks
from evcharge.sources.json_documents import Item, first_items, items
from evcharge.sources.json_records import Record, batches, broken_record, folded_members, record
from evcharge.sources.json_values import Fault, scalar_text
from evcharge.sources.names import folded

IDS = ("sessionID", "stationID", "spaceID")
TIMES = ("connectionTime", "disconnectTime")
FIELDS: tuple[str, ...] = (*IDS, *TIMES, "kWhDelivered", "userID")

_NAMES = tuple(map(folded, FIELDS))
_SIGNATURE = frozenset(map(folded, ("sessionID", "stationID", "connectionTime", "kWhDelivered")))
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RFC_1123 = re.compile(
    rf"(?P<weekday>{'|'.join(_DAYS)}), (?P<day>[0-9]{{1,2}}) (?P<month>{'|'.join(_MONTHS)}) (?P<year>[0-9]{{4}}) "
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}) GMT"
)


def recognises(file: SourceFile) -> bool:
    """Whether an object at the file's beginning has the members of an ACN session."""
    return any(_SIGNATURE.issubset(map(folded, item.members)) for item in first_items(file))


def read(file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
    """The sessions, one an object.

    Raises:
        SourceError: what ``json_documents.items`` raises.
    """
    private = reading.profile.private_fields
    records = (_record(item, private) for item in items(file, reading.profile.encoding))
    yield from chunks(batches(records, len(FIELDS)), _NAMES, reading)


def _record(item: Item, private: frozenset[str]) -> Record:
    """The object as a row."""
    if item.fault:
        return broken_record(item, item.fault, len(FIELDS))
    try:
        members = folded_members(item.members)
        texts = {name: scalar_text(members.get(folded(name)), is_id=name in IDS) for name in FIELDS}
        zone = scalar_text(members.get("timezone"), is_id=False)
        for name in TIMES:
            texts[name] = local_time(texts[name], zone)
        return record(item, list(texts.values()), private)
    except Fault as fault:
        return broken_record(item, str(fault), len(FIELDS))


def local_time(text: str, zone_name: str) -> str:
    """An RFC 1123 time, which is in GMT, as ISO 8601 with the offset of the zone at that time.

    Where the zone is missing or unknown the offset is Z. A text of another form, or whose weekday is not that of its
    date, stays as it is: cleaning judges it.
    """
    match = _RFC_1123.fullmatch(text.strip())
    if not match:
        return text
    parts = (match["year"], str(_MONTHS.index(match["month"]) + 1), *match.group("day", "hour", "minute", "second"))
    try:
        instant = datetime(*map(int, parts), tzinfo=timezone.utc)  # type: ignore[misc, arg-type]
        if _DAYS[instant.weekday()] != match["weekday"]:
            return text
        zone = _zone(zone_name.strip())
        return instant.astimezone(zone).isoformat() if zone else instant.isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return text


@lru_cache(maxsize=64)  # the published sites have one zone
def _zone(name: str) -> ZoneInfo | None:
    """The IANA zone of that name, or None."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
