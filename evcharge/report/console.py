"""The report as people read it in a terminal.

What does not belong here: figures, words that page and terminal share (``story``), files, and anything a program should
read (``--json``, ``--csv``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS
from evcharge.report import Report, period_of
from evcharge.report.present import SILENT
from evcharge.report.story import Story, direction_text, title_of
from evcharge.report.words import amount, counted, day_text, elided, interval, percent, sentence

MOST_ROWS = 40
"""Groups in a table: what fits a screen or two. All of them are in ``--csv`` and ``--json``."""
FEW_STATIONS = 25
"""Stations up to which each one's rate is printed."""
MOST_STATIONS = 12
"""Stations of a larger network that are printed: with what stands around them, a screen of 24 lines."""
ORDER = (BELOW, CANT_TELL, MEETS)
MARKS = {BELOW: ("▼", "v"), SILENT: ("×", "x"), CANT_TELL: ("○", "o"), MEETS: ("●", "*")}
"""A mark for each verdict, and one for terminals that can't show it."""
STYLES = {BELOW: "bold #d9601a", SILENT: "bold", CANT_TELL: "", MEETS: "#3f8fd0"}
SCREEN_COLUMNS, STATION_CHARS, SHORT_DAY = 80, 20, "20 Jun"
"""Letters of a station's name on a screen of 80 columns, where days need no year; with one, the name has less room."""
MOST_STATION_CHARS = 36
"""Letters of a name on a wider screen: an OCPI id is not longer."""
SINCE = 6
"""Place of the day in a row's cells."""
SHORT_STEPS = {"check power and comms": "power and comms"}
"""First steps that would not fit the column."""


def print_story(story: Story, console: Console) -> None:
    """Prints the finding, the network's figures, the stations that need attention first, and what must be said."""
    report = story.report
    _print_head(report, console)
    console.print(encodable(title_of(story), console), highlight=False, markup=False, style="bold")
    say(console, sentence(_network_line(report.network)))
    say(console, sentence(f"The weekly rate: {direction_text(story)}"))
    say(console, "")
    shown = story.rows if len(story.rows) <= FEW_STATIONS else story.rows[:MOST_STATIONS]
    console.print(_station_table(shown, story, console))
    hidden = len(story.rows) - len(shown)
    more = [f"{counted(hidden, 'more station')}: evcharge report --csv -"] if hidden else []
    say(console, "")
    for line in (_tally(story), *more, *report.notes):
        say(console, line)


def print_report(report: Report, console: Console) -> None:
    """Prints the figures of the network, a table of groups, those that need attention first, and what must be said."""
    _print_head(report, console)
    console.print(encodable(_network_line(report.network), console), highlight=False, markup=False, style="bold")
    console.print()
    console.print(_table(report, console))
    for line in (_verdict_line(report), *_more(report), *report.notes):
        say(console, line)


def say(console: Console, line: str) -> None:
    """Prints one line for people, in characters that the terminal has."""
    console.print(encodable(line, console), highlight=False, markup=False)


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


def _print_head(report: Report, console: Console) -> None:
    groups, attempts = counted(len(report.groups), report.by), counted(report.network["attempts"], "attempt")
    say(console, f"{period_of(report)}   {groups}   {attempts}   target {100 * report.target:g}%")
    say(console, f"success = {report.definition.id}: {report.definition.title} ({report.reason})\n")


def _network_line(network: dict[str, Any]) -> str:
    others = f"{network['unknown']:,} unknown, {network['excluded']:,} excluded"
    if not network["attempts"]:
        return f"no attempt could be judged; {others}"
    shown = interval(network["low"], network["high"])
    return f"{percent(network['success_ratio'])} succeeded (95% interval {shown}); {others}"


# The stations of a story


def _station_table(rows: Sequence[Mapping[Any, Any]], story: Story, console: Console) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("")
    cells = [_station_cells(row, story) for row in rows]
    since = max(len(row[SINCE]) for row in cells)
    wider = min(max(console.width - SCREEN_COLUMNS, 0), MOST_STATION_CHARS - STATION_CHARS)
    room = STATION_CHARS + wider - max(0, since - len(SHORT_DAY))
    table.add_column("station", no_wrap=True)
    for heading in ("success", "tries", "now", "range", "since", "lost/wk"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("first step", no_wrap=True)
    for row, (mark, label, *figures) in zip(rows, cells, strict=True):
        shown = (mark, elided(label, room), *figures)
        table.add_row(*(Text(encodable(cell, console)) for cell in shown), style=STYLES[row["verdict_now"]])
    return table


def _station_cells(row: Mapping[Any, Any], story: Story) -> list[str]:
    """Rate and attempts of the whole period; rate, interval and first day of the present spell; loss and first step."""
    silent, attention = row["verdict_now"] == SILENT, row["verdict_now"] in (SILENT, BELOW)
    since = row["last_session"] if silent else row["since"] if row["changed"] else None
    return [
        MARKS[row["verdict_now"]][0],
        printable(row["label"]),
        percent(row["success_ratio"]),
        f"{row['attempts']:,}",
        SILENT if silent else percent(row["now_ratio"]),
        "" if silent or not row["now_attempts"] else f"{100 * row['now_low']:.0f}–{100 * row['now_high']:.0f}",
        "" if since is None else day_text(since, story.report.last_day.year),
        amount(row["charges_lost_per_week"]) if attention else "",
        SHORT_STEPS.get(row["first_step"], row["first_step"]) if attention else "",
    ]


def _tally(story: Story) -> str:
    below, silent, unsure, meets = (story.count_of(word) for word in (BELOW, SILENT, CANT_TELL, MEETS))
    return f"{below:,} below target, {silent:,} silent, {unsure:,} can't tell yet, {meets:,} meet the target"


# Other groups


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
    return [
        MARKS[row["verdict"]][0],
        printable(_label(row, report)),
        percent(row["success_ratio"]),
        interval(row["low"], row["high"]),
        f"{row['successes']:,} of {row['attempts']:,}",
        f"{row['unknown']:,}" if row["unknown"] else "",
        row["verdict"],
    ]


def _verdict_line(report: Report) -> str:
    below, unsure, meets = (report.count_of(verdict) for verdict in ORDER)
    return f"\n{below:,} below target, {unsure:,} can't tell yet, {meets:,} meet the target"


def _more(report: Report) -> list[str]:
    hidden = len(report.groups) - MOST_ROWS
    return [f"{hidden:,} more {report.by}s: add --csv - or --json to see all"] if hidden > 0 else []
