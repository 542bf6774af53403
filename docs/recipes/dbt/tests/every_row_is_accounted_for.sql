-- Loads whose counts do not add up to the rows that were read: there must be none.
SELECT load_key, file_name
FROM {{ source('evcharge', 'load_ledger') }}
WHERE rows_read <> inserted + updated + unchanged + superseded + rejected
