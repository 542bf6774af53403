"""Add how an attempt was authorised, and when it was authorised, plugged in and charging.

Columns are added and taken out in place, without rebuilding the table; taking them out of an SQLite file needs
SQLite 3.35. The view that shows the fact is made anew.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SECONDS = ("authorised_after_seconds", "plugged_in_after_seconds", "power_after_seconds", "authorize_lead_seconds")

V_CHARGING = """
CREATE VIEW v_charging AS
SELECT s.source, s.station_id, s.name AS station_name, s.operator, s.network, s.city, s.region, s.country,
       s.latitude, s.longitude, s.timezone,
       f.session_id, f.port_id, f.connector_id, f.start_time, f.end_time,
       t.date AS local_date, t.hour AS local_hour, t.weekday, t.is_weekend,
       f.duration_minutes, f.energy_kwh,
       CASE WHEN f.duration_minutes > 0 THEN f.energy_kwh * 60 / f.duration_minutes END AS average_power_kw,
       f.peak_power_kw, f.success, f.stop_reason, f.error_code,
       f.start_soc_percent, f.end_soc_percent, f.has_transaction, f.reached_charging, f.next_status,
       {authorisations}l.failures_included, l.file_name, l.file_sha256, f.source_line
FROM fact_charging f
JOIN dim_station s ON s.station_key = f.station_key
JOIN dim_time t ON t.time_key = f.time_key
JOIN load_ledger l ON l.load_key = f.load_key
"""
AUTHORISATIONS = """f.authorisation_mode, f.authorised_after_seconds, f.plugged_in_after_seconds, f.power_after_seconds,
       f.authorize_lead_seconds, f.trigger_reasons,
       """


def upgrade() -> None:
    op.execute("DROP VIEW v_charging")
    with op.batch_alter_table("fact_charging", recreate="never") as table:
        table.add_column(
            sa.Column(
                "authorisation_mode",
                sa.String(16),
                sa.CheckConstraint(
                    "authorisation_mode IN ('cached_auth', 'request_start', 'pre_plugin', 'post_plugin')",
                    name=op.f("ck_fact_charging__authorisation_mode_is_known_word"),
                ),
            )
        )
        for name in SECONDS:
            table.add_column(
                sa.Column(
                    name,
                    sa.Double(),
                    sa.CheckConstraint(
                        f"{name} > -1000000000 AND {name} < 1000000000",
                        name=op.f(f"ck_fact_charging__{name}_is_finite"),
                    ),
                )
            )
        table.add_column(sa.Column("trigger_reasons", sa.String(255)))
    op.execute(V_CHARGING.format(authorisations=AUTHORISATIONS))


def downgrade() -> None:
    op.execute("DROP VIEW v_charging")
    with op.batch_alter_table("fact_charging", recreate="never") as table:
        for name in ("authorisation_mode", *SECONDS, "trigger_reasons"):
            table.drop_column(name)
    op.execute(V_CHARGING.format(authorisations=""))
