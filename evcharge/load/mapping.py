"""Clean rows as rows of the mapped classes; pure.

Sessions are put where a registry places their port. Stations and hours become ORM objects. Facts become the columns of
``FactCharging``, in the values its types hand to the driver: what ``Session.add_all`` of the same objects would write,
at a tenth of the cost (a test holds the two equal). What does not belong here: a session, or which rows are new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evcharge.frames import CLEAN_FRAME, Cleaned
from evcharge.models import DimStation, DimTime, FactCharging

FACT_COLUMNS = tuple(column.name for column in FactCharging.__table__.columns)
"""The fact's columns in the order of the table; a fact is a tuple in this order."""
KEY = tuple(FACT_COLUMNS.index(name) for name in ("station_key", "session_id"))
LINEAGE = tuple(FACT_COLUMNS.index(name) for name in ("load_key", "source_line"))
LOAD = FACT_COLUMNS.index("load_key")
VERSION = FACT_COLUMNS.index("source_updated_at")

Fact = tuple[Any, ...]


def _columns_of(dtype: str) -> tuple[str, ...]:
    """The fact's columns that a clean frame has in this dtype."""
    return tuple(column.name for column in CLEAN_FRAME if column.dtype == dtype and column.name in FACT_COLUMNS)


TEXTS, NUMBERS, BOOLEANS = _columns_of("object"), _columns_of("float64"), _columns_of("boolean")
INSTANTS = _columns_of("datetime64[ms, UTC]")


def to_station(source: str, attributes: Mapping[Any, Any]) -> DimStation:
    """A station as its first row describes it."""
    known = {name: value for name, value in attributes.items() if not pd.isna(value)}
    return DimStation(source=source, **known)


def to_hour(time_key: int) -> DimTime:
    """The hour that a key of the form yyyymmddhh names."""
    day = date(time_key // 1_000_000, time_key // 10_000 % 100, time_key // 100 % 100)
    return DimTime(
        time_key=time_key,
        date=day,
        year=day.year,
        quarter=(day.month + 2) // 3,
        month=day.month,
        day=day.day,
        hour=time_key % 100,
        weekday=day.isoweekday(),
        is_weekend=day.isoweekday() > 5,
    )


def placed(cleaned: Cleaned, placements: Mapping[str, str]) -> tuple[Cleaned, frozenset[str]]:
    """Sessions that name a port in place of a station, at the station where a registry places that port.

    Args:
        cleaned: a chunk; of its rows those whose station id is their port id are looked up.
        placements: station id by port id.

    Returns:
        The chunk, and the ports that were looked up and found.
    """
    rows = cleaned.rows
    found = (rows["station_id"] == rows["port_id"]) & rows["station_id"].isin(placements.keys())
    if not found.any():
        return cleaned, frozenset()
    ports = rows["station_id"][found]
    rows = rows.assign(station_id=rows["station_id"].where(~found, rows["station_id"].map(placements)).astype("object"))
    stations = cleaned.stations[cleaned.stations["station_id"].isin(rows["station_id"])]
    return replace(cleaned, rows=rows, stations=stations), frozenset(ports)


def to_facts(rows: pd.DataFrame, station_keys: Mapping[str, int], load_key: int, dialect: str) -> list[Fact]:
    """The rows as tuples in the order of ``FACT_COLUMNS``, in file order.

    Args:
        rows: columns of ``frames.CLEAN_FRAME``.
        station_keys: key by station id; every station of ``rows`` is in it.
        load_key: the load they belong to.
        dialect: ``sqlite`` or ``postgresql``: the two take instants and booleans differently.
    """
    instants = _texts if dialect == "sqlite" else _datetimes
    booleans = _integers if dialect == "sqlite" else _booleans
    values: dict[str, list[Any]] = {
        "station_key": [station_keys[station_id] for station_id in rows["station_id"]],
        "load_key": [load_key] * len(rows),
        "source_line": rows["line"].tolist(),
        "time_key": rows["time_key"].tolist(),
    }
    for name in BOOLEANS:
        values[name] = booleans(rows[name])
    for name in TEXTS:
        values[name] = rows[name].tolist()
    for name in INSTANTS:
        values[name] = instants(rows[name])
    for name in NUMBERS:
        values[name] = _numbers(rows[name])
    return list(zip(*(values[name] for name in FACT_COLUMNS), strict=True))


def _texts(instants: pd.Series) -> list[str | None]:
    """Instants as ``models.UtcDateTime`` writes them on SQLite."""
    naive = instants.dt.tz_localize(None).to_numpy(dtype="datetime64[ms]")
    texts = np.char.add(np.datetime_as_string(naive, unit="ms"), "Z").tolist()
    return [None if missing else text for text, missing in zip(texts, np.isnat(naive), strict=True)]


def _datetimes(instants: pd.Series) -> list[Any]:
    return [None if instant is pd.NaT else instant.to_pydatetime() for instant in instants]


def _numbers(numbers: pd.Series) -> list[float | None]:
    if numbers.isna().all():
        return [None] * len(numbers)
    return [None if number != number else number for number in numbers.tolist()]


def _booleans(words: pd.Series) -> list[bool | None]:
    if words.isna().all():
        return [None] * len(words)
    return [None if word is pd.NA else bool(word) for word in words]


def _integers(words: pd.Series) -> list[int | None]:
    if words.isna().all():
        return [None] * len(words)
    return [None if word is pd.NA else int(word) for word in words]
