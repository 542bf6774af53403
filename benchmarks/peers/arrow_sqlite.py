"""pyarrow reads the CSV in blocks; sorted tuples go by executemany into a flat table that is clustered by its key."""

from itertools import repeat

from benchmarks.peers.common import arguments, as_loaded, required

arrow_csv = required("pyarrow.csv")

data, path = arguments()
connection = as_loaded(path)
reader = arrow_csv.open_csv(data.growing, convert_options=arrow_csv.ConvertOptions(timestamp_parsers=["no parser"]))
names = reader.schema.names
columns = ", ".join(names)
connection.execute(f"CREATE TABLE sessions ({columns}, PRIMARY KEY (station_id, session_id)) WITHOUT ROWID")
statement = f"INSERT INTO sessions VALUES ({', '.join(repeat('?', len(names)))})"
connection.execute("BEGIN IMMEDIATE")
for block in reader:
    block = block.sort_by([("station_id", "ascending"), ("session_id", "ascending")])
    connection.executemany(statement, zip(*(column.to_pylist() for column in block.columns), strict=True))
connection.execute("COMMIT")
