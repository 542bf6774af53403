"""A small star whose texts would harm whatever runs them, and whose keys have an order of their own."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from evcharge.models import (
    Base,
    DimPort,
    DimStation,
    FactCharging,
    FactContact,
    FactOutage,
    FactReportedUptime,
    FactStatus,
    LoadCount,
    RejectedEvidence,
    RejectedRow,
)
from tests.support.star import hour, ledger

START = datetime(2024, 12, 24, 8, 15, 0, 120_000, tzinfo=timezone.utc)
PLAZA, TOWER, IDLE = '=HYPERLINK("http://x")', "\u202eTower, مرحبا 🚗", "+1 idle"
"""Ids of the stations: a formula, text that turns its direction, and one without a session."""
TOLD: dict[int, dict[str, object]] = {12: {"would_have_been": "failure", "station_id": "=A1", "time_key": 2024122408}}
"""What a refused row still tells, by its line; a load of an older version told nothing."""
SESSIONS = ("B", "a", "é", "10", "9", "=1+1", "a\rb", 'say "no", twice\n')
"""Session ids at the first station."""
STATIONS: tuple[dict[str, Any], ...] = (
    {"station_id": PLAZA, "name": 'Plaza "North",\nlevel 2', "network": "@net", "latitude": 48.85, "longitude": -2.35},
    {"station_id": TOWER, "name": "Башня", "city": "'=old", "opened_on": date(2020, 2, 29), "max_power_kw": 22.0},
    {"station_id": IDLE, "name": None, "latitude": -33.0, "longitude": 151.2, "registry_load_key": 2},
)


def write_world(engine: Engine) -> None:
    """Writes the star; its surrogate keys are stated, so that they are alike on every database."""
    with Session(engine) as session, session.begin():
        session.add_all(
            [
                ledger(load_key=1, rows_read=12, inserted=9, rejected=3),
                ledger(load_key=2, file_sha256="1" * 64, file_name="-registry.json", rows_read=3, inserted=3),
                hour(2024122408),
                hour(2024122423),
            ]
        )
        session.flush()
        session.add_all(
            DimStation(station_key=key, source="city", **said) for key, said in enumerate(STATIONS, start=1)
        )
        session.flush()
        session.add_all(
            DimPort(source="city", port_id=port, station_key=key, load_key=2, named_as_station=key == 1)
            for port, key in (("9", 1), ("10", 1), ("-1", 3))
        )
        session.add_all(session_of(1, name, number) for number, name in enumerate(SESSIONS))
        session.add(session_of(2, "a", 9, time_key=2024122423, end_time=None, success=None, energy_kwh=0.0))
        session.add_all(
            RejectedRow(
                load_key=1, source_line=line, rule=rule, column=column, value=value, raw=raw, **TOLD.get(line, {})
            )
            for line, rule, column, value, raw in (
                (12, "b_rule", "energy_kwh", "", "=cmd|' /C calc'!A0"),
                (12, "a_rule", None, None, 'a\rb,"c"'),
                (3, "b_rule", "energy_kwh", "-5", "x\ny"),
            )
        )
        session.add_all(evidence())


def evidence() -> list[Base]:
    """What is known of the ports: two statuses, a contact, an outage, a reported uptime and a refused status."""
    span = {"from_time": START, "until_time": START.replace(hour=9), "load_key": 1, "source_line": 20}
    said = {"evidence": "poll", "word": "=UP", "state": "up", "last_line": 21}
    return [
        FactStatus(station_key=1, port_id="", **span, **said),
        FactStatus(station_key=2, port_id="-1", error_code="a\\b", **span, **said),
        FactContact(
            station_key=1, charger_id=PLAZA, evidence="own_message", heartbeat_seconds=60, last_line=21, **span
        ),
        FactOutage(station_key=2, port_id="-1", kind="outage", reference="@7", **span),
        FactReportedUptime(station_key=2, port_id="-1", uptime_percent=101.02, reported_by="@me", **span),
        LoadCount(
            load_key=1, kind="statuses", rows_read=4, inserted=2, updated=0, unchanged=2, superseded=0, rejected=0
        ),
        RejectedEvidence(load_key=1, kind="statuses", source_line=22, rule="a_rule", raw="=raw", at_time=START),
    ]


def session_of(station_key: int, session_id: str, number: int, **over: object) -> FactCharging:
    """A session of a station, the ``number``-th of its file."""
    row: dict[str, object] = {
        "station_key": station_key,
        "session_id": session_id,
        "time_key": 2024122408,
        "load_key": 1,
        "source_line": number + 2,
        "start_time": START,
        "end_time": START.replace(hour=9),
        "duration_minutes": 60.0 + number / 3,
        "energy_kwh": 0.1 + 0.2,
        "success": number % 2 == 0,
        "stop_reason": "Local",
        **over,
    }
    return FactCharging(**row)
