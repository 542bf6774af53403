"""The tables of the star as CSV files that a spreadsheet, a database and a program read alike.

UTF-8, lines end with LF; a missing value is empty, an empty text is ``""``; text that a spreadsheet could run is made
inert. The same rows are the same bytes with every database and Python; those of the csv module would not be, which
tells missing from empty only from Python 3.12 on and quotes a lone CR only from 3.13 on. What does not belong here:
which rows (``star``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from evcharge.export.job import Job
from evcharge.export.star import STAR, batches, table_of
from evcharge.models import Base
from evcharge.output import inert_cell

_NEEDS_QUOTES = re.compile('[",\r\n]')


def write_csv(job: Job) -> None:
    """Writes each table of the star."""
    for model in STAR:
        _write_table(job, model)


def _write_table(job: Job, model: type[Base]) -> None:
    table = table_of(model)
    file = job.new_file(f"{table.name}.csv")
    file.write(f"{','.join(table.columns.keys())}\n".encode())
    file.rows = 0
    for rows in batches(job.session, model, job.selection):
        lines = [",".join([CELLS[type(value)](value) for value in row]) for row in rows]
        file.write("".join([f"{line}\n" for line in lines]).encode())
        file.rows += len(rows)


def _text(value: str) -> str:
    text = inert_cell(value)
    if not text or _NEEDS_QUOTES.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


CELLS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    int: str,
    float: repr,
    str: _text,
    date: date.isoformat,
    datetime: _instant,
}
"""How a value of each Python type is written."""
