"""Writing result files so that they appear whole or not at all, and together.

What does not belong here: what is written, and reading (``sources``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from evcharge.errors import ReportError
from evcharge.kept import refuse_to_replace
from evcharge.leftovers import hold, part_of, sweep_parts

HINT = "Name a file in a writable folder."


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` when the block ends, and leaves no trace if it fails.

    Raises:
        ConfigError: the path leads to a file that no output may replace (``kept``).
        ReportError: the folder is missing or can't be written to, or the path is a folder or a device.
    """
    with written_together() as open_part:
        yield open_part(path)


@contextmanager
def written_together() -> Iterator[Callable[[Path], BinaryIO]]:
    """What begins binary files that all take the places of their paths when the block ends; none does if one fails.

    All of them are whole on the disk before the first takes its place. They do so one after the other, in the order
    in which they were begun: only what stops the program, or bars a place, between two of these moves leaves some of
    them in place without the others.

    Raises:
        ReportError: as ``written_whole``.
    """
    files: dict[Path, BinaryIO] = {}
    at = Path()

    def open_part(path: Path) -> BinaryIO:
        nonlocal at
        at = path
        refuse_to_replace(path)
        if path.exists() and not path.is_file():
            raise OSError("it is a folder or a device")
        sweep_parts(path.parent)
        files[path] = part_of(path).open("wb")
        hold(files[path].fileno())
        return files[path]

    try:
        yield open_part
        for path, file in files.items():
            at = path
            with file:
                file.flush()
                os.fsync(file.fileno())
        for path in files:
            at = path
            part_of(path).replace(path)
    except OSError as error:
        raise ReportError("cannot_write", f"{at} can't be written: {error.strerror or error}.", HINT) from error
    finally:
        for path, file in files.items():
            with suppress(OSError):  # what it still holds may find no room
                file.close()
            with suppress(OSError):  # it may be in its place
                part_of(path).unlink()


_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that only say in which direction others are written (Unicode UAX 9, 2)."""
_TURNING = re.compile(rf"(?<!\\)(?:(\\*)([{_DIRECTION}])|\\+(?=u(?:061c|200[ef]|202[a-e]|206[6-9])))")


def visible_direction(text: str) -> str:
    """The text with the characters that turn the direction of others as escapes, a backslash with u202e and the like.

    Backslashes before one, and before what looks like such an escape, are doubled, so that no two texts become one.
    """
    if text.isascii() and "\\u" not in text:
        return text
    return _TURNING.sub(lambda found: f"{found[1]}{found[1]}\\u{ord(found[2]):04x}" if found[2] else found[0] * 2, text)


def inert_cell(text: str) -> str:
    """The text as a CSV cell that no spreadsheet runs: one that could start a formula gets a leading apostrophe.

    So does one that would without its own leading apostrophes, so that no two texts become one cell. Nothing in it
    turns the direction of what stands beside it. Source: OWASP, CSV injection.
    """
    text = visible_direction(text)
    risky = text.lstrip("' \u00a0\u3000")[:1]
    return f"'{text}" if risky in tuple("=+-@\t\r\n＝＋－＠") else text
