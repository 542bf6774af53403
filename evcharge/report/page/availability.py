"""Was it there? Uptime of each station on the page, where there is evidence of it.

What does not belong here: the figures (``report.uptime``), and markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from evcharge.errors import ConfigError, NoDataError
from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.rulebooks import find_rulebook
from evcharge.metrics.availability.uptime import groups
from evcharge.metrics.counted import counted_of
from evcharge.metrics.milliseconds import instant_of, midnight_ms
from evcharge.report.page.cells import Table, table_of
from evcharge.report.story import Story
from evcharge.report.uptime import DAY_MS, DEFAULT_RULEBOOK, Uptime, build_uptime
from evcharge.report.uptime_words import (
    charges_lost_text,
    dispensing_text,
    false_free_text,
    hours_told,
    period_text,
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


def read_uptime(session: Session, story: Story) -> Uptime | None:
    """Uptime in the period of the report; None where nothing tells of it, or where counts alone are read."""
    if counted_of(session):
        return None
    try:
        rulebooks = [find_rulebook(DEFAULT_RULEBOOK)]
        return build_uptime(session, rulebooks, selection=story.selection, period=_period(story), by="station")
    except (NoDataError, ConfigError):  # no evidence, or none of any length of time
        return None


def _period(story: Story) -> Period | None:
    """The days that were asked for; where only one end was, up to that of the sessions."""
    selection, report = story.selection, story.report
    if not (selection.first_day or selection.last_day):
        return None
    first, last = selection.first_day or report.first_day, selection.last_day or report.last_day
    return Period(midnight_ms(first), midnight_ms(last) + DAY_MS) if first and last else None


def availability_of(found: Uptime | None) -> Availability | None:
    """The section; None where nothing tells of uptime."""
    if found is None:
        return None
    figures, network = found.first, found.first.network
    stations = groups(figures, "station").sort_values(
        ["low", "seen", "source", "station_id"], kind="stable", na_position="last"
    )
    hidden = len(stations) - MOST_STATIONS
    together = (
        f"{period_text(found.period)}, {found.period_reason}. All ports together: seen up "
        f"{ratio_text(network['seen'])} of the time that was seen, which is {ratio_text(network['coverage'])} of all; "
        f"at worst {ratio_text(network['low'])}, at best {ratio_text(network['high'])}. "
    )
    return Availability(
        summary=f"{together}R{rulebook_text(figures.rulebook)[1:]}{verdict_text(figures)}",
        bars=[_bar(row, found) for row in stations.head(MOST_STATIONS).to_dict("records")],
        more=f"{counted(hidden, 'more station')}: evcharge uptime --by station." if hidden > 0 else "",
        open=_open(found),
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


_OPEN_HEADINGS = ("port", "state", "since (UTC)", "hours", "shown by", "claims", "charges lost")


def _open(found: Uptime) -> Table | None:
    """The outages that go on at the end of the period, the longest first."""
    going = found.outages[found.outages["goes_on"]].sort_values("minutes", ascending=False, kind="stable")
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
            charges_lost_text(row["charges_lost"]),
        )
        for row in going.head(MOST_OPEN).to_dict("records")
    ]
    hidden = len(going) - len(rows)
    more = f"{counted(hidden, 'more outage')}: evcharge outages." if hidden > 0 else ""
    title = f"{counted(len(going), 'outage')} at the end of the period"
    return table_of(title, _OPEN_HEADINGS, rows, (3, 6), more)
