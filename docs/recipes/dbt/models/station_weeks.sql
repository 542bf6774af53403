-- One row per station and week in which sessions began. Add counts up before you divide: a mean of weekly ratios is none.
SELECT
    f.station_key,
    CAST(DATE_TRUNC('week', t.date) AS DATE) AS week,
    COUNT(*) AS sessions,
    COUNT(CASE WHEN f.success THEN 1 END) AS successes,
    COUNT(CASE WHEN NOT f.success THEN 1 END) AS failures,
    COUNT(CASE WHEN f.success IS NULL THEN 1 END) AS not_known,
    SUM(f.energy_kwh) AS energy_kwh
FROM {{ source('evcharge', 'fact_charging') }} AS f
INNER JOIN {{ source('evcharge', 'dim_time') }} AS t ON t.time_key = f.time_key
GROUP BY f.station_key, CAST(DATE_TRUNC('week', t.date) AS DATE)
