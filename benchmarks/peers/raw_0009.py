"""Inserts the prepared rows with sqlite3.executemany into the table of facts as it was up to revision 0009."""

from benchmarks.peers.common import arguments, as_loaded, insert_dimensions, insert_into, prepared
from benchmarks.version_0009 import INDEXES, TABLE

data, path = arguments()
connection = as_loaded(path)
connection.execute("PRAGMA foreign_keys=OFF")
for (view,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall():
    connection.execute(f"DROP VIEW {view}")
connection.execute("DROP TABLE fact_charging")
connection.execute(TABLE)
for index in INDEXES:
    connection.execute(index)
connection.execute("PRAGMA foreign_keys=ON")

connection.execute("BEGIN IMMEDIATE")
insert_dimensions(connection, data)
_, names, chunks = prepared(data)
known = {row[1] for row in connection.execute("PRAGMA table_info(fact_charging)")}
kept = [at for at, name in enumerate(names) if name in known]
statement = insert_into("fact_charging", [names[at] for at in kept])
for rows in chunks:
    all_known = len(kept) == len(names)
    connection.executemany(statement, rows if all_known else [tuple(row[at] for at in kept) for row in rows])
connection.execute("COMMIT")
