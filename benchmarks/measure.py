"""Measuring a whole process: its seconds, its CPU with that of the database server, and its peak memory.

What does not belong here: what is run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

NOT_INSTALLED = 69
"""What a peer ends with that lacks what it measures (EX_UNAVAILABLE of sysexits.h)."""


class Cost(NamedTuple):
    """What a process took.

    Attributes:
        cpu: user and system time of the process, and of the server that worked for it [s].
        seconds: from its beginning to its end [s].
        memory: peak resident size of the process [MB].
    """

    cpu: float
    seconds: float
    memory: float


class Failed(Exception):
    """A process ended with an error."""


def measured(command: Sequence[str], folder: Path, server: int | None = None) -> Cost | None:
    """Runs a command and says what it took; None where what it needs is not installed.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        server: process id of the database server's first process, whose CPU is added.

    Raises:
        Failed: it ended with an error.
    """
    before = server_cpu(server)
    written, output = folder / "cost.json", folder / "output.txt"
    with output.open("wb") as file:
        launch = [sys.executable, "-m", "benchmarks.launch", str(written), *command]
        subprocess.run(launch, cwd=folder, stdout=file, stderr=subprocess.STDOUT, check=True)
    cpu, seconds, memory, code = json.loads(written.read_text(encoding="utf-8"))
    if code == NOT_INSTALLED:
        return None
    if code:
        said = output.read_text(encoding="utf-8", errors="replace")[-2_000:]
        raise Failed(f"{' '.join(command)} ended with {code}:\n{said}")
    return Cost(cpu + server_cpu(server) - before, seconds, memory)


def server_cpu(server: int | None) -> float:
    """CPU of a server's processes that live, and of those that ended [s]; 0 without one."""
    if server is None:
        return 0.0
    ticks = sum(_ticks(server))  # its own, and that of the processes that it began and that have ended
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int(_fields(int(process.name))[1]) == server:
                ticks += sum(_ticks(int(process.name))[:2])
        except (OSError, ProcessLookupError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _fields(process: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name, which may hold blanks: state, parent, ..."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _ticks(process: int) -> list[int]:
    """User, system, and the same of ended children; proc(5), fields 14 to 17."""
    return [int(field) for field in _fields(process)[11:15]]


def medians(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(*(median(figures) for figures in zip(*costs, strict=True)))
