"""The results as Markdown: one table per piece of work, and the place in a page where they stand.

What does not belong here: measuring.
"""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.measure import Cost, medians
from benchmarks.works import Way, Work

BEGIN, END = "<!-- begin: python -m benchmarks -->", "<!-- end: python -m benchmarks -->"
PACKAGES = ("pandas", "sqlalchemy", "pyarrow", "duckdb", "sqlite-utils", "dlt", "psycopg")

Costs = Mapping[Way, list[Cost] | None]
"""What each way took in each round; None where it is not installed."""


def net_cpu(way: Way, costs: Costs) -> float | None:
    """The median CPU of a way, less that of what is taken off it [s]; None where it is not installed."""
    own = costs[way]
    if not own:
        return None
    cpu = medians(own).cpu
    read = next((medians(some).cpu for other, some in costs.items() if other.name == way.less and some), 0.0)
    return cpu - read


def table_of(work: Work, costs: Costs, rows: int) -> str:
    """One row per way; the ratio is evcharge's CPU, which stands first, to that of the way."""
    ours = net_cpu(work.ways[0], costs) or 0.0
    lines = [
        f"## {work.title}",
        "",
        f"{rows // work.of_share:,} sessions.",
        "",
        "| way | CPU s | wall s | peak MB | evcharge ÷ it |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for way, own in costs.items():
        cpu = net_cpu(way, costs)
        if cpu is None or not own:
            lines.append(f"| {way.name} | not installed | | | |")
            continue
        middle = medians(own)
        ratio = "" if way.is_aside or cpu <= 0 else f"{ours / cpu:.2f}"
        lines.append(f"| {way.name} | {cpu:.2f} | {middle.seconds:.1f} | {middle.memory:.0f} | {ratio} |")
    return "\n".join(lines) + "\n"


def machine(runs: int) -> str:
    """The machine, the versions, and how many rounds there were."""
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} not installed")
    return (
        f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}; {', '.join(versions)}. {_rounds(runs)}\n"
    )


def _rounds(runs: int) -> str:
    return "One round only: figures are provisional." if runs == 1 else f"Medians of {runs} rounds."


def put_into(page: Path, text: str) -> None:
    """Puts the text between the two marks of a page, in place of what stands there."""
    before = page.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if not pattern.search(before):
        raise SystemExit(f"{page} lacks the lines {BEGIN} and {END}.")
    page.write_text(pattern.sub(lambda _: f"{BEGIN}\n\n{text}\n{END}", before), encoding="utf-8")
