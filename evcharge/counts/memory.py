"""A star of counts alone, in memory: the tables that reports read, but none of sessions, so that none can be read.

It lives as long as its session, and is never committed. What does not belong here: checking frames (``frames``), and
what a report leaves out (``metrics.left_out``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

import pandas as pd
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from evcharge.counts.frames import COUNTS, DETAIL, FAILURES, STATIONS, Frames
from evcharge.metrics.counted import COUNTED, Counted, Vectors
from evcharge.metrics.day_outcomes import KEPT, NAMES
from evcharge.metrics.selection import ATTRIBUTES
from evcharge.models import Base, DimPort, DimStation, LoadCount, LoadLedger, RejectedRow, StationDayOutcome
from evcharge.version import __version__

READ: tuple[type[Base], ...] = (DimStation, DimPort, LoadLedger, LoadCount, StationDayOutcome, RejectedRow)
"""Tables of the star that a report reads; without a registry and loads some stay empty. Sessions have none."""
STATION = ["source", "station_id"]


@contextmanager
def star_of_counts(frames: Frames) -> Iterator[Session]:
    """A session that reads these counts as a report reads any star; what was given beside them is its ``Counted``."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with Session(engine) as session:
        tables = [Base.metadata.tables[model.__tablename__] for model in READ]
        Base.metadata.create_all(session.connection(), tables=tables)
        keys = _add_stations(session, frames)
        _add_counts(session, frames.rows[COUNTS], keys, _add_loads(session, frames.rows[COUNTS]))
        session.info[COUNTED] = _counted(frames, keys)
        yield session
    engine.dispose()


def _add_stations(session: Session, frames: Frames) -> pd.DataFrame:
    """Adds the stations that have counts, with what is known of them; returns their ``STATION`` and ``station_key``."""
    stations = frames.rows[COUNTS][STATION].drop_duplicates().sort_values(STATION, ignore_index=True)
    stations.insert(0, "station_key", range(1, len(stations) + 1))
    described = stations
    if STATIONS in frames.rows:
        described = stations.merge(frames.rows[STATIONS].drop(columns="ports", errors="ignore"), on=STATION, how="left")
        described = described.astype(object).where(described.notna(), None)
    session.execute(insert(DimStation), _records(described))
    return stations


def _add_loads(session: Session, counts: pd.DataFrame) -> dict[tuple[Any, ...], int]:
    """Adds a load for each source and each thing that a publisher said of failures; returns their keys by these."""
    pairs = counts[["source", "failures_included"]].drop_duplicates().sort_values(["source", "failures_included"])
    keys = {pair: key for key, pair in enumerate(pairs.itertuples(index=False, name=None), start=1)}
    now = datetime.now(timezone.utc)
    nothing = dict.fromkeys(
        ("rows_read", "inserted", "updated", "unchanged", "superseded", "rejected", "skipped"), 0
    ) | dict.fromkeys(("file_name", "format", "profile"), COUNTS)
    loads = [
        {
            **nothing,
            "load_key": key,
            "source": source,
            "failures_included": word,
            "file_sha256": f"{key:064d}",
            "timezone": "offset",
            "time_format": "",
            "started_at": now,
            "finished_at": now,
            "evcharge_version": __version__,
        }
        for (source, word), key in keys.items()
    ]
    session.execute(insert(LoadLedger), loads)
    return keys


def _add_counts(
    session: Session, counts: pd.DataFrame, stations: pd.DataFrame, loads: dict[tuple[Any, ...], int]
) -> None:
    pairs = zip(counts["source"], counts["failures_included"], strict=True)
    rows = counts.merge(stations, on=STATION).assign(load_key=[loads[pair] for pair in pairs])

    # By the driver itself: SQLAlchemy takes 8 seconds and a gigabyte more for half a million rows.
    columns = [rows[name].tolist() for name in NAMES]
    statement = f"INSERT INTO {KEPT.name} ({', '.join(NAMES)}) VALUES ({', '.join('?' * len(NAMES))})"  # noqa: S608
    session.connection().exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows with plain values, as a database's driver takes them."""
    columns = {str(name): frame[name].tolist() for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _counted(frames: Frames, stations: pd.DataFrame) -> Counted:
    """What was given beside the counts, by the keys of the stations; of stations without counts nothing is kept."""
    rows = {name: frame.merge(stations, on=STATION) for name, frame in frames.rows.items() if name != COUNTS}
    vectors = {name: Vectors(rows[name], frames.places.get(name, {})) for name in (FAILURES, DETAIL) if name in rows}
    described = rows.get(STATIONS, pd.DataFrame())
    return Counted(
        places=frames.places[COUNTS],
        attributes=frozenset({"source", *(name for name in ATTRIBUTES if name in described.columns)}),
        ports=described.set_index("station_key")["ports"] if "ports" in described.columns else None,
        failures=vectors.get(FAILURES),
        detail=vectors.get(DETAIL),
        files=frames.files,
    )
