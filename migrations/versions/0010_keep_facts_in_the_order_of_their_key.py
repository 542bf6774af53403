"""Keep the facts of a SQLite database in the order of their key, and take out the indexes that cost each load.

On SQLite the table is made anew WITHOUT ROWID and its rows are copied, in the order of their key; the views that read
it are dropped before and made again after. Checks that came with a later column stay with that column, so that steps
further down can take it out in place. On both databases the indexes of the fact besides its key go: every figure reads
by station, and loads are looked up by the roll-up.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
INDEXED = ("time_key", "load_key")

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
       f.authorisation_mode, f.authorised_after_seconds, f.plugged_in_after_seconds, f.power_after_seconds,
       f.authorize_lead_seconds, f.trigger_reasons,
       l.failures_included, l.file_name, l.file_sha256, f.source_line
FROM fact_charging f
JOIN dim_station s ON s.station_key = f.station_key
JOIN dim_time t ON t.time_key = f.time_key
JOIN load_ledger l ON l.load_key = f.load_key
"""

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
SELECT s.source, s.station_id, s.name AS station_name, s.operator, s.network, s.city, s.region, s.country,
       s.latitude, s.longitude, c.sessions,
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

VIEWS = {
    "v_charging": V_CHARGING,
    "v_failure_reasons": V_FAILURE_REASONS,
    "v_port_daily": V_PORT_DAILY,
    "v_station_reliability": V_STATION_RELIABILITY,
}


def upgrade() -> None:
    for name in INDEXED:
        op.drop_index(f"ix_fact_charging__{name}", table_name="fact_charging")
    if op.get_context().dialect.name == "sqlite":
        copy_facts(with_rowid=False)


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        copy_facts(with_rowid=True)
    for name in INDEXED:
        op.create_index(f"ix_fact_charging__{name}", "fact_charging", [name])


def copy_facts(with_rowid: bool) -> None:
    """Makes the table of facts anew, with or without a rowid, under the views that read it."""
    for view in VIEWS:
        op.execute(f"DROP VIEW {view}")
    op.rename_table("fact_charging", "fact_before")
    facts = op.create_table("fact_charging", *fact_parts(), sqlite_with_rowid=with_rowid)
    names = [column.name for column in facts.columns]
    before = sa.table("fact_before", *(sa.column(name) for name in names))
    rows = sa.select(*before.columns).order_by(before.c.station_key, before.c.session_id)
    op.execute(sa.insert(facts).from_select(names, rows))
    op.drop_table("fact_before")
    for sql in VIEWS.values():
        op.execute(sql)


def fact_parts() -> list[sa.Column | sa.Constraint]:
    """The columns and constraints of the table of facts."""
    return [
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
        flag("success"),
        sa.Column("stop_reason", sa.String(255)),
        sa.Column("error_code", sa.String(255)),
        sa.Column("start_soc_percent", sa.Double()),
        sa.Column("end_soc_percent", sa.Double()),
        flag("has_transaction"),
        flag("reached_charging"),
        sa.Column("next_status", sa.String(255)),
        sa.Column("source_updated_at", INSTANT),
        sa.Column(
            "authorisation_mode",
            sa.String(16),
            check(
                "authorisation_mode_is_known_word",
                "authorisation_mode IN ('cached_auth', 'request_start', 'pre_plugin', 'post_plugin')",
            ),
        ),
        *(seconds(f"{name}_seconds") for name in ("authorised_after", "plugged_in_after", "power_after")),
        seconds("authorize_lead_seconds"),
        sa.Column("trigger_reasons", sa.String(255)),
        sa.Column(
            "energy_at_most_kwh",
            sa.Double(),
            check("energy_at_most_is_finite", "energy_at_most_kwh >= 0 AND energy_at_most_kwh < 1000000"),
        ),
        check("end_not_before_start", "end_time >= start_time"),
        check("duration_is_finite", "duration_minutes >= 0 AND duration_minutes < 1000000000"),
        check("energy_is_finite", "energy_kwh >= 0 AND energy_kwh < 1000000"),
        check("peak_power_is_finite", "peak_power_kw >= 0 AND peak_power_kw < 1000000"),
        check("start_soc_is_a_share", "start_soc_percent >= 0 AND start_soc_percent <= 100"),
        check("end_soc_is_a_share", "end_soc_percent >= 0 AND end_soc_percent <= 100"),
        sa.ForeignKeyConstraint(["station_key"], ["dim_station.station_key"], name="fk_fact_charging__station_key"),
        sa.ForeignKeyConstraint(["time_key"], ["dim_time.time_key"], name="fk_fact_charging__time_key"),
        sa.ForeignKeyConstraint(["load_key"], ["load_ledger.load_key"], name="fk_fact_charging__load_key"),
        sa.PrimaryKeyConstraint("station_key", "session_id", name="pk_fact_charging"),
    ]


def check(name: str, text: str) -> sa.CheckConstraint:
    """A check of the facts."""
    return sa.CheckConstraint(text, name=op.f(f"ck_fact_charging__{name}"))


def flag(name: str) -> sa.Column[bool]:
    """A column of yes or no."""
    return sa.Column(name, sa.Boolean(create_constraint=True, name=op.f(f"ck_fact_charging__{name}_is_boolean")))


def seconds(name: str) -> sa.Column[float]:
    """A column of seconds before or after the start."""
    return sa.Column(name, sa.Double(), check(f"{name}_is_finite", f"{name} > -1000000000 AND {name} < 1000000000"))
