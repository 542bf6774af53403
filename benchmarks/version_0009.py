"""The table of facts as it was up to revision 0009, kept to measure against: rowids, and two secondary indexes.

What does not belong here: the table of today, which the migrations make.
"""

from __future__ import annotations

TABLE = """
CREATE TABLE fact_charging (
    station_key INTEGER NOT NULL,
    session_id VARCHAR(255) NOT NULL,
    time_key INTEGER NOT NULL,
    load_key INTEGER NOT NULL,
    source_line BIGINT NOT NULL,
    port_id VARCHAR(255),
    connector_id VARCHAR(255),
    driver_ref VARCHAR(64),
    start_time TEXT NOT NULL,
    end_time TEXT,
    duration_minutes DOUBLE,
    energy_kwh DOUBLE,
    peak_power_kw DOUBLE,
    success BOOLEAN,
    stop_reason VARCHAR(255),
    error_code VARCHAR(255),
    start_soc_percent DOUBLE,
    end_soc_percent DOUBLE,
    has_transaction BOOLEAN,
    reached_charging BOOLEAN,
    next_status VARCHAR(255),
    source_updated_at TEXT,
    authorisation_mode VARCHAR(16)
        CONSTRAINT ck_fact_charging__authorisation_mode_is_known_word
        CHECK (authorisation_mode IN ('cached_auth', 'request_start', 'pre_plugin', 'post_plugin')),
    authorised_after_seconds DOUBLE
        CONSTRAINT ck_fact_charging__authorised_after_seconds_is_finite
        CHECK (authorised_after_seconds > -1000000000 AND authorised_after_seconds < 1000000000),
    plugged_in_after_seconds DOUBLE
        CONSTRAINT ck_fact_charging__plugged_in_after_seconds_is_finite
        CHECK (plugged_in_after_seconds > -1000000000 AND plugged_in_after_seconds < 1000000000),
    power_after_seconds DOUBLE
        CONSTRAINT ck_fact_charging__power_after_seconds_is_finite
        CHECK (power_after_seconds > -1000000000 AND power_after_seconds < 1000000000),
    authorize_lead_seconds DOUBLE
        CONSTRAINT ck_fact_charging__authorize_lead_seconds_is_finite
        CHECK (authorize_lead_seconds > -1000000000 AND authorize_lead_seconds < 1000000000),
    trigger_reasons VARCHAR(255),
    energy_at_most_kwh DOUBLE
        CONSTRAINT ck_fact_charging__energy_at_most_is_finite
        CHECK (energy_at_most_kwh >= 0 AND energy_at_most_kwh < 1000000),
    CONSTRAINT pk_fact_charging PRIMARY KEY (station_key, session_id),
    CONSTRAINT ck_fact_charging__end_not_before_start CHECK (end_time >= start_time),

        CONSTRAINT ck_fact_charging__duration_is_finite
        CHECK (duration_minutes >= 0 AND duration_minutes < 1000000000),

        CONSTRAINT ck_fact_charging__energy_is_finite
        CHECK (energy_kwh >= 0 AND energy_kwh < 1000000),

        CONSTRAINT ck_fact_charging__peak_power_is_finite
        CHECK (peak_power_kw >= 0 AND peak_power_kw < 1000000),

        CONSTRAINT ck_fact_charging__start_soc_is_a_share
        CHECK (start_soc_percent >= 0 AND start_soc_percent <= 100),

        CONSTRAINT ck_fact_charging__end_soc_is_a_share
        CHECK (end_soc_percent >= 0 AND end_soc_percent <= 100),
    CONSTRAINT fk_fact_charging__station_key FOREIGN KEY(station_key) REFERENCES dim_station (station_key),
    CONSTRAINT fk_fact_charging__time_key FOREIGN KEY(time_key) REFERENCES dim_time (time_key),
    CONSTRAINT fk_fact_charging__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key),

        CONSTRAINT ck_fact_charging__success_is_boolean
        CHECK (success IN (0, 1)),

        CONSTRAINT ck_fact_charging__has_transaction_is_boolean
        CHECK (has_transaction IN (0, 1)),

        CONSTRAINT ck_fact_charging__reached_charging_is_boolean
        CHECK (reached_charging IN (0, 1))
)
"""

INDEXES = (
    "CREATE INDEX ix_fact_charging_time_key ON fact_charging (time_key)",
    "CREATE INDEX ix_fact_charging_load_key ON fact_charging (load_key)",
)
