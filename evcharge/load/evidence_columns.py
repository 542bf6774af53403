"""Clean rows of evidence as the columns of their tables, in the values that SQLite keeps; pure.

What does not belong here: which rows are kept (``evidence``), and how they get into a database (``evidence_tables``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from operator import eq
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evcharge.load.evidence_tables import Kind
from evcharge.load.mapping import millisecond_texts

_SORTED_BY = 3
"""Parts of each key that are never missing: station, port or charger, and start."""


class Row(NamedTuple):
    """A row to be written.

    Attributes:
        key: what it is about: its key without the load.
        says: what it says of that.
        version: the source's own version of it [text of an instant]; None where there is none.
        weight: rows of the file that it stands for.
        stored: what is stored, in the order of the kind's columns.
    """

    key: tuple[Any, ...]
    says: tuple[Any, ...]
    version: str | None
    weight: int
    stored: tuple[Any, ...]


class Columns(NamedTuple):
    """Rows to be written, column by column, sorted by key.

    Attributes:
        values: by column of the kind's table.
        weights: rows of the file that each stands for.
        are_apart: whether no two of them are about the same port, or charger, and instant.
    """

    values: dict[str, list[Any]]
    weights: list[int]
    are_apart: bool

    def tuples(self, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Some columns, row by row."""
        return zip(*(self.values[name] for name in names), strict=True)

    def rows(self, kind: Kind) -> list[Row]:
        """Each row with what it is compared by."""
        versions = self.values[kind.version] if kind.version else [None] * len(self.weights)
        told = (self.tuples(kind.key), self.tuples(kind.says), versions, self.weights, self.tuples(kind.columns))
        return list(map(Row._make, zip(*told, strict=True)))

    def starts(self) -> dict[int, tuple[str, str]]:
        """By station, the first and the last start."""
        stations, starts = self.values["station_key"], self.values["from_time"]
        edges = [0, *(np.flatnonzero(np.diff(stations)) + 1).tolist(), len(stations)]
        spans = (starts[begin:end] for begin, end in pairwise(edges))
        return {stations[begin]: (min(span), max(span)) for begin, span in zip(edges, spans, strict=False)}


def columns_of(kind: Kind, frame: pd.DataFrame, station_keys: Mapping[str, int], load_key: int) -> Columns:
    """The rows of a clean frame, sorted by key; those of one key in file order."""
    values: dict[str, list[Any]] = {
        "station_key": [station_keys[one] for one in frame["station_id"].tolist()],
        "load_key": [load_key] * len(frame),
    }
    for name, column in kind.instants.items():
        values[name] = millisecond_texts(frame[column].astype("Int64"))
    values |= {name: _known(frame[name]) for name in kind.columns if name not in values}
    weights = kind.weights_of(frame)

    order = list(zip(*(values[name] for name in kind.key[:_SORTED_BY]), strict=True))
    rows = sorted(range(len(order)), key=order.__getitem__)
    if rows != list(range(len(order))):
        values = {name: [column[row] for row in rows] for name, column in values.items()}
        weights = [weights[row] for row in rows]
        order = [order[row] for row in rows]
    return Columns(values, weights, are_apart=not any(map(eq, order, order[1:])))


def _known(values: pd.Series) -> list[Any]:
    """The values of a column, None for a missing one."""
    missing = values.isna().to_numpy()
    if not missing.any():
        return values.tolist()
    return [None if gone else value for value, gone in zip(values.tolist(), missing.tolist(), strict=True)]
