"""Keep what is known of when ports were up: statements, contacts, reported outages, and counts of each kind of row.

The columns of ``dim_port`` are added and taken out in place, under the views that may read it. The loads that are there
get their row of ``load_count`` from the ledger, those that were unloaded too.

Revision: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
COUNTS = ("rows_read", "inserted", "updated", "unchanged", "superseded", "rejected")
OF_PORTS = (("commissioned_on", sa.Date()), ("decommissioned_on", sa.Date()), ("opening_hours", sa.String(255)))

FILL_LOAD_COUNT = """
INSERT INTO load_count (load_key, kind, rows_read, inserted, updated, unchanged, superseded, rejected)
SELECT load_key, CASE WHEN timezone = 'none' THEN 'stations' ELSE 'sessions' END,
       rows_read, inserted, updated, unchanged, superseded, rejected
FROM load_ledger
"""


def upgrade() -> None:
    with op.batch_alter_table("dim_port", recreate="never") as table:
        for name, kind in OF_PORTS:
            table.add_column(sa.Column(name, kind))
    create_load_count()
    create_fact_status()
    create_fact_contact()
    create_fact_outage()
    create_rejected_evidence()
    op.execute(FILL_LOAD_COUNT)


def downgrade() -> None:
    for table in ("rejected_evidence", "fact_outage", "fact_contact", "fact_status", "load_count"):
        op.drop_table(table)
    with op.batch_alter_table("dim_port", recreate="never") as ports:
        for name, _ in reversed(OF_PORTS):
            ports.drop_column(name)


def create_load_count() -> None:
    """What became of the rows of one kind that a load read."""
    op.create_table(
        "load_count",
        key("load_key"),
        sa.Column("kind", sa.String(8), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTS),
        check(
            "load_count",
            "every_row_is_accounted_for",
            "rows_read = inserted + updated + unchanged + superseded + rejected",
        ),
        check(
            "load_count", "kind_is_known_word", "kind IN ('sessions', 'statuses', 'contacts', 'outages', 'stations')"
        ),
        of_load("load_count"),
        sa.PrimaryKeyConstraint("load_key", "kind", name="pk_load_count"),
    )


def create_fact_status() -> None:
    """Statements about the states of ports."""
    op.create_table(
        "fact_status",
        key("station_key"),
        sa.Column("port_id", sa.String(255), nullable=False),
        sa.Column("from_time", INSTANT, nullable=False),
        sa.Column("evidence", sa.String(8), nullable=False),
        key("load_key"),
        sa.Column("until_time", INSTANT, nullable=False),
        sa.Column("word", sa.String(255), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("error_code", sa.String(255)),
        sa.Column("vendor_error_code", sa.String(255)),
        sa.Column("source_line", sa.BigInteger(), nullable=False),
        sa.Column("last_line", sa.BigInteger(), nullable=False),
        sa.Column("source_updated_at", INSTANT),
        check("fact_status", "until_not_before_from", "until_time >= from_time"),
        check("fact_status", "state_is_known_word", "state IN ('up', 'down', 'unknown', 'out_of_scope')"),
        check("fact_status", "evidence_is_known_word", "evidence IN ('event', 'poll', 'snapshot')"),
        of_station("fact_status"),
        of_load("fact_status"),
        sa.PrimaryKeyConstraint("station_key", "port_id", "from_time", "evidence", "load_key", name="pk_fact_status"),
        sqlite_with_rowid=False,
    )


def create_fact_contact() -> None:
    """Times in which chargers were heard from."""
    op.create_table(
        "fact_contact",
        key("station_key"),
        sa.Column("charger_id", sa.String(255), nullable=False),
        sa.Column("from_time", INSTANT, nullable=False),
        sa.Column("evidence", sa.String(11), nullable=False),
        key("load_key"),
        sa.Column("until_time", INSTANT),
        sa.Column("heartbeat_seconds", sa.Double()),
        sa.Column("source_line", sa.BigInteger(), nullable=False),
        sa.Column("last_line", sa.BigInteger(), nullable=False),
        check("fact_contact", "until_not_before_from", "until_time >= from_time"),
        check("fact_contact", "evidence_is_known_word", "evidence IN ('own_message', 'back_office')"),
        check("fact_contact", "heartbeat_is_finite", "heartbeat_seconds > 0 AND heartbeat_seconds < 1000000000"),
        of_station("fact_contact"),
        of_load("fact_contact"),
        sa.PrimaryKeyConstraint(
            "station_key", "charger_id", "from_time", "evidence", "load_key", name="pk_fact_contact"
        ),
        sqlite_with_rowid=False,
    )


def create_fact_outage() -> None:
    """Outages that were reported, and claims that one is exempt."""
    op.create_table(
        "fact_outage",
        key("station_key"),
        sa.Column("port_id", sa.String(255), nullable=False),
        sa.Column("from_time", INSTANT, nullable=False),
        key("load_key"),
        sa.Column("source_line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until_time", INSTANT, nullable=False),
        sa.Column("kind", sa.String(9), nullable=False),
        *(sa.Column(name, sa.String(255)) for name in ("cause", "reference", "claimed_by")),
        check("fact_outage", "until_not_before_from", "until_time >= from_time"),
        check("fact_outage", "kind_is_known_word", "kind IN ('outage', 'exemption')"),
        of_station("fact_outage"),
        of_load("fact_outage"),
        sa.PrimaryKeyConstraint(
            "station_key", "port_id", "from_time", "load_key", "source_line", name="pk_fact_outage"
        ),
        sqlite_with_rowid=False,
    )


def create_rejected_evidence() -> None:
    """Rules that refused a row of these, with the row."""
    op.create_table(
        "rejected_evidence",
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
        check("rejected_evidence", "kind_is_known_word", "kind IN ('statuses', 'contacts', 'outages')"),
        of_load("rejected_evidence"),
        sa.PrimaryKeyConstraint("load_key", "kind", "source_line", "rule", name="pk_rejected_evidence"),
    )


def key(name: str) -> sa.Column[int]:
    """A key of another table that is part of the own."""
    return sa.Column(name, BIG_KEY, autoincrement=False, nullable=False)


def check(table: str, name: str, text: str) -> sa.CheckConstraint:
    """A check of a table."""
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}__{name}"))


def of_station(table: str) -> sa.ForeignKeyConstraint:
    """That the station is there."""
    return sa.ForeignKeyConstraint(["station_key"], ["dim_station.station_key"], name=f"fk_{table}__station_key")


def of_load(table: str) -> sa.ForeignKeyConstraint:
    """That the load is there."""
    return sa.ForeignKeyConstraint(["load_key"], ["load_ledger.load_key"], name=f"fk_{table}__load_key")
