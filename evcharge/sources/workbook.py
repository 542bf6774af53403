"""Rows of an Excel workbook (.xlsx): another carrier of delimited text, read by the same profiles.

What does not belong here: the archive and its limits (``workbook_archive``), a cell as text (``workbook_cells``), what
the columns mean (``profile``), delimited text (``table``), and values (``clean``).
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import chain, islice
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from evcharge.carriers.file import SourceFile, printable
from evcharge.errors import SourceError
from evcharge.frames import RawSessions
from evcharge.sources.chunk import Reading, Rows, chunks
from evcharge.sources.names import folded
from evcharge.sources.privacy import withheld_row
from evcharge.sources.profile import Profile
from evcharge.sources.table import HEADER_LINES, Header, is_fullest, refuse_duplicates, refuse_too_many
from evcharge.sources.totals import is_total
from evcharge.sources.workbook_archive import damaged, password_protected, refuse_too_large, workbook_bytes
from evcharge.sources.workbook_cells import TIMES, CellFault, text_of, writer_of

BATCH_ROWS = 2_000
"""Rows handled at a time."""

_DELIMITER = ","
"""What separates the cells of a row that is shown or kept as text."""

_PANIC = "PanicException"
"""What the library raises for a fault of its own; it is no ``Exception`` and can't be imported."""


class Page(NamedTuple):
    """A sheet with something on it.

    Attributes:
        title: the sheet's name.
        line: number of the row that names the columns, counted from 1; the first that is not blank unless another fits.
        names: text of that row's cells.
        sheet: the library's sheet.
        top: the first rows that are not blank, each as the header that it may be.
    """

    title: str
    line: int
    names: tuple[str, ...]
    sheet: Any
    top: tuple[Header, ...] = ()


_pages: WeakKeyDictionary[SourceFile, tuple[Page, ...]] = WeakKeyDictionary()
"""The sheets of each open workbook: every profile looks at them, and reading one takes seconds."""


def best_page(file: SourceFile, profile: Profile) -> Page:
    """The visible sheet that the profile names, or the one with the columns that it needs; else the first sheet.

    The header is the row that the profile states; else the first that is not blank, or the first below narrower ones,
    such as a title, that fits.

    Raises:
        SourceError: ``several_sheets_fit``, ``unknown_sheet``, ``empty_file``, ``excel_not_installed``,
            ``password_protected``, ``damaged_workbook``, ``workbook_too_large``, ``too_many_columns``,
            ``duplicate_column`` where it fits.
    """
    page = _likely_page(file, profile)
    refuse_too_many(file, page.names)
    if not profile.missing_from(page.names):
        refuse_duplicates(file, page.names)
    return page


def _likely_page(file: SourceFile, profile: Profile) -> Page:
    pages = [_headed(page, profile) for page in _pages_of(file, profile.sheet)]
    fitting = [page for page in pages if not profile.missing_from(page.names)]
    if len(fitting) > 1:
        reason = f"{file.name} has {len(fitting)} sheets that fit profile {profile.name}: {_titles(fitting)}."
        hint = f"Name one, and load each by a command of its own: {_option(fitting[0])}."
        raise SourceError("several_sheets_fit", reason, hint)
    return fitting[0] if fitting else pages[0]


def _headed(page: Page, profile: Profile) -> Page:
    """The sheet with the row that names the profile's columns, if there is one."""
    if profile.header_line is not None:
        headers = [row for row in page.top if row.line == profile.header_line]
    else:
        headers = [row for row in page.top if not profile.missing_from(row.names) and is_fullest(row, page.top)]
    return page._replace(line=headers[0].line, names=headers[0].names) if headers else page


def _titles(pages: Sequence[Page]) -> str:
    return ", ".join(printable(page.title) for page in pages)


def _option(page: Page) -> str:
    """The option that names the sheet."""
    return f"--sheet {shlex.quote(page.title)}"


def titles_of(file: SourceFile) -> tuple[str, ...]:
    """The names of the visible sheets that are not blank, in the workbook's order.

    Raises:
        SourceError: as ``best_page``.
    """
    return tuple(page.title for page in _pages_of(file))


def first_rows(
    file: SourceFile, count: int, sheet: str | None = None
) -> Iterator[tuple[str, list[tuple[int, tuple[str, ...]]]]]:
    """Of each visible sheet that is not blank its name and first rows that are not, each with its number and texts.

    Args:
        file: the open workbook.
        count: rows of each sheet, at most.
        sheet: the one sheet that is meant, if one is named.

    Raises:
        SourceError: as ``best_page``.
    """
    for page in _pages_of(file, sheet):
        with _whole(file, _library(file)):
            rows = list(islice(_lines(page.sheet), count))
        yield page.title, [(line, tuple(map(text_of, cells))) for line, cells in rows]


def read(file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
    """The rows below the header; a row's line is its number in the sheet.

    Times that are date cells are handed on as ISO 8601, whatever the profile's format for text is.

    Raises:
        SourceError: ``dates_and_texts_mixed``, ``damaged_workbook``, and what ``best_page`` raises.
    """
    page = best_page(file, reading.profile)
    if _has_dates(file, page, tuple(map(folded, page.names)), reading.profile):
        conventions = replace(reading.profile.conventions, time_format="iso8601", time_formats=())
        reading = reading._replace(profile=replace(reading.profile, conventions=conventions))
    names, batches = rows(file, reading.profile)
    yield from chunks(batches, names, reading)


def rows(file: SourceFile, profile: Profile) -> tuple[tuple[str, ...], Iterator[Rows]]:
    """Folded names of the fields that the profile reads, and the rows below the first one, with these fields.

    Raises:
        SourceError: ``damaged_workbook``, and what ``best_page`` raises.
    """
    page = best_page(file, profile)
    names = enumerate(map(folded, page.names))
    places = {name: place for place, name in names if name in profile.fields}
    return tuple(places), _batches(file, page, places, profile)


# The sheets


def _pages_of(file: SourceFile, sheet: str | None = None) -> tuple[Page, ...]:
    """The visible sheets that are not blank, or the one of them that is named: Excel takes no two that differ by case.

    Raises:
        SourceError: ``empty_file``, ``unknown_sheet``, or what reading the workbook raises.
    """
    if file not in _pages:
        _pages[file] = tuple(_read_pages(file))
    pages = _pages[file]
    if not pages:
        reason = f"{file.name} is empty: none of its visible sheets has a cell with anything in it."
        raise SourceError("empty_file", reason, "Fetch or export the file again.")
    named = tuple(page for page in pages if sheet is None or page.title.casefold() == sheet.casefold())
    if not named:
        reason = f"{file.name} has no visible sheet {sheet!r} with anything on it. Its sheets: {_titles(pages)}."
        raise SourceError("unknown_sheet", reason, f"Name one of them: {_option(pages[0])}.")
    return named


def _read_pages(file: SourceFile) -> Iterator[Page]:
    """The visible sheets that are not blank, in the workbook's order."""
    content = workbook_bytes(file)
    if content is None:
        return
    library = _library(file)
    refuse_too_large(file, content)
    with _whole(file, library):
        book = library.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for number, about in enumerate(book.sheets_metadata):
            if (about.typ, about.visible) == (library.SheetTypeEnum.WorkSheet, library.SheetVisibleEnum.Visible):
                sheet = book.get_sheet_by_index(number)
                rows = islice(_lines(sheet), HEADER_LINES)
                top = tuple(Header(tuple(map(text_of, cells)), "", 0, line) for line, cells in rows)
                if top:
                    yield Page(about.name, top[0].line, top[0].names, sheet, top)


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
        raise damaged(file, str(error)) from error
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise damaged(file, str(error)) from error


# The rows


def _lines(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """The sheet's rows that are not blank, with their numbers."""
    if sheet.start is None:
        return
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        if any(not isinstance(cell, str) or cell.strip() for cell in cells):
            yield line, cells


def _body(file: SourceFile, page: Page) -> Iterator[tuple[int, list[Any]]]:
    """The rows below the header."""
    with _whole(file, _library(file)):
        yield from ((line, cells) for line, cells in _lines(page.sheet) if line > page.line)


def _batches(file: SourceFile, page: Page, places: dict[str, int], profile: Profile) -> Iterator[Rows]:
    """The rows, some at a time, each with its cells as text and the fault that a cell makes."""
    names = [folded(name) for name in page.names]
    width = max((place + 1 for place, name in enumerate(names) if name), default=0)
    private = [place for place, name in enumerate(names) if name in profile.private_fields]
    writers = [(place, writer_of(name, profile)) for name, place in places.items()]
    body = _body(file, page)
    while batch := list(islice(body, BATCH_ROWS)):
        texts = [[text_of(cell) for cell in cells] for _, cells in batch]
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
    except CellFault as error:
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

    ids = _id_places(names, profile)
    dated = written = 0  # row of the first time that is a date, and of the first that is a text with a digit
    for line, cells in _body(file, page):
        said = [text_of(cells[place]).strip() for place in ids]
        if not all(said) or any(map(is_total, said)):
            continue  # it is refused whatever its times say, as a footer is
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


def _id_places(names: Sequence[str], profile: Profile) -> list[int]:
    """Where the ids stand without which a row is no session."""
    spelled = (map(folded, profile.columns.get(ours, ())) for ours in ("session_id", "station_id"))
    return [names.index(there[0]) for spellings in spelled if (there := [name for name in spellings if name in names])]


def _time_fields(profile: Profile) -> frozenset[str]:
    """Their fields that a time is read from, folded."""
    tables = (profile.mapped, profile.combined)
    return frozenset(map(folded, chain.from_iterable(table.get(ours, ()) for table in tables for ours in TIMES)))
