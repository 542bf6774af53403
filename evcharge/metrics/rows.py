"""The rows of a query as a frame of Python objects, whatever the database.

What does not belong here: any query, and what its columns are to become.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
from sqlalchemy import Executable
from sqlalchemy.orm import Session


def frame_of(session: Session, query: Executable) -> pd.DataFrame:
    """The rows of a query by the names of its columns; all are objects, and what is missing is None."""
    result = session.execute(query)
    return _frame(result, list(result.keys()))


def parts_of(session: Session, query: Executable, rows: int) -> Iterator[pd.DataFrame]:
    """The frame of ``frame_of`` in parts of so many rows, after one without rows, so that there are always columns."""
    result = session.execute(query, execution_options={"yield_per": rows})
    names = list(result.keys())
    yield _frame((), names)
    for part in result.partitions():
        yield _frame(part, names)


def _frame(rows: Iterable[Any], names: list[str]) -> pd.DataFrame:
    return pd.DataFrame([tuple(row) for row in rows], columns=names, dtype=object)
