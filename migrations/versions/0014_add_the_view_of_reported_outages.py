"""Add the view of reported outages and claims of exemption.

Revision: 0014
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

V_OUTAGES = """
CREATE VIEW v_outages AS
SELECT s.source, s.station_id, s.name AS station_name, o.port_id, o.kind, o.from_time, o.until_time,
       {minutes} AS duration_minutes,
       o.cause, o.reference, o.claimed_by, l.file_name, o.source_line
FROM fact_outage o
JOIN dim_station s ON s.station_key = o.station_key
JOIN load_ledger l ON l.load_key = o.load_key
"""
SQLITE_MINUTES = """((CAST(strftime('%s', o.until_time) AS INTEGER)
         - CAST(strftime('%s', o.from_time) AS INTEGER)) * 1000
        + CAST(substr(o.until_time, 21, 3) AS INTEGER) - CAST(substr(o.from_time, 21, 3) AS INTEGER)) / 60000.0"""
POSTGRESQL_MINUTES = "CAST(EXTRACT(EPOCH FROM o.until_time - o.from_time) AS DOUBLE PRECISION) / 60"


def upgrade() -> None:
    is_sqlite = op.get_context().dialect.name == "sqlite"
    op.execute(V_OUTAGES.format(minutes=SQLITE_MINUTES if is_sqlite else POSTGRESQL_MINUTES))


def downgrade() -> None:
    op.execute("DROP VIEW v_outages")
