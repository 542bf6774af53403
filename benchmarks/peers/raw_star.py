"""Inserts the prepared rows with sqlite3.executemany into the star's own table of facts, in one transaction."""

from benchmarks.peers.common import arguments, as_loaded, insert_dimensions, insert_into, prepared

data, path = arguments()
connection = as_loaded(path)
connection.execute("BEGIN IMMEDIATE")
insert_dimensions(connection, data)
_, names, chunks = prepared(data)
statement = insert_into("fact_charging", names)
for rows in chunks:
    connection.executemany(statement, rows)
connection.execute("COMMIT")
