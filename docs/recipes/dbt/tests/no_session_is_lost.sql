-- The weeks hold each session once.
SELECT 1 AS lost
FROM (SELECT SUM(sessions) AS counted FROM {{ ref('station_weeks') }}) AS w
CROSS JOIN (SELECT COUNT(*) AS loaded FROM {{ source('evcharge', 'fact_charging') }}) AS f
WHERE w.counted <> f.loaded
