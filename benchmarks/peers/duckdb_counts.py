"""DuckDB, one thread, over the star as Parquet: the counts of every definition, by the definitions of evcharge."""

import sys

from benchmarks.peers.common import arguments, required

duckdb = required("duckdb")

data, path = arguments()
duck = duckdb.connect()
duck.execute("SET threads = 1")
if sys.argv[3:] == ["nothing"]:
    sys.exit()
for table in ("fact_charging", "dim_station", "dim_time", "load_ledger"):
    duck.execute(f"CREATE VIEW {table} AS SELECT * FROM '{data.parquet / table}.parquet'")
statement = path.with_suffix(".sql").read_text(encoding="utf-8")
rows = duck.execute(statement).fetchall()
names = [column[0] for column in duck.description]
sums = (sum(row[names.index(name)] for row in rows) for name in ("sessions", "recorded_successes", "afirev_failures"))
path.write_text(" ".join(map(str, (len(rows), *sums))))
