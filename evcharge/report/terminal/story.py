"""The report as people read it in a terminal.

What does not belong here: figures, words that page and terminal share (``story``), files, and anything a program should
read (``--json``, ``--csv``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Console

from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS
from evcharge.report.absence import holes_text, past_outages_text
from evcharge.report.direction import direction_text
from evcharge.report.headline import bounds_text, chance_told, group_limits_text, network_text, network_verdict_text
from evcharge.report.left_out import left_out_text
from evcharge.report.losses import loss_sentence
from evcharge.report.now import MARKS, ORDER, SILENT
from evcharge.report.rates import Report, head_text, lot_text
from evcharge.report.since import Since, since_lines, since_title
from evcharge.report.station_cells import HEADINGS, station_cells
from evcharge.report.story import Story, out_of_use_text, title_of
from evcharge.report.terminal.availability import print_availability
from evcharge.report.terminal.table import print_table, say
from evcharge.report.words import (
    counted,
    interval,
    percent,
    sentence,
    verb,
)

MOST_ROWS = 40
"""Groups in a table: what fits a screen or two. All of them are in ``--csv`` and ``--json``."""
FEW_STATIONS = 25
"""Stations up to which each one's rate is printed."""
MOST_STATIONS = 9
"""Stations of a larger network that are printed: with what stands around them, a screen of 24 lines."""
STYLES = {BELOW: "bold #d9601a", SILENT: "bold", CANT_TELL: "", MEETS: "#3f8fd0"}


def print_story(story: Story, console: Console) -> None:
    """Prints the finding, the network's figures, the stations that need attention first, and what must be said."""
    report = story.report
    _print_head(report, console)
    say(console, title_of(story), "bold")
    _print_network(report, console)
    say(console, sentence(f"The weekly rate: {direction_text(story.direction, story.stations, report.target)}"))
    if lost := loss_sentence(*story.losses):
        say(console, sentence(lost))
    if story.since:
        _print_since(story.since, console)
    say(console)
    shown = story.rows if len(story.rows) <= FEW_STATIONS else story.rows[:MOST_STATIONS]
    _print_stations(shown, story, console)
    hidden = len(story.rows) - len(shown)
    more = [f"{counted(hidden, 'more station')}: add --csv - to see all"] if hidden else []
    say(console)
    absent = (past_outages_text(story.outages), holes_text(story.holes), out_of_use_text(story))
    for line in filter(None, (_tally(story), *absent, *more, *report.notes, left_out_text(report.left_out))):
        say(console, line)
    if story.uptime:
        print_availability(story.uptime, story.selection, console)


def print_report(report: Report, console: Console) -> None:
    """Prints the figures of the network, a table of groups, those that need attention first, and what must be said."""
    _print_head(report, console)
    _print_network(report, console, "bold")
    say(console)
    _print_groups(report, console)
    say(console)
    lines = (_verdict_line(report), group_limits_text(report), *_more(report), *report.notes)
    for line in filter(None, (*lines, left_out_text(report.left_out))):
        say(console, line)


def _print_head(report: Report, console: Console) -> None:
    say(console, head_text(report))
    if report.where:
        say(console, sentence(f"only stations whose {lot_text(report.where)}"))
    say(console, f"success = {report.definition.id}: {report.definition.title} ({report.reason})")
    say(console)


def _print_network(report: Report, console: Console, style: str | None = None) -> None:
    """Prints the rate of all stations together, between what it lies with all attempts in it, and its verdict."""
    say(console, sentence(network_text(report)), style)
    for line in filter(None, (bounds_text(report), network_verdict_text(report))):
        say(console, sentence(line))


def _print_since(since: Since, console: Console) -> None:
    """Prints what changed since an earlier report, a line for each kind of change."""
    say(console)
    say(console, f"{since_title(since)}:", "bold")
    for line in since_lines(since):
        say(console, f"  {line}")


# The stations of a story


def _print_stations(rows: Sequence[Mapping[Any, Any]], story: Story, console: Console) -> None:
    year = story.report.last_day.year
    cells = [station_cells(row, story.report.target, year) for row in rows]
    styles = [STYLES[row["verdict_now"]] for row in rows]
    print_table(console, HEADINGS, cells, styles, tight=True, if_room=">4 weeks")


def _tally(story: Story) -> str:
    below, silent, unsure, meets = (story.count_of(word) for word in (BELOW, SILENT, CANT_TELL, MEETS))
    told = f"{below:,} below target, {silent:,} silent, {unsure:,} can't tell yet"
    return f"{told}, {meets:,} {verb(meets, 'meets', 'meet')} the target"


# Other groups


def _print_groups(report: Report, console: Console) -> None:
    headings = ("", f"~{report.by}", ">success", ">95% interval", ">succeeded", ">unknown", "verdict", "chance")
    rows = _in_order(report).head(MOST_ROWS).to_dict("records")
    print_table(console, headings, [_cells(row, report) for row in rows], [STYLES[row["verdict"]] for row in rows])


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
    named = row.get("name") or row.get("station_id") or row.get(report.by) or "(not named)"
    label = f"{named} / {row['port_id'] or '(no port)'}" if report.by == "port" else str(named)
    return f"{label} ({row['source']})" if len(set(report.groups["source"])) > 1 else label


def _cells(row: Mapping[Any, Any], report: Report) -> list[str]:
    return [
        MARKS[row["verdict"]][0],
        _label(row, report),
        percent(row["success_ratio"], report.target),
        interval(row["low"], row["high"], report.target),
        f"{row['successes']:,} of {row['attempts']:,}",
        f"{row['unknown']:,}" if row["unknown"] else "",
        row["verdict"],
        chance_told(row),
    ]


def _verdict_line(report: Report) -> str:
    below, unsure, meets = (report.count_of(verdict) for verdict in ORDER)
    told = f"{below:,} below target, {unsure:,} can't tell yet"
    return f"{told}, {meets:,} {verb(meets, 'meets', 'meet')} the target"


def _more(report: Report) -> list[str]:
    hidden = len(report.groups) - MOST_ROWS
    return [f"{counted(hidden, f'more {report.by}')}: add --csv - or --json to see all"] if hidden > 0 else []
