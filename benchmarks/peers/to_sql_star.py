"""pandas: read_csv and to_sql in chunks, into the star's own tables, whose stations and hours are there."""

import sqlite3

from benchmarks.peers.common import INSTANTS, arguments, facts_of, insert_dimensions

data, path = arguments()
with sqlite3.connect(path) as connection:
    connection.execute("PRAGMA foreign_keys=ON")
    keys = insert_dimensions(connection, data)
    for frame in facts_of(data, keys):
        for name in INSTANTS:
            frame[name] = frame[name].dt.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        frame.to_sql("fact_charging", connection, if_exists="append", index=False)
