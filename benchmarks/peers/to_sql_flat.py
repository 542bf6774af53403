"""pandas: read_csv and to_sql in chunks, into one table without a key or any other constraint."""

import sqlite3

import pandas as pd

from benchmarks.peers.common import arguments
from benchmarks.places import ROWS_AT_ONCE

data, path = arguments()
with sqlite3.connect(path) as connection:
    for frame in pd.read_csv(data.growing, chunksize=ROWS_AT_ONCE):
        frame.to_sql("sessions", connection, if_exists="append", index=False)
