"""Keep how much energy a session took at most whose end was never told.

The column is added and taken out in place, without rebuilding the table. Logs that are loaded again fill it.

Revision: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("fact_charging", recreate="never") as table:
        table.add_column(
            sa.Column(
                "energy_at_most_kwh",
                sa.Double(),
                sa.CheckConstraint(
                    "energy_at_most_kwh >= 0 AND energy_at_most_kwh < 1000000",
                    name=op.f("ck_fact_charging__energy_at_most_is_finite"),
                ),
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("fact_charging", recreate="never") as table:
        table.drop_column("energy_at_most_kwh")
