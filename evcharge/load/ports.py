"""Where a registry places the ports that a source names in place of stations; what a load reads is put there.

What does not belong here: moving what is there when a registry is loaded (``moves``).
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from evcharge.errors import DatabaseError
from evcharge.frames import FIRST_LINES, Cleaned, note_lines
from evcharge.load.mapping import FACT_COLUMNS, Fact, placed
from evcharge.models import DimPort, DimStation

UNPLACED = "port_not_in_registry"
"""The warning of sessions that name a port which no registry of the source places."""
_PORT = FACT_COLUMNS.index("port_id")


class Ports:
    """Where a registry places the ports that the sessions of a source name in place of stations.

    Attributes:
        unplaced: sessions so far that name a port which no registry of the source places.
        lines: lines of the first of them.
    """

    def __init__(self, session: Session, source: str) -> None:
        self.session = session
        self.source = source
        self.unplaced = 0
        self.lines: dict[str, list[int]] = {}
        described = select(DimStation.station_id).where(
            DimStation.source == source, DimStation.registry_load_key.is_not(None)
        )
        self.described = set(session.scalars(described))
        of_source = (
            select(DimPort.port_id, DimStation.station_id, DimPort.named_as_station)
            .join(DimStation, DimStation.station_key == DimPort.station_key)
            .where(DimPort.source == source)
        )
        rows = [row for row in session.execute(of_source) if row.port_id not in self.described]
        self.placements = {row.port_id: row.station_id for row in rows}
        self.named = {row.port_id for row in rows if row.named_as_station}

    def place(self, cleaned: Cleaned) -> Cleaned:
        """The chunk with its sessions at the stations of their ports; a port that stood for a station is marked."""
        if not self.described:
            return cleaned
        names_port = cleaned.rows["station_id"] == cleaned.rows["port_id"]
        known = cleaned.rows["station_id"].isin(self.placements.keys() | self.described)
        unplaced = names_port & ~known
        if unplaced.any():
            self.unplaced += int(unplaced.sum())
            note_lines(self.lines, UNPLACED, cleaned.rows["line"][unplaced].head(FIRST_LINES).tolist())
        cleaned, found = placed(cleaned, self.placements)
        mark_named(self.session, self.source, found - self.named)
        self.named |= found
        return cleaned

    def place_evidence(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Clean rows of evidence at the stations of their ports; a port that stood for a station is marked."""
        if not self.placements or "port_id" not in rows.columns:
            return rows
        found = (rows["station_id"] == rows["port_id"]) & rows["station_id"].isin(self.placements.keys())
        if not found.any():
            return rows
        ports = frozenset(rows["station_id"][found])
        mark_named(self.session, self.source, ports - self.named)
        self.named |= ports
        stations = rows["station_id"].where(~found, rows["station_id"].map(self.placements))
        return rows.assign(station_id=stations.astype("object"))

    def refuse_collision(self, fact: Fact, before: Fact) -> None:
        """Refuses two sessions of one id that come together at a station only because their ports stand there.

        Raises:
            DatabaseError: ``sessions_collide``; the load is undone.
        """
        one, other = fact[_PORT], before[_PORT]
        if one != other and one in self.named and other in self.named:
            session_id = fact[FACT_COLUMNS.index("session_id")]
            raise sessions_collide(session_id, str(other), str(one))


def mark_named(session: Session, source: str, port_ids: Collection[str]) -> None:
    """Notes that sessions name these ports in place of stations."""
    table = DimPort.metadata.tables[DimPort.__tablename__]
    these = update(table).where(table.c.source == source, table.c.port_id == bindparam("this"))
    if port_ids:
        session.connection().execute(
            these.values(named_as_station=True), [{"this": port_id} for port_id in sorted(port_ids)]
        )


def sessions_collide(session_id: str, one_port: str, other_port: str) -> DatabaseError:
    """The error for two sessions of two ports that would be one at the station of both."""
    return DatabaseError(
        "sessions_collide",
        f"the registry places the ports {one_port!r} and {other_port!r} at one station, but both have a session "
        f"{session_id!r}. Nothing was changed.",
        "Session ids of this source are unique only within a port: read them by a profile whose session_key names the "
        "port, too.",
    )
