"""``python -m benchmarks``: makes the data, runs evcharge and other ways beside each other, prints what each takes.

Each way is a process of its own; the order changes from round to round, and each result is compared with evcharge's
own before anything is printed. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Cost, measured
from benchmarks.places import Data
from benchmarks.table import Costs, machine, put_into, table_of
from benchmarks.works import EVCHARGE, WORKS, Same, Way, Work, is_possible

ROOT = Path(__file__).parents[1]


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="sessions; 1,000,000 unless said otherwise")
    parser.add_argument("--runs", type=int, default=3, help="rounds of which the medians are taken; 3")
    parser.add_argument(
        "--only", action="append", choices=[work.name for work in WORKS], help="a piece of work; may be repeated"
    )
    parser.add_argument("--ways", default="", help="only ways whose name holds this, beside evcharge's own")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables between the two marks of a page")
    parser.add_argument("--folder", type=Path, help="where the data are made and kept; else a temporary folder")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Makes the data, measures, and prints; writes the page where one is named."""
    given = options(arguments)
    os.environ["PYTHONPATH"] = str(ROOT)
    chosen = [work for work in WORKS if (not given.only or work.name in given.only) and is_possible(work)]
    with tempfile.TemporaryDirectory(dir=given.folder, ignore_cleanup_errors=True) as folder:
        data = made(Path(folder), given.rows)
        parts = [machine(given.runs)]
        for work in chosen:
            parts.append(table_of(work, costs_of(work, data, given.runs, given.ways), given.rows))
            print(parts[-1], flush=True)
            if given.write:
                put_into(given.write, "\n".join(parts))


def made(folder: Path, rows: int) -> Data:
    """The data of a run: the files, an empty star, and the star with the rows that it holds."""
    data = Data(folder / "data", rows)
    make("sessions", data)
    for name in ("empty.db", "star.db"):
        run("db", "upgrade", "--db", f"sqlite:///{data.folder / name}", "-q")
    run("load", str(data.growing), "--db", f"sqlite:///{data.star}", "-q")
    make("prepared", data)
    if run("export", "--format", "parquet", "--out", str(data.parquet), "--db", f"sqlite:///{data.star}", "-q"):
        print("Parquet is not written: pyarrow is not installed.", file=sys.stderr)
    return data


def make(what: str, data: Data) -> None:
    """Makes files in a process of its own, so that this one stays small."""
    subprocess.run([sys.executable, "-m", "benchmarks.data", what, str(data.folder), str(data.rows)], check=True)


def run(*words: str) -> int:
    """Runs evcharge, not measured; only an export may fail."""
    return subprocess.run([*EVCHARGE, *words], check=words[0] != "export", stdout=subprocess.DEVNULL).returncode


def costs_of(work: Work, data: Data, runs: int, named: str = "") -> Costs:
    """What each way of a work takes in each round; their results are the same, or this raises ``SystemExit``."""
    ways = [way for way in work.ways if way is work.ways[0] or named in way.name or way.is_aside]
    costs: dict[Way, list[Cost] | None] = {way: [] for way in ways}
    server = postgres("first_process") if work.name == "postgres" else None
    results: dict[str, Same] = {}
    for turn in range(runs):
        at = turn % len(ways)
        for way in (*ways[at:], *ways[:at]):
            cost = once(way, data, server, results)
            if cost is None:
                costs[way] = None
            elif (own := costs[way]) is not None:
                own.append(cost)
    if server:
        postgres("drop_target")
    refuse_differing(work, results)
    return costs


def once(way: Way, data: Data, server: int | None, results: dict[str, Same]) -> Cost | None:
    """Runs a way in a folder of its own, and keeps its result."""
    with tempfile.TemporaryDirectory(dir=data.folder, ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "result"
        way.prepare(data, path)
        cost = measured(way.command(data, path), Path(folder), server)
        print(f"  {way.name}: {f'{cost.cpu:.2f} s of CPU' if cost else 'not installed'}", file=sys.stderr, flush=True)
        if cost and way.result:
            results[way.name] = way.result(data, path)
    return cost


def postgres(name: str) -> int | None:
    """Calls a function of ``postgres``, which is imported only where there is a server."""
    from benchmarks import postgres as server

    result: int | None = getattr(server, name)()
    return result


def refuse_differing(work: Work, results: dict[str, Same]) -> None:
    """Refuses figures of ways whose results are not those of evcharge."""
    ours = results.get(work.ways[0].name)
    for name, result in results.items():
        if result != ours:
            raise SystemExit(f"{work.name}: {name} ended with {result}, evcharge with {ours}.")


if __name__ == "__main__":
    main()
