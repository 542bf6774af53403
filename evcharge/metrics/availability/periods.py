"""Periods as people name them: by days, by a quarter, by a calendar year; all of them in UTC.

What does not belong here: how a command or a program is told that it named none.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.milliseconds import midnight_ms

FIRST_YEAR, LAST_YEAR = 1970, 9998
"""Years that have a period: instants are counted from 1970, and the day after the last must be one, too."""


def of_days(first: date, last: date) -> Period:
    """From the first day to the last, included."""
    return Period(midnight_ms(first), midnight_ms(last + timedelta(days=1)))


def of_year(year: int) -> Period:
    """A calendar year."""
    return of_days(date(year, 1, 1), date(year, 12, 31))


def of_quarter(text: str) -> Period | None:
    """A quarter of a year, written 2025Q4; None where the text is none."""
    match = re.fullmatch("([0-9]{4})-?[Qq]([1-4])", text)
    if not match or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return None
    year, place = int(match[1]), int(match[2])
    after = date(year + 1, 1, 1) if place == 4 else date(year, 3 * place + 1, 1)
    return of_days(date(year, 3 * place - 2, 1), after - timedelta(days=1))
