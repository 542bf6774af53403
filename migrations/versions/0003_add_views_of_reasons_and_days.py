"""Add the views of failure reasons and of days per port; the view of stations tells operator, network and place.

Revision: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

V_FAILURE_REASONS = """
CREATE VIEW v_failure_reasons AS
SELECT s.source, s.station_id, s.name AS station_name, c.stop_reason, c.error_code, c.sessions,
       c.recorded_failures, c.afirev_failures
FROM dim_station s
JOIN (
    SELECT f.station_key, f.stop_reason, f.error_code, COUNT(*) AS sessions,
           SUM(CASE WHEN NOT f.success THEN 1 ELSE 0 END) AS recorded_failures,
           SUM(CASE WHEN f.energy_kwh IS NOT NULL AND f.duration_minutes IS NOT NULL
                         AND NOT (f.energy_kwh > 0.5 AND f.duration_minutes > 2) THEN 1 ELSE 0 END) AS afirev_failures
    FROM fact_charging f
    WHERE NOT f.success
       OR (f.energy_kwh IS NOT NULL AND f.duration_minutes IS NOT NULL
           AND NOT (f.energy_kwh > 0.5 AND f.duration_minutes > 2))
    GROUP BY f.station_key, f.stop_reason, f.error_code
) c ON c.station_key = s.station_key
"""

V_PORT_DAILY = """
CREATE VIEW v_port_daily AS
SELECT s.source, s.station_id, s.name AS station_name, c.port_id, c.local_date, c.sessions,
       c.recorded_successes, c.recorded_failures, c.sessions - c.recorded_successes - c.recorded_failures
           AS recorded_unknown,
       c.afirev_successes, c.measured - c.afirev_successes AS afirev_failures, c.sessions - c.measured
           AS afirev_unknown,
       c.without_failures, c.perhaps_without_failures, c.energy_kwh
FROM dim_station s
JOIN (
    SELECT f.station_key, f.port_id, t.date AS local_date, COUNT(*) AS sessions,
           SUM(CASE WHEN f.success THEN 1 ELSE 0 END) AS recorded_successes,
           SUM(CASE WHEN NOT f.success THEN 1 ELSE 0 END) AS recorded_failures,
           SUM(CASE WHEN f.energy_kwh > 0.5 AND f.duration_minutes > 2 THEN 1 ELSE 0 END) AS afirev_successes,
           SUM(CASE WHEN f.energy_kwh IS NOT NULL AND f.duration_minutes IS NOT NULL THEN 1 ELSE 0 END) AS measured,
           SUM(CASE WHEN l.failures_included = 'no' THEN 1 ELSE 0 END) AS without_failures,
           SUM(CASE WHEN l.failures_included = 'unknown' THEN 1 ELSE 0 END) AS perhaps_without_failures,
           SUM(f.energy_kwh) AS energy_kwh
    FROM fact_charging f
    JOIN dim_time t ON t.time_key = f.time_key
    JOIN load_ledger l ON l.load_key = f.load_key
    GROUP BY f.station_key, f.port_id, t.date
) c ON c.station_key = s.station_key
"""

V_STATION_RELIABILITY = """
CREATE VIEW v_station_reliability AS
SELECT s.source, s.station_id, s.name AS station_name, {of_the_station}c.sessions,
       c.recorded_successes, c.recorded_failures, c.sessions - c.recorded_successes - c.recorded_failures
           AS recorded_unknown,
       CASE WHEN c.recorded_successes + c.recorded_failures > 0
            THEN 1.0 * c.recorded_successes / (c.recorded_successes + c.recorded_failures) END
           AS recorded_success_ratio,
       c.afirev_successes, c.measured - c.afirev_successes AS afirev_failures, c.sessions - c.measured
           AS afirev_unknown,
       CASE WHEN c.measured > 0 THEN 1.0 * c.afirev_successes / c.measured END AS afirev_success_ratio,
       c.without_failures, c.perhaps_without_failures, c.first_start_time, c.last_start_time
FROM dim_station s
JOIN (
    SELECT f.station_key, COUNT(*) AS sessions,
           SUM(CASE WHEN f.success THEN 1 ELSE 0 END) AS recorded_successes,
           SUM(CASE WHEN NOT f.success THEN 1 ELSE 0 END) AS recorded_failures,
           SUM(CASE WHEN f.energy_kwh > 0.5 AND f.duration_minutes > 2 THEN 1 ELSE 0 END) AS afirev_successes,
           SUM(CASE WHEN f.energy_kwh IS NOT NULL AND f.duration_minutes IS NOT NULL THEN 1 ELSE 0 END) AS measured,
           SUM(CASE WHEN l.failures_included = 'no' THEN 1 ELSE 0 END) AS without_failures,
           SUM(CASE WHEN l.failures_included = 'unknown' THEN 1 ELSE 0 END) AS perhaps_without_failures,
           MIN(f.start_time) AS first_start_time, MAX(f.start_time) AS last_start_time
    FROM fact_charging f
    JOIN load_ledger l ON l.load_key = f.load_key
    GROUP BY f.station_key
) c ON c.station_key = s.station_key
"""
OF_THE_STATION = "s.operator, s.network, s.city, s.region, s.country, s.latitude, s.longitude, "


def upgrade() -> None:
    op.execute(V_FAILURE_REASONS)
    op.execute(V_PORT_DAILY)
    op.execute("DROP VIEW v_station_reliability")
    op.execute(V_STATION_RELIABILITY.format(of_the_station=OF_THE_STATION))


def downgrade() -> None:
    op.execute("DROP VIEW v_station_reliability")
    op.execute(V_STATION_RELIABILITY.format(of_the_station=""))
    op.execute("DROP VIEW v_port_daily")
    op.execute("DROP VIEW v_failure_reasons")
