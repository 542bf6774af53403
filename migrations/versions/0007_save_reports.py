"""Keep what saved reports said: of the whole network, and of each station; the newest of each station is a view.

Revision: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
TEXT, WHOLE, NUMBER, DAY, FLAG = sa.Text(), sa.BigInteger(), sa.Double(), sa.Date(), sa.Boolean()
FIGURES = (  # of station_verdict: name, type, whether it may be empty
    ("name", TEXT, True),
    ("label", TEXT, False),
    ("operator", TEXT, True),
    ("network", TEXT, True),
    ("city", TEXT, True),
    ("region", TEXT, True),
    ("ports", WHOLE, False),
    ("attempts", WHOLE, False),
    ("successes", WHOLE, False),
    ("failures", WHOLE, False),
    ("unknown", WHOLE, False),
    ("excluded", WHOLE, False),
    ("success_ratio", NUMBER, True),
    ("low", NUMBER, True),
    ("high", NUMBER, True),
    ("verdict", TEXT, False),
    ("failures_included", TEXT, False),
    ("verdict_now", TEXT, False),
    ("rate_now", NUMBER, True),
    ("low_now", NUMBER, True),
    ("high_now", NUMBER, True),
    ("attempts_now", WHOLE, False),
    ("successes_now", WHOLE, False),
    ("since", DAY, True),
    ("changed", FLAG, False),
    ("rate_before", NUMBER, True),
    ("attempts_before", WHOLE, False),
    ("successes_before", WHOLE, False),
    ("rate_4_weeks", NUMBER, True),
    ("attempts_4_weeks", WHOLE, False),
    ("successes_4_weeks", WHOLE, False),
    ("silent", FLAG, False),
    ("out_of_use", FLAG, False),
    ("last_session", DAY, False),
    ("silent_days", WHOLE, False),
    ("silence_chance", NUMBER, True),
    ("data_ends", DAY, False),
    ("no_data", FLAG, False),
    ("usual_since", DAY, False),
    ("attempts_per_week", NUMBER, True),
    ("successes_per_week", NUMBER, True),
    ("visits_now", NUMBER, True),
    ("failed_visits_now", NUMBER, True),
    ("joined_by_chance", NUMBER, True),
    ("visits_per_week", NUMBER, True),
    ("charges_lost_per_week", NUMBER, True),
    ("charges_lost_per_week_low", NUMBER, True),
    ("charges_lost_per_week_high", NUMBER, True),
    ("kwh_lost_per_week", NUMBER, True),
    ("kwh_lost_per_week_low", NUMBER, True),
    ("kwh_lost_per_week_high", NUMBER, True),
    ("reason", TEXT, True),
    ("reason_share", NUMBER, True),
    ("worst_port", TEXT, True),
    ("worst_port_share", NUMBER, True),
    ("worst_hours", TEXT, True),
    ("first_step", TEXT, True),
)

V_STATION_NOW = """
CREATE VIEW v_station_now AS
SELECT r.definition, r.target, r.data_from, r.data_to, r.saved_at, v.source, v.station_id,
       {figures}
FROM report_run r
JOIN station_verdict v ON v.run_key = r.run_key
JOIN (
    SELECT definition, target, MAX(run_key) AS run_key
    FROM report_run
    WHERE selected_stations = '' AND selected_to IS NULL
    GROUP BY definition, target
) newest ON newest.run_key = r.run_key
"""


def upgrade() -> None:
    op.create_table(
        "report_run",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.Column("evcharge_version", sa.String(32), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("definition", TEXT, nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("target", NUMBER, nullable=False),
        sa.Column("selected_from", DAY),
        sa.Column("selected_to", DAY),
        sa.Column("selected_stations", TEXT, nullable=False),
        sa.Column("data_from", DAY, nullable=False),
        sa.Column("data_to", DAY, nullable=False),
        sa.Column("stations", WHOLE, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("successes", WHOLE, nullable=False),
        sa.Column("failures", WHOLE, nullable=False),
        sa.Column("unknown", WHOLE, nullable=False),
        sa.Column("excluded", WHOLE, nullable=False),
        sa.Column("success_ratio", NUMBER),
        sa.Column("low", NUMBER),
        sa.Column("high", NUMBER),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("failures_included", sa.String(7), nullable=False),
        sa.Column("refused_rows", WHOLE, nullable=False),
        sa.Column("refused_failures", WHOLE, nullable=False),
        sa.Column("made_up_sessions", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("run_key", name=op.f("pk_report_run")),
    )
    op.create_table(
        "station_verdict",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("station_id", TEXT, nullable=False),
        *(sa.Column(name, _typed(name, kind), nullable=empty) for name, kind, empty in FIGURES),
        sa.ForeignKeyConstraint(["run_key"], ["report_run.run_key"], name=op.f("fk_station_verdict__run_key")),
        sa.PrimaryKeyConstraint("run_key", "source", "station_id", name=op.f("pk_station_verdict")),
    )
    op.execute(V_STATION_NOW.format(figures=", ".join(f"v.{name}" for name, _, _ in FIGURES)))


def _typed(name: str, kind: sa.types.TypeEngine) -> sa.types.TypeEngine:
    """The type; a flag is checked to be one on SQLite."""
    if kind is not FLAG:
        return kind
    return sa.Boolean(create_constraint=True, name=op.f(f"ck_station_verdict__{name}_is_boolean"))


def downgrade() -> None:
    op.execute("DROP VIEW v_station_now")
    op.drop_table("station_verdict")
    op.drop_table("report_run")
