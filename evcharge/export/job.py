"""An export while it is made: what was asked for, and its files, which appear together when it ends.

What does not belong here: what stands in the files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from evcharge.errors import ReportError
from evcharge.metrics.cost import Price
from evcharge.metrics.definitions import Definition
from evcharge.metrics.selection import Selection
from evcharge.output import HINT


@dataclass(frozen=True)
class WrittenFile:
    """A file that was written.

    Attributes:
        path: where it is.
        rows: rows or features in it; None where it holds none of either.
        bytes: its length.
        sha256: SHA-256 of its bytes, in hexadecimal.
    """

    path: str
    rows: int | None
    bytes: int
    sha256: str


class NewFile(RawIOBase):
    """A file that is being written: it counts and hashes what goes in."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.rows: int | None = None
        self._file = file
        self._hash = hashlib.sha256()
        self._bytes = 0

    def writable(self) -> bool:
        """It can be written to, and not read."""
        return True

    def write(self, data: Any) -> int:
        """Takes bytes, all of them."""
        size = memoryview(data).nbytes
        self._file.write(data)
        self._hash.update(data)
        self._bytes += size
        return size

    def tell(self) -> int:
        """How many bytes were written."""
        return self._bytes

    def told(self) -> WrittenFile:
        """What was written so far."""
        return WrittenFile(str(self.path), self.rows, self._bytes, self._hash.hexdigest())


@dataclass
class Job:
    """One export.

    Attributes:
        session: reads one moment of the database.
        folder: where the files go.
        open_part: begins a file, one of those that ``output.written_together`` puts in their places.
        selection: which sessions.
        definition: what counts as a success; None for the usual one.
        target: success ratio that verdicts are against.
        price: what a kWh brings, where money is told.
        files: those that were begun.
        notes: what must be said with them.
    """

    session: Session
    folder: Path
    open_part: Callable[[Path], BinaryIO]
    selection: Selection
    definition: Definition | None
    target: float
    price: Price | None = None
    files: list[NewFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def new_file(self, name: str) -> NewFile:
        """Begins a file in the folder, which is made if it is not there.

        Raises:
            ReportError: the folder can't be made.
            OSError: the file can't be begun there.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = f"the folder {self.folder} can't be made: {error.strerror or error}."
            raise ReportError("cannot_write", reason, HINT) from error
        path = self.folder / name
        file = NewFile(path, self.open_part(path))
        self.files.append(file)
        return file

    def write_json(self, name: str, document: dict[str, Any]) -> None:
        """Writes a document, in ASCII, which every reader takes."""
        self.new_file(name).write(f"{json.dumps(document, indent=2)}\n".encode("ascii"))
