"""Spreading a star over the nodes of a Citus cluster: what ``evcharge db distribute`` does.

What does not belong here: the transaction (``transaction``), and how a cluster is set up (docs/how-to/citus.md).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from evcharge.db import LOCK_WAIT_SECONDS, has_citus, masked, open_engine, translated_errors
from evcharge.errors import DatabaseError
from evcharge.load.transaction import one_change
from evcharge.migrate import require_head
from evcharge.migrate.others import refuse_theirs
from evcharge.models import Base
from evcharge.views import VIEWS

SHARDED = {
    **dict.fromkeys(("fact_charging", "fact_status", "fact_contact", "fact_outage"), "station_key"),
    "fact_reported_uptime": "station_key",
    **{"station_day_outcome": "station_key", "rejected_row": "load_key", "rejected_evidence": "load_key"},
}
"""By which column the rows of a table are spread. All other tables are whole on every node, so that they can be joined
anywhere; those that are spread by one column have the rows of one value on one node."""
TABLES = sorted(Base.metadata.sorted_tables, key=lambda table: table.name in SHARDED)
"""All tables in the order in which Citus takes them: what a key points to comes first, and what is whole before."""
_STATES = text("SELECT table_name::text, citus_table_type, distribution_column FROM citus_tables")
_VIEWS = text(
    "SELECT c.relname AS name, pg_get_viewdef(c.oid) AS definition FROM pg_class c "
    "WHERE c.relkind = 'v' AND c.relname = ANY(:names) AND pg_table_is_visible(c.oid) ORDER BY c.oid"
)
"""Our views, those that others read before them."""


class Distributed(NamedTuple):
    """How a table is distributed.

    Attributes:
        table: its name.
        by: the column by which its rows are spread; None where it is whole on every node.
        before: whether it was so already.
    """

    table: str
    by: str | None
    before: bool


def distribute(url: str, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> list[Distributed]:
    """Distributes every table that is not so yet, in one transaction, and makes the views again.

    Args:
        url: the database, at this program's schema revision.
        lock_wait_seconds: how long to wait for loads.

    Raises:
        DatabaseError: ``not_citus``, ``distributed_otherwise`` or ``views_in_the_way``; or the database can't be used.
            It is as it was unless the error says otherwise.
    """
    engine = open_engine(url, writes=True, lock_wait_seconds=lock_wait_seconds)
    require_head(engine, url)
    with translated_errors(url):
        return one_change(engine, "distributes the tables that are not", lambda session: _distribute(session, url))


def _distribute(session: Session, url: str) -> list[Distributed]:
    connection = session.connection()
    if not has_citus(connection):
        raise DatabaseError(
            "not_citus",
            f"{masked(url)} is not on a Citus cluster: it has no function create_distributed_table. Nothing was "
            "changed.",
            "On a server with Citus, run in this database: CREATE EXTENSION citus;    On any other server there is "
            "nothing to do: evcharge works without.",
        )
    states = _states(connection)
    planned = [Distributed(table.name, SHARDED.get(table.name), table.name in states) for table in TABLES]
    for one in planned:
        _refuse_otherwise(one, states)
    if new := [one for one in planned if not one.before]:
        _without_views(connection, new)
    return planned


def _states(connection: Connection) -> dict[str, tuple[str, str]]:
    """Kind and distribution column of each table that Citus knows as distributed."""
    if connection.scalar(text("SELECT to_regclass('citus_tables')")) is None:
        return {}
    rows = connection.execute(_STATES)
    return {name: (kind, column) for name, kind, column in rows if kind in ("reference", "distributed")}


def _refuse_otherwise(table: Distributed, states: dict[str, tuple[str, str]]) -> None:
    """Refuses a table that somebody distributed in another way."""
    wanted = ("distributed", table.by) if table.by else ("reference",)
    state = states.get(table.table)
    if state and state[: len(wanted)] != wanted:
        name = table.table
        there = "whole on every node" if state[0] == "reference" else f"spread by {state[1]}"
        should = f"spread by {table.by}" if table.by else "whole on every node"
        raise DatabaseError(
            "distributed_otherwise",
            f"{name} is {there}; it should be {should}. Nothing was changed.",
            f"Run in the database: SELECT undistribute_table('{name}', cascade_via_foreign_keys => true);    and then: "
            "evcharge db distribute",
        )


def _without_views(connection: Connection, tables: list[Distributed]) -> None:
    """Distributes the tables while our views are out of the way, since Citus makes each table anew."""
    refuse_theirs(connection, {*Base.metadata.tables, *VIEWS})
    views = connection.execute(_VIEWS, {"names": list(VIEWS)}).all()
    if views:
        connection.exec_driver_sql(f"DROP VIEW {', '.join(view.name for view in views)}")

    for one in tables:
        if one.by:
            arguments = {"name": one.table, "by": one.by}
            connection.execute(text("SELECT create_distributed_table(CAST(:name AS regclass), :by)"), arguments)
        else:
            connection.execute(text("SELECT create_reference_table(CAST(:name AS regclass))"), {"name": one.table})

    as_it_stands = {"no_parameters": True}  # a view may hold a per cent sign
    for view in views:
        connection.exec_driver_sql(f"CREATE VIEW {view.name} AS {view.definition}", execution_options=as_it_stands)
