"""Named steps that a profile applies to its publisher's fields before they are mapped.

Most look at one text at a time; some at the fields of a row together; some drop rows that are no sessions by the
format's own rule. What does not belong here: what a value must be to be kept (``clean``), and any repair that no
profile names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

Texts = Sequence[str]

_YEAR_FIRST = re.compile(
    r"(?P<year>[0-9]{4})(?P<sign>[-/])(?P<month>[0-9]{2})(?P=sign)(?P<day>[0-9]{2})(?P<rest>[^0-9].*|)", re.DOTALL
)
_EARLY_YEAR = re.compile(r"00([0-9]{2})(?=[-/])")
_EPOCH_ZERO = re.compile(
    r"(?<![0-9])(?:"
    r"1970[-/.]0?1[-/.]0?1|0?1[-/.]0?1[-/.]1970|"
    r"1969[-/.]12[-/.]31|31[-/.]12[-/.]1969|12[-/.]31[-/.]1969"
    r")(?![0-9])"
)
_ZERO_SECONDS = re.compile(r"([0-9]{1,2}:[0-9]{2}):00")
_SHARE = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_DAYS_AND_CLOCK = re.compile(r"([0-9]{1,4}) days? \+?([0-9]{1,2}):([0-5][0-9]:[0-5][0-9])(?:\.[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_KWH = re.compile(
    r"([+-]?[0-9.,](?:[0-9.,'\u2019 \u00a0\u2009\u202f]*[0-9.,])?)[\s\u00a0\u202f]*kwh", re.IGNORECASE | re.ASCII
)
_FLAGS = re.compile(r"([0-9]{1,9})(?:\.0*)?")
_MONTH_FIRST_MINUTE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})\s+([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?")
_ISO_MINUTE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(?::[0-9]{2}(?:\.[0-9]*)?)?")
_LARGEST_MONTH = 12
_OF_A_TEMPLATE = re.compile(
    r"(?:string|text|varchar|char|alphanumeric|integer|int|number|numeric|decimal|float|double|boolean|bool|enum|"
    r"date|date ?time|timestamp|iso ?8601|yyyy-mm-dd[thmsz:]*|"
    r"required|mandatory|recommended|optional|conditional|not required)\b.*",
    re.IGNORECASE | re.DOTALL,
)
"""What the lines under a template's header say of a field: its type, and whether it must be filled in."""

EVWATTS_DUPLICATE = 16
"""Bit of EV WATTS' ``flag_id`` that marks a row as a duplicate. Source: the data set's dictionary."""


def swap_day_month(text: str) -> str:
    """Year-month-day with day and month put back where a publisher's tool swapped them: wherever the day is ≤ 12.

    Source: Perth & Kinross Council's exports, in which every day up to the 12th stands in the month's place.
    """
    match = _YEAR_FIRST.fullmatch(text.strip())
    if not match or int(match["day"]) > _LARGEST_MONTH:
        return text
    return f"{match['year']}{match['sign']}{match['day']}{match['sign']}{match['month']}{match['rest']}"


def hyphens_in_date(text: str) -> str:
    """A date that begins with its year, 2017/08/31, with hyphens: 2017-08-31."""
    match = _YEAR_FIRST.fullmatch(text.strip())
    return f"{match['year']}-{match['month']}-{match['day']}{match['rest']}" if match else text


def two_digit_year(text: str) -> str:
    """A year that was written with two digits and stored with four, 0014, as 2014."""
    stripped = text.strip()
    return _EARLY_YEAR.sub(r"20\1", stripped, count=1) if _EARLY_YEAR.match(stripped) else text


def date_part(text: str) -> str:
    """What stands before the first blank or T: the date of a date and time."""
    return re.split("[ T]", text.strip(), maxsplit=1)[0]


def time_part(text: str) -> str:
    """What stands after the first blank or T, without an offset: the clock time of a date and time."""
    parts = re.split("[ T]", text.strip(), maxsplit=1)
    return re.sub(r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)$", "", parts[1]) if len(parts) > 1 else text.strip()


def without_zero_seconds(text: str) -> str:
    """A clock time of full minutes without its seconds: 22:12:00 as 22:12. Any other second stays."""
    match = _ZERO_SECONDS.fullmatch(text.strip())
    return match[1] if match else text


def minute_month_first(text: str) -> str:
    """Month/day/year hour:minute, or what Excel's date became, as 2018-07-05 08:09: one spelling of one minute."""
    stripped = text.strip()
    if match := _MONTH_FIRST_MINUTE.fullmatch(stripped):
        month, day, year, hour, minute = match.groups()
        return f"{year}-{month:0>2}-{day:0>2} {hour:0>2}:{minute}"
    found = _ISO_MINUTE.fullmatch(stripped)
    return f"{found[1]} {found[2]}" if found else text


def capitals(text: str) -> str:
    """The text in capitals, without blanks around it."""
    return text.strip().upper()


def no_epoch_zero(text: str) -> str:
    """Nothing, where the text tells 1 January 1970 or the evening before: what a system writes for a missing time."""
    return "" if _EPOCH_ZERO.search(text) else text


def without_percent_sign(text: str) -> str:
    """30% as 30."""
    return text.strip().removesuffix("%").rstrip()


def percent_of_share(text: str) -> str:
    """A share, 0 to 1, as percent. More than 1 comes out above 100, which cleaning refuses: it was no share."""
    stripped = text.strip()
    return f"{float(stripped) * 100:.12g}" if _SHARE.fullmatch(stripped) else text


def without_thousands_commas(text: str) -> str:
    """2,418 as 2418, and only where the commas stand at thousands."""
    stripped = text.strip()
    return stripped.replace(",", "") if _GROUPED.fullmatch(stripped) else text


def without_kwh(text: str) -> str:
    """12.4 kWh as 12.4. A number with any other unit stays, and is refused: it is no number of kWh."""
    match = _KWH.fullmatch(text.strip())
    return match[1] if match else text


def days_as_hours(text: str) -> str:
    """A duration of days and a clock time, 2 days 01:30:00, as hours, minutes, seconds: 49:30:00."""
    match = _DAYS_AND_CLOCK.fullmatch(text.strip())
    return f"{int(match[1]) * 24 + int(match[2])}:{match[3]}" if match else text


def only_with_first(fields: Sequence[Texts]) -> list[list[str]]:
    """The fields after the first only in rows where the first is filled: a clock time tells nothing without its date.

    Where a key is made of the fields, it is none without its first one.
    """
    first, *others = fields
    filled = [bool(text.strip()) for text in first]
    return [list(first), *([text if keep else "" for text, keep in zip(o, filled, strict=True)] for o in others)]


def drop_filler_rows(fields: Sequence[Texts]) -> list[bool]:
    """Rows in which all the fields are blank."""
    return [not any(text.strip() for text in row) for row in zip(*fields, strict=True)]


def drop_template_rows(fields: Sequence[Texts]) -> list[bool]:
    """Rows of a template's own, in which each field that is filled says a type, or whether it must be filled in."""
    rows = ([text.strip() for text in row if text.strip()] for row in zip(*fields, strict=True))
    return [bool(filled) and all(map(_OF_A_TEMPLATE.fullmatch, filled)) for filled in rows]


def drop_evwatts_duplicates(fields: Sequence[Texts]) -> list[bool]:
    """Rows that the flags in the first field, a sum of bits, mark as a duplicate of another row."""
    matches = [_FLAGS.fullmatch(text.strip()) for text in fields[0]]
    return [bool(flags and int(flags[1]) & EVWATTS_DUPLICATE) for flags in matches]


VALUE_STEPS: Mapping[str, Callable[[str], str]] = {
    step.__name__: step
    for step in (
        swap_day_month,
        hyphens_in_date,
        two_digit_year,
        date_part,
        time_part,
        without_zero_seconds,
        minute_month_first,
        capitals,
        no_epoch_zero,
        without_percent_sign,
        percent_of_share,
        without_thousands_commas,
        without_kwh,
        days_as_hours,
    )
}
"""Steps on one text. An empty text stays empty in all of them."""

ROW_STEPS: Mapping[str, Callable[[Sequence[Texts]], list[list[str]]]] = {only_with_first.__name__: only_with_first}
"""Steps on a row's fields together."""

DROPPING: Mapping[str, Callable[[Sequence[Texts]], list[bool]]] = {
    step.__name__: step for step in (drop_filler_rows, drop_template_rows, drop_evwatts_duplicates)
}
"""Steps that say which rows are left out and counted as skipped. They are done first, on the fields as written."""

STEPS = (*VALUE_STEPS, *ROW_STEPS, *DROPPING)

REWRITING = frozenset(
    {
        "hyphens_in_date",
        "date_part",
        "time_part",
        "without_zero_seconds",
        "minute_month_first",
        "capitals",
        "without_percent_sign",
        "percent_of_share",
        "without_thousands_commas",
        "without_kwh",
        "days_as_hours",
    }
)
"""Steps that only write the same value in another form; what they do is not counted as a repair."""


def apply_step(name: str, fields: Sequence[Texts]) -> tuple[list[list[str]], int]:
    """The fields after a step, and how many of their texts it repaired."""
    if name in ROW_STEPS:
        done = ROW_STEPS[name](fields) if fields else []
    else:
        step = VALUE_STEPS[name]
        done = [[step(text) if text else text for text in texts] for texts in fields]
    if name in REWRITING:
        return done, 0
    pairs = [pair for new, old in zip(done, fields, strict=True) for pair in zip(new, old, strict=True)]
    return done, sum(new != old for new, old in pairs)


def are_dropped(name: str, fields: Sequence[Texts]) -> list[bool]:
    """Which rows a step leaves out."""
    return DROPPING[name](fields)
