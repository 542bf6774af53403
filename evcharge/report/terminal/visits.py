"""Visits, as people read them in a terminal.

What does not belong here: figures, and anything a program should read (``report.visits``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from evcharge.report.terminal.table import print_table, say
from evcharge.report.visits import Visits
from evcharge.report.words import counted, interval, label_of, percent

MOST_ROWS = 40
"""Stations in the table: what fits a screen or two. All of them are in ``--json``."""


def print_visits(visits: Visits, console: Console) -> None:
    """Prints the network's visits, the stations with the most failed ones first, and the band over the gap."""
    network = visits.network.iloc[0]
    say(console, f"success = {visits.definition.id}: {visits.definition.title} ({visits.reason})")
    say(console, f"visit = {visits.rule.id}: {visits.rule.title}")
    say(console)
    per_visit = f"{network['attempts_per_visit']:.2f} attempts a visit" if network["visits"] else "no visits"
    visited, attempts = (counted(int(network[f"{name}s"]), name) for name in ("visit", "attempt"))
    say(console, f"{visited} of {attempts}, {per_visit}")
    for title, name in (
        ("first attempt succeeded", "ftcs"),
        ("some attempt succeeded", "visit_success_any"),
        ("last attempt succeeded", "visit_success_last"),
    ):
        shown = interval(network[f"{name}_low"], network[f"{name}_high"])
        told = f" (95% interval {shown})" if shown else ""
        say(console, f"  {percent(network[f'{name}_ratio']):>6}  {title}{told}")
    unknown, excluded = int(network["unknown"]), int(network["excluded"])
    say(console, f"  {counted(unknown, 'visit')} can't be told, {counted(excluded, 'attempt')} excluded")
    say(console)
    _print_stations(visits, console)
    say(console)
    say(console, "With another longest gap:")
    _print_band(visits, console)
    for note in visits.notes:
        say(console, note)


def _print_stations(visits: Visits, console: Console) -> None:
    counts = ("visits", "first_time", "troubled", "failed", "unknown")
    headings = (*(f">{name.replace('_', ' ')}" for name in counts), ">first-time", ">in the end")
    worst = visits.stations.sort_values(["failed", "troubled"], ascending=False, kind="stable")
    rows = [
        (label_of(row), *(f"{row[name]:,}" for name in counts), *_ratios(row))
        for row in worst.head(MOST_ROWS).to_dict("records")
    ]
    print_table(console, ("~station", *headings), rows)


def _print_band(visits: Visits, console: Console) -> None:
    rows = [
        (f"{row['gap_minutes']:g}", f"{row['visits']:,}", *_ratios(row))
        for row in visits.sensitivity.to_dict("records")
    ]
    print_table(console, (">minutes", ">visits", ">first-time", ">in the end"), rows)


def _ratios(row: Mapping[Any, Any]) -> tuple[str, str]:
    """First-time success, and success in the end."""
    return percent(row["ftcs_ratio"]), percent(row["visit_success_any_ratio"])
