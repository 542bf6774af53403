"""Hours that no session has begun in before: all sources share them, so they are added beside the load.

What does not belong here: what an hour is (``mapping``), and whose transaction they are added in (``transaction``).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import insert
from sqlalchemy.orm import Session

from evcharge.load.columns import insert_columns
from evcharge.load.mapping import to_hour
from evcharge.load.transaction import beside
from evcharge.models import DimTime

_HOURS = DimTime.metadata.tables[DimTime.__tablename__]


def add_hours(session: Session, time_keys: Iterable[int]) -> None:
    """Adds hours, in their order, so that two who add the same ones never wait for each other in a circle.

    Args:
        session: of a load, which does not see them.
        time_keys: at least one; another load may have added it since.
    """
    rows = [to_hour(key) for key in sorted(time_keys)]
    with beside(session) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(insert(_HOURS), rows)
        else:
            columns = {name: [row[name] for row in rows] for name in rows[0]}
            insert_columns(connection, _HOURS, columns, "ON CONFLICT DO NOTHING")
