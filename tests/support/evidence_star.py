"""A star into which a test writes evidence of uptime, a row at a time, and what is made of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.rulebooks import find_rulebook
from evcharge.metrics.availability.timeline import evidence_named
from evcharge.metrics.milliseconds import instant_ms
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation, FactCharging, FactContact, FactOutage, FactStatus
from evcharge.report.uptime import build_uptime
from evcharge.report.uptime_found import Uptime
from tests.support.star import hour, ledger

DAY = datetime(2025, 3, 3, tzinfo=timezone.utc)
"""The first day of evidence."""


def at(hours: float) -> datetime:
    """So many hours after the beginning of ``DAY``."""
    return DAY + timedelta(hours=hours)


def days(number: int) -> Period:
    """So many days from ``DAY`` on."""
    return Period(instant_ms(DAY), instant_ms(DAY + timedelta(days=number)))


class EvidenceStar:
    """A star of two stations of source city, A by Shine and B, and of load 1; each row that is written has a line."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.lines = engine, 1
        self.add(ledger(load_key=1))
        self.add(DimStation(station_key=1, source="city", station_id="A", name="Mill <b>Lane</b>", operator="Shine"))
        self.add(DimStation(station_key=2, source="city", station_id="B"))

    def add(self, *rows: object) -> None:
        """Writes these rows."""
        with Session(self.engine) as session, session.begin():
            session.add_all(rows)

    def load(self, key: int, **told: Any) -> None:
        """Writes another load."""
        self.add(ledger(load_key=key, file_sha256=f"{key:064d}", file_name=f"log{key}.csv", **told))

    def says(
        self,
        port: str,
        hours: float,
        word: str,
        state: str,
        until: float | None = None,
        station: int = 1,
        load: int = 1,
        evidence: str = "event",
        updated: datetime | None = None,
        **more: Any,
    ) -> None:
        """Writes a status of a port, or of the whole station where the port is empty."""
        self.lines += 1
        times = {"from_time": at(hours), "until_time": at(hours if until is None else until)}
        place = {"load_key": load, "source_line": self.lines, "last_line": self.lines}
        told = {"word": word, "state": state, "evidence": evidence, "source_updated_at": updated}
        self.add(FactStatus(station_key=station, port_id=port, **times, **place, **told, **more))

    def hears(self, first: float, last: float, station: int = 1) -> None:
        """Writes that the charger's own messages came between these hours."""
        self._contact("own_message", first, last, station)

    def connects(self, first: float, last: float, station: int = 1) -> None:
        """Writes that the back office noted a connection between these hours."""
        self._contact("back_office", first, last, station)

    def session(
        self, number: int, port: str | None, hours: float, length: float, kwh: float, success: bool, station: int = 1
    ) -> None:
        """Writes a session of so many hours."""
        start, key = at(hours), int(f"{at(hours):%Y%m%d%H}")
        with Session(self.engine) as session, session.begin():
            session.merge(hour(key))
            session.flush()
            session.add(
                FactCharging(
                    station_key=station,
                    session_id=f"S{number}",
                    time_key=key,
                    load_key=1,
                    source_line=number,
                    port_id=port,
                    start_time=start,
                    end_time=start + timedelta(hours=length),
                    energy_kwh=kwh,
                    success=success,
                )
            )

    def _contact(self, evidence: str, first: float, last: float, station: int) -> None:
        self.lines += 1
        times = {"from_time": at(first), "until_time": at(last)}
        place = {"load_key": 1, "source_line": self.lines, "last_line": self.lines}
        self.add(FactContact(station_key=station, charger_id="A", evidence=evidence, **times, **place))


def outage_of(**over: Any) -> FactOutage:
    """A claim on port 1 of station A for ten hours, with these columns in place of its own."""
    row = {"station_key": 1, "port_id": "1", "load_key": 1, "source_line": 7, "kind": "exemption", "cause": "vandalism"}
    return FactOutage(**{**row, "from_time": at(2), "until_time": at(12), **over})


def told(
    star: EvidenceStar,
    *rulebooks: str,
    evidence: str = "status",
    period: Period | None = None,
    selection: Selection | None = None,
    **asked: Any,
) -> Uptime:
    """What the rulebooks make of the star, ``status-only`` where none is named."""
    books = [find_rulebook(name) for name in rulebooks or ("status-only",)]
    counted, chosen = evidence_named(evidence), selection or Selection()
    return build_uptime(star.engine, books, selection=chosen, period=period, counted=counted, **asked)


def hours_of(found: Uptime, port: str) -> tuple[float, float, float]:
    """Hours that a port, as station/port, was up, down and unknown."""
    rows = found.first.ports
    row = rows[(rows["station_id"] + "/" + rows["port_id"]) == port].iloc[0]
    up, down, unknown = (row[f"{name}_minutes"] / 60 for name in ("up", "down", "unknown"))
    return up, down, unknown
