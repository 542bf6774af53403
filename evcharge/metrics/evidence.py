"""How far each station's rate carries, with few attempts and many stations: one frame of what ``small_samples`` tells.

What does not belong here: the formulas (``small_samples``), rates and verdicts (``rates``).
"""

from __future__ import annotations

import pandas as pd

from evcharge.metrics.intervals import Floats, jeffreys_interval
from evcharge.metrics.small_samples import (
    Dispersion,
    bounds,
    dispersion,
    false_discovery_flags,
    funnel_limits,
    shrunk_rates,
)


def with_evidence(rated: pd.DataFrame) -> pd.DataFrame:
    """The stations' keys and rates with what chance, the other stations and the unknown sessions make of them.

    Args:
        rated: successes, failures, unknown and attempts, a row a station, beside whatever else it has.

    Returns:
        The same rows in the same order, plus ``jeffreys_low``, ``jeffreys_high``; ``shrunk_ratio`` (empirical Bayes;
        for ranking) and ``shrunk_fallback`` (why it is the pooled ratio, or None); ``funnel_low``, ``funnel_high`` (the
        alarm limits around the pooled ratio at this many attempts; a ratio of 1 from few attempts may lie above the
        upper one by chance, see ``funnel_limits``); ``chance_of_so_few`` (of so few successes at the
        pooled ratio), ``adjusted_chance`` (Benjamini–Hochberg) and ``worse_than_network``; ``if_unknown_failed`` and
        ``if_unknown_succeeded``. All are ratios [0 to 1] or chances, missing without attempts.
    """
    k, failures, unknown = (rated[name].to_numpy(dtype=float) for name in ("successes", "failures", "unknown"))
    attempts = k + failures
    found = rated.copy()
    found["jeffreys_low"], found["jeffreys_high"] = jeffreys_interval(k, attempts)
    shrunk = shrunk_rates(k, attempts)
    found["shrunk_ratio"], found["shrunk_fallback"] = shrunk.ratio, shrunk.fallback
    limits = funnel_limits(attempts, _pooled_ratio(k, attempts))
    found["funnel_low"], found["funnel_high"] = limits[:, 0], limits[:, -1]
    flags = false_discovery_flags(k, attempts)
    found["chance_of_so_few"] = flags["chance"].to_numpy()
    found["adjusted_chance"] = flags["adjusted_chance"].to_numpy()
    found["worse_than_network"] = flags["flagged"].to_numpy()
    found["if_unknown_failed"], found["if_unknown_succeeded"] = bounds(k, failures, unknown)
    return found


def dispersion_of(rated: pd.DataFrame) -> Dispersion:
    """How much more the stations differ from their pooled ratio than chance makes them.

    Args:
        rated: as in ``with_evidence``.
    """
    k = rated["successes"].to_numpy(dtype=float)
    attempts = k + rated["failures"].to_numpy(dtype=float)
    return dispersion(k, attempts, _pooled_ratio(k, attempts))


def _pooled_ratio(successes: Floats, attempts: Floats) -> float:
    """Of all stations together; NaN without attempts."""
    return float(successes.sum() / attempts.sum()) if attempts.sum() else float("nan")
