"""Offsets of clock times from UTC, as they are written.

What does not belong here: reading a time (``instants``), and which format a table's times are in (``sources``).
"""

from __future__ import annotations

import re

_HOURS_ALONE = re.compile(r"(?<=[0-9 Mm])[+-][0-9]{2}$")


def with_minutes_of_offset(text: str) -> str:
    """A time whose offset has hours alone, 10:00:00+00 as PostgreSQL writes it, with the minutes strptime asks for."""
    return f"{text}00" if _HOURS_ALONE.search(text) else text
