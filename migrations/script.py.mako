"""${message}.

Before you commit: plain sa types only, nothing from evcharge; constraints by their convention names; a downgrade
that undoes it; both SQLite and PostgreSQL; views dropped before a table they use is rebuilt, and made again after.

Revision: ${up_revision}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
