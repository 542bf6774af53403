"""The figures as every medium tells them: none where a rulebook says nothing of unknown time and that would decide it.

What does not belong here: the formula as it reads (``metrics.availability.uptime``), and words for people.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from evcharge.metrics.availability.rulebooks import Rulebook
from evcharge.metrics.availability.uptime import GOOD_TIME, Figures, groups

FIGURES = ["uptime", "handed_in"]
"""What is missing where there is no figure."""


def told(figures: Figures) -> Figures:
    """The figures of a rulebook without those that unknown time would decide; ports without one are not available."""
    ports = _without_undecided(figures.ports, figures.rulebook)
    row = _without_undecided(pd.DataFrame([figures.network]), figures.rulebook).iloc[0]
    available = {"ports_available_99": int((ports["uptime"] >= GOOD_TIME).sum())}
    network = {**figures.network, **{name: float(row[name]) for name in FIGURES}, **available}
    return replace(figures, ports=ports, network=network)


def groups_told(figures: Figures, by: str) -> pd.DataFrame:
    """The groups of ``metrics.availability.uptime.groups``, without the figures that unknown time would decide."""
    return _without_undecided(groups(figures, by), figures.rulebook)


def _without_undecided(rows: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """Rows whose figure is missing unless low and high are the same percentage in two digits, as people read them."""
    if rulebook.unknown != "unsaid":
        return rows
    low, high = (rows[name].to_numpy(dtype="float64") for name in ("low", "high"))
    decided = (low.round(4) == high.round(4)) & ((low == 1) == (high == 1)) & ((low == 0) == (high == 0))
    return rows.assign(**{name: rows[name].where(decided, np.nan) for name in FIGURES})
