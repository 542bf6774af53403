"""python -m evcharge = evcharge run, the whole main job."""

import sys

from evcharge.cli import main

if __name__ == "__main__":
    main(*([] if sys.argv[1:] else ["run"]))
