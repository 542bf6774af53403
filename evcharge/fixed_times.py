"""Times that are written digit under digit, read a column at once; nearly all times of nearly all files are.

What it can't read it leaves to ``instants``, which reads one time after the other and knows what is wrong with it. What
does not belong here: zones, labels, and times whose parts have no fixed places.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from evcharge.arrays import Flags, Integers

_ISO_8601 = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?)?"
    r"(?P<offset>Z|[+-](?P<east_hours>[0-9]{2})(?::?(?P<east_minutes>[0-9]{2}))?)?"
)
"""The usual spellings; ``instants`` reads the others."""
_DIRECTIVES = {
    **{"%Y": r"(?P<year>[0-9]{4})", "%m": r"(?P<month>[0-9]{2})", "%d": r"(?P<day>[0-9]{2})"},
    **{"%H": r"(?P<hour>[0-9]{2})", "%M": r"(?P<minute>[0-9]{2})", "%S": r"(?P<second>[0-9]{2})"},
}
"""Directives of strptime whose digits have fixed places when they are padded with noughts."""
_FIRST_YEAR, _LAST_YEAR = 1901, 2199
"""Years whose every time is within the calendar of ``instants``, whatever the offset."""
_MOST = {"hour": 23, "minute": 59, "second": 59, "east_hours": 14, "east_minutes": 59}
_DAYS_BEFORE_MONTH = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
_DAYS_IN_MONTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_DAYS_TO_1970 = 719_162
_NOUGHT = ord("0")

Digits = npt.NDArray[np.uint8]


class FixedTimes(NamedTuple):
    """What was read; all of one length.

    Attributes:
        is_read: times that were read; the others are for ``instants``.
        clock_ms: what the clock showed, as milliseconds since 1970; 0 where nothing was read.
        has_offset: times that state their offset.
        offset_minutes: minutes east of UTC; 0 where none is stated.
    """

    is_read: Flags
    clock_ms: Integers
    has_offset: Flags
    offset_minutes: Integers


def read_fixed(texts: Sequence[str | None], time_format: str) -> FixedTimes:
    """The times of a column that are written as the first one of their length is.

    Args:
        texts: times as they are written, without blanks around them.
        time_format: ``iso8601``, or a pattern of strptime.
    """
    count = len(texts)
    read = FixedTimes(*(np.zeros(count, dtype=kind) for kind in (bool, np.int64, bool, np.int64)))
    filled = cast("Sequence[str]", texts) if None not in texts else [text or "" for text in texts]
    lengths = np.fromiter(map(len, filled), dtype=np.int64, count=count)
    for length in np.unique(lengths[lengths > 0]).tolist():
        rows = np.flatnonzero(lengths == length)
        alike = [texts[row] or "" for row in rows.tolist()]
        _read_alike(read, rows, alike, _pattern_of(time_format))
    return read


@lru_cache(maxsize=64)
def _pattern_of(time_format: str) -> re.Pattern[str] | None:
    """How a time of this format is written where each part has a fixed place; None where no part has one."""
    if time_format == "iso8601":
        return _ISO_8601
    parts = re.split(r"(%.)", time_format)
    directives = parts[1::2]
    if len(set(directives)) < len(directives) or not {"%Y", "%m", "%d"} <= set(directives) <= _DIRECTIVES.keys():
        return None
    return re.compile("".join(_DIRECTIVES.get(part) or re.escape(part) for part in parts))


def _read_alike(read: FixedTimes, rows: Integers, texts: Sequence[str], pattern: re.Pattern[str] | None) -> None:
    """Reads times of one length, in place, as the first of them is written."""
    example = pattern.fullmatch(texts[0]) if pattern else None
    joined = "".join(texts)
    if example is None or not joined.isascii():
        return
    places = {name: example.span(name) for name, text in example.groupdict().items() if text and name != "offset"}
    digits = np.frombuffer(joined.encode("ascii"), dtype=np.uint8).reshape(len(texts), -1)
    is_read = _have_form_of(digits, texts[0], places)

    parts = {name: _number(digits, *place) for name, place in places.items()}
    day_number, is_day = _days(parts["year"], parts["month"], parts["day"])
    is_read &= is_day
    for name, most in _MOST.items():
        if name in parts:
            is_read &= parts[name] <= most

    clock = ((day_number * 24 + parts.get("hour", 0)) * 60 + parts.get("minute", 0)) * 60 + parts.get("second", 0)
    read.is_read[rows] = is_read
    read.clock_ms[rows] = np.where(is_read, clock * 1000 + _milliseconds(digits, places), 0)
    if example.groupdict().get("offset"):
        east = parts.get("east_hours", 0) * 60 + parts.get("east_minutes", 0)
        sign = example.group("offset")[0]
        read.has_offset[rows] = is_read
        read.offset_minutes[rows] = np.where(is_read, -east if sign == "-" else east, 0)


def _have_form_of(digits: Digits, example: str, places: Mapping[str, tuple[int, int]]) -> Flags:
    """Rows with a digit wherever the example has one of a part, and its own sign everywhere else."""
    of_parts = np.zeros(len(example), dtype=bool)
    for begin, end in places.values():
        of_parts[begin:end] = True
    signs = np.frombuffer(example.encode("ascii"), dtype=np.uint8)
    are_digits = (digits[:, of_parts] - _NOUGHT <= 9).all(axis=1)
    return np.asarray(are_digits & (digits[:, ~of_parts] == signs[~of_parts]).all(axis=1))


def _number(digits: Digits, begin: int, end: int) -> Integers:
    number = np.zeros(len(digits), dtype=np.int64)
    for place in range(begin, end):
        number = number * 10 + (digits[:, place] - _NOUGHT)
    return number


def _milliseconds(digits: Digits, places: Mapping[str, tuple[int, int]]) -> Integers | int:
    """The fraction of a second cut to milliseconds, as they are stored."""
    if "fraction" not in places:
        return 0
    begin, end = places["fraction"]
    told = min(end - begin, 3)
    return _number(digits, begin, begin + told) * int(10 ** (3 - told))


def _days(year: Integers, month: Integers, day: Integers) -> tuple[Integers, Flags]:
    """Days since 1970, and which of them are days of the calendar (Gregorian)."""
    is_month = (month >= 1) & (month <= 12) & (year >= _FIRST_YEAR) & (year <= _LAST_YEAR)
    month = np.where(is_month, month, 1)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = _DAYS_IN_MONTH[month - 1] + (is_leap & (month == 2))
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - _DAYS_TO_1970
    days += _DAYS_BEFORE_MONTH[month - 1] + (is_leap & (month > 2)) + day - 1
    return days, is_month & (day >= 1) & (day <= longest)
