"""``python -m benchmarks.statuses``: a table of statuses and one of sessions, of as many rows, loaded in turn.

Only the ratio counts: both are loads of whole processes into an empty SQLite database, in the same run. What does not
belong here: what follows from the statuses (``benchmarks.uptime``).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from statistics import median

from benchmarks.measure import measured

BEGIN = datetime(2024, 5, 1, tzinfo=timezone.utc)
STATIONS = 500
WORDS = ("Available", "Charging", "Preparing", "Faulted")
OFTEN = (9, 5, 3, 1)


def main() -> None:
    """Makes both tables, loads them in turn, and prints what they cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.statuses", description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000, help="rows of each table; 300,000")
    parser.add_argument("--rounds", type=int, default=5, help="loads of each; 5")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tables = {"statuses": statuses(given.rows), "sessions": sessions(given.rows)}
        for name, lines in tables.items():
            Path(folder, f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
        seconds = [{name: cpu_of(name, Path(folder)) for name in tables} for _ in range(given.rounds)]
    ratios = sorted(one["statuses"] / one["sessions"] for one in seconds)
    print("| table | CPU s |\n| --- | ---: |")
    for name in tables:
        print(f"| {name} | {median(one[name] for one in seconds):.1f} |")
    print(
        f"\n{given.rows:,} rows each; statuses ÷ sessions {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})."
    )


def cpu_of(name: str, folder: Path) -> float:
    """CPU of a load into an empty database [s]."""
    database = folder / "star.db"
    database.unlink(missing_ok=True)
    command = [sys.executable, "-m", "evcharge", "load", "--create-db", "--db", f"sqlite:///{database}"]
    cost = measured([*command, str(folder / f"{name}.csv"), "--source", "net"], folder)
    if cost is None:
        raise SystemExit("evcharge is not installed")
    return cost.cpu


def statuses(rows: int) -> Iterator[str]:
    """Statuses of all ports in turn, one every half minute."""
    chance = Random(1)
    yield "station_id,port_id,time,status,error_code"
    for row in range(rows):
        word = chance.choices(WORDS, OFTEN)[0]
        yield f"{_place(row)},{_time(row)},{word},{'E7' if word == 'Faulted' else ''}"


def sessions(rows: int) -> Iterator[str]:
    """Sessions of half an hour at all ports in turn."""
    chance = Random(1)
    yield "session_id,station_id,port_id,energy_kwh,start_time,end_time,success"
    for row in range(rows):
        yield f"S{row},{_place(row)},{chance.random() * 40:.3f},{_time(row)},{_time(row + 60)},true"


def _place(row: int) -> str:
    station = row % STATIONS
    return f"STATION-{station:04d},{station:04d}-{row // STATIONS % 2}"


def _time(row: int) -> str:
    return f"{BEGIN + timedelta(seconds=30 * row):%Y-%m-%dT%H:%M:%SZ}"


if __name__ == "__main__":
    main()
