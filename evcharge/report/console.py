"""The report as people read it in a terminal.

What does not belong here: figures, files, and anything a program should read (``--json``, ``--csv``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS
from evcharge.report import Report, period_of
from evcharge.report.words import percent

MOST_ROWS = 40
"""Stations in the table: what fits a screen or two. All of them are in ``--csv`` and ``--json``."""
ORDER = (BELOW, CANT_TELL, MEETS)
MARKS = {BELOW: ("▼", "v"), CANT_TELL: ("○", "o"), MEETS: ("●", "*")}
"""A mark for each verdict, and one for terminals that can't show it."""
STYLES = {BELOW: "bold #d9601a", CANT_TELL: "", MEETS: "#3f8fd0"}


def print_report(report: Report, console: Console) -> None:
    """Prints the figures of the network, a table of the stations that need attention first, and what must be said."""
    network = report.network
    groups, attempts = counted(len(report.groups), report.by), counted(network["attempts"], "attempt")
    counts = f"{groups}   {attempts}   target {100 * report.target:g}%"
    console.print(encodable(f"{period_of(report)}   {counts}", console), highlight=False, markup=False)
    rule = f"success = {report.definition.id}: {report.definition.title} ({report.reason})"
    console.print(encodable(rule, console), highlight=False, markup=False)
    console.print()
    console.print(encodable(_network_line(network), console), highlight=False, markup=False, style="bold")
    console.print()
    console.print(_table(report, console))
    for line in (_verdict_line(report), *_more(report), *report.notes):
        say(console, line)


def say(console: Console, line: str) -> None:
    """Prints one line for people, in characters that the terminal has."""
    console.print(encodable(line, console), highlight=False, markup=False)


def label_of(row: Mapping[Any, Any]) -> str:
    """What people call a station: its name, else its id."""
    return str(row["name"] if isinstance(row["name"], str) else row["station_id"])


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 station, 1,000 stations."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _network_line(network: dict[str, Any]) -> str:
    others = f"{network['unknown']:,} unknown, {network['excluded']:,} excluded"
    if not network["attempts"]:
        return f"no attempt could be judged; {others}"
    interval = f"{percent(network['low'])}–{percent(network['high'])}"
    return f"{percent(network['success_ratio'])} succeeded (95% interval {interval}); {others}"


def _table(report: Report, console: Console) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading, justify in (("", "left"), (report.by, "left"), ("success", "right"), ("95% interval", "right")):
        table.add_column(heading, justify=justify, no_wrap=heading != report.by)  # type: ignore[arg-type]
    for heading in ("succeeded", "unknown"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in _in_order(report).head(MOST_ROWS).to_dict("records"):
        table.add_row(*(Text(encodable(cell, console)) for cell in _cells(row, report)), style=STYLES[row["verdict"]])
    return table


def _in_order(report: Report) -> pd.DataFrame:
    """The groups that need attention first; months and loads in their own order."""
    if report.by in ("month", "load"):
        return report.groups
    order = report.groups["verdict"].map({verdict: rank for rank, verdict in enumerate(ORDER)})
    ranked = report.groups.assign(order=order)
    return ranked.sort_values(["order", "success_ratio"], kind="stable", na_position="last")


def _label(row: Mapping[Any, Any], report: Report) -> str:
    """What people call the group."""
    if report.by == "month":
        return f"{row['year']}-{row['month']:02}"
    if report.by == "load":
        return str(row["file_name"])
    named = row.get("name") or row.get("station_id") or row.get("network") or "(not named)"
    label = f"{named} / {row['port_id'] or '(no port)'}" if report.by == "port" else str(named)
    return f"{label} ({row['source']})" if len(set(report.groups["source"])) > 1 else label


def _cells(row: Mapping[Any, Any], report: Report) -> list[str]:
    interval = f"{percent(row['low'])}–{percent(row['high'])}" if row["attempts"] else ""
    succeeded = f"{row['successes']:,} of {row['attempts']:,}"
    unknown = f"{row['unknown']:,}" if row["unknown"] else ""
    mark = MARKS[row["verdict"]][0]
    return [
        mark,
        printable(_label(row, report)),
        percent(row["success_ratio"]),
        interval,
        succeeded,
        unknown,
        row["verdict"],
    ]


def printable(text: str) -> str:
    """The text with a box for each character that a terminal can't show."""
    return "".join(char if char.isprintable() else "□" for char in text)


def encodable(text: str, console: Console) -> str:
    """The text in characters that the terminal's encoding has."""
    try:
        text.encode(console.encoding)
    except UnicodeEncodeError:
        for sign, plain in (*MARKS.values(), ("–", "-"), ("□", "?")):
            text = text.replace(sign, plain)
        return text.encode(console.encoding, "replace").decode(console.encoding)
    return text


def _verdict_line(report: Report) -> str:
    below, unsure, meets = (report.count_of(verdict) for verdict in ORDER)
    return f"\n{below:,} below target, {unsure:,} can't tell yet, {meets:,} meet the target"


def _more(report: Report) -> list[str]:
    hidden = len(report.groups) - MOST_ROWS
    return [f"{hidden:,} more {report.by}s: add --csv - or --json to see all"] if hidden > 0 else []
