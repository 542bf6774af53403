"""Where the files of a run stand. What does not belong here: making them (``data``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROWS_AT_ONCE = 50_000
"""Rows that are made, read or written at a time, by whoever takes them so."""
DIMENSIONS = ("load_ledger", "dim_station", "dim_time")
"""Tables that a fact points to."""


@dataclass(frozen=True)
class Data:
    """The files of a run in one folder."""

    folder: Path
    rows: int

    @property
    def growing(self) -> Path:
        """Sessions whose ids grow at each station."""
        return self.folder / "sessions.csv"

    @property
    def random(self) -> Path:
        """The same sessions with random ids."""
        return self.folder / "random.csv"

    @property
    def daily(self) -> Path:
        """The first in a folder of one file per day."""
        return self.folder / "days"

    @property
    def cdrs(self) -> Path:
        """Charge detail records of OCPI."""
        return self.folder / "cdrs.json"

    @property
    def log(self) -> Path:
        """A message log of OCPP 1.6."""
        return self.folder / "messages.log"

    @property
    def star(self) -> Path:
        """The star of ``growing``, as evcharge loaded it."""
        return self.folder / "star.db"

    @property
    def prepared(self) -> Path:
        """The rows of that star as tuples, in the order of the file."""
        return self.folder / "prepared.pickle"

    @property
    def parquet(self) -> Path:
        """The tables of that star as Parquet."""
        return self.folder / "parquet"
