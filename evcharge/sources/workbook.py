"""Rows of an Excel workbook (.xlsx): another carrier of delimited text, read by the same profiles.

The cells become the text that the profile's conventions can read; what Excel itself tells apart (a date, a duration, a
number, a truth value) is never guessed from text. What does not belong here: what the columns mean (``profile``),
delimited text (``table``), values (``clean``), and other ZIP archives.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from evcharge.carriers.file import SourceFile, printable
from evcharge.errors import SourceError
from evcharge.frames import RawSessions
from evcharge.sources.chunk import Reading, Rows, chunks
from evcharge.sources.names import folded
from evcharge.sources.privacy import withheld_row
from evcharge.sources.profile import ID_COLUMNS, Profile
from evcharge.sources.table import refuse_duplicates, refuse_too_many

ZIP_MAGIC = b"PK\x03\x04"
"""First bytes of a ZIP archive that holds something (APPNOTE 4.3.7)."""

WORKBOOK_MEMBER = "xl/workbook.xml"
"""The member that makes a ZIP archive an Excel workbook."""

MAX_WORKBOOK_BYTES = 1 << 27
"""Longest workbook that is read [bytes, 128 MiB]: it is held in memory, since a ZIP archive is read from its end."""

MAX_UNPACKED_BYTES = 1 << 29
"""Most that a workbook's parts may unpack to [bytes, 512 MiB]; the bound stops a ZIP bomb."""

MAX_CELLS = 10_000_000
"""Most cells of a workbook's sheets, blank ones within a sheet's used range too: they are held in memory, some 40 bytes
each. The largest real export, 259,415 rows of 33 columns, has 8.6 million."""

EXACT_DIGITS = 10**15
"""Excel keeps 15 digits of a number: an id this large has lost some."""

BATCH_ROWS = 2_000
"""Rows handled at a time."""

_DELIMITER = ","
"""What separates the cells of a row that is shown or kept as text."""

_TIMES = ("start_time", "end_time", "source_updated_at")
"""Our columns that hold a point in time."""

_NUMBERS = ("duration_minutes", "energy_kwh", "peak_power_kw", "start_soc_percent", "end_soc_percent")
"""Our columns whose numbers are read with the profile's decimal sign."""

_EPOCH_DAY = datetime(1899, 12, 31)  # noqa: DTZ001
"""Day 0 of Excel's calendar: 36 hours in a cell formatted as a clock time come as 1 January 1900, 12:00."""

_LONGEST_AS_CLOCK = timedelta(days=59)
"""Day 60 of Excel's calendar, 29 February 1900, never was; from there on a duration can't be told from its date."""

_ROW = re.compile(rb"<(?:\w+:)?row\b")
_CELL = re.compile(rb"<(?:\w+:)?c(?:\s[^>]*)?(?<!/)>")
_ROW_NUMBER = re.compile(rb"""[^>]*\sr\s*=\s*["']([0-9]+)""")
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]+)([0-9]+)""")
_LONGEST_TAG = 1 << 12
"""Bytes that are looked at again with the next block, for a tag that a block's end cuts."""

_PANIC = "PanicException"
"""What the library raises for a fault of its own; it is no ``Exception`` and can't be imported."""


class Page(NamedTuple):
    """A sheet with something on it.

    Attributes:
        title: the sheet's name.
        line: number of its first row that is not blank, counted from 1.
        names: text of that row's cells.
        sheet: the library's sheet.
    """

    title: str
    line: int
    names: tuple[str, ...]
    sheet: Any


class _Fault(ValueError):
    """A cell that makes its row no row; the text is the code of the fault."""


_contents: WeakKeyDictionary[SourceFile, bytes | None] = WeakKeyDictionary()
"""The bytes of each open workbook; None for a file that is none."""

_pages: WeakKeyDictionary[SourceFile, tuple[Page, ...]] = WeakKeyDictionary()
"""The sheets of each open workbook: every profile looks at them, and reading one takes seconds."""


def is_workbook(file: SourceFile) -> bool:
    """Whether the file is a ZIP archive with a workbook in it, of at most ``MAX_WORKBOOK_BYTES``."""
    if file not in _contents:
        _contents[file] = _workbook_bytes(file)
    return _contents[file] is not None


def best_page(file: SourceFile, profile: Profile) -> Page:
    """The one visible sheet whose first row that is not blank has the columns the profile needs; else the first sheet.

    Raises:
        SourceError: ``several_sheets_fit``, ``empty_file``, ``excel_not_installed``, ``password_protected``,
            ``damaged_workbook``, ``workbook_too_large``, ``too_many_columns``, ``duplicate_column`` where it fits.
    """
    page = _likely_page(file, profile)
    refuse_too_many(file, page.names)
    if not profile.missing_from(page.names):
        refuse_duplicates(file, page.names)
    return page


def _likely_page(file: SourceFile, profile: Profile) -> Page:
    if file not in _pages:
        _pages[file] = tuple(_read_pages(file))
    pages = _pages[file]
    if not pages:
        reason = f"{file.name} is empty: none of its visible sheets has a cell with anything in it."
        raise SourceError("empty_file", reason, "Fetch or export the file again.")
    fitting = [page for page in pages if not profile.missing_from(page.names)]
    if len(fitting) > 1:
        titles = ", ".join(printable(page.title) for page in fitting)
        reason = f"{file.name} has {len(fitting)} sheets that fit profile {profile.name}: {titles}."
        raise SourceError("several_sheets_fit", reason, "Save each sheet as a file of its own, and load them together.")
    return fitting[0] if fitting else pages[0]


def read(file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
    """The rows below the first one; a row's line is its number in the sheet.

    Times that are date cells are handed on as ISO 8601, whatever the profile's format for text is.

    Raises:
        SourceError: ``dates_and_texts_mixed``, ``damaged_workbook``, and what ``best_page`` raises.
    """
    page = best_page(file, reading.profile)
    names = tuple(map(folded, page.names))
    if _has_dates(file, page, names, reading.profile):
        conventions = replace(reading.profile.conventions, time_format="iso8601", time_formats=())
        reading = reading._replace(profile=replace(reading.profile, conventions=conventions))
    places = {name: place for place, name in enumerate(names) if name in reading.profile.fields}
    yield from chunks(_batches(file, page, places, reading.profile), tuple(places), reading)


# The file


def _workbook_bytes(file: SourceFile) -> bytes | None:
    """The file's bytes if it is a workbook."""
    content = bytearray()
    for block in file.unpacked():
        content += block
        if not content.startswith(ZIP_MAGIC) or len(content) > MAX_WORKBOOK_BYTES:
            return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return bytes(content) if WORKBOOK_MEMBER in archive.namelist() else None
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        return None


def _read_pages(file: SourceFile) -> Iterator[Page]:
    """The visible sheets that are not blank, in the workbook's order."""
    content = _contents[file]
    if content is None:
        return
    library = _library(file)
    _measure(file, content)
    with _whole(file, library):
        book = library.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for number, about in enumerate(book.sheets_metadata):
            if (about.typ, about.visible) == (library.SheetTypeEnum.WorkSheet, library.SheetVisibleEnum.Visible):
                sheet = book.get_sheet_by_index(number)
                for line, cells in _lines(sheet):
                    yield Page(about.name, line, tuple(map(_text, cells)), sheet)
                    break


def _library(file: SourceFile) -> Any:
    """The module that reads workbooks."""
    try:
        import python_calamine
    except ImportError as error:
        reason = f"{file.name} is an Excel workbook, and what reads one (python-calamine) is not installed."
        raise SourceError("excel_not_installed", reason, "pip install 'evcharge[excel]'") from error
    return python_calamine


@contextmanager
def _whole(file: SourceFile, library: Any) -> Iterator[None]:
    """Refuses the workbook where the library can't read it."""
    try:
        yield
    except library.PasswordError as error:
        raise password_protected(file) from error
    except library.CalamineError as error:
        raise _damaged(file, str(error)) from error
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise _damaged(file, str(error)) from error


def _damaged(file: SourceFile, what: str) -> SourceError:
    reason = f"{file.name} is an Excel workbook and damaged: {printable(what)}."
    return SourceError("damaged_workbook", reason, "Fetch or export it again, or save it anew in Excel.")


def password_protected(file: SourceFile) -> SourceError:
    """The refusal of a file that only its password opens."""
    reason = f"{file.name} is protected by a password."
    return SourceError("password_protected", reason, "Open it in Excel, save it without a password, and load that.")


def _too_large(file: SourceFile, what: str) -> SourceError:
    reason = f"{file.name} is too large for a workbook: {what}."
    return SourceError("workbook_too_large", reason, "Save its sheet as CSV and load that: a CSV may have any size.")


# The size


def _measure(file: SourceFile, content: bytes) -> None:
    """Refuse a workbook that is damaged or too large to be held: one cell far out makes a sheet of billions."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        unpacked = sum(member.file_size for member in members)
        if unpacked > MAX_UNPACKED_BYTES:
            raise _too_large(file, f"it unpacks to {unpacked:,} bytes; at most {MAX_UNPACKED_BYTES:,} are read")
        if any(member.flag_bits & 1 for member in members):
            raise password_protected(file)
        try:
            cells = sum(_used_range(archive, member) for member in members)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise _damaged(file, str(error)) from error
    if cells > MAX_CELLS:
        raise _too_large(file, f"its sheets span {cells:,} cells; at most {MAX_CELLS:,} are read")


def _used_range(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Cells that a sheet spans, from its first to the last with something in it; 0 for a part that is no sheet."""
    span, rest = _Span(), b""
    with archive.open(member) as part:
        while block := part.read(1 << 20):
            text = rest + block
            cut = text.rfind(b"<", max(len(text) - _LONGEST_TAG, 0))
            text, rest = (text[:cut], text[cut:]) if cut > 0 else (text, b"")
            span.add(text)
    return span.rows * (span.columns + span.widest)


@dataclass
class _Span:
    """How far the cells of a sheet reach that have something in them.

    Attributes:
        rows: number of the last row that a cell names, or the count of rows where some cell doesn't name its place.
        columns: number of the last column that a cell names.
        widest: most cells of a row, where some cell doesn't name its place: each stands beside the one before.
    """

    rows: int = 0
    columns: int = 0
    widest: int = 0
    _counted: int = 0
    _in_row: int = 0

    def add(self, text: bytes) -> None:
        """Go on with the next part of the sheet; it doesn't end within a tag."""
        cells = _CELL.findall(text)
        places = _PLACE.findall(b"".join(cells))
        self._counted += len(_ROW.findall(text))
        numbers = {int(digits) for digits in {digits for _, digits in places}}
        self.rows = max(self.rows, 0, *numbers)
        self.columns = max(
            self.columns, 0, *(_column_number(letters) for letters in {letters for letters, _ in places})
        )
        if len(places) < len(cells):
            self._add_unplaced(_ROW.split(text))

    def _add_unplaced(self, rows: Sequence[bytes]) -> None:
        """The same for cells that don't name their place; the first of the rows began in the part before."""
        self.rows = max(self.rows, self._counted)
        for number, row in enumerate(rows):
            self._in_row = len(_CELL.findall(row)) + (0 if number else self._in_row)
            self.widest = max(self.widest, self._in_row)
            if row_number := _ROW_NUMBER.match(row):
                self.rows = max(self.rows, int(row_number[1]))


def _column_number(letters: bytes) -> int:
    """The number of a column by its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


# The rows


def _lines(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """The sheet's rows that are not blank, with their numbers."""
    if sheet.start is None:
        return
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        if any(not isinstance(cell, str) or cell.strip() for cell in cells):
            yield line, cells


def _body(file: SourceFile, page: Page) -> Iterator[tuple[int, list[Any]]]:
    """The rows below the first."""
    with _whole(file, _library(file)):
        yield from islice(_lines(page.sheet), 1, None)


def _batches(file: SourceFile, page: Page, places: dict[str, int], profile: Profile) -> Iterator[Rows]:
    """The rows, some at a time, each with its cells as text and the fault that a cell makes."""
    names = [folded(name) for name in page.names]
    width = max((place + 1 for place, name in enumerate(names) if name), default=0)
    private = [place for place, name in enumerate(names) if name in profile.private_fields]
    writers = [(place, _writer(name, profile)) for name, place in places.items()]
    body = _body(file, page)
    while batch := list(islice(body, BATCH_ROWS)):
        texts = [[_text(cell) for cell in cells] for _, cells in batch]
        raws = [withheld_row(row[:width], private, _DELIMITER) for row in texts]
        judged = [_judged(cells, row, page, writers) for (_, cells), row in zip(batch, texts, strict=True)]
        faults, values = [fault for fault, _ in judged], [row for _, row in judged]
        yield Rows.of([line for line, _ in batch], raws, faults, values, range(len(writers)))


def _judged(
    cells: Sequence[Any], texts: Sequence[str], page: Page, writers: Sequence[tuple[int, Callable[[Any], str]]]
) -> tuple[str | None, list[str]]:
    """Code of the row's fault, or None, and the texts of its fields, empty where there is a fault."""
    nothing = [""] * len(writers)
    if tuple(texts) == page.names:
        return "repeated_header", nothing
    try:
        values = [write(cells[place]) for place, write in writers]
    except _Fault as error:
        return str(error), nothing
    return ("nul_character", nothing) if any("\0" in text for text in texts) else (None, values)


def _has_dates(file: SourceFile, page: Page, names: Sequence[str], profile: Profile) -> bool:
    """Whether the times stand in date cells.

    Where some do and others are text, a tool with another country's order of day and month may have read those that it
    could, and swapped them.
    """
    fields = _time_fields(profile)
    places = [place for place, name in enumerate(names) if name in fields]
    if not places:
        return False
    dated = written = 0
    for line, cells in _body(file, page):
        for place in places:
            if isinstance(cells[place], date):
                dated = dated or line
            elif isinstance(cells[place], str) and any(map(str.isdecimal, cells[place])):
                written = written or line
        if dated and written:
            reason = f"{file.name} has times as dates (row {dated}) and as text (row {written}) in one sheet."
            hint = "Export it again as CSV: a tool may have read some of the dates, with day and month swapped."
            raise SourceError("dates_and_texts_mixed", reason, hint)
    return bool(dated)


def _time_fields(profile: Profile) -> frozenset[str]:
    """Their fields that a time is read from, folded."""
    tables = (profile.mapped, profile.combined)
    return frozenset(map(folded, chain.from_iterable(table.get(ours, ()) for table in tables for ours in _TIMES)))


# The cells


def _writer(name: str, profile: Profile) -> Callable[[Any], str]:
    """How a cell of their field is written as text that the profile's conventions can read."""
    mapped = {ours for ours, spellings in profile.mapped.items() if name in map(folded, spellings)}
    if mapped & set(ID_COLUMNS):
        return _id_text
    if mapped & set(_TIMES):
        return _time_text
    percents = chain.from_iterable(step.fields for step in profile.steps if step.step == "without_percent_sign")
    plain: Callable[[Any], str] = _percent_text if name in map(folded, percents) else _text
    if "duration_minutes" in mapped:
        plain = partial(_duration_text, duration_format=profile.conventions.duration_format)
    if profile.conventions.decimal == "." or mapped.isdisjoint(_NUMBERS):
        return plain
    return lambda cell: plain(cell) if isinstance(cell, str) else plain(cell).replace(".", profile.conventions.decimal)


def _text(cell: Any) -> str:
    """A cell as text: a whole number without a fraction, a duration as h:m:s, a date as ISO 8601.

    An error such as #N/A, and a formula without a kept result, come empty from the library.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, timedelta):
        return _hours_minutes_seconds(cell)
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return _plain_number(cell)


def _plain_number(number: float) -> str:
    """The number without an exponent, and without a fraction where it is whole."""
    if not math.isfinite(number):
        return str(number)
    return format(Decimal(repr(number + 0.0)), "f").removesuffix(".0")  # minus zero becomes zero


def _id_text(cell: Any) -> str:
    """An id. What Excel made a date, a truth value or a long or broken number of is no id any more."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool) or not isinstance(cell, (int, float)) or not _is_exact(cell):
        raise _Fault("value_not_scalar")
    return _plain_number(cell)


def _is_exact(number: float) -> bool:
    return abs(number) < EXACT_DIGITS and number == int(number)


def _time_text(cell: Any) -> str:
    """A point in time: a date cell with its clock time, midnight too."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return f"{cell.isoformat()}T00:00:00"
    return _text(cell)


def _duration_text(cell: Any, duration_format: str) -> str:
    """A duration in the profile's form. Where that is h:m:s, a number is a part of a day, as everywhere in Excel."""
    length = _duration(cell)
    if length is None and duration_format == "h:m:s" and isinstance(cell, float) and abs(cell) < timedelta.max.days:
        length = timedelta(days=cell)
    if length is None:
        return _text(cell)
    if duration_format == "h:m:s":
        return _hours_minutes_seconds(length)
    unit = {"hours": timedelta(hours=1), "minutes": timedelta(minutes=1), "seconds": timedelta(seconds=1)}
    return _plain_number(length / unit[duration_format])


def _duration(cell: Any) -> timedelta | None:
    """The duration that a cell of a duration, a clock time, or a date of Excel's first days stands for."""
    if isinstance(cell, timedelta):
        return cell
    if isinstance(cell, time):
        return timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond)
    if isinstance(cell, date):
        since = datetime(cell.year, cell.month, cell.day) - _EPOCH_DAY  # noqa: DTZ001
        if isinstance(cell, datetime):
            since += _duration(cell.time()) or timedelta()
        return since if since < _LONGEST_AS_CLOCK else None
    return None


def _hours_minutes_seconds(length: timedelta) -> str:
    """The length to the second, in hours that may pass 24: 500:22:20."""
    seconds = round(abs(length).total_seconds())
    sign = "-" if length < timedelta() else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _percent_text(cell: Any) -> str:
    """A percentage that is written with its sign: Excel keeps 30% as the number 0.3."""
    return f"{_plain_number(round(cell * 100, 6))}%" if isinstance(cell, float) else _text(cell)
