"""What the texts of one column of a table are: times, numbers, lengths, a few words; told from every text that is seen.

What does not belong here: what the column means (``meaning``), and how the table is cut into columns (``survey``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from evcharge.sources.time_shapes import is_clock, is_day, shape_of
from evcharge.thousands import THOUSANDS, without_thousands

Kind = Literal["empty", "time", "day", "clock", "length", "number", "amount", "words", "text"]
"""``amount`` is a number with its unit behind it; ``clock`` a clock time or a length, for nothing in it tells which;
``length`` a text that can only be a length, such as PT1H30M."""

KIND_NAMES: dict[Kind, str] = {
    "empty": "nothing",
    "time": "times",
    "day": "dates",
    "clock": "h:m or h:m:s",
    "length": "lengths of time",
    "number": "numbers",
    "amount": "numbers with a unit",
    "words": "a few words",
    "text": "text",
}
NOTHING_WORDS = ("NA", "N/A", "n/a", "NULL", "null", "None", "none", "NaN", "nan", "-", "--", "n.a.", "k.A.", "#N/A")
"""Words that stand for nothing in columns of anything else; a profile has to state them."""
MOST_WORDS = 12
"""Different words up to which a column is one of a few words: more than OCPP's ten statuses. House rule."""
MOSTLY = 0.9
"""Share of a column's texts that make it one of numbers or times. A few broken ones do not change it. House rule."""

_NUMBER = re.compile(r"[+-]?(?:\d[\d.,'\u2019 \u00a0\u2009\u202f]*|[.,]\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_AMOUNT = re.compile(r"[+-]?\d(?:[\d.,'\u2019 \u00a0\u2009\u202f]*[\d.,])?[\s\u00a0\u202f]?[A-Za-z%€$£]{1,4}", re.ASCII)
_LENGTH = re.compile(
    r"-\d{1,2}:\d{2}:\d{2}|P(?=[\dT])(?:\d+D)?(?:T[\d.,HMS]+)?|\d+(?:\.| days?,? )\d{1,2}:\d{2}:\d{2}"
    r"|(?:\d+ ?(?:d|h|hrs?|min|m|s|sec) ?){2,}|(?:\d{3,}|[3-9]\d|2[4-9]):\d{2}(?::\d{2})?",
    re.ASCII,
)
_MIDNIGHT = re.compile(r"[T ]0?0:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?$")
"""A day that a tool wrote with a clock time: in a column in which every time is midnight, none is told."""
_PLAIN = {
    sign: re.compile(rf"[+-]?(?:\d+(?:{re.escape(sign)}\d*)?|{re.escape(sign)}\d+)(?:[eE][+-]?\d{{1,3}})?", re.ASCII)
    for sign in (".", ",")
}
"""A number without signs at thousands, by its decimal sign."""


@dataclass(frozen=True)
class Contents:
    """What stands in a column.

    Attributes:
        kind: what nearly all of its texts are.
        filled: number of rows in which something stands, words for nothing left out.
        rows: number of rows.
        distinct: number of different texts.
        examples: the first different texts.
        words: how often each of its few words stands there, most frequent first; empty for other kinds.
        nothing: words for nothing that stand there.
        texts: what is filled, without blanks around it, in file order.
        heading: what the table calls the column: its name, and what a second line of the header adds, such as a unit.
    """

    kind: Kind
    filled: int
    rows: int
    distinct: int
    examples: tuple[str, ...]
    words: dict[str, int]
    nothing: tuple[str, ...]
    texts: tuple[str, ...]
    heading: str = ""


def contents_of(texts: Sequence[str], heading: str = "") -> Contents:
    """What the texts of a column are; ``heading`` is kept beside them."""
    stripped = [text.strip() for text in texts]
    nothing = tuple(dict.fromkeys(text for text in stripped if text in NOTHING_WORDS))
    filled = tuple(text for text in stripped if text and text not in NOTHING_WORDS)
    different = Counter(filled)
    kind = _kind_of(different)
    words = dict(different.most_common()) if kind == "words" else {}
    return Contents(
        kind, len(filled), len(texts), len(different), tuple(different)[:3], words, nothing, filled, heading
    )


def _kind_of(different: Counter[str]) -> Kind:
    """The kind of nearly all the texts; each different one counts as often as it stands there."""
    if not different:
        return "empty"
    counts: Counter[Kind] = Counter()
    for text, count in different.items():
        counts[kind_of_text(text)] += count
    if counts["length"] and counts["length"] + counts["clock"] + counts["number"] >= MOSTLY * counts.total():
        return "length"  # 0:55:12 may be a clock time, but not in a column with 26:10:00
    kind, count = counts.most_common(1)[0]
    if kind == "time" and all(map(_MIDNIGHT.search, different)):
        return "day"
    if kind != "text" and count >= MOSTLY * counts.total():
        return kind
    return (
        "words" if len(different) <= MOST_WORDS and all(any(map(str.isalpha, text)) for text in different) else "text"
    )


def kind_of_text(text: str) -> Kind:
    """The kind of one text; never ``words`` or ``empty``."""
    if _LENGTH.fullmatch(text):
        return "length"
    if is_clock(text):
        return "clock"
    if shape_of(text) and not text.replace(".", "").isdigit():
        return "day" if is_day(text) else "time"
    if is_day(text):
        return "day"
    if _NUMBER.fullmatch(text):
        return "number"
    return "amount" if _AMOUNT.fullmatch(text) else "text"


@dataclass(frozen=True)
class Decimals:
    """How the numbers of a column are written.

    Attributes:
        sign: ``.`` or ``,``.
        is_sure: whether nothing else is possible.
        thousands: what stands at thousands, a word of ``thousands.THOUSANDS``.
    """

    sign: str
    is_sure: bool = True
    thousands: str = "none"


_READINGS = (Decimals("."), Decimals(","), Decimals(",", thousands="."), Decimals(".", thousands=","))
"""How numbers may be written without blanks and apostrophes, the likelier before."""


def decimals_of(texts: Sequence[str]) -> Decimals:
    """The signs by which all the numbers can be read; what is no number is left aside.

    2,418 and 2.418 may be two thousand or two and a bit: sure only beside others that are read in one way alone.
    """
    numbers = {text for text in texts if _NUMBER.fullmatch(text)}
    between = [word for word in ("space", "apostrophe") if any(char in "".join(numbers) for char in THOUSANDS[word])]
    readings = [Decimals(sign, thousands=word) for sign, word in product(".,", between)] or _READINGS
    fitting = [reading for reading in readings if all(_reads(reading, text) for text in numbers)]
    if not fitting:
        return Decimals(",", is_sure=False)
    others = fitting[1:] and any(len({number_of(text, reading) for reading in fitting}) > 1 for text in numbers)
    return replace(fitting[0], is_sure=not others)


def _reads(decimals: Decimals, text: str) -> bool:
    """Whether the text is a number by these signs."""
    return bool(_PLAIN[decimals.sign].fullmatch(without_thousands(text, decimals.sign, decimals.thousands)))


def number_of(text: str, decimals: Decimals) -> float | None:
    """The number that a text is, or None."""
    plain = without_thousands(text, decimals.sign, decimals.thousands).replace(decimals.sign, ".")
    try:
        return float(plain)
    except ValueError:
        return None
