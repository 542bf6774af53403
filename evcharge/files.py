"""Writing result files so that they appear whole or not at all.

What does not belong here: what is written, and reading (``sources``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from evcharge.errors import ReportError

HINT = "Name a file in a writable folder."


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` when the block ends, and leaves no trace if it fails.

    Raises:
        ReportError: the folder is missing or can't be written to, or the path is a folder or a device.
    """
    temporary = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        if path.exists() and not path.is_file():
            raise OSError("it is a folder or a device")  # noqa: TRY301 - one message for all that keeps us from writing
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise ReportError("cannot_write", f"{path} can't be written: {error.strerror or error}.", HINT) from error
    finally:
        with suppress(OSError):  # it may never have been there
            temporary.unlink()


def inert_cell(text: str) -> str:
    """The text as a CSV cell that no spreadsheet runs: one that could start a formula gets a leading apostrophe.

    Source: OWASP, CSV injection.
    """
    risky = text.lstrip(" \u00a0\u3000")[:1]
    return f"'{text}" if risky in tuple("=+-@\t\r\n＝＋－＠") and text else text
