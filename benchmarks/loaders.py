"""``python -m benchmarks.loaders``: one loader on PostgreSQL, and several of as many sources at once.

Each loader is a process of its own that loads one file of the same rows as those of a source of its own. All of them
begin at once, on a database made anew. What does not belong here: other ways to load (``works``).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.places import Data
from benchmarks.postgres import drop_target, facts, make_target, target
from benchmarks.works import EVCHARGE

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Makes the file, loads it by each number of loaders, and prints rows per second."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loaders", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="sessions of each loader; 100,000")
    parser.add_argument("--runs", type=int, default=3, help="rounds of which the medians are taken; 3")
    parser.add_argument("--loaders", type=int, nargs="+", default=[1, 2, 4], help="how many at once; 1 2 4")
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        data = Data(Path(folder) / "data", given.rows)
        words = [sys.executable, "-m", "benchmarks.data", "sessions", str(data.folder), str(given.rows)]
        subprocess.run(words, check=True)
        rounds = [[seconds_of(loaders, data.growing) for loaders in given.loaders] for _ in range(given.runs)]
    drop_target()
    print("| loaders at once | wall s | rows a second | times as many |\n| ---: | ---: | ---: | ---: |")
    rates = [
        (loaders, seconds := median(column), loaders * given.rows / seconds)
        for loaders, column in zip(given.loaders, zip(*rounds, strict=True), strict=True)
    ]
    for loaders, seconds, rate in rates:
        print(f"| {loaders} | {seconds:.1f} | {rate:,.0f} | {rate / rates[0][2]:.2f} |")


def seconds_of(loaders: int, file: Path) -> float:
    """How long so many loaders take together [s]; all rows are in afterwards, or this raises ``SystemExit``."""
    make_target()
    subprocess.run([*EVCHARGE, "db", "rebuild", "--db", target(), "-q"], check=True)
    began = perf_counter()
    load = [*EVCHARGE, "load", str(file), "--db", target(), "-q", "--source"]
    running = [subprocess.Popen([*load, f"source-{number}"], stdout=subprocess.DEVNULL) for number in range(loaders)]
    codes = [process.wait() for process in running]
    seconds = perf_counter() - began
    if any(codes):
        raise SystemExit(f"loaders ended with {codes}; {facts()[0]} rows are in.")
    print(f"  {loaders} loaders: {seconds:.1f} s", file=sys.stderr, flush=True)
    return seconds


if __name__ == "__main__":
    main()
