"""Keep which loads were unloaded, which are incomplete since, and which loads share sessions with which.

Columns are added and taken out in place, without rebuilding the table. What loads of a version before share can't be
told: their sessions tell only which load wrote them last.

Revision: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("load_ledger", recreate="never") as table:
        table.add_column(
            sa.Column(
                "status",
                sa.String(10),
                sa.CheckConstraint(
                    "status IN ('loaded', 'incomplete', 'unloaded')", name=op.f("ck_load_ledger__status_is_known_word")
                ),
                nullable=False,
                server_default="loaded",
            )
        )
        table.add_column(sa.Column("unloaded_at", INSTANT))
    op.create_table(
        "load_overlap",
        sa.Column("load_key", KEY, nullable=False),
        sa.Column("holder_key", KEY, nullable=False),
        sa.ForeignKeyConstraint(["load_key"], ["load_ledger.load_key"], name=op.f("fk_load_overlap__load_key")),
        sa.ForeignKeyConstraint(["holder_key"], ["load_ledger.load_key"], name=op.f("fk_load_overlap__holder_key")),
        sa.PrimaryKeyConstraint("load_key", "holder_key", name=op.f("pk_load_overlap")),
    )
    op.create_index(op.f("ix_load_overlap__holder_key"), "load_overlap", ["holder_key"])


def downgrade() -> None:
    op.drop_index(op.f("ix_load_overlap__holder_key"), table_name="load_overlap")
    op.drop_table("load_overlap")
    op.execute("DELETE FROM load_ledger WHERE status = 'unloaded'")
    with op.batch_alter_table("load_ledger", recreate="never") as table:
        for name in ("status", "unloaded_at"):
            table.drop_column(name)
