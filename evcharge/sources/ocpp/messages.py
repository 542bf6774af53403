"""OCPP messages out of whatever carries them: log lines, JSON, tables. One message is one frame of OCPP-J.

What does not belong here: what the messages say about a session (``ocpp.pairing``), and times (``ocpp.times``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from evcharge.carriers.file import BLOCK_BYTES, SourceFile
from evcharge.carriers.text import (
    MAX_LINE_CHARACTERS,
    Block,
    blocks,
    pieces,
    refuse_long_line,
    said_lines,
    split_lines,
    without_mark,
)
from evcharge.sources import table
from evcharge.sources.names import folded
from evcharge.sources.ocpp.frame import CALL, ERROR, FROM_STATION, RESULT, TO_STATION, Broken, Message
from evcharge.sources.ocpp.lines import FRAME, FRAME_START, with_whole_frames
from evcharge.sources.ocpp.payloads import scalar, station_name
from evcharge.sources.ocpp.times import TIME, iso_time
from evcharge.sources.profile import Profile

_MAY_CARRY = re.compile(rf"{FRAME_START.pattern}|correlationId")
"""What tells a line with a message, even a broken one, from the rest of a log."""

_LINES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\[\s*\w+\s*\] (?P<time>{TIME}).* - \[chargeBoxId=(?P<station>[^,\]]+)[^\]]*\] "
        r"(?P<way>Received|Sending)(?: message)?: (?P<frame>\[.*)",  # SteVe
        rf"\[ocpp\s*\] TRACE (?P<time>{TIME}) "
        r"(?P<way>received JSON message from|sent JSON message to) (?P<station>.+?): (?P<frame>\[.*)",  # evcc
        rf"\[(?P<time>{TIME})\] \[msg-(?:in|out)\] (?P<frame>\[.*)",  # certification tool
        rf"\[?(?P<time>{TIME})\]?(?P<words>.{{0,200}}?)(?P<frame>{FRAME}.*)",  # a time before a frame
        rf"\s*(?P<frame>{FRAME}.*)",  # a frame alone
    )
)
"""Lines that carry a frame. What else stands in a log is not looked at."""

_STATION_WORD = re.compile(r"\b(?:chargeBoxId|chargePointId|stationId|station|cp_id)=([^\s,;\]]+)")
_WAY_WORD = re.compile(r"\b(received|sent|sending)\b", re.IGNORECASE)
_WAYS = {
    **dict.fromkeys(("received", "received json message from", "cp-->cms", "cs", "in"), FROM_STATION),
    **dict.fromkeys(("sent", "sending", "sent json message to", "cms-->cp", "csms", "out"), TO_STATION),
}

_OBJECT_KEYS = {
    "frame": ("message", "frame", "ocppmessage", "payload", "data"),
    "station": ("stationid", "station", "cpid", "chargepointid", "chargeboxid", "chargingstationid"),
    "time": ("timestamp", "time", "loggedat"),
    "way": ("origin", "direction", "msgflow"),
    "id": ("correlationid", "messageid"),
    "action": ("action",),
    "state": ("state",),
}
"""Members of a JSON object around a message, folded; of each the first that is there is read."""

_EXPORT = ("cp_id", "real_time", "Id", "msgFlow", "command", "payLoadData")
_CITRINEOS = ("stationId", "correlationId", "origin", "action", "message", "timestamp")
_CITRINEOS_STATES = {"1": CALL, "2": RESULT}
_COMMAND = re.compile("(?P<action>[A-Za-z]+)(?P<kind>Request|Response)")


class _Fault(ValueError):
    """What should be a frame and is none; its text is the code of the fault."""


class _Around(NamedTuple):
    """What a carrier says around a frame."""

    file: str
    line: int
    before: str
    station: str
    direction: str
    logged_at: str
    zone: str


def carries_messages(file: SourceFile) -> bool:
    """Whether one of the carriers shows in the file's first ``BLOCK_BYTES``."""
    data, encoding = without_mark(next(file.unpacked(), b""), "utf-8")
    text = data.decode(encoding, "replace")
    start = text.lstrip()
    if _is_array(start):
        return any(isinstance(read, Message) for read in _array(file.sha256, _elements(file, [text])))
    if _table_fields(split_lines(start[:BLOCK_BYTES])[0] if start else ""):
        return True
    lines = with_whole_frames(said_lines(Block(1, text)))
    return any(isinstance(_of_line(file.sha256, *line), Message) for line in lines)


def messages_of(file: SourceFile, profile: Profile) -> Iterator[Message | Broken]:
    """The messages of a file in file order, and the lines that should be messages and are none.

    Raises:
        SourceError: what ``text.blocks`` and ``table.rows`` raise.
    """
    head = without_mark(next(file.unpacked(), b""), profile.encoding)
    start = head[0].decode(head[1], "replace").lstrip()
    if _is_array(start):
        yield from _array(file.sha256, _elements(file, pieces(file, profile.encoding)))
    elif fields := _table_fields(split_lines(start)[0] if start else ""):
        yield from _table(file, profile, fields)
    else:
        for number, text in with_whole_frames(_numbered_lines(file, profile.encoding)):
            if read := _of_line(file.sha256, number, text):
                yield read


def _numbered_lines(file: SourceFile, encoding: str) -> Iterator[tuple[int, str]]:
    for block in blocks(file, encoding):
        yield from said_lines(block)


def _is_array(start: str) -> bool:
    """Whether the text begins a JSON array of objects or frames, rather than with a frame or a log's bracket."""
    return start[:1] == "[" and start[1:].lstrip()[:1] in ("[", "{")


def _of_line(file: str, line: int, text: str) -> Message | Broken | None:
    """The message that a line carries, if it carries one. NULs before a line are what a power cut leaves in a log."""
    text = text.lstrip("\0")
    if text.lstrip()[:1] == "{":
        return _of_json(file, line, text)
    if not FRAME_START.search(text):
        return None
    match = next((match for pattern in _LINES if (match := pattern.fullmatch(text))), None)
    if match is None:
        return None

    parts = match.groupdict()
    words = parts.get("words")
    station = station_name(parts.get("station") or _first(_STATION_WORD, words))
    way = parts.get("way") or _first(_WAY_WORD, words)
    logged_at, zone = iso_time(parts.get("time") or "")
    before = f"{logged_at} " if words else text[: match.start("frame")]

    around = _Around(file, line, before, station, _WAYS.get(way.lower(), ""), logged_at, zone)
    try:
        return _message(around, _json(parts["frame"]))
    except _Fault as fault:
        return Broken(file, line, str(fault))


def _first(pattern: re.Pattern[str], text: str | None) -> str:
    match = pattern.search(text or "")
    return match[1] if match else ""


def _of_json(file: str, line: int, text: str) -> Message | Broken | None:
    """The message in a line that is one JSON object, or nothing where the object has none."""
    try:
        return _of_object(file, line, _json(text))
    except _Fault as fault:
        return Broken(file, line, str(fault)) if _MAY_CARRY.search(text) else None


def _of_object(file: str, line: int, value: object) -> Message | None:
    """The message in a JSON object, or in a bare frame.

    Raises:
        _Fault: it holds something else where its message should be.
    """
    if isinstance(value, list):
        return _message(_Around(file, line, "", "", "", "", ""), value)
    if not isinstance(value, dict):
        raise _Fault("not_an_object")

    members = {folded(key): item for key, item in value.items()}
    known = {name: next((members[key] for key in keys if key in members), None) for name, keys in _OBJECT_KEYS.items()}
    inner = known["frame"]
    if isinstance(inner, str) and inner.lstrip()[:1] in ("[", "{"):
        inner = _json(inner)
    if not isinstance(inner, (list, dict)):
        return None

    logged_at, zone = iso_time(scalar(known["time"]))
    direction = _WAYS.get(scalar(known["way"]).casefold(), "")
    station = station_name(scalar(known["station"]))
    before = f"{logged_at} {station} ".lstrip()
    around = _Around(file, line, before, station, direction, logged_at, zone)
    if isinstance(inner, list):
        return _message(around, inner)
    kind = _CITRINEOS_STATES.get(scalar(known["state"]))
    if kind is None:
        return None
    return Message(*around, kind, scalar(known["id"]), scalar(known["action"]) if kind == CALL else "", inner)


def _message(around: _Around, frame: object) -> Message:
    """The message that a frame is.

    Raises:
        _Fault: it is no frame.
    """
    if not isinstance(frame, list) or len(frame) < 3 or isinstance(frame[1], (list, dict, bool, type(None))):
        raise _Fault("malformed_row")
    kind, number, *rest = frame
    if kind == CALL and len(rest) == 2 and isinstance(rest[0], str) and isinstance(rest[1], dict):
        return Message(*around, CALL, scalar(number), rest[0], rest[1])
    if kind == RESULT and len(rest) == 1 and isinstance(rest[0], dict):
        return Message(*around, RESULT, scalar(number), "", rest[0])
    if kind == ERROR and isinstance(rest[0], str):
        return Message(*around, ERROR, scalar(number), rest[0], {})
    raise _Fault("malformed_row")


def _array(file: str, elements: Iterable[tuple[int, object]]) -> Iterator[Message | Broken]:
    for number, element in elements:
        try:
            if isinstance(element, _Fault):
                raise element
            if read := _of_object(file, number, element):
                yield read
        except _Fault as fault:
            yield Broken(file, number, str(fault))


def _elements(file: SourceFile, texts: Iterable[str]) -> Iterator[tuple[int, object]]:
    """The elements of a JSON array, numbered from 1, one at a time; a fault in place of what can't be read, last."""
    left, number = "", 0
    for text in chain(texts, [""]):
        left = (left + text).lstrip()
        if not number:
            left = left.removeprefix("[")
            number = 1 if left else 0

        while left := left.lstrip(" \t\r\n,"):
            try:
                value, end = _DECODER.raw_decode(left)
            except (_Fault, ValueError, RecursionError):
                break  # cut by the end of the text so far, or broken: what comes next tells which
            yield number, value
            left, number = left[end:], number + 1

        if left.startswith("]"):
            return
        if len(left) > MAX_LINE_CHARACTERS:
            refuse_long_line(file, number)
    yield number, _Fault("malformed_row")


def _table_fields(header: str) -> tuple[str, ...]:
    """The fields of the table that a header line begins, or nothing where it is none of ours."""
    names = {folded(name.strip(' "')) for name in re.split("[,;\t]", header)}
    return next((fields for fields in (_EXPORT, _CITRINEOS) if names.issuperset(map(folded, fields))), ())


def _table(file: SourceFile, profile: Profile, fields: Sequence[str]) -> Iterator[Message | Broken]:
    """The messages of a table with these fields; its other fields are not looked at."""
    layout = Profile(
        **{name: getattr(profile, name) for name in ("name", "title", "source", "failures_included", "encoding")},
        format="csv",
        delimiters=profile.delimiters,
        columns={},
        optional_columns={"port_id": ("state",)},
        session_key=tuple(fields),
        private=("payLoadData", "message"),
    )

    message_of = _of_export if fields is _EXPORT else _of_row
    names, batches = table.rows(file, layout)
    for rows in batches:
        for line, raw, fault, *cells in zip(rows.lines, rows.raws, rows.faults, *rows.fields, strict=True):
            try:
                read = None if fault else message_of(file.sha256, line, raw, dict(zip(names, cells, strict=True)))
            except _Fault as error:
                fault = str(error)
            if fault:
                yield Broken(file.sha256, line, fault)
            elif read:
                yield read


def _of_row(file: str, line: int, _raw: str, row: Mapping[str, str]) -> Message | None:
    """The message of a row of CitrineOS's table."""
    return _of_object(file, line, row)


def _of_export(file: str, line: int, raw: str, row: Mapping[str, str]) -> Message | None:
    """The message of a row of the table export; its commands that are no messages of OCPP are none."""
    command = _COMMAND.fullmatch(row["command"].strip())
    if not command:
        return None
    payload = _json(row["payloaddata"]) if row["payloaddata"].strip() else {}
    if not isinstance(payload, dict):
        raise _Fault("not_an_object")
    kind = CALL if command["kind"] == "Request" else RESULT
    direction = _WAYS.get(row["msgflow"].strip().casefold(), "")
    around = _Around(file, line, f"{raw} ", station_name(row["cpid"]), direction, *iso_time(row["realtime"]))
    return Message(*around, kind, row["id"], command["action"] if kind == CALL else "", payload)


def _json(text: str) -> Any:
    """The JSON value that the text is.

    Raises:
        _Fault: it is none.
    """
    if "\0" in text:
        raise _Fault("nul_character")
    try:
        return _DECODER.decode(text)
    except _Fault:
        raise
    except (ValueError, RecursionError) as error:
        raise _Fault("malformed_row") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Fault("duplicate_key")
    return members


def _refuse_constant(name: str) -> None:
    """NaN, Infinity and -Infinity are not JSON."""
    raise _Fault("malformed_row")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
