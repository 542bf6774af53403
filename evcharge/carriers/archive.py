"""Members of a ZIP archive: listed, and streamed within bounds, so that no archive can fill memory or disk.

What does not belong here: what a member holds, and where it is put (``inputs``). A member's name is only ever shown.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from lzma import LZMAError
from zipfile import ZipInfo

from evcharge.carriers import file
from evcharge.carriers.file import BLOCK_BYTES, SourceFile, printable
from evcharge.errors import SourceError

ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
"""First four bytes of an archive, and of an empty one (PKWARE APPNOTE, 4.3.7 and 4.3.16)."""

MAX_MEMBERS = 10_000
"""Most members that an archive may have. A year of daily files has 365; each member is a load of its own."""

_ENCRYPTED = 1
"""Bit of a member's flags that tells it is encrypted (PKWARE APPNOTE, 4.4.4)."""

_FAULTS = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, ValueError, OverflowError)
"""What the standard library raises for a damaged archive."""


class Archive:
    """A ZIP archive that is open.

    Attributes:
        name: for messages.
        members: its files in the order of their names; no folders.
        left_out: names of the hidden files and of those that macOS adds (``__MACOSX``); they are no members.

    Raises:
        SourceError: ``damaged_archive``, or ``archive_too_large`` by the number of members.
    """

    def __init__(self, name: str, handle: io.FileIO) -> None:
        self.name = name
        self._unpacked_bytes = 0
        try:
            self._zip = zipfile.ZipFile(handle)
            listed = [member for member in self._zip.infolist() if not _is_folder(member)]
        except (*_FAULTS, NotImplementedError) as error:
            raise self._damaged("it has no sound list of its members", error) from error
        if len(listed) > MAX_MEMBERS:
            reason = f"{name} has {len(listed):,} members; at most {MAX_MEMBERS:,} are read."
            raise SourceError("archive_too_large", reason, "Unpack it yourself if you trust it, and load the files.")
        self.members = sorted(filter(_is_wanted, listed), key=lambda member: member.filename)
        self.left_out = [printable(member.filename) for member in listed if not _is_wanted(member)]

    def blocks(self, member: ZipInfo) -> Iterator[bytes]:
        """The member's bytes, at most ``BLOCK_BYTES`` at a time; its checksum is checked at the end.

        Raises:
            SourceError: ``encrypted_archive``, ``damaged_archive``, ``compression_not_supported``, or
                ``archive_too_large`` once all that was unpacked of this archive passes ``MAX_UNPACKED_BYTES``.
        """
        shown = printable(member.filename)
        if member.flag_bits & _ENCRYPTED:
            reason = f"{self.name}: {shown} is encrypted."
            raise SourceError("encrypted_archive", reason, "Unpack it with its password, and load the files.")

        try:
            with self._zip.open(member) as stream:
                while block := stream.read(BLOCK_BYTES):
                    self._unpacked_bytes += len(block)
                    if self._unpacked_bytes > file.MAX_UNPACKED_BYTES:
                        raise file.unpacks_to_too_much(self.name)
                    yield block
        except NotImplementedError as error:
            reason = f"{self.name}: {shown} is packed by a method that is not read: {error}."
            raise SourceError("compression_not_supported", reason, "Unpack it, and load the files.") from error
        except _FAULTS as error:
            raise self._damaged(shown, error) from error

    def _damaged(self, where: str, error: Exception) -> SourceError:
        reason = f"{self.name} is a damaged ZIP archive: {where}: {printable(str(error)) or type(error).__name__}."
        return SourceError("damaged_archive", reason, "Fetch or pack the archive again.")


class Member(SourceFile):
    """A file in an archive, read as if it stood alone. The archive's hash pins its bytes, none of its own."""

    def __init__(self, archive: Archive, info: ZipInfo) -> None:
        self.name = f"{archive.name}/{printable(info.filename)}"
        self.size_bytes = info.file_size
        self._archive = archive
        self._info = info

    def unpacked(self) -> Iterator[bytes]:
        """The member's bytes from its beginning; raises what ``Archive.blocks`` raises."""
        return self._archive.blocks(self._info)


def parts_of(name: str) -> list[str]:
    """A member's folders and its file name. Some Windows programs separate them by backslashes."""
    return re.split(r"[/\\]", name)


def _is_folder(member: ZipInfo) -> bool:
    return not parts_of(member.filename)[-1]


def _is_wanted(member: ZipInfo) -> bool:
    """Whether neither the member nor a folder above it is hidden or macOS's own."""
    return not any(
        (part.startswith(".") and part.strip(".")) or part == "__MACOSX" for part in parts_of(member.filename)
    )
