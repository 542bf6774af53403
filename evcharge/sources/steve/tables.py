"""The tables of SteVe: one CSV each, with its fields by name, and the rows of transactions that are made of them.

What does not belong here: which tables make a transaction (``steve.export``), and what the fields mean
(``profiles/steve.toml``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from evcharge.carriers.file import SourceFile
from evcharge.errors import SourceError
from evcharge.sources.chunk import Rows
from evcharge.sources.names import folded
from evcharge.sources.profile import Profile
from evcharge.sources.table import all_rows

FIELDS: tuple[str, ...] = (
    *("transaction_pk", "charge_box_id", "evse_id", "id_tag", "start_timestamp", "stop_timestamp", "energy_wh"),
    *("stop_reason", "error_code", "next_status", "reached_charging", "event_timestamp"),
    *("description", "address", "city", "country", "location_latitude", "location_longitude"),
)
"""Fields of a transaction, named as SteVe's columns; ``energy_wh`` is the stop's meter value less the start's [Wh]."""

NULL = "NULL"
"""How the data export writes that a cell is empty."""

_METER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,9})?")
NO_TIME = int(np.iinfo(np.int64).min)

"""What ``microseconds`` tells of a time that can't be read."""


class Table:
    """One CSV: its rows with all their fields.

    Raises:
        SourceError: ``missing_columns`` where one of the needed fields is not there.
    """

    def __init__(self, file: SourceFile, profile: Profile, needed: Sequence[str]) -> None:
        self.name = file.name
        names, self.batches = all_rows(file, profile.encoding, profile.private_fields)
        self._places = {name: place for place, name in enumerate(names)}
        missing = [name for name in needed if folded(name) not in self._places]
        if missing:
            reason = f"{file.name} lacks {', '.join(missing)}."
            raise SourceError("missing_columns", reason, "Export it from SteVe again, with all columns.")

    def texts(self, rows: Rows, *spellings: str, null: str = NULL) -> list[str]:
        """One field of the rows, in the first spelling that the table has; empty for NULL and where there is none."""
        for name in map(folded, spellings):
            if name in self._places:
                return ["" if text == null else text for text in rows.fields[self._places[name]]]
        return [""] * len(rows.lines)

    def sound_rows(self) -> Iterator[Rows]:
        """The rows of a table that transactions are joined with; a broken one can't be told to be of none.

        Raises:
            SourceError: ``broken_table`` with the line of the first broken row.
        """
        for rows in self.batches:
            for line, fault in zip(rows.lines, rows.faults, strict=True):
                if fault:
                    reason = f"{self.name}, line {line}: {fault}."
                    raise SourceError("broken_table", reason, "Export it from SteVe again.")
            yield rows


def transaction_rows(
    lines: list[int], raws: list[str], faults: list[str | None], texts: Mapping[str, list[str]]
) -> Rows:
    """Rows of ``FIELDS``; a field that there is no text for is empty."""
    nothing = [""] * len(lines)
    return Rows(list(lines), list(raws), list(faults), [list(texts.get(name, nothing)) for name in FIELDS])


def energy_wh(start: str, stop: str) -> str:
    """What the meter counted [Wh]; nothing where a value is missing, both values where one is no number."""
    start, stop = start.strip(), stop.strip()
    if not start or not stop or NULL in (start, stop):
        return ""
    if not (_METER.fullmatch(start) and _METER.fullmatch(stop)):
        return f"{stop} - {start}"
    return f"{Decimal(stop) - Decimal(start):f}"


def microseconds(timestamps: Sequence[str]) -> np.ndarray:
    """Times since 1970 [µs, UTC], for comparing; ``NO_TIME`` for what can't be read, which cleaning judges."""
    texts = pd.Series(list(timestamps), dtype="object")
    times = pd.DatetimeIndex(pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce"))
    return np.asarray(times.as_unit("us").asi8)
