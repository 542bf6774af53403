"""What tables, views and columns mean, kept in PostgreSQL itself, where BI tools show it.

SQLite has no comments. What does not belong here: the words (``models``, ``views``).
"""

from __future__ import annotations

import inspect

from sqlalchemy import Connection, MetaData, literal, text

from evcharge.models import Base
from evcharge.views import VIEWS, view_column_doc

_SHOWN = text(
    """
    SELECT c.relname, c.relkind = 'v' AS is_view, a.attname, d.description
    FROM pg_class c
    CROSS JOIN LATERAL (
        SELECT 0 AS attnum, NULL AS attname
        UNION ALL SELECT attnum, attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    ) a
    LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = a.attnum
    WHERE c.relkind IN ('r', 'p', 'v') AND pg_table_is_visible(c.oid) AND pg_has_role(c.relowner, 'USAGE')
    """
)
"""Each table and view of this user that a plain name reaches, and each of its columns, with the comment it has."""


def with_comments(metadata: MetaData) -> MetaData:
    """A copy whose tables and columns have their words as comments, for Alembic to compare with those of a database."""
    copy = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        described = table.to_metadata(copy)
        described.comment = words_of(table.name)
        for column in described.columns:
            column.comment = words_of(table.name, column.name)
    return copy


def words_of(relation: str, column: str | None = None) -> str | None:
    """What a row of a table or view is, or what its column means, on one line; None where nothing is known of it."""
    words = _of_view(relation, column) if relation in VIEWS else _of_table(relation, column)
    return None if words is None else " ".join(words.replace("`", "").split())


def _of_view(view: str, column: str | None) -> str | None:
    if column is None:
        return VIEWS[view][0]
    try:
        return view_column_doc(view, column)
    except LookupError:  # a view as an older version had it
        return None


def _of_table(name: str, column: str | None) -> str | None:
    classes = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    if name not in classes:
        return None
    if column is None:
        return inspect.cleandoc(str(classes[name].__doc__)).partition("\n\n")[0]
    columns = classes[name].__table__.columns
    return str(columns[column].doc) if column in columns else None


def write_comments(connection: Connection) -> None:
    """Brings the comments of the tables and views that are there to the words of this version; PostgreSQL only."""
    if connection.dialect.name != "postgresql":
        return

    quoted = connection.dialect.identifier_preparer.quote
    for relation, is_view, column, shown in connection.execute(_SHOWN).all():
        words = words_of(relation, column)
        if words is None or words == shown:
            continue
        kind = "COLUMN" if column else "VIEW" if is_view else "TABLE"
        name = f"{quoted(relation)}.{quoted(column)}" if column else quoted(relation)
        written = literal(words).compile(connection, compile_kwargs={"literal_binds": True})
        connection.exec_driver_sql(f"COMMENT ON {kind} {name} IS {written}")
