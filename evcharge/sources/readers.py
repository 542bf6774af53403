"""The reader of a format, by the name that a profile gives it.

A tabular format names its own fields in each file; a structured one has a reader that knows its fields. What does
not belong here: how any of them reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Protocol

from evcharge.carriers.file import SourceFile
from evcharge.frames import RawSessions
from evcharge.sources import workbook
from evcharge.sources.chunk import Reading
from evcharge.sources.formats import STRUCTURED, TABULAR
from evcharge.sources.workbook_archive import is_workbook


class Reader(Protocol):
    """A module that reads one format."""

    def read(self, file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
        """The file's sessions in chunks, in file order."""


class StructuredReader(Reader, Protocol):
    """A module, or an object of one, that reads a format with structure of its own.

    Attributes:
        FIELDS: names of the fields that it makes; a profile maps them as it maps the columns of a table.
    """

    @property
    def FIELDS(self) -> tuple[str, ...]: ...  # noqa: D102

    def recognises(self, file: SourceFile) -> bool:
        """Whether the file's beginning is of this format."""


def structured_reader(file_format: str) -> StructuredReader:
    """What reads a format with structure of its own; it is imported when it is first asked for."""
    reader: StructuredReader = _imported(STRUCTURED[file_format])
    return reader


def reader_of(file: SourceFile, file_format: str) -> Reader:
    """What reads a file of this format; delimited text may stand in a workbook."""
    if file_format == "csv" and is_workbook(file):
        return workbook
    if file_format in STRUCTURED:
        return structured_reader(file_format)
    reader: Reader = _imported(TABULAR[file_format])
    return reader


def _imported(place: str) -> Any:
    """What stands at a place such as ``package.module`` or ``package.module:object``."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name) if name else import_module(module)
