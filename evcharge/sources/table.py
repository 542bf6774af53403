"""Rows of a delimited file (CSV): no field moves, no row vanishes, and a broken row never takes others with it.

What does not belong here: what the columns mean (``profile``), bytes and lines (``text``), the cells of a workbook
(``workbook``), values (``clean``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple, NoReturn

from evcharge.carriers.file import SourceFile
from evcharge.carriers.text import (
    BLANK_LINES,
    MAX_LINE_CHARACTERS,
    Block,
    blocks,
    count_line_ends,
    first_lines,
    has_many_blanks,
    refuse_long_line,
    split_lines,
)
from evcharge.errors import SourceError
from evcharge.frames import RawSessions
from evcharge.sources.chunk import Reading, Rows, chunks
from evcharge.sources.names import folded
from evcharge.sources.plain_rows import plain_columns
from evcharge.sources.privacy import ROW_WITHHELD, withheld_row
from evcharge.sources.profile import Profile
from evcharge.sources.totals import TOTAL_ROW, is_total

HEADER_LINES = 20
"""Lines with something on them among which the header is looked for: reports have a title and a few lines about it.
House rule."""
MAX_COLUMNS = 1_000
"""Most columns a file may have. The widest export seen has 37; the bound keeps a row's cost small."""

_LINE_ENDS = re.compile(r"[\r\n]+")
"""Blank lines in a row where the delimiter is blank itself: a line of delimiters alone is a row, of nothing."""
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<sign>[^\r\n])"?[ ,;\t|]*(?:\r\n|[\r\n]|\Z)', re.IGNORECASE)
"""The line before a header by which Excel is told what separates the columns."""


class Header(NamedTuple):
    """A header line: its names as written, what separates them, where in the text its record ends, and its line."""

    names: tuple[str, ...]
    delimiter: str
    end: int
    line: int


class _Layout(NamedTuple):
    """How a body is read: its delimiter, its header, and the places in a row of the fields that are read or private."""

    delimiter: str
    names: list[str]
    places: tuple[int, ...]
    private: tuple[int, ...]


class _Record(NamedTuple):
    """One record: the line on which it begins, its exact text, and its values; None where the csv module gave up."""

    line: int
    raw: str
    values: list[str] | None


class _Lines:
    """Lines for the csv module that remember which of them the present record took, and whether there are no more.

    ``position`` is where in the text the next one begins.

    A NUL is hidden from the module, which refuses it in Python 3.10 and accepts it later; ``taken`` has it.
    """

    def __init__(self, text: str, delimiter: str) -> None:
        self.taken: list[str] = []
        self.ended = False
        self._text = text
        self._stream = io.StringIO(text, newline="")
        self._blank = BLANK_LINES if delimiter.strip() else _LINE_ENDS
        self.position = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._stream.readline()
        if not line:
            self.ended = True
            raise StopIteration
        self.position += len(line)
        self.taken.append(line)
        return line.replace("\0", "\ufffd")

    def pass_blank(self) -> int:
        """Go on after the blank lines that come next; returns how many there were."""
        blank = self._blank.match(self._text, self.position)
        if not blank:
            return 0
        self.position = self._stream.seek(blank.end())
        return count_line_ends(blank[0])


def read(file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
    """The rows below the header line.

    Raises:
        SourceError: as ``rows``.
    """
    names, batches = rows(file, reading.profile)
    yield from chunks(batches, names, reading)


def rows(file: SourceFile, profile: Profile) -> tuple[tuple[str, ...], Iterator[Rows]]:
    """Folded names of the fields that the profile reads, and the rows below the header line, with these fields.

    Raises:
        SourceError: ``unclosed_quote``, or what ``best_header`` and ``text.blocks`` raise.
    """
    source = blocks(file, profile.encoding)
    head = first_lines(source, file)
    header = best_header(file, head, profile)
    body = Block(head.line + count_line_ends(head.text[: header.end]), head.text[header.end :])
    places = {name: place for place, name in enumerate(map(folded, header.names)) if name in profile.fields}
    private = [place for place, name in enumerate(map(folded, header.names)) if name in profile.private_fields]
    layout = _Layout(header.delimiter, list(header.names), tuple(places.values()), tuple(private))
    return tuple(places), _batches(file, chain((body,), source), layout)


def best_header(file: SourceFile, head: Block, profile: Profile) -> Header:
    """The header under that delimiter of the profile's which leaves the fewest of its columns missing.

    It is the line that the profile states; else the first one, or the first below narrower lines, such as a title,
    that the profile fits. A first line ``sep=;`` states the delimiter.

    Args:
        file: the open file.
        head: its beginning, from the first line with something on it.
        profile: what the header has to name.

    Raises:
        SourceError: ``malformed_header``, ``too_many_columns``, or ``duplicate_column`` where the header fits.
    """
    sign = stated_delimiter(head.text)
    delimiters = (sign,) if sign else profile.delimiters
    headers = [header for delimiter in delimiters if (header := _header(head, delimiter, profile))]
    if not headers:
        line = f"line {profile.header_line}" if profile.header_line else "the header line"
        hint = "Is it a delimited text file? One of its first lines must name the columns: --header-line N."
        raise SourceError("malformed_header", f"{file.name}: {line} is not well-formed CSV.", hint)

    best = min(headers, key=lambda header: len(profile.missing_from(header.names)))
    refuse_too_many(file, best.names)
    if not profile.missing_from(best.names):
        refuse_duplicates(file, best.names)
    return best


def _header(head: Block, delimiter: str, profile: Profile) -> Header | None:
    """The line that the profile states; else the first one, or the first further down that it fits."""
    if profile.header_line is not None:
        return next((line for line in _top(head, delimiter) if line.line == profile.header_line), None)
    first = next(_top(head, delimiter), None)
    if first is None or not profile.missing_from(first.names):
        return first
    top = list(islice(_top(head, delimiter), HEADER_LINES))
    return next((line for line in top if not profile.missing_from(line.names) and is_fullest(line, top)), first)


def is_fullest(line: Header, top: Iterable[Header]) -> bool:
    """Whether all the lines above have fewer cells with something in them, as titles have; others may be a table."""
    return all(_filled(above) < _filled(line) for above in top if above.line < line.line)


def _filled(header: Header) -> int:
    return sum(bool(name.strip()) for name in header.names)


def _top(head: Block, delimiter: str) -> Iterator[Header]:
    """The first records with something on them, each as the header that it may be; none below a malformed one."""
    separator = _SEPARATOR_LINE.match(head.text)
    start = separator.end() if separator else 0
    lines = _Lines(head.text[start:], delimiter)
    line = head.line + count_line_ends(head.text[:start])
    records = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        blank = lines.pass_blank()
        try:
            names = next(records, None)
        except csv.Error:
            return
        if names is None:
            return
        line += blank
        yield Header(tuple(names), delimiter, start + lines.position, line)
        line += count_line_ends("".join(lines.taken))


def stated_delimiter(text: str) -> str:
    """The delimiter that a first line ``sep=;`` states; '' where there is no such line."""
    separator = _SEPARATOR_LINE.match(text)
    return separator["sign"] if separator else ""


def all_rows(file: SourceFile, encoding: str, private: frozenset[str]) -> tuple[tuple[str, ...], Iterator[Rows]]:
    """Folded names of all fields of a table separated by commas, and its rows; for formats made of several tables.

    Args:
        file: the table.
        encoding: of a file without a byte order mark.
        private: folded names of the fields that are withheld from the raw rows.

    Raises:
        SourceError: as ``read``.
    """
    source = blocks(file, encoding)
    head = first_lines(source, file)
    header = header_of(file, head.text, ",")
    if header is None:
        raise SourceError("malformed_header", f"{file.name}: the header line is not well-formed CSV.")
    refuse_duplicates(file, header.names)
    names = tuple(map(folded, header.names))
    withheld = tuple(place for place, name in enumerate(names) if name in private)
    body = Block(head.line + count_line_ends(head.text[: header.end]), head.text[header.end :])
    layout = _Layout(header.delimiter, list(header.names), tuple(range(len(names))), withheld)
    return names, _batches(file, chain((body,), source), layout)


def header_of(file: SourceFile, text: str, delimiter: str) -> Header | None:
    """The first record of the text, split by the delimiter; None if it isn't well-formed."""
    lines = _Lines(text, delimiter)
    try:
        names = next(csv.reader(lines, delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None
    refuse_too_many(file, names)
    return Header(tuple(names), delimiter, sum(map(len, lines.taken)), 1)


def refuse_too_many(file: SourceFile, names: Sequence[str]) -> None:
    """Refuse more columns than are read."""
    if len(names) > MAX_COLUMNS:
        reason = f"{file.name} has {len(names):,} columns; at most {MAX_COLUMNS:,} are read."
        raise SourceError("too_many_columns", reason, "Export it with the session columns only.")


def refuse_duplicates(file: SourceFile, names: Sequence[str]) -> None:
    """Refuse a header that names two columns alike. Columns without any name are no duplicates: nothing maps them."""
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        first = seen.setdefault(folded(name), number)
        if first != number and folded(name):
            reason = f"{file.name}: columns {first} and {number} are both named {name.strip()!r}."
            raise SourceError("duplicate_column", reason, "Rename or remove one of them in the file.")


def _batches(file: SourceFile, source: Iterator[Block], layout: _Layout) -> Iterator[Rows]:
    """The rows, block by block; a row that a block's end cuts is read with the next block."""
    cut = Block(0, "")
    for block in source:
        whole = Block(cut.line, cut.text + block.text) if cut.text else block
        rows = _one_line_rows(whole, layout)
        if rows:
            cut = Block(0, "")
        else:
            rows, cut = _any_rows(file, whole, layout)
        yield rows
    if cut.text:
        if len(split_lines(cut.text)) > 1:
            _refuse_unclosed(file, cut.line)
        yield _judged([_Record(cut.line, _without_end(cut.text), None)], layout)


def _one_line_rows(block: Block, layout: _Layout) -> Rows | None:
    """The rows, if each line is one and none is malformed; else None. This is the way of nearly every block."""
    if "\0" in block.text:
        return None
    raws = split_lines(block.text)
    if (
        not layout.private
        and (columns := plain_columns(raws, layout.names, layout.delimiter, layout.places)) is not None
    ):
        return Rows(list(range(block.line, block.line + len(raws))), raws, [None] * len(raws), columns)
    if has_many_blanks(block.text):
        return None
    try:
        values = list(csv.reader(raws, delimiter=layout.delimiter, strict=True))
    except csv.Error:
        return None
    if len(values) != len(raws):
        return None
    lines = range(block.line, block.line + len(raws))
    width = len(layout.names)
    if width > 1 and set(map(len, values)) == {width} and layout.names not in values and not layout.private:
        return Rows.of(lines, raws, [None] * len(raws), values, layout.places)
    return _judged(list(map(_Record, lines, raws, values)), layout)


def _any_rows(file: SourceFile, block: Block, layout: _Layout) -> tuple[Rows, Block]:
    """The rows of any block, one by one, and what is there of a row that the block's end cuts."""
    line, records, lines = block.line, list[_Record](), _Lines(block.text, layout.delimiter)
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
    while True:
        lines.taken.clear()
        line += lines.pass_blank()
        values = None
        try:
            values = next(reader, None)
        except csv.Error:
            if not lines.ended and len(lines.taken) > 1:
                _refuse_unclosed(file, line)

        text = "".join(lines.taken)
        raw = _without_end(text)
        if len(raw) > MAX_LINE_CHARACTERS:
            refuse_long_line(file, line)
        if lines.ended:  # the block ends within this row, or after the last one, which leaves no text
            return _judged(records, layout), Block(line, text)
        records.append(_Record(line, raw, values))
        line += len(lines.taken)


def _judged(records: Sequence[_Record], layout: _Layout) -> Rows:
    """The rows that the records are, without the blank ones, and the fault of each."""
    kept = [_squared(record, layout.names) for record in records if not _is_blank(record)]
    faults = [_fault(record, layout.names) for record in kept]
    empty = [""] * len(layout.names)
    cells = [empty if fault else record.values or empty for record, fault in zip(kept, faults, strict=True)]
    raws = [_raw(record, fault, layout) for record, fault in zip(kept, faults, strict=True)]
    return Rows.of([record.line for record in kept], raws, faults, cells, layout.places)


def _raw(record: _Record, fault: str | None, layout: _Layout) -> str:
    """The row's exact text, or without its private cells where the layout has such."""
    if not layout.private or fault == "repeated_header":
        return record.raw
    return (
        withheld_row(record.values, layout.private, layout.delimiter) if record.values and not fault else ROW_WITHHELD
    )


def _is_blank(record: _Record) -> bool:
    """Whether the record is a line with nothing on it. One of delimiters alone is a row, of nothing."""
    return record.values is not None and len(record.values) < 2 and not record.raw.strip()


def _squared(record: _Record, names: list[str]) -> _Record:
    """The record as wide as the header, where they differ only by delimiters at the end of one of them."""
    values, width = record.values, len(names)
    if values is None or len(values) == width:
        return record
    if len(values) > width and not any(map(str.strip, values[width:])):
        return record._replace(values=values[:width])
    if len(values) > 1 and not any(map(str.strip, names[len(values) :])):
        return record._replace(values=values + [""] * (width - len(values)))
    return record


def _fault(record: _Record, names: list[str]) -> str | None:
    """Code of what is wrong with the record's structure, or None."""
    if "\0" in record.raw:
        return "nul_character"
    if record.values is None:
        return "malformed_row"
    if record.values == names:
        return "repeated_header"
    if len(record.values) != len(names):
        if len(record.values) > 1 and any(map(is_total, record.values)):
            return TOTAL_ROW
        return "row_too_short" if len(record.values) < len(names) else "row_too_long"
    return None


def _without_end(raw: str) -> str:
    """The text without its one line end."""
    return raw[:-2] if raw.endswith("\r\n") else raw[:-1] if raw.endswith(("\n", "\r")) else raw


def _refuse_unclosed(file: SourceFile, line: int) -> NoReturn:
    raise SourceError(
        "unclosed_quote",
        f"{file.name}: the row that begins on line {line} opens a quote that is not closed as CSV closes one.",
        'Correct that row in the file: a quote inside a quoted field is written twice, as "".',
    )
