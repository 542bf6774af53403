BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE load_ledger (
    load_key BIGSERIAL NOT NULL,
    source VARCHAR(64) NOT NULL,
    file_name TEXT NOT NULL,
    file_sha256 VARCHAR(64) NOT NULL,
    format VARCHAR(32) NOT NULL,
    profile VARCHAR(255) NOT NULL,
    failures_included VARCHAR(7) NOT NULL,
    timezone VARCHAR(64) NOT NULL,
    time_format TEXT NOT NULL,
    rows_read BIGINT NOT NULL,
    inserted BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    superseded BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    evcharge_version VARCHAR(32) NOT NULL,
    CONSTRAINT pk_load_ledger PRIMARY KEY (load_key),
    CONSTRAINT ck_load_ledger__every_row_is_accounted_for CHECK (rows_read = inserted + updated + unchanged + superseded + rejected),
    CONSTRAINT ck_load_ledger__failures_included_is_known_word CHECK (failures_included IN ('yes', 'no', 'unknown')),
    CONSTRAINT uq_load_ledger__source_file_sha256 UNIQUE (source, file_sha256)
);

CREATE TABLE dim_station (
    station_key BIGSERIAL NOT NULL,
    source VARCHAR(64) NOT NULL,
    station_id VARCHAR(255) NOT NULL,
    name VARCHAR(255),
    operator VARCHAR(255),
    network VARCHAR(255),
    address VARCHAR(255),
    city VARCHAR(255),
    region VARCHAR(255),
    country VARCHAR(255),
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    timezone VARCHAR(64),
    max_power_kw DOUBLE PRECISION,
    opened_on DATE,
    registry_load_key BIGINT,
    CONSTRAINT pk_dim_station PRIMARY KEY (station_key),
    CONSTRAINT fk_dim_station__registry_load_key FOREIGN KEY(registry_load_key) REFERENCES load_ledger (load_key),
    CONSTRAINT uq_dim_station__source_station_id UNIQUE (source, station_id)
);

CREATE TABLE dim_port (
    source VARCHAR(64) NOT NULL,
    port_id VARCHAR(255) NOT NULL,
    station_key BIGINT NOT NULL,
    max_power_kw DOUBLE PRECISION,
    current VARCHAR(2),
    connectors VARCHAR(255),
    named_as_station BOOLEAN NOT NULL,
    load_key BIGINT NOT NULL,
    CONSTRAINT pk_dim_port PRIMARY KEY (source, port_id),
    CONSTRAINT fk_dim_port__station_key FOREIGN KEY(station_key) REFERENCES dim_station (station_key),
    CONSTRAINT fk_dim_port__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key)
);

CREATE INDEX ix_dim_port__station_key ON dim_port (station_key);

CREATE TABLE dim_time (
    time_key BIGINT NOT NULL,
    date DATE NOT NULL,
    year SMALLINT NOT NULL,
    quarter SMALLINT NOT NULL,
    month SMALLINT NOT NULL,
    day SMALLINT NOT NULL,
    hour SMALLINT NOT NULL,
    weekday SMALLINT NOT NULL,
    is_weekend BOOLEAN NOT NULL,
    CONSTRAINT pk_dim_time PRIMARY KEY (time_key),
    CONSTRAINT ck_dim_time__hour_of_a_day CHECK (hour >= 0 AND hour <= 23),
    CONSTRAINT ck_dim_time__weekday_is_iso CHECK (weekday >= 1 AND weekday <= 7)
);

CREATE TABLE fact_charging (
    station_key BIGINT NOT NULL,
    session_id VARCHAR(255) NOT NULL,
    time_key BIGINT NOT NULL,
    load_key BIGINT NOT NULL,
    source_line BIGINT NOT NULL,
    port_id VARCHAR(255),
    connector_id VARCHAR(255),
    driver_ref VARCHAR(64),
    start_time TIMESTAMP WITH TIME ZONE NOT NULL,
    end_time TIMESTAMP WITH TIME ZONE,
    duration_minutes DOUBLE PRECISION,
    energy_kwh DOUBLE PRECISION,
    peak_power_kw DOUBLE PRECISION,
    success BOOLEAN,
    stop_reason VARCHAR(255),
    error_code VARCHAR(255),
    start_soc_percent DOUBLE PRECISION,
    end_soc_percent DOUBLE PRECISION,
    has_transaction BOOLEAN,
    reached_charging BOOLEAN,
    next_status VARCHAR(255),
    source_updated_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_fact_charging PRIMARY KEY (station_key, session_id),
    CONSTRAINT ck_fact_charging__end_not_before_start CHECK (end_time >= start_time),
    CONSTRAINT ck_fact_charging__duration_is_finite CHECK (duration_minutes >= 0 AND duration_minutes < 1000000000),
    CONSTRAINT ck_fact_charging__energy_is_finite CHECK (energy_kwh >= 0 AND energy_kwh < 1000000),
    CONSTRAINT ck_fact_charging__peak_power_is_finite CHECK (peak_power_kw >= 0 AND peak_power_kw < 1000000),
    CONSTRAINT ck_fact_charging__start_soc_is_a_share CHECK (start_soc_percent >= 0 AND start_soc_percent <= 100),
    CONSTRAINT ck_fact_charging__end_soc_is_a_share CHECK (end_soc_percent >= 0 AND end_soc_percent <= 100),
    CONSTRAINT fk_fact_charging__station_key FOREIGN KEY(station_key) REFERENCES dim_station (station_key),
    CONSTRAINT fk_fact_charging__time_key FOREIGN KEY(time_key) REFERENCES dim_time (time_key),
    CONSTRAINT fk_fact_charging__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key)
);

CREATE INDEX ix_fact_charging__time_key ON fact_charging (time_key);

CREATE INDEX ix_fact_charging__load_key ON fact_charging (load_key);

CREATE TABLE rejected_row (
    load_key BIGINT NOT NULL,
    source_line BIGINT NOT NULL,
    rule VARCHAR(64) NOT NULL,
    "column" VARCHAR(64),
    value TEXT,
    raw TEXT NOT NULL,
    CONSTRAINT pk_rejected_row PRIMARY KEY (load_key, source_line, rule),
    CONSTRAINT fk_rejected_row__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key)
);

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
JOIN load_ledger l ON l.load_key = f.load_key;

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
) c ON c.station_key = s.station_key;

INSERT INTO alembic_version (version_num) VALUES ('0001') RETURNING alembic_version.version_num;

-- Running upgrade 0001 -> 0002

DROP VIEW v_charging;

ALTER TABLE fact_charging ADD COLUMN authorisation_mode VARCHAR(16) CONSTRAINT ck_fact_charging__authorisation_mode_is_known_word CHECK (authorisation_mode IN ('cached_auth', 'request_start', 'pre_plugin', 'post_plugin'));

ALTER TABLE fact_charging ADD COLUMN authorised_after_seconds DOUBLE PRECISION CONSTRAINT ck_fact_charging__authorised_after_seconds_is_finite CHECK (authorised_after_seconds > -1000000000 AND authorised_after_seconds < 1000000000);

ALTER TABLE fact_charging ADD COLUMN plugged_in_after_seconds DOUBLE PRECISION CONSTRAINT ck_fact_charging__plugged_in_after_seconds_is_finite CHECK (plugged_in_after_seconds > -1000000000 AND plugged_in_after_seconds < 1000000000);

ALTER TABLE fact_charging ADD COLUMN power_after_seconds DOUBLE PRECISION CONSTRAINT ck_fact_charging__power_after_seconds_is_finite CHECK (power_after_seconds > -1000000000 AND power_after_seconds < 1000000000);

ALTER TABLE fact_charging ADD COLUMN authorize_lead_seconds DOUBLE PRECISION CONSTRAINT ck_fact_charging__authorize_lead_seconds_is_finite CHECK (authorize_lead_seconds > -1000000000 AND authorize_lead_seconds < 1000000000);

ALTER TABLE fact_charging ADD COLUMN trigger_reasons VARCHAR(255);

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
JOIN load_ledger l ON l.load_key = f.load_key;

UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';

-- Running upgrade 0002 -> 0003

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
) c ON c.station_key = s.station_key;

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
) c ON c.station_key = s.station_key;

DROP VIEW v_station_reliability;

CREATE VIEW v_station_reliability AS
SELECT s.source, s.station_id, s.name AS station_name, s.operator, s.network, s.city, s.region, s.country, s.latitude, s.longitude, c.sessions,
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
) c ON c.station_key = s.station_key;

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';

-- Running upgrade 0003 -> 0004

ALTER TABLE rejected_row ADD COLUMN would_have_been VARCHAR(7) CONSTRAINT ck_rejected_row__would_have_been_is_known_word CHECK (would_have_been IN ('success', 'failure', 'unknown'));

ALTER TABLE rejected_row ADD COLUMN station_id VARCHAR(255);

ALTER TABLE rejected_row ADD COLUMN time_key BIGINT;

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003';

-- Running upgrade 0004 -> 0005

ALTER TABLE load_ledger ADD COLUMN status VARCHAR(10) DEFAULT 'loaded' NOT NULL CONSTRAINT ck_load_ledger__status_is_known_word CHECK (status IN ('loaded', 'incomplete', 'unloaded'));

ALTER TABLE load_ledger ADD COLUMN unloaded_at TIMESTAMP WITH TIME ZONE;

CREATE TABLE load_overlap (
    load_key BIGINT NOT NULL,
    holder_key BIGINT NOT NULL,
    CONSTRAINT pk_load_overlap PRIMARY KEY (load_key, holder_key),
    CONSTRAINT fk_load_overlap__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key),
    CONSTRAINT fk_load_overlap__holder_key FOREIGN KEY(holder_key) REFERENCES load_ledger (load_key)
);

CREATE INDEX ix_load_overlap__holder_key ON load_overlap (holder_key);

UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004';

-- Running upgrade 0005 -> 0006

ALTER TABLE dim_station ADD COLUMN department VARCHAR(255);

UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0005';

-- Running upgrade 0006 -> 0007

CREATE TABLE report_run (
    run_key BIGSERIAL NOT NULL,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    evcharge_version VARCHAR(32) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    definition TEXT NOT NULL,
    definition_version INTEGER NOT NULL,
    target DOUBLE PRECISION NOT NULL,
    selected_from DATE,
    selected_to DATE,
    selected_stations TEXT NOT NULL,
    data_from DATE NOT NULL,
    data_to DATE NOT NULL,
    stations BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    successes BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    excluded BIGINT NOT NULL,
    success_ratio DOUBLE PRECISION,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    verdict TEXT NOT NULL,
    failures_included VARCHAR(7) NOT NULL,
    refused_rows BIGINT NOT NULL,
    refused_failures BIGINT NOT NULL,
    made_up_sessions BIGINT NOT NULL,
    CONSTRAINT pk_report_run PRIMARY KEY (run_key)
);

CREATE TABLE station_verdict (
    run_key BIGINT NOT NULL,
    source TEXT NOT NULL,
    station_id TEXT NOT NULL,
    name TEXT,
    label TEXT NOT NULL,
    operator TEXT,
    network TEXT,
    city TEXT,
    region TEXT,
    ports BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    successes BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    excluded BIGINT NOT NULL,
    success_ratio DOUBLE PRECISION,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    verdict TEXT NOT NULL,
    failures_included TEXT NOT NULL,
    verdict_now TEXT NOT NULL,
    rate_now DOUBLE PRECISION,
    low_now DOUBLE PRECISION,
    high_now DOUBLE PRECISION,
    attempts_now BIGINT NOT NULL,
    successes_now BIGINT NOT NULL,
    since DATE,
    changed BOOLEAN NOT NULL,
    rate_before DOUBLE PRECISION,
    attempts_before BIGINT NOT NULL,
    successes_before BIGINT NOT NULL,
    rate_4_weeks DOUBLE PRECISION,
    attempts_4_weeks BIGINT NOT NULL,
    successes_4_weeks BIGINT NOT NULL,
    silent BOOLEAN NOT NULL,
    out_of_use BOOLEAN NOT NULL,
    last_session DATE NOT NULL,
    silent_days BIGINT NOT NULL,
    silence_chance DOUBLE PRECISION,
    data_ends DATE NOT NULL,
    no_data BOOLEAN NOT NULL,
    usual_since DATE NOT NULL,
    attempts_per_week DOUBLE PRECISION,
    successes_per_week DOUBLE PRECISION,
    visits_now DOUBLE PRECISION,
    failed_visits_now DOUBLE PRECISION,
    joined_by_chance DOUBLE PRECISION,
    visits_per_week DOUBLE PRECISION,
    charges_lost_per_week DOUBLE PRECISION,
    charges_lost_per_week_low DOUBLE PRECISION,
    charges_lost_per_week_high DOUBLE PRECISION,
    kwh_lost_per_week DOUBLE PRECISION,
    kwh_lost_per_week_low DOUBLE PRECISION,
    kwh_lost_per_week_high DOUBLE PRECISION,
    reason TEXT,
    reason_share DOUBLE PRECISION,
    worst_port TEXT,
    worst_port_share DOUBLE PRECISION,
    worst_hours TEXT,
    first_step TEXT,
    CONSTRAINT pk_station_verdict PRIMARY KEY (run_key, source, station_id),
    CONSTRAINT fk_station_verdict__run_key FOREIGN KEY(run_key) REFERENCES report_run (run_key)
);

CREATE VIEW v_station_now AS
SELECT r.definition, r.target, r.data_from, r.data_to, r.saved_at, v.source, v.station_id,
       v.name, v.label, v.operator, v.network, v.city, v.region, v.ports, v.attempts, v.successes, v.failures, v.unknown, v.excluded, v.success_ratio, v.low, v.high, v.verdict, v.failures_included, v.verdict_now, v.rate_now, v.low_now, v.high_now, v.attempts_now, v.successes_now, v.since, v.changed, v.rate_before, v.attempts_before, v.successes_before, v.rate_4_weeks, v.attempts_4_weeks, v.successes_4_weeks, v.silent, v.out_of_use, v.last_session, v.silent_days, v.silence_chance, v.data_ends, v.no_data, v.usual_since, v.attempts_per_week, v.successes_per_week, v.visits_now, v.failed_visits_now, v.joined_by_chance, v.visits_per_week, v.charges_lost_per_week, v.charges_lost_per_week_low, v.charges_lost_per_week_high, v.kwh_lost_per_week, v.kwh_lost_per_week_low, v.kwh_lost_per_week_high, v.reason, v.reason_share, v.worst_port, v.worst_port_share, v.worst_hours, v.first_step
FROM report_run r
JOIN station_verdict v ON v.run_key = r.run_key
JOIN (
    SELECT definition, target, MAX(run_key) AS run_key
    FROM report_run
    WHERE selected_stations = '' AND selected_to IS NULL
    GROUP BY definition, target
) newest ON newest.run_key = r.run_key;

UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0006';

-- Running upgrade 0007 -> 0008

ALTER TABLE fact_charging ADD COLUMN energy_at_most_kwh DOUBLE PRECISION CONSTRAINT ck_fact_charging__energy_at_most_is_finite CHECK (energy_at_most_kwh >= 0 AND energy_at_most_kwh < 1000000);

UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0007';

-- Running upgrade 0008 -> 0009

ALTER TABLE load_ledger ADD COLUMN workbook_sha256 VARCHAR(64);

UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0008';

-- Running upgrade 0009 -> 0010

DROP INDEX ix_fact_charging__time_key;

DROP INDEX ix_fact_charging__load_key;

UPDATE alembic_version SET version_num='0010' WHERE alembic_version.version_num = '0009';

-- Running upgrade 0010 -> 0011

CREATE TABLE station_day_outcome (
    station_key BIGINT NOT NULL,
    outcomes VARCHAR(32) NOT NULL,
    day BIGINT NOT NULL,
    load_key BIGINT NOT NULL,
    sessions BIGINT NOT NULL,
    with_energy BIGINT NOT NULL,
    energy_microkwh BIGINT NOT NULL,
    first_hour BIGINT NOT NULL,
    last_hour BIGINT NOT NULL,
    no_transaction BIGINT NOT NULL,
    with_port BIGINT NOT NULL,
    with_reason BIGINT NOT NULL,
    CONSTRAINT pk_station_day_outcome PRIMARY KEY (station_key, outcomes, day, load_key),
    CONSTRAINT fk_station_day_outcome__station_key FOREIGN KEY(station_key) REFERENCES dim_station (station_key),
    CONSTRAINT fk_station_day_outcome__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key)
);

CREATE TABLE outcome_letter (
    place SMALLINT NOT NULL,
    definition VARCHAR(64) NOT NULL,
    version SMALLINT NOT NULL,
    CONSTRAINT pk_outcome_letter PRIMARY KEY (place)
);

UPDATE alembic_version SET version_num='0011' WHERE alembic_version.version_num = '0010';

-- Running upgrade 0011 -> 0012

ALTER TABLE load_ledger ADD COLUMN log_ended_at TIMESTAMP WITH TIME ZONE;

UPDATE alembic_version SET version_num='0012' WHERE alembic_version.version_num = '0011';

-- Running upgrade 0012 -> 0013

ALTER TABLE dim_port ADD COLUMN commissioned_on DATE;

ALTER TABLE dim_port ADD COLUMN decommissioned_on DATE;

ALTER TABLE dim_port ADD COLUMN opening_hours VARCHAR(255);

CREATE TABLE load_count (
    load_key BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    rows_read BIGINT NOT NULL,
    inserted BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    superseded BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    CONSTRAINT pk_load_count PRIMARY KEY (load_key, kind),
    CONSTRAINT ck_load_count__every_row_is_accounted_for CHECK (rows_read = inserted + updated + unchanged + superseded + rejected),
    CONSTRAINT ck_load_count__kind_is_known_word CHECK (kind IN ('sessions', 'statuses', 'contacts', 'outages', 'stations')),
    CONSTRAINT fk_load_count__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key)
);

CREATE TABLE fact_status (
    station_key BIGINT NOT NULL,
    port_id VARCHAR(255) NOT NULL,
    from_time TIMESTAMP WITH TIME ZONE NOT NULL,
    evidence VARCHAR(8) NOT NULL,
    load_key BIGINT NOT NULL,
    until_time TIMESTAMP WITH TIME ZONE NOT NULL,
    word VARCHAR(255) NOT NULL,
    state VARCHAR(12) NOT NULL,
    error_code VARCHAR(255),
    vendor_error_code VARCHAR(255),
    source_line BIGINT NOT NULL,
    last_line BIGINT NOT NULL,
    source_updated_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_fact_status PRIMARY KEY (station_key, port_id, from_time, evidence, load_key),
    CONSTRAINT ck_fact_status__until_not_before_from CHECK (until_time >= from_time),
    CONSTRAINT ck_fact_status__state_is_known_word CHECK (state IN ('up', 'down', 'unknown', 'out_of_scope')),
    CONSTRAINT ck_fact_status__evidence_is_known_word CHECK (evidence IN ('event', 'poll', 'snapshot')),
    CONSTRAINT fk_fact_status__station_key FOREIGN KEY(station_key) REFERENCES dim_station (station_key),
    CONSTRAINT fk_fact_status__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key)
);

CREATE TABLE fact_contact (
    station_key BIGINT NOT NULL,
    charger_id VARCHAR(255) NOT NULL,
    from_time TIMESTAMP WITH TIME ZONE NOT NULL,
    evidence VARCHAR(11) NOT NULL,
    load_key BIGINT NOT NULL,
    until_time TIMESTAMP WITH TIME ZONE,
    heartbeat_seconds DOUBLE PRECISION,
    source_line BIGINT NOT NULL,
    last_line BIGINT NOT NULL,
    CONSTRAINT pk_fact_contact PRIMARY KEY (station_key, charger_id, from_time, evidence, load_key),
    CONSTRAINT ck_fact_contact__until_not_before_from CHECK (until_time >= from_time),
    CONSTRAINT ck_fact_contact__evidence_is_known_word CHECK (evidence IN ('own_message', 'back_office')),
    CONSTRAINT ck_fact_contact__heartbeat_is_finite CHECK (heartbeat_seconds > 0 AND heartbeat_seconds < 1000000000),
    CONSTRAINT fk_fact_contact__station_key FOREIGN KEY(station_key) REFERENCES dim_station (station_key),
    CONSTRAINT fk_fact_contact__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key)
);

CREATE TABLE fact_outage (
    station_key BIGINT NOT NULL,
    port_id VARCHAR(255) NOT NULL,
    from_time TIMESTAMP WITH TIME ZONE NOT NULL,
    load_key BIGINT NOT NULL,
    source_line BIGINT NOT NULL,
    until_time TIMESTAMP WITH TIME ZONE NOT NULL,
    kind VARCHAR(9) NOT NULL,
    cause VARCHAR(255),
    reference VARCHAR(255),
    claimed_by VARCHAR(255),
    CONSTRAINT pk_fact_outage PRIMARY KEY (station_key, port_id, from_time, load_key, source_line),
    CONSTRAINT ck_fact_outage__until_not_before_from CHECK (until_time >= from_time),
    CONSTRAINT ck_fact_outage__kind_is_known_word CHECK (kind IN ('outage', 'exemption')),
    CONSTRAINT fk_fact_outage__station_key FOREIGN KEY(station_key) REFERENCES dim_station (station_key),
    CONSTRAINT fk_fact_outage__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key)
);

CREATE TABLE rejected_evidence (
    load_key BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    source_line BIGINT NOT NULL,
    rule VARCHAR(64) NOT NULL,
    "column" VARCHAR(64),
    value TEXT,
    raw TEXT NOT NULL,
    station_id VARCHAR(255),
    port_id VARCHAR(255),
    at_time TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_rejected_evidence PRIMARY KEY (load_key, kind, source_line, rule),
    CONSTRAINT ck_rejected_evidence__kind_is_known_word CHECK (kind IN ('statuses', 'contacts', 'outages')),
    CONSTRAINT fk_rejected_evidence__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key)
);

INSERT INTO load_count (load_key, kind, rows_read, inserted, updated, unchanged, superseded, rejected)
SELECT load_key, CASE WHEN timezone = 'none' THEN 'stations' ELSE 'sessions' END,
       rows_read, inserted, updated, unchanged, superseded, rejected
FROM load_ledger;

UPDATE alembic_version SET version_num='0013' WHERE alembic_version.version_num = '0012';

-- Running upgrade 0013 -> 0014

CREATE VIEW v_outages AS
SELECT s.source, s.station_id, s.name AS station_name, o.port_id, o.kind, o.from_time, o.until_time,
       CAST(EXTRACT(EPOCH FROM o.until_time - o.from_time) AS DOUBLE PRECISION) / 60 AS duration_minutes,
       o.cause, o.reference, o.claimed_by, l.file_name, o.source_line
FROM fact_outage o
JOIN dim_station s ON s.station_key = o.station_key
JOIN load_ledger l ON l.load_key = o.load_key;

UPDATE alembic_version SET version_num='0014' WHERE alembic_version.version_num = '0013';

-- Running upgrade 0014 -> 0015

ALTER TABLE load_count DROP CONSTRAINT ck_load_count__kind_is_known_word;

ALTER TABLE load_count ADD CONSTRAINT ck_load_count__kind_is_known_word CHECK (kind IN ('sessions', 'statuses', 'contacts', 'outages', 'uptimes', 'stations'));

ALTER TABLE rejected_evidence DROP CONSTRAINT ck_rejected_evidence__kind_is_known_word;

ALTER TABLE rejected_evidence ADD CONSTRAINT ck_rejected_evidence__kind_is_known_word CHECK (kind IN ('statuses', 'contacts', 'outages', 'uptimes'));

CREATE TABLE fact_reported_uptime (
    station_key BIGINT NOT NULL,
    port_id VARCHAR(255) NOT NULL,
    from_time TIMESTAMP WITH TIME ZONE NOT NULL,
    load_key BIGINT NOT NULL,
    source_line BIGINT NOT NULL,
    until_time TIMESTAMP WITH TIME ZONE NOT NULL,
    uptime_percent DOUBLE PRECISION,
    outage_minutes DOUBLE PRECISION,
    excluded_minutes DOUBLE PRECISION,
    reported_by VARCHAR(255),
    CONSTRAINT pk_fact_reported_uptime PRIMARY KEY (station_key, port_id, from_time, load_key, source_line),
    CONSTRAINT ck_fact_reported_uptime__until_not_before_from CHECK (until_time >= from_time),
    CONSTRAINT ck_fact_reported_uptime__uptime_is_finite CHECK (uptime_percent >= 0 AND uptime_percent < 1000),
    CONSTRAINT ck_fact_reported_uptime__outage_is_finite CHECK (outage_minutes >= 0 AND outage_minutes < 1000000),
    CONSTRAINT ck_fact_reported_uptime__excluded_is_finite CHECK (excluded_minutes >= 0 AND excluded_minutes < 1000000),
    CONSTRAINT fk_fact_reported_uptime__station_key FOREIGN KEY(station_key) REFERENCES dim_station (station_key),
    CONSTRAINT fk_fact_reported_uptime__load_key FOREIGN KEY(load_key) REFERENCES load_ledger (load_key)
);

UPDATE alembic_version SET version_num='0015' WHERE alembic_version.version_num = '0014';

-- Running upgrade 0015 -> 0016

ALTER TABLE fact_status ADD COLUMN connectors INTEGER;

ALTER TABLE fact_status ADD COLUMN connectors_up INTEGER;

ALTER TABLE fact_status ADD COLUMN spacing_seconds DOUBLE PRECISION;

UPDATE alembic_version SET version_num='0016' WHERE alembic_version.version_num = '0015';

COMMIT;

