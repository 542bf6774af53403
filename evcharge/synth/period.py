"""The period of the sample, and when in it sessions start.

Made up for the sample. Does not belong here: how many sessions a station gets.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from evcharge.synth.chance import Ints

FIRST_DAY = date(2025, 4, 1)
DAY_COUNT = 91
UTC_OFFSET = "-04:00"  # US Eastern daylight time holds on every day of the period

HOURS_PER_DAY = 24
SECONDS_PER_HOUR = 3_600
SECONDS_PER_DAY = 86_400

# How many sessions start in each hour of a day, relative: commuters on weekdays, errands and trips at weekends.
WEEKDAY_STARTS = (2, 1, 1, 1, 2, 5, 12, 24, 26, 18, 14, 14, 16, 15, 14, 16, 22, 30, 32, 26, 18, 12, 8, 4)
WEEKEND_STARTS = (3, 2, 1, 1, 1, 2, 3, 5, 9, 14, 19, 22, 22, 21, 20, 19, 18, 17, 14, 12, 10, 8, 6, 4)
FIRST_WEEKEND_WEEKDAY = 5  # Saturday, as date.weekday counts


def hourly_weights() -> Ints:
    """How many sessions start in each hour of each day of the period, relative: a row a day."""
    days = (FIRST_DAY + timedelta(days=day) for day in range(DAY_COUNT))
    weekends = (day.weekday() >= FIRST_WEEKEND_WEEKDAY for day in days)
    return np.array([WEEKEND_STARTS if weekend else WEEKDAY_STARTS for weekend in weekends], dtype=np.int64)


def share_of_starts(first_hour: int, end_hour: int) -> float:
    """Share of the sessions that start from the first hour up to, not including, the last [0–1]."""
    weights = hourly_weights()
    return int(weights[:, first_hour:end_hour].sum()) / int(weights.sum())
