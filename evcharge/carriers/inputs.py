"""What a call names becomes a list of inputs: files, folders, patterns, ZIP archives, and ``-`` for standard input.

Archives and standard input are unpacked into one temporary folder, under names of our own, which is gone at the end.
What does not belong here: what an input holds. A workbook, and an archive that is one source, stay single inputs.
"""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from evcharge.carriers.archive import ZIP_MAGICS, Archive
from evcharge.carriers.file import BLOCK_BYTES, open_regular, printable
from evcharge.errors import SourceError, as_path
from evcharge.leftovers import sweep_folders, temporary_folder

STDIN = "-"
"""What names standard input."""


class Input(NamedTuple):
    """One thing to load.

    Attributes:
        name: what it is called, printable; for messages and the ledger.
        path: what to open.
        origin: the file it comes from: itself, or the archive it was in.
        fault: why it can't be opened, or None.
    """

    name: str
    path: Path
    origin: Path
    fault: SourceError | None = None

    def with_path(self, hint: str) -> str:
        """A hint that tells to check the input, with the path of its file in place of the input's name."""
        name, path = (shlex.quote(as_path(one)) for one in (self.name, self.origin))
        return hint.replace(f"check {name}", f"check {path}")


@dataclass(frozen=True)
class Gathered:
    """All inputs of a call.

    Attributes:
        inputs: in the order in which they were named; within a folder, a pattern or an archive, in that of their names.
        notes: what was left out, in words.
    """

    inputs: Sequence[Input]
    notes: Sequence[str]


@contextmanager
def gathered(
    named: Iterable[str | os.PathLike[str]], stdin: BinaryIO, is_one_source: Callable[[Archive], bool]
) -> Iterator[Gathered]:
    """The inputs that a call names; what was unpacked for them is removed after the block.

    A name that leads to nothing, or to something that can't be unpacked, is an input with a fault. At least one input
    comes of each name. An archive of which ``is_one_source`` is true stays one input. Files are told to be archives by
    their first bytes, never by their names. What killed runs have unpacked is removed, too.
    """
    sweep_folders()
    with _Gatherer(stdin, is_one_source) as gatherer:
        inputs = [one for name in named for one in gatherer.inputs_of(os.fspath(name))]
        yield Gathered(inputs, gatherer.notes)


class _Gatherer:
    """Makes inputs of names, and owns the temporary folder, which is made when it is first needed."""

    def __init__(self, stdin: BinaryIO, is_one_source: Callable[[Archive], bool]) -> None:
        self.notes: list[str] = []
        self._stdin = stdin
        self._is_one_source = is_one_source
        self._stack = ExitStack()
        self._folder: Path | None = None
        self._files = 0

    def __enter__(self) -> _Gatherer:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def inputs_of(self, name: str) -> list[Input]:
        """The inputs that one name stands for."""
        if name == STDIN:
            return self._spooled()
        if glob.has_magic(name) and not os.path.lexists(name):
            return self._matching(name)
        return self._at(Path(name))

    def _at(self, path: Path) -> list[Input]:
        """The inputs at a path, be it a file, a folder or nothing."""
        return self._in_folder(path) if path.is_dir() else self._of_file(_name_of(path), path, path)

    def _spooled(self) -> list[Input]:
        path = None
        try:
            path = self._new_path()
            with path.open("wb") as file:
                while block := self._stdin.read(BLOCK_BYTES):
                    file.write(block)
        except (OSError, ValueError) as error:
            return [_refused("stdin", Path(STDIN), _cannot_keep("stdin", error))]
        return self._of_file("stdin", path, path)

    def _in_folder(self, folder: Path) -> list[Input]:
        """The regular files in a folder; hidden ones and folders are left out."""
        try:
            entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
        except OSError as error:
            reason = f"{_name_of(folder)} can't be listed: {error.strerror or error}."
            fault = SourceError("cannot_open", reason, "Check that you may read the folder.")
            return [_refused(_name_of(folder), folder, fault)]
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        files = [entry for entry in shown if entry.is_file()]
        self._note(_name_of(folder), "hidden or not a file", [e.name for e in entries if e not in files])
        if not files:
            reason = f"{_name_of(folder)} is a folder without a file to load."
            fault = SourceError("empty_folder", reason, "Only files right in it are loaded: name its folders, too.")
            return [_refused(_name_of(folder), folder, fault)]
        return [one for file in files for one in self._of_file(f"{_name_of(folder)}/{file.name}", file, file)]

    def _matching(self, pattern: str) -> list[Input]:
        """What a pattern stands for that the shell did not expand; ``**`` stands for any folders."""
        matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - the pattern may begin anywhere
        if not matches:
            reason = f"{printable(pattern)} matches no file."
            hint = "Check the pattern; a relative one starts at the folder you are in."
            return [_refused(printable(pattern), Path(pattern), SourceError("no_match", reason, hint))]
        return [one for match in matches for one in self._at(Path(match))]

    def _of_file(self, name: str, path: Path, origin: Path) -> list[Input]:
        """The file itself, or the members of the archive that it is."""
        name = printable(name)
        whole = [Input(name, path, origin)]
        if not _is_archive(path):
            return whole
        try:
            with path.open("rb", buffering=0) as handle:
                archive = Archive(name, handle)
                return whole if self._is_one_source(archive) else self._members(archive, origin)
        except SourceError as fault:
            return [_refused(name, origin, fault)]

    def _members(self, archive: Archive, origin: Path) -> list[Input]:
        """The members of an archive, each unpacked; a faulty one does not keep the others from loading.

        Raises:
            SourceError: ``empty_archive`` or ``archive_too_large``: then none of it is loaded.
        """
        self._note(archive.name, "hidden or added by macOS", archive.left_out)
        if not archive.members:
            reason = f"{archive.name} is a ZIP archive without a file to load."
            raise SourceError("empty_archive", reason, "Fetch or pack the archive again.")

        inputs = []
        for member in archive.members:
            name = f"{archive.name}/{printable(member.filename)}"
            try:
                path = self._kept(name, archive.blocks(member))
                self._refuse_archive_in_archive(name, path)
                inputs.append(Input(name, path, origin))
            except SourceError as fault:
                if fault.code == "archive_too_large":
                    raise
                inputs.append(_refused(name, origin, fault))
        return inputs

    def _kept(self, name: str, blocks: Iterable[bytes]) -> Path:
        """A temporary file of these bytes."""
        try:
            path = self._new_path()
            with path.open("wb") as file:
                for block in blocks:
                    file.write(block)
        except OSError as error:
            raise _cannot_keep(name, error) from error
        return path

    def _new_path(self) -> Path:
        if self._folder is None:
            self._folder = self._stack.enter_context(temporary_folder())
        self._files += 1
        return self._folder / str(self._files)

    def _note(self, where: str, why: str, names: Sequence[str]) -> None:
        if names:
            shown = ", ".join(map(printable, names[:NAMES_SHOWN]))
            more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
            self.notes.append(f"{printable(where)}: left out ({why}): {shown}{more}")

    def _refuse_archive_in_archive(self, name: str, path: Path) -> None:
        """Refuses an archive of files inside an archive: unpacking ever deeper has no end."""
        if _is_archive(path):
            with path.open("rb", buffering=0) as handle:
                if self._is_one_source(Archive(name, handle)):
                    return
            hint = "Unpack the outer archive, and name the inner one."
            raise SourceError("archive_in_archive", f"{name} is a ZIP archive inside a ZIP archive.", hint)


NAMES_SHOWN = 5
"""Names that a note lists."""


def _name_of(path: Path) -> str:
    """The last part of a path; of one that ends in dots, the folder's own name."""
    return path.name if path.name.strip(".") else path.resolve().name or str(path)


def _is_archive(path: Path) -> bool:
    """Whether the first bytes are a ZIP archive's. What can't be opened is none: it is refused when it is loaded."""
    try:
        with os.fdopen(open_regular(path, path.name), "rb", buffering=0) as handle:
            return handle.read(4) in ZIP_MAGICS
    except (SourceError, OSError):
        return False


def _refused(name: str, origin: Path, fault: SourceError) -> Input:
    return Input(printable(name), origin, origin, fault)


def _cannot_keep(name: str, error: Exception) -> SourceError:
    reason_given = (error.strerror if isinstance(error, OSError) else None) or str(error)
    hint = "Check the space in the temporary folder (TMPDIR names another)."
    return SourceError("cannot_unpack", f"{name} can't be kept in a temporary file: {reason_given}.", hint)
