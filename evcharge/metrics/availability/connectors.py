"""Ports of several connectors, or stations of several ports: when the whole is down.

Message logs name connectors; which of them make one port is told by a registry or the user. What does not belong here:
the mean of connectors, which is the sum of their minutes (``uptime.groups``).
"""

from __future__ import annotations

import numpy as np

from evcharge.arrays import Flags, Integers
from evcharge.metrics.availability.axis import Axis
from evcharge.metrics.availability.evidence import DOWN, OUT_OF_SCOPE, UNKNOWN, UP, Period
from evcharge.metrics.availability.timeline import NONE, Timeline, merged


def together(line: Timeline, whole: Integers, down_if: str) -> Timeline:
    """The timeline of wholes, each of some rows of a timeline that tiles one period.

    Args:
        line: the timeline of the parts.
        whole: index of the whole that each part belongs to.
        down_if: ``all``: a whole is down if all of its parts in scope are, and up if any is; ``any``: down if any is,
            and up if all are. Else it is unknown; out of scope where all parts are.

    Returns:
        What shows a state is of its parts in that state the first in ``SEEN``.
    """
    period = Period(int(line.from_ms.min(initial=0)), int(line.until_ms.max(initial=0)))
    axis = Axis(int(whole.max(initial=-1)) + 1, period)
    begin, end = axis.keys(whole[line.port], line.from_ms), axis.keys(whole[line.port], line.until_ms)
    cells = axis.cells(begin)
    there = {state: at_once(cells, begin, end, line.state == state) > 0 for state in (UP, DOWN, UNKNOWN)}
    first, last = (UP, DOWN) if down_if == "all" else (DOWN, UP)
    state = np.where(there[last], last, OUT_OF_SCOPE)
    state = np.where(there[UNKNOWN], UNKNOWN, state)
    state = np.where(there[first], first, state)
    return merged(axis, cells, state, _seen(line, cells, begin, end, state))


def at_once(cells: Integers, begin: Integers, end: Integers, chosen: Flags) -> Integers:
    """How many of the chosen spans hold in each cell."""
    begins, ends = np.sort(begin[chosen]), np.sort(end[chosen])
    number: Integers = np.searchsorted(begins, cells, side="right") - np.searchsorted(ends, cells, side="right")
    return number


def _seen(line: Timeline, cells: Integers, begin: Integers, end: Integers, state: Integers) -> Integers:
    """What shows the state of each cell: of its parts in that state the first in ``SEEN``."""
    seen = np.full(len(cells), NONE, dtype=np.int64)
    for shown in range(NONE, -1, -1):
        for one in (UP, DOWN, UNKNOWN):
            chosen = (line.seen == shown) & (line.state == one)
            seen[(at_once(cells, begin, end, chosen) > 0) & (state == one)] = shown
    return seen
