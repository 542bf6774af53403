"""Formats that may have written some times: every one that reads them all, so that a person can choose.

What does not belong here: which of them a load reads by, for it is stated and never guessed (``load.time_format``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from evcharge.offsets import with_minutes_of_offset

_DATE = re.compile(
    r"(?P<date>\d{1,4}(?P<sign>[-/.])\d{1,2}(?P=sign)\d{1,4}|\d{1,2}[ -](?P<dmy>[A-Za-z]{3,9})\.?[ -]\d{2,4}"
    r"|(?P<mdy>[A-Za-z]{3,9})\.? \d{1,2},? \d{2,4})(?:(?P<between>T|,? +)(?P<clock>\d{1,2}:\d{2}.*))?",
    re.ASCII,
)
_CLOCK = re.compile(
    r"(?P<hours>\d{1,2}):\d{2}(?P<seconds>:\d{2}(?P<fraction>\.\d{1,6})?)?(?P<half>(?P<blank> ?)[AaPp][Mm])?"
    r"(?P<before>\s?)(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)?", re.ASCII)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?", re.ASCII)
_EPOCH_YEARS = range(2005, 2051)
"""Years in which a number of ten or thirteen digits is taken for a time."""
_DAY_OF_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LATEST_YEAR = 2099
_YEAR_FIRST = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})(?!\d)", re.ASCII)
_LARGEST_MONTH = 12
_SWAPPED_AT_LEAST = 2
"""Different days that lie outside an export's span as written, and inside it with day and month swapped. House rule."""

Shape = tuple[str, ...]
"""The formats that may have written a text, before it is tried which of them read it."""


def formats_of(texts: Iterable[str]) -> list[list[str]]:
    """For each shape that the times have, the formats that read every time of it; an empty list where none does.

    One list of several formats is a choice to make; several lists are a column that mixes layouts.
    """
    by_shape: dict[Shape, list[str]] = {}
    for text in dict.fromkeys(texts):
        by_shape.setdefault(shape_of(text), []).append(text)
    read = [
        [pattern for pattern in shape if all(read_by(text, pattern) for text in written)]
        for shape, written in by_shape.items()
    ]
    return [list(formats) for formats in dict.fromkeys(map(tuple, read))]


@lru_cache(maxsize=65_536)
def shape_of(text: str) -> Shape:
    """The formats that may have written a date with or without a clock time; none where it is no such text."""
    if _ISO.fullmatch(text):
        return ("iso8601",)
    if _EPOCH.fullmatch(text):
        return ("epoch_ms",) if len(text.partition(".")[0]) == len("1700000000000") else ("epoch_s",)
    match = _DATE.fullmatch(text)
    clock = _clock_pattern(match["clock"]) if match and match["clock"] else ""
    if match is None or clock is None:
        return ()
    between = (match["between"] or "") if clock else ""
    return tuple(f"{date}{between}{clock}" for date in _date_patterns(match["date"], match["sign"]))


def is_day(text: str) -> bool:
    """Whether the text is a date without a clock time."""
    match = _DATE.fullmatch(text)
    return bool(match and not match["clock"])


def is_clock(text: str) -> bool:
    """Whether the text is a clock time, or a length of hours and minutes: nothing in it tells which."""
    return _CLOCK.fullmatch(text) is not None


def read_by(text: str, pattern: str) -> datetime | None:
    """The time as a format reads it, without its zone where it has none; None where it does not."""
    try:
        if pattern == "iso8601":
            return _of_iso(text) if _ISO.fullmatch(text) or _DAY_OF_ISO.fullmatch(text) else None
        if pattern in ("epoch_s", "epoch_ms"):
            seconds = float(text) / (1000 if pattern == "epoch_ms" else 1)
            read = datetime.fromtimestamp(seconds, tz=timezone.utc)
            return read if read.year in _EPOCH_YEARS else None
        whole = with_minutes_of_offset(text) if pattern.endswith("%z") else text
        read = datetime.strptime(whole, pattern)  # noqa: DTZ007 - a clock time, of which nobody knows the zone yet
    except (ValueError, OverflowError, OSError):
        return None
    return read if read.year <= _LATEST_YEAR else None


def states_zone(texts: Sequence[str]) -> bool:
    """Whether each time says its offset, or is a number of seconds since 1970."""
    return all(_EPOCH.fullmatch(text) or re.search(r":\d{2}.*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$", text) for text in texts)


def one_day_of(texts: Sequence[str]) -> str:
    """The day that all of several different times have in common, as written; '' where there are two, or one time."""
    days = {re.split("[ T]", text, maxsplit=1)[0] for text in texts}
    return days.pop() if len(days) == 1 and len(set(texts)) > 1 else ""


def has_swapped_days(texts: Iterable[str]) -> bool:
    """Whether days and months after a year are swapped wherever the day is up to the 12th.

    Days after the 12th can't be swapped, so that they tell the span of the export. Where the others lie outside it as
    written, and all of them inside it when swapped, a tool has swapped them.
    """
    days = {match.groups() for text in set(texts) if (match := _YEAR_FIRST.match(text))}
    dates = {found for year, month, day in days if (found := _date(year, month, day))}
    sure = [found for found in dates if found.day > _LARGEST_MONTH]
    if not sure:
        return False
    margin = timedelta(days=_LARGEST_MONTH)
    first, last = min(sure) - margin, max(sure) + margin
    others = [found for found in dates if found.day <= _LARGEST_MONTH]
    outside = sum(not first <= found <= last for found in others)
    swapped = [found.replace(month=found.day, day=found.month) for found in others]
    return outside >= _SWAPPED_AT_LEAST and all(first <= found <= last for found in swapped)


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _of_iso(text: str) -> datetime:
    """The day and minute: what comes after them tells nothing here."""
    return datetime.strptime(text[:16].upper().replace("T", " ").ljust(16, " ").strip(), _iso_pattern(text))  # noqa: DTZ007


def _iso_pattern(text: str) -> str:
    return "%Y-%m-%d %H:%M" if ":" in text else "%Y-%m-%d"


def _date_patterns(date: str, sign: str | None) -> list[str]:
    """The orders of day, month and year that a date may be written in, day first before month first."""
    if sign is None:
        words = re.sub(r"[A-Za-z]+", lambda found: "%b" if len(found[0]) <= len("Sept") else "%B", date)
        parts = re.findall(r"%[bB]|\d+|[^%\dbB]+", words)
        letters = iter(["%d", _year_letter(date)])
        return ["".join(part if part.startswith("%") or not part.isdigit() else next(letters) for part in parts)]
    first, _, last = date.split(sign)
    if len(first) == len("2024"):
        return [sign.join(("%Y", "%m", "%d"))]
    year = "%Y" if len(last) == len("2024") else "%y"
    orders = [("%d", "%m", year), ("%m", "%d", year)]
    return [sign.join(order) for order in (orders if year == "%Y" else [*orders, ("%y", "%m", "%d")])]


def _year_letter(date: str) -> str:
    return "%Y" if re.search(r"\d{4}$", date) else "%y"


def _clock_pattern(text: str) -> str | None:
    """How a clock time is written, with its half of the day and its offset; None where it is none."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hours = "%I" if match["half"] else "%H"
    seconds = f":%S{'.%f' if match['fraction'] else ''}" if match["seconds"] else ""
    half = f"{match['blank']}%p" if match["half"] else ""
    return f"{hours}:%M{seconds}{half}{match['before'] if match['offset'] else ''}{'%z' if match['offset'] else ''}"
