"""The report as people read it in a terminal.

What does not belong here: figures, files, and anything a program should read (``--json``, ``--csv``).
"""

from __future__ import annotations

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
    counts = f"{len(report.stations):,} stations   {network['attempts']:,} attempts   target {100 * report.target:g}%"
    console.print(encodable(f"{period_of(report)}   {counts}", console), highlight=False, markup=False)
    rule = f"success = {report.definition.id}: {report.definition.title} ({report.reason})"
    console.print(encodable(rule, console), highlight=False, markup=False)
    console.print()
    console.print(encodable(_network_line(network), console), highlight=False, markup=False, style="bold")
    console.print()
    console.print(_table(report, console))
    for line in (_verdict_line(report), *_more(report), *report.notes):
        console.print(encodable(line, console), highlight=False, markup=False)


def _network_line(network: dict[str, Any]) -> str:
    others = f"{network['unknown']:,} unknown, {network['excluded']:,} excluded"
    if not network["attempts"]:
        return f"no attempt could be judged; {others}"
    interval = f"{percent(network['low'])}–{percent(network['high'])}"
    return f"{percent(network['success_ratio'])} succeeded (95% interval {interval}); {others}"


def _table(report: Report, console: Console) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading, justify in (("", "left"), ("station", "left"), ("success", "right"), ("95% interval", "right")):
        table.add_column(heading, justify=justify, no_wrap=heading != "station")  # type: ignore[arg-type]
    for heading in ("succeeded", "unknown"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    many_sources = len(set(report.stations["source"])) > 1
    for _, row in _attention_first(report.stations).head(MOST_ROWS).iterrows():
        table.add_row(
            *(Text(encodable(cell, console)) for cell in _cells(row, many_sources)), style=STYLES[row["verdict"]]
        )
    return table


def _attention_first(stations: pd.DataFrame) -> pd.DataFrame:
    order = stations["verdict"].map({verdict: rank for rank, verdict in enumerate(ORDER)})
    ranked = stations.assign(order=order)
    return ranked.sort_values(["order", "success_ratio", "station_id"], kind="stable", na_position="last")


def _cells(row: pd.Series, many_sources: bool) -> list[str]:
    label = row["name"] if isinstance(row["name"], str) else row["station_id"]
    if many_sources:
        label = f"{label} ({row['source']})"
    interval = f"{percent(row['low'])}–{percent(row['high'])}" if row["attempts"] else ""
    succeeded = f"{row['successes']:,} of {row['attempts']:,}"
    unknown = f"{row['unknown']:,}" if row["unknown"] else ""
    mark = MARKS[row["verdict"]][0]
    return [mark, printable(label), percent(row["success_ratio"]), interval, succeeded, unknown, row["verdict"]]


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
    hidden = len(report.stations) - MOST_ROWS
    return [f"{hidden:,} more stations: add --csv - or --json to see all"] if hidden > 0 else []
