"""Keep the hash of a workbook whose sheets are loads of their own.

The column is added and taken out in place, without rebuilding the table. Loads before this one named no sheet.

Revision: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("load_ledger", recreate="never") as table:
        table.add_column(sa.Column("workbook_sha256", sa.String(64)))


def downgrade() -> None:
    with op.batch_alter_table("load_ledger", recreate="never") as table:
        table.drop_column("workbook_sha256")
