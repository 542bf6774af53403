"""Uptime as it was reported beside what the evidence allows, as people read it in a terminal.

What does not belong here: the comparison (``report.reported``), and what a program reads.
"""

from __future__ import annotations

from rich.console import Console

from evcharge.metrics.availability.reported import AGREES, CANT_TELL, CONTRADICTS
from evcharge.report.reported_words import REPORT_HEADINGS, report_cells, reports_summary, reports_told
from evcharge.report.terminal.table import print_table, say
from evcharge.report.uptime_found import Uptime
from evcharge.report.words import counted

MOST_ROWS = 40
"""Reports in a terminal; all of them are in ``--json``."""
STYLES = {CONTRADICTS: "bold #d9601a", AGREES: "#3f8fd0", CANT_TELL: ""}


def print_reported(found: Uptime, console: Console) -> None:
    """Prints what was reported, that which the evidence contradicts first; nothing where nothing was."""
    rows = reports_told(found)
    if found.reported is None or not rows:
        return
    shown = rows[:MOST_ROWS]
    say(console, reports_summary(found.reported))
    cells = [report_cells(row, found) for row in shown]
    print_table(console, REPORT_HEADINGS, cells, [STYLES[row["verdict"]] for row in shown])
    if len(rows) > MOST_ROWS:
        say(console, f"{counted(len(rows) - MOST_ROWS, 'more report')}: add --json to see all")
    say(console)
