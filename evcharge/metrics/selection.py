"""Which sessions are looked at: their days and their stations, as conditions on the star.

What does not belong here: what is counted of them (``metrics.outcomes``), which loads hold them (``metrics.loads``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from evcharge.errors import ConfigError
from evcharge.models import DimStation, FactCharging

Keyed = InstrumentedAttribute[int] | ColumnElement[int]

ATTRIBUTES = ("source", "name", "operator", "network", "city", "region", "department", "country")
"""Columns of ``DimStation`` by whose words sessions may be selected."""


@dataclass(frozen=True)
class Selection:
    """Which sessions are looked at: those that start on these local days (both inclusive), at these stations.

    Ids are unique only within a source; with ``source`` only stations of that one are looked at. ``where`` names a lot
    of stations by ``ATTRIBUTES``: pairs of a column and a word that it has. Of one column any word will do, of several
    columns each must fit; an empty word stands for stations of which none is known.
    """

    first_day: date | None = None
    last_day: date | None = None
    station_ids: tuple[str, ...] = ()
    source: str | None = None
    where: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The selection as a JSON document has it: null for no limit, no station for all."""
        first, last = (day and day.isoformat() for day in (self.first_day, self.last_day))
        return {"from": first, "to": last, "stations": sorted(self.station_ids)}

    def asked_stations(self) -> list[str]:
        """Which stations are asked for: ids, and lots as ``column=value``, in order; none for all."""
        return [*sorted(self.station_ids), *sorted(f"{column}={word}" for column, word in self.where)]

    def conditions(self) -> list[ColumnElement[bool]]:
        """The selection as conditions on ``FactCharging``."""
        return self.conditions_on(FactCharging.station_key, FactCharging.time_key, hours=True)

    def conditions_on(self, station_key: Keyed, day: Keyed, *, hours: bool = False) -> list[ColumnElement[bool]]:
        """The selection as conditions on a table's key of the station and its days yyyymmdd, or hours yyyymmddhh."""
        conditions: list[ColumnElement[bool]] = []
        if self.first_day:
            conditions.append(day >= (_day_key(self.first_day) * 100 if hours else _day_key(self.first_day)))
        if self.last_day:
            conditions.append(day <= (_day_key(self.last_day) * 100 + 23 if hours else _day_key(self.last_day)))
        stations = self.station_conditions()
        if stations:
            conditions.append(station_key.in_(select(DimStation.station_key).where(*stations)))
        return conditions

    def station_conditions(self) -> list[ColumnElement[bool]]:
        """What the selection says of stations, as conditions on ``DimStation``."""
        conditions: list[ColumnElement[bool]] = []
        if self.station_ids:
            conditions.append(DimStation.station_id.in_(self.station_ids))
        if self.source is not None:
            conditions.append(DimStation.source == self.source)
        return [*conditions, *self.lot_conditions()]

    def lot_conditions(self) -> list[ColumnElement[bool]]:
        """What ``where`` says, as conditions on ``DimStation``: one for each column that it names."""
        words: dict[str, list[str]] = {}
        for column, word in self.where:
            words.setdefault(column, []).append(word)
        return [func.coalesce(getattr(DimStation, column), "").in_(some) for column, some in words.items()]

    def of_all_stations(self) -> Selection:
        """The same days at all stations of all sources."""
        return Selection(self.first_day, self.last_day)


def _day_key(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def named_lot(where: Mapping[str, str | Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """A lot of stations as ``Selection.where`` has it: of each column its word, or each of its words.

    Raises:
        ConfigError: there is no such column, or no word of one.
    """
    words = {column: (word,) if isinstance(word, str) else tuple(word) for column, word in where.items()}
    for column, some in words.items():
        if column not in ATTRIBUTES:
            known = f"The columns are {', '.join(ATTRIBUTES)}."
            reason = f"no lot of stations can be named by the column {column!r}."
            raise ConfigError("unknown_column", reason, known, f"Write it like where={{'network': 'Exampla'}}. {known}")
        if not some:
            raise ConfigError("empty_lot", f"no word of the column {column!r} is named.", "For all, leave it out.")
    return tuple((column, word) for column, some in words.items() for word in some)
