"""Records of a registry file: the objects of one JSON document, of JSON lines, or the rows of a CSV.

Keys are folded (case, blanks and underscores don't matter). What does not belong here: what a record means.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from evcharge.carriers.file import SourceFile
from evcharge.carriers.text import (
    blocks,
    count_line_ends,
    first_lines,
    said_lines,
    split_lines,
    split_lines_with_ends,
    without_mark,
)
from evcharge.errors import SourceError
from evcharge.registries.values import Fraction, Whole
from evcharge.sources.names import folded
from evcharge.sources.ocpi.answers import refuse_error_answer

MAX_DOCUMENT_BYTES = 256 << 20
"""Largest JSON document that is read whole [256 MiB]. The largest OCPI feed seen has 2 MB; JSON lines have no bound."""

LOOKED_AT = 20
"""Records that a format is told from."""

ENVELOPES = ("data", "fuel_stations", "locations", "result")
"""Members of a document that hold its records, where it is not a list itself."""


@dataclass(frozen=True)
class Record:
    """One record: line (of JSON lines and CSV) or number (of a document), and its value, or the code of its fault."""

    number: int
    value: Any
    fault: str | None = None


@dataclass(frozen=True)
class Records:
    """The records of a file and what surrounds them.

    Attributes:
        envelope: folded names of the members of the document around the records.
        each: starts a pass over the records.
    """

    envelope: frozenset[str]
    each: Callable[[], Iterator[Record]]

    def has(self, *names: str) -> bool:
        """Whether a record at the beginning has members of all these names."""
        wanted = {folded(name) for name in names}
        return any(isinstance(one.value, dict) and wanted <= one.value.keys() for one in islice(self.each(), LOOKED_AT))


def records_of(file: SourceFile, encoding: str) -> Records:
    """The file's records, by whichever of the three carriers it is.

    Raises:
        SourceError: ``malformed_json``, ``document_too_large``, ``malformed_csv``, ``service_answered_error``, and what
            ``text`` and ``file`` raise.
    """
    try:
        head = first_lines(blocks(file, encoding), file).text
    except SourceError as error:
        if error.code != "line_too_long":
            raise
        return _document(file, encoding)
    lines = [line for line in split_lines(head) if line.strip()]
    start = lines[0].lstrip()[:1]
    if start == "{" and len(lines) > 1 and _object(lines[0]) is not None:
        return Records(frozenset(), lambda: _lines(file, encoding))
    if start not in ("{", "["):
        return _table(file, encoding, lines[0])
    try:
        return _document(file, encoding)
    except SourceError as error:
        if error.code != "malformed_json" or start == "[" or not any(map(_object, lines)):
            raise
        return Records(frozenset(), lambda: _lines(file, encoding))


def _document(file: SourceFile, encoding: str) -> Records:
    """The objects of one JSON document: a list, an envelope around one, or a single object."""
    text = _whole_text(file, encoding)
    try:
        value = _fold(_DECODER.decode(text))
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        reason = f"{file.name} is no well-formed JSON ({where})."
        raise SourceError("malformed_json", reason, "Fetch it again; nothing of it was kept.") from error
    envelope = frozenset(value) if isinstance(value, dict) else frozenset()
    if isinstance(value, dict):
        refuse_error_answer(file, 1, value)
    objects = value
    for name in map(folded, ENVELOPES):
        if name in envelope and isinstance(value[name], list | dict | None):
            objects = value[name]
            break
    objects = objects if isinstance(objects, list) else [objects] if objects else []
    found = [
        Record(number, one, None if isinstance(one, dict) else "not_an_object") for number, one in _counted(objects)
    ]
    return Records(envelope, lambda: iter(found))


def _counted(objects: list[Any]) -> Iterator[tuple[int, Any]]:
    return enumerate(objects, start=1)


def _whole_text(file: SourceFile, encoding: str) -> str:
    data = bytearray()
    for block in file.unpacked():
        data += block
        if len(data) > MAX_DOCUMENT_BYTES:
            raise SourceError(
                "document_too_large",
                f"{file.name} is one JSON document of more than {MAX_DOCUMENT_BYTES >> 20} MiB.",
                "Write it as JSON lines: one object per line.",
            )
    content, encoding = without_mark(bytes(data), encoding)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        reason = (
            f"{file.name} is not {encoding}: byte {error.start:,} is {error.object[error.start]:02x} (hexadecimal)."
        )
        raise SourceError("wrong_encoding", reason, "Say how the file is written: --encoding cp1252.") from error


def _lines(file: SourceFile, encoding: str) -> Iterator[Record]:
    """One record a line that is not blank."""
    for block in blocks(file, encoding):
        for number, line in said_lines(block):
            value = _object(line)
            yield Record(number, value, None if value is not None else "malformed_row")


def _object(line: str) -> dict[str, Any] | None:
    """The object that a line is, or None."""
    try:
        value = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None
    return _fold(value) if isinstance(value, dict) else None


def _table(file: SourceFile, encoding: str, header: str) -> Records:
    """One record a row; the delimiter is the one of , ; and tab that stands most often in the header line."""
    delimiter = max(",;\t", key=header.count)
    return Records(frozenset(), lambda: _rows(file, encoding, delimiter))


def _rows(file: SourceFile, encoding: str, delimiter: str) -> Iterator[Record]:
    """The rows below the header as objects of texts.

    Raises:
        SourceError: ``malformed_csv`` where the csv module loses its way, such as in a quote that is never closed.
    """
    ended = passed = 0  # lines of the rows that were read, and of the blank blocks between them, which are not

    def lines() -> Iterator[str]:
        nonlocal passed
        shown = 0
        for block in blocks(file, encoding):
            if shown == ended and block.text.isspace():
                passed += count_line_ends(block.text)
                continue
            new = split_lines_with_ends(block.text)
            shown += len(new)
            yield from new

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    names: list[str] = []
    try:
        for values in reader:
            number, ended = ended + passed + 1, reader.line_num
            if not names:
                names = [folded(value) for value in values]
            elif any(value.strip() for value in values):
                fault = None if len(values) == len(names) else _width_fault(values, names)
                yield Record(number, dict(zip(names, values, strict=not fault)), fault)
    except csv.Error as error:
        reason = f"{file.name} line {ended + passed + 1}: {error}."
        raise SourceError("malformed_csv", reason, "Correct that row in the file, or export it again.") from error


def _width_fault(values: list[str], names: list[str]) -> str:
    return "row_too_short" if len(values) < len(names) else "row_too_long"


def _fold(value: Any) -> Any:
    """A JSON value whose keys are folded, at any depth; of two keys that fold alike the first that says anything."""
    if isinstance(value, list):
        return [_fold(item) for item in value]
    if not isinstance(value, dict):
        return value
    members: dict[str, Any] = {}
    for key, held in value.items():
        name = folded(key)
        if members.get(name) is None:
            members[name] = _fold(held)
    return members


_DECODER = json.JSONDecoder(parse_float=Fraction, parse_int=Whole, parse_constant=str)
