"""One line of time for all ports: each port's period is laid behind the one before, so that one sort serves them all.

A key is ``port * width + milliseconds since the start of the period``. What does not belong here: what is up or down.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from evcharge.arrays import Flags, Integers
from evcharge.metrics.availability.evidence import Period


class Spans(NamedTuple):
    """Half-open spans of ports, in any order [ms since 1970 UTC]."""

    port: Integers
    from_ms: Integers
    until_ms: Integers

    def where(self, chosen: Flags) -> Spans:
        """Those of them that are chosen."""
        return Spans(self.port[chosen], self.from_ms[chosen], self.until_ms[chosen])


NO_SPANS = Spans(*[np.empty(0, dtype=np.int64)] * 3)
"""None at all."""


class Steps(NamedTuple):
    """Values that hold from one key to the next, in order of keys."""

    keys: Integers
    values: npt.NDArray[Any]

    def at(self, keys: Integers, before: Any) -> npt.NDArray[Any]:
        """The value at each of these keys; ``before`` for keys that lie before the first."""
        place = np.searchsorted(self.keys, keys, side="right")
        return np.concatenate([np.asarray([before], dtype=self.values.dtype), self.values])[place]


WHOLE_PERIOD = (0,)
"""One part, which is all of the period."""


class Axis(NamedTuple):
    """The line for so many ports and a period.

    ``parts`` are where the parts of the period begin of which time is summed [ms since its start].
    """

    ports: int
    period: Period
    parts: tuple[int, ...] = WHOLE_PERIOD

    @property
    def length(self) -> int:
        """Length of the period [ms]."""
        return self.period.until_ms - self.period.from_ms

    @property
    def width(self) -> int:
        """Keys of a port: one more than it has milliseconds, for the end of its last span."""
        return self.length + 1

    def keys(self, port: Integers, at_ms: Integers) -> Integers:
        """Keys of instants; those outside the period become its start or end."""
        inside = np.clip(at_ms, self.period.from_ms, self.period.until_ms) - self.period.from_ms
        return port * self.width + inside

    def starts(self) -> Integers:
        """The first key of each port."""
        return np.arange(self.ports, dtype=np.int64) * self.width

    def covered(self, spans: Spans) -> Steps:
        """Where any of the spans is: their union, as steps of true and false."""
        begins, ends = self.keys(spans.port, spans.from_ms), self.keys(spans.port, spans.until_ms)
        begins, ends = united(begins[begins < ends], ends[begins < ends])
        keys = np.column_stack([begins, ends]).ravel()
        return Steps(keys, np.tile([True, False], len(begins)))

    def cells(self, *layers: Integers) -> Integers:
        """Keys at which any of the layers changes and each port begins, in order, without the ends of periods."""
        keys = np.unique(np.concatenate([self.starts(), *layers]))
        inside: Flags = keys % self.width < self.length
        cells: Integers = keys[inside]
        return cells

    def sums(self, begins: Integers, ends: Integers) -> Integers:
        """How long disjoint spans in order last in each part of each port's period, port after port [ms].

        What lies before the beginning of a part is all of the spans that begin before it, less what the last of these
        reaches beyond; a part is the difference of two such sums.
        """
        bounds = np.append(
            (self.starts()[:, None] + np.array(self.parts, dtype=np.int64)).ravel(), self.ports * self.width
        )
        place = np.searchsorted(begins, bounds, side="left")
        before = np.append(0, np.cumsum(ends - begins))[place]
        last = np.append(0, ends)[place]
        sums: Integers = np.diff(before - np.maximum(last - bounds, 0))
        return sums

    def ends(self, cells: Integers) -> Integers:
        """The key at which each cell ends: the next cell, or the end of its port's period."""
        last = (cells // self.width) * self.width + self.length
        ends: Integers = np.minimum(np.append(cells[1:], np.iinfo(np.int64).max), last)
        return ends


def united(begins: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """The union of spans as disjoint spans in order; those that touch are one."""
    order = np.argsort(begins, kind="stable")
    begins, reach = begins[order], np.maximum.accumulate(ends[order])
    first = np.append(True, begins[1:] > reach[:-1])[: len(begins)]
    last = np.append(first[1:], True)[: len(begins)]
    return begins[first], reach[last]
