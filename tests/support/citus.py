"""What stands in for a Citus cluster: its functions as stubs in a plain database, and a cursor that counts as it does.

The stubs note each call and refuse what Citus was seen to refuse: a table that is spread before one that its key points
to is whole, a column of distribution that is not in a key, a table that a view reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from evcharge.db import open_engine

STUBS = """
CREATE TABLE called (number bigint GENERATED ALWAYS AS IDENTITY, call text);
CREATE TABLE citus_tables (table_name regclass, citus_table_type text, distribution_column text);

CREATE FUNCTION refuse_views(name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
               WHERE d.refobjid = name AND r.ev_class <> name) THEN
        RAISE 'a view reads %', name;
    END IF;
END $$;

CREATE FUNCTION create_reference_table(name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_views(name);
    INSERT INTO called (call) VALUES ('whole ' || name);
    INSERT INTO citus_tables VALUES (name, 'reference', '<none>');
END $$;

CREATE FUNCTION create_distributed_table(
    name regclass, by text, distribution_type text DEFAULT 'hash', colocate_with text DEFAULT 'default'
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_views(name);
    IF current_setting('citus.multi_shard_modify_mode', true) IS DISTINCT FROM 'sequential' THEN
        RAISE 'there was a parallel operation in the same transaction';
    END IF;
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = name AND contype = 'f'
               AND confrelid NOT IN (SELECT table_name FROM citus_tables WHERE citus_table_type = 'reference')) THEN
        RAISE 'referenced table must be a distributed table or a reference table' USING ERRCODE = '42P16';
    END IF;
    IF EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = name AND c.contype IN ('p', 'u')
               AND NOT (SELECT attnum FROM pg_attribute WHERE attrelid = name AND attname = by) = ANY (c.conkey)) THEN
        RAISE 'cannot create constraint: it has no distribution column' USING ERRCODE = '0A000';
    END IF;
    INSERT INTO called (call) VALUES ('spread ' || name || ' by ' || by);
    INSERT INTO citus_tables VALUES (name, 'distributed', by);
END $$;
"""
_FROM_SELECT = re.compile(r"INSERT INTO fact_charging .*SELECT .*FROM pg_temp.incoming", re.DOTALL)
FORBIDDEN = {
    "locks rows of several nodes": r"\bFOR (UPDATE|SHARE|NO KEY UPDATE)\b",
    "walks a tree": r"\bRECURSIVE\b",
    "asks for each row of what is whole, or not of the cluster, in what is spread": (
        r"EXISTS \(SELECT[^()]*\bFROM [^()]*\b(fact_charging|station_day_outcome|rejected_row)\b"
    ),
    "deletes by what is not of the cluster, row by row": (
        r"DELETE FROM (fact_charging|station_day_outcome|rejected_row)\b.*EXISTS"
    ),
    "changes the column by which rows are spread": (
        r"(UPDATE (fact_charging|station_day_outcome) |DO UPDATE )SET (.*, )?station_key ="
        r"|UPDATE rejected_row SET (.*, )?load_key ="
    ),
    "sets a savepoint": r"\bSAVEPOINT\b",
}
"""Statements that Citus refuses, or that were seen to differ, as patterns of their text."""


def stub(url: str) -> None:
    """Makes the stubs in a database."""
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql(STUBS, execution_options={"no_parameters": True})


class CountsSelected(psycopg.Cursor[Any]):
    """A cursor that says of INSERT … SELECT how many rows were selected, whatever became of them, as Citus does."""

    selected: int | None = None

    def execute(self, query: Any, *arguments: Any, **settings: Any) -> Any:
        self.selected = None
        if _FROM_SELECT.search(str(query)):
            with psycopg.Cursor(self.connection) as cursor:
                row = cursor.execute("SELECT count(*) FROM pg_temp.incoming").fetchone()
                self.selected = row[0] if row else None
        return super().execute(query, *arguments, **settings)

    @property
    def rowcount(self) -> int:
        """Rows selected, of such a statement."""
        return super().rowcount if self.selected is None else self.selected


@contextmanager
def counting_what_is_selected() -> Iterator[None]:
    """In the block, all cursors on PostgreSQL count as Citus does."""

    def configure(connection: Any, _record: Any) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = CountsSelected

    event.listen(Engine, "connect", configure)
    try:
        yield
    finally:
        event.remove(Engine, "connect", configure)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are run in the block."""
    ran: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        ran.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(Engine, "before_cursor_execute", note)
