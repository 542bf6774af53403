"""What a table holds, whatever it is of: how it is cut into rows and columns, which line names these, and their texts.

It looks at the beginning of the file alone. What does not belong here: what the texts are (``contents``), what the
columns mean (``meaning``), and reading a file for a load (``table``, ``workbook``, ``json_lines``).
"""

from __future__ import annotations

import csv
import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

from evcharge.carriers.file import SourceFile, printable
from evcharge.carriers.text import blocks, split_lines
from evcharge.errors import SourceError
from evcharge.sources import json_lines, workbook
from evcharge.sources.contents import kind_of_text
from evcharge.sources.json_values import Fault, scalar_text
from evcharge.sources.meaning import meanings_of
from evcharge.sources.names import folded
from evcharge.sources.table import HEADER_LINES, MAX_COLUMNS, stated_delimiter
from evcharge.sources.totals import is_total
from evcharge.sources.workbook_archive import is_workbook

SEEN_ROWS = 20_000
"""Rows that are looked at: enough for a word that stands in one row of a thousand, and read in a second or two."""
_SEEN_CHARACTERS = 1 << 23
"""Characters that are looked at at most."""
_DELIMITERS = (",", ";", "\t", "|")
MOST_END_ROWS = 3
"""Rows at the top and at the end of a table that may be no sessions. House rule."""
_MOST_EMPTY_NAMES = 0.5
"""Share of a header's cells that may be empty. House rule."""


class Row(NamedTuple):
    """A record with something on it: the line on which it begins, and its cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Survey:
    """A table as it stands in the beginning of a file.

    Attributes:
        kind: ``csv``, ``jsonl``, or ``workbook``.
        encoding: how its bytes are read; '' of a workbook.
        delimiter: what separates its columns; '' where they are told apart otherwise.
        header_line: line of the header, counted from 1; 0 where each row names its fields itself.
        starts_with_header: whether nothing stands before the header.
        names: headings as written, without blanks around them.
        rows: what stands below the header, each as wide as the header.
        headings: each name with what lines below it that are no rows add, such as a unit or the other half of a name.
        other_rows: number of rows below the header that seem to be none: narrower, wider, units, or a sum at the end.
        is_whole: whether the table ends where the survey does.
        sheet: name of the sheet, of a workbook.
        other_sheets: names of its other visible sheets that are not blank.
    """

    kind: str
    encoding: str
    delimiter: str
    header_line: int
    starts_with_header: bool
    names: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    other_rows: int
    is_whole: bool
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts below a heading."""
        place = self.names.index(name)
        return tuple(row[place] for row in self.rows)


def survey(
    file: SourceFile,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_line: int | None = None,
    sheet: str | None = None,
    most_rows: int = SEEN_ROWS,
) -> Survey:
    """What the beginning of a file holds, at most ``most_rows``; what is stated is taken as stated.

    Raises:
        SourceError: ``not_a_table``: no line names columns; or what reading the file raises.
    """
    if is_workbook(file):
        return _of_workbook(file, header_line, sheet, most_rows)
    text, encoding, is_whole = _text(file, encoding, most_rows)
    if text.lstrip().startswith("{"):
        return _of_objects(file, text, encoding, is_whole, most_rows)
    sign = stated_delimiter(split_lines(text)[0] if text else "")
    delimiter = delimiter or sign or _likely_delimiter(text)
    rows = list(islice(_records(text, delimiter), most_rows + HEADER_LINES))
    return _cut(file, rows[1 if sign else 0 :], "csv", header_line, encoding, delimiter, is_whole=is_whole)


def _cut(
    file: SourceFile,
    rows: Sequence[Row],
    kind: str,
    header_line: int | None,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    *,
    is_whole: bool,
) -> Survey:
    """The rows with the line that names the columns, and what stands below it."""
    place = _header_place(rows, header_line)
    if place is None:
        reason = f"{file.name}: none of its first {HEADER_LINES} lines names columns."
        raise SourceError("not_a_table", reason, _what_mends(rows))
    width = len(rows[place].cells)
    below = rows[place + 1 :]
    squared = [cells for row in below if (cells := _as_wide(row.cells, width)) is not None]
    names = tuple(name.strip() for name in rows[place].cells)
    second, squared = _parted(squared, sum(map(bool, names)))
    headings = tuple(" ".join(filter(None, map(str.strip, parts))) for parts in zip(names, *second, strict=True))
    return Survey(
        kind=kind,
        encoding=encoding,
        delimiter=delimiter,
        header_line=rows[place].line,
        starts_with_header=place == 0,
        names=names,
        headings=headings,
        rows=tuple(squared),
        other_rows=len(below) - len(squared),
        is_whole=is_whole,
        sheet=sheet,
    )


def _what_mends(rows: Sequence[Row]) -> str:
    """What to do with rows of which none names columns."""
    for row in rows[:HEADER_LINES]:
        seen: dict[str, str] = {}
        for name in filter(None, map(str.strip, row.cells)):
            if folded(name) in seen and any(map(str.isalpha, name)):
                alike = f"{printable(seen[folded(name)])} and {printable(name)}"
                return f"Two columns are named alike, {alike}: give one of them another name, on line {row.line}."
            seen[folded(name)] = name
    if all(len(row.cells) < 2 for row in rows):
        return "It has one column, and a session takes several. If a sign separates them, name it: --delimiter SIGN."
    return "Say which line does: --header-line N."


def _parted(rows: list[tuple[str, ...]], width: int) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The lines at the top that go on with the header, such as units, and the rows without them and without sums.

    A load refuses these lines one by one; as rows they would only make numbers look like text.
    """
    first = next((number for number, row in enumerate(rows) if _tells_a_value(row)), 0)
    first = first if first <= MOST_END_ROWS else 0
    end = len(rows)
    while end > max(first, len(rows) - MOST_END_ROWS) and _is_end(rows[end - 1], width):
        end -= 1
    return rows[:first], rows[first:end]


def _tells_a_value(row: tuple[str, ...]) -> bool:
    """Whether a cell is a number, a time or a length, as one of each session is. CO2 and UTC+1 are none."""
    return any(kind_of_text(cell.strip()) != "text" for cell in row if cell.strip())


def _is_end(row: tuple[str, ...], width: int) -> bool:
    """Whether a row at the end is half empty, or begins with the word for a total."""
    filled = list(filter(str.strip, row))
    return 2 * len(filled) < width or is_total(filled[0])


def _as_wide(cells: tuple[str, ...], width: int) -> tuple[str, ...] | None:
    """The cells as wide as the header, where they differ by empty ones at the end alone."""
    if any(cell.strip() for cell in cells[width:]) or (len(cells) < width and len(cells) < 2):
        return None
    return (cells + ("",) * (width - len(cells)))[:width] if len(cells) >= width - 1 else None


def _header_place(rows: Sequence[Row], stated: int | None) -> int | None:
    """Which of the first rows names the columns: the one with most headings that mean something, else the first full.

    A heading is a text with a letter, and no two of them are alike.
    """
    if stated is not None:
        return next((place for place, row in enumerate(rows) if row.line == stated), None)
    widths = Counter(len(row.cells) for row in rows)
    usual = widths.most_common(1)[0][0] if widths else 0
    best, place = 0.0, None
    for number, row in enumerate(rows[:HEADER_LINES]):
        names = [cell.strip() for cell in row.cells if cell.strip()]
        is_full = len(names) >= max(2, (1 - _MOST_EMPTY_NAMES) * usual)
        is_text = all(any(map(str.isalpha, name)) for name in names)
        if is_full and is_text and len({folded(name) for name in names}) == len(names):
            score = 1 + sum(meanings[0].score for name in names if (meanings := meanings_of(name)))
            best, place = (score, number) if score > best else (best, place)
    return place


# Delimited text


def _text(file: SourceFile, stated: str | None, most_rows: int) -> tuple[str, str, bool]:
    """The file's beginning as text, by the stated encoding or the first that can read it, and whether it is all."""
    start = next(file.unpacked(), b"")
    for encoding in [stated] if stated else _encodings(start):
        try:
            text, is_whole = _beginning(file, encoding, most_rows)
        except SourceError as error:
            if error.code != "wrong_encoding" or stated:
                raise
        else:
            return text, encoding, is_whole
    raise SourceError("wrong_encoding", f"{file.name} is in no encoding that is tried.", "Name it: --encoding cp1252.")


def _encodings(start: bytes) -> list[str]:
    """The encodings to try, in this order; the last can read all."""
    half = len(start) // 2 or 1
    if start[1::2].count(0) > half // 2:
        return ["utf-16-le"]
    if start[::2].count(0) > half // 2:
        return ["utf-16-be"]
    korean = ["cp949"] if _is_hangul(start) else []
    return ["utf-8", *korean, "cp1252", "latin-1"]


def _is_hangul(start: bytes) -> bool:
    """Whether the bytes beyond ASCII are pairs that KS X 1001 has syllables for."""
    try:
        text = start[: start.rfind(b"\n")].decode("euc_kr")
    except UnicodeDecodeError:
        return False
    beyond = [char for char in text if not char.isascii()]
    return 2 * sum("가" <= char <= "힣" for char in beyond) > len(beyond)


def _beginning(file: SourceFile, encoding: str, most_rows: int) -> tuple[str, bool]:
    text = ""
    for block in blocks(file, encoding):
        text += block.text
        if len(text) >= _SEEN_CHARACTERS or text.count("\n") > most_rows + HEADER_LINES:
            return text, False
    return text, True


def _likely_delimiter(text: str) -> str:
    """The sign by which most of the first lines have one width of several columns; of these the one of most columns."""
    sample = "\n".join(split_lines(text)[:200])
    scores = {}
    for sign in _DELIMITERS:
        widths = Counter(len(row.cells) for row in _records(sample, sign) if len(row.cells) > 1)
        width, count = widths.most_common(1)[0] if widths else (0, 0)
        scores[sign] = (count, width)
    most = max(count for count, _ in scores.values())
    return max(_DELIMITERS, key=lambda sign: (scores[sign][0] >= most / 2, scores[sign][1]))


def _records(text: str, delimiter: str) -> Iterator[Row]:
    """The records with something on them; what the csv module refuses ends them."""
    lines = [f"{line}\n" for line in split_lines(text.replace("\0", " "))]
    reader, first = csv.reader(lines, delimiter=delimiter), 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and len(cells) <= MAX_COLUMNS:
                yield Row(first, tuple(cells))
            first = reader.line_num + 1
    except csv.Error:
        return


# Objects and workbooks


def _of_objects(file: SourceFile, text: str, encoding: str, is_whole: bool, most_rows: int) -> Survey:
    """JSON lines: the fields of all objects, in the order in which they come; what is no scalar is left out."""
    names: dict[str, None] = {}
    objects = []
    for line in split_lines(text)[:most_rows]:
        try:
            members = json_lines.object_of(line)
        except Fault:
            continue
        objects.append(members)
        names.update(dict.fromkeys(members))
    if not names:
        json_lines.first_keys(file, text)
    if len(objects) == 1:
        _refuse_list(file, objects[0])
    rows = tuple(tuple(_scalar(members.get(name)) for name in names) for members in objects)
    return Survey("jsonl", encoding, "", 0, True, tuple(names), tuple(names), rows, 0, is_whole)


def _refuse_list(file: SourceFile, members: Mapping[str, Any]) -> None:
    """Refuses one object around a list of records, which would be a table of one row without them.

    Raises:
        SourceError: ``records_in_a_list``.
    """
    for name, value in members.items():
        if isinstance(value, list) and any(isinstance(record, dict) for record in value):
            path = shlex.quote(f".[{json.dumps(name)}][]")
            raise SourceError(
                "records_in_a_list",
                f"{file.name} is one JSON object, and its records stand in the list {printable(name)!r}.",
                f"Write them one per line: jq -c {path} {shlex.quote(file.name)} > records.jsonl",
            )


def _scalar(value: object) -> str:
    try:
        return scalar_text(value, is_id=False)
    except Fault:
        return ""


def _of_workbook(file: SourceFile, header_line: int | None, sheet: str | None, most_rows: int) -> Survey:
    """The sheet that is stated, or the visible one whose header says most."""
    surveys, faults = [], []
    for title, rows in workbook.first_rows(file, most_rows + HEADER_LINES, sheet):
        records = [Row(line, cells) for line, cells in rows]
        try:
            is_whole = len(records) < most_rows + HEADER_LINES
            surveys.append(_cut(file, records, "workbook", header_line, sheet=title, is_whole=is_whole))
        except SourceError as fault:
            faults.append(fault)
    if not surveys and len(faults) == 1:
        raise faults[0]
    if not surveys:
        reason = f"{file.name}: no sheet names columns in its first {HEADER_LINES} rows."
        raise SourceError("not_a_table", reason, "Say which row does: --header-line N.")
    best = max(surveys, key=_meaningful)
    others = tuple(title for title in workbook.titles_of(file) if title != best.sheet)
    return replace(best, other_sheets=others)


def _meaningful(survey: Survey) -> float:
    return sum(meanings[0].score for name in survey.names if (meanings := meanings_of(name)))
