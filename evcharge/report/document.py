"""JSON and CSV: how a frame and its values are written for programs.

What does not belong here: which columns and keys a document has; each report says that itself.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Any, Protocol

import numpy as np
import pandas as pd

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.milliseconds import utc_text
from evcharge.output import inert_cell

_HOLDERS = (dict, list, tuple)
"""What holds other values."""


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
    if not isinstance(value, _HOLDERS) or not value:
        return json.dumps(value)
    items, inner = value.values() if isinstance(value, dict) else value, line + "  "
    nested = {place: item for place, item in enumerate(items) if isinstance(item, _HOLDERS) and item}
    flat, between = value, "," + inner
    if nested:
        shell = [0 if place in nested else item for place, item in enumerate(items)]
        flat = dict(zip(value, shell, strict=True)) if isinstance(value, dict) else shell

    # The encoder that is not in Python writes a line each; into those of lists and objects, 0 until then, goes theirs.
    text = json.dumps(flat, separators=(between, ": "))
    if nested:
        lines = text[1:-1].split(between)  # nothing else has a line end, which JSON escapes in texts
        for place, item in nested.items():
            lines[place] = lines[place][:-1] + indented(item, inner)
        text = text[0] + between.join(lines) + text[-1]
    return text[0] + inner + text[1:-1] + line + text[-1]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as a JSON document has them."""
    names = [str(name) for name in frame]
    columns = [_plain_column(frame.iloc[:, place]) for place in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain_column(column: pd.Series) -> list[Any]:
    """What ``plain`` makes of each value; numbers are taken all at once."""
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
    values = column.tolist()
    if kind == "f":
        return [None if value != value else value for value in values]
    return values if kind in "iub" else [plain(value) for value in values]


def plain(value: Any) -> Any:
    """A value that JSON has: missing is null, a day is ISO 8601."""
    if value is None or value != value:
        return None
    if isinstance(value, date):
        return (value.date() if isinstance(value, pd.Timestamp) else value).isoformat()
    return value.item() if hasattr(value, "item") else value


def period_told(period: Period) -> dict[str, Any]:
    """A period as a document has it: half-open, in UTC."""
    return {"from": utc_text(period.from_ms), "to": utc_text(period.until_ms), "minutes": period.minutes}


def csv_of(frame: pd.DataFrame) -> str:
    """A frame as CSV: missing is empty, days are ISO 8601, numbers unrounded, true and false, formulas inert."""
    return "".join(csv_rows(frame))


def csv_rows(frame: pd.DataFrame) -> Iterator[str]:
    """The rows of ``csv_of``, each with its line end; the first has the names of the columns."""
    columns = [_csv_column(frame.iloc[:, place]) for place in range(frame.shape[1])]
    row = io.StringIO(newline="")
    writer = csv.writer(row, lineterminator="\n")
    for cells in chain([[csv_cell(plain(name)) for name in frame.columns]], zip(*columns, strict=True)):
        writer.writerow(cells)
        yield row.getvalue()
        row.seek(0)
        row.truncate()


def _csv_column(column: pd.Series) -> list[Any]:
    """What ``csv_cell`` makes of each value of a column; numbers stay as they are."""
    values = _plain_column(column)
    is_number = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"
    return values if is_number else [csv_cell(value) for value in values]


def csv_cell(value: Any) -> Any:
    """A plain value as a cell of a CSV: true and false, and text that a spreadsheet could run made inert."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return inert_cell(value) if isinstance(value, str) else value
