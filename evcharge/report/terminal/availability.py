"""Was it there? Uptime beside the report's rates, in a few lines of a terminal.

What does not belong here: the figures (``report.availability``), and the tables of ``evcharge uptime``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from evcharge.metrics.selection import Selection
from evcharge.report.availability import RATIOS, TITLE, command_of, going_on, stations_by_uptime
from evcharge.report.reported_words import reports_summary
from evcharge.report.terminal.table import print_table, say
from evcharge.report.uptime_found import Uptime
from evcharge.report.uptime_words import false_free_text, hours_told, network_text, port_label, ratio_text, verdict_text
from evcharge.report.words import counted, verb

MOST_STATIONS = 5
"""Stations listed, those that were up least for certain first; none that was up all the time, or never seen."""


def print_availability(found: Uptime, selection: Selection, console: Console) -> None:
    """Prints what all ports come to, the stations that were up least, and where statuses and sessions disagree."""
    say(console)
    say(console, TITLE, "bold")
    say(console, network_text(found))
    say(console, f"Rulebook {found.first.rulebook.id}{verdict_text(found.first)}")
    stations = stations_by_uptime(found)
    rows = stations[(stations["low"] < 1) & stations["seen"].notna()].head(MOST_STATIONS).to_dict("records")
    if rows:
        say(console)
        headings = ("~station", ">at worst", ">seen", ">at best", ">time seen", ">hours down", ">unseen")
        print_table(console, headings, [_cells(row, found) for row in rows], tight=True)
        say(console)
    for line in (*_counts(found), *found.notes):
        say(console, line)
    say(console, f"See each port: {command_of('uptime', found.period, selection)}")
    say(console, f"See each outage: {command_of('outages', found.period, selection)}")


def _cells(row: Mapping[Any, Any], found: Uptime) -> list[str]:
    ratios = [ratio_text(row[name]) for name in RATIOS]
    hours = [hours_told(row[name]) for name in ("down_minutes", "unknown_minutes")]
    return [port_label({**row, "port_id": ""}, found), *ratios, *hours]


def _counts(found: Uptime) -> list[str]:
    """How many outages go on, what reports of uptime say beside the evidence, and statuses beside sessions."""
    going, dispensing = going_on(found)["state"], len(found.not_dispensing)
    down, unseen = (int((going == state).sum()) for state in ("down", "unknown"))
    told = f"{counted(len(going), 'outage')} {verb(len(going), 'goes', 'go')} on at the end of that time"
    lines = [f"{told}: {down:,} seen down, {unseen:,} out of contact."] if len(going) else []
    lines += [] if found.reported is None or found.reported.empty else [reports_summary(found.reported)]
    lines += [f"{counted(dispensing, 'port')} up, not dispensing."] if dispensing else []
    return [*lines, *false_free_text(found)]
