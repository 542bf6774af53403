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
    EVENT,
    EVER_MS,
    OWN_MESSAGE,
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

    ``messages`` are (charger, from, until); ``contacts`` have their evidence behind; claims their cause.
    """
    said = [*((port, at, at, state, EVENT) for port, at, state in events), *statements]
    heard = [*((*row, OWN_MESSAGE) for row in messages), *contacts]
    claims = [(port, begin, end, CAUSES.index(cause)) for port, begin, end, cause in exemptions]
    charger, begin, end, kind = _columns(heard, 4)
    return Evidence(
        ports,
        Statements(*_columns(said, 5)),
        Contacts(charger, begin, end, kind, np.full(len(heard), heartbeats)),
        Windows(*_columns([(*row, -1) for row in outages], 4)),
        Windows(*_columns(claims, 4)),
        Charges(*_columns(charges, 3)),
    )
