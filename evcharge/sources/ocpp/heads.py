"""What a log's line says before its frame: when it was written, of which station, and who sent the message.

What does not belong here: the frame itself (``ocpp.messages``), and whether the log is a station's own
(``ocpp.directions``): *received* is read as a central system means it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from evcharge.sources.ocpp.frame import FROM_STATION, TO_STATION, Head
from evcharge.sources.ocpp.payloads import station_name
from evcharge.sources.ocpp.times import TIME, iso_time

WAYS = {
    **dict.fromkeys(("received", "receive", "receiving", "recv", "in", "incoming", "inbound", "rx"), FROM_STATION),
    **dict.fromkeys(("cp-->cms", "cs", "cp", "charger", "chargepoint", "receive message"), FROM_STATION),
    **dict.fromkeys(("sent", "send", "sending", "out", "outgoing", "outbound", "tx"), TO_STATION),
    **dict.fromkeys(("cms-->cp", "csms", "cms", "centralsystem", "server"), TO_STATION),
}
"""Words for who sent a message, in lower case."""

_WAY = r"receive message|send"
_LOGGER = r"(?:(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.]+:)?"

_HEADS = tuple(
    re.compile(pattern)
    for pattern in (
        # SteVe: [chargeBoxId=X, sessionId=...] Received:
        r"\[chargeBoxId=(?P<station>[^,\]]+)[^\]]*\] (?P<way>Received|Sending)(?: message)?:\s*$",
        # ocpp-go, as in evcc: received JSON message from X: / sent JSON message to X:
        r"(?P<way>received|sent) JSON message (?:from|to) (?P<station>.+?):\s*$",
        # evcc since 2024: TRACE 2024/07/11 17:12:57 recv X: / send X:
        r"\bTRACE \S+ \S+ (?P<way>recv|send|sent) (?P<station>.+?):\s*$",
        # mobilityhouse/ocpp by its logger's name, as in Home Assistant: [ocpp] X: receive message
        rf"(?:\[ocpp\]|\bocpp:)\s*(?P<station>[^\[\]{{}}]{{1,255}}?)\s*: (?P<way>{_WAY})\s*$",
        # the same under any other prefix, as in openWB: ... - X: send
        rf"(?:^|[\s\]|>]){_LOGGER}(?P<station>[^\s\[\]{{}}<>]+)\s*: (?P<way>{_WAY})\s*$",
        # the certification tool: [msg-in]
        r"\[msg-(?P<way>in|out)\]\s*$",
    )
)
"""Ends of what stands before a frame, each of a program; of the first that fits, station and way are read."""

_LONGEST = 500
"""Characters at each end of what stands before a frame that are looked at."""

_TIME = re.compile(TIME)
_STATION_WORD = re.compile(
    r"\b(?:chargeBoxId|chargeBoxIdentity|chargePointId|stationId|station_id|station|cp_id|device_id)="
    r"(?:\"([^\"]+)\"|([^\s,;\]\"]+))"
)
_WAY_WORD = re.compile(r"\b(received|receive|recv|sent|sending|send)\b", re.IGNORECASE)


_ANY_DIGIT = bytes.maketrans(b"123456789", b"0" * 9)


class _Shape(NamedTuple):
    """Where the parts of a head stand in its text; the direction, which has no digits, is told."""

    time: slice | None
    station: slice
    direction: str
    known: slice


def head_of(text: str) -> Head:
    """What the text before a frame says."""
    ends = text if len(text) <= 2 * _LONGEST else text[:_LONGEST] + text[-_LONGEST:]
    shape = _shape_of(ends.encode("utf-8", "surrogatepass").translate(_ANY_DIGIT))
    logged_at, zone = iso_time(text[:_LONGEST][shape.time]) if shape.time else ("", "")
    text = text[-_LONGEST:]
    known = text[shape.known].strip()
    before = f"{logged_at} {known} " if logged_at and known else f"{logged_at or known} " if logged_at or known else ""
    return Head(station_name(text[shape.station]), shape.direction, logged_at, zone, before)


@lru_cache(maxsize=4096)  # the heads of a log differ in little but their digits, which no pattern tells apart
def _shape_of(ends: bytes) -> _Shape:
    """The shape of a head, each digit of which may stand for any other; of a long one its two ends are enough."""
    text = ends.decode("utf-8", "surrogatepass")
    time, last = _TIME.search(text[:_LONGEST]), text[-_LONGEST:]
    match = next((match for pattern in _HEADS if (match := pattern.search(last))), None)
    if match:
        has_station = "station" in match.re.groupindex
        station, way, known = match.span("station") if has_station else (0, 0), match["way"], slice(*match.span())
    else:
        word = _STATION_WORD.search(last)
        station, known = word.span(1 if word[1] else 2) if word else (0, 0), slice(0, 0)
        way = (_WAY_WORD.findall(last) or [""])[-1]
    return _Shape(slice(*time.span()) if time else None, slice(*station), WAYS.get(way.lower(), ""), known)
