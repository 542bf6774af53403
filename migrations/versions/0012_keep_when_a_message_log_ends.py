"""Keep when a message log ends, so that a later one can be read without it.

The column is added and taken out in place, without rebuilding the table. It stays empty for the logs that are loaded
already: they are read again with each new one, as before.

Revision: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Text on SQLite, as all instants of the star: its own date type drops the zone
    instant = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
    with op.batch_alter_table("load_ledger", recreate="never") as table:
        table.add_column(sa.Column("log_ended_at", instant))


def downgrade() -> None:
    with op.batch_alter_table("load_ledger", recreate="never") as table:
        table.drop_column("log_ended_at")
