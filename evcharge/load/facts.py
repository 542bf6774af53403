"""How facts get into each database: what is new is inserted, what was there is shown or overwritten.

What does not belong here: which of two versions of a session wins (``writer``).
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import Column, Insert, MetaData, Table, and_, exc, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from evcharge.load.mapping import (
    FACT_COLUMNS,
    KEY,
    Fact,
)
from evcharge.models import FactCharging

_TABLE = FactCharging.__table__
KEY_NAMES = [FACT_COLUMNS[position] for position in KEY]
"""Columns of the primary key of a fact, in their order."""
key_of = itemgetter(*KEY)
"""The primary key of a fact."""


class Facts(Protocol):
    """The facts of one database, as the writer sees them."""

    def insert_new(self, facts: list[Fact]) -> int:
        """Inserts the facts whose key is new; returns how many."""

    def overwrite(self, facts: list[Fact]) -> None:
        """Puts the facts in place of those of the same key."""

    def stored(self, facts: list[Fact]) -> dict[Fact, Fact]:
        """What the database holds for the keys of the facts, by key."""


def facts_of(session: Session) -> Facts:
    """The facts of the database that the session writes to."""
    return SqliteFacts(session) if session.get_bind().dialect.name == "sqlite" else PostgresqlFacts(session)


class SqliteFacts:
    """Facts on SQLite: the compiled upsert, run by the driver over tuples."""

    def __init__(self, session: Session) -> None:
        self.connection = session.connection()
        statement = sqlite.insert(FactCharging)
        excluded = {name: statement.excluded[name] for name in FACT_COLUMNS if name not in KEY_NAMES}
        self.insert_sql = self._compiled(statement.on_conflict_do_nothing(index_elements=KEY_NAMES))
        self.overwrite_sql = self._compiled(statement.on_conflict_do_update(index_elements=KEY_NAMES, set_=excluded))
        self.connection.execute(text("CREATE TEMP TABLE IF NOT EXISTS incoming (station_key INTEGER, session_id TEXT)"))

    def _compiled(self, statement: Insert) -> str:
        compiled = statement.compile(dialect=self.connection.dialect)
        if tuple(compiled.positiontup or ()) != FACT_COLUMNS:
            raise AssertionError("the compiled statement takes the columns in another order than the tuples")
        return str(compiled)

    def insert_new(self, facts: list[Fact]) -> int:
        """Inserts the facts whose key is new; returns how many."""
        return self.connection.exec_driver_sql(self.insert_sql, facts).rowcount

    def overwrite(self, facts: list[Fact]) -> None:
        """Puts the facts in place of those of the same key."""
        self.connection.exec_driver_sql(self.overwrite_sql, facts)

    def stored(self, facts: list[Fact]) -> dict[Fact, Fact]:
        """What the database holds for the keys of the facts."""
        self.connection.exec_driver_sql("DELETE FROM incoming")
        self.connection.exec_driver_sql("INSERT INTO incoming VALUES (?, ?)", list(map(key_of, facts)))
        columns = ", ".join(f"f.{name}" for name in FACT_COLUMNS)
        rows = self.connection.exec_driver_sql(
            f"SELECT {columns} FROM incoming i JOIN fact_charging f USING (station_key, session_id)"  # noqa: S608
        )
        return {key_of(row): tuple(row) for row in rows}


class PostgresqlFacts:
    """Facts on PostgreSQL: COPY into a temporary table, then the compiled upsert from there."""

    def __init__(self, session: Session) -> None:
        self.connection = session.connection()
        self.connection.exec_driver_sql("CREATE TEMP TABLE incoming (LIKE fact_charging) ON COMMIT DROP")
        columns = (Column(c.name, c.type) for c in _TABLE.columns)
        self.incoming = Table("incoming", MetaData(), *columns, schema="pg_temp")  # no user's table of that name
        rows = select(self.incoming).order_by(*(self.incoming.c[name] for name in KEY_NAMES))
        statement = postgresql.insert(FactCharging)
        excluded = {name: statement.excluded[name] for name in FACT_COLUMNS if name not in KEY_NAMES}
        filled = statement.from_select(list(FACT_COLUMNS), rows)
        self.insert_statement = filled.on_conflict_do_nothing(index_elements=KEY_NAMES)
        self.overwrite_statement = filled.on_conflict_do_update(index_elements=KEY_NAMES, set_=excluded)

    def _copy(self, facts: Sequence[Fact]) -> None:
        self.connection.exec_driver_sql("TRUNCATE pg_temp.incoming")
        statement = f"COPY pg_temp.incoming ({', '.join(FACT_COLUMNS)}) FROM STDIN"
        cursor: Any = self.connection.connection.cursor()
        driver_error = self.connection.dialect.loaded_dbapi.Error
        try:
            with cursor, cursor.copy(statement) as copy:
                for fact in facts:
                    copy.write_row(fact)
        except driver_error as error:  # SQLAlchemy, which translates the others, does not see this one
            lost = self.connection.dialect.is_disconnect(error, self.connection.connection.dbapi_connection, cursor)
            raise exc.DBAPIError.instance(
                statement, None, error, driver_error, hide_parameters=True, connection_invalidated=lost
            ) from error

    def insert_new(self, facts: list[Fact]) -> int:
        """Inserts the facts whose key is new; returns how many."""
        self._copy(facts)
        return self.connection.execute(self.insert_statement, execution_options={"preserve_rowcount": True}).rowcount

    def overwrite(self, facts: list[Fact]) -> None:
        """Puts the facts in place of those of the same key."""
        self._copy(facts)
        self.connection.execute(self.overwrite_statement)

    def stored(self, facts: list[Fact]) -> dict[Fact, Fact]:
        """What the database holds for the keys of the facts, which ``insert_new`` has just brought in."""
        same_key = [_TABLE.c[name] == self.incoming.c[name] for name in KEY_NAMES]
        rows = select(_TABLE).join(self.incoming, and_(*same_key))
        return {key_of(row): tuple(row) for row in self.connection.execute(rows)}
