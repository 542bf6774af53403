"""Clean sessions as one flat table and as a star, so that counts of the one can be held against the other's.

They fill every column that a definition looks at, with empty values and with values on and beside every limit, each
with every other. No chance, no clock.
"""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Engine,
    MetaData,
    Table,
    Text,
    distinct,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Session

from evcharge.load.mapping import to_hour
from evcharge.load.rollup import remake
from evcharge.metrics.day_outcomes import KEPT
from evcharge.metrics.letters import ORDER, letters_by
from evcharge.models import DimStation, DimTime, FactCharging, LoadLedger
from tests.support.star import ledger

Row = tuple[Any, ...]
TABLE = Table(
    "clean_sessions",
    MetaData(),
    *(Column(name, Text) for name in ("source", "station_id", "session_id")),
    Column("time_key", BigInteger),
    Column("start_local", DateTime),
    Column("start_time", DateTime(timezone=True)),
    *(Column(name, Text) for name in ("port_id", "error_code", "failures_included", "name", "region")),
    Column("latitude", Double),
    *(Column(name, Boolean) for name in ("success", "has_transaction", "reached_charging")),
    *(Column(name, Double) for name in ("energy_kwh", "duration_minutes")),
    *(Column(name, Text) for name in ("stop_reason", "next_status")),
)
"""The flat table."""
COLUMNS = tuple(TABLE.columns.keys())
MAPPED = {name: name for name in ("failures_included", "name", "region", "latitude")}
"""Those of its columns that are read only where they are mapped."""
FLAGS = (None, True, False)
JUDGED = {
    "success": FLAGS,
    "has_transaction": FLAGS,
    "reached_charging": FLAGS,
    "energy_kwh": (None, 0.0, 0.1, 0.2, 0.2000005, 0.5, 0.50000049, 1.0, 20.1234565),
    "duration_minutes": (None, 0.0, 2.0, 2.5, 3.0, 3.5),
    "stop_reason": (None, "Local", "LocalOutOfCredit", "local", "Power Loss, 'N\\A'"),
    "next_status": (None, "Faulted", "Available"),
}
"""Values of each column, those on a limit and beside it among them; half millionths of a kWh, too."""
STATIONS, DAYS = 40, 91
ALL_VALUES = tuple(itertools.product(*JUDGED.values()))
PUBLISHED = ("yes", "unknown", "no")
"""What the publishers of the loads say of failures."""
FIRST = datetime(2024, 12, 20)  # noqa: DTZ001 - the clock at the station
PARIS = ZoneInfo("Europe/Paris")


def clean_sessions(rows: int) -> list[Row]:
    """So many sessions with the columns of ``COLUMNS``, at ``STATIONS`` stations of two sources."""
    return [_session(number) for number in range(rows)]


def _session(number: int) -> Row:
    # Steps that share no factor with what they wrap around in: no column hangs on another.
    station = number * 7 % STATIONS
    start = FIRST + timedelta(days=number * 13 % DAYS, minutes=number * 37 % 1440)
    source = "city" if station % 2 else "l'état"
    return (
        *(source, f"ST {station:02d}/ü" if station % 3 else f"{station:04d}", f"S{number}"),
        *(int(f"{start:%Y%m%d%H}"), start, start.replace(tzinfo=PARIS).astimezone(timezone.utc)),
        None if number % 11 == 0 else f"P{number % 5}",
        (None, "NoError", "GroundFailure")[number % 3],
        PUBLISHED[number * 5 % 7 % 3] if station < 3 else PUBLISHED[0],
        *(f"Stop {station}", None if station % 4 else f"Region {station % 3}", 45 + station / 8),
        *ALL_VALUES[number * 7919 % len(ALL_VALUES)],
    )


def write_table(engine: Engine, rows: list[Row]) -> None:
    """Writes these sessions as the flat table into a database."""
    with engine.begin() as connection:
        TABLE.create(connection)
        connection.execute(insert(TABLE), [dict(zip(COLUMNS, row, strict=True)) for row in rows])


def write_parquet(path: Path, rows: list[Row]) -> None:
    """Writes these sessions as the flat table into a file, local times without a zone."""
    import pyarrow
    from pyarrow.parquet import write_table as write

    kinds = {
        BigInteger: pyarrow.int64(),
        Boolean: pyarrow.bool_(),
        Double: pyarrow.float64(),
        Text: pyarrow.string(),
        DateTime: pyarrow.timestamp("us"),
    }
    types = [kinds[type(column.type)] for column in TABLE.columns]
    types[COLUMNS.index("start_time")] = pyarrow.timestamp("us", tz="UTC")
    arrays = [pyarrow.array(values, kind) for values, kind in zip(zip(*rows, strict=True), types, strict=True)]
    write(pyarrow.Table.from_arrays(arrays, names=list(COLUMNS)), path)


def write_star(engine: Engine, rows: list[Row]) -> None:
    """Writes these sessions into an empty star, one load for each word of ``PUBLISHED``, with the counts it keeps."""
    sessions = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    stations = {(one["source"], one["station_id"]): one for one in sessions}
    keys = {station: key for key, station in enumerate(stations, start=1)}
    described = [
        {"station_key": key, **{name: stations[station][name] for name in ("name", "region", "latitude")}}
        | {"source": station[0], "station_id": station[1]}
        for station, key in keys.items()
    ]
    facts = [
        {name: one[name] for name in ("session_id", "time_key", "port_id", "error_code", *JUDGED)}
        | {"station_key": keys[one["source"], one["station_id"]]}
        | {"load_key": PUBLISHED.index(one["failures_included"]) + 1, "source_line": line}
        | {"start_time": one["start_time"]}
        for line, one in enumerate(sessions, start=2)
    ]
    with Session(engine) as session, session.begin():
        session.add_all(
            ledger(load_key=key, failures_included=word, file_sha256=f"{key:064d}")
            for key, word in enumerate(PUBLISHED, start=1)
        )
        session.execute(insert(DimStation), described)
        session.execute(insert(DimTime), [to_hour(key) for key in sorted({one["time_key"] for one in sessions})])
        session.flush()
        session.execute(insert(FactCharging), facts)
        remake(session)


def frame_of_star(engine: Engine, frame: str, stations: list[tuple[str, str]] | None = None) -> list[Row]:
    """A frame of counts as the star has it, without the column ``letters``, rows in order.

    Args:
        engine: of a star that ``write_star`` wrote.
        frame: counts, stations, failures or detail.
        stations: source and id of those that detail is of.
    """
    station = (DimStation.source, DimStation.station_id)
    fact = FactCharging
    day, letters, number = (fact.time_key // 100).label("day"), letters_by(ORDER).label("letters"), func.count()
    joined = {
        "counts": (
            select(*station, KEPT.c.day, KEPT.c.outcomes)
            .add_columns(*(func.sum(KEPT.c[name]) for name in ("sessions", "with_energy", "energy_microkwh")))
            .add_columns(func.min(KEPT.c.first_hour), func.max(KEPT.c.last_hour))
            .add_columns(*(func.sum(KEPT.c[name]) for name in ("no_transaction", "with_port", "with_reason")))
            .add_columns(func.min(LoadLedger.failures_included))
            .join_from(KEPT, DimStation, DimStation.station_key == KEPT.c.station_key)
            .join(LoadLedger, LoadLedger.load_key == KEPT.c.load_key)
            .group_by(*station, KEPT.c.day, KEPT.c.outcomes)
        ),
        "stations": (
            select(*station, DimStation.name, DimStation.region, DimStation.latitude)
            .add_columns(func.count(distinct(fact.port_id)))
            .join_from(fact, DimStation)
            .group_by(DimStation.station_key)
        ),
        "failures": (
            select(*station, day, letters, fact.stop_reason, fact.error_code, number)
            .join_from(fact, DimStation)
            .where(letters_by(ORDER).contains("F"))
            .group_by(*station, day, letters, fact.stop_reason, fact.error_code)
        ),
        "detail": (
            select(*station, fact.port_id, day, (fact.time_key % 100).label("hour"), letters, number)
            .join_from(fact, DimStation)
            .group_by(*station, fact.port_id, day, fact.time_key, letters)
        ),
    }
    with Session(engine) as session:
        rows = [tuple(row) for row in session.execute(joined[frame])]
    return in_order(row for row in rows if frame != "detail" or row[:2] in (stations or []))


def in_order(rows: Any) -> list[Row]:
    """Rows in one order, whatever they hold."""
    return sorted(map(tuple, rows), key=repr)
