"""The readers, by the format that a profile names.

A tabular format names its own fields in each file; a structured one has a reader that knows its fields. What does
not belong here: how any of them reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


def _placed(place: str) -> Any:
    """What stands at a place such as ``package.module`` or ``package.module:object``."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name) if name else import_module(module)


STRUCTURED_READERS: Mapping[str, StructuredReader] = {name: _placed(place) for name, place in STRUCTURED.items()}

_READERS: Mapping[str, Reader] = {
    **{name: _placed(place) for name, place in TABULAR.items()},
    **STRUCTURED_READERS,
}


def reader_of(file: SourceFile, file_format: str) -> Reader:
    """What reads a file of this format; delimited text may stand in a workbook."""
    return workbook if file_format == "csv" and is_workbook(file) else _READERS[file_format]
