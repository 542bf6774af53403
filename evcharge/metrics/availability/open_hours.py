"""Opening hours: when each port is open, by its local clock.

What does not belong here: what a rulebook makes of it (``uptime``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Integers
from evcharge.metrics.availability.axis import Spans
from evcharge.metrics.availability.evidence import Period, Ports

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_ALWAYS = ("24/7", "mo-su 00:00-24:00", "00:00-24:00")
_DAY_MINUTES = 1440


class OpenHours(NamedTuple):
    """When ports are open, and whose hours can't be read, so that it is not known."""

    spans: Spans
    unreadable: Flags


def spans(ports: Ports, period: Period) -> OpenHours:
    """The open hours of each port that has opening hours, in the period; a port without any is open always.

    A port whose hours can't be read has no span.
    """
    of_port, begins, ends = [], [], []
    unreadable = np.zeros(len(ports), dtype=bool)
    for port, (hours, zone) in enumerate(zip(ports.opening_hours, ports.timezone, strict=True)):
        found = open_spans(hours, zone, period)
        if found is None:
            unreadable[port] = True
            continue
        of_port.append(np.full(len(found[0]), port, dtype=np.int64))
        begins.append(found[0])
        ends.append(found[1])
    nothing = np.empty(0, dtype=np.int64)
    columns = (np.concatenate([nothing, *column]) for column in (of_port, begins, ends))
    return OpenHours(Spans(*columns), unreadable)


@lru_cache(maxsize=256)
def open_spans(hours: str | None, zone: str | None, period: Period) -> tuple[Integers, Integers] | None:
    """Begins and ends of the open time [ms since 1970 UTC]; None where the text or the zone can't be read.

    On the day on which clocks go forward 00:00-06:00 lasts 300 minutes.
    """
    if hours is None or not hours.strip() or hours.strip().lower() in _ALWAYS:
        return np.array([period.from_ms]), np.array([period.until_ms])
    week = week_of(hours)
    if week is None:
        return None
    first = pd.Timestamp(period.from_ms, unit="ms").normalize() - pd.Timedelta(days=2)
    days = pd.date_range(first, pd.Timestamp(period.until_ms, unit="ms") + pd.Timedelta(days=2), freq="D")
    begins, ends = [], []
    for weekday, times in enumerate(week):
        own = days[days.day_of_week == weekday]
        for begin, end in times:
            begins.append(own + pd.Timedelta(minutes=begin))
            ends.append(own + pd.Timedelta(minutes=end))
    if not begins:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    try:
        begin_ms, end_ms = _instants(begins, zone, earlier=True), _instants(ends, zone, earlier=False)
    except (KeyError, ValueError, OSError):
        return None
    return begin_ms, end_ms


def _instants(times: list[pd.DatetimeIndex], zone: str | None, *, earlier: bool) -> Integers:
    """Local times as instants; of a time that comes twice the earlier or the later one."""
    local = pd.DatetimeIndex(np.concatenate([part.to_numpy() for part in times]))
    twice = np.full(len(local), earlier)
    utc = local.tz_localize(zone or "UTC", ambiguous=twice, nonexistent="shift_forward").tz_convert("UTC")
    instants: Integers = utc.tz_localize(None).to_numpy().astype("datetime64[ms]").astype(np.int64)
    return instants


_RULE = re.compile(r"(?P<days>[a-z ,\-]*?) *(?P<times>off|closed|24/7|[0-9:\-, ]+)")
_TIMES = re.compile(r"([0-2]?\d):([0-5]\d)-([0-2]?\d):([0-5]\d)")


def week_of(hours: str) -> list[list[tuple[int, int]]] | None:
    """The open minutes of each weekday, from Monday; a later rule takes the place of an earlier one for its days.

    Read of OpenStreetMap's grammar: rules with ``;``, weekdays (``Mo-Fr,Su``), times (``06:00-12:00,14:00-22:00``, also
    past midnight), ``off``, ``24/7``. None for anything else, such as holidays and seasons: not half read.
    """
    week: list[list[tuple[int, int]]] = [[] for _ in DAYS]
    for rule in hours.lower().split(";"):
        if not rule.strip():
            continue
        match = _RULE.fullmatch(rule.strip())
        days = _days(match["days"]) if match else None
        times = _times(match["times"].strip()) if match else None
        if days is None or times is None:
            return None
        for day in days:
            week[day] = times
    return week


def _days(text: str) -> list[int] | None:
    """Places in ``DAYS``; all for an empty text."""
    days: list[int] = []
    for part in filter(None, text.replace(" ", "").split(",")):
        ends = part.split("-")
        if len(ends) > 2 or any(end not in DAYS for end in ends):
            return None
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        days += [day % len(DAYS) for day in range(first, last + 1 + (len(DAYS) if last < first else 0))]
    return days or (list(range(len(DAYS))) if not text.strip() else None)


def _times(text: str) -> list[tuple[int, int]] | None:
    """Minutes of the day from and to; past midnight the end is above 1440."""
    if text in ("off", "closed"):
        return []
    if text == "24/7":
        return [(0, _DAY_MINUTES)]
    times = []
    for part in text.replace(" ", "").split(","):
        match = _TIMES.fullmatch(part)
        if not match:
            return None
        begin, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
        if begin >= _DAY_MINUTES or end > _DAY_MINUTES:
            return None
        times.append((begin, end if end > begin else end + _DAY_MINUTES))
    return times
