"""Uptime and outages as people read them in a terminal.

What does not belong here: the figures (``report.uptime``), and what a program reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from evcharge.metrics.availability.rulebooks import Rulebook
from evcharge.metrics.availability.uptime import (
    CANT_TELL,
    COUNTED,
    FALLS_SHORT,
    MEETS,
    NO_FIGURE_YET,
    NO_OUTAGE,
    UNSEEN,
    WHOLE,
    Figures,
    groups,
)
from evcharge.metrics.milliseconds import instant_of
from evcharge.report.terminal.reported import print_reported
from evcharge.report.terminal.table import print_table, say
from evcharge.report.uptime_found import Uptime
from evcharge.report.uptime_words import (
    dispensing_text,
    evidence_text,
    false_free_text,
    figure_text,
    hours_told,
    period_text,
    range_text,
    ratio_text,
    rulebook_text,
    verdict_text,
)
from evcharge.report.words import NONE, counted

MOST_ROWS = 40
"""Rows of a table in a terminal; all of them are in ``--csv`` and ``--json``."""
STYLES = {FALLS_SHORT: "bold #d9601a", MEETS: "#3f8fd0", CANT_TELL: "", NO_FIGURE_YET: "", "": ""}
_ORDER = (FALLS_SHORT, CANT_TELL, NO_FIGURE_YET, "", MEETS)


def print_uptime(found: Uptime, console: Console, why: str) -> None:
    """Prints one rulebook's figures of all ports, a table of groups, and what must be said."""
    figures = found.first
    _print_head(found, console)
    say(console, f"{rulebook_text(figures.rulebook)} ({why}; sha256 {figures.rulebook.sha256[:8]})")
    say(console)
    say(console, _network_line(figures), "bold")
    say(console)
    rows = groups(figures, found.by).to_dict("records")
    rows.sort(key=lambda row: (_ORDER.index(row["verdict"]), row["low"] if row["low"] == row["low"] else 2.0))
    headings = (
        f"~{found.by}",
        ">low",
        ">seen",
        ">high",
        ">coverage",
        ">down",
        ">unknown",
        ">excluded",
        ">uptime",
        "verdict",
    )
    cells = [[_label(row, found), *_cells(row, figures.rulebook)] for row in rows[:MOST_ROWS]]
    print_table(console, headings, cells, [STYLES[row["verdict"]] for row in rows[:MOST_ROWS]])
    say(console)
    if len(rows) > MOST_ROWS:
        say(console, f"{counted(len(rows) - MOST_ROWS, f'more {found.by}')}: add --csv - or --json to see all")
    print_reported(found, console)
    for line in _besides(found):
        say(console, line)


def print_waterfall(found: Uptime, console: Console) -> None:
    """Prints what each rulebook makes of the same minutes, side by side, a row for each of them."""
    _print_head(found, console)
    say(console)
    headings = (
        "rulebook",
        ">period",
        ">left out",
        ">counted",
        ">down",
        ">unknown",
        ">exempt",
        ">no outage",
        ">of it unseen",
        ">uptime",
        "verdict",
    )
    cells = [_waterfall_row(figures) for figures in found.figures]
    print_table(console, headings, cells)
    say(console)
    say(console, "Hours of all ports; left out: not in operation, closed, or unknown where the rulebook leaves it out.")
    say(console, "unknown: what the rulebook counts as down; exempt: outages under a claim, given back or left out.")
    for line in _besides(found):
        say(console, line)


def print_outages(found: Uptime, console: Console) -> None:
    """Prints the outages, those that go on first, and how long sites had no working port."""
    _print_head(found, console)
    say(console)
    rows = found.outages.head(MOST_ROWS).to_dict("records")
    if rows:
        headings = (
            "~port",
            "from (UTC)",
            "to (UTC)",
            ">hours",
            "length",
            "state",
            "seen by",
            "claims",
            ">failed attempts",
        )
        print_table(console, headings, [_outage_cells(row, found) for row in rows])
    else:
        say(console, "No port was seen to be down or out of contact.")
    say(console)
    if len(found.outages) > MOST_ROWS:
        say(console, f"{counted(len(found.outages) - MOST_ROWS, 'more outage')}: add --csv - or --json to see all")
    without = found.sites[(found.sites["without_minutes"] > 0) | (found.sites["perhaps_minutes"] > 0)]
    for row in without.head(MOST_ROWS).to_dict("records"):
        label = found.names.get((row["source"], row["station_id"]), row["station_id"])
        told = f"{label}: no working port for {hours_told(row['without_minutes'])} h"
        say(console, f"{told}, perhaps for {hours_told(row['perhaps_minutes'])} h more that nobody saw")
    for line in found.notes:
        say(console, line)


def _print_head(found: Uptime, console: Console) -> None:
    ports = counted(len(found.first.ports), "port")
    stations = counted(len(found.first.ports[["source", "station_id"]].drop_duplicates()), "station")
    say(console, f"{period_text(found.period)}   {ports} of {stations}   {found.period_reason}")
    say(console, evidence_text(found.evidence))


def _network_line(figures: Figures) -> str:
    network, limit = figures.network, figures.rulebook.limit
    told = f"All ports together: {range_text(network, limit)} up, {ratio_text(network['coverage'])} of the time seen"
    uptime, rulebook = figure_text(network, figures.rulebook), figures.rulebook.id
    read = f"{rulebook} reads {uptime}" if uptime != NONE else f"{rulebook} says nothing of unknown time: no figure"
    return f"{told}; {read}{verdict_text(figures)}"


def _label(row: Mapping[Any, Any], found: Uptime) -> str:
    if found.by in ("port", "station"):
        label = found.names.get((row["source"], row["station_id"]), str(row["station_id"]))
        return f"{label} / {row['port_id'] or '(no port)'}" if found.by == "port" else label
    named = row[found.by]
    return str(named) if isinstance(named, str) else "(not named)"


def _cells(row: Mapping[Any, Any], rulebook: Rulebook) -> list[str]:
    ratios = [ratio_text(row[name], rulebook.limit) for name in ("low", "seen", "high")]
    hours = [hours_told(row[name]) for name in ("down_minutes", "unknown_minutes", "excluded_minutes")]
    return [*ratios, ratio_text(row["coverage"]), *hours, figure_text(row, rulebook), row["verdict"]]


def _waterfall_row(figures: Figures) -> list[str]:
    """One rulebook: hours from the period down to what is no outage, its figure, and its verdict on the ports."""
    steps = dict(figures.steps)
    counts, whole = steps[COUNTED], steps[WHOLE]
    exempt = sum(minutes for name, minutes in steps.items() if name.startswith("exempt") and minutes > 0)
    kept, unseen = steps[NO_OUTAGE], steps[UNSEEN]
    lost = (-steps["down"], -steps["unknown, counted as down"])
    hours = [hours_told(minutes) for minutes in (whole, whole - counts, counts, *lost, exempt, kept, unseen)]
    network = figures.network
    ports = f"{network['ports_meeting']:,} of {network['ports']:,} ports meet it"
    limited = figures.rulebook.limit is not None and figures.own_period
    verdict = network["verdict"] or (ports if limited else "")
    return [figures.rulebook.id, *hours, figure_text(network, figures.rulebook), verdict]


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
    ]


def _besides(found: Uptime) -> list[str]:
    return [*dispensing_text(found), *false_free_text(found), *found.notes]
