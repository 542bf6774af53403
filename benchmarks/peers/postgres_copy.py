"""psycopg: COPY of the prepared rows into a temporary table, then INSERT … SELECT … ON CONFLICT into the facts."""

import os

from benchmarks.peers.common import DIMENSIONS, arguments, prepared, required

psycopg = required("psycopg")

data, path = arguments()
tables, names, chunks = prepared(data)
columns = ", ".join(names)
with psycopg.connect(os.environ["EVCHARGE_BENCHMARK_TARGET"]) as connection, connection.cursor() as cursor:
    for table in DIMENSIONS:
        known, rows = tables[table]
        with cursor.copy(f"COPY {table} ({', '.join(known)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    cursor.execute("CREATE TEMP TABLE incoming (LIKE fact_charging) ON COMMIT DROP")
    for rows in chunks:
        cursor.execute("TRUNCATE incoming")
        with cursor.copy(f"COPY incoming ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        insert = (
            f"INSERT INTO fact_charging ({columns}) SELECT {columns} FROM incoming ORDER BY station_key, session_id"
        )
        cursor.execute(f"{insert} ON CONFLICT DO NOTHING")
