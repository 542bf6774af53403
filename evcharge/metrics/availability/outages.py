"""Outages: spans in which a port was down, or not seen after it had been, with their length and what is claimed.

What does not belong here: minutes by a rulebook (``uptime``), and pauses without sessions (``metrics.outages``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Floats, Integers
from evcharge.metrics.availability.axis import Axis, Spans
from evcharge.metrics.availability.connectors import at_once
from evcharge.metrics.availability.evidence import (
    CAUSES,
    DOWN,
    STATE_NAMES,
    UNKNOWN,
    UP,
    Evidence,
    Period,
    Ports,
    Windows,
)
from evcharge.metrics.availability.timeline import NONE, SEEN, Timeline

LENGTH_HOURS = (2, 24, 168)
LENGTH_CLASSES = ("< 2 h", "< 24 h", "< 7 d", ">= 7 d")
"""Classes of length: QualiCharge's plan. ``LENGTH_HOURS`` are the limits between them."""
_MINUTE_MS = 60_000


def outages(timeline: Timeline, evidence: Evidence) -> pd.DataFrame:
    """The outages of a timeline, by port and time; those cut at the period's ends are as long as is seen of them.

    One row per span in which a port is down or, once anything was said of it, unknown. ``port`` (index), ``source``,
    ``station_id``, ``port_id``, ``from_ms``, ``until_ms``, ``goes_on`` (to the end of the period), ``minutes``,
    ``length_class``, ``state`` (down or unknown), ``seen`` (of ``SEEN``), ``claims``: causes of reported outages and of
    exemptions that meet it, sorted, joined by ", ".
    """
    chosen = np.isin(timeline.state, (DOWN, UNKNOWN)) & (timeline.seen != NONE)
    port, from_ms, until_ms = (column[chosen] for column in (timeline.port, timeline.from_ms, timeline.until_ms))
    minutes = (until_ms - from_ms) / _MINUTE_MS
    classes = np.searchsorted(np.array(LENGTH_HOURS) * 60.0, minutes, side="right")
    ports = evidence.ports
    end = timeline.until_ms.max(initial=0)
    return pd.DataFrame(
        {
            "port": port,
            **{name: _texts(getattr(ports, name), port) for name in ("source", "station_id", "port_id")},
            "from_ms": from_ms,
            "until_ms": until_ms,
            "goes_on": until_ms == end,
            "minutes": minutes,
            "length_class": _texts(LENGTH_CLASSES, classes),
            "state": _texts(STATE_NAMES, timeline.state[chosen]),
            "seen": _texts(SEEN, timeline.seen[chosen]),
            "claims": _claims(Spans(port, from_ms, until_ms), (evidence.outages, evidence.exemptions)),
        }
    )


def site_minutes_without_port(timeline: Timeline, ports: Ports) -> pd.DataFrame:
    """How long each station had no working port, as an index of interruptions counts it.

    Columns: ``source``, ``station_id``, ``ports``, ``minutes`` (at least one port is in scope), ``without_minutes`` (no
    port in scope is up, and none may be), ``perhaps_minutes`` (none is seen to be up, but some are unknown).
    """
    names = list(zip(ports.source, ports.station_id, strict=True))
    stations = sorted(set(names))
    place = {name: number for number, name in enumerate(stations)}
    site = np.array([place[name] for name in names], dtype=np.int64)
    axis = Axis(len(stations), timeline.period)
    begin = axis.keys(site[timeline.port], timeline.from_ms)
    end = axis.keys(site[timeline.port], timeline.until_ms)
    cells = axis.cells(begin)
    number = {state: at_once(cells, begin, end, timeline.state == state) for state in (UP, DOWN, UNKNOWN)}
    none_up = number[UP] == 0
    length = (axis.ends(cells) - cells) / _MINUTE_MS

    def minutes(chosen: Flags) -> Floats:
        summed = np.bincount((cells // axis.width)[chosen], weights=length[chosen], minlength=axis.ports)
        return summed.astype(np.float64)

    return pd.DataFrame(
        {
            "source": pd.Series([source for source, _ in stations], dtype=object),
            "station_id": pd.Series([station for _, station in stations], dtype=object),
            "ports": np.bincount(site, minlength=len(stations)),
            "minutes": minutes(number[UP] + number[DOWN] + number[UNKNOWN] > 0),
            "without_minutes": minutes(none_up & (number[UNKNOWN] == 0) & (number[DOWN] > 0)),
            "perhaps_minutes": minutes(none_up & (number[UNKNOWN] > 0)),
        }
    )


def _texts(words: Sequence[str], places: Integers) -> pd.Series:
    """The word at each place."""
    texts = np.array([*words, ""], dtype=object)
    return pd.Series(texts[places], dtype=object)


def _claims(spans: Spans, windows: tuple[Windows, ...]) -> pd.Series:
    """The causes of the windows that meet each of these disjoint spans, which are in order of port and time."""
    met = np.zeros((len(spans.port), len(CAUSES)), dtype=bool)
    for group in windows:
        for cause in range(len(CAUSES)):
            chosen = group.cause == cause
            met[:, cause] |= _meets(spans, Spans(group.port[chosen], group.from_ms[chosen], group.until_ms[chosen]))
    order = np.argsort(CAUSES)
    codes = met[:, order] @ (1 << np.arange(len(CAUSES)))
    words = np.array(CAUSES)[order]
    text = {
        code: ", ".join(words[place] for place in range(len(words)) if code >> place & 1) for code in np.unique(codes)
    }
    return pd.Series([text[code] for code in codes], dtype=object)


def _meets(spans: Spans, others: Spans) -> Flags:
    """Whether any of the others overlaps each span."""
    if not len(others.port) or not len(spans.port):
        return np.zeros(len(spans.port), dtype=bool)
    period = Period(int(spans.from_ms.min()), int(spans.until_ms.max()))
    axis = Axis(int(max(spans.port.max(), others.port.max())) + 1, period)
    layer = axis.covered(others)
    begins, ends = layer.keys[::2], layer.keys[1::2]
    first = np.searchsorted(ends, axis.keys(spans.port, spans.from_ms), side="right")
    met: Flags = np.searchsorted(begins, axis.keys(spans.port, spans.until_ms), side="left") > first
    return met
