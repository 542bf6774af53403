"""Full weeks of the whole network: their counts, and how much they vary anyway (Laney's p' chart).

A week's ratio moves by chance, and by more than that: weather, holidays, a new car model. The weeks themselves show how
much is usual. What does not belong here: whether the network changed (``direction``), single stations (``spells``), the
verdict against a target (``rates``), the reading of counts, and how a chart is drawn (``report``).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from evcharge.metrics.exposure import DAYS_OF_A_WEEK
from evcharge.metrics.rates import ratio

MOST_WEEKS = 104
"""Full weeks looked at, the last ones: two years. House rule, provisional: a network of ten years ago is another."""
LEAST_WEEKS = 8
"""Full weeks with attempts from which on there are limits. House rule, provisional: with fewer the usual spread is
hardly known."""
LEAST_OF_EACH = 8
"""Failures, and successes, of these weeks from which on there are limits. House rule, provisional: with fewer most
weeks have none, and the band is as wide as the chart."""
LIMIT_SIGMAS = 3.0
"""Distance of the limits from the centre. Source: Shewhart's, as in Laney 2002, Quality Engineering 14(4):531-537."""
MEAN_RANGE_OF_TWO = 1.128
"""Mean difference between two values that are normal with a deviation of 1 (d₂ = 2/√π). Source: Laney 2002."""
LEAST_SIGMA_Z = 1.0
"""σ_z under which a few differences may fall by luck alone; 1 is what chance makes of independent attempts."""

BELOW_BAND, ABOVE_BAND = "below", "above"
"""Where a week lies that is outside the limits."""


def weekly_counts(days: pd.DataFrame, most: int = MOST_WEEKS) -> pd.DataFrame:
    """Attempts and successes of each full week, Monday to Sunday (ISO 8601), of all rows together.

    Args:
        days: ``day`` (datetime64, local days), ``successes`` and ``failures`` (integers), one or several rows a day, in
            any order. The first and the last day of the data are those of its rows, whatever they count.
        most: weeks at most, the last ones.

    Returns:
        One row per week, by ``week`` (its Monday, datetime64[s]): ``attempts`` and ``successes`` (int64), and
        ``success_ratio`` [0 to 1; NaN without attempts]. A first or last week that is not whole is left out; a week
        without attempts is a row.
    """
    numbers = days["day"].to_numpy().astype("datetime64[D]").astype("int64")
    weeks = (numbers - _MONDAY) // DAYS_OF_A_WEEK

    # The first Monday is rounded up (a floor of the negated number), the Monday after the last whole week down.
    first, after = (
        (-((_MONDAY - numbers.min()) // DAYS_OF_A_WEEK), (numbers.max() + 1 - _MONDAY) // DAYS_OF_A_WEEK)
        if len(numbers)
        else (0, 0)
    )
    first = max(first, after - most)
    count = max(after - first, 0)

    whole = (weeks >= first) & (weeks < after)
    successes, failures = (
        np.bincount(weeks[whole] - first, days[name].to_numpy(dtype=float)[whole], count)
        for name in ("successes", "failures")
    )
    attempts = successes + failures

    mondays = (first + np.arange(count)) * DAYS_OF_A_WEEK + _MONDAY
    return pd.DataFrame(
        {
            "week": mondays.astype("datetime64[D]").astype("datetime64[s]"),
            "attempts": attempts.astype("int64"),
            "successes": successes.astype("int64"),
            "success_ratio": ratio(successes, attempts),
        }
    )


_MONDAY = 4
"""Number of the first Monday, 1970-01-05, counted from 1970-01-01."""


def control_chart(weeks: pd.DataFrame, change: date | None = None) -> pd.DataFrame:
    """Laney's p' chart of the weeks: centre, limits, and the weeks outside them.

    With z = (ratio − centre) / √(centre (1 − centre) / attempts), the limits are at centre ± 3 σ_z √(…), where σ_z is
    the mean difference of neighbouring z divided by 1.128, and at least 1. Centre and σ_z are those of all weeks with
    attempts, or of those before a change.

    Args:
        weeks: the frame of ``weekly_counts``.
        change: the first day of the weeks that are held against those before; None where nothing changed.

    Returns:
        The same rows, and ``centre``, ``low``, ``high`` [0 to 1; NaN where too few weeks, failures or successes tell
        what is usual, limits also without attempts] and ``outside`` ("below", "above" or "").

    Source: Laney 2002, Quality Engineering 14(4):531-537.
    """
    attempts, successes = (weeks[name].to_numpy(dtype=float) for name in ("attempts", "successes"))
    low, high, outside = np.full(len(weeks), np.nan), np.full(len(weeks), np.nan), np.full(len(weeks), "", dtype=object)
    usual = attempts > 0
    if change is not None:
        usual &= weeks["week"].to_numpy() < np.datetime64(change, "s")

    tried, succeeded = attempts[usual], successes[usual]
    if len(tried) < LEAST_WEEKS or min(succeeded.sum(), (tried - succeeded).sum()) < LEAST_OF_EACH:
        return weeks.assign(centre=np.nan, low=low, high=high, outside=outside)

    centre = succeeded.sum() / tried.sum()
    spread = np.sqrt(centre * (1 - centre))
    z = (succeeded / tried - centre) / (spread / np.sqrt(tried))
    sigma_z = max(np.abs(np.diff(z)).mean() / MEAN_RANGE_OF_TWO, LEAST_SIGMA_Z)

    used = attempts > 0
    ratios, reach = successes[used] / attempts[used], LIMIT_SIGMAS * sigma_z * spread / np.sqrt(attempts[used])
    low[used], high[used] = np.clip(centre - reach, 0, 1), np.clip(centre + reach, 0, 1)
    outside[used] = np.where(ratios < low[used], BELOW_BAND, np.where(ratios > high[used], ABOVE_BAND, ""))
    return weeks.assign(centre=centre, low=low, high=high, outside=outside)
