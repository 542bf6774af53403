"""Was it there? Uptime beside a report's rates: what terminal, page and document say of it.

What does not belong here: reading it (``uptime_of_report``), and how it is shown (``terminal``, ``page``).
"""

from __future__ import annotations

import shlex
from typing import Any

import pandas as pd

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.milliseconds import instant_of
from evcharge.metrics.selection import Selection
from evcharge.report.document import period_told, plain, records
from evcharge.report.reported_rows import report_rows
from evcharge.report.uptime_found import Uptime
from evcharge.report.uptime_told import groups_told

TITLE = "Was it there?"
RATIOS = ("low", "seen", "high", "coverage")
"""Shares of time of a station or the network, from 0 to 1."""


def stations_by_uptime(found: Uptime) -> pd.DataFrame:
    """The stations, those that were up least for certain first, and last those of which nothing was seen."""
    stations = groups_told(found.first, "station")
    order = ["nothing", "low", "seen", "source", "station_id"]
    ranked = stations.assign(nothing=stations["seen"].isna()).sort_values(order, kind="stable", ignore_index=True)
    return ranked.drop(columns="nothing")


def going_on(found: Uptime) -> pd.DataFrame:
    """The outages that go on at the end of the period."""
    return found.outages[found.outages["goes_on"]]


def command_of(command: str, period: Period, selection: Selection) -> str:
    """What shows more of the same: a command of the stations, and the days, that the report is of."""
    words = ["evcharge", command]
    if selection.first_day or selection.last_day:
        first, last = (instant_of(at) for at in (period.from_ms, period.until_ms - 1))
        words += ["--from", f"{first:%Y-%m-%d}", "--to", f"{last:%Y-%m-%d}"]
    for station in selection.station_ids:
        words += ["--station", station]
    for column, word in selection.where:
        words += ["--where", f"{column}={word}"]
    return shlex.join(words)


def availability_document(found: Uptime) -> dict[str, Any]:
    """What the report's document says of uptime: ratios unrounded, null where not known."""
    figures, free = found.first, found.false_free
    network = {name: plain(figures.network[name]) for name in (*RATIOS, "uptime", "verdict")}
    period = {**period_told(found.period), "reason": found.period_reason, "judged": figures.own_period}
    return {
        "rulebook": figures.rulebook.id,
        "rulebook_sha256": figures.rulebook.sha256,
        "period": period,
        "evidence": list(found.evidence),
        "network": {"ports": int(figures.network["ports"]), **network},
        "stations": records(stations_by_uptime(found)[["source", "station_id", *RATIOS]]),
        "outages_going_on": len(going_on(found)),
        "ports_up_not_dispensing": len(found.not_dispensing),
        "minutes_announced_free": float(free["free_minutes"].sum()),
        "minutes_false_free": float(free["false_minutes"].sum()),
        "reported": [] if found.reported is None else records(report_rows(found.reported)),
        "notes": found.notes,
    }
