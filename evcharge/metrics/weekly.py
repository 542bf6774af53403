"""Whether the whole network gets worse or better, since which week, and by how much: Laney's p' chart of full weeks.

A week's ratio moves by chance, and by more than that: weather, holidays, a new car model. The first weeks show how much
is usual, and what goes beyond it is a signal. What does not belong here: single stations (``spells``), the verdict
against a target (``rates``), the reading of counts, and how a chart is drawn (``report``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Floats, Integers
from evcharge.metrics.exposure import DAYS_OF_A_WEEK
from evcharge.metrics.rates import CANT_TELL, ratio

MOST_WEEKS = 104
"""Full weeks looked at, the last ones: two years. House rule, provisional: a baseline of ten years ago is that of
another network."""
BASELINE_WEEKS = 8
"""Full weeks with attempts, from the first on, that the later ones are held against. House rule, provisional: two
months; with fewer the usual spread is hardly known, with more a year's first quarter is never judged."""
LEAST_WEEKS = 10
"""Full weeks with attempts from which on there are limits. House rule, provisional: those of the baseline, and two to
judge; what a single week adds is no direction yet."""
LEAST_OF_EACH = 8
"""Failures, and successes, in the baseline from which on there are limits: one a week. House rule, provisional: with
less than 0.7 failures a week most weeks have none (Poisson) and lie above the centre, so that seven in a row there mean
nothing."""
LIMIT_SIGMAS = 3.0
"""Distance of the limits from the centre. Source: Shewhart's, as in Laney 2002, Quality Engineering 14(4):531-537."""
MEAN_RANGE_OF_TWO = 1.128
"""Mean difference between two values that are normal with a deviation of 1 (d₂ = 2/√π). Source: Laney 2002."""
LEAST_SIGMA_Z = 1.0
"""σ_z under which seven differences may fall by luck alone; 1 is what chance makes of independent attempts."""
RUN_WEEKS = 7
"""Weeks in a row on one side of the centre that are a signal. Source: NHS England, Making Data Count; the same in the
R package NHSRplotthedots."""
DIRECTION_SIGMAS = 3.5
"""How far the weeks since a change, taken together, must lie from the baseline, the uncertainty of both counted.
Source: ``benchmarks/signal_simulations.py``: of 100 networks that do not change and whose weeks do not depend on each
other, at most 4 may be called worse or better (found: 3.2); by their signals alone up to 10 would be."""
LEAST_POINTS = 0.5
"""Percentage points from which on a change is worth a headline. House rule, provisional: 1 charge in 200, a tenth of
the failures that a target of 95 % allows; with enough attempts any smaller change is beyond chance too."""

WORSE, BETTER, SMALL, NO_CHANGE = "worse", "better", "no change that matters", "no change shown"
CHANGES = (WORSE, BETTER, SMALL)
"""Words of a change that is shown, however small."""
DIRECTIONS = (*CHANGES, NO_CHANGE, CANT_TELL)


@dataclass(frozen=True)
class Direction:
    """Where the network is going.

    Attributes:
        word: one of ``DIRECTIONS``.
        since: Monday of the first week of the change, however small; None where no change is shown, or where it has no
            date: one that the first week after the baseline shows may have begun within the baseline.
        ratio_before: pooled success ratio of the baseline [0 to 1]; NaN where it can't be told.
        ratio_now: of the weeks since; of all weeks after the baseline where no change is shown.
        points: ``ratio_now`` − ``ratio_before`` [percentage points]; below 0 is worse.
        reason: why it can't be told, in words, or None.
    """

    word: str
    since: date | None
    ratio_before: float
    ratio_now: float
    points: float
    reason: str | None


def weekly_counts(days: pd.DataFrame) -> pd.DataFrame:
    """Attempts and successes of each full week, Monday to Sunday (ISO 8601), of all rows together.

    Args:
        days: ``day`` (datetime64, local days), ``successes`` and ``failures`` (integers), one or several rows a day, in
            any order. The first and the last day of the data are those of its rows, whatever they count.

    Returns:
        One row per week, by ``week`` (its Monday, datetime64[s]), of the last ``MOST_WEEKS``: ``attempts`` and
        ``successes`` (int64), and ``success_ratio`` [0 to 1; NaN without attempts]. A first or last week that is not
        whole is left out; a week without attempts is a row.
    """
    numbers = days["day"].to_numpy().astype("datetime64[D]").astype("int64")
    weeks = (numbers - _MONDAY) // DAYS_OF_A_WEEK

    # The first Monday is rounded up (a floor of the negated number), the Monday after the last whole week down.
    first, after = (
        (-((_MONDAY - numbers.min()) // DAYS_OF_A_WEEK), (numbers.max() + 1 - _MONDAY) // DAYS_OF_A_WEEK)
        if len(numbers)
        else (0, 0)
    )
    first = max(first, after - MOST_WEEKS)
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


def why_no_limits(weeks: pd.DataFrame) -> str | None:
    """Why the weeks of ``weekly_counts`` are too few for limits, or too much alike; None where they are not."""
    _, attempts, successes = _with_attempts(weeks)
    if len(attempts) < LEAST_WEEKS:
        weeks_told = f"{len(attempts)} full week{'' if len(attempts) == 1 else 's'}"
        return f"{weeks_told} with attempts; {LEAST_WEEKS} are needed"
    tried, succeeded = (int(counts[:BASELINE_WEEKS].sum()) for counts in (attempts, successes))
    for count, singular, plural in ((tried - succeeded, "failure", "failures"), (succeeded, "success", "successes")):
        if count < LEAST_OF_EACH:
            count_told = f"{count} {singular if count == 1 else plural}"
            return f"{count_told} in the first {BASELINE_WEEKS} weeks; {LEAST_OF_EACH} are needed"
    return None


def _with_attempts(weeks: pd.DataFrame) -> tuple[Flags, Floats, Floats]:
    """Which weeks have attempts, and their attempts and successes."""
    attempts, successes = (weeks[name].to_numpy(dtype=float) for name in ("attempts", "successes"))
    used = attempts > 0
    return used, attempts[used], successes[used]


class _Baseline(NamedTuple):
    """What the first weeks say: their pooled ratio and attempts, and the spread of weeks in units of chance."""

    centre: float
    attempts: float
    sigma_z: float

    def sigma(self, parts: Floats | float) -> Floats:
        """Standard deviation of a ratio; ``parts`` is 1 / attempts, and 1 / attempts + 1 / others for a difference."""
        deviation: Floats = self.sigma_z * np.sqrt(self.centre * (1 - self.centre) * parts)
        return deviation


def _baseline(attempts: Floats, successes: Floats) -> _Baseline:
    """Of weeks with attempts, in order, of which there are enough."""
    attempts, successes = attempts[:BASELINE_WEEKS], successes[:BASELINE_WEEKS]
    centre = float(successes.sum() / attempts.sum())
    z = (successes / attempts - centre) / np.sqrt(centre * (1 - centre) / attempts)
    sigma_z = float(np.abs(np.diff(z)).mean() / MEAN_RANGE_OF_TWO)
    return _Baseline(centre, float(attempts.sum()), max(sigma_z, LEAST_SIGMA_Z))


def control_chart(weeks: pd.DataFrame) -> pd.DataFrame:
    """Laney's p' chart of the weeks: centre, limits and signals.

    With z = (ratio − centre) / √(centre (1 − centre) / attempts), the limits are at centre ± 3 σ_z √(…), where σ_z is
    the mean difference of neighbouring z divided by 1.128, and at least 1. Centre and σ_z are those of the first
    ``BASELINE_WEEKS`` with attempts. A week is a signal outside the limits, or as one of at least ``RUN_WEEKS`` in a
    row on one side of the centre; a week without attempts neither is one nor ends a row.

    Args:
        weeks: the frame of ``weekly_counts``.

    Returns:
        The same rows, and ``centre``, ``low``, ``high`` [0 to 1; NaN where ``why_no_limits`` says why, limits also
        without attempts] and ``signal`` ("worse", "better" or "").

    Source: Laney 2002, Quality Engineering 14(4):531-537; the row of seven as in NHS England's Making Data Count.
    """
    used, attempts, successes = _with_attempts(weeks)
    low, high, signal = np.full(len(weeks), np.nan), np.full(len(weeks), np.nan), np.full(len(weeks), "", dtype=object)
    if why_no_limits(weeks):
        return weeks.assign(centre=np.nan, low=low, high=high, signal=signal)
    baseline = _baseline(attempts, successes)

    ratios, reach = successes / attempts, LIMIT_SIGMAS * baseline.sigma(1 / attempts)
    low[used], high[used] = np.clip(baseline.centre - reach, 0, 1), np.clip(baseline.centre + reach, 0, 1)

    side = np.sign(ratios - baseline.centre)
    is_signal = (ratios < low[used]) | (ratios > high[used]) | ((_row_lengths(side) >= RUN_WEEKS) & (side != 0))
    signal[used] = np.where(is_signal, np.where(side < 0, WORSE, BETTER), "")
    return weeks.assign(centre=baseline.centre, low=low, high=high, signal=signal)


def _row_lengths(side: Floats) -> Integers:
    """For each place, how many neighbours in a row, itself included, are on the same side."""
    # Each row of equal sides has a number; how often that number comes is the row's length.
    row = np.concatenate([[0], np.cumsum(np.diff(side) != 0)])
    lengths: Integers = np.bincount(row)[row]
    return lengths


def direction(chart: pd.DataFrame) -> Direction:
    """Whether the network is worse or better now than in its first weeks.

    What counts is the run of last weeks, after the baseline, on one side of the centre, if it holds a signal: signals
    that a later week has ended are history. The change is placed at the week of the run from which on the weeks
    together lie farthest from the baseline, and counts from ``DIRECTION_SIGMAS`` on; if it is smaller than
    ``LEAST_POINTS``, it does not matter. Placed at the first week after the baseline it has no date.

    Args:
        chart: the frame of ``control_chart``.
    """
    reason = why_no_limits(chart)
    if reason:
        return Direction(CANT_TELL, None, np.nan, np.nan, np.nan, reason)
    used, attempts, successes = _with_attempts(chart)
    baseline = _baseline(attempts, successes)

    attempts, successes = attempts[BASELINE_WEEKS:], successes[BASELINE_WEEKS:]
    run = _row_lengths(np.sign(successes / attempts - baseline.centre))[-1]

    # Running sums from the end: each entry holds its week and all later ones.
    attempts_since = np.cumsum(attempts[::-1])[::-1]
    ratio_since = np.cumsum(successes[::-1])[::-1] / attempts_since
    distance = np.abs(ratio_since - baseline.centre) / baseline.sigma(1 / attempts_since + 1 / baseline.attempts)
    first = len(attempts) - run + int(np.argmax(distance[-run:]))

    weeks, signals = (chart[name].to_numpy()[used][BASELINE_WEEKS:] for name in ("week", "signal"))
    shown = bool((signals[-run:] != "").any()) and distance[first] >= DIRECTION_SIGMAS
    now = float(ratio_since[first if shown else 0])
    points = 100 * (now - baseline.centre)
    if not shown:
        return Direction(NO_CHANGE, None, baseline.centre, now, points, None)
    word = SMALL if abs(points) < LEAST_POINTS else WORSE if points < 0 else BETTER
    since = weeks[first].astype("datetime64[D]").item() if first else None
    return Direction(word, since, baseline.centre, now, points, None)
