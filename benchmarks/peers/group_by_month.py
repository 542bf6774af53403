"""One bare SELECT … GROUP BY over the star's facts, by sqlite3: the same of each station and month."""

import sqlite3

from benchmarks.peers.common import arguments

data, path = arguments()
query = "SELECT station_key, time_key / 10000 AS month, SUM(success), COUNT(*) FROM fact_charging GROUP BY 1, 2"
rows = sqlite3.connect(data.star).execute(query).fetchall()
path.write_text(f"{len(rows)} {sum(row[3] for row in rows)} {sum(row[2] for row in rows)}")
