"""Files that no output may replace: the database in use and its journals, the settings, and what a command reads.

A command names them once, by ``keeping``; every file that ``output`` begins meanwhile is held against them, and a
command's outputs are held against them, and against each other, before it begins. What does not belong here: which
options of a command are outputs (``cli``).
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from evcharge.errors import ConfigError

Kept = Mapping[Path, str]
"""Paths with what each is, in words."""

JOURNALS = ("-journal", "-wal", "-shm")
"""What SQLite adds to a database's name for the files beside it (sqlite.org/tempfiles.html, 2.1 to 2.3)."""

READ = "a file that this command reads"
HINT = "Name another file for it."

_kept: ContextVar[Callable[[], Kept]] = ContextVar("kept", default=dict)


@contextmanager
def keeping(kept: Callable[[], Kept]) -> Iterator[None]:
    """While the block runs, no output replaces any of these files, which are asked for when an output is begun."""
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)


def database_files(path: Path) -> Kept:
    """An SQLite database with the files that SQLite keeps beside it, by its name and by the one that it links to."""
    named = dict.fromkeys((path, Path(os.path.realpath(path))))
    journals = {
        one.with_name(f"{one.name}{end}"): "a journal of the database in use" for one in named for end in JOURNALS
    }
    return {**dict.fromkeys(named, "the database in use"), **journals}


def refuse_to_replace(path: Path, kept: Kept | None = None, said: str | None = None) -> None:
    """Lets only a path through that leads to none of these files.

    Args:
        path: of an output.
        kept: the files; None for those of ``keeping``.
        said: how the path was given, such as ``--csv x.csv``.

    Raises:
        ConfigError: ``would_replace``.
    """
    for other, what in (_kept.get()() if kept is None else kept).items():
        if same_file(path, other):
            called = "" if str(other) == str(path) else f" ({other})"
            raise ConfigError("would_replace", f"{said or path} is {what}{called}; an output would replace it.", HINT)


def refuse_one_file_twice(outputs: Sequence[tuple[str, Path]]) -> None:
    """Lets only outputs through of which no two are one file.

    Args:
        outputs: of one command, each with the option that names it.

    Raises:
        ConfigError: ``same_output_twice``.
    """
    for number, (option, path) in enumerate(outputs):
        for earlier, other in outputs[:number]:
            if same_file(path, other):
                reason = f"{earlier} {other} and {option} {path} are one file; one would replace the other."
                raise ConfigError("same_output_twice", reason, HINT)


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, or would if it were there.

    Links and spelling do not matter. Where neither is there, letter case does not either: some disks ignore it.
    """
    there = _identity(one), _identity(other)
    if any(there):
        return there[0] == there[1]
    mine, theirs = Path(os.path.realpath(one)), Path(os.path.realpath(other))
    folders = _identity(mine.parent), _identity(theirs.parent)
    same_folder = folders[0] == folders[1] if any(folders) else mine.parent == theirs.parent
    return same_folder and _folded(mine.name) == _folded(theirs.name)


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file or folder from all others, by device and number; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _folded(name: str) -> str:
    """A name as a disk has it on which case and composition do not matter."""
    return unicodedata.normalize("NFC", name).casefold()
