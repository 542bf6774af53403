"""Count the sessions of each station by local day, load and what the definitions say of them.

Both tables are made empty: only evcharge knows the definitions. ``evcharge db upgrade`` fills them, and so does the
next load; until then figures are counted from the sessions themselves.

Revision: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS = ("sessions", "with_energy", "energy_microkwh", "first_hour", "last_hour")
FILLED = ("no_transaction", "with_port", "with_reason")


def upgrade() -> None:
    op.create_table(
        "station_day_outcome",
        sa.Column("station_key", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("outcomes", sa.String(32), nullable=False),
        sa.Column("day", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("load_key", BIG_KEY, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in (*COUNTS, *FILLED)),
        sa.ForeignKeyConstraint(
            ["station_key"], ["dim_station.station_key"], name="fk_station_day_outcome__station_key"
        ),
        sa.ForeignKeyConstraint(["load_key"], ["load_ledger.load_key"], name="fk_station_day_outcome__load_key"),
        sa.PrimaryKeyConstraint("station_key", "outcomes", "day", "load_key", name="pk_station_day_outcome"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outcome_letter",
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.String(64), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_outcome_letter"),
    )


def downgrade() -> None:
    op.drop_table("outcome_letter")
    op.drop_table("station_day_outcome")
