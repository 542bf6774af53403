"""A usual week of each station: how much it was used in the last 13 weeks that are in the data.

A station's whole life is a poor measure of this week: many are used twice as much as in their first year, or half. What
does not belong here: which days are in the data (``holes``), and what is lost (``cost``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evcharge.arrays import Floats, Integers
from evcharge.metrics.exposure import DAYS_OF_A_WEEK, day_numbers

USUAL_WEEKS = 13
"""Weeks with data from which the usual week is taken. House rule, provisional: a season, so that a busy fortnight does
not stand for the year, nor a year that is over for today."""
SPREAD = (0.1, 0.9)
"""Quantiles of a station's weeks that are told as its spread: eight weeks in ten lie between them. House rule."""


def usual_weeks(
    days: pd.DataFrame, spans: pd.DataFrame, in_data: Mapping[str, Integers], first_days: Mapping[str, int]
) -> pd.DataFrame:
    """The usual week of each station, from the days in use that are in the data of its source.

    Args:
        days: the columns of ``days.count_days``, in any order.
        spans: one row per station, by ``station_key``: ``source``, and ``first`` and ``stop``, the first and last day
            in use, counted from 1970-01-01.
        in_data: of each source, ``holes.days_in_data``.
        first_days: of each source, the day with which that begins.

    Returns:
        One row per station, in the order of ``spans``: ``usual_since`` (day: the first of ``USUAL_WEEKS`` with data up
        to ``stop``, or the first in use), ``usual_weeks`` (with data since; NaN for less than one),
        ``attempts_per_week`` and ``successes_per_week`` (of attempts with an outcome), and ``successes_low`` and
        ``successes_high``, the quantiles ``SPREAD`` of the successes of its whole weeks, counted back from ``stop``.
    """
    since, weeks = np.zeros(len(spans), dtype="int64"), np.zeros(len(spans))
    back = np.zeros(len(days), dtype="int64")
    place = np.searchsorted(spans["station_key"].to_numpy(), days["station_key"].to_numpy())
    day, sources, stop = day_numbers(days["day"]), spans["source"].to_numpy(), spans["stop"].to_numpy()
    for source, before in in_data.items():
        begin, own, of_own = first_days[source], sources == source, sources[place] == source
        known = before[stop[own] + 1 - begin]

        # The last day before which so many days are in the data is one that is itself in the data.
        earliest = np.searchsorted(before, known - USUAL_WEEKS * DAYS_OF_A_WEEK, side="right") - 1 + begin
        since[own] = np.maximum(spans["first"].to_numpy()[own], earliest)
        weeks[own] = (known - before[since[own] - begin]) / DAYS_OF_A_WEEK
        back[of_own] = before[stop[place[of_own]] + 1 - begin] - before[day[of_own] + 1 - begin]

    inside = day >= since[place]
    successes, failures = (
        _by_week(days[name].to_numpy()[inside], place[inside], back[inside] // DAYS_OF_A_WEEK, len(spans))
        for name in ("successes", "failures")
    )
    enough = np.where(weeks >= 1, weeks, np.nan)
    low, high = _spread(successes, weeks)
    per_week = successes.sum(axis=1) / enough
    return pd.DataFrame(
        {
            "usual_since": since.astype("datetime64[D]").astype("datetime64[s]"),
            "usual_weeks": enough,
            "attempts_per_week": per_week + failures.sum(axis=1) / enough,
            "successes_per_week": per_week,
            "successes_low": np.minimum(low, per_week),
            "successes_high": np.maximum(high, per_week),
        },
        index=spans.index,
    )


def _by_week(counts: Integers, station: Integers, week: Integers, stations: int) -> Floats:
    """The sums of each station, one row each, by weeks counted back; the last is what is left over of a week."""
    sums = np.bincount(station * (USUAL_WEEKS + 1) + week, counts, stations * (USUAL_WEEKS + 1))
    table: Floats = sums.astype(float).reshape(stations, USUAL_WEEKS + 1)
    return table


def _spread(by_week: Floats, weeks: Floats) -> tuple[Floats, Floats]:
    """The quantiles ``SPREAD`` of the whole weeks of each station; NaN without one."""
    whole = np.floor(weeks).astype("int64")
    ordered = np.sort(np.where(np.arange(by_week.shape[1]) < whole[:, None], by_week, np.inf), axis=1)
    ends = []
    for share in SPREAD:
        at = share * np.maximum(whole - 1, 0)
        below, above = np.floor(at).astype("int64"), np.ceil(at).astype("int64")
        left, right = (np.take_along_axis(ordered, place[:, None], axis=1)[:, 0] for place in (below, above))
        known = whole >= 1
        left, right = np.where(known, left, np.nan), np.where(known, right, np.nan)
        ends.append(left + (right - left) * (at - below))
    return ends[0], ends[1]
