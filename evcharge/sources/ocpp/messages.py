"""OCPP messages out of whatever carries them: log lines, JSON, tables. One message is one frame of OCPP-J.

What does not belong here: what the messages say about a session (``ocpp.pairing``), tables (``ocpp.tables``), objects
(``ocpp.objects``) and what stands on a line (``ocpp.texts``).
"""

from __future__ import annotations

import json
import re
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
from evcharge.sources.ocpp.frame import DECODER, Broken, Head, Message, json_at, json_value, message_of
from evcharge.sources.ocpp.heads import head_of
from evcharge.sources.ocpp.lines import FRAME_START, WholeFrames, is_object
from evcharge.sources.ocpp.objects import messages_of_object
from evcharge.sources.ocpp.tables import layout_of, messages_of_table
from evcharge.sources.ocpp.texts import messages_in
from evcharge.sources.profile import Profile
from evcharge.sources.workbook_archive import is_workbook

_PLAIN = json.JSONDecoder()
"""Finds the end of a value that ``DECODER`` refuses."""

_BETWEEN = re.compile(r"[ \t\r\n,]*")
"""What stands between the elements of an array."""

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
    messages = _Lines(file.sha256, Columns()).messages(said_lines(Block(1, text)))
    return any(isinstance(read, Message) for read in messages)


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
        yield from _Lines(file.sha256, columns).messages(_numbered_lines(file, profile.encoding))


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


class _Lines:
    """The messages of a log's lines.

    A line whose frame has neither time nor station before it begins with the timed line above it: a terminal wrapped it
    before its frame, or a program wrote the frame below what it says of it.

    Args:
        file: SHA-256 of the file.
        columns: what the members of the file's first objects hold.
    """

    def __init__(self, file: str, columns: Columns) -> None:
        self._file = file
        self._columns = columns
        self._frames = WholeFrames()
        self._above = ""

    def messages(self, lines: Iterable[tuple[int, str]]) -> Iterator[Message | Broken]:
        """The messages that the lines carry."""
        for number, text in lines:
            if self._frames.is_idle and "\x1b" not in text:
                if is_object(text) and text.rstrip().endswith("}"):
                    self._above = ""
                    yield from _of_line(self._file, number, text, self._columns)
                    continue
                if message := self._plain(number, text):
                    self._above = ""
                    yield message
                    continue
            for line in self._frames.take(number, text):
                yield from _of_line(self._file, *self._with_head(*line), self._columns)
        for line in self._frames.rest():
            yield from _of_line(self._file, *self._with_head(*line), self._columns)

    def _plain(self, number: int, text: str) -> Message | None:
        """The message of a line that is one whole frame, with nothing behind it: most lines are such."""
        begins = FRAME_START.search(text)
        if not begins or "\\" in begins[0] or text[0] == "\0":
            return None
        head = head_of(text[: begins.start()])
        if self._above and not (head.station or head.logged_at):
            return None
        try:
            frame, end = json_at(text, begins.start())
            return None if text[end:].strip() else message_of(self._file, number, head, frame)
        except Fault:
            return None

    def _with_head(self, number: int, text: str) -> tuple[int, str]:
        """The line with the one above it, where that says of which message it is."""
        begins = FRAME_START.search(text)
        if is_object(text):
            self._above = ""
        elif begins:
            own = head_of(text[: begins.start()]) if self._above else Head()
            text, self._above = (text if own.station or own.logged_at else self._above + text), ""
        else:
            self._above = text if head_of(text).logged_at else ""
        return number, text


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

        at = 0
        while (at := _BETWEEN.match(left, at).end()) < len(left):  # type: ignore[union-attr]  # it matches nothing, too
            try:
                value, at = _element(left, at)
            except (ValueError, RecursionError):
                break  # cut by the end of the text so far, or broken: what comes next tells which
            yield number, value
            number += 1

        left = left[at:]
        if left.startswith("]"):
            return
        if len(left) > MAX_LINE_CHARACTERS:
            refuse_long_line(file, number)
    if left or is_array:
        yield number, Fault("malformed_row")


def _element(text: str, at: int) -> tuple[object, int]:
    """The value that begins at this place of the text, or its fault, and where it ends."""
    try:
        return DECODER.raw_decode(text, at)
    except Fault as fault:
        return fault, _PLAIN.raw_decode(text, at)[1]
