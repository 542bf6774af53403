-- counts
WITH evcharge_sessions AS (
  SELECT
    NULLIF(CAST(t.source AS TEXT), '') AS source,
    NULLIF(CAST(t.station_id AS TEXT), '') AS station_id,
    CAST(t.time_key AS INTEGER) AS time_key,
    CAST(t.duration_minutes AS REAL) AS duration_minutes,
    CAST(t.energy_kwh AS REAL) AS energy_kwh,
    t.success AS success,
    t.has_transaction AS has_transaction,
    CAST(NULL AS INTEGER) AS reached_charging,
    CAST(NULL AS TEXT) AS next_status,
    NULLIF(CAST(t.stop_reason AS TEXT), '') AS stop_reason,
    NULLIF(CAST(t.error_code AS TEXT), '') AS error_code,
    NULLIF(CAST(t.port_id AS TEXT), '') AS port_id
  FROM lake.sessions AS t
), evcharge_outcomes AS (
  SELECT
    s.source AS source,
    s.station_id AS station_id,
    s.time_key AS time_key,
    s.duration_minutes AS duration_minutes,
    s.energy_kwh AS energy_kwh,
    s.success AS success,
    s.has_transaction AS has_transaction,
    s.reached_charging AS reached_charging,
    s.next_status AS next_status,
    s.stop_reason AS stop_reason,
    s.error_code AS error_code,
    s.port_id AS port_id,
    CASE
      WHEN (
        s.success IS NULL
      )
      THEN 'unknown'
      WHEN (
        s.success IS TRUE
      )
      THEN 'success'
      ELSE 'failure'
    END AS o_recorded,
    CASE
      WHEN (
        s.energy_kwh IS NULL OR s.duration_minutes IS NULL
      )
      THEN 'unknown'
      WHEN (
        s.duration_minutes > 2 AND s.energy_kwh > 0.5
      )
      THEN 'success'
      ELSE 'failure'
    END AS o_afirev,
    CASE
      WHEN (
        s.energy_kwh IS NULL OR s.duration_minutes IS NULL
      )
      THEN 'unknown'
      WHEN (
        s.duration_minutes > 2 OR s.energy_kwh > 0.2
      )
      THEN 'success'
      ELSE 'failure'
    END AS o_afirev_old,
    CASE
      WHEN (
        s.energy_kwh IS NULL OR s.duration_minutes IS NULL
      )
      THEN 'unknown'
      WHEN (
        s.duration_minutes > 3 AND s.energy_kwh > 0.5
      )
      THEN 'success'
      ELSE 'failure'
    END AS o_qualicharge_u11,
    CASE
      WHEN (
        s.energy_kwh IS NULL
      )
      THEN 'unknown'
      WHEN (
        s.energy_kwh >= 1.0
      )
      THEN 'success'
      ELSE 'failure'
    END AS o_ucdavis_1kwh,
    CASE
      WHEN (
        s.has_transaction IS FALSE
      )
      THEN 'failure'
      ELSE CASE
        WHEN (
          s.has_transaction IS NULL
          OR s.stop_reason IS NULL
          OR s.energy_kwh IS NULL
          OR s.next_status IS NULL
        )
        THEN 'unknown'
        WHEN (
          s.stop_reason IN ('Local', 'Remote', 'EVDisconnected')
          AND s.energy_kwh > 0.1
          AND s.next_status <> 'Faulted'
        )
        THEN 'success'
        ELSE 'failure'
      END
    END AS o_kwwhat,
    CASE
      WHEN (
        s.has_transaction IS FALSE
      )
      THEN 'failure'
      ELSE CASE
        WHEN (
          s.has_transaction IS NULL
        )
        THEN 'unknown'
        WHEN (
          COALESCE(s.stop_reason, '') IN (
            'EnergyLimitReached',
            'SOCLimitReached',
            'Local',
            'Remote',
            'StoppedByEV',
            'LocalOutOfCredit',
            'TimeLimitReached',
            'EVDisconnected'
          )
        )
        THEN 'success'
        ELSE 'failure'
      END
    END AS o_chargex_session,
    CASE
      WHEN (
        s.has_transaction IS FALSE
      )
      THEN 'failure'
      ELSE CASE
        WHEN (
          s.has_transaction IS NULL OR s.reached_charging IS NULL
        )
        THEN 'unknown'
        WHEN (
          s.reached_charging IS TRUE
          AND COALESCE(s.stop_reason, '') IN (
            'EnergyLimitReached',
            'SOCLimitReached',
            'Local',
            'Remote',
            'StoppedByEV',
            'LocalOutOfCredit',
            'TimeLimitReached',
            'EVDisconnected'
          )
        )
        THEN 'success'
        ELSE 'failure'
      END
    END AS o_csr_now_p3_provisional
  FROM evcharge_sessions AS s
), evcharge_letters AS (
  SELECT
    o.source AS source,
    o.station_id AS station_id,
    CAST(SUBSTRING(CAST(o.time_key AS TEXT), 1, 8) AS INTEGER) AS day,
    CASE o.o_recorded
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END || CASE o.o_afirev
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END || CASE o.o_afirev_old
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END || CASE o.o_qualicharge_u11
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END || CASE o.o_ucdavis_1kwh
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END || CASE o.o_kwwhat
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END || CASE o.o_chargex_session
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END || CASE o.o_csr_now_p3_provisional
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END AS outcomes,
    o.time_key AS time_key,
    o.energy_kwh AS energy_kwh,
    CAST(o.energy_kwh * 1000000.0 + 0.5 AS INTEGER) AS microkwh,
    CASE WHEN (
      o.has_transaction IS FALSE
    ) THEN 1 END AS refused,
    o.port_id AS port_id,
    COALESCE(o.stop_reason, o.error_code) AS reason,
    'unknown' AS publisher
  FROM evcharge_outcomes AS o
)
SELECT
  l.source,
  l.station_id,
  l.day,
  l.outcomes,
  'recorded@1 afirev@1 afirev_old@1 qualicharge_u11@1 ucdavis_1kwh@1 kwwhat@1 chargex_session@1 csr_now_p3_provisional@1' AS letters,
  COUNT(*) AS sessions,
  COUNT(l.energy_kwh) AS with_energy,
  CAST(COALESCE(SUM(l.microkwh), 0) AS INTEGER) AS energy_microkwh,
  MIN(l.time_key) AS first_hour,
  MAX(l.time_key) AS last_hour,
  COUNT(l.refused) AS no_transaction,
  COUNT(l.port_id) AS with_port,
  COUNT(l.reason) AS with_reason,
  MIN(l.publisher) AS failures_included
FROM evcharge_letters AS l
GROUP BY
  l.source,
  l.station_id,
  l.day,
  l.outcomes;

-- stations
WITH evcharge_sessions AS (
  SELECT
    NULLIF(CAST(t.source AS TEXT), '') AS source,
    NULLIF(CAST(t.station_id AS TEXT), '') AS station_id,
    NULLIF(CAST(t.port_id AS TEXT), '') AS port_id,
    NULLIF(CAST(t.label AS TEXT), '') AS name
  FROM lake.sessions AS t
)
SELECT
  s.source,
  s.station_id,
  MIN(s.name) AS name,
  COUNT(DISTINCT s.port_id) AS ports
FROM evcharge_sessions AS s
GROUP BY
  s.source,
  s.station_id;

-- failures
WITH evcharge_sessions AS (
  SELECT
    NULLIF(CAST(t.source AS TEXT), '') AS source,
    NULLIF(CAST(t.station_id AS TEXT), '') AS station_id,
    CAST(STRFTIME('%Y%m%d%H', SUBSTRING(t.started, 1, 19)) AS INTEGER) AS time_key,
    CAST(t.duration_minutes AS REAL) AS duration_minutes,
    CAST(t.wh * 0.001 AS REAL) AS energy_kwh,
    t.has_transaction AS has_transaction,
    CAST(NULL AS TEXT) AS next_status,
    NULLIF(CAST(t.stop_reason AS TEXT), '') AS stop_reason,
    NULLIF(CAST(t.error_code AS TEXT), '') AS error_code
  FROM lake.sessions AS t
), evcharge_outcomes AS (
  SELECT
    s.source AS source,
    s.station_id AS station_id,
    s.time_key AS time_key,
    s.duration_minutes AS duration_minutes,
    s.energy_kwh AS energy_kwh,
    s.has_transaction AS has_transaction,
    s.next_status AS next_status,
    s.stop_reason AS stop_reason,
    s.error_code AS error_code,
    CASE
      WHEN (
        s.energy_kwh IS NULL OR s.duration_minutes IS NULL
      )
      THEN 'unknown'
      WHEN (
        s.duration_minutes > 2 AND s.energy_kwh > 0.5
      )
      THEN 'success'
      ELSE 'failure'
    END AS o_afirev,
    CASE
      WHEN (
        s.has_transaction IS FALSE
      )
      THEN 'failure'
      ELSE CASE
        WHEN (
          s.has_transaction IS NULL
          OR s.stop_reason IS NULL
          OR s.energy_kwh IS NULL
          OR s.next_status IS NULL
        )
        THEN 'unknown'
        WHEN (
          s.stop_reason IN ('Local', 'Remote', 'EVDisconnected')
          AND s.energy_kwh > 0.1
          AND s.next_status <> 'Faulted'
        )
        THEN 'success'
        ELSE 'failure'
      END
    END AS o_kwwhat
  FROM evcharge_sessions AS s
), evcharge_letters AS (
  SELECT
    o.source AS source,
    o.station_id AS station_id,
    CAST(SUBSTRING(CAST(o.time_key AS TEXT), 1, 8) AS INTEGER) AS day,
    CASE o.o_afirev
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END || CASE o.o_kwwhat
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END AS outcomes,
    o.stop_reason AS stop_reason,
    o.error_code AS error_code
  FROM evcharge_outcomes AS o
  WHERE
    o.o_afirev = 'failure' OR o.o_kwwhat = 'failure'
)
SELECT
  l.source,
  l.station_id,
  l.day,
  l.outcomes,
  'afirev@1 kwwhat@1' AS letters,
  l.stop_reason,
  l.error_code,
  COUNT(*) AS sessions
FROM evcharge_letters AS l
GROUP BY
  l.source,
  l.station_id,
  l.day,
  l.outcomes,
  l.stop_reason,
  l.error_code;

-- detail
WITH evcharge_sessions AS (
  SELECT
    NULLIF(CAST(t.source AS TEXT), '') AS source,
    NULLIF(CAST(t.station_id AS TEXT), '') AS station_id,
    CAST(t.time_key AS INTEGER) AS time_key,
    CAST(t.duration_minutes AS REAL) AS duration_minutes,
    CAST(t.energy_kwh AS REAL) AS energy_kwh,
    t.has_transaction AS has_transaction,
    CAST(NULL AS TEXT) AS next_status,
    NULLIF(CAST(t.stop_reason AS TEXT), '') AS stop_reason,
    NULLIF(CAST(t.port_id AS TEXT), '') AS port_id
  FROM lake.sessions AS t
), evcharge_outcomes AS (
  SELECT
    s.source AS source,
    s.station_id AS station_id,
    s.time_key AS time_key,
    s.duration_minutes AS duration_minutes,
    s.energy_kwh AS energy_kwh,
    s.has_transaction AS has_transaction,
    s.next_status AS next_status,
    s.stop_reason AS stop_reason,
    s.port_id AS port_id,
    CASE
      WHEN (
        s.energy_kwh IS NULL OR s.duration_minutes IS NULL
      )
      THEN 'unknown'
      WHEN (
        s.duration_minutes > 2 AND s.energy_kwh > 0.5
      )
      THEN 'success'
      ELSE 'failure'
    END AS o_afirev,
    CASE
      WHEN (
        s.has_transaction IS FALSE
      )
      THEN 'failure'
      ELSE CASE
        WHEN (
          s.has_transaction IS NULL
          OR s.stop_reason IS NULL
          OR s.energy_kwh IS NULL
          OR s.next_status IS NULL
        )
        THEN 'unknown'
        WHEN (
          s.stop_reason IN ('Local', 'Remote', 'EVDisconnected')
          AND s.energy_kwh > 0.1
          AND s.next_status <> 'Faulted'
        )
        THEN 'success'
        ELSE 'failure'
      END
    END AS o_kwwhat
  FROM evcharge_sessions AS s
), evcharge_letters AS (
  SELECT
    o.source AS source,
    o.station_id AS station_id,
    CAST(SUBSTRING(CAST(o.time_key AS TEXT), 1, 8) AS INTEGER) AS day,
    CASE o.o_afirev
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END || CASE o.o_kwwhat
      WHEN 'success'
      THEN 'S'
      WHEN 'failure'
      THEN 'F'
      WHEN 'excluded'
      THEN 'E'
      ELSE 'U'
    END AS outcomes,
    o.port_id AS port_id,
    o.time_key % 100 AS hour
  FROM evcharge_outcomes AS o
  WHERE
    o.source = 'city'
    AND o.station_id IN ('A', 'O''Hare\2')
    OR o.source = 'state'
    AND o.station_id IN ('B')
)
SELECT
  l.source,
  l.station_id,
  l.port_id,
  l.day,
  l.hour,
  l.outcomes,
  'afirev@1 kwwhat@1' AS letters,
  COUNT(*) AS sessions
FROM evcharge_letters AS l
GROUP BY
  l.source,
  l.station_id,
  l.port_id,
  l.day,
  l.hour,
  l.outcomes;

-- the check
WITH evcharge_sessions AS (
  SELECT
    NULLIF(CAST(t.session_id AS TEXT), '') AS session_id,
    NULLIF(CAST(t.source AS TEXT), '') AS source,
    NULLIF(CAST(t.station_id AS TEXT), '') AS station_id,
    CAST(STRFTIME('%Y%m%d%H', SUBSTRING(t.started, 1, 19)) AS INTEGER) AS time_key,
    CAST(t.duration_minutes AS REAL) AS duration_minutes,
    CAST(t.wh * 0.001 AS REAL) AS energy_kwh,
    t.has_transaction AS has_transaction,
    CAST(NULL AS TEXT) AS next_status,
    NULLIF(CAST(t.stop_reason AS TEXT), '') AS stop_reason,
    NULLIF(CAST(t.error_code AS TEXT), '') AS error_code,
    NULLIF(CAST(t.port_id AS TEXT), '') AS port_id,
    NULLIF(CAST('yes' AS TEXT), '') AS failures_included,
    CASE
      WHEN COALESCE(
        TYPEOF(t.duration_minutes) IN ('text', 'blob')
        OR TYPEOF(t.wh * 0.001) IN ('text', 'blob')
        OR TYPEOF(t.has_transaction) IN ('text', 'blob')
        OR (
          NOT t.has_transaction IN (0, 1)
        ),
        FALSE
      )
      THEN 1
      ELSE 0
    END AS other_type,
    CASE
      WHEN COALESCE(LTRIM(SUBSTRING(t.started, 12), '0123456789:.') <> '', FALSE)
      THEN 1
      ELSE 0
    END AS zoned
  FROM lake.sessions AS t
), evcharge_ids AS (
  SELECT
    COUNT(*) AS sessions,
    SUM(
      CASE
        WHEN (
          s.source IS NULL OR s.station_id IS NULL OR s.session_id IS NULL
        )
        THEN 1
        ELSE 0
      END
    ) AS without_id,
    SUM(
      CASE
        WHEN (
          s.time_key >= 2005000000
          AND s.time_key <= 9999123123
          AND s.time_key % 1000000 >= 10100
          AND s.time_key % 1000000 <= 123123
          AND s.time_key % 10000 >= 100
          AND s.time_key % 10000 <= 3123
          AND s.time_key % 100 <= 23
        )
        THEN 0
        ELSE 1
      END
    ) AS without_hour,
    SUM(s.zoned) AS zoned,
    SUM(CASE WHEN (
      s.energy_kwh < 0
    ) THEN 1 ELSE 0 END) AS negative_energy,
    SUM(CASE WHEN (
      s.energy_kwh IS NULL OR s.energy_kwh <= 1000.0
    ) THEN 0 ELSE 1 END) AS energy_beyond,
    SUM(CASE WHEN (
      s.duration_minutes < 0
    ) THEN 1 ELSE 0 END) AS ends_before_start,
    SUM(
      CASE
        WHEN (
          s.duration_minutes IS NULL OR s.duration_minutes <= 527040.0
        )
        THEN 0
        ELSE 1
      END
    ) AS duration_beyond,
    SUM(
      CASE
        WHEN (
          (
            NOT COALESCE(s.failures_included, 'unknown') IN ('yes', 'no', 'unknown')
          )
        )
        THEN 1
        ELSE 0
      END
    ) AS unknown_word,
    SUM(s.other_type) AS other_type
  FROM evcharge_sessions AS s
  GROUP BY
    s.source,
    s.station_id,
    s.session_id
)
SELECT
  CAST(COALESCE(SUM(i.sessions), 0) AS INTEGER) AS sessions,
  CAST(COALESCE(SUM(i.without_id), 0) AS INTEGER) AS without_id,
  CAST(COALESCE(SUM(i.without_hour), 0) AS INTEGER) AS without_hour,
  CAST(COALESCE(SUM(i.zoned), 0) AS INTEGER) AS zoned,
  CAST(COALESCE(SUM(i.negative_energy), 0) AS INTEGER) AS negative_energy,
  CAST(COALESCE(SUM(i.energy_beyond), 0) AS INTEGER) AS energy_beyond,
  CAST(COALESCE(SUM(i.ends_before_start), 0) AS INTEGER) AS ends_before_start,
  CAST(COALESCE(SUM(i.duration_beyond), 0) AS INTEGER) AS duration_beyond,
  CAST(COALESCE(SUM(i.unknown_word), 0) AS INTEGER) AS unknown_word,
  CAST(COALESCE(SUM(i.other_type), 0) AS INTEGER) AS other_type,
  COUNT(*) AS distinct_ids
FROM evcharge_ids AS i;
