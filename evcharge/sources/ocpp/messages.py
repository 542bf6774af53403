"""OCPP messages out of whatever carries them: log lines, JSON, tables. One message is one frame of OCPP-J.

What does not belong here: what the messages say about a session (``ocpp.pairing``), tables (``ocpp.tables``), objects
(``ocpp.objects``) and what stands on a line (``ocpp.texts``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice

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
from evcharge.errors import SourceError
from evcharge.sources.json_values import Fault
from evcharge.sources.names import folded
from evcharge.sources.ocpp.columns import SAMPLE_ROWS, Columns, columns_of
from evcharge.sources.ocpp.frame import DECODER, Broken, Head, Message, json_value
from evcharge.sources.ocpp.heads import head_of
from evcharge.sources.ocpp.lines import FRAME_START, is_object, with_whole_frames
from evcharge.sources.ocpp.objects import messages_of_object
from evcharge.sources.ocpp.tables import layout_of, messages_of_table
from evcharge.sources.ocpp.texts import messages_in
from evcharge.sources.profile import Profile
from evcharge.sources.workbook_archive import is_workbook

_PLAIN = json.JSONDecoder()
"""Finds the end of a value that ``DECODER`` refuses."""

_PARTS = "correlationId"
"""What tells an object whose message is not one frame but stands in several members."""


def carries_messages(file: SourceFile) -> bool:
    """Whether one of the carriers shows in the file's first ``BLOCK_BYTES``.

    Raises:
        SourceError: what opening a workbook raises.
    """
    text = _start(file, "utf-8")
    if _is_array(text):
        return any(isinstance(read, Message) for read in _array(file.sha256, _elements(file, [text]), Columns()))
    if layout_of(file, text):
        return True
    lines = _with_whole_heads(with_whole_frames(said_lines(Block(1, text))))
    return any(isinstance(read, Message) for line in lines for read in _of_line(file.sha256, *line, Columns()))


def messages_of(file: SourceFile, profile: Profile) -> Iterator[Message | Broken]:
    """The messages of a file in file order, and the lines that should be messages and are none.

    Raises:
        SourceError: what ``text.blocks``, ``table.rows`` and ``workbook.rows`` raise.
    """
    start = _start(file, profile.encoding)
    if _is_array(start):
        columns = _columns(element for _, element in _elements(file, [start]))
        yield from _array(file.sha256, _elements(file, pieces(file, profile.encoding)), columns)
    elif layout := layout_of(file, start, profile.sheet):
        yield from messages_of_table(file, profile, layout)
    elif is_workbook(file):
        reason = f"{file.name}: sheet {profile.sheet} holds no messages of OCPP."
        raise SourceError("wrong_format", reason, "Name the sheet that does: --sheet NAME.")
    else:
        columns = _columns(_objects(start))
        for number, text in _with_whole_heads(with_whole_frames(_numbered_lines(file, profile.encoding))):
            yield from _of_line(file.sha256, number, text, columns)


def _start(file: SourceFile, encoding: str) -> str:
    """The file's first ``BLOCK_BYTES`` as text, from the first line that says something; nothing of a workbook."""
    if is_workbook(file):
        return ""
    data, encoding = without_mark(next(file.unpacked(), b""), encoding)
    return data.decode(encoding, "replace").lstrip()[:BLOCK_BYTES]


def _objects(start: str) -> Iterator[object]:
    for text in filter(is_object, split_lines(start)):
        try:
            yield json_value(text)
        except Fault:
            continue


def _columns(values: Iterable[object]) -> Columns:
    """What the members of the first objects hold."""
    objects = (value for value in values if isinstance(value, dict))
    rows = [{folded(key): item for key, item in value.items()} for value in islice(objects, SAMPLE_ROWS)]
    return columns_of(rows) or Columns()


def _numbered_lines(file: SourceFile, encoding: str) -> Iterator[tuple[int, str]]:
    for block in blocks(file, encoding):
        yield from said_lines(block)


def _with_whole_heads(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines, but one whose frame has neither time nor station before it begins with the timed line above it.

    A terminal wrapped it before its frame, or a program wrote the frame below what it says of it.
    """
    above = ""
    for number, text in lines:
        begins = FRAME_START.search(text)
        if is_object(text):
            above = ""
        elif begins:
            own = head_of(text[: begins.start()]) if above else Head()
            text, above = (text if own.station or own.logged_at else above + text), ""
        else:
            above = text if head_of(text).logged_at else ""
        yield number, text


def _is_array(start: str) -> bool:
    """Whether the text begins a JSON array of objects or frames, rather than with a frame or a log's bracket.

    Objects one after another that are written over several lines, as ``jq`` writes them, are read like one.
    """
    in_brackets = start[:1] == "[" and start[1:].lstrip()[:1] in ("[", "{")
    return in_brackets or (start[:1] == "{" and not split_lines(start)[0][1:].strip())


def _of_line(file: str, line: int, text: str, columns: Columns) -> Iterator[Message | Broken]:
    """The messages that a line carries. NULs before a line are what a power cut leaves in a log."""
    text = text.lstrip("\0")
    if not is_object(text):
        yield from messages_in(file, line, text)
        return
    try:
        messages = list(messages_of_object(file, line, json_value(text), columns))
    except Fault as fault:
        messages = [Broken(file, line, str(fault))] if _PARTS in text or FRAME_START.search(text) else []
    yield from messages


def _array(file: str, elements: Iterable[tuple[int, object]], columns: Columns) -> Iterator[Message | Broken]:
    for number, element in elements:
        try:
            if isinstance(element, Fault):
                raise element
            yield from messages_of_object(file, number, element, columns)
        except Fault as fault:
            yield Broken(file, number, str(fault))


def _elements(file: SourceFile, texts: Iterable[str]) -> Iterator[tuple[int, object]]:
    """The elements of a JSON array, numbered from 1, one at a time, each a fault where it can't be read.

    What is no JSON at all is the last: it can't be told where the next element begins.
    """
    left, number, is_array = "", 0, False
    for text in chain(texts, [""]):
        left = (left + text).lstrip()
        if left and not number:
            number, is_array = 1, left.startswith("[")
            left = left.removeprefix("[")

        while left := left.lstrip(" \t\r\n,"):
            try:
                value, end = _element(left)
            except (ValueError, RecursionError):
                break  # cut by the end of the text so far, or broken: what comes next tells which
            yield number, value
            left, number = left[end:], number + 1

        if left.startswith("]"):
            return
        if len(left) > MAX_LINE_CHARACTERS:
            refuse_long_line(file, number)
    if left or is_array:
        yield number, Fault("malformed_row")


def _element(left: str) -> tuple[object, int]:
    """The value that the text begins with, or its fault, and where it ends."""
    try:
        return DECODER.raw_decode(left)
    except Fault as fault:
        return fault, _PLAIN.raw_decode(left)[1]
