"""Keep in which department a station stands, so that figures by department can be told.

The column is added and taken out in place, without rebuilding the table. A registry that is loaded again fills it.

Revision: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("dim_station", recreate="never") as table:
        table.add_column(sa.Column("department", sa.String(255)))


def downgrade() -> None:
    with op.batch_alter_table("dim_station", recreate="never") as table:
        table.drop_column("department")
