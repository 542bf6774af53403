"""Rows that PostgreSQL is handed by COPY, in the form in which SQLite keeps them.

What does not belong here: which rows, and what becomes of them (``facts``, ``evidence``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, exc

_NULL = r"\N"


def copy_in(
    connection: Connection, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]], texts: Collection[str]
) -> None:
    """Copies rows into a table, in their order.

    Args:
        connection: to PostgreSQL.
        table: its name.
        names: the columns that the rows have.
        rows: one at least.
        texts: those of the columns that may hold a backslash. None holds a tab or a line end.

    Raises:
        DBAPIError: as any statement; SQLAlchemy, which translates the others, does not see this one.
    """
    statement = f"COPY {table} ({', '.join(names)}) FROM STDIN"
    cursor: Any = connection.connection.cursor()
    driver_error = connection.dialect.loaded_dbapi.Error
    try:
        with cursor, cursor.copy(statement) as copy:
            copy.write(_copied(names, rows, texts))
    except driver_error as error:
        lost = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
        raise exc.DBAPIError.instance(
            statement, None, error, driver_error, hide_parameters=True, connection_invalidated=lost
        ) from error


def _copied(names: Sequence[str], rows: Sequence[tuple[Any, ...]], texts: Collection[str]) -> str:
    """The rows in the text format of COPY. Source: PostgreSQL 15, COPY, Text Format."""
    columns = zip(names, zip(*rows, strict=True), strict=True)
    written = (_copied_texts(column) if name in texts else _copied_values(column) for name, column in columns)
    return "\n".join(map("\t".join, zip(*written, strict=True))) + "\n"


def _copied_values(column: Sequence[Any]) -> Iterable[str]:
    if None not in column:
        return map(str, column)
    return [_NULL if value is None else str(value) for value in column]


def _copied_texts(column: Sequence[str | None]) -> Iterable[str]:
    return [_NULL if text is None else text.replace("\\", r"\\") if "\\" in text else text for text in column]
