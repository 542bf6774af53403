"""The time of a station's ports, span by span, as people read it in a terminal.

What does not belong here: the spans (``report.uptime_explained``), and what a program reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from evcharge.report.terminal.table import print_table, say
from evcharge.report.uptime_explained import ExplainedUptime
from evcharge.report.uptime_words import evidence_text, hours_told, period_text, range_text, ratio_text
from evcharge.report.words import NONE, counted


def print_explained(found: ExplainedUptime, console: Console, most_rows: int) -> None:
    """Prints the ports, each with its figures and its first spans."""
    say(console, f"{found.station_id}   source {found.source}   {period_text(found.period)}   {found.period_reason}")
    say(console, evidence_text(found.evidence))
    if found.is_made_up:
        say(console, "All of it is made up: evcharge sample.")
    for port in found.ports.to_dict("records"):
        say(console)
        say(console, _figures(port), "bold")
        spans = found.spans[found.spans["port_id"] == port["port_id"]]
        rows = [_cells(row) for row in spans.head(most_rows).to_dict("records")]
        headings = ("from (UTC)", "to (UTC)", ">hours", "state", "seen by", "~word", "~file", ">line")
        print_table(console, headings, rows)
        if len(spans) > most_rows:
            more = counted(len(spans) - most_rows, "more span")
            say(console, f"{more}: --rows prints more, --json lists all")


def _figures(port: Mapping[Any, Any]) -> str:
    """A port's minutes and shares in a line."""
    names = ("up_minutes", "down_minutes", "unknown_minutes")
    up, down, unknown = (hours_told(port[name]) for name in names)
    seen = f"{range_text(port)} up, seen {ratio_text(port['coverage'])} of the time"
    return f"port {port['port_id'] or '(not named)'}: {up} h up, {down} h down, {unknown} h unknown: {seen}"


def _cells(row: Mapping[Any, Any]) -> list[str]:
    """One span."""
    begin, end = (str(row[name])[:16].replace("T", " ") for name in ("from", "to"))
    line = NONE if row["line"] is None else f"{row['line']:,}"
    told = (row["word"] or NONE, row["file"] or NONE, line)
    return [
        begin,
        end,
        hours_told(row["minutes"]),
        row["state"].replace("_", " "),
        row["seen"].replace("_", " "),
        *told,
    ]
