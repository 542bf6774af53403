"""Only reads the prepared rows: what the bare inserts take besides inserting."""

from benchmarks.peers.common import arguments, prepared

data, _ = arguments()
for _ in prepared(data)[2]:
    pass
