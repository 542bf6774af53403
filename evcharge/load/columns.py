"""Rows that PostgreSQL is handed column by column, in one statement: many times cheaper than one statement per row.

What does not belong here: which rows, and facts, which are copied in (``facts``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]], conflict: str) -> None:
    """Inserts rows in their order.

    Args:
        connection: to PostgreSQL.
        table: what they are inserted into.
        columns: by name, of one length: numbers, days, truth values and words of letters alone; nothing is missing.
        conflict: what is to be done with a row whose key is there, as SQL; empty for an error.
    """
    arrays = ", ".join(f"%s::{table.c[name].type.compile(connection.dialect)}[]" for name in columns)
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM unnest({arrays}) {conflict}"  # noqa: S608
    connection.exec_driver_sql(statement, tuple(map(_array, columns.values())))


def _array(values: Sequence[Any]) -> str:
    """An array as PostgreSQL reads it. Source: PostgreSQL 15, Array Value Input."""
    return f"{{{','.join(map(str, values))}}}"
