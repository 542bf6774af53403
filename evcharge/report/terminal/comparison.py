"""Every definition side by side, as people read it in a terminal.

What does not belong here: figures, and anything a program should read (``report.comparison``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Console

from evcharge.metrics.comparison import STATION
from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS
from evcharge.report.comparison import Comparison
from evcharge.report.left_out import left_out_text
from evcharge.report.now import MARKS
from evcharge.report.terminal.table import print_table, say
from evcharge.report.words import counted, interval, label_of, percent, target_text, verb

MOST_ROWS = 40
"""Stations in the table: what fits a screen or two. All of them are in ``--json``."""


def print_definitions(comparison: Comparison, console: Console) -> None:
    """Prints the network by every definition: one row each."""
    marks = (f">{MARKS[verdict][0]}" for verdict in (BELOW, CANT_TELL, MEETS))
    headings = ("definition", ">success", ">95% interval", ">succeeded", ">unknown", *marks)
    print_table(console, headings, [_definition_cells(one, comparison.target) for one in comparison.by_definition()])
    say(console)
    legend = ", ".join(f"{MARKS[verdict][0]} {verdict}" for verdict in (BELOW, CANT_TELL, MEETS))
    say(console, f"Stations against {target_text(comparison.target)}: {legend}.")
    if comparison.without_data:
        say(console, f"The data lacks what these need: {', '.join(comparison.without_data)}.")
    for line in filter(None, (*comparison.notes, left_out_text(comparison.left_out))):
        say(console, line)


def _definition_cells(one: Mapping[str, Any], target: float) -> list[str]:
    network, verdicts = one["network"], one["stations"]
    return [
        one["id"],
        percent(network["success_ratio"], target),
        interval(network["low"], network["high"], target),
        f"{network['successes']:,} of {network['attempts']:,}",
        f"{network['unknown']:,}" if network["unknown"] else "",
        *(f"{verdicts[verdict]:,}" for verdict in (BELOW, CANT_TELL, MEETS)),
    ]


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Prints the stations whose verdict depends on the definition, by every definition, and what drives it."""
    print_definitions(comparison, console)
    flipping = comparison.flipping
    total = len(comparison.stations[STATION].drop_duplicates())
    say(console)
    if flipping.empty:
        same = f"{counted(total, 'station')} {verb(total, 'has', 'have')} the same by each of them"
        say(console, f"No verdict depends on the definition: {same}.")
        return
    say(console, f"The verdict depends on the definition at {len(flipping):,} of {counted(total, 'station')}:")
    say(console)
    rows = [
        _flip_cells(comparison.stations[(comparison.stations[STATION] == key).all(axis=1)], comparison)
        for _, key in flipping.head(MOST_ROWS).iterrows()
    ]
    print_table(console, ("~station", *(f">{one.id}" for one in comparison.definitions)), rows)
    if len(flipping) > MOST_ROWS:
        say(console, f"{counted(len(flipping) - MOST_ROWS, 'more station')}: add --json to see all")
    say(console)
    say(console, f"+n: sessions that fail by {comparison.base.id} and succeed by this one; -n: the other way round.")


def _flip_cells(rows: pd.DataFrame, comparison: Comparison) -> list[str]:
    first = rows.iloc[0]
    cells = [label_of(first.to_dict())]
    by_definition = {row["definition"]: row for row in rows.to_dict("records")}
    for one in comparison.definitions:
        row = by_definition[one.id]
        if not row["attempts"]:
            cells.append("–")
            continue
        moved = "".join(f" {sign}{row[name]}" for sign, name in (("+", "gained"), ("-", "lost")) if row[name])
        cells.append(f"{MARKS[row['verdict']][0]} {percent(row['success_ratio'], comparison.target)}{moved}")
    return cells
