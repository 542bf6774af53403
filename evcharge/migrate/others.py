"""Views that others made on ours: on SQLite they are set aside for a migration, on PostgreSQL they are named.

A migration replaces views and takes out columns, which a view that reads them would keep it from. What does not belong
here: our own views (``migrations``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, exc, text

from evcharge.errors import DatabaseError

_STILL_NEEDED = "2BP01"
_KINDS = {"v": "VIEW", "m": "MATERIALIZED VIEW"}
_ON_OURS = text(
    """
WITH RECURSIVE readers AS (
    SELECT r.ev_class AS reader, d.refobjid AS is_read
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
), theirs AS (
    SELECT readers.reader, 1 AS depth
    FROM readers JOIN pg_class c ON c.oid = readers.is_read
    WHERE c.relname = ANY(:ours) AND pg_table_is_visible(c.oid)
    UNION
    SELECT readers.reader, theirs.depth + 1 FROM theirs JOIN readers ON readers.is_read = theirs.reader
)
SELECT c.relname AS name, format('%I.%I', n.nspname, c.relname) AS place, c.relkind AS kind,
       pg_get_viewdef(c.oid) AS definition
FROM theirs JOIN pg_class c ON c.oid = theirs.reader JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT (c.relname = ANY(:ours) AND pg_table_is_visible(c.oid))
GROUP BY c.oid, c.relname, n.nspname, c.relkind
ORDER BY max(theirs.depth), place
"""
)
_SPACE = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|\s+""")
"""A quoted text, which stays as it is, or blanks outside of one."""


@contextmanager
def set_aside(connection: Connection, ours: Collection[str]) -> Iterator[None]:
    """Takes others' views out of an SQLite database for the block, and puts them back as they were written.

    SQLite reads every view when a column is taken out, and gives up at one that reads what is not there.

    Args:
        connection: in a transaction.
        ours: names of our tables and views.
    """
    theirs: list[Any] = []
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid").all()
        views = {row.name for row in rows if row.type == "view" and row.name.lower() not in ours}
        theirs = [row for row in rows if row.type in ("view", "trigger") and row.tbl_name in views]
        for name in views:
            quoted = name.replace('"', '""')
            connection.exec_driver_sql(f'DROP VIEW "{quoted}"')
    yield
    for row in theirs:
        connection.exec_driver_sql(row.sql)


@contextmanager
def named(connection: Connection, ours: Collection[str]) -> Iterator[None]:
    """Turns PostgreSQL's refusal of a migration that would take away what a view reads into one with a way out.

    Args:
        connection: its transaction begins and ends in the block.
        ours: names of our tables and views.

    Raises:
        DatabaseError: ``views_in_the_way``, with the SQL that takes the views out and puts them back.
    """
    try:
        yield
    except exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _STILL_NEEDED:
            raise
        detail = str(error.orig.diag.message_detail or "")  # type: ignore[union-attr]
        rows = connection.execute(_ON_OURS, {"ours": list(ours)}).all()
        raise _in_the_way([row for row in rows if row.name in detail], detail) from error


def refuse_theirs(connection: Connection, ours: Collection[str]) -> None:
    """Refuses to go on where a view of others on PostgreSQL reads what is about to be made anew.

    Args:
        connection: in a transaction.
        ours: names of our tables and views.

    Raises:
        DatabaseError: as ``named``.
    """
    if rows := connection.execute(_ON_OURS, {"ours": list(ours)}).all():
        raise _in_the_way(list(rows), "")


def _in_the_way(views: list[Any], detail: str) -> DatabaseError:
    """The refusal; views are in the order in which they can be made."""
    if not views:
        reason = f"what is to be replaced is needed by something else: {_one_line(detail)}. Nothing was changed."
        return DatabaseError("views_in_the_way", reason, "Take it out, run the same command again, and put it back.")
    out = "; ".join(f"DROP {_KINDS[view.kind]} {view.place}" for view in reversed(views))
    back = " ".join(f"CREATE {_KINDS[view.kind]} {view.place} AS {_one_line(view.definition)}" for view in views)
    names = ", ".join(view.place for view in views)
    reason = f"views of your own read what is to be replaced: {names}. Nothing was changed."
    hint = (
        f"Take them out, run the same command again, and put them back (their rights and comments go with them). "
        f"Out: {out}; Back: {back}"
    )
    return DatabaseError("views_in_the_way", reason, hint)


def _one_line(sql: str) -> str:
    """The text on one line; what is quoted stays as it is."""
    return _SPACE.sub(lambda match: match[1] or " ", sql).strip()
