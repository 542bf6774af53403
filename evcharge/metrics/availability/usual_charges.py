"""Charges that ports lost in outages: those of the same hours in the weeks before, less those that came all the same.

What does not belong here: a usual week of a station (``metrics.usual``), and what its failures cost (``metrics.cost``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evcharge.arrays import Floats, Integers
from evcharge.metrics.availability.axis import Spans, united
from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.usual import USUAL_WEEKS

WEEK_MS = 7 * 86_400_000
HISTORY_MS = USUAL_WEEKS * WEEK_MS
"""How long before an outage its usual hours are looked for: a season, as a usual week is."""
LEAST_WEEKS = 4
"""Times that the same hours must have been seen before, in all, for a usual to be told. House rule, provisional."""
_FAR = 2**43
"""More milliseconds than lie between 1970 and the year 2200: what lies between two ports on one line."""


def weeks_before(period: Period) -> Period:
    """The time before a period in which usual hours are looked for; not before 1970."""
    return Period(max(period.from_ms - HISTORY_MS, min(period.from_ms, 0)), period.from_ms)


class Use(NamedTuple):
    """What ports were used for.

    Attributes:
        port: index of the port of each charge.
        at_ms: when each began; charges in any order.
        first_ms: of each port, the first instant from which its sessions are known.
        last_ms: the instant up to which they are known: that of the last session of its source.
    """

    port: Integers
    at_ms: Integers
    first_ms: Integers
    last_ms: Integers


def charges_lost(outages: Spans, use: Use, down: Spans) -> Floats:
    """How many charges a port lost in each outage, as far as sessions are known; NaN where the weeks before don't tell.

    The same hours of the week in the ``USUAL_WEEKS`` before the outage tell it, as far as the port's sessions are known
    then and it was not down: charges in them by their length, times the length of the outage. An outage of more than
    a week has its whole weeks measured by whole weeks. What began in the outage itself is taken off.
    """
    charges = np.sort(use.port * _FAR + use.at_ms)
    until_ms = np.minimum(outages.until_ms, use.last_ms[outages.port])
    outages = outages._replace(until_ms=np.maximum(until_ms, outages.from_ms))
    whole = (outages.until_ms - outages.from_ms) // WEEK_MS
    rest_from = outages.from_ms + whole * WEEK_MS
    weeks = _usual(Spans(outages.port, outages.from_ms, outages.from_ms + WEEK_MS), use, charges, down)
    rest_length = outages.until_ms - rest_from
    rest = _usual(Spans(outages.port, outages.from_ms, outages.from_ms + rest_length), use, charges, down)
    usual = np.where(whole > 0, whole * weeks, 0.0) + np.where(rest_length > 0, rest, 0.0)
    known = outages.until_ms > outages.from_ms
    lost: Floats = np.where(known, np.maximum(usual - _number(charges, outages), 0.0), np.nan)
    return lost


def _usual(spans: Spans, use: Use, charges: Integers, down: Spans) -> Floats:
    """Charges that the same hours of the weeks before have; NaN where fewer than ``LEAST_WEEKS`` of them are known."""
    counted, seen = np.zeros(len(spans.port)), np.zeros(len(spans.port))
    length = spans.until_ms - spans.from_ms
    first, last = use.first_ms[spans.port], use.last_ms[spans.port]
    for week in range(1, USUAL_WEEKS + 1):
        then = Spans(spans.port, spans.from_ms - week * WEEK_MS, spans.until_ms - week * WEEK_MS)
        known = (then.from_ms >= first) & (then.until_ms <= last)
        counted += np.where(known, _number(charges, then), 0)
        seen += np.where(known, length - _covered(down, then), 0)
    enough = (seen >= LEAST_WEEKS * length) & (length > 0)
    usual: Floats = np.where(enough, counted * length / np.where(enough, seen, 1.0), np.nan)
    return usual


def _number(line: Integers, spans: Spans) -> Integers:
    """How many of the charges of its port begin in each span."""
    ends = (np.searchsorted(line, spans.port * _FAR + at_ms) for at_ms in (spans.from_ms, spans.until_ms))
    begin, end = ends
    number: Integers = end - begin
    return number


def _covered(down: Spans, spans: Spans) -> Integers:
    """How much of each span its port was down [ms]."""
    begins, ends = united(*(down.port * _FAR + at_ms for at_ms in (down.from_ms, down.until_ms)))
    sums = np.append(0, np.cumsum(ends - begins))

    def before(at: Integers) -> Integers:
        place = np.searchsorted(begins, at, side="right")
        beyond = np.maximum(ends[np.maximum(place - 1, 0)] - at, 0) if len(ends) else np.zeros_like(at)
        lengths: Integers = sums[place] - np.where(place > 0, beyond, 0)
        return lengths

    return before(spans.port * _FAR + spans.until_ms) - before(spans.port * _FAR + spans.from_ms)
