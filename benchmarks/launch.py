"""Runs one command and writes what it took: a small process, for the peak memory of a child begins with its parent's.

``python -m benchmarks.launch COST COMMAND…`` writes CPU [s], wall [s], memory [MB] and the exit code as JSON. What does
not belong here: the server's CPU (``measure``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from time import perf_counter


def main() -> None:
    """Runs the command, with its output where this process has its own."""
    began = perf_counter()
    process = subprocess.Popen(sys.argv[2:])
    _, status, usage = os.wait4(process.pid, 0)
    cost = (usage.ru_utime + usage.ru_stime, perf_counter() - began, usage.ru_maxrss / 1024)
    process.returncode = os.waitstatus_to_exitcode(status)
    with open(sys.argv[1], "w", encoding="utf-8") as file:  # noqa: PTH123 - no import that is not needed
        json.dump([*cost, process.returncode], file)


if __name__ == "__main__":
    main()
