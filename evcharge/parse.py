"""Parsing text into numbers, durations and words by stated conventions.

Nothing is guessed: a text that does not fit the convention is marked, never bent. What does not belong here: instants
(``instants``), which marks refuse a row (``rules``), and files (``sources``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Floats
from evcharge.frames import Conventions
from evcharge.ids import AROUND
from evcharge.texts import per_distinct
from evcharge.thousands import without_thousands

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_HOURS_MINUTES_SECONDS = re.compile(r"([0-9]{1,6}):([0-5][0-9])(?::([0-5][0-9]))?")
_ISO_DURATION = re.compile(
    r"P(?=[0-9T])(?:(?P<days>[0-9]{1,6})D)?(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,6}(?:[.,][0-9]+)?)H)?"
    r"(?:(?P<minutes>[0-9]{1,8}(?:[.,][0-9]+)?)M)?(?:(?P<seconds>[0-9]{1,10}(?:[.,][0-9]+)?)S)?)?"
)
"""ISO 8601 without years and months, whose lengths differ."""
_DAYS_AND_CLOCK = re.compile(
    r"(?P<days>[0-9]{1,6})(?:\.| days?,? \+?)(?P<hours>[01]?[0-9]|2[0-3]):(?P<minutes>[0-5][0-9])"
    r":(?P<seconds>[0-5][0-9](?:\.[0-9]+)?)"
)
"""How .NET (1.02:03:04), pandas (1 days 02:03:04) and Python (1 day, 2:03:04) write a length of days."""
_WORDED_DURATION = re.compile(
    r"(?=[0-9])(?:(?P<days>[0-9]{1,6}) ?(?:d|days?) ?)?(?:(?P<hours>[0-9]{1,6}) ?(?:h|hrs?|hours?) ?)?"
    r"(?:(?P<minutes>[0-9]{1,8}) ?(?:m|mins?|minutes?) ?)?(?:(?P<seconds>[0-9]{1,10}) ?(?:s|secs?|seconds?))?",
    re.IGNORECASE | re.ASCII,
)
_CLOCK = re.compile(r"(?P<hours>[0-9]{1,6}):(?P<minutes>[0-5][0-9]):(?P<seconds>[0-5][0-9])")
"""Three parts are hours, minutes and seconds; of two parts nobody knows which is missing."""
_WITH_UNITS = (_CLOCK, _ISO_DURATION, _DAYS_AND_CLOCK, _WORDED_DURATION)
_MINUTES_IN = {"days": 1440.0, "hours": 60.0, "minutes": 1.0, "seconds": 1 / 60}
_SPELLINGS_OF_WORDS = {
    **dict.fromkeys(("wahr", "vrai", "verdadero", "vero", "waar", "sant"), "true"),
    **dict.fromkeys(("falsch", "faux", "falso", "onwaar", "usant"), "false"),
    **dict.fromkeys(("ja", "oui", "s\u00ed", "si", "s\u00ec", "sim"), "yes"),
    **dict.fromkeys(("nein", "non", "nee", "nej", "nei", "n\u00e3o"), "no"),
}
"""What a stated word is in Excel of another language, and in another language."""
_WHOLE_FRACTION = re.compile(r"(?<=^[01])[.,]0{1,2}$")
"""What follows 1 and 0 in a column of floats, as pandas makes of one that once missed a value."""


@dataclass(frozen=True)
class Numbers:
    """A column of numbers as read: amounts (NaN where none), and where what is written is not a number."""

    amounts: Floats
    unreadable: Flags


def parse_numbers(texts: pd.Series, decimal: str, divisor: float, thousands: str = "none") -> Numbers:
    """Numbers with the stated decimal sign, divided into the unit of the column; no words.

    The stated sign at thousands may stand there, and nowhere else.
    """
    if texts.isna().all():
        return Numbers(np.full(len(texts), np.nan), np.zeros(len(texts), dtype=bool))
    plain = _plain_numbers(texts.tolist(), decimal)
    if plain is not None:
        return Numbers(plain / divisor, np.zeros(len(texts), dtype=bool))
    stripped = [t.strip() if t else "" for t in texts]
    if thousands != "none":
        stripped = [without_thousands(t, decimal, thousands) for t in stripped]
    if decimal == ",":
        stripped = [t.replace(",", ".") if "." not in t else "two signs" for t in stripped]
    readable = np.array([bool(_NUMBER.fullmatch(t)) for t in stripped], dtype=bool)
    values = np.array([float(t) if ok else np.nan for t, ok in zip(stripped, readable, strict=True)], dtype=float)
    written = np.array([bool(t) for t in stripped], dtype=bool)
    return Numbers(values / divisor + 0.0, written & ~readable)  # minus zero becomes zero


def _plain_numbers(texts: Sequence[str | None], decimal: str) -> Floats | None:
    """The numbers where all are digits with at most one point, NaN for no text; None where they are written otherwise.

    This is the way of nearly every column.
    """
    written = [text for text in texts if text]
    digits = "".join(written).replace(".", "") if decimal == "." else "".join(written)
    if not (digits.isascii() and digits.isdigit()):
        return None
    try:
        numbers = np.array(list(map(float, written)))
    except ValueError:  # two points, or a point alone
        return None
    if len(written) == len(texts):
        return numbers
    values = np.full(len(texts), np.nan)
    values[[bool(text) for text in texts]] = numbers
    return values


def parse_durations(texts: pd.Series, conventions: Conventions) -> Numbers:
    """Durations [minutes] in the stated form, or in one that states its own units; a negative one is unreadable."""
    numbers = _durations_as_stated(texts, conventions)
    amounts, unreadable = numbers.amounts.copy(), numbers.unreadable.copy()
    for row in np.flatnonzero(unreadable):
        amounts[row] = _minutes_of(texts.iloc[row].strip())
        unreadable[row] = np.isnan(amounts[row])
    return Numbers(amounts, unreadable)


def _minutes_of(text: str) -> float:
    """The length of a text that states its units [minutes], such as PT1H30M, 0:30:00 or 1h 5m; else NaN."""
    found = next((found for form in _WITH_UNITS if (found := form.fullmatch(text))), None)
    if found is None:
        return np.nan
    amounts = {unit: float(amount.replace(",", ".")) for unit, amount in found.groupdict().items() if amount}
    return sum(amount * _MINUTES_IN[unit] for unit, amount in amounts.items()) if amounts else np.nan


def _durations_as_stated(texts: pd.Series, conventions: Conventions) -> Numbers:
    if conventions.duration_format != "h:m:s":
        per_minute = {"seconds": 60.0, "minutes": 1.0, "hours": 1 / 60}[conventions.duration_format]
        numbers = parse_numbers(texts, conventions.decimal, per_minute, conventions.thousands)
        negative = numbers.amounts < 0
        return Numbers(np.where(negative, np.nan, numbers.amounts), numbers.unreadable | negative)
    matches = [_HOURS_MINUTES_SECONDS.fullmatch(t.strip()) if t else None for t in texts]
    values = [int(m[1]) * 60 + int(m[2]) + int(m[3] or 0) / 60 if m else np.nan for m in matches]
    written = np.array([bool(t and t.strip()) for t in texts], dtype=bool)
    minutes = np.array(values, dtype=float)
    return Numbers(minutes, written & np.isnan(minutes))


def parse_words(texts: pd.Series, conventions: Conventions) -> pd.Series:
    """True, False or missing, by the stated words only, in any spelling that spreadsheets and pandas give them."""
    if texts.isna().all():
        return pd.Series(pd.NA, index=texts.index, dtype="boolean")
    meaning = {**dict.fromkeys(conventions.true_words, True), **dict.fromkeys(conventions.false_words, False)}
    meaning = {**{other: meaning[word] for other, word in _SPELLINGS_OF_WORDS.items() if word in meaning}, **meaning}
    values = per_distinct(lambda text: _meaning_of(text, meaning), texts.tolist())
    known = np.array([value is not None for value in values], dtype=bool)
    return pd.Series(pd.arrays.BooleanArray(np.array(values, dtype=bool), ~known), index=texts.index)


def _meaning_of(text: str, meaning: Mapping[str, bool]) -> bool | None:
    """What a word means without what stands around it; None where it means nothing."""
    word = text.strip().strip(AROUND).casefold()
    return meaning.get(word, meaning.get(_WHOLE_FRACTION.sub("", word)))
