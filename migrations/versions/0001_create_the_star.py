"""Create the star: stations, their ports, hours, sessions, the ledger of loads, the rejects, and two views.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

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
       l.failures_included, l.file_name, l.file_sha256, f.source_line
FROM fact_charging f
JOIN dim_station s ON s.station_key = f.station_key
JOIN dim_time t ON t.time_key = f.time_key
JOIN load_ledger l ON l.load_key = f.load_key
"""

V_STATION_RELIABILITY = """
CREATE VIEW v_station_reliability AS
SELECT s.source, s.station_id, s.name AS station_name, c.sessions,
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


def upgrade() -> None:
    op.create_table(
        "load_ledger",
        sa.Column("load_key", BIG_KEY, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("format", sa.String(32), nullable=False),
        sa.Column("profile", sa.String(255), nullable=False),
        sa.Column("failures_included", sa.String(7), nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("time_format", sa.Text(), nullable=False),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("inserted", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("superseded", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=False),
        sa.Column("evcharge_version", sa.String(32), nullable=False),
        sa.CheckConstraint(
            "rows_read = inserted + updated + unchanged + superseded + rejected",
            name=op.f("ck_load_ledger__every_row_is_accounted_for"),
        ),
        sa.CheckConstraint(
            "failures_included IN ('yes', 'no', 'unknown')",
            name=op.f("ck_load_ledger__failures_included_is_known_word"),
        ),
        sa.PrimaryKeyConstraint("load_key", name="pk_load_ledger"),
        sa.UniqueConstraint("source", "file_sha256", name="uq_load_ledger__source_file_sha256"),
    )
    op.create_table(
        "dim_station",
        sa.Column("station_key", BIG_KEY, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("station_id", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255)),
        sa.Column("operator", sa.String(255)),
        sa.Column("network", sa.String(255)),
        sa.Column("address", sa.String(255)),
        sa.Column("city", sa.String(255)),
        sa.Column("region", sa.String(255)),
        sa.Column("country", sa.String(255)),
        sa.Column("latitude", sa.Double()),
        sa.Column("longitude", sa.Double()),
        sa.Column("timezone", sa.String(64)),
        sa.Column("max_power_kw", sa.Double()),
        sa.Column("opened_on", sa.Date()),
        sa.Column("registry_load_key", BIG_KEY),
        sa.ForeignKeyConstraint(
            ["registry_load_key"], ["load_ledger.load_key"], name="fk_dim_station__registry_load_key"
        ),
        sa.PrimaryKeyConstraint("station_key", name="pk_dim_station"),
        sa.UniqueConstraint("source", "station_id", name="uq_dim_station__source_station_id"),
    )
    op.create_table(
        "dim_port",
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("port_id", sa.String(255), nullable=False),
        sa.Column("station_key", BIG_KEY, nullable=False),
        sa.Column("max_power_kw", sa.Double()),
        sa.Column("current", sa.String(2)),
        sa.Column("connectors", sa.String(255)),
        sa.Column(
            "named_as_station",
            sa.Boolean(create_constraint=True, name=op.f("ck_dim_port__named_as_station_is_boolean")),
            nullable=False,
        ),
        sa.Column("load_key", BIG_KEY, nullable=False),
        sa.ForeignKeyConstraint(["station_key"], ["dim_station.station_key"], name="fk_dim_port__station_key"),
        sa.ForeignKeyConstraint(["load_key"], ["load_ledger.load_key"], name="fk_dim_port__load_key"),
        sa.PrimaryKeyConstraint("source", "port_id", name="pk_dim_port"),
    )
    op.create_index("ix_dim_port__station_key", "dim_port", ["station_key"])
    op.create_table(
        "dim_time",
        sa.Column("time_key", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("quarter", sa.SmallInteger(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column(
            "is_weekend",
            sa.Boolean(create_constraint=True, name=op.f("ck_dim_time__is_weekend_is_boolean")),
            nullable=False,
        ),
        sa.CheckConstraint("hour >= 0 AND hour <= 23", name=op.f("ck_dim_time__hour_of_a_day")),
        sa.CheckConstraint("weekday >= 1 AND weekday <= 7", name=op.f("ck_dim_time__weekday_is_iso")),
        sa.PrimaryKeyConstraint("time_key", name="pk_dim_time"),
    )
    op.create_table(
        "fact_charging",
        sa.Column("station_key", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("session_id", sa.String(255), nullable=False),
        sa.Column("time_key", BIG_KEY, nullable=False),
        sa.Column("load_key", BIG_KEY, nullable=False),
        sa.Column("source_line", sa.BigInteger(), nullable=False),
        sa.Column("port_id", sa.String(255)),
        sa.Column("connector_id", sa.String(255)),
        sa.Column("driver_ref", sa.String(64)),
        sa.Column("start_time", INSTANT, nullable=False),
        sa.Column("end_time", INSTANT),
        sa.Column("duration_minutes", sa.Double()),
        sa.Column("energy_kwh", sa.Double()),
        sa.Column("peak_power_kw", sa.Double()),
        sa.Column("success", sa.Boolean(create_constraint=True, name=op.f("ck_fact_charging__success_is_boolean"))),
        sa.Column("stop_reason", sa.String(255)),
        sa.Column("error_code", sa.String(255)),
        sa.Column("start_soc_percent", sa.Double()),
        sa.Column("end_soc_percent", sa.Double()),
        sa.Column(
            "has_transaction",
            sa.Boolean(create_constraint=True, name=op.f("ck_fact_charging__has_transaction_is_boolean")),
        ),
        sa.Column(
            "reached_charging",
            sa.Boolean(create_constraint=True, name=op.f("ck_fact_charging__reached_charging_is_boolean")),
        ),
        sa.Column("next_status", sa.String(255)),
        sa.Column("source_updated_at", INSTANT),
        sa.CheckConstraint("end_time >= start_time", name=op.f("ck_fact_charging__end_not_before_start")),
        sa.CheckConstraint(
            "duration_minutes >= 0 AND duration_minutes < 1000000000",
            name=op.f("ck_fact_charging__duration_is_finite"),
        ),
        sa.CheckConstraint("energy_kwh >= 0 AND energy_kwh < 1000000", name=op.f("ck_fact_charging__energy_is_finite")),
        sa.CheckConstraint(
            "peak_power_kw >= 0 AND peak_power_kw < 1000000", name=op.f("ck_fact_charging__peak_power_is_finite")
        ),
        sa.CheckConstraint(
            "start_soc_percent >= 0 AND start_soc_percent <= 100", name=op.f("ck_fact_charging__start_soc_is_a_share")
        ),
        sa.CheckConstraint(
            "end_soc_percent >= 0 AND end_soc_percent <= 100", name=op.f("ck_fact_charging__end_soc_is_a_share")
        ),
        sa.ForeignKeyConstraint(["station_key"], ["dim_station.station_key"], name="fk_fact_charging__station_key"),
        sa.ForeignKeyConstraint(["time_key"], ["dim_time.time_key"], name="fk_fact_charging__time_key"),
        sa.ForeignKeyConstraint(["load_key"], ["load_ledger.load_key"], name="fk_fact_charging__load_key"),
        sa.PrimaryKeyConstraint("station_key", "session_id", name="pk_fact_charging"),
    )
    op.create_index("ix_fact_charging__time_key", "fact_charging", ["time_key"])
    op.create_index("ix_fact_charging__load_key", "fact_charging", ["load_key"])
    op.create_table(
        "rejected_row",
        sa.Column("load_key", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("source_line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("column", sa.String(64)),
        sa.Column("value", sa.Text()),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["load_key"], ["load_ledger.load_key"], name="fk_rejected_row__load_key"),
        sa.PrimaryKeyConstraint("load_key", "source_line", "rule", name="pk_rejected_row"),
    )
    op.execute(V_CHARGING)
    op.execute(V_STATION_RELIABILITY)


def downgrade() -> None:
    op.execute("DROP VIEW v_station_reliability")
    op.execute("DROP VIEW v_charging")
    op.drop_table("rejected_row")
    op.drop_table("fact_charging")
    op.drop_table("dim_time")
    op.drop_table("dim_port")
    op.drop_table("dim_station")
    op.drop_table("load_ledger")
