"""Figures as words, the same wherever people read them.

What does not belong here: what a program reads; ``--json`` and ``--csv`` carry unrounded numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

NONE = "–"
"""Stands for a figure that can't be known."""
NO_PORT = "no port id"
"""Stands for the port of sessions that name none."""
MOST_DIGITS = 12
"""Digits after the point up to which a ratio is rounded; closer to its target it is written out whole."""
PORTS_LISTED = 5
"""Ports that a sentence lists."""
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


def percent(ratio: float | None, target: float | None = None) -> str:
    """A ratio as people read it; never rounded to a false 100 % or 0 %, and a dash where there is none.

    Beside a target it has as many digits as it takes to be below it, on it or above it as written, too: 94.96 % is
    not 95.0 % where 95 % was promised.
    """
    return _percent(ratio, target, digits=1)


def whole_percent(ratio: float | None, target: float | None = None) -> str:
    """A ratio in whole per cent, for a sentence; otherwise as ``percent``."""
    return _percent(ratio, target, digits=0)


def _percent(ratio: float | None, target: float | None, digits: int) -> str:
    if ratio is None or ratio != ratio:
        return NONE
    ratio = float(ratio)
    texts = (_rounded(ratio, more) for more in range(digits, MOST_DIGITS))
    enough = (text for text in texts if target is None or _on_its_side(text, ratio, target))
    return next(enough, f"{_times_100(ratio):f}%")


def _rounded(ratio: float, digits: int) -> str:
    """In so many digits after the point; what is not all is under the last number before 100 %, and so for nothing."""
    step = 10.0 ** -(digits + 2)
    if 1 - step / 2 <= ratio < 1:
        return f">{1 - step:.{digits}%}"
    return f"<{step:.{digits}%}" if 0 < ratio < step / 2 else f"{ratio:.{digits}%}"


def _on_its_side(text: str, ratio: float, target: float) -> bool:
    """Whether the text is below, on or above the target as the ratio is."""
    shown, limit = Decimal(text.strip("<>%")), _times_100(target)
    if text[0] in "<>":
        return shown <= limit if text[0] == "<" else shown >= limit
    return (shown > limit) - (shown < limit) == (ratio > target) - (ratio < target)


def _times_100(ratio: float) -> Decimal:
    """The ratio as it is written, in per cent, without the error of a product of floats."""
    return Decimal(repr(float(ratio))).scaleb(2)


def target_text(target: float) -> str:
    """A target in all its digits: 95%, 99.95%."""
    return f"{_times_100(target).normalize():f}%"


def interval(low: float | None, high: float | None, target: float | None = None) -> str:
    """An interval of ratios; empty where there is none."""
    return "" if low is None or low != low else f"{percent(low, target)}–{percent(high, target)}"


def chance_text(chance: float) -> str:
    """How often chance does something: 1 in 310, 45 in 100; below one in a million only that."""
    if chance < 1e-6:
        return "under 1 in 1,000,000"
    return f"1 in {1 / chance:,.0f}" if chance < 0.1 else f"{100 * chance:.0f} in 100"


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


def reason_text(namespace: str, code: str, title: str) -> str:
    """A recorded reason: its code with whose it is, and what it means where a vocabulary says so."""
    if not namespace:
        return title
    return f"{namespace} {code}" if title == code else f"{namespace} {code}: {title}"


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 station, 1,000 stations."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed_ports(ports: Sequence[tuple[str, str]]) -> str:
    """The first of some ports, each a station and a port, of which an empty one is the whole station."""
    first = [repr(f"{station}/{port}" if port else station) for station, port in ports[:PORTS_LISTED]]
    more = len(ports) - len(first)
    return ", ".join(first) + (f" and {more:,} more" if more else "")


def verb(number: int, of_one: str, of_many: str) -> str:
    """The verb that goes with so many: 1 station needs, 2 stations need."""
    return of_one if number == 1 else of_many


def refused_as(failures: int, successes: int, unknown: int) -> str:
    """What so many refused rows would have counted as."""
    failed = f"{failures:,} would have counted as {verb(failures, 'a failure', 'failures')}"
    return f"{failed}, {successes:,} as {verb(successes, 'a success', 'successes')}, {unknown:,} can't be judged"


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
