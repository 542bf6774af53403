"""The minutes of ports that the formula of a rulebook is made of, under four readings of what was unknown.

What does not belong here: ratios and verdicts (``uptime``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from evcharge.arrays import Flags, Integers
from evcharge.metrics.availability import open_hours
from evcharge.metrics.availability.axis import NO_SPANS, WHOLE_PERIOD, Axis, Spans, Steps, united
from evcharge.metrics.availability.evidence import CAUSES, DOWN, OUT_OF_SCOPE, UNKNOWN, UP, Evidence, Period, Windows
from evcharge.metrics.availability.exempt import exempt_time
from evcharge.metrics.availability.rulebooks import Rulebook
from evcharge.metrics.availability.timeline import BACK_OFFICE_SAYS, SILENCE, Timeline

FIXED_YEAR_MINUTES = 525_600
"""Minutes of the federal formula's year, also of a leap year: 23 CFR 680.116(b)."""
FIGURES = (
    *("whole", "outside", "closed", "fixed", "up", "down", "unknown"),
    *("out_uptime", "unseen_uptime", "exempt_uptime"),
)
"""The fields of ``Measured`` that ``uptime.waterfall`` shows."""
CLOSED = -1
"""The state of a port outside its opening hours, where the rulebook counts open hours."""
DOWN_AFTER, DOWN_BEYOND = "down after hours", "down beyond hours"
_HOUR_MS = 3_600_000


class _Reading(NamedTuple):
    """One reading of unknown time: what of it is down and left out, what is exempt; good of base time [ms].

    ``fixed`` is what a fixed year has more than the period, as far as its time is not left out.
    """

    unseen: Integers
    out: Integers
    fixed: Integers
    exempt: Integers
    good: Integers
    base: Integers


@dataclass(frozen=True)
class Measured:
    """Milliseconds of each port, or of each part of its period, port after port.

    Attributes:
        whole: of the period.
        outside: out of scope: not in operation.
        closed: outside its opening hours, where the rulebook counts open hours.
        fixed: what a fixed year has more than the period; 0 for other rulebooks.
        up, down, unknown: in scope, with silence as the rulebook sees it.
        out_uptime: unknown time that the rulebook leaves out.
        unseen_uptime: unknown time that is down by the rulebook.
        exempt_uptime: outages that are exempt.
        good_low, base_low: the formula's part and whole, all unknown time being down; so ``high`` (up), ``seen`` (left
            out) and ``uptime`` (as the rulebook reads).
        longest_down: its longest outage, as the rulebook sees it.
        unreadable: whether its opening hours count and can't be read, so that it has no minutes.
        leave: whether exempt outages leave the minutes.
    """

    whole: Integers
    outside: Integers
    closed: Integers
    fixed: Integers
    up: Integers
    down: Integers
    unknown: Integers
    out_uptime: Integers
    unseen_uptime: Integers
    exempt_uptime: Integers
    good_low: Integers
    base_low: Integers
    good_seen: Integers
    base_seen: Integers
    good_high: Integers
    base_high: Integers
    good_uptime: Integers
    base_uptime: Integers
    longest_down: Integers
    unreadable: Flags
    leave: bool


def measured(
    timeline: Timeline,
    evidence: Evidence,
    period: Period,
    rulebook: Rulebook,
    *,
    own_period: bool,
    parts: tuple[int, ...] = WHOLE_PERIOD,
) -> Measured:
    """The minutes of each port by a rulebook, of each part of the period where it has several (``Axis.parts``).

    A fixed year is one only where the period is the rulebook's own.
    """
    axis = Axis(len(evidence.ports), period, parts)
    hours = open_hours.spans(evidence.ports, period)
    cells = _cells(axis, timeline, hours.spans, rulebook)
    total = {state: _sum(axis, cells, cells.state == state) for state in (UP, DOWN, UNKNOWN, OUT_OF_SCOPE)}
    whole = axis.sums(axis.starts(), axis.starts() + axis.length)
    closed = _sum(axis, cells, cells.closed)
    unreadable = np.repeat(hours.unreadable & (rulebook.minutes == "open hours"), len(parts))

    base = whole if rulebook.minutes == "calendar" else whole - closed - total[OUT_OF_SCOPE]
    outside = whole - closed - base
    fixed = np.zeros_like(whole)
    if rulebook.minutes == "525600":
        base, outside = whole, np.zeros_like(whole)
        fixed += (FIXED_YEAR_MINUTES * 60_000 - axis.length) if own_period else 0
    reader = _Reader(axis, cells, _claims(axis, evidence, hours, rulebook), rulebook, base, fixed, total[DOWN])
    low, seen, high = reader.read(down=EVERY), reader.read(out=EVERY), reader.read()
    own = reader.read(down=_DOWN.get(rulebook.unknown, NONE), out=EVERY if rulebook.unknown == "out" else NONE)
    return Measured(
        *(whole, outside, closed, own.fixed, total[UP], total[DOWN], total[UNKNOWN]),
        *(own.out, own.unseen, own.exempt, low.good, low.base, seen.good, seen.base, high.good, high.base),
        *(
            own.good,
            own.base,
            reader.longest(_DOWN.get(rulebook.unknown, NONE)),
            unreadable,
            rulebook.exempt_minutes == "leave",
        ),
    )


def averaged(connectors: Measured, whole: Integers) -> Measured:
    """The minutes of ports as the means of their connectors'; the longest outage is that of any of them.

    Args:
        connectors: the minutes of each connector.
        whole: index of the port that each belongs to.
    """
    number = np.bincount(whole)
    longest = np.zeros(len(number), dtype=np.int64)
    np.maximum.at(longest, whole, connectors.longest_down)
    unreadable = np.bincount(whole, weights=connectors.unreadable) > 0
    columns = {name: column for name, column in vars(connectors).items() if isinstance(column, np.ndarray)}
    means: dict[str, Any] = {name: np.bincount(whole, weights=column) / number for name, column in columns.items()}
    return replace(connectors, **{**means, "longest_down": longest, "unreadable": unreadable})


class _Cells(NamedTuple):
    """Spans of ports in order: keys, state as the rulebook sees it, closed or not, unknown for too long or not."""

    begin: Integers
    end: Integers
    port: Integers
    state: Integers
    closed: Flags
    late: Flags


def _cells(axis: Axis, timeline: Timeline, opened: Spans, rulebook: Rulebook) -> _Cells:
    """The timeline, with silence as the rulebook sees it, cut at opening hours where it counts these."""
    begin, end = axis.keys(timeline.port, timeline.from_ms), axis.keys(timeline.port, timeline.until_ms)
    state = timeline.state.copy()
    if rulebook.offline == "down":
        state[(state == UNKNOWN) & np.isin(timeline.seen, (BACK_OFFICE_SAYS, SILENCE))] = DOWN
    if rulebook.minutes != "open hours" and rulebook.unknown not in (DOWN_AFTER, DOWN_BEYOND):
        nowhere = np.zeros(len(begin), dtype=bool)
        return _Cells(begin, end, timeline.port, state, nowhere, nowhere)
    late = _late(axis, begin[state == UNKNOWN], end[state == UNKNOWN], rulebook)
    layer = axis.covered(opened)
    keys = axis.cells(begin, late.keys, layer.keys)
    state = state[np.searchsorted(begin, keys, side="right") - 1]
    closed = (rulebook.minutes == "open hours") & ~layer.at(keys, False) & (state != OUT_OF_SCOPE)
    state[closed] = CLOSED
    return _Cells(keys, axis.ends(keys), keys // axis.width, state, closed, late.at(keys, False))


def _late(axis: Axis, begin: Integers, end: Integers, rulebook: Rulebook) -> Steps:
    """Where a port is unknown for longer than the rulebook lets it be: all of that time, or what is beyond."""
    begins, ends = united(begin, end)
    limit = round(rulebook.unknown_hours * _HOUR_MS)
    long = ends - begins > limit
    begins, ends = begins[long] + (limit if rulebook.unknown == DOWN_BEYOND else 0), ends[long]
    port = begins // axis.width
    offset = axis.period.from_ms - port * axis.width
    there = rulebook.unknown in (DOWN_AFTER, DOWN_BEYOND)
    return axis.covered(Spans(port, begins + offset, ends + offset) if there else NO_SPANS)


def _sum(axis: Axis, cells: _Cells, chosen: Flags) -> Integers:
    """Length of the chosen cells in each part of each port's period [ms]."""
    return axis.sums(cells.begin[chosen], cells.end[chosen])


def _claims(axis: Axis, evidence: Evidence, hours: open_hours.OpenHours, rulebook: Rulebook) -> Windows:
    """What is claimed to be exempt; the time outside opening hours is claimed by them, where that is exempt."""
    claims = evidence.exemptions
    if "closed" not in rulebook.exempt or not any(evidence.ports.opening_hours):
        return claims
    layer = axis.covered(hours.spans)
    cells = axis.cells(layer.keys)
    shut = ~layer.at(cells, False)
    port = cells[shut] // axis.width
    offset = axis.period.from_ms - port * axis.width
    known = ~hours.unreadable[port]
    begin, end, port = (cells[shut] + offset)[known], (axis.ends(cells)[shut] + offset)[known], port[known]
    return Windows(
        np.concatenate([claims.port, port]),
        np.concatenate([claims.from_ms, begin]),
        np.concatenate([claims.until_ms, end]),
        np.concatenate([claims.cause, np.full(len(port), CAUSES.index("closed"), dtype=np.int64)]),
    )


NONE, EVERY, LATE = "none", "every", "late"
"""Which unknown time: none, all of it, or what is beyond the hours of the rulebook."""
_DOWN = {"down": EVERY, DOWN_AFTER: LATE, DOWN_BEYOND: LATE}


class _Reader:
    """The formula of a rulebook for one reading of unknown time after the other."""

    def __init__(
        self,
        axis: Axis,
        cells: _Cells,
        claims: Windows,
        rulebook: Rulebook,
        whole: Integers,
        fixed: Integers,
        down: Integers,
    ) -> None:
        self.axis, self.cells, self.claims, self.rulebook = axis, cells, claims, rulebook
        self.whole, self.fixed, self.down = whole, fixed, down
        self._exempt: dict[str, Integers] = {}

    def read(self, down: str = NONE, out: str = NONE) -> _Reading:
        """The formula with some unknown time down, and some left out."""
        unseen, left_out = (_sum(self.axis, self.cells, self._unknown(which)) for which in (down, out))
        if down not in self._exempt:
            begins, ends = self._outages(down)
            self._exempt[down] = exempt_time(self.axis, begins, ends, self.claims, self.rulebook)
        exempt = self._exempt[down]
        fixed = self.fixed * (self.whole - left_out) // np.maximum(self.whole, 1)
        base = self.whole - left_out + fixed - (exempt if self.rulebook.exempt_minutes == "leave" else 0)
        return _Reading(unseen, left_out, fixed, exempt, base - (self.down + unseen - exempt), base)

    def longest(self, down: str) -> Integers:
        """The longest outage of each port [ms], with some unknown time down."""
        begins, ends = self._outages(down)
        longest = np.zeros(self.axis.ports, dtype=np.int64)
        np.maximum.at(longest, begins // self.axis.width, ends - begins)
        return np.repeat(longest, len(self.axis.parts))

    def _unknown(self, which: str) -> Flags:
        """Cells that are unknown, as far as they are meant."""
        if which == NONE:
            return np.zeros(len(self.cells.port), dtype=bool)
        unknown: Flags = self.cells.state == UNKNOWN
        return np.logical_and(unknown, self.cells.late) if which == LATE else unknown

    def _outages(self, down: str) -> tuple[Integers, Integers]:
        """Begins and ends of what is down, or unknown and taken to be down, as disjoint spans in order."""
        chosen = (self.cells.state == DOWN) | self._unknown(down)
        return united(self.cells.begin[chosen], self.cells.end[chosen])
