"""Which values of an axis are written.

What does not belong here: drawing, and where an axis of rates begins (``plots``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from evcharge.report.words import day_text

STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Distances between the rates on an axis; the next one up would leave a single value between 0 and 1."""
MONTH_STEPS = (1, 2, 3, 6, 12, 24)


def ratio_ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round rates from ``low`` to ``high``, at most as many as asked for where the steps allow it."""
    step = next((step for step in STEPS if (high - low) / step <= most - 1 + 1e-9), STEPS[-1])
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 6) for number in range(first, last + 1)]


def tick_words(ratio: float) -> str:
    """A rate on an axis, with as many digits as it needs."""
    return f"{100 * ratio:.4g}%"


def count_ticks(low: float, high: float) -> list[int]:
    """Round counts on a log axis from ``low`` to ``high``: 1, 10, 100 …, with 2 and 5 of each on a short axis."""
    factors = (1,) if high / low >= 300 else (1, 3) if high / low >= 30 else (1, 2, 5)
    numbers = [factor * 10**power for power in range(9) for factor in factors]
    return [number for number in numbers if low <= number <= high]


def week_ticks(weeks: pd.DatetimeIndex, px_per_week: float, room: float) -> list[tuple[int, str]]:
    """Places of the weeks to name, at least ``room`` pixels apart, with their words.

    Up to half a year they are days, counted back from the last week; beyond, the first weeks of months.
    """
    if len(weeks) <= 26:
        step = max(1, math.ceil(room / px_per_week))
        return _named(weeks, range((len(weeks) - 1) % step, len(weeks), step), months=False)
    step = next((step for step in MONTH_STEPS if step * 4.35 * px_per_week >= room), MONTH_STEPS[-1])
    begins = [place for place, day in enumerate(weeks) if day.day <= 7 and (day.month - 1) % min(step, 12) == 0]
    return _named(weeks, begins, months=True)


def _named(weeks: pd.DatetimeIndex, places: Sequence[int], *, months: bool) -> list[tuple[int, str]]:
    """Each place with its day or month, and the year where it is not that of the one before."""
    named, year = [], None
    for place in places:
        day = weeks[place]
        words = (f"{day:%b}" if day.year == year else f"{day:%b %Y}") if months else day_text(day, year or day.year)
        named.append((place, words))
        year = day.year
    return named


def whole_weeks(weeks: pd.Series) -> pd.DatetimeIndex:
    """Every week from the first to the last, those without a row too.

    Raises:
        ValueError: the weeks do not all begin on the same weekday.
    """
    found = pd.date_range(weeks.min(), weeks.max(), freq="7D")
    if not weeks.isin(found).all():
        raise ValueError("the weeks do not all begin on the same weekday")
    return found


def spread(places: Sequence[float], room: float, low: float, high: float) -> list[float]:
    """The places moved apart, none much more than it must, until each has room between ``low`` and ``high``."""
    order = np.argsort(places, kind="stable")
    moved = np.array(places, dtype=float)[order]
    for _ in range(20 * len(moved)):
        gaps = np.diff(moved)
        if not len(gaps) or gaps.min() >= room - 0.01:
            break
        tightest = int(np.argmin(gaps))
        push = (room - gaps[tightest]) / 2
        moved[tightest] -= push
        moved[tightest + 1] += push
        moved = np.clip(moved, low, high)
    found = np.empty(len(moved))
    found[order] = moved
    return [float(place) for place in found]
