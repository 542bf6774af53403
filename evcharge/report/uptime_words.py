"""Uptime in words, the same for terminal and page.

What does not belong here: the figures (``uptime``), and how they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.rulebooks import Rulebook
from evcharge.metrics.availability.timeline import EVIDENCE_WORDS
from evcharge.metrics.availability.uptime import (
    AGE_UNKNOWN,
    CANT_TELL,
    COUNTED,
    FALLS_SHORT,
    MEETS,
    NO_FIGURE_YET,
    NO_OUTAGE,
    UNSEEN,
    WHOLE,
    Figures,
)
from evcharge.metrics.milliseconds import instant_of
from evcharge.report.uptime_found import DAY_MS, Uptime
from evcharge.report.uptime_told import groups_told
from evcharge.report.words import NONE, counted, day_text, percent, verb

MOST_LISTED = 5
"""Ports that a sentence lists."""
ALL_LISTED = "evcharge uptime --json lists them"
"""Where the others are, for people at a command line."""


def ratio_text(ratio: float | None, limit: float | None = None) -> str:
    """A share of time with two digits, more where it takes them beside a limit, never a false 100 % or 0 %."""
    if ratio is None or ratio != ratio:
        return NONE
    shown = f"{ratio:.2%}"
    beside = limit is not None and (round(ratio, 4) >= limit) != (ratio >= limit)
    return percent(ratio, limit) if beside or (shown in ("100.00%", "0.00%") and ratio not in (0.0, 1.0)) else shown


def range_text(row: Mapping[Any, Any], limit: float | None = None) -> str:
    """Low and high of a row, one figure where both are the same."""
    low, high = (ratio_text(row[name], limit) for name in ("low", "high"))
    return low if low == high else f"{low} to {high}"


def figure_text(row: Mapping[Any, Any], rulebook: Rulebook) -> str:
    """The rulebook's figure of a row; a dash where there is none."""
    return ratio_text(row["uptime"], rulebook.limit)


def hours_told(minutes: float) -> str:
    """Minutes as hours with one digit, more for less than that; a dash for none."""
    hours = abs(minutes) / 60
    if not hours:
        return NONE
    return f"{hours:,.1f}" if hours >= 0.05 else f"{hours:.3f}"


def charges_lost_text(charges: float) -> str:
    """Charges lost in an outage with one digit; a dash where they can't be told."""
    return NONE if charges != charges else f"{charges:,.1f}"


def period_text(period: Period) -> str:
    """A period as people write it: its days where it is of whole days, else its instants; in UTC."""
    begin, end = instant_of(period.from_ms), instant_of(period.until_ms)
    if period.from_ms % DAY_MS or period.until_ms % DAY_MS:
        return f"{begin:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M} UTC"
    first, last = begin.date(), (end - timedelta(days=1)).date()
    days = day_text(first) if first == last else f"{day_text(first)} – {day_text(last)}"
    return f"{days} (UTC)"


def without_text(without_minutes: float, perhaps_minutes: float) -> str:
    """How long a station had no working port, and how long nobody saw one that works."""
    without, perhaps = hours_told(without_minutes), hours_told(perhaps_minutes)
    if not without_minutes:
        return f"perhaps no working port for {perhaps} h that nobody saw"
    seen = f"no working port for {without} h"
    return f"{seen}, perhaps for {perhaps} h more that nobody saw" if perhaps_minutes else seen


def network_text(found: Uptime) -> str:
    """How much of the time all ports together were seen up, and what unknown time could make of it."""
    network = found.first.network
    return (
        f"{period_text(found.period)}, {found.period_reason}. All ports together: seen up "
        f"{ratio_text(network['seen'])} of the time that was seen, which is {ratio_text(network['coverage'])} of all; "
        f"at worst {ratio_text(network['low'])}, at best {ratio_text(network['high'])}."
    )


def covered_text(found: Uptime) -> str:
    """Of which time, how many ports and stations, and why of that time, in a line."""
    ports = counted(len(found.first.ports), "port")
    stations = counted(len(found.first.ports[["source", "station_id"]].drop_duplicates()), "station")
    return f"{period_text(found.period)}   {ports} of {stations}   {found.period_reason}"


def all_ports_text(figures: Figures) -> str:
    """All ports together: low to high, how much of the time was seen, and what the rulebook reads."""
    network, limit = figures.network, figures.rulebook.limit
    told = f"All ports together: {range_text(network, limit)} up, {ratio_text(network['coverage'])} of the time seen"
    uptime, rulebook = figure_text(network, figures.rulebook), figures.rulebook.id
    read = f"{rulebook} reads {uptime}" if uptime != NONE else f"{rulebook} says nothing of unknown time: no figure"
    return f"{told}; {read}{verdict_text(figures)}"


def rulebook_text(rulebook: Rulebook) -> str:
    """A rulebook in a line."""
    provisional = ", provisional" if rulebook.provisional else ""
    return f"rulebook {rulebook.id}: {rulebook.title} ({rulebook.clause}, {rulebook.version}{provisional})"


def verdict_text(figures: Figures) -> str:
    """What the rulebook's verdict is on the ports, or why there is none."""
    network = figures.network
    if none := no_verdict_text(figures):
        return none
    if network["verdict"]:
        return f": {network['verdict']}."
    meeting, short, not_told = (network[f"ports_{name}"] for name in ("meeting", "falling_short", "not_told"))
    parts = (
        f"{meeting:,} {verb(meeting, 'meets', 'meet')}",
        f"{short:,} {verb(short, 'falls', 'fall')} short",
        f"{not_told:,} can't be told",
    )
    return f"; of {counted(network['ports'], 'port')} {', '.join(parts)}."


def no_verdict_text(figures: Figures) -> str:
    """Why a rulebook judges nothing here; empty where it does."""
    if figures.rulebook.limit is None:
        return "; it has no limit."
    if not figures.own_period:
        return f"; it judges {PERIODS[figures.rulebook.period]}, so this period has no verdict."
    return ""


PERIODS = {
    "12 months": "twelve months",
    "calendar year": "a calendar year",
    "quarter": "a quarter",
    "any": "any period",
}
"""Which period a rulebook judges, in words."""


def evidence_text(words: Iterable[str]) -> str:
    """Which evidence counts, in a line."""
    named = list(words)
    return f"evidence: {'all of it' if len(named) == len(EVIDENCE_WORDS) else ', '.join(named) + ' alone'}"


def dispensing_text(found: Uptime, all_listed: str = ALL_LISTED) -> list[str]:
    """A sentence for the first ports that were up, and at which no attempt succeeded; ``all_listed``: where all are."""
    rows = found.not_dispensing
    told = [
        f"Up, not dispensing: {port_label(row, found)}: of {row['attempts']:,} attempts while it was up, at it or at "
        "no port that is told, none succeeded."
        for row in rows.head(MOST_LISTED).to_dict("records")
    ]
    more = len(rows) - len(told)
    beyond = [f"Up, not dispensing: {more:,} more ({all_listed})."] if more > 0 else []
    return [*told, *beyond, *_without_port_text(found)]


def _without_port_text(found: Uptime) -> list[str]:
    """A sentence on the attempts that named no port, where their station has several."""
    attempts, failures = (int(found.without_port[name].sum()) for name in ("attempts", "failures"))
    if not attempts:
        return []
    at = f"{counted(attempts, 'attempt')} at {counted(len(found.without_port), 'station')}"
    return [f"{at} named no port, and {verb(attempts, 'counts', 'count')} for none; {failures:,} of them failed."]


def false_free_text(found: Uptime, all_listed: str = ALL_LISTED) -> list[str]:
    """How long ports were announced free while a session ran, and of which most; none where that never was."""
    free, lies = (float(found.false_free[name].sum()) for name in ("free_minutes", "false_minutes"))
    if not lies:
        return []
    share = ratio_text(lies / free)
    rows = found.false_free[found.false_free["false_minutes"] > 0]
    worst = rows.sort_values("false_minutes", ascending=False, kind="stable").head(MOST_LISTED)
    told = [
        f"{port_label(row, found)} {hours_told(row['false_minutes'])} of {hours_told(row['free_minutes'])} h"
        for row in worst.to_dict("records")
    ]
    more = f"; {len(rows) - len(worst):,} more ({all_listed})" if len(rows) > len(worst) else ""
    most = f" Most at {', '.join(told)}{more}." if len(found.false_free) > 1 else ""
    return [f"False free: {share} of {hours_told(free)} h announced free, a session was running.{most}"]


def besides_text(found: Uptime, all_listed: str = ALL_LISTED) -> list[str]:
    """Sentences on where statuses and sessions disagree, and on what is not known."""
    return [*dispensing_text(found, all_listed), *false_free_text(found, all_listed), *found.notes]


def port_label(row: Mapping[Any, Any], found: Uptime) -> str:
    """What people call a port."""
    label = found.names.get((row["source"], row["station_id"]), str(row["station_id"]))
    return f"{label} / {row['port_id']}" if row["port_id"] else label


# The groups as a table


_ORDER = (FALLS_SHORT, CANT_TELL, AGE_UNKNOWN, NO_FIGURE_YET, "", MEETS)


def group_rows(found: Uptime) -> list[dict[Any, Any]]:
    """The groups of ``Uptime.by`` by the first rulebook: those that fall short first, then those seen up least."""
    rows = groups_told(found.first, found.by).to_dict("records")
    return sorted(rows, key=lambda row: (_ORDER.index(row["verdict"]), row["low"] if row["low"] == row["low"] else 2.0))


def group_headings(found: Uptime) -> tuple[str, ...]:
    """Of ``group_cells``: ``>`` stands before what is flush right, ``~`` before what may be cut short."""
    ratios = (">low", ">seen", ">high", ">coverage")
    named = ("~port", "day (UTC)") if found.by == "day" else (f"~{found.by}",)
    return (*named, *ratios, ">down", ">unknown", ">excluded", ">uptime", "verdict")


def group_label(row: Mapping[Any, Any], found: Uptime) -> str:
    """What people call a group of ``Uptime.by``."""
    if found.by in ("port", "day", "station"):
        label = found.names.get((row["source"], row["station_id"]), str(row["station_id"]))
        return label if found.by == "station" else f"{label} / {row['port_id'] or '(no port)'}"
    named = row[found.by]
    return str(named) if isinstance(named, str) else "(not named)"


def group_cells(row: Mapping[Any, Any], found: Uptime) -> list[str]:
    """A group as the cells of a row below ``group_headings``."""
    rulebook = found.first.rulebook
    ratios = [ratio_text(row[name], rulebook.limit) for name in ("low", "seen", "high")]
    hours = [hours_told(row[name]) for name in ("down_minutes", "unknown_minutes", "excluded_minutes")]
    return [
        group_label(row, found),
        *([row["day"]] if found.by == "day" else []),
        *ratios,
        ratio_text(row["coverage"]),
        *hours,
        figure_text(row, rulebook),
        row["verdict"],
    ]


# The rulebooks as a table


RULEBOOK_HEADINGS = (
    *("rulebook", ">period", ">left out", ">counted", ">down", ">unknown", ">exempt", ">no outage", ">of it unseen"),
    *(">uptime", "verdict"),
)
RULEBOOK_MEANINGS = (
    "Hours of all ports; left out: not in operation, closed, or unknown where the rulebook leaves it out.",
    "unknown: what the rulebook counts as down; exempt: outages under a claim, given back or left out.",
)


def rulebook_cells(figures: Figures) -> list[str]:
    """A rulebook: hours of all ports from the period down to what is no outage, its figure, and its verdict."""
    steps = dict(figures.steps)
    counts, whole = steps[COUNTED], steps[WHOLE]
    exempt = sum(minutes for name, minutes in steps.items() if name.startswith("exempt") and minutes > 0)
    kept, unseen = steps[NO_OUTAGE], steps[UNSEEN]
    lost = (-steps["down"], -steps["unknown, counted as down"])
    hours = [hours_told(minutes) for minutes in (whole, whole - counts, counts, *lost, exempt, kept, unseen)]
    network = figures.network
    meeting, ports = network["ports_meeting"], network["ports"]
    told = f"{meeting:,} of {counted(ports, 'port')} {verb(1 if ports == 1 else meeting, 'meets', 'meet')} it"
    limited = figures.rulebook.limit is not None and figures.own_period
    verdict = network["verdict"] or (told if limited else "")
    return [figures.rulebook.id, *hours, figure_text(network, figures.rulebook), verdict]
