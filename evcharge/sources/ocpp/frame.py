"""One frame of OCPP-J, with what its carrier says of it, and the JSON that it is written in.

What does not belong here: how a log carries frames (``ocpp.messages``), and what a frame means (``ocpp.pairing``).
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from evcharge.sources.json_values import Fault, refuse_constant, unique_members
from evcharge.sources.ocpp.payloads import scalar, withheld
from evcharge.sources.ocpp.times import Moment, is_unset, iso_time, seconds_of
from evcharge.sources.privacy import ROW_WITHHELD

CALL, RESULT, ERROR = 2, 3, 4
"""Kinds of frames (OCPP-J 1.6, 4.2)."""
RECORD = 0
"""No frame: the back office's own note, with ``CONNECTED`` or ``DISCONNECTED`` as its action."""
CONNECTED, DISCONNECTED = "connected", "disconnected"

_STATES = {"1": CALL, "2": RESULT}
"""States of CitrineOS's messages."""

FROM_STATION, TO_STATION = "from station", "to station"


_NO_IDS = (list, dict, bool, type(None))
"""What no message id is."""


class Head(NamedTuple):
    """What a carrier says of a frame; each text is empty where it does not tell.

    Attributes:
        station: the station's id.
        direction: ``FROM_STATION`` or ``TO_STATION``, as a central system means it.
        logged_at: the time, as ``iso_time`` writes it, and ``zone``, the label of its zone.
        before: what is kept of it in a raw text.
    """

    station: str = ""
    direction: str = ""
    logged_at: str = ""
    zone: str = ""
    before: str = ""


class Message(NamedTuple):
    """One frame and what its carrier says of it.

    Attributes:
        file: SHA-256 of the file.
        line: line of the file, or number of the element of a JSON array; counted from 1.
        before: what stands before the frame, for the raw text.
        station: the station's id; empty where the carrier does not name it.
        direction: ``FROM_STATION``, ``TO_STATION``, or empty.
        logged_at: time in the log as ``iso_time`` writes it, or empty.
        zone: label of that time's zone, or empty.
        kind: ``CALL``, ``RESULT``, ``ERROR`` or ``RECORD``.
        id: message id, by which an answer names its request.
        action: of a request, else empty; of an error its code.
        payload: what is asked or answered.
    """

    file: str
    line: int
    before: str
    station: str
    direction: str
    logged_at: str
    zone: str
    kind: int
    id: str
    action: str
    payload: Mapping[str, Any]

    def moment(self, sent_at: object = None) -> Moment:
        """When it was: by its own time where it has one and its clock was set, else by the log."""
        return _moment(self.logged_at, self.zone, sent_at if isinstance(sent_at, str) else "")

    @property
    def packed(self) -> bytes:
        """What ``KeptFrame`` makes the message's text of; nothing of one that is nested too deep."""
        parts: Any = (self.before, self.kind, self.id, self.action, self.payload)
        try:
            return marshal.dumps(parts)
        except ValueError:  # deeper than marshal goes
            return b""


class KeptFrame:
    """A message as it stood, without what must not be kept, written once ``str`` asks for it: only a reject needs it.

    Args:
        packed: ``Message.packed``.
    """

    __slots__ = ("_packed",)

    def __init__(self, packed: bytes) -> None:
        self._packed = packed

    def __str__(self) -> str:
        if not self._packed:
            return ROW_WITHHELD
        before, kind, number, action, payload = marshal.loads(self._packed)  # noqa: S302 (this process wrote it)
        parts: list[Any] = [kind, number, *([action] if action else []), payload]
        try:
            return str(before) + json.dumps(withheld(parts), ensure_ascii=False)
        except RecursionError:
            return ROW_WITHHELD  # nested too deep to tell what of it is private


@lru_cache(maxsize=4096)  # a message is asked more than once, and many are of one second
def _moment(logged_at: str, zone: str, sent_at: str) -> Moment:
    """When a message was that has these times."""
    logged = seconds_of(logged_at)
    if not sent_at.strip():
        return Moment(logged_at, zone, None, logged, False, logged_at, zone)
    text, sent_zone = iso_time(sent_at)
    sent = seconds_of(text)
    if sent is not None and logged is not None and is_unset(sent, logged):
        return Moment(logged_at, zone, None, logged, True, logged_at, zone)
    return Moment(text, sent_zone, sent, logged, False, logged_at, zone)


class Broken(NamedTuple):
    """A line that should carry a message and can't be read: its file and number, and the code of its fault."""

    file: str
    line: int
    fault: str


def message_of(file: str, line: int, head: Head, frame: object) -> Message:
    """The message that a frame is.

    Raises:
        Fault: it is no frame.
    """
    if not isinstance(frame, list) or len(frame) < 3 or isinstance(frame[1], _NO_IDS):
        raise Fault("malformed_row")
    kind, number, first = frame[:3]
    station, direction, logged_at, zone, before = head
    if kind == CALL and len(frame) == 4 and isinstance(first, str) and isinstance(frame[3], dict):
        return Message(file, line, before, station, direction, logged_at, zone, CALL, scalar(number), first, frame[3])
    if kind == RESULT and len(frame) == 3 and isinstance(first, dict):
        return Message(file, line, before, station, direction, logged_at, zone, RESULT, scalar(number), "", first)
    if kind == ERROR and isinstance(first, str):
        return Message(file, line, before, station, direction, logged_at, zone, ERROR, scalar(number), first, {})
    raise Fault("malformed_row")


def message_of_parts(file: str, line: int, head: Head, parts: Mapping[str, Any], payload: object) -> Message | None:
    """The message whose parts stand beside its payload, as CitrineOS keeps it; None where they tell no kind.

    Args:
        file: SHA-256 of the file.
        line: where it stands.
        head: what its carrier says of it.
        parts: ``state``, ``correlationid`` (or ``messageid``) and ``action``.
        payload: what is asked or answered.
    """
    kind = _STATES.get(scalar(parts.get("state")))
    if kind is None or not isinstance(payload, dict):
        return None
    number = scalar(parts.get("correlationid")) or scalar(parts.get("messageid"))
    action = scalar(parts.get("action")) if kind == CALL else ""
    around = (file, line, head.before, head.station, head.direction, head.logged_at, head.zone)
    return Message(*around, kind, number, action, payload)


def json_value(text: str) -> Any:
    """The JSON value that the text is.

    Raises:
        Fault: it is none.
    """
    value, end = json_at(text.strip(), 0)
    if text.strip()[end:]:
        raise Fault("malformed_row")
    return value


def json_at(text: str, start: int) -> tuple[Any, int]:
    """The JSON value that begins at this place of the text, and where it ends.

    Raises:
        Fault: none begins there, or it does not end.
    """
    if text.find("\0", start) >= 0:
        raise Fault("nul_character")
    try:
        return _scan(text, start)
    except Fault:
        raise
    except (ValueError, RecursionError, StopIteration) as error:
        raise Fault("malformed_row") from error


DECODER = json.JSONDecoder(object_pairs_hook=unique_members, parse_constant=refuse_constant)

_scan: Callable[[str, int], tuple[Any, int]] = DECODER.scan_once  # type: ignore[attr-defined]
"""What ``DECODER.raw_decode`` calls."""
