"""json.loads of the bytes of the charge detail records, and nothing else."""

import json

from benchmarks.peers.common import arguments

data, path = arguments()
path.write_text(str(len(json.loads(data.cdrs.read_bytes())["data"])))
