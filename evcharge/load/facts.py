"""How facts get into each database: what is new is inserted, what was there is shown or overwritten.

What does not belong here: which of two versions of a session wins (``writer``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from functools import cache
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import Column, Insert, MetaData, Table, and_, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from evcharge.load.copying import copy_in
from evcharge.load.mapping import FACT_COLUMNS, KEY, LINEAGE, TEXTS, Fact, FactRows
from evcharge.models import FactCharging

_TABLE = FactCharging.__table__
KEY_NAMES = [FACT_COLUMNS[position] for position in KEY]
"""Columns of the primary key of a fact, in their order."""
key_of = itemgetter(*KEY)
"""The primary key of a fact."""
LINEAGE_NAMES = [FACT_COLUMNS[position] for position in LINEAGE]
"""Columns that say which line of which load wrote a fact."""
_whose = itemgetter(*KEY, *LINEAGE)


class Facts(Protocol):
    """The facts of one database, as the writer sees them."""

    def insert_new(self, facts: FactRows) -> dict[Fact, Fact]:
        """Inserts the facts whose key is new; returns what is stored of the other keys, by key."""

    def overwrite(self, facts: list[Fact]) -> None:
        """Puts the facts in place of those of the same key."""


def facts_of(session: Session) -> Facts:
    """The facts of the database that the session writes to."""
    return SqliteFacts(session) if session.get_bind().dialect.name == "sqlite" else PostgresqlFacts(session)


class SqliteFacts:
    """Facts on SQLite: the compiled upsert, run by the driver over tuples."""

    def __init__(self, session: Session) -> None:
        self.connection = session.connection()
        columns = "station_key INTEGER, session_id TEXT, load_key INTEGER, source_line INTEGER"
        self.connection.execute(text(f"CREATE TEMP TABLE IF NOT EXISTS incoming ({columns})"))

    def _compiled(self, statement: Insert, names: tuple[str, ...]) -> str:
        compiled = statement.compile(dialect=self.connection.dialect, column_keys=list(names))
        if tuple(compiled.positiontup or ()) != names:
            raise AssertionError("the compiled statement takes the columns in another order than the tuples")
        return str(compiled)

    def insert_new(self, facts: FactRows) -> dict[Fact, Fact]:
        """Inserts the facts whose key is new; returns what is stored of the other keys, by key."""
        inserted = self.connection.exec_driver_sql(self._insert_sql(facts.names), facts.rows).rowcount
        return {} if inserted == len(facts.rows) else self._stored_besides(facts.facts())

    @cache  # noqa: B019 - lives as long as the load
    def _insert_sql(self, names: tuple[str, ...]) -> str:
        return self._compiled(sqlite.insert(FactCharging).on_conflict_do_nothing(index_elements=KEY_NAMES), names)

    def overwrite(self, facts: list[Fact]) -> None:
        """Puts the facts in place of those of the same key."""
        statement = sqlite.insert(FactCharging)
        excluded = {name: statement.excluded[name] for name in FACT_COLUMNS if name not in KEY_NAMES}
        upsert = statement.on_conflict_do_update(index_elements=KEY_NAMES, set_=excluded)
        self.connection.exec_driver_sql(self._compiled(upsert, FACT_COLUMNS), facts)

    def _stored_besides(self, facts: list[Fact]) -> dict[Fact, Fact]:
        """What the database holds for the keys of the facts, but what they wrote."""
        self.connection.exec_driver_sql("DELETE FROM incoming")
        self.connection.exec_driver_sql("INSERT INTO incoming VALUES (?, ?, ?, ?)", list(map(_whose, facts)))
        columns = ", ".join(f"f.{name}" for name in FACT_COLUMNS)
        rows = self.connection.exec_driver_sql(
            f"SELECT {columns} FROM incoming i JOIN fact_charging f USING (station_key, session_id) "  # noqa: S608
            "WHERE (f.load_key, f.source_line) <> (i.load_key, i.source_line)"
        )
        return {key_of(row): tuple(row) for row in rows}


class PostgresqlFacts:
    """Facts on PostgreSQL: COPY into a temporary table, then the compiled upsert from there."""

    def __init__(self, session: Session) -> None:
        self.connection = session.connection()
        self.connection.exec_driver_sql("CREATE TEMP TABLE incoming (LIKE fact_charging) ON COMMIT DROP")
        columns = (Column(c.name, c.type) for c in _TABLE.columns)
        self.incoming = Table("incoming", MetaData(), *columns, schema="pg_temp")  # no user's table of that name

    def _copy(self, facts: FactRows) -> None:
        self.connection.exec_driver_sql("TRUNCATE pg_temp.incoming")
        copy_in(self.connection, "pg_temp.incoming", facts.names, facts.rows, TEXTS)

    def _upsert(self, names: Sequence[str]) -> postgresql.Insert:
        """An upsert of what was copied in, without what it does with keys that are there."""
        rows = select(*(self.incoming.c[name] for name in names))
        return postgresql.insert(FactCharging).from_select(
            list(names), rows.order_by(*(self.incoming.c[name] for name in KEY_NAMES))
        )

    def insert_new(self, facts: FactRows) -> dict[Fact, Fact]:
        """Inserts the facts whose key is new; returns what is stored of the other keys, by key.

        What was inserted is asked for row by row: as its number, Citus tells how many rows it was to insert.
        """
        self._copy(facts)
        insert = self._upsert(facts.names).on_conflict_do_nothing(index_elements=KEY_NAMES)
        inserted = self.connection.execute(insert.returning(_TABLE.c.load_key)).all()
        return {} if len(inserted) == len(facts.rows) else self._stored_besides()

    def _stored_besides(self) -> dict[Fact, Fact]:
        """What the database holds for the keys of the facts that were copied in, but what they wrote."""
        same_key = [_TABLE.c[name] == self.incoming.c[name] for name in KEY_NAMES]
        by_another = or_(*(_TABLE.c[name] != self.incoming.c[name] for name in LINEAGE_NAMES))
        rows = self.connection.execute(select(_TABLE).join(self.incoming, and_(*same_key)).where(by_another))
        return {key_of(row): tuple(map(as_sqlite_keeps, row)) for row in rows}

    def overwrite(self, facts: list[Fact]) -> None:
        """Puts the facts in place of those of the same key."""
        self._copy(FactRows(FACT_COLUMNS, facts))
        upsert = self._upsert(FACT_COLUMNS)
        excluded = {name: upsert.excluded[name] for name in FACT_COLUMNS if name not in KEY_NAMES}
        self.connection.execute(upsert.on_conflict_do_update(index_elements=KEY_NAMES, set_=excluded))


def as_sqlite_keeps(value: Any) -> Any:
    """A value of PostgreSQL in the form of ``FactRows``."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return int(value) if isinstance(value, bool) else value
