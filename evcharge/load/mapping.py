"""Clean rows as rows of the mapped classes; pure.

Sessions are put where a registry places their port. Stations become ORM objects, hours the columns of one. Facts
become the columns of ``FactCharging``, in the values its types hand to SQLite: what ``Session.add_all`` of the same
objects would write, at a tenth of the cost (a test holds the two equal). What does not belong here: a session, or which
rows are new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from evcharge.arrays import Flags, Integers
from evcharge.frames import CLEAN_FRAME, Cleaned
from evcharge.models import DimStation, FactCharging

FACT_COLUMNS = tuple(column.name for column in FactCharging.__table__.columns)
"""The fact's columns in the order of the table; a fact is a tuple in this order."""
KEY = tuple(FACT_COLUMNS.index(name) for name in ("station_key", "session_id"))
LINEAGE = tuple(FACT_COLUMNS.index(name) for name in ("load_key", "source_line"))
LOAD = FACT_COLUMNS.index("load_key")
VERSION = FACT_COLUMNS.index("source_updated_at")

Fact = tuple[Any, ...]
_DAY_MS = 86_400_000


def _columns_of(dtype: str) -> tuple[str, ...]:
    """The fact's columns that a clean frame has in this dtype."""
    return tuple(column.name for column in CLEAN_FRAME if column.dtype == dtype and column.name in FACT_COLUMNS)


TEXTS, NUMBERS, BOOLEANS = _columns_of("object"), _columns_of("float64"), _columns_of("boolean")
INSTANTS = _columns_of("datetime64[ms, UTC]")


def to_station(source: str, attributes: Mapping[Any, Any]) -> DimStation:
    """A station as its first row describes it."""
    known = {name: value for name, value in attributes.items() if not pd.isna(value)}
    return DimStation(source=source, **known)


def to_hour(time_key: int) -> dict[str, Any]:
    """The columns of ``DimTime`` for the hour that a key of the form yyyymmddhh names."""
    day = date(time_key // 1_000_000, time_key // 10_000 % 100, time_key // 100 % 100)
    return {
        "time_key": time_key,
        "date": day,
        "year": day.year,
        "quarter": (day.month + 2) // 3,
        "month": day.month,
        "day": day.day,
        "hour": time_key % 100,
        "weekday": day.isoweekday(),
        "is_weekend": day.isoweekday() > 5,
    }


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


class FactRows(NamedTuple):
    """Facts, with the columns in which one of them has something; a fact has nothing in the others.

    Attributes:
        names: columns, in the order of ``FACT_COLUMNS``.
        rows: the values of each fact in these columns, in the form in which SQLite keeps them.
    """

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def facts(self) -> list[Fact]:
        """The facts in all columns."""
        values = dict(zip(self.names, zip(*self.rows, strict=True), strict=True)) if self.rows else {}
        nothing = [None] * len(self.rows)
        return list(zip(*(values.get(name, nothing) for name in FACT_COLUMNS), strict=True))


def to_facts(rows: pd.DataFrame, station_keys: Mapping[str, int], load_key: int) -> list[FactRows]:
    """The rows in waves by how often their key came before in the chunk, each wave sorted by key.

    A session that stands twice in a chunk is so written twice, in file order, as if it came in two files.

    Args:
        rows: columns of ``frames.CLEAN_FRAME``.
        station_keys: key by station id; every station of ``rows`` is in it.
        load_key: the load they belong to.
    """
    values: dict[str, list[Any]] = {
        "station_key": [station_keys[station_id] for station_id in rows["station_id"].tolist()],
        "load_key": [load_key] * len(rows),
        "source_line": rows["line"].tolist(),
        "time_key": rows["time_key"].tolist(),
    }
    for names, to_values in (
        (BOOLEANS, _integers),
        (TEXTS, pd.Series.tolist),
        (INSTANTS, instant_texts),
        (NUMBERS, _numbers),
    ):
        values |= {name: to_values(rows[name]) for name in names if not rows[name].isna().all()}
    names = tuple(name for name in FACT_COLUMNS if name in values)
    facts = list(zip(*(values[name] for name in names), strict=True))
    waves = _waves(values["station_key"], values["session_id"]) if facts else []
    return [FactRows(names, [facts[row] for row in wave]) for wave in waves]


def _waves(station_keys: Sequence[int], session_ids: Sequence[str]) -> list[list[int]]:
    """Which rows each wave has, in the order of their keys."""
    order = sorted(range(len(session_ids)), key=session_ids.__getitem__)
    order.sort(key=station_keys.__getitem__)
    if len(set(session_ids)) == len(session_ids):
        return [order]
    seen: Counter[tuple[int, str]] = Counter()
    waves: list[list[int]] = []
    for row in order:  # sorting keeps rows of one key in file order
        key = (station_keys[row], session_ids[row])
        if seen[key] == len(waves):
            waves.append([])
        waves[seen[key]].append(row)
        seen[key] += 1
    return waves


def instant_texts(instants: pd.Series) -> list[str | None]:
    """Instants as ``models.UtcDateTime`` writes them on SQLite: 2024-03-09T08:07:06.543Z."""
    naive = instants.dt.tz_localize(None).to_numpy(dtype="datetime64[ms]")
    missing = np.isnat(naive)
    return _texts_of(np.where(missing, 0, naive.astype(np.int64)), missing)


def millisecond_texts(instants: pd.Series) -> list[str | None]:
    """The same of instants in milliseconds since 1970 UTC, as pandas' ``Int64``."""
    return _texts_of(instants.fillna(0).to_numpy(dtype=np.int64), instants.isna().to_numpy())


def _texts_of(milliseconds: Integers, missing: Flags) -> list[str | None]:
    day, millisecond = np.divmod(milliseconds, _DAY_MS)
    second, fraction = np.divmod(millisecond, 1000)
    first = day.min()
    dates = np.datetime_as_string(np.arange(first, day.max() + 1).astype("datetime64[D]"))
    written = np.empty(
        len(milliseconds), dtype=[("date", "V10"), ("minute", "V7"), ("second", "V3"), ("fraction", "V4")]
    )
    written["date"] = _pieces(dates, 10)[day - first]
    minute = second // 60
    written["minute"], written["second"] = _minutes()[minute], _seconds()[second - minute * 60]
    written["fraction"] = _fractions()[fraction]
    text = written.tobytes().decode("ascii")
    texts: list[str | None] = [text[at : at + 24] for at in range(0, len(text), 24)]
    for row in np.flatnonzero(missing):
        texts[row] = None
    return texts


def _pieces(texts: Iterable[str], width: int) -> npt.NDArray[np.void]:
    """Texts of one width as an array from which rows are put together."""
    return np.frombuffer("".join(texts).encode("ascii"), dtype=f"V{width}")


@cache
def _minutes() -> npt.NDArray[np.void]:
    """Each minute of a day as it is written."""
    return _pieces((f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1440)), 7)


@cache
def _seconds() -> npt.NDArray[np.void]:
    return _pieces((f"{second:02}." for second in range(60)), 3)


@cache
def _fractions() -> npt.NDArray[np.void]:
    return _pieces((f"{milliseconds:03}Z" for milliseconds in range(1000)), 4)


def _numbers(numbers: pd.Series) -> list[float | None]:
    values: list[float | None] = numbers.tolist()
    return [None if number != number else number for number in values] if numbers.hasnans else values


def _integers(words: pd.Series) -> list[int | None]:
    integers: list[int | None] = [*words.fillna(False).astype(np.int64).tolist()]
    for row in np.flatnonzero(words.isna()):
        integers[row] = None
    return integers
