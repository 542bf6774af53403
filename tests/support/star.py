"""Rows of the star for tests, each right unless told otherwise: no chance, no clock."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from evcharge.models import DimStation, DimTime, FactCharging, FactStatus, LoadLedger

START = datetime(2024, 12, 24, 8, 15, tzinfo=timezone.utc)
MIXED = (
    {"station_id": "A", "energy_kwh": 7.5, "duration_minutes": 60.0, "success": True},
    {"station_id": "A", "energy_kwh": 0.0, "duration_minutes": 1.0, "success": False},
    {"station_id": "A", "energy_kwh": 5.0, "duration_minutes": 2.0, "success": True},
    {"station_id": "A", "energy_kwh": None, "duration_minutes": 9.0, "success": None},
    {"station_id": "A", "energy_kwh": 3.0, "duration_minutes": None, "success": False},
    {"station_id": "B", "energy_kwh": 0.6, "duration_minutes": 2.5, "success": None},
    {"station_id": "B", "energy_kwh": 0.5, "duration_minutes": 60.0, "success": None},
    {"station_id": "C", "energy_kwh": 5.0, "duration_minutes": 30.0, "success": True, "failures_included": "no"},
    {"station_id": "C", "energy_kwh": 5.0, "duration_minutes": 30.0, "success": True},
    {"station_id": "D", "energy_kwh": None, "duration_minutes": None, "success": None, "failures_included": "unknown"},
)
"""Four stations with sessions of every kind; station E has none."""


def ledger(**over: object) -> LoadLedger:
    """A ledger entry of an empty file."""
    counts = dict.fromkeys(("rows_read", "inserted", "updated", "unchanged", "superseded", "rejected", "skipped"), 0)
    row = {
        "source": "city",
        "file_name": "sessions.csv",
        "file_sha256": "0" * 64,
        "format": "csv",
        "profile": "native@0",
        "failures_included": "yes",
        "timezone": "UTC",
        "time_format": "iso8601",
        **counts,
        "started_at": START,
        "finished_at": START,
        "evcharge_version": "0.1.0",
    }
    return LoadLedger(**row | over)


def hour(time_key: int) -> DimTime:
    """The hour of a key of the form yyyymmddhh."""
    at = datetime.strptime(str(time_key), "%Y%m%d%H").replace(tzinfo=timezone.utc)
    return DimTime(
        time_key=time_key,
        date=at.date(),
        year=at.year,
        quarter=(at.month + 2) // 3,
        month=at.month,
        day=at.day,
        hour=at.hour,
        weekday=at.isoweekday(),
        is_weekend=at.isoweekday() > 5,
    )


def write_sessions(engine: Engine, *overrides: dict[str, object], idle: tuple[str, ...] = ()) -> None:
    """Writes a session for each set of overrides, with its station, its hour and a load.

    Beside the columns of ``FactCharging`` an override may hold ``station_id`` and ``failures_included``. The stations
    of ``idle`` get no session.
    """
    with Session(engine) as session, session.begin():
        stations = {name: DimStation(source="city", station_id=name, name=f"Stop {name}") for name in idle}
        loads: dict[str, LoadLedger] = {}
        hours: dict[int, DimTime] = {}
        facts = []
        for number, over in enumerate(overrides):
            row: dict[str, object] = {"start_time": START, "source_line": number + 2, "session_id": f"S{number}"} | over
            name, said = str(row.pop("station_id", "ST-1")), str(row.pop("failures_included", "yes"))
            row.setdefault("time_key", int(f"{row['start_time']:%Y%m%d%H}"))
            stations.setdefault(name, DimStation(source="city", station_id=name, name=f"Stop {name}"))
            loads.setdefault(said, ledger(failures_included=said, file_sha256=f"{len(loads):064d}"))
            hours.setdefault(int(str(row["time_key"])), hour(int(str(row["time_key"]))))
            facts.append((row, stations[name], loads[said]))
        session.add_all([*stations.values(), *loads.values(), *hours.values()])
        session.flush()
        session.add_all(
            FactCharging(station_key=station.station_key, load_key=load.load_key, **row) for row, station, load in facts
        )


def write_statuses(engine: Engine, port: str = "1", name: str = "Stop A") -> None:
    """Writes polls of a port of the first two stations: up, and down from 40 and 60 hours on; names the first."""
    with Session(engine) as session, session.begin():
        session.execute(update(DimStation).where(DimStation.station_id == "A").values(name=name))
        for key, word, begin, end in ((1, "up", 0, 40), (1, "down", 40, 100), (2, "up", 0, 60), (2, "down", 60, 100)):
            times = {"from_time": START + timedelta(hours=begin), "until_time": START + timedelta(hours=end)}
            told = {"word": f"{word} {port}", "state": word, "evidence": "poll"}
            place = {"load_key": 1, "source_line": 2, "last_line": 2}
            session.add(FactStatus(station_key=key, port_id=port, **times, **told, **place))
