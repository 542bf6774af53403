"""The readers, by the format that a profile names.

A tabular format names its own fields in each file; a structured one has a reader that knows its fields. What does
not belong here: how any of them reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from evcharge.frames import RawSessions
from evcharge.sources import jsonlines, steve, table
from evcharge.sources.chunk import Reading
from evcharge.sources.file import SourceFile


class Reader(Protocol):
    """A module that reads one format."""

    def read(self, file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
        """The file's sessions in chunks, in file order."""


class StructuredReader(Reader, Protocol):
    """A module that reads a format with structure of its own.

    Attributes:
        FIELDS: names of the fields that it makes; a profile maps them as it maps the columns of a table.
    """

    FIELDS: tuple[str, ...]

    def recognises(self, file: SourceFile) -> bool:
        """Whether the file's beginning is of this format."""


STRUCTURED_READERS: Mapping[str, StructuredReader] = {"steve": steve}

READERS: Mapping[str, Reader] = {"csv": table, "jsonl": jsonlines, **STRUCTURED_READERS}
