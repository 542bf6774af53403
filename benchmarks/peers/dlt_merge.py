"""dlt: the CSV's rows merged by a key of station and session, through its destination for SQLAlchemy."""

import os
import sys

from benchmarks.peers.common import arguments, required
from benchmarks.places import ROWS_AT_ONCE

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
dlt = required("dlt")
required("dlt.destinations.impl.sqlalchemy.factory")

import pandas as pd  # noqa: E402

data, path = arguments()


@dlt.resource(name="sessions", write_disposition="merge", primary_key=("station_id", "session_id"))
def sessions():  # type: ignore[no-untyped-def]
    """The rows, some at a time."""
    for frame in pd.read_csv(data.growing, chunksize=ROWS_AT_ONCE, dtype={"connector_id": str}):
        yield frame.to_dict("records")


pipeline = dlt.pipeline(
    "sessions",
    destination=dlt.destinations.sqlalchemy(credentials=f"sqlite:///{path}"),
    dataset_name="main",
    pipelines_dir=str(path.parent / "dlt"),
)
sys.exit(1 if pipeline.run(sessions()).has_failed_jobs else 0)
