"""Figures as words, the same wherever people read them.

What does not belong here: what a program reads; ``--json`` and ``--csv`` carry unrounded numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from evcharge.metrics.rates import FAILURES_REMOVED

NONE = "–"
"""Stands for a figure that can't be known."""
NO_PORT = "no port id"
"""Stands for the port of sessions that name none."""
SMALL_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
)


def percent(ratio: float | None) -> str:
    """A ratio as people read it; never rounded to a false 100 % or 0 %, and a dash where there is none."""
    if ratio is None or ratio != ratio:
        return NONE
    if 0.9995 <= ratio < 1:
        return ">99.9%"
    return "<0.1%" if 0 < ratio < 0.0005 else f"{ratio:.1%}"


def rate(ratio: float | None, failures_included: str) -> str:
    """A success rate as people read it: a dash for the 100 % of data from which the publisher removed failures."""
    return NONE if ratio == 1 and failures_included == FAILURES_REMOVED else percent(ratio)


def whole_percent(ratio: float | None) -> str:
    """A ratio in whole per cent, for a sentence; never rounded to a false 100 % or 0 %, and a dash where none is."""
    if ratio is None or ratio != ratio:
        return NONE
    if 0.995 <= ratio < 1:
        return ">99%"
    return "<1%" if 0 < ratio < 0.005 else f"{ratio:.0%}"


def interval(low: float | None, high: float | None) -> str:
    """An interval of ratios; empty where there is none."""
    return "" if low is None or low != low else f"{percent(low)}–{percent(high)}"


def whole_interval(low: float | None, high: float | None) -> str:
    """An interval of ratios in whole per cent, without the sign, rounded outwards: 36–55; empty where there is none."""
    if low is None or high is None or low != low:
        return ""
    return f"{math.floor(round(100 * low, 6))}–{math.ceil(round(100 * high, 6))}"


def amount(number: float | None) -> str:
    """An amount as people read it: one digit after the point below ten, thousands marked; or a dash."""
    if number is None or number != number:
        return NONE
    return f"{number:.1f}" if number < 9.95 else f"{number:,.0f}"


def energy(kwh: float | None) -> str:
    """An amount of energy, in MWh from a thousand kWh on."""
    if kwh is None or kwh != kwh:
        return NONE
    return f"{kwh / 1000:,.1f} MWh" if kwh >= 1000 else f"{kwh:,.0f} kWh"


def money(sum_of_money: float | None, currency: str) -> str:
    """A sum of money with its currency: two digits after the point below ten, thousands marked; or a dash."""
    if sum_of_money is None or sum_of_money != sum_of_money:
        return NONE
    return f"{sum_of_money:.2f} {currency}" if sum_of_money < 9.995 else f"{sum_of_money:,.0f} {currency}"


def ranged(about: float, low: float, high: float, text: Callable[[float], str]) -> str:
    """A figure with its range, such as 45 (20 to 70); without one where all three read the same.

    A unit that all three share is written once, behind the figure.
    """
    ends = ends_text(about, low, high, text)
    return f"{text(about)} ({ends})" if ends else text(about)


def ends_text(about: float, low: float, high: float, text: Callable[[float], str]) -> str:
    """The range of a figure, such as 20 to 70; empty where both ends read like the figure."""
    figure, *ends = (text(number) for number in (about, low, high))
    if set(ends) == {figure}:
        return ""
    unit = figure.partition(" ")[2]
    if unit and all(end.endswith(f" {unit}") for end in ends):
        ends = [end.removesuffix(f" {unit}") for end in ends]
    return f"{ends[0]} to {ends[1]}"


def day_text(day: date | None, year: int | None = None) -> str:
    """A day as people write it, such as 1 Apr 2025, without its year where that is the one meant anyway; or a dash."""
    if day is None or day != day:
        return NONE
    return f"{day.day} {day:%b}" if day.year == year else f"{day.day} {day:%b %Y}"


def hours_text(first_hour: int, hours: int) -> str:
    """A window of the day, such as 12:00–19:00; one that ends with the day ends at 24:00."""
    return f"{first_hour:02}:00–{(first_hour + hours - 1) % 24 + 1:02}:00"


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 station, 1,000 stations."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def verb(number: int, of_one: str, of_many: str) -> str:
    """The verb that goes with so many: 1 station needs, 2 stations need."""
    return of_one if number == 1 else of_many


def in_words(number: int) -> str:
    """A number as a sentence has it: a word up to twelve."""
    return SMALL_NUMBERS[number] if number < len(SMALL_NUMBERS) else f"{number:,}"


def sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def joined(parts: Sequence[str]) -> str:
    """The parts as a sentence lists them: a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def label_of(row: Mapping[Any, Any]) -> str:
    """What people call a station: its name, else its id."""
    return str(row["name"] if isinstance(row["name"], str) and row["name"].strip() else row["station_id"])


def unique_labels(rows: Sequence[Mapping[Any, Any]], seen: Callable[[str], str] = str) -> list[str]:
    """What people call each station, no two alike: with its id where another has its name, and its source if need be.

    Args:
        rows: ``name``, ``station_id`` and ``source`` of all stations among which one is looked for.
        seen: what there is to see of a label, where it is not shown whole.
    """
    labels = [label_of(row) for row in rows]
    with_ids = [_with_id(label, row) for label, row in zip(labels, rows, strict=True)]
    with_sources = [f"{label} ({row['source']})" for label, row in zip(with_ids, rows, strict=True)]
    for longer in (with_ids, with_sources):
        looks = Counter(map(seen, labels))
        labels = [more if looks[seen(label)] > 1 else label for label, more in zip(labels, longer, strict=True)]
    return labels


def _with_id(label: str, row: Mapping[Any, Any]) -> str:
    return label if label == str(row["station_id"]) else f"{label} · {row['station_id']}"


def elided(text: str, limit: int) -> str:
    """The text in at most ``limit`` characters; the middle is left out, for ids often differ at the end."""
    if len(text) <= limit:
        return text
    tail = limit // 2
    return f"{text[: limit - 1 - tail].rstrip()}…{text[-tail:].lstrip()}"
