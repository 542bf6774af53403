"""Keep how many connectors of a port work, and how far apart its polls are, beside each statement.

Columns are added and taken out in place, without rebuilding the table. They stay empty for statements that are there
already, which are read as before; logs and polls that are loaded again fill them.

Revision: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = {"connectors": sa.Integer, "connectors_up": sa.Integer, "spacing_seconds": sa.Double}


def upgrade() -> None:
    with op.batch_alter_table("fact_status", recreate="never") as table:
        for name, kind in COLUMNS.items():
            table.add_column(sa.Column(name, kind()))


def downgrade() -> None:
    with op.batch_alter_table("fact_status", recreate="never") as table:
        for name in reversed(COLUMNS):
            table.drop_column(name)
