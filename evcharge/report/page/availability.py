"""Was it there? Uptime of each station on the page, and of the ports of one on its own, where there is evidence of it.

What does not belong here: the figures (``report.uptime``), which are read (``report.availability``), and markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evcharge.metrics.availability.uptime import COUNTED, NO_OUTAGE, TOTALS, UNSEEN, WHOLE
from evcharge.metrics.milliseconds import instant_of
from evcharge.metrics.selection import Selection
from evcharge.report.availability import command_of, stations_by_uptime
from evcharge.report.page.cells import Part, Table, table_of
from evcharge.report.reported_words import REPORT_HEADINGS, report_cells, reports_summary, reports_told
from evcharge.report.uptime_found import Uptime
from evcharge.report.uptime_words import (
    charges_lost_text,
    dispensing_text,
    false_free_text,
    figure_text,
    hours_told,
    network_text,
    no_verdict_text,
    period_text,
    port_label,
    ratio_text,
    rulebook_text,
    verdict_text,
)
from evcharge.report.words import NONE, counted, verb

MOST_STATIONS = 20
"""Stations listed, those that were seen up least first."""
MOST_OUTAGES = 15
"""Outages listed, those that go on first, then the longest."""
MOST_REPORTS = 15
"""Reports of uptime listed, those that the evidence contradicts first."""
BAR_WIDTH = 100
"""Width of a bar, from 0 to 100 % [px]."""
TONES = {WHOLE: "unsure", COUNTED: "unsure", NO_OUTAGE: "ok", UNSEEN: "unsure-pale"}
"""The colour of a step of the waterfall; others take minutes away, or give some back."""
STEP_WIDTH = 240
"""Width of the waterfall, from nothing to all minutes of the period [px]."""


@dataclass(frozen=True)
class Bar:
    """A station's time as a bar.

    Attributes:
        label: what people call it.
        low, seen, high, coverage: shares of time as people read them.
        low_px, high_px: where the bar of what is certain, and of what is possible, ends; None without any time.
        seen_px: where the tick of what was seen stands; None where nothing was seen.
    """

    label: str
    low: str
    seen: str
    high: str
    coverage: str
    low_px: float | None
    high_px: float | None
    seen_px: float | None


@dataclass(frozen=True)
class Step:
    """A step from the minutes of the period down to the rulebook's figure, as a bar.

    Attributes:
        name: what is taken away, given back, or left.
        hours: of all ports.
        begin, length: where its bar begins and how long it is [px].
        tone: the colour of the bar, by the name that the style sheet gives it.
    """

    name: str
    hours: str
    begin: float
    length: float
    tone: str


@dataclass(frozen=True)
class Availability:
    """The section.

    Attributes:
        summary: of which time, and what all ports together come to.
        bars: stations, the worst first.
        more: how many stations are not listed; empty for none.
        outages: when ports were down or out of contact; None where they never were.
        reported: what was reported of ports beside the evidence, what it contradicts first; None where nothing was.
        steps_title: what the waterfall comes down to.
        steps: from the minutes of the period down to the figure of the rulebook.
        notes: sentences on where statuses and sessions disagree, and on what is not known.
        width, step_width: of a bar, and of the waterfall [px].
    """

    summary: str
    bars: list[Bar]
    more: str
    outages: Table | None
    reported: Table | None
    steps_title: str
    steps: list[Step]
    notes: list[str]
    width: int = BAR_WIDTH
    step_width: int = STEP_WIDTH


def availability_of(found: Uptime | None, selection: Selection) -> Availability | None:
    """The section; None where nothing tells of uptime."""
    if found is None:
        return None
    figures, stations = found.first, stations_by_uptime(found)
    hidden = len(stations) - MOST_STATIONS
    more = f"{counted(hidden, 'more station')}: {command_of('uptime', found.period, selection)} --by station"
    return Availability(
        summary=f"{network_text(found)} R{rulebook_text(figures.rulebook)[1:]}{verdict_text(figures)}",
        bars=[_bar(row, found) for row in stations.head(MOST_STATIONS).to_dict("records")],
        more=more if hidden > 0 else "",
        outages=_outages(found, selection),
        reported=_reported(found, selection),
        steps_title=_steps_title(found),
        steps=_steps(found),
        notes=[*dispensing_text(found), *false_free_text(found), *found.notes],
    )


def station_parts(found: Uptime | None, source: str, station_id: str, selection: Selection) -> list[Part]:
    """The section on the page of a station: its ports and their outages; empty where nothing tells of their uptime.

    Args:
        found: uptime of all stations, as the report read it.
        source: whose id the station has.
        station_id: the station.
        selection: which sessions the report is of.
    """
    own = _of_station(found, source, station_id) if found else None
    if own is None or own.first.ports.empty:
        return []
    rulebook = own.first.rulebook
    covers = f"{period_text(own.period)}, {own.period_reason}. R{rulebook_text(rulebook)[1:]}"
    outages = _outages(own, replace(selection, station_ids=(station_id,)))
    told = [Part(f"{covers}{no_verdict_text(own.first) or '.'}"), Part(None, table=_ports(own))]
    told += [Part(f"{outages.caption}:"), Part(None, table=outages)] if outages else []
    return [*told, *(Part(line) for line in (*dispensing_text(own), *false_free_text(own)))]


def _of_station(found: Uptime, source: str, station_id: str) -> Uptime:
    """What was found, of one station alone; its figures of the network are still those of all."""

    def own(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[(frame["source"] == source) & (frame["station_id"] == station_id)]

    return replace(
        found,
        figures=[replace(figures, ports=own(figures.ports)) for figures in found.figures],
        outages=own(found.outages),
        not_dispensing=own(found.not_dispensing),
        without_port=own(found.without_port),
        false_free=own(found.false_free),
    )


def _ports(found: Uptime) -> Table:
    """The ports of a station; the verdict is a column where there is one."""
    judged = bool((found.first.ports["verdict"] != "").any())
    columns = ["port", "at worst", "seen", "at best", "time seen", "hours down", "hours unknown"]
    rows = [
        [
            row["port_id"] or "(no port)",
            *(ratio_text(row[name]) for name in ("low", "seen", "high", "coverage")),
            *(hours_told(row[name]) for name in ("down_minutes", "unknown_minutes")),
            *([row["verdict"]] * judged),
        ]
        for row in found.first.ports.to_dict("records")
    ]
    return table_of("Uptime of its ports", [*columns, *(["verdict"] * judged)], rows, range(1, 7))


def _steps_title(found: Uptime) -> str:
    figures = found.first
    told = figure_text(figures.network, figures.rulebook)
    none = "none, as it says nothing of time that nobody saw"
    return f"From the period to the figure of {figures.rulebook.id}: {none if told == NONE else told}"


def _steps(found: Uptime) -> list[Step]:
    """Those that change anything, each beginning where the one before ends, and the totals, from nothing."""
    steps = [(name, float(minutes)) for name, minutes in found.first.steps if minutes]
    scale = STEP_WIDTH / max((minutes for _, minutes in steps), default=1.0)
    told, level = [], 0.0
    for name, minutes in steps:
        before = 0.0 if name in TOTALS else level - minutes if name == UNSEEN else level
        level = level if name == UNSEEN else before + minutes
        length = max(abs(minutes) * scale, 1.0)  # what there is can be seen
        begin = min(min(before, before + minutes) * scale, STEP_WIDTH - length)
        tone = TONES.get(name, "bad" if minutes < 0 else "ok-pale")
        hours = hours_told(minutes) if minutes >= 0 else f"−{hours_told(minutes)}"
        told.append(Step(name, hours, round(begin, 1), round(length, 1), tone))
    return told


def _bar(row: Mapping[Any, Any], found: Uptime) -> Bar:
    low, seen, high = (_pixels(row[name]) for name in ("low", "seen", "high"))
    shares = {name: ratio_text(row[name]) for name in ("low", "seen", "high", "coverage")}
    return Bar(label=port_label({**row, "port_id": ""}, found), **shares, low_px=low, high_px=high, seen_px=seen)


def _pixels(ratio: float) -> float | None:
    return None if np.isnan(ratio) else round(min(max(ratio, 0.0), 1.0) * BAR_WIDTH, 1)


def _outages(found: Uptime, selection: Selection) -> Table | None:
    """When ports were down or out of contact: what goes on at the end of the period first, then the longest."""
    rows = found.outages.sort_values(["goes_on", "minutes"], ascending=False, kind="stable")
    if rows.empty:
        return None
    going, claimed, listed = int(rows["goes_on"].sum()), bool(rows["claims"].any()), rows.head(MOST_OUTAGES)
    columns = ["port", "from (UTC)", "to (UTC)", "hours", "state", "seen by", "failed attempts", "charges lost"]
    cells = [[*_outage(row, found), *([row["claims"]] * claimed)] for row in listed.to_dict("records")]
    hidden = len(rows) - len(listed)
    more = f"{counted(hidden, 'more outage')}: {command_of('outages', found.period, selection)}" if hidden > 0 else ""
    goes = f"; {going:,} {verb(going, 'goes', 'go')} on at the end of the period" if going else ""
    title = f"{counted(len(rows), 'outage')}{goes}"
    return table_of(title, [*columns, *(["claims"] * claimed)], cells, (3, 6, 7), more)


def _reported(found: Uptime, selection: Selection) -> Table | None:
    """What was reported for times that meet the period, beside what the rulebook makes of the evidence."""
    rows = reports_told(found)
    if found.reported is None or not rows:
        return None
    cells = [report_cells(row, found) for row in rows[:MOST_REPORTS]]
    hidden = len(rows) - len(cells)
    see_all = f"{counted(hidden, 'more report')}: {command_of('uptime', found.period, selection)} --json"
    columns = [heading.removeprefix(">") for heading in REPORT_HEADINGS]
    right = [place for place, heading in enumerate(REPORT_HEADINGS) if heading.startswith(">")]
    return table_of(
        reports_summary(found.reported).removesuffix("."), columns, cells, right, see_all if hidden > 0 else ""
    )


def _outage(row: Mapping[Any, Any], found: Uptime) -> list[str]:
    """An outage, with the attempts at its port that failed in it, and the charges lost."""
    begin, end = (f"{instant_of(int(row[name])):%Y-%m-%d %H:%M}" for name in ("from_ms", "until_ms"))
    end = "goes on" if row["goes_on"] else end
    told = [hours_told(row["minutes"]), row["state"], row["seen"].replace("_", " ")]
    cost = [f"{row['failed_attempts']:,}", charges_lost_text(row["charges_lost"])]
    return [port_label(row, found), begin, end, *told, *cost]
