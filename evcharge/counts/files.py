"""Frames of counts from files: a folder with one file for each, or one file that is ``counts``.

What does not belong here: what the frames hold (``frames``).
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pandas as pd

from evcharge.counts.frames import COUNTS, KINDS, Frames, checked
from evcharge.errors import SourceError

ENDINGS = (".parquet", ".csv")
NO_COUNTS_HINT = "Name a folder with counts.parquet or counts.csv, or that file itself."


def files_of_counts(path: Path) -> dict[str, Path]:
    """The files of the frames by name: those of a folder, or the one that is ``counts``.

    Raises:
        SourceError: there is no such file or folder, it holds no counts, or a frame stands in it twice.
    """
    if not path.is_dir():
        if not path.is_file():
            raise SourceError("counts_missing", f"there is no file or folder {path}.", NO_COUNTS_HINT)
        if path.suffix.casefold() not in ENDINGS:
            raise SourceError("counts_missing", f"{path} is neither Parquet nor CSV.", NO_COUNTS_HINT)
        return {COUNTS: path}
    files: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        name = file.stem.casefold()
        if name not in KINDS or file.suffix.casefold() not in ENDINGS:
            continue
        if name in files:
            raise SourceError("counts_file_twice", f"{files[name]} and {file} are both {name}.", "Keep one of them.")
        files[name] = file
    if COUNTS not in files:
        raise SourceError("counts_missing", f"the folder {path} has no counts.", NO_COUNTS_HINT)
    return files


def read_counts(path: Path) -> Frames:
    """The frames of a folder, or of the one file that is ``counts``.

    Raises:
        SourceError: a file is missing or can't be read, or a value in it is wrong.
    """
    frames, hashes = {}, []
    for name, file in files_of_counts(path).items():
        try:
            content = file.read_bytes()
        except OSError as error:
            reason = f"{file} can't be read: {error.strerror or error}."
            raise SourceError("counts_unreadable", reason, NO_COUNTS_HINT) from error
        hashes.append((file.name, hashlib.sha256(content).hexdigest()))
        frames[name] = _frame(file, content)
    return checked(frames, hashes)


def _frame(file: Path, content: bytes) -> pd.DataFrame:
    """The rows of one file; of a CSV every cell is a text, and nothing where it is empty."""
    try:
        if file.suffix.casefold() == ".csv":
            sign = ";" if b";" in content.partition(b"\n")[0] else ","  # as a spreadsheet in Europe saves it
            return pd.read_csv(io.BytesIO(content), sep=sign, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        return pd.read_parquet(io.BytesIO(content))
    except ImportError as error:
        reason = f"{file}: what reads Parquet (pyarrow) is not installed."
        raise SourceError("parquet_not_installed", reason, "Run: pip install 'evcharge[parquet]'") from error
    except (ValueError, OSError) as error:
        reason = f"{file} can't be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}."
        raise SourceError("counts_unreadable", reason, NO_COUNTS_HINT) from error
