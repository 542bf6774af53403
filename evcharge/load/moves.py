"""Moving sessions that name a port in place of a station to the station at which a registry places the port.

What does not belong here: stations and ports themselves (``registry``), and how a load places what it reads
(``writer``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session

from evcharge.load.evidence import with_evidence
from evcharge.load.evidence_moves import move_evidence
from evcharge.load.mapping import FACT_COLUMNS
from evcharge.load.ports import mark_named, sessions_collide
from evcharge.load.registry_result import RegistryResult
from evcharge.load.rollup import remake_stations
from evcharge.models import DimPort, DimStation, FactCharging

_STATIONS = DimStation.metadata.tables[DimStation.__tablename__]
_PORTS = DimPort.metadata.tables[DimPort.__tablename__]
_FACTS = FactCharging.metadata.tables[FactCharging.__tablename__]


def _temporary(name: str, *columns: Column[Any]) -> Table:
    return Table(name, MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")


_MOVES = _temporary(
    "moves",
    Column("from_key", BigInteger, primary_key=True, autoincrement=False),
    Column("port_id", String(255), primary_key=True),
    Column("to_key", BigInteger),
)
"""Which port's sessions leave which station for which."""
_MOVING = _temporary("moving", *(Column(column.name, column.type) for column in _FACTS.columns))
"""The facts that move, under their new key."""
_IS_MOVED = and_(_FACTS.c.station_key == _MOVES.c.from_key, _FACTS.c.port_id == _MOVES.c.port_id)


class Holdings:
    """What the database holds of a source at one moment: stations by id, and ports with where they stand."""

    def __init__(self, session: Session, source: str) -> None:
        stations = session.execute(select(_STATIONS).where(_STATIONS.c.source == source)).mappings()
        self.stations: dict[str, Mapping[Any, Any]] = {row["station_id"]: row for row in stations}
        self.ids = {row["station_key"]: station_id for station_id, row in self.stations.items()}
        ports = session.execute(select(_PORTS).where(_PORTS.c.source == source)).mappings()
        self.ports: dict[str, Mapping[Any, Any]] = {row["port_id"]: row for row in ports}

    def is_described(self, station_id: str) -> bool:
        """Whether a registry described the station."""
        return station_id in self.stations and self.stations[station_id]["registry_load_key"] is not None

    def place_of(self, port_id: str) -> int | None:
        """Key of the station at which the sessions stand that name this port in place of a station."""
        if self.is_described(port_id):
            return int(self.stations[port_id]["station_key"])
        return int(self.ports[port_id]["station_key"]) if port_id in self.ports else None


def move_sessions(
    session: Session, source: str, before: Holdings, keys: Mapping[str, int], result: RegistryResult
) -> None:
    """Moves the sessions, and the evidence, that name a port in place of a station to where that port stands now.

    Those are the sessions of a station that has the id of their port and that no registry describes, and those that an
    earlier load put at the station of such a port. Sessions that name a station of their own stay.

    Raises:
        DatabaseError: ``sessions_collide``.
    """
    after = Holdings(session, source)
    moves = []
    for port_id, port in after.ports.items():
        target = after.place_of(port_id)
        own = before.stations.get(port_id)
        if own is not None and own["station_key"] != target:
            moves.append({"from_key": own["station_key"], "port_id": port_id, "to_key": target})
        if port["named_as_station"] and before.place_of(port_id) not in (None, target):
            moves.append({"from_key": before.place_of(port_id), "port_id": port_id, "to_key": target})
    moves = list({(move["from_key"], move["port_id"]): move for move in moves}.values())
    if not moves:
        return
    _list_moves(session, moves)
    ids = {key: station_id for station_id, key in keys.items()}
    counted = _counted_moves(session)
    for from_key, _, to_key, sessions in counted:
        result.sessions_moved.add(sessions, old=ids[from_key], new=ids[to_key], sessions=sessions)
    if counted:
        _replace_facts(session)
        remake_stations(session, select(_MOVES.c.from_key).union(select(_MOVES.c.to_key)))
        mark_named(session, source, {port_id for _, port_id, _, _ in counted})
    moved = move_evidence(session, _MOVES)
    mark_named(session, source, moved.keys())
    result.evidence_moved = sum(moved.values())
    if counted or moved:
        result.stations_removed = _remove_placeholders(session, after, {move["from_key"] for move in moves})


def _list_moves(session: Session, moves: list[dict[str, Any]]) -> None:
    _MOVES.create(session.connection())
    session.execute(insert(_MOVES), moves)


def _counted_moves(session: Session) -> list[tuple[int, str, int, int]]:
    """Station left, port, station reached, and number of sessions, most first."""
    sessions = func.count()
    statement = (
        select(_MOVES.c.from_key, _MOVES.c.port_id, _MOVES.c.to_key, sessions)
        .join_from(_MOVES, _FACTS, _IS_MOVED)
        .group_by(_MOVES.c.from_key, _MOVES.c.port_id, _MOVES.c.to_key)
        .order_by(sessions.desc(), _MOVES.c.port_id, _MOVES.c.from_key)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(statement)]


def _replace_facts(session: Session) -> None:
    """Takes the facts out and puts them in under their new key, which no database lets change in place when sharded.

    Raises:
        DatabaseError: ``sessions_collide``.
    """
    names = list(FACT_COLUMNS)
    under_new_key = [_MOVES.c.to_key if name == "station_key" else _FACTS.c[name] for name in names]
    _MOVING.create(session.connection())
    session.execute(insert(_MOVING).from_select(names, select(*under_new_key).join_from(_FACTS, _MOVES, _IS_MOVED)))
    moved = select(_MOVES.c.from_key, _MOVES.c.port_id)
    session.execute(delete(_FACTS).where(tuple_(_FACTS.c.station_key, _FACTS.c.port_id).in_(moved)))
    _refuse_collisions(session)
    in_order = select(*(_MOVING.c[name] for name in names)).order_by(_MOVING.c.station_key, _MOVING.c.session_id)
    session.execute(insert(_FACTS).from_select(names, in_order))


def _refuse_collisions(session: Session) -> None:
    """Refuses a move that would make one session of two: with one that stays there, or with another that moves."""
    other = _MOVING.alias()
    for there, besides in ((_FACTS, true()), (other, _MOVING.c.port_id < other.c.port_id)):
        same_key = and_(_MOVING.c.station_key == there.c.station_key, _MOVING.c.session_id == there.c.session_id)
        pairs = select(_MOVING.c.session_id, _MOVING.c.port_id, there.c.port_id).join_from(
            _MOVING, there, and_(same_key, besides)
        )
        collision = session.execute(pairs.order_by(_MOVING.c.session_id, _MOVING.c.port_id).limit(1)).first()
        if collision:
            raise sessions_collide(collision[0], str(collision[1]), str(collision[2]))


def _remove_placeholders(session: Session, after: Holdings, left: set[int]) -> int:
    """Deletes the stations left that only stood for a port: no registry describes them, and nothing is there."""
    with_sessions = (
        select(_FACTS.c.station_key).distinct().join_from(_FACTS, _MOVES, _MOVES.c.from_key == _FACTS.c.station_key)
    )
    kept = {*session.scalars(with_sessions), *with_evidence(session, left)}
    gone = [
        key for key in sorted(left - kept) if after.ids[key] in after.ports and not after.is_described(after.ids[key])
    ]
    if gone:
        these = delete(_STATIONS).where(_STATIONS.c.station_key == bindparam("this"))
        session.connection().execute(these, [{"this": key} for key in gone])
    return len(gone)
