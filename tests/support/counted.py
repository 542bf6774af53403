"""A network that every definition judges in its own way, as a star, and the documents of reports that can be compared.

Three publishers: one leaves failures in, one removed them, one does not say. One station fails at one port in the
evening, one got worse, one has fallen silent, one is out of use.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from evcharge.models import DimStation, DimTime, FactCharging
from tests.support.star import hour, ledger

FIRST = datetime(2025, 1, 6, tzinfo=timezone.utc)
DAYS = 140
SAID = {"city": "yes", "north": "no", "fleet": "unknown"}
STATIONS = {"city": 6, "north": 2, "fleet": 2}

ENERGIES = (None, 0.0, 0.1, 0.15, 0.2, 0.4, 0.5, 0.6, 1.0, 12.3456789, 30.0)
MINUTES = (None, 0.0, 2.0, 2.5, 3.0, 4.0, 45.0)
STOPS = (None, "Local", "Remote", "EVDisconnected", "PowerLoss", "Other", "LocalOutOfCredit")
ERRORS = (None, None, "GroundFailure", "ConnectorLockFailure", "NoError")


def write_network(engine: Engine, seed: int = 1, *, recorded: bool = True) -> None:
    """Writes the network; without ``recorded`` no source tells the outcome of a session."""
    chance = random.Random(seed)
    with Session(engine) as session, session.begin():
        read = FIRST + timedelta(days=DAYS + 30)
        loads = {
            source: ledger(source=source, failures_included=word, started_at=read, finished_at=read)
            for source, word in SAID.items()
        }
        stations = {
            (source, number): DimStation(
                source=source,
                station_id=f"{source}-{number}",
                name=None if number == 2 else f"Stop {source} {number}",
                operator=f"Operator {number % 2}",
                network=f"Net {source}",
                region="North" if number % 3 else None,
            )
            for source, count in STATIONS.items()
            for number in range(1, count + 1)
        }
        session.add_all([*loads.values(), *stations.values()])
        session.flush()
        facts = [
            {"station_key": station.station_key, "load_key": loads[source].load_key, **fact}
            for (source, number), station in stations.items()
            for fact in _sessions(chance, source, number, recorded)
        ]
        session.add_all(map(hour, sorted({fact["time_key"] for fact in facts} - set(session.scalars(_HOURS)))))
        session.flush()
        session.execute(insert(FactCharging), facts)


_HOURS = select(DimTime.time_key)


def _sessions(chance: random.Random, source: str, number: int, recorded: bool) -> list[dict[str, Any]]:
    """The sessions of one station: number 3 stops after 110 days, number 4 of the city after 20."""
    last = {3: 110, 4: 20}.get(number, DAYS)
    return [
        _session(chance, source, number, day, place, recorded)
        for day in range(last)
        for place in range(chance.choice((1, 2, 2, 3)))
    ]


def _session(chance: random.Random, source: str, number: int, day: int, place: int, recorded: bool) -> dict[str, Any]:
    port, at = chance.choice((1, 2)), chance.randrange(24)
    bad = (number == 1 and port == 2 and at >= 12) or (number == 2 and day > 90 and chance.random() < 0.5)
    fine = not bad and chance.random() < (0.995 if number > 4 else 0.97)
    minutes, energy = (45.0, 12.3456789) if fine else (chance.choice(MINUTES), chance.choice(ENERGIES))
    start = FIRST + timedelta(days=day, hours=at, minutes=place * 7)
    has_transaction = chance.choice((None, False, True, True)) if not fine else chance.choice((None, True))
    return {
        "session_id": f"{source}-{number}-{day}-{place}",
        "source_line": 2,
        "start_time": start,
        "time_key": int(f"{start:%Y%m%d%H}"),
        "end_time": None if minutes is None else start + timedelta(minutes=minutes),
        "duration_minutes": minutes,
        "energy_kwh": energy,
        "port_id": None if chance.random() < 0.05 else f"{source}-{number}-{port}",
        "success": fine if recorded and chance.random() < 0.99 else None,
        "stop_reason": chance.choice(STOPS[1:4] if fine else STOPS),
        "error_code": None if fine else chance.choice(ERRORS),
        "has_transaction": has_transaction,
        "reached_charging": chance.choice((None, fine, True)),
        "next_status": chance.choice((None, "Available", "Faulted" if not fine else "Available")),
    }


def without_what_needs_sessions(document: dict[str, Any]) -> dict[str, Any]:
    """A document of ``report --json`` without the keys that docs/how-to/report-from-counts.md names as dropped."""
    kept = {name: value for name, value in document.items() if name not in ("left_out", "refused", "title")}
    if "attention" in kept:
        kept["attention"] = {name: value for name, value in kept["attention"].items() if name != "below_target"}
        kept["stations"] = [_station(station) for station in kept["stations"]]
    return kept


def _station(station: dict[str, Any]) -> dict[str, Any]:
    now = station["now"]
    visits = ("visits", "failed_visits", "joined_by_chance", "visits_per_week")
    lost = [name for name in now if "_lost_per_week" in name]
    dropped = {*visits, *(lost if now["verdict"] == "below target" else ())}
    outages = [outage for outage in station["outages"] if outage["port_id"] is None]
    return {**station, "now": {name: now[name] for name in now if name not in dropped}, "outages": outages}
