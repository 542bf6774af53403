"""Evidence of ports for tests, from plain lists, and the timeline minute by minute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import numpy as np

from evcharge.arrays import Integers
from evcharge.metrics.availability.evidence import (
    CAUSES,
    DOWN,
    EVENT,
    EVER_MS,
    OWN_MESSAGE,
    UP,
    Charges,
    Contacts,
    Evidence,
    Period,
    Ports,
    Statements,
    Windows,
)

MINUTE_MS = 60_000


def ms(text: str) -> int:
    """An instant in ms, from ISO text in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() * 1000)


def period_of(begin: str, end: str) -> Period:
    """A period between two instants."""
    return Period(ms(begin), ms(end))


def ports_of(number: int = 1, **columns: Any) -> Ports:
    """So many ports of one station and charger, in operation always."""
    nobody: list[str | None] = [None] * number
    ports = Ports(
        source=["s"] * number,
        station_id=["A"] * number,
        port_id=[str(place) for place in range(number)],
        charger=np.zeros(number, dtype=np.int64),
        operator=nobody,
        network=nobody,
        region=nobody,
        commissioned_ms=np.full(number, -EVER_MS, dtype=np.int64),
        decommissioned_ms=np.full(number, EVER_MS, dtype=np.int64),
        opening_hours=nobody,
        timezone=nobody,
    )
    return replace(ports, **columns)


def integers(values: Iterable[int]) -> Integers:
    """Values as an array."""
    return np.array(list(values), dtype=np.int64)


def _columns(rows: Iterable[Sequence[int]], width: int) -> list[Integers]:
    table = np.array(list(rows), dtype=np.int64).reshape(-1, width)
    return [np.ascontiguousarray(column) for column in table.T]


def evidence_of(
    ports: Ports,
    events: Iterable[tuple[int, int, int]] = (),
    statements: Iterable[tuple[int, int, int, int, int]] = (),
    messages: Iterable[tuple[int, int, int]] = (),
    contacts: Iterable[tuple[int, int, int, int]] = (),
    heartbeats: float = np.nan,
    outages: Iterable[tuple[int, int, int]] = (),
    exemptions: Iterable[tuple[int, int, int, str]] = (),
    charges: Iterable[tuple[int, int, int]] = (),
) -> Evidence:
    """Evidence from rows: events (port, at, state), statements (port, from, until, state, evidence), messages.

    ``messages`` are (charger, from, until); ``contacts`` have their evidence behind; claims their cause. Each state has
    a word of its own.
    """
    said = [*((port, at, at, state, EVENT) for port, at, state in events), *statements]
    heard = [*((*row, OWN_MESSAGE) for row in messages), *contacts]
    claims = [(port, begin, end, CAUSES.index(cause)) for port, begin, end, cause in exemptions]
    charger, begin, end, kind = _columns(heard, 4)
    return Evidence(
        ports,
        Statements(*_columns([(*row, row[3], 0) for row in said], 7)),
        Contacts(charger, begin, end, kind, np.full(len(heard), heartbeats)),
        Windows(*_columns([(*row, -1) for row in outages], 4)),
        Windows(*_columns(claims, 4)),
        Charges(*_columns(charges, 3)),
    )


YEAR = period_of("2025-01-01", "2026-01-01")


def ups_and_downs(
    outages: Iterable[tuple[int, int]], period: Period = YEAR, port: int = 0
) -> list[tuple[int, int, int]]:
    """Events of a port that is up from the start but for outages, each a start and an end in ms."""
    rows = [(port, period.from_ms, UP)]
    for begin, end in outages:
        rows += [(port, begin, DOWN), (port, end, UP)]
    return rows


def year_with_everything() -> Evidence:
    """A port in 2025: faults, vandalism, maintenance, a grid outage with a fault over its end, and a gap in the log."""
    down = _of_2025(
        "03-10T08 03-12T08", "05-01T00 05-16T00", "06-01T00 06-02T00", "09-01T00 09-04T00", "11-05T10 11-06T04"
    )
    claims = _of_2025("05-01T00 05-16T00", "06-01T00 06-02T00", "09-01T00 09-04T00", "11-05T10 11-05T22")
    causes = ("vandalism", "planned_maintenance", "planned_maintenance", "grid")
    gap_begins, gap_ends = ms("2025-02-01") - 5 * MINUTE_MS, ms("2025-02-03T12:00")
    return evidence_of(
        ports_of(),
        events=ups_and_downs(down),
        messages=[(0, YEAR.from_ms, gap_begins), (0, gap_ends, YEAR.until_ms)],
        exemptions=[(0, *claim, cause) for claim, cause in zip(claims, causes, strict=True)],
    )


def _of_2025(*spans: str) -> list[tuple[int, int]]:
    """Spans from texts of their two ends without the year and the minutes."""
    ends = [span.split() for span in spans]
    return [(ms(f"2025-{begin}:00"), ms(f"2025-{end}:00")) for begin, end in ends]
