"""One bare SELECT … GROUP BY over the star's facts, by sqlite3: sessions and recorded successes of each station."""

import sqlite3

from benchmarks.peers.common import arguments

data, path = arguments()
query = "SELECT station_key, SUM(success), COUNT(*) FROM fact_charging GROUP BY station_key"
rows = sqlite3.connect(data.star).execute(query).fetchall()
path.write_text(f"{len(rows)} {sum(row[2] for row in rows)} {sum(row[1] for row in rows)}")
