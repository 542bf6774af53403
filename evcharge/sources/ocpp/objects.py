"""The messages in JSON objects: one object per line, or the elements of an array.

What does not belong here: tables (``ocpp.tables``), and what a frame is (``ocpp.frame``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evcharge.sources.json_values import Fault
from evcharge.sources.names import folded
from evcharge.sources.ocpp.columns import STATION_NAMES, TIME_NAMES, WAY_NAMES, Columns, is_frame
from evcharge.sources.ocpp.frame import Broken, Head, Message, json_value, message_of, message_of_parts
from evcharge.sources.ocpp.heads import WAYS
from evcharge.sources.ocpp.lines import FRAME_START
from evcharge.sources.ocpp.payloads import scalar, station_name
from evcharge.sources.ocpp.texts import messages_in
from evcharge.sources.ocpp.times import log_time

_FRAME_NAMES = ("message", "frame", "ocppmessage", "payload", "data")
"""Names of members, folded; the first that is there is read."""


def messages_of_object(file: str, line: int, value: object, columns: Columns) -> Iterator[Message | Broken]:
    """The messages in a JSON object, or in a bare frame.

    Args:
        file: SHA-256 of the file.
        line: line of the object, or its number in an array.
        value: the object.
        columns: what the members of the file's first objects hold, for those whose names tell nothing.

    Raises:
        Fault: it holds something else where its message should be.
    """
    if isinstance(value, list):
        yield message_of(file, line, Head(), value)
        return
    if not isinstance(value, dict):
        raise Fault("not_an_object")

    members = {folded(key): item for key, item in value.items()}
    inner = _inner(members)
    head = _head(members, columns)
    if isinstance(inner, str):
        yield from messages_in(file, line, inner, head)
    elif isinstance(inner, list):
        yield message_of(file, line, head, inner)
    elif isinstance(inner, dict):
        message = message_of_parts(file, line, head, members, inner)
        yield from [message] if message else []
    elif FRAME_START.search(json.dumps(value)):
        raise Fault("malformed_row")  # a frame deeper than where one is looked for


def _inner(members: Mapping[str, Any]) -> Any:
    """The frame among the members, or the text that holds one, else what stands where one is expected."""
    frames = [name for name, item in members.items() if is_frame(item)]
    known = [name for name in _FRAME_NAMES if name in (frames or members)]
    inner = members[(known or frames)[0]] if known or frames else None
    return json_value(inner) if isinstance(inner, str) and not frames and inner.lstrip()[:1] in ("[", "{") else inner


def _head(members: Mapping[str, Any], columns: Columns) -> Head:
    logged_at, zone = log_time(_member(members, columns.time, TIME_NAMES))
    station = station_name(_member(members, columns.station, STATION_NAMES))
    direction = WAYS.get(_member(members, columns.way, WAY_NAMES).casefold(), "")
    return Head(station, direction, logged_at, zone, f"{logged_at} {station} ".lstrip())


def _member(members: Mapping[str, Any], known: str, names: Sequence[str]) -> str:
    """The member of the known name, where there is one and it says anything, else the first that does, as text."""
    if known and (text := scalar(members.get(known))):
        return text
    return next((text for name in names if (text := scalar(members.get(name)))), "")
