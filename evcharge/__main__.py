"""python -m evcharge = evcharge run, the whole main job; with a command it is that command."""

import sys

from evcharge.cli import cli, main

if __name__ == "__main__":
    named = {*cli.commands, "-h", "--help", "--version"}.intersection(sys.argv[1:])
    main(*([] if named else ["run"]))
