"""DuckDB, one thread, reads the CSV and writes it to SQLite: by its extension, or, where that can't be had, by sqlite3.

The extension is downloaded when it is first used; without a network the rows are fetched and inserted by executemany.
"""

from benchmarks.peers.common import arguments, as_loaded, required
from benchmarks.places import ROWS_AT_ONCE

duckdb = required("duckdb")

data, path = arguments()
read = f"SELECT * FROM read_csv('{data.growing}', types = {{'start_time': 'VARCHAR', 'end_time': 'VARCHAR'}})"
duck = duckdb.connect()
duck.execute("SET threads = 1")
try:
    duck.execute("SET autoinstall_known_extensions = false")
    duck.execute("LOAD sqlite")
    duck.execute(f"ATTACH '{path}' AS out (TYPE sqlite)")
    duck.execute(f"CREATE TABLE out.sessions AS {read}")
except duckdb.Error:
    connection = as_loaded(path)
    rows = duck.execute(read)
    names = [column[0] for column in rows.description]
    connection.execute(f"CREATE TABLE sessions ({', '.join(names)})")
    connection.execute("BEGIN IMMEDIATE")
    while chunk := rows.fetchmany(ROWS_AT_ONCE):
        connection.executemany(f"INSERT INTO sessions VALUES ({', '.join('?' * len(names))})", chunk)
    connection.execute("COMMIT")
