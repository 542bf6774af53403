"""Uptime and outages as people read them in a terminal.

What does not belong here: the figures (``report.uptime``), and what a program reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from evcharge.metrics.availability.uptime import AGE_UNKNOWN, CANT_TELL, FALLS_SHORT, MEETS, NO_FIGURE_YET
from evcharge.metrics.milliseconds import instant_of
from evcharge.report.terminal.reported import print_reported
from evcharge.report.terminal.table import print_table, say
from evcharge.report.uptime_found import Uptime
from evcharge.report.uptime_words import (
    RULEBOOK_HEADINGS,
    RULEBOOK_MEANINGS,
    all_ports_text,
    besides_text,
    charges_lost_text,
    covered_text,
    evidence_text,
    group_cells,
    group_headings,
    group_rows,
    hours_told,
    rulebook_cells,
    rulebook_text,
    without_text,
)
from evcharge.report.words import counted

MOST_ROWS = 40
"""Rows of a table in a terminal; all of them are in ``--csv`` and ``--json``."""
OUTAGE_HEADINGS = (
    "~port",
    "from (UTC)",
    "to (UTC)",
    ">hours",
    "length",
    "state",
    "seen by",
    "claims",
    ">failed",
    ">lost",
)
MEANINGS = {
    ">failed": "failed: attempts at the port that failed while the outage lasted.",
    ">lost": "lost: charges in the same hours of the weeks before, less those that came all the same (–: unknown).",
}
STYLES = {FALLS_SHORT: "bold #d9601a", MEETS: "#3f8fd0", CANT_TELL: "", AGE_UNKNOWN: "", NO_FIGURE_YET: "", "": ""}


def print_uptime(found: Uptime, console: Console, why: str) -> None:
    """Prints one rulebook's figures of all ports, a table of groups, and what must be said."""
    figures = found.first
    _print_head(found, console)
    say(console, f"{rulebook_text(figures.rulebook)} ({why}; sha256 {figures.rulebook.sha256[:8]})")
    say(console)
    say(console, all_ports_text(figures), "bold")
    say(console)
    rows = group_rows(found)
    cells = [group_cells(row, found) for row in rows[:MOST_ROWS]]
    print_table(console, group_headings(found), cells, [STYLES[row["verdict"]] for row in rows[:MOST_ROWS]])
    say(console)
    if len(rows) > MOST_ROWS:
        say(console, f"{counted(len(rows) - MOST_ROWS, f'more {found.by}')}: add --csv - or --json to see all")
    print_reported(found, console)
    for line in besides_text(found):
        say(console, line)


def print_waterfall(found: Uptime, console: Console) -> None:
    """Prints what each rulebook makes of the same minutes, side by side, a row for each of them."""
    _print_head(found, console)
    say(console)
    print_table(console, RULEBOOK_HEADINGS, [rulebook_cells(figures) for figures in found.figures])
    say(console)
    for line in (*RULEBOOK_MEANINGS, *besides_text(found)):
        say(console, line)


def print_outages(found: Uptime, console: Console) -> None:
    """Prints the outages, those that go on first, and how long sites had no working port."""
    _print_head(found, console)
    say(console)
    rows = found.outages.head(MOST_ROWS).to_dict("records")
    if rows:
        headings, cells = _without_empty(OUTAGE_HEADINGS, [_outage_cells(row, found) for row in rows])
        print_table(console, headings, cells)
        for heading, meaning in MEANINGS.items():
            if heading in headings:
                say(console, meaning)
    else:
        say(console, "No port was seen to be down or out of contact.")
    say(console)
    if len(found.outages) > MOST_ROWS:
        say(console, f"{counted(len(found.outages) - MOST_ROWS, 'more outage')}: add --csv - or --json to see all")
    without = found.sites[(found.sites["without_minutes"] > 0) | (found.sites["perhaps_minutes"] > 0)]
    for row in without.head(MOST_ROWS).to_dict("records"):
        label = found.names.get((row["source"], row["station_id"]), row["station_id"])
        say(console, f"{label}: {without_text(row['without_minutes'], row['perhaps_minutes'])}")
    for line in found.notes:
        say(console, line)


def _print_head(found: Uptime, console: Console) -> None:
    say(console, covered_text(found))
    say(console, evidence_text(found.evidence))


def _without_empty(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """The table without the columns in which no row says anything, so that names keep their room."""
    told = [number for number in range(len(headings)) if any(row[number] for row in rows)]
    return [headings[number] for number in told], [[row[number] for number in told] for row in rows]


def _outage_cells(row: Mapping[Any, Any], found: Uptime) -> list[str]:
    label = found.names.get((row["source"], row["station_id"]), str(row["station_id"]))
    end = "goes on" if row["goes_on"] else f"{instant_of(int(row['until_ms'])):%Y-%m-%d %H:%M}"
    return [
        f"{label} / {row['port_id'] or '(no port)'}",
        f"{instant_of(int(row['from_ms'])):%Y-%m-%d %H:%M}",
        end,
        hours_told(row["minutes"]),
        row["length_class"],
        row["state"],
        row["seen"].replace("_", " "),
        row["claims"],
        f"{row['failed_attempts']:,}" if row["failed_attempts"] else "",
        charges_lost_text(row["charges_lost"]),
    ]
