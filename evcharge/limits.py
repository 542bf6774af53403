"""The limits of what a row can be: every number that refuses one, or is worth a warning, with its source.

What does not belong here: the rules that use them (``rules``), and limits of files (``carriers``, ``sources``).
"""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

EARLIEST = pd.Timestamp("2005-01-01", tz="UTC")
"""No session is older: OCPP dates from 2009, and a charger whose clock was never set says 1970 or 2000."""
CLOCK_SKEW = timedelta(hours=24)
"""How far ahead of today a charger's clock may run. House rule: one on local time is at most 14 hours ahead of UTC."""
MOST_ENERGY_KWH = 1000.0
"""More than any session delivers; the usual cause is Wh in a kWh column. Source: QualiCharge API, 0 to 1000 kWh."""
MOST_POWER_KW = 5000.0
"""Above the megawatt charging system's 3.75 MW; the usual cause is W in a kW column."""
FULL_PERCENT = 100.0
"""No battery is fuller."""
DAY_SECONDS = 24 * 60 * 60
LONGEST_DURATION_MINUTES = 366 * 24 * 60.0
"""No session lasts longer than a year; such a record is broken."""
LONGEST_GAP_SECONDS = LONGEST_DURATION_MINUTES * 60
"""Nothing that is further from the start is of the same attempt."""
WEEK_MINUTES = 7 * 24 * 60.0
"""Longer sessions are kept with a warning. Source: QualiCharge quality rules, 7 days."""
PLAUSIBLE_POWER_KW = 400.0
"""A higher average is kept with a warning: above the rating of public DC chargers."""
