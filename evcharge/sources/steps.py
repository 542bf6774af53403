"""Named steps that a profile applies to its publisher's fields before they are mapped, one text at a time.

What does not belong here: what a value must be to be kept (``clean``), and any repair that no profile names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_ISO_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?P<sign>[-/])(?P<month>[0-9]{2})(?P=sign)(?P<day>[0-9]{2})(?P<rest>.*)", re.S
)
_EARLY_YEAR = re.compile(r"00([0-9]{2})(?=[-/])")
_DAYS_AND_CLOCK = re.compile(r"([0-9]+) days? \+?([0-9]{1,2}):([0-5][0-9]:[0-5][0-9])(?:\.[0-9]+)?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_LARGEST_MONTH = 12


def swap_day_month(text: str) -> str:
    """Year-month-day with day and month put back where a publisher's tool swapped them: wherever the day is ≤ 12.

    Source: Perth & Kinross Council's exports, in which every day up to the 12th stands in the month's place.
    """
    found = _ISO_DATE.fullmatch(text.strip())
    if not found or int(found["day"]) > _LARGEST_MONTH:
        return text
    return f"{found['year']}{found['sign']}{found['day']}{found['sign']}{found['month']}{found['rest']}"


def two_digit_year(text: str) -> str:
    """A year that was written with two digits and stored with four, 0014, as 2014."""
    return _EARLY_YEAR.sub(r"20\1", text, count=1) if _EARLY_YEAR.match(text.strip()) else text


def date_part(text: str) -> str:
    """What stands before the first blank or T: the date of a date and time."""
    return re.split("[ T]", text.strip(), maxsplit=1)[0]


def time_part(text: str) -> str:
    """What stands after the first blank or T, without an offset: the clock time of a date and time."""
    parts = re.split("[ T]", text.strip(), maxsplit=1)
    return re.sub(r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)$", "", parts[1]) if len(parts) > 1 else text.strip()


def no_epoch_zero(text: str) -> str:
    """Nothing, where the text tells 1 January 1970 or the evening before: what a system writes for a missing time."""
    return (
        ""
        if re.search(r"\b(?:1970[-/]0?1[-/]0?1|0?1[-/.]0?1[-/.]1970|1969[-/]12[-/]31|31[-/.]12[-/.]1969)\b", text)
        else text
    )


def without_percent_sign(text: str) -> str:
    """30% as 30."""
    return text.strip().removesuffix("%").rstrip()


def percent_of_share(text: str) -> str:
    """A share from 0 to 1 as percent; anything else stays."""
    try:
        share = float(text)
    except ValueError:
        return text
    return f"{share * 100:g}" if 0 <= share <= 1 else text


def without_thousands_commas(text: str) -> str:
    """2,418 as 2418, and only where the commas stand at thousands."""
    return text.replace(",", "") if _GROUPED.fullmatch(text.strip()) else text


def days_as_hours(text: str) -> str:
    """A duration of days and a clock time, 2 days 01:30:00, as hours, minutes, seconds: 49:30:00."""
    found = _DAYS_AND_CLOCK.fullmatch(text.strip())
    return f"{int(found[1]) * 24 + int(found[2])}:{found[3]}" if found else text


VALUE_STEPS: Mapping[str, Callable[[str], str]] = {
    step.__name__: step
    for step in (
        swap_day_month,
        two_digit_year,
        date_part,
        time_part,
        no_epoch_zero,
        without_percent_sign,
        percent_of_share,
        without_thousands_commas,
        days_as_hours,
    )
}
"""Steps on one text; ``date_part`` and ``time_part`` take apart, the others repair."""

DROP_FILLER_ROWS = "drop_filler_rows"
"""The step that leaves out, and counts, the rows in which all its fields are blank."""

STEPS = (*VALUE_STEPS, DROP_FILLER_ROWS)

_SAY_NOTHING = ("date_part", "time_part", "without_percent_sign", "percent_of_share", "days_as_hours")
"""Steps that only re-write; what they do is not counted as a repair."""


def apply_step(name: str, texts: Sequence[str]) -> tuple[list[str], int]:
    """The texts after a step, and how many of them it repaired."""
    step = VALUE_STEPS[name]
    done = [step(text) if text else text for text in texts]
    return done, 0 if name in _SAY_NOTHING else sum(new != old for new, old in zip(done, texts, strict=True))


def are_filler(fields: Sequence[Sequence[str]]) -> list[bool]:
    """Whether all of a row's fields are blank, row by row."""
    return [not any(text.strip() for text in row) for row in zip(*fields, strict=True)]
