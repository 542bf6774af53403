-- Rows of a kind (sessions, statuses, outages …) of a load whose counts do not add up to those that were read: there must be none.
SELECT load_key, kind
FROM {{ source('evcharge', 'load_count') }}
WHERE rows_read <> inserted + updated + unchanged + superseded + rejected
