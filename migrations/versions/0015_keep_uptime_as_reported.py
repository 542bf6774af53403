"""Keep uptime as somebody reported it, beside what is worked out of the evidence.

Its rows are counted and refused as a kind of their own, so the checks on the words of kinds take it in. On SQLite the
two tables are made anew for that, since it changes no check in place. Further down there is no such kind: its rows go,
with the lines of the ledger that are of nothing else.

Revision: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
COUNTS = ("rows_read", "inserted", "updated", "unchanged", "superseded", "rejected")
KINDS = {
    "load_count": "kind IN ('sessions', 'statuses', 'contacts', 'outages', {more}'stations')",
    "rejected_evidence": "kind IN ('statuses', 'contacts', 'outages'{more})",
}
MORE = {"load_count": "'uptimes', ", "rejected_evidence": ", 'uptimes'"}

FORGET = (
    """CREATE TEMPORARY TABLE of_uptimes_alone AS SELECT load_key FROM load_count WHERE kind = 'uptimes'
  AND load_key NOT IN (SELECT load_key FROM load_count WHERE kind <> 'uptimes')""",
    "DELETE FROM rejected_evidence WHERE kind = 'uptimes'",
    "DELETE FROM load_count WHERE kind = 'uptimes'",
    "DELETE FROM load_ledger WHERE load_key IN (SELECT load_key FROM of_uptimes_alone)",
    "DROP TABLE of_uptimes_alone",
)


def upgrade() -> None:
    for table, more in MORE.items():
        take_kinds(table, KINDS[table].format(more=more))
    create_fact_reported_uptime()


def downgrade() -> None:
    op.drop_table("fact_reported_uptime")
    for statement in FORGET:
        op.execute(statement)
    for table in MORE:
        take_kinds(table, KINDS[table].format(more=""))


def take_kinds(table: str, words: str) -> None:
    """Changes the check on the kinds of a table."""
    if op.get_context().dialect.name == "sqlite":
        make_anew(table, words)
        return
    name = op.f(f"ck_{table}__kind_is_known_word")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, words)


def make_anew(table: str, words: str) -> None:
    """Makes a table of SQLite anew with another check on its kinds, and copies its rows."""
    before = f"{table}_before"
    op.rename_table(table, before)
    made = op.create_table(table, *PARTS[table](), check(table, "kind_is_known_word", words))
    names = [column.name for column in made.columns]
    rows = sa.select(*(sa.column(name) for name in names)).select_from(sa.table(before))
    op.execute(sa.insert(made).from_select(names, rows))
    op.drop_table(before)


def count_parts() -> list[sa.Column | sa.Constraint]:
    """The columns and constraints of load_count, but for the check on its kinds."""
    law = "rows_read = inserted + updated + unchanged + superseded + rejected"
    return [
        key("load_key"),
        sa.Column("kind", sa.String(8), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTS),
        check("load_count", "every_row_is_accounted_for", law),
        of("load_count", "load_key", "load_ledger"),
        sa.PrimaryKeyConstraint("load_key", "kind", name="pk_load_count"),
    ]


def refused_parts() -> list[sa.Column | sa.Constraint]:
    """The columns and constraints of rejected_evidence, but for the check on its kinds."""
    return [
        key("load_key"),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("source_line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("column", sa.String(64)),
        sa.Column("value", sa.Text()),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("station_id", sa.String(255)),
        sa.Column("port_id", sa.String(255)),
        sa.Column("at_time", INSTANT),
        of("rejected_evidence", "load_key", "load_ledger"),
        sa.PrimaryKeyConstraint("load_key", "kind", "source_line", "rule", name="pk_rejected_evidence"),
    ]


PARTS = {"load_count": count_parts, "rejected_evidence": refused_parts}


def create_fact_reported_uptime() -> None:
    """Uptime as somebody reported it of a port and a period."""
    table = "fact_reported_uptime"
    op.create_table(
        table,
        key("station_key"),
        sa.Column("port_id", sa.String(255), nullable=False),
        sa.Column("from_time", INSTANT, nullable=False),
        key("load_key"),
        sa.Column("source_line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until_time", INSTANT, nullable=False),
        *(sa.Column(name, sa.Double()) for name in ("uptime_percent", "outage_minutes", "excluded_minutes")),
        sa.Column("reported_by", sa.String(255)),
        check(table, "until_not_before_from", "until_time >= from_time"),
        check(table, "uptime_is_finite", "uptime_percent >= 0 AND uptime_percent < 1000"),
        check(table, "outage_is_finite", "outage_minutes >= 0 AND outage_minutes < 1000000"),
        check(table, "excluded_is_finite", "excluded_minutes >= 0 AND excluded_minutes < 1000000"),
        of(table, "station_key", "dim_station"),
        of(table, "load_key", "load_ledger"),
        sa.PrimaryKeyConstraint(
            "station_key", "port_id", "from_time", "load_key", "source_line", name="pk_fact_reported_uptime"
        ),
        sqlite_with_rowid=False,
    )


def key(name: str) -> sa.Column[int]:
    """A key of another table that is part of the own."""
    return sa.Column(name, BIG_KEY, autoincrement=False, nullable=False)


def check(table: str, name: str, text: str) -> sa.CheckConstraint:
    """A check of a table."""
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}__{name}"))


def of(table: str, name: str, other: str) -> sa.ForeignKeyConstraint:
    """That what a key names is there."""
    return sa.ForeignKeyConstraint([name], [f"{other}.{name}"], name=f"fk_{table}__{name}")
