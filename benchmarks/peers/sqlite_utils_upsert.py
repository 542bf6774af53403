"""sqlite-utils: upsert of the CSV's rows by a key of station and session, as ``sqlite-utils upsert --csv`` does."""

import csv

from benchmarks.peers.common import arguments, required

sqlite_utils = required("sqlite_utils")

data, path = arguments()
database = sqlite_utils.Database(path)
with data.growing.open(newline="", encoding="utf-8") as file:
    rows = ({**row, "energy_kwh": float(row["energy_kwh"])} for row in csv.DictReader(file))
    database["sessions"].upsert_all(rows, pk=("station_id", "session_id"), batch_size=10_000)
