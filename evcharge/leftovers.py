"""What a run makes for itself alone, and what is left of it where the run was killed: the next run takes it away.

Such files and folders are known by their names, and are held by a lock as long as their run lives, which the system
lets go of when it ends. What does not belong here: what is in them (``output``, ``carriers``).
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such locks: nothing is taken away there
    fcntl = None  # type: ignore[assignment]

PART_NAME = re.compile(r"\..+\.evcharge-[0-9]+\.part", re.DOTALL)
FOLDER_PREFIX = "evcharge-run-"
FOLDER_NAME = re.compile(rf"{FOLDER_PREFIX}\w+")
LEAST_AGE_SECONDS = 60
"""How long nothing must have happened to what is taken away: between making and locking there is a moment."""


def part_of(path: Path) -> Path:
    """The file that this run writes until it is whole and takes the place of ``path``."""
    return path.parent / f".{path.name}.evcharge-{os.getpid()}.part"


def hold(descriptor: int) -> None:
    """Says that an open file or folder is in use, until it is closed or its process ends."""
    if fcntl:
        with suppress(OSError):  # a disk without locks: then it is not taken away either
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder in the system's place for such; it goes with the block.

    Raises:
        OSError: it can't be made.
    """
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as name:
        if not fcntl:
            yield Path(name)
            return
        descriptor = os.open(name, os.O_RDONLY)
        try:
            hold(descriptor)
            yield Path(name)
        finally:
            os.close(descriptor)


def sweep_parts(folder: Path) -> None:
    """Takes away what killed runs have left of files that they wrote in this folder."""
    for path in _left_over(folder, PART_NAME):
        with suppress(OSError):
            path.unlink()


def sweep_folders() -> None:
    """Takes away the temporary folders of killed runs."""
    for path in _left_over(Path(tempfile.gettempdir()), FOLDER_NAME):
        shutil.rmtree(path, ignore_errors=True)


def _left_over(folder: Path, name: re.Pattern[str]) -> list[Path]:
    """What bears such a name in a folder, is this user's, is not new, and is held by no process."""
    if not fcntl:
        return []
    try:
        named = [found for found in folder.iterdir() if name.fullmatch(found.name)]
    except OSError:
        return []
    return [path for path in named if _is_abandoned(path)]


def _is_abandoned(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        found = os.fstat(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody holds it
        return False
    finally:
        os.close(descriptor)
    return found.st_uid == os.getuid() and time.time() - found.st_mtime > LEAST_AGE_SECONDS
