"""JSON and CSV: how a frame and its values are written for programs.

What does not belong here: which columns and keys a document has; each report says that itself.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Protocol

import pandas as pd

from evcharge.output import inert_cell


class Documented(Protocol):
    """What has a ``--json`` document."""

    def to_dict(self) -> dict[str, Any]:
        """The document."""


def to_json(report: Documented) -> str:
    """The document of ``to_dict`` as text in ASCII, which every terminal and encoding takes."""
    return indented(report.to_dict())


def indented(value: Any, line: str = "\n") -> str:
    """What ``json.dumps(value, indent=2)`` makes, several times as fast: that writes in Python, value by value.

    Args:
        value: what JSON has.
        line: the end of a line, with the blanks that the next one begins with.
    """
    items = list(value.values() if isinstance(value, dict) else value) if isinstance(value, (dict, list, tuple)) else []
    if not items:
        return json.dumps(value)
    inner = line + "  "

    # Only what holds no further list or object is one line each, and so written by the encoder that is not in Python.
    if not any(isinstance(item, (dict, list, tuple)) and item for item in items):
        text = json.dumps(value, separators=("," + inner, ": "))
        return text[0] + inner + text[1:-1] + line + text[-1]
    texts = [indented(item, inner) for item in items]
    if isinstance(value, dict):
        texts = [f"{json.dumps(str(key))}: {text}" for key, text in zip(value, texts, strict=True)]
        return "{" + inner + ("," + inner).join(texts) + line + "}"
    return "[" + inner + ("," + inner).join(texts) + line + "]"


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as a JSON document has them."""
    return [{str(name): plain(value) for name, value in row.items()} for row in frame.to_dict("records")]


def plain(value: Any) -> Any:
    """A value that JSON has: missing is null, a day is ISO 8601."""
    if value is None or value != value:
        return None
    if isinstance(value, date):
        return (value.date() if isinstance(value, pd.Timestamp) else value).isoformat()
    return value.item() if hasattr(value, "item") else value


def csv_of(frame: pd.DataFrame) -> str:
    """A frame as CSV: missing is empty, days are ISO 8601, numbers unrounded, true and false, formulas inert."""
    return "".join(csv_rows(frame))


def csv_rows(frame: pd.DataFrame) -> Iterator[str]:
    """The rows of ``csv_of``, each with its line end; the first has the names of the columns."""
    rows: Iterable[tuple[Any, ...]] = frame.itertuples(index=False, name=None)
    for cells in (tuple(frame.columns), *rows):
        row = io.StringIO(newline="")
        csv.writer(row, lineterminator="\n").writerow([csv_cell(plain(value)) for value in cells])
        yield row.getvalue()


def csv_cell(value: Any) -> Any:
    """A plain value as a cell of a CSV: true and false, and text that a spreadsheet could run made inert."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return inert_cell(value) if isinstance(value, str) else value
