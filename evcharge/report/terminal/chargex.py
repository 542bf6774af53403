"""The interim KPIs of ChargeX, as people read them in a terminal.

What does not belong here: figures, and anything a program should read (``report.chargex``).
"""

from __future__ import annotations

from typing import Any

from rich.console import Console

from evcharge.metrics.chargex import CHARGE_END, CHARGE_START, SECONDS, SESSION, START_TIME, TOTAL, UNKNOWN_MODE
from evcharge.report.chargex import ChargeX
from evcharge.report.document import plain
from evcharge.report.terminal.table import print_table, say
from evcharge.report.words import counted, interval, percent

TITLES = {
    CHARGE_START: "Charge Start Success",
    SESSION: "Session Success",
    CHARGE_END: "Charge End Success",
    START_TIME: "Charge Start Time",
}


def print_chargex(found: ChargeX, console: Console) -> None:
    """Prints one line per equation with its count and interval, the pooled totals, and the start times."""
    attempts = found.attempts
    orphans = f", {counted(attempts['false_orphans'], 'false orphan')}" if found.inl_compatible else ""
    say(console, f"{counted(attempts['attempts'], 'attempt')} of message logs{orphans}")
    say(console, f"{attempts['mode_unknown']:,} of unknown mode, {attempts['undecided']:,} undecided")
    say(console)
    headings = ("KPI", "mode", ">eq.", ">success", ">95% interval", ">succeeded", ">INL average")
    cells, styles = [], []
    for kpi in (CHARGE_START, SESSION, CHARGE_END):
        rows = [row for row in found.rows_of(kpi) if row["mode"] != UNKNOWN_MODE or found.attempts["mode_unknown"]]
        for number, row in enumerate(rows):
            cells.append([TITLES[kpi] if number == 0 else "", *_cells(row)])
            styles.append("bold" if row["mode"] == TOTAL else "")
    print_table(console, headings, cells, styles)
    say(console)
    say(console, _start_time(found.rows_of(START_TIME)[0]))
    say(console)
    for note in found.notes:
        say(console, note)


def _cells(row: dict[str, Any]) -> list[str]:
    average = row["inl_weighted_average"]
    return [
        row["mode"],
        str(plain(row["equation"]) or ""),
        percent(row["ratio"]),
        interval(row["low"], row["high"]),
        f"{row['numerator']:,} of {row['denominator']:,}",
        "" if average is None else percent(average),
    ]


def _start_time(row: dict[str, Any]) -> str:
    head = f"{TITLES[START_TIME]} (eq. {row['equation']}), {counted(row['samples'], 'sample')}"
    if not row["samples"]:
        return head
    return f"{head}: " + ", ".join(f"{name.removesuffix('_seconds').upper()} {row[name]:.1f} s" for name in SECONDS)
