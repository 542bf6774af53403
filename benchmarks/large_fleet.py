"""The report of a large network: size, time and memory, beside one bare pass over the same rows.

Run it as ``python benchmarks/large_fleet.py`` (5,000 stations, ten million sessions; about 2 GB of disk in the
temporary folder, some ten minutes), or with ``--sessions`` and ``--stations`` for a smaller one. With
``EVCHARGE_CHROMIUM`` it also opens the page in a browser. Figures are of whole processes; compare the ratios, not the
seconds.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from evcharge.load.rebuild import rebuild  # noqa: E402
from evcharge.migrate import upgrade  # noqa: E402

FIRST_DAY = np.datetime64("2025-01-06")
DAYS = 91
SEED = 20_250_106
ROWS_AT_ONCE = 100_000
REASONS = ("EVDisconnected", "DeAuthorized", "PowerLoss", "Timeout", "GroundFault", None)
PORTS = 4


def fill(path: Path, stations: int, sessions: int) -> None:
    """A star of made-up sessions, each day a load: one station in 50 is bad since some day, one in 200 falls silent.

    The counts by day and outcomes, which each load keeps, are made at the end.
    """
    upgrade(f"sqlite:///{path}")
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous=OFF")
    database.execute("PRAGMA journal_mode=OFF")
    told = ("csv", "native@0", "yes", "UTC", "iso8601", 0, 0)
    loads = [(day, "acme", f"day {day}.csv", f"{day:064}", *told, 0, 0, 0, 0, 0) for day in range(1, DAYS + 1)]
    names = (
        "load_key source file_name file_sha256 format profile failures_included timezone time_format rows_read inserted"
    )
    zeros = "updated unchanged superseded rejected skipped"
    at = "2025-06-01T00:00:00.000Z"
    columns = ", ".join([*names.split(), *zeros.split(), "started_at", "finished_at", "evcharge_version"])
    rows_of_ledger = [(*load, at, at, "0") for load in loads]
    database.executemany(f"INSERT INTO load_ledger ({columns}) VALUES ({marks(rows_of_ledger[0])})", rows_of_ledger)
    fleet = [(key, "acme", f"S{key:05}", f"Station {key}", f"Region {key % 12}") for key in range(1, stations + 1)]
    names = "station_key, source, station_id, name, region"
    database.executemany(f"INSERT INTO dim_station ({names}) VALUES (?,?,?,?,?)", fleet)
    database.executemany(f"INSERT INTO dim_time VALUES ({marks(range(9))})", hours())
    facts = (
        "station_key session_id time_key load_key source_line port_id start_time end_time duration_minutes energy_kwh"
    )
    facts = ", ".join([*facts.split(), "success", "stop_reason"])
    for rows in sessions_of(stations, sessions):
        database.executemany(f"INSERT INTO fact_charging ({facts}) VALUES ({marks(range(12))})", rows)
    database.commit()
    database.close()
    rebuild(f"sqlite:///{path}")


def marks(row: object) -> str:
    """A parameter for each value."""
    return ",".join("?" * len(row))  # type: ignore[arg-type]


def hours() -> Iterator[tuple[object, ...]]:
    """Every hour of the period, as ``dim_time`` has it."""
    for day in (FIRST_DAY + np.arange(DAYS)).astype(object):
        for hour in range(24):
            key = int(f"{day:%Y%m%d}{hour:02}")
            weekday = day.isoweekday()
            yield key, day.isoformat(), day.year, (day.month + 2) // 3, day.month, day.day, hour, weekday, weekday > 5


def sessions_of(stations: int, sessions: int) -> Iterator[list[tuple[object, ...]]]:
    """Rows of ``fact_charging``, day by day, of each day in the order of their key."""
    random = np.random.default_rng(SEED)
    days = [f"{day:%Y-%m-%d}" for day in (FIRST_DAY + np.arange(DAYS)).astype(object)]
    keys = [int(day.replace("-", "")) * 100 for day in days]
    station = np.arange(sessions) % stations + 1
    day = (random.random(sessions) * np.where(station % 200 == 7, DAYS - 14, DAYS)).astype("int64")
    order = np.lexsort((station, day))
    station, day = station[order], day[order]
    good = random.random(sessions) < np.where((station % 50 == 3) & (day >= DAYS - 21), 0.8, 0.97)
    hour, minutes = random.integers(6, 22, sessions), random.integers(5, 90, sessions)
    reason, port = random.integers(0, len(REASONS), sessions), random.integers(1, PORTS + 1, sessions)
    for first in range(0, sessions, ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        columns = (column[part].tolist() for column in (station, day, good, hour, minutes, reason, port))
        yield [
            (key, f"{line:09}", keys[on] + at, on + 1, line, f"{key}-{number}", f"{days[on]}T{at:02}:00:00.000Z", None,
             float(length) if worked else 1.0, 0.2 * length if worked else 0.0, worked,
             None if worked else REASONS[why])
            for line, (key, on, worked, at, length, why, number) in enumerate(zip(*columns, strict=True), first + 2)
        ]  # fmt: skip


def measured(command: list[str], folder: Path) -> tuple[float, float, float]:
    """Seconds, seconds of CPU and peak memory [MB] of a whole process."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


BARE = "SELECT station_key, SUM(success), COUNT(*) FROM fact_charging GROUP BY station_key"


def main() -> None:
    """Prints a row for each way to read the same star."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stations", type=int, default=5_000)
    options.add_argument("--sessions", type=int, default=10_000_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        star = folder / "star.db"
        fill(star, given.stations, given.sessions)
        size = star.stat().st_size / 1e6
        print(f"{given.stations:,} stations, {given.sessions:,} sessions, {DAYS} days; star.db {size:,.0f} MB\n")
        python = [sys.executable, "-c"]
        evcharge = [*python, "from evcharge.cli import main; main()", "--db", f"sqlite:///{star}"]
        bare = f"import sqlite3; sqlite3.connect({str(star)!r}).execute({BARE!r}).fetchall()"
        ways = {
            "bare count by station": [*python, bare],
            "report --json": [*evcharge, "report", "--no-png", "--json"],
            "report with chart": [*evcharge, "report"],
            "report --html": [*evcharge, "report", "--no-png", "--html", "report.html"],
        }
        os.environ["PYTHONPATH"] = str(ROOT)
        print("| what | s | CPU s | CPU, bare count = 1 | MB |\n| --- | ---: | ---: | ---: | ---: |")
        unit = None
        for what, command in ways.items():
            seconds, cpu, memory = measured(command, folder)
            unit = unit or cpu
            print(f"| {what} | {seconds:.1f} | {cpu:.1f} | {cpu / unit:.1f} | {memory:.0f} |", flush=True)
        page = folder / "report.html"
        print(f"\nreport.html: {page.stat().st_size / 1e6:.2f} MB{opened(page)}")


def opened(page: Path) -> str:
    """How long a browser takes until the table stands."""
    chromium = os.environ.get("EVCHARGE_CHROMIUM")
    if not chromium:
        return ""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        tab.goto(page.as_uri())
        loaded = tab.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart")
        sort = "(() => { const t = performance.now(); document.querySelector('th[data-key=now] button').click();"
        sorted_in = tab.evaluate(f"{sort} document.body.offsetHeight; return performance.now() - t }})()")
        browser.close()
    return f", loaded in {loaded / 1000:.2f} s, sorted in {sorted_in:.0f} ms"


if __name__ == "__main__":
    main()
