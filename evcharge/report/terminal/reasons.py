"""Reasons of failures, as people read them in a terminal.

What does not belong here: figures, and anything a program should read (``report.reasons``).
"""

from __future__ import annotations

from rich.console import Console

from evcharge.report.reasons import Reasons
from evcharge.report.terminal.table import print_table, say
from evcharge.report.words import counted, percent, reason_text


def print_reasons(found: Reasons, console: Console) -> None:
    """Prints the reasons, the most frequent first."""
    failures = int(found.network["sessions"].sum())
    say(console, f"failures by {found.definition.id} ({found.reason})")
    say(console, counted(failures, "failure"))
    say(console)
    rows = [
        (
            f"{row['sessions']:,}",
            percent(row["share"]),
            reason_text(row["namespace"], row["reason"], row["title"]),
            row["party"],
        )
        for row in found.network.to_dict("records")
    ]
    print_table(console, (">sessions", ">share", "reason", "points to"), rows)
    say(console)
    for note in found.notes:
        say(console, note)
