"""A table of clean sessions on some engine, and a query of it as text in that engine's dialect of SQL.

The only place that knows sqlglot. What does not belong here: what a query asks (``statement``, ``check_statement``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from sqlalchemy import CTE, ColumnElement, Select, cast, column, extract, func, literal_column, null, select, table
from sqlalchemy.dialects import postgresql

from evcharge.counts.contract import CONTRACT, InputColumn
from evcharge.errors import ConfigError

DIALECTS = (
    *("snowflake", "bigquery", "databricks", "spark", "redshift", "trino", "clickhouse", "duckdb", "postgres"),
    "sqlite",
)
"""Engines whose SQL is written, by the names that sqlglot has for them."""
_TABLE = "evcharge_table"
"""What stands for the user's table until the text is made."""
_THEIRS = table(_TABLE, *(column(ours.name, ours.type) for ours in CONTRACT.values())).alias("t")
"""The user's table as a query knows it; in the text it keeps the name t."""


@dataclass(frozen=True)
class SessionTable:
    """A table or view of clean sessions, one row each, on an engine.

    Attributes:
        dialect: one of ``DIALECTS``.
        table: how the engine names it: a name, a function that reads a file, or a query in brackets; what begins with
            a brace is a template's, and taken as it is.
        mapped: for each of our columns that the table does not have under its name, an expression of the dialect.

    Raises:
        ConfigError: a name that is none of the contract's, two hours, text that is no table or no expression of the
            dialect, or sqlglot is not installed.
    """

    dialect: str
    table: str
    mapped: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuses what could not become a statement."""
        if {"time_key", "start_local"} <= self.mapped.keys():
            reason = "--map names both time_key and start_local; the hour of a session comes from one of them."
            raise ConfigError("two_hours", reason, "Leave one of them out.")
        for name in self.mapped:
            if name not in CONTRACT:
                known = f"The columns are {', '.join(CONTRACT)}."
                raise ConfigError("unknown_column", f"--map names {name!r}, which is no column of ours.", known)
            self._expression(name)
        self._source()

    def sessions(self, columns: Iterable[InputColumn], *besides: ColumnElement[Any]) -> CTE:
        """The table's sessions with our columns of our types.

        Args:
            columns: those that are looked at.
            besides: further columns, over ``raw``.
        """
        return select(*map(self._held, columns), *besides).cte("evcharge_sessions")

    def no_rows(self) -> str:
        """A query of the table's own columns that reads no session."""
        return self.text(select(literal_column("*")).select_from(_THEIRS).where(literal_column("1") == 0))

    def raw(self, name: str) -> ColumnElement[Any]:
        """One of our columns as the table has it."""
        return _THEIRS.c[name]

    def is_empty(self, name: str) -> bool:
        """Whether the table is said to lack a column."""
        return self.mapped.get(name, "").strip().upper() == "NULL"

    def _held(self, wanted: InputColumn) -> ColumnElement[Any]:
        """A column as a session of ours has it: an hour for a local timestamp, and a value of our type."""
        raw = self.raw(wanted.name)
        if wanted.name == "start_local":
            return self._hour(raw).label("time_key")
        if self.is_empty(wanted.name):
            return cast(null(), wanted.type).label(wanted.name)
        if wanted.kind == "boolean":  # not cast: what is none to the engine is refused, not read by its own rules
            return raw.label(wanted.name)
        value: ColumnElement[Any] = cast(raw, wanted.type)
        # An empty text is no text, as in a load; some engines keep no other sign of what is missing.
        return (func.nullif(value, "", type_=wanted.type) if wanted.kind == "text" else value).label(wanted.name)

    def _hour(self, local: ColumnElement[Any]) -> ColumnElement[Any]:
        """The hour yyyymmddhh of a local timestamp."""
        if self.dialect == "sqlite":
            # Of a text with an offset SQLite makes UTC; the clock at the station is what stands before it.
            clock = func.substr(local, 1, len("2025-06-30T23:10:00"))
            return cast(func.strftime("%Y%m%d%H", clock), CONTRACT["time_key"].type)
        day = extract("year", local) * 1_000_000 + extract("month", local) * 10_000 + extract("day", local) * 100
        return cast(day + extract("hour", local), CONTRACT["time_key"].type)

    def text(self, query: Select[Any]) -> str:
        """The query in the engine's dialect, with the user's table and expressions in it.

        SQLAlchemy writes it for PostgreSQL, sqlglot turns that into the dialect.
        """
        exp, sqlglot = _sqlglot()

        def filled_in(node: Any) -> Any:
            if isinstance(node, exp.Table) and node.name == _TABLE:
                return self._source()
            if isinstance(node, exp.Column) and node.table == _THEIRS.name and node.name in self.mapped:
                return self._expression(node.name)
            return node

        # Drivers of PostgreSQL double each %; those with named parameters do not.
        dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
        dialect._backslash_escapes = False  # SQLAlchemy 2.0 doubles each until a server says that it need not
        written = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        tree = sqlglot.parse_one(written, read="postgres").transform(filled_in)
        return f"{tree.sql(self.dialect, pretty=True)}\n"

    def _source(self) -> Any:
        """The user's table, called t."""
        exp, _ = _sqlglot()
        if not self.table.strip() or self.table.split()[0].casefold() in ("select", "with"):
            self._refuse(f"--table {self.table!r}", "it is no table")
        if self.table.lstrip().startswith("{"):
            source = exp.Table(this=exp.Var(this=self.table.strip()))
        else:
            query = self._query(f"SELECT 1 FROM {self.table}", f"--table {self.table}")  # noqa: S608
            source = query.find(exp.From).this
            if _parts(query) != {"expressions", "from"}:
                self._refuse(f"--table {self.table}", "it names more than one table, or a condition")
        return exp.alias_(source, _THEIRS.name, table=True)

    def _expression(self, name: str) -> Any:
        """The expression that a column is mapped to; the columns in it are those of the table."""
        exp, _ = _sqlglot()
        given = f"--map {name}={self.mapped[name]}"
        query = self._query(f"SELECT {self.mapped[name]}", given)
        if _parts(query) != {"expressions"} or len(query.expressions) != 1:
            self._refuse(given, "it is not one expression")

        if any(one.parent_select is query and not one.find_ancestor(exp.Window) for one in query.find_all(exp.AggFunc)):
            self._refuse(given, "it is of more than one row")

        # ClickHouse takes a bare name for another column of ours, if there is one of that name.
        for theirs in query.find_all(exp.Column):
            if not theirs.table and theirs.parent_select is query:
                theirs.set("table", exp.to_identifier(_THEIRS.name))
        return query.expressions[0].unalias()

    def _query(self, text: str, given: str) -> Any:
        """A query with the user's words in it, read."""
        exp, sqlglot = _sqlglot()
        try:
            queries = sqlglot.parse(text, read=self.dialect)
        except sqlglot.errors.SqlglotError as error:
            told = getattr(error, "errors", None) or [{"description": "it ends in the middle"}]
            self._refuse(given, str(told[0]["description"]))
        if len(queries) != 1 or not isinstance(queries[0], exp.Select):
            self._refuse(given, "it is more than that")
        return queries[0]

    def _refuse(self, given: str, reason: str) -> NoReturn:
        hint = (
            "A table is a name, a function that reads a file, or (SELECT …) in brackets; a column is mapped to one "
            "expression, such as energy_kwh='wh * 0.001'."
        )
        raise ConfigError("unreadable_sql", f"{given} can't be read as SQL of {self.dialect}: {reason}.", hint)


def _parts(query: Any) -> set[str]:
    """What a query has, by sqlglot's names; newer ones end in an underscore where Python has the word."""
    return {key.rstrip("_") for key, value in query.args.items() if value}


def _sqlglot() -> tuple[Any, Any]:
    """What sqlglot calls expressions, and sqlglot; imported where a statement is written.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import sqlglot
        from sqlglot import exp
    except ImportError as error:
        reason = "what writes SQL for other engines (sqlglot) is not installed."
        raise ConfigError("sqlglot_not_installed", reason, "Run: pip install 'evcharge[counts]'") from error
    return exp, sqlglot
