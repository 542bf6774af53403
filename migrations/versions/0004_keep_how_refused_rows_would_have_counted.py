"""Keep how a refused row would have counted, and the station and hour that it named.

Columns are added and taken out in place, without rebuilding the table; taking them out of an SQLite file needs
SQLite 3.35. Rows refused before have nothing in them: it can't be told how they would have counted.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rejected_row", recreate="never") as table:
        table.add_column(
            sa.Column(
                "would_have_been",
                sa.String(7),
                sa.CheckConstraint(
                    "would_have_been IN ('success', 'failure', 'unknown')",
                    name=op.f("ck_rejected_row__would_have_been_is_known_word"),
                ),
            )
        )
        table.add_column(sa.Column("station_id", sa.String(255)))
        table.add_column(sa.Column("time_key", sa.BigInteger()))


def downgrade() -> None:
    with op.batch_alter_table("rejected_row", recreate="never") as table:
        for name in ("would_have_been", "station_id", "time_key"):
            table.drop_column(name)
