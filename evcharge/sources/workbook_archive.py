"""The archive that an Excel workbook (.xlsx) is: recognised, held in memory, and measured before it is opened.

What does not belong here: its sheets and their rows (``workbook``), cells (``workbook_cells``), and other ZIP archives.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from evcharge.carriers.file import SourceFile, printable
from evcharge.errors import SourceError

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

_ROW = re.compile(rb"<(?:\w+:)?row\b")
_CELL = re.compile(rb"<(?:\w+:)?c(?:\s[^>]*)?(?<!/)>")
_ROW_NUMBER = re.compile(rb"""[^>]*\sr\s*=\s*["']([0-9]+)""")
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]+)([0-9]+)""")
_LONGEST_TAG = 1 << 12
"""Bytes that are looked at again with the next block, for a tag that a block's end cuts."""


_contents: WeakKeyDictionary[SourceFile, bytes | None] = WeakKeyDictionary()
"""The bytes of each open workbook; None for a file that is none."""


def is_workbook(file: SourceFile) -> bool:
    """Whether the file is a ZIP archive with a workbook in it, of at most ``MAX_WORKBOOK_BYTES``."""
    return workbook_bytes(file) is not None


def workbook_bytes(file: SourceFile) -> bytes | None:
    """The bytes of the workbook that the file is; None where it is none."""
    if file not in _contents:
        _contents[file] = _read_bytes(file)
    return _contents[file]


def _read_bytes(file: SourceFile) -> bytes | None:
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


def refuse_too_large(file: SourceFile, content: bytes) -> None:
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
            raise damaged(file, str(error)) from error
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


def damaged(file: SourceFile, what: str) -> SourceError:
    """The refusal of a workbook that can't be read."""
    reason = f"{file.name} is an Excel workbook and damaged: {printable(what)}."
    return SourceError("damaged_workbook", reason, "Fetch or export it again, or save it anew in Excel.")


def password_protected(file: SourceFile) -> SourceError:
    """The refusal of a file that only its password opens."""
    reason = f"{file.name} is protected by a password."
    return SourceError("password_protected", reason, "Open it in Excel, save it without a password, and load that.")


def _too_large(file: SourceFile, what: str) -> SourceError:
    reason = f"{file.name} is too large for a workbook: {what}."
    return SourceError("workbook_too_large", reason, "Save its sheet as CSV and load that: a CSV may have any size.")
