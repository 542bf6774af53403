"""json.loads of each message of the log, and nothing else."""

import json

from benchmarks.peers.common import arguments

data, path = arguments()
begun = 0
with data.log.open("rb") as file:
    for line in file:
        begun += json.loads(line[line.index(b"[") :])[2] == "StartTransaction"
path.write_text(str(begun))
