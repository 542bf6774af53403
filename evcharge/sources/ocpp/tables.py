"""The messages in a table, delimited text or workbook: one per row.

What does not belong here: which fields hold what (``ocpp.columns``), and lines of a log (``ocpp.texts``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from evcharge.carriers.file import SourceFile
from evcharge.carriers.text import split_lines_with_ends
from evcharge.sources import table, workbook
from evcharge.sources.json_values import Fault
from evcharge.sources.names import folded
from evcharge.sources.ocpp.columns import SAMPLE_ROWS, Columns, columns_of, is_frame
from evcharge.sources.ocpp.frame import (
    CALL,
    CONNECTED,
    DISCONNECTED,
    RECORD,
    RESULT,
    Broken,
    Head,
    Message,
    json_value,
    message_of_parts,
)
from evcharge.sources.ocpp.heads import WAYS
from evcharge.sources.ocpp.payloads import station_name
from evcharge.sources.ocpp.texts import messages_in
from evcharge.sources.ocpp.times import log_time
from evcharge.sources.profile import Profile
from evcharge.sources.workbook_archive import is_workbook

_DELIMITERS = (",", ";", "\t")

_EXPORT = ("cp_id", "real_time", "Id", "msgFlow", "command", "payLoadData")
_CITRINEOS = ("stationId", "correlationId", "origin", "state", "action", "message", "timestamp")
_NEEDED_OF_CITRINEOS = frozenset(map(folded, _CITRINEOS)) - {"state"}

_COLUMNS_OF_CITRINEOS = Columns("message", "timestamp", "stationid", "origin")

_RECORDS = {"chargepointconnected": CONNECTED, "chargepointdisconnected": DISCONNECTED}
"""Commands of the table export by which the back office notes that a charger's connection began or ended."""
_COMMAND = re.compile("(?P<action>[A-Za-z]+)(?P<kind>Request|Response)")


class Layout(NamedTuple):
    """How a table holds messages.

    Attributes:
        fields: the fields that are read, folded.
        private: those of them that hold what was said.
        station: the field of the station, and ``time``, that of the time, where one is known.
        delimiter: what separates the fields of delimited text.
        messages_of_row: the messages of a row, of its file, its line, its raw text and its texts by field.
    """

    fields: tuple[str, ...]
    private: str
    station: str
    time: str
    delimiter: str
    messages_of_row: Callable[[str, int, str, Mapping[str, str]], Iterator[Message | Broken]]


def layout_of(file: SourceFile, start: str, sheet: str | None = None) -> Layout | None:
    """How the file holds messages as a table; None where it holds none.

    Args:
        file: the open file.
        start: its text from its first line that says something; of a workbook nothing.
        sheet: the one sheet of a workbook that is meant, if one is named.

    Raises:
        SourceError: what opening a workbook raises.
    """
    if is_workbook(file):
        sheets = ([cells for _, cells in rows] for _, rows in workbook.first_rows(file, SAMPLE_ROWS + 1, sheet))
        layouts = (_layout(names, rows, ",") for names, *rows in sheets)
    else:
        layouts = (_layout(*_first_rows(start, delimiter), delimiter) for delimiter in _DELIMITERS)
    return next((layout for layout in layouts if layout), None)


def messages_of_table(file: SourceFile, profile: Profile, layout: Layout) -> Iterator[Message | Broken]:
    """The messages of a table; its other fields are not looked at.

    Raises:
        SourceError: what ``table.rows`` and ``workbook.rows`` raise.
    """
    roles = {"station_id": (layout.station,), "start_time": (layout.time,)}
    plain = Profile(
        **{name: getattr(profile, name) for name in ("name", "title", "source", "failures_included", "encoding")},
        format="csv",
        delimiters=(layout.delimiter,),
        columns={ours: theirs for ours, theirs in roles.items() if theirs[0]},
        session_key=layout.fields,
        private=(layout.private,),
        sheet=profile.sheet,
    )
    names, batches = (workbook if is_workbook(file) else table).rows(file, plain)
    for rows in batches:
        for line, raw, fault, *cells in zip(rows.lines, rows.raws, rows.faults, *rows.fields, strict=True):
            if fault:
                yield Broken(file.sha256, line, fault)
                continue
            try:
                yield from layout.messages_of_row(file.sha256, line, raw, dict(zip(names, cells, strict=True)))
            except Fault as error:
                yield Broken(file.sha256, line, str(error))


def _first_rows(start: str, delimiter: str) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The names in a text's first line, and the rows below it as far as they are well-formed."""
    rows: list[Sequence[str]] = []
    try:
        for row in islice(csv.reader(split_lines_with_ends(start), delimiter=delimiter, strict=True), SAMPLE_ROWS + 1):
            rows.append(row)
    except csv.Error:
        pass  # what is cut by the text's end, or is broken, tells nothing
    return (rows[0], rows[1:]) if rows else ((), [])


def _layout(header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> Layout | None:
    """How a table with these names and these first rows holds messages; a frame is no name."""
    names = tuple(map(folded, header))
    if len(names) < 2 or any(map(is_frame, header)):
        return None
    if set(names).issuperset(map(folded, _EXPORT)):
        return Layout(tuple(map(folded, _EXPORT)), "payloaddata", "cpid", "realtime", delimiter, _of_export)
    if _NEEDED_OF_CITRINEOS.issubset(names):
        fields = tuple(name for name in map(folded, _CITRINEOS) if name in names)
        return Layout(fields, "message", "stationid", "timestamp", delimiter, _of_citrineos)

    columns = columns_of([dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names)])
    if columns is None:
        return None

    def of_frames(file: str, line: int, raw: str, row: Mapping[str, str]) -> Iterator[Message | Broken]:
        return _of_frames(file, line, row, columns)

    fields = tuple(dict.fromkeys(filter(None, columns)))
    return Layout(fields, columns.frame, columns.station, columns.time, delimiter, of_frames)


def _of_frames(file: str, line: int, row: Mapping[str, str], columns: Columns) -> Iterator[Message | Broken]:
    """The messages of a row with a frame in one of its cells."""
    yield from messages_in(file, line, row[columns.frame], _head(row, columns))


def _head(row: Mapping[str, str], columns: Columns) -> Head:
    """What a row says of its message."""
    station, (logged_at, zone) = station_name(row.get(columns.station, "")), log_time(row.get(columns.time, "").strip())
    direction = WAYS.get(row.get(columns.way, "").strip().casefold(), "")
    return Head(station, direction, logged_at, zone, f"{logged_at} {station} ".lstrip())


def _of_citrineos(file: str, line: int, _raw: str, row: Mapping[str, str]) -> Iterator[Message | Broken]:
    """The message of a row of CitrineOS's table: a frame, or its payload alone."""
    text, head = row["message"], _head(row, _COLUMNS_OF_CITRINEOS)
    if text.lstrip()[:1] != "{":
        yield from messages_in(file, line, text, head)
    elif message := message_of_parts(file, line, head, row, json_value(text)):
        yield message


def _of_export(file: str, line: int, raw: str, row: Mapping[str, str]) -> Iterator[Message]:
    """The message of a row of the table export, or its note of a connection; other commands are none."""
    around = (file, line, f"{raw} ", station_name(row["cpid"]))
    if noted := _RECORDS.get(row["command"].strip().casefold()):
        yield Message(*around, "", *log_time(row["realtime"]), RECORD, "", noted, {})
        return
    command = _COMMAND.fullmatch(row["command"].strip())
    if not command:
        return
    payload = json_value(row["payloaddata"]) if row["payloaddata"].strip() else {}
    if not isinstance(payload, dict):
        raise Fault("not_an_object")
    kind = CALL if command["kind"] == "Request" else RESULT
    direction = WAYS.get(row["msgflow"].strip().casefold(), "")
    yield Message(
        *around,
        direction,
        *log_time(row["realtime"]),
        kind,
        row["id"],
        command["action"] if kind == CALL else "",
        payload,
    )
