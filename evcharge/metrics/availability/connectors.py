"""Ports of several connectors, or stations of several ports: when the whole is down.

Which connectors make one port is told by the log (OCPP 2.0.1) or by a registry. What does not belong here: the mean of
connectors, which is that of their minutes (``uptime``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evcharge.arrays import Flags, Integers
from evcharge.metrics.availability.axis import Axis
from evcharge.metrics.availability.evidence import DOWN, OUT_OF_SCOPE, UNKNOWN, UP, Evidence
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
    period = line.period
    axis = Axis(int(whole.max(initial=-1)) + 1, period)
    begin, end = axis.keys(whole[line.port], line.from_ms), axis.keys(whole[line.port], line.until_ms)
    cells = axis.cells(begin)
    there = {state: at_once(cells, begin, end, line.state == state) > 0 for state in (UP, DOWN, UNKNOWN)}
    first, last = (UP, DOWN) if down_if == "all" else (DOWN, UP)
    state = np.where(there[last], last, OUT_OF_SCOPE)
    state = np.where(there[UNKNOWN], UNKNOWN, state)
    state = np.where(there[first], first, state)
    return merged(axis, cells, state, _seen(line, cells, begin, end, state))


def of_ports(parts: Evidence, whole: Integers) -> Evidence:
    """The evidence of ports from that of their connectors; of statements it tells who is spoken of, and no states.

    Args:
        parts: the evidence of connectors; what is told of one is told of its port.
        whole: index of the port that each connector belongs to; those of one port stand together, in order.
    """
    first = np.searchsorted(whole, np.arange(int(whole.max(initial=-1)) + 1))
    names = ("statements", "outages", "exemptions", "charges")
    told = {name: replace(rows, port=whole[rows.port]) for name, rows in parts._asdict().items() if name in names}
    return parts._replace(ports=parts.ports.at(first), **told)


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
