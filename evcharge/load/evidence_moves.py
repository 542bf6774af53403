"""Moving what is known of ports to the stations at which a registry places them, as ``moves`` does with sessions.

Contacts stay: they are a charger's, which no registry names. What does not belong here: which ports move (``moves``).
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Column, MetaData, Table, and_, delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from evcharge.load.evidence_tables import KINDS
from evcharge.models import OUTAGES, STATUSES, UPTIMES


def move_evidence(session: Session, moves: Table) -> Counter[str]:
    """Moves statuses, outages and reported uptime; returns how many rows of each port.

    Args:
        session: in the loader's transaction.
        moves: a table of ``from_key``, ``port_id`` and ``to_key``.
    """
    moved: Counter[str] = Counter()
    for name in (STATUSES, OUTAGES, UPTIMES):
        moved.update(_move(session, KINDS[name].table, moves))
    return moved


def _move(session: Session, table: Table, moves: Table) -> dict[str, int]:
    """Takes rows out and puts them in under their new key; what the same load says there already stays."""
    is_moved = and_(table.c.station_key == moves.c.from_key, table.c.port_id == moves.c.port_id)
    counted = select(moves.c.port_id, func.count()).join_from(moves, table, is_moved).group_by(moves.c.port_id)
    counts = {row[0]: row[1] for row in session.execute(counted)}
    if not counts:
        return counts

    names = table.c.keys()
    columns = (Column(column.name, column.type) for column in table.columns)
    moving = Table(f"moving_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")
    moving.create(session.connection())
    under_new_key = [moves.c.to_key if name == "station_key" else table.c[name] for name in names]
    session.execute(insert(moving).from_select(names, select(*under_new_key).join_from(table, moves, is_moved)))
    left = select(moves.c.from_key, moves.c.port_id)
    session.execute(delete(table).where(tuple_(table.c.station_key, table.c.port_id).in_(left)))
    same = and_(*(table.c[column.name] == moving.c[column.name] for column in table.primary_key))
    there = select(table.c.load_key).where(same).correlate(moving).exists()
    session.execute(insert(table).from_select(names, select(moving).where(~there)))
    return counts
