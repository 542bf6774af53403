"""Many rows of a station packed into one text for each column: a database sends them in a fraction of the time.

A driver makes an object of each value of each row, and a database sorts what is grouped by more than the station; rows
of a station stand together already. What does not belong here: any query, and what its columns mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Select, String, cast, func
from sqlalchemy.orm import InstrumentedAttribute, Session

from evcharge.arrays import Integers

BETWEEN = "\x1f"
"""Stands between packed texts: a control character, which none of the star holds (``parsed.UNUSABLE``)."""
MISSING = "\x1e"
"""Stands for a text that is missing; it sorts before all that the star holds."""
STATIONS_AT_ONCE = 20
"""Stations whose packed rows are fetched at a time."""
ROWS_AT_ONCE = 50_000
"""Rows that are unpacked at a time, so that those of a whole network are never all held as Python objects."""


def packed_numbers(column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """A column of whole numbers of a group as one text; all columns of a query have its rows in the same order."""
    return func.aggregate_strings(cast(column, String), " ")


def packed_texts(column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """A column of texts of a group as one text, those that are missing too."""
    return func.aggregate_strings(func.coalesce(column, MISSING), BETWEEN)


class Packed(NamedTuple):
    """Some stations' rows of a query of station_key, the number of rows, and packed columns."""

    stations: Sequence[Any]

    def keys(self) -> Integers:
        """The station of each row."""
        keys, lengths = (np.array([row[place] for row in self.stations], dtype="int64") for place in (0, 1))
        return np.repeat(keys, lengths)

    def numbers(self, place: int) -> Integers:
        """The numbers of a packed column."""
        numbers: Integers = np.fromstring(" ".join([row[place] for row in self.stations]), dtype="int64", sep=" ")
        return numbers

    def texts(self, place: int) -> tuple[Integers, list[str]]:
        """The texts of a packed column in order, each once, and the place of each row's; -1 where it has none."""
        texts = np.array([text for row in self.stations for text in row[place].split(BETWEEN)], dtype=object)
        codes, distinct = pd.factorize(texts, sort=True)
        if len(distinct) and distinct[0] == MISSING:
            return codes - 1, distinct[1:].tolist()
        return codes, distinct.tolist()


def packed_parts(session: Session, query: Select[Any]) -> Iterator[Packed]:
    """The rows of a query, so many stations at a time that they have ``ROWS_AT_ONCE``; one part at least.

    Args:
        session: reads the star.
        query: station_key, how many rows the station has, and packed columns.
    """
    held: list[Any] = []
    rows = 0
    for row in session.connection().execute(query, execution_options={"yield_per": STATIONS_AT_ONCE}):
        held.append(row)
        rows += row[1]
        if rows > ROWS_AT_ONCE:
            yield Packed(held)
            held, rows = [], 0
    yield Packed(held)
