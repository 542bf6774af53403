"""Where a status says one thing and sessions another: announced free while a session runs; up, and not dispensing.

What does not belong here: what was up when (``timeline``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Integers
from evcharge.metrics.availability.axis import Axis, Spans
from evcharge.metrics.availability.evidence import Charges, Period

LEAST_ATTEMPTS = 5
"""Attempts of which none succeeds, before a port that was up is called not dispensing. House rule, provisional."""
_MINUTE_MS = 60_000


def false_free(free: Charges, sessions: Charges) -> pd.DataFrame:
    """How long each port was announced free, and how long of that a session ran: QualiCharge's check of statuses.

    Args:
        free: spans in which ports were announced free; they may overlap.
        sessions: spans of sessions; they may overlap.

    Returns:
        One row per port that was announced free: ``port`` (index), ``free_minutes``, ``false_minutes``.
    """
    both = [spans for spans in (free, sessions) if len(spans.port)]
    if not len(free.port):
        return pd.DataFrame({"port": np.empty(0, dtype="int64"), "free_minutes": [], "false_minutes": []})
    bounds = Period(min(int(one.from_ms.min()) for one in both), max(int(one.until_ms.max()) for one in both))
    axis = Axis(max(int(one.port.max()) for one in both) + 1, bounds)
    free_at, session_at = (axis.covered(Spans(one.port, one.from_ms, one.until_ms)) for one in (free, sessions))
    cells = axis.cells(free_at.keys, session_at.keys)
    length, port = (axis.ends(cells) - cells) / _MINUTE_MS, cells // axis.width

    announced: Flags = free_at.at(cells, False)
    lies = announced & session_at.at(cells, False)
    minutes = {
        name: np.bincount(port[chosen], weights=length[chosen], minlength=axis.ports)
        for name, chosen in (("free_minutes", announced), ("false_minutes", lies))
    }
    frame = pd.DataFrame({"port": np.arange(axis.ports), **minutes})
    return frame[frame["free_minutes"] > 0].reset_index(drop=True)


def up_not_dispensing(ports: pd.DataFrame, attempts: pd.DataFrame) -> Integers:
    """Places of the ports that were up, and whose attempts all failed: at least ``LEAST_ATTEMPTS`` of them.

    Args:
        ports: the frame of ``uptime.Figures.ports``.
        attempts: one row per port, in the same order: ``attempts`` and ``successes`` in the period.
    """
    tried = attempts["attempts"].to_numpy() >= LEAST_ATTEMPTS
    failed = attempts["successes"].to_numpy() == 0
    places: Integers = np.flatnonzero((ports["up_minutes"].to_numpy() > 0) & tried & failed)
    return places
