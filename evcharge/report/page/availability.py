"""Was it there? Uptime of each station on the page, where there is evidence of it.

What does not belong here: the figures (``report.uptime``), which are read (``report.availability``), and markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evcharge.metrics.milliseconds import instant_of
from evcharge.metrics.outcomes import Selection
from evcharge.report.availability import command_of, going_on, stations_by_uptime
from evcharge.report.page.cells import Table, table_of
from evcharge.report.uptime import Uptime
from evcharge.report.uptime_words import (
    dispensing_text,
    false_free_text,
    hours_told,
    network_text,
    port_label,
    ratio_text,
    rulebook_text,
    verdict_text,
)
from evcharge.report.words import counted

MOST_STATIONS = 20
"""Stations listed, those that were seen up least first."""
MOST_OPEN = 20
"""Outages listed that go on."""
BAR_WIDTH = 100
"""Width of a bar, from 0 to 100 % [px]."""


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
class Availability:
    """The section.

    Attributes:
        summary: of which time, and what all ports together come to.
        bars: stations, the worst first.
        more: how many stations are not listed; empty for none.
        open: the outages that go on; None where there are none.
        steps: from the minutes of the period down to the figure of the rulebook.
        notes: sentences on where statuses and sessions disagree, and on what is not known.
        width: of a bar [px].
    """

    summary: str
    bars: list[Bar]
    more: str
    open: Table | None
    steps: Table
    notes: list[str]
    width: int = BAR_WIDTH


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
        open=_open(found, selection),
        steps=table_of(
            f"From the period to the figure of {figures.rulebook.id}",
            ("step", "hours"),
            [
                (name, hours_told(minutes) if minutes >= 0 else f"−{hours_told(minutes)}")
                for name, minutes in _steps(found)
            ],
            (1,),
        ),
        notes=[*dispensing_text(found), *false_free_text(found), *found.notes],
    )


def _steps(found: Uptime) -> list[tuple[str, float]]:
    """Those that change anything, and the totals."""
    return [(name, float(minutes)) for name, minutes in found.first.steps if minutes]


def _bar(row: Mapping[Any, Any], found: Uptime) -> Bar:
    low, seen, high = (_pixels(row[name]) for name in ("low", "seen", "high"))
    shares = {name: ratio_text(row[name]) for name in ("low", "seen", "high", "coverage")}
    return Bar(label=port_label({**row, "port_id": ""}, found), **shares, low_px=low, high_px=high, seen_px=seen)


def _pixels(ratio: float) -> float | None:
    return None if np.isnan(ratio) else round(min(max(ratio, 0.0), 1.0) * BAR_WIDTH, 1)


def _open(found: Uptime, selection: Selection) -> Table | None:
    """The outages that go on at the end of the period, the longest first."""
    going = going_on(found)
    if going.empty:
        return None
    rows = [
        (
            port_label(row, found),
            row["state"],
            f"{instant_of(int(row['from_ms'])):%Y-%m-%d %H:%M}",
            hours_told(row["minutes"]),
            row["seen"].replace("_", " "),
            row["claims"],
        )
        for row in going.head(MOST_OPEN).to_dict("records")
    ]
    hidden = len(going) - len(rows)
    more = f"{counted(hidden, 'more outage')}: {command_of('outages', found.period, selection)}" if hidden > 0 else ""
    title = f"{counted(len(going), 'outage')} at the end of the period"
    return table_of(title, ("port", "state", "since (UTC)", "hours", "shown by", "claims"), rows, (3,), more)
