"""Bytes of one input file: opened safely, hashed, unpacked if gzipped, watched for change.

What does not belong here: text and lines (``text``), and what the file says (``table``, ``json_lines``).
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import NoReturn

from evcharge.errors import SourceError

BLOCK_BYTES = 1 << 16
"""Bytes handled at a time [64 KiB]: their rows stay in the processor's cache (256 KiB took a quarter longer)."""

MAX_UNPACKED_BYTES = 8 << 30
"""Most bytes that a gzipped file, or the members of an archive together, may unpack to [8 GiB]: some forty million
sessions. It is counted while they are unpacked, for what they say of their sizes may be a lie."""

GZIP_MAGIC = b"\x1f\x8b"
"""First two bytes of a gzip member (RFC 1952, 2.3.1). Packing is recognised by these, never by the file's name."""


def printable(text: str) -> str:
    """The text on one line, with undecodable bytes, line ends and control characters written as escapes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


def unpacks_to_too_much(name: str) -> SourceError:
    """What refuses a gzipped file or an archive that unpacks to more than ``MAX_UNPACKED_BYTES``."""
    reason = f"{name} unpacks to more than {MAX_UNPACKED_BYTES:,} bytes."
    return SourceError("archive_too_large", reason, "Unpack it yourself if you trust it, and load the files.")


class SourceFile:
    """An open regular file whose content is pinned by its hash.

    Attributes:
        name: last part of the path or the name it was given, printable; for messages and the ledger.
        size_bytes: length of the file on disk [bytes].
        sha256: SHA-256 of the bytes on disk (before any unpacking), in hexadecimal.
        load_id: what a load of the file is known by: ``sha256``, or a hash of it and of what else decides what the
            load holds: the part that was named, the time that the file's name carries.
        is_gzip: whether the bytes on disk are gzipped.
    """

    def __init__(self, name: str, handle: io.FileIO) -> None:
        self.name = name
        self._handle = handle
        self._pass = _Pass(self)
        self._pinned = False
        self.is_gzip = self._pass.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        while self._pass.read(BLOCK_BYTES):
            pass
        self.size_bytes = self._pass.position
        self.sha256 = self.load_id = self._pass.sha256.hexdigest()
        self._pinned = True

    def be_part(self, part: str, *, was_named: bool) -> None:
        """Go by the name of the one part that is read, such as a sheet of a workbook: book.xlsx/January.

        A part that somebody named is a load of its own beside those of other parts.
        """
        self.name = f"{self.name}/{printable(part)}"
        if was_named:
            self.load_id = self.id_with(part)

    def id_with(self, told: str) -> str:
        """What a load of the file is known by where this decides, beside the bytes, what the load holds."""
        return hashlib.sha256(f"{self.load_id}/{told}".encode()).hexdigest()

    def position(self) -> int:
        """How far the present pass has come in the file on disk [bytes], for a progress bar."""
        return self._pass.position

    def unpacked(self) -> Iterator[bytes]:
        """The file's bytes from its beginning, unpacked where it is gzipped, at most ``BLOCK_BYTES`` at a time.

        A gzip bomb takes no more memory than that: what it unpacks to is streamed, and ``text`` bounds a line.
        Each call starts a new pass over the same open file; only one pass runs at a time.

        Raises:
            SourceError: ``damaged_gzip``, ``archive_too_large`` once more than ``MAX_UNPACKED_BYTES`` were unpacked,
                ``cannot_read``, or ``changed_while_read`` when the bytes of a whole pass are not those that were
                hashed at opening.
        """
        self._pass = _Pass(self)
        stream = gzip.GzipFile(fileobj=self._pass, mode="rb") if self.is_gzip else self._pass
        unpacked_bytes = 0
        while block := self._next_block(stream):
            unpacked_bytes += len(block)
            if self.is_gzip and unpacked_bytes > MAX_UNPACKED_BYTES:
                raise unpacks_to_too_much(self.name)
            yield block
        if self._pass.sha256.hexdigest() != self.sha256:
            self.refuse_changed()

    def _next_block(self, stream: gzip.GzipFile | _Pass) -> bytes:
        try:
            return stream.read(BLOCK_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise SourceError(
                "damaged_gzip",
                f"{self.name} is gzipped and damaged near byte {self.position():,} of {self.size_bytes:,}: {error}.",
                "Fetch or pack the file again; nothing of it was kept.",
            ) from error

    def refuse_changed(self) -> NoReturn:
        """Refuse the file because its bytes are no longer those that were hashed."""
        raise SourceError(
            "changed_while_read",
            f"{self.name} changed while it was read: its bytes are not those that were there when it was opened.",
            "Wait until whatever writes the file has finished, then run this again.",
        )

    def seekable(self) -> io.FileIO:
        """The bytes on disk as an archive needs them: in any order, and past the hash. No pass may run meanwhile.

        ``verify`` tells afterwards whether they are those that were hashed.
        """
        self.rewind()
        return self._handle

    def verify(self) -> None:
        """Read the bytes on disk once more; raises ``changed_while_read`` if they are not those that were hashed."""
        self._pass = _Pass(self)
        while self._pass.read(BLOCK_BYTES):
            pass
        if self._pass.sha256.hexdigest() != self.sha256:
            self.refuse_changed()

    def read_handle(self, size: int) -> bytes:
        """Up to ``size`` bytes from where the handle stands; never more than were hashed, so a growing file ends."""
        try:
            block = self._handle.read(size)
        except OSError as error:
            raise SourceError(
                "cannot_read",
                f"{self.name} can't be read: {error.strerror or error}.",
                "Copy the file to a sound disk.",
            ) from error
        if self._pinned and self._pass.position + len(block) > self.size_bytes:
            self.refuse_changed()
        return block

    def rewind(self) -> None:
        """Put the handle back to the first byte."""
        self._handle.seek(0)


class _Pass:
    """One reading of the file from its first byte, hashing and counting what it hands out."""

    def __init__(self, file: SourceFile) -> None:
        self.sha256 = hashlib.sha256()
        self.position = 0
        self._file = file
        file.rewind()

    def read(self, size: int) -> bytes:
        block = self._file.read_handle(size)
        self.sha256.update(block)
        self.position += len(block)
        return block

    def seek(self, offset: int) -> NoReturn:
        """Never called: gzip asks for it only to rewind, and a pass has no way back."""
        raise OSError(errno.ESPIPE, f"no way back to {offset}")


@contextmanager
def open_file(path: str | os.PathLike[str], name: str | None = None) -> Iterator[SourceFile]:
    """Open a regular file (or a link to one), hash it, and close it after the block.

    It never waits: a FIFO, a device, a socket or a folder is refused at once. ``name`` is what to call the file where
    its path does not tell, as of a temporary one.

    Raises:
        SourceError: ``file_not_found``, ``not_a_regular_file``, ``cannot_open`` (with the system's reason)
            or ``cannot_read``.
    """
    name = printable(name or PurePath(path).name or os.fspath(path))
    with io.FileIO(open_regular(path, name), "rb") as handle:
        yield SourceFile(name, handle)


def open_regular(path: str | os.PathLike[str], name: str) -> int:
    """A descriptor of the regular file at ``path``; ``name`` is for messages. Raises as ``open_file``."""
    # O_NONBLOCK: a FIFO without a writer would keep open() waiting
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError as error:
        hint = "Check the path; a relative one starts at the folder you are in."
        raise SourceError("file_not_found", f"{printable(os.fspath(path))} is not there.", hint) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else printable(str(error))
        hint = "Check the path and that you may read it."
        raise SourceError("cannot_open", f"{name} can't be opened: {reason}.", hint) from error

    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind != stat.S_IFREG:
        os.close(descriptor)
        hint = "Name the files themselves, one by one or with a pattern such as folder/*.csv."
        raise SourceError("not_a_regular_file", f"{name} is {_KINDS.get(kind, 'a special file')}, not a file.", hint)
    return descriptor


_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
