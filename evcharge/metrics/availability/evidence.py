"""What is known of ports, as arrays: statements, contacts, reported outages, exemptions and charges.

All instants are milliseconds since 1970 UTC in int64; all spans are half-open. What does not belong here: what follows
from it (``timeline``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from evcharge.arrays import Floats, Integers

UP, DOWN, UNKNOWN, OUT_OF_SCOPE = range(4)
"""States of a port; their names in the database are ``STATE_NAMES``."""
STATE_NAMES = ("up", "down", "unknown", "out_of_scope")
EVENT, POLL, SNAPSHOT, REFUSED = range(4)
"""Evidence of a statement; a refused one says only that what stood before stands no more."""
EVIDENCE_NAMES = ("event", "poll", "snapshot")
OWN_MESSAGE, BACK_OFFICE = range(2)
"""Evidence of a contact."""
CONTACT_NAMES = ("own_message", "back_office")
CAUSES = ("planned_maintenance", "vandalism", "grid", "disaster", "vehicle", "closed")
"""Causes of an exemption; an outage without one has the place -1."""
EVER_MS = 2**62
"""An end that never comes, and, negative, a beginning that always was."""


@dataclass(frozen=True)
class Ports:
    """Ports, in the order that all indexes of ports mean; sorted by source, station and port.

    Attributes:
        source: whose ids they are.
        station_id: the station each stands at.
        port_id: each one's id; the empty text is the only port of a station of which no port is named.
        charger: place of its charger among the contacts' chargers; -1 where nothing tells of contact.
        operator: each one's operator; None where not recorded. So ``network`` and ``region``.
        commissioned_ms: since when it is in operation; ``-EVER_MS`` where not recorded.
        decommissioned_ms: since when no more; ``EVER_MS`` where not recorded.
        opening_hours: as OpenStreetMap writes them; None for always.
        timezone: IANA zone of its local hours; None for UTC.
    """

    source: list[str]
    station_id: list[str]
    port_id: list[str]
    charger: Integers
    operator: list[str | None]
    network: list[str | None]
    region: list[str | None]
    commissioned_ms: Integers
    decommissioned_ms: Integers
    opening_hours: list[str | None]
    timezone: list[str | None]

    def __len__(self) -> int:
        return len(self.port_id)

    def at(self, places: Integers) -> Ports:
        """The ports at these places, in their order; one may come several times."""
        columns: dict[str, Any] = {
            name: column[places] if isinstance(column, np.ndarray) else [column[place] for place in places.tolist()]
            for name, column in vars(self).items()
        }
        return Ports(**columns)


@dataclass(frozen=True)
class Statements:
    """Statements about ports, in any order; one about a whole station stands once for each of its ports.

    Of several at one instant of one port and evidence, the last of these arrays stands: who reads the database puts the
    newer by the source's version, then by the order of loads and lines, behind.

    Attributes:
        port: index of the port.
        from_ms: since when.
        until_ms: last confirmation.
        state: UP, DOWN, UNKNOWN or OUT_OF_SCOPE.
        evidence: EVENT, POLL, SNAPSHOT or REFUSED.
        word: a number for the source's own word, the same for the same word.
        spacing_ms: the usual time between statements of the port in its file, by which its runs were cut; 0 where that
            is not known.
    """

    port: Integers
    from_ms: Integers
    until_ms: Integers
    state: Integers
    evidence: Integers
    word: Integers
    spacing_ms: Integers


@dataclass(frozen=True)
class Contacts:
    """When chargers were heard from, in any order; spans of several loads may overlap.

    Attributes:
        charger: index of the charger.
        from_ms: since when.
        until_ms: the last message, or the end of the connection; ``EVER_MS`` for a connection without an end.
        evidence: OWN_MESSAGE or BACK_OFFICE.
        heartbeat_seconds: the interval told at boot; missing where none is.
    """

    charger: Integers
    from_ms: Integers
    until_ms: Integers
    evidence: Integers
    heartbeat_seconds: Floats


@dataclass(frozen=True)
class Windows:
    """Reported outages, or claims that an outage is exempt, in any order; one of a station once for each port.

    Attributes:
        port: index of the port.
        from_ms: its start.
        until_ms: its end.
        cause: place in ``CAUSES``; -1 for none.
    """

    port: Integers
    from_ms: Integers
    until_ms: Integers
    cause: Integers


@dataclass(frozen=True)
class Charges:
    """Sessions that delivered energy, with both ends: each proves its port up from start to end.

    Attributes:
        port: index of the port.
        from_ms: its start.
        until_ms: its end.
    """

    port: Integers
    from_ms: Integers
    until_ms: Integers


class Evidence(NamedTuple):
    """All that is known of some ports."""

    ports: Ports
    statements: Statements
    contacts: Contacts
    outages: Windows
    exemptions: Windows
    charges: Charges


class Period(NamedTuple):
    """The time that is looked at, half-open."""

    from_ms: int
    until_ms: int

    @property
    def minutes(self) -> float:
        """Its length [minutes]."""
        return (self.until_ms - self.from_ms) / 60_000
