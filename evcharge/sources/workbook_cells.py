"""Cells of a workbook as the text that a profile's conventions can read.

What Excel itself tells apart (a date, a duration, a number, a truth value) is never guessed from text. What does not
belong here: rows and sheets (``workbook``), and whether a value is any good (``clean``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Any

from evcharge.sources.names import folded
from evcharge.sources.profile import ID_COLUMNS, Profile

EXACT_DIGITS = 10**15
"""Excel keeps 15 digits of a number: an id this large has lost some."""

TIMES = ("start_time", "end_time", "source_updated_at", "time", "from_time", "until_time")
"""Our columns that hold a point in time."""

_NUMBERS = (
    *("duration_minutes", "energy_kwh", "peak_power_kw", "start_soc_percent", "end_soc_percent"),
    *("uptime_percent", "outage_minutes", "excluded_minutes"),
)
"""Our columns whose numbers are read with the profile's decimal sign."""

_EPOCH_DAY = datetime(1899, 12, 31)  # noqa: DTZ001
"""Day 0 of Excel's calendar: 36 hours in a cell formatted as a clock time come as 1 January 1900, 12:00."""

_LONGEST_AS_CLOCK = timedelta(days=59)
"""Day 60 of Excel's calendar, 29 February 1900, never was; from there on a duration can't be told from its date."""


class CellFault(ValueError):
    """A cell that makes its row no row; the text is the code of the fault."""


def writer_of(name: str, profile: Profile) -> Callable[[Any], str]:
    """How a cell of their field is written as text that the profile's conventions can read."""
    mapped = {ours for ours, spellings in profile.mapped.items() if name in map(folded, spellings)}
    if mapped & set(ID_COLUMNS):
        return _id_text
    if mapped & set(TIMES):
        return _time_text
    percents = chain.from_iterable(step.fields for step in profile.steps if step.step == "without_percent_sign")
    plain: Callable[[Any], str] = _percent_text if name in map(folded, percents) else text_of
    if "duration_minutes" in mapped:
        plain = partial(_duration_text, duration_format=profile.conventions.duration_format)
    if profile.conventions.decimal == "." or mapped.isdisjoint(_NUMBERS):
        return plain
    return lambda cell: plain(cell) if isinstance(cell, str) else plain(cell).replace(".", profile.conventions.decimal)


def text_of(cell: Any) -> str:
    """A cell as text: a whole number without a fraction, a duration as h:m:s, a date as ISO 8601.

    An error such as #N/A, and a formula without a kept result, come empty from the library.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, timedelta):
        return _hours_minutes_seconds(cell)
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return _plain_number(cell)


def _plain_number(number: float) -> str:
    """The number without an exponent, and without a fraction where it is whole."""
    if not math.isfinite(number):
        return str(number)
    return format(Decimal(repr(number + 0.0)), "f").removesuffix(".0")  # minus zero becomes zero


def _id_text(cell: Any) -> str:
    """An id. What Excel made a date, a truth value or a long or broken number of is no id any more."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool) or not isinstance(cell, (int, float)) or not _is_exact(cell):
        raise CellFault("value_not_scalar")
    return _plain_number(cell)


def _is_exact(number: float) -> bool:
    return abs(number) < EXACT_DIGITS and number == int(number)


def _time_text(cell: Any) -> str:
    """A point in time: a date cell with its clock time, midnight too."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return f"{cell.isoformat()}T00:00:00"
    return text_of(cell)


def _duration_text(cell: Any, duration_format: str) -> str:
    """A duration in the profile's form. Where that is h:m:s, a number is a part of a day, as everywhere in Excel."""
    length = _duration(cell)
    if length is None and duration_format == "h:m:s" and isinstance(cell, float) and abs(cell) < timedelta.max.days:
        length = timedelta(days=cell)
    if length is None:
        return text_of(cell)
    if duration_format == "h:m:s":
        return _hours_minutes_seconds(length)
    unit = {"hours": timedelta(hours=1), "minutes": timedelta(minutes=1), "seconds": timedelta(seconds=1)}
    return _plain_number(length / unit[duration_format])


def _duration(cell: Any) -> timedelta | None:
    """The duration that a cell of a duration, a clock time, or a date of Excel's first days stands for."""
    if isinstance(cell, timedelta):
        return cell
    if isinstance(cell, time):
        return timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond)
    if isinstance(cell, date):
        since = datetime(cell.year, cell.month, cell.day) - _EPOCH_DAY  # noqa: DTZ001
        if isinstance(cell, datetime):
            since += _duration(cell.time()) or timedelta()
        return since if since < _LONGEST_AS_CLOCK else None
    return None


def _hours_minutes_seconds(length: timedelta) -> str:
    """The length to the second, in hours that may pass 24: 500:22:20."""
    seconds = round(abs(length).total_seconds())
    sign = "-" if length < timedelta() else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _percent_text(cell: Any) -> str:
    """A percentage that is written with its sign: Excel keeps 30% as the number 0.3."""
    return f"{_plain_number(round(cell * 100, 6))}%" if isinstance(cell, float) else text_of(cell)
