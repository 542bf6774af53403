"""What of a reported uptime contradicts itself, by its own figures alone.

What does not belong here: what was seen of the port (``metrics.availability``), and what refuses a row
(``evidence_rules``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Floats

FIGURES = ("uptime_percent", "outage_minutes", "excluded_minutes")
"""What is reported of a port and a period."""
YEAR_MINUTES = 525_600
"""Minutes of the federal formula's year: 23 CFR 680.116(b). Reports for a month may state figures of twelve months."""
TOLERANCE = 0.01
"""By how much a reported uptime may differ from its own minutes [percentage points]: the template's last digit."""
ABOVE_100, EXCLUDED_MORE = "uptime_above_100", "excluded_more_than_outage"
OUTAGE_LONGER, NOT_FROM_MINUTES = "outage_longer_than_its_time", "uptime_not_from_its_minutes"
CONTRADICTIONS = {
    ABOVE_100: "a reported uptime is over 100 %",
    EXCLUDED_MORE: "more minutes are excluded from the outage than it has",
    OUTAGE_LONGER: "the reported outage is longer than the period, and than a year",
    NOT_FROM_MINUTES: "the reported uptime is not what the reported minutes make of the period, nor of a year",
}
"""What a reported uptime can contradict itself in; such a row is kept as it was reported."""


def contradictions(rows: pd.DataFrame) -> dict[str, Flags]:
    """Which rows contradict themselves, by ``CONTRADICTIONS``; what a row does not state contradicts nothing.

    Args:
        rows: ``FIGURES``, ``from_ms`` and ``until_ms``.
    """
    percent, outage, excluded = (rows[name].to_numpy(dtype="float64") for name in FIGURES)
    length = (rows["until_ms"] - rows["from_ms"]).to_numpy(dtype="float64") / 60_000
    return {
        ABOVE_100: percent > 100,
        EXCLUDED_MORE: excluded > outage,
        OUTAGE_LONGER: outage > np.maximum(length, YEAR_MINUTES),
        NOT_FROM_MINUTES: np.abs(percent - percent_from_minutes(rows)) > TOLERANCE + 1e-9,
    }


def percent_from_minutes(rows: pd.DataFrame) -> Floats:
    """The uptime that the reported minutes make [%]: (minutes - outage + excluded) / minutes.

    The minutes are those of the period or of a year, whichever comes nearer to the uptime reported.

    Args:
        rows: as for ``contradictions``.
    """
    percent, outage, excluded = (rows[name].to_numpy(dtype="float64") for name in FIGURES)
    length = (rows["until_ms"] - rows["from_ms"]).to_numpy(dtype="float64") / 60_000
    in_year = 100 * (1 - (outage - excluded) / YEAR_MINUTES)
    in_period = 100 * (1 - (outage - excluded) / np.where(length > 0, length, np.nan))
    nearer: Floats = np.where(np.abs(percent - in_period) <= np.abs(percent - in_year), in_period, in_year)
    return nearer
