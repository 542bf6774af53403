"""Exempt time: where a claim meets an outage, up to the caps of a rulebook.

A claim where there was no outage excludes nothing, and a minute under two claims is exempt once. What does not belong
here: what becomes of exempt minutes (``uptime``).
"""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import pairwise

import numpy as np

from evcharge.arrays import Integers
from evcharge.metrics.availability.axis import Axis, Spans, united
from evcharge.metrics.availability.evidence import CAUSES, Windows
from evcharge.metrics.availability.rulebooks import Rulebook

_HOUR_MS = 3_600_000


def exempt_time(axis: Axis, begins: Integers, ends: Integers, claims: Windows, rulebook: Rulebook) -> Integers:
    """How much of each port's outages is exempt by the causes and caps of a rulebook, in each part of the period [ms].

    Claims of one cause that overlap or touch are one incident. A cap takes the first minutes of the outages in an
    incident, or in a calendar year (UTC), that the cause claims: those that another cause claims too are among them.

    Args:
        axis: the line of time.
        begins: keys at which the outages of all ports begin; they are disjoint and in order.
        ends: keys at which they end.
        claims: what is claimed.
        rulebook: whose causes and caps.
    """
    pieces = []
    for cause in rulebook.exempt:
        chosen = claims.cause == CAUSES.index(cause)
        of_cause = Spans(claims.port[chosen], claims.from_ms[chosen], claims.until_ms[chosen])
        incident, begin, end = _meeting(*united(*_keys(axis, of_cause)), begins, ends)
        if cause in rulebook.incident_hours:
            end = _capped(incident, begin, end, rulebook.incident_hours[cause])
        if cause in rulebook.year_hours:
            begin, end = _capped_by_year(axis, begin, end, rulebook.year_hours[cause])
        pieces.append((begin, end))
    if not pieces:
        return np.zeros(axis.ports * len(axis.parts), dtype=np.int64)
    return axis.sums(*united(*(np.concatenate(column) for column in zip(*pieces, strict=True))))


def _keys(axis: Axis, spans: Spans) -> tuple[Integers, Integers]:
    """Begins and ends of what lies in the period."""
    begins, ends = axis.keys(spans.port, spans.from_ms), axis.keys(spans.port, spans.until_ms)
    return begins[begins < ends], ends[begins < ends]


def _meeting(
    begins: Integers, ends: Integers, other_begins: Integers, other_ends: Integers
) -> tuple[Integers, Integers, Integers]:
    """Where disjoint spans in order meet other such spans: place among the first, begin and end, in order."""
    first = np.searchsorted(other_ends, begins, side="right")
    number = np.maximum(np.searchsorted(other_begins, ends, side="left") - first, 0)
    place = np.repeat(np.arange(len(begins)), number)
    other = np.arange(len(place)) - np.repeat(np.cumsum(number) - number, number) + np.repeat(first, number)
    return place, np.maximum(begins[place], other_begins[other]), np.minimum(ends[place], other_ends[other])


def _capped(group: Integers, begin: Integers, end: Integers, hours: float) -> Integers:
    """Ends of pieces in order, cut so that those of a group last no longer together."""
    length = end - begin
    before = np.cumsum(length) - length
    first = np.searchsorted(group, group, side="left")
    allowed = np.clip(round(hours * _HOUR_MS) - (before - before[first]), 0, length)
    ends: Integers = begin + allowed
    return ends


def _capped_by_year(axis: Axis, begin: Integers, end: Integers, hours: float) -> tuple[Integers, Integers]:
    """Pieces, cut so that those of a port in a calendar year last no longer together."""
    port = begin // axis.width
    start = axis.period.from_ms - port * axis.width
    parts = []
    for year_begin, year_end in _years(axis):
        begins, ends = np.maximum(begin, year_begin - start), np.minimum(end, year_end - start)
        in_year = begins < ends
        begins, ends, ports = begins[in_year], ends[in_year], port[in_year]
        parts.append((begins, _capped(ports, begins, ends, hours)))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))  # type: ignore[return-value]


def _years(axis: Axis) -> list[tuple[int, int]]:
    """The calendar years (UTC) that the period touches [ms]."""
    first = datetime.fromtimestamp(axis.period.from_ms / 1000, timezone.utc).year
    last = datetime.fromtimestamp(axis.period.until_ms / 1000, timezone.utc).year
    starts = [round(datetime(year, 1, 1, tzinfo=timezone.utc).timestamp() * 1000) for year in range(first, last + 2)]
    return list(pairwise(starts))
