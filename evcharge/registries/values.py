"""Values of registries: texts, ids, numbers, places, days and zones, read without guessing.

Each function tells the value, or None and the code of what is odd about it. What does not belong here: which field
of which format a value comes from, and what is done about an oddity (``registry``).
"""

from __future__ import annotations

import math
import re
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from evcharge.frames import LONGEST_TEXT

LEAST_W = 1_000.0
"""Power below which a connector's rating in W is doubted: a domestic socket at 8 A and 230 V gives 1.8 kW."""

MOST_KW = 1_000.0
"""Power from which a rating is doubted: no connector of public registries has it, and W in a field of kW begin here."""

NULL_WORDS = frozenset({"", "NONE", "NULL", "NA", "N/A", "#N/A", "-"})
"""Words that registries write for nothing, in capitals. They never apply to ids."""

_UNUSABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_AMERICAN_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class Fraction(str):
    """Text of a JSON number with a fraction or an exponent: as an id it is refused, for 7.0 and 7 may be two."""

    __slots__ = ()


class Whole(str):
    """Text of a whole JSON number."""

    __slots__ = ()


def text_of(value: Any) -> str | None:
    """A text for people: blanks folded, cut to what the database keeps; None for nothing and for what is no text."""
    if not isinstance(value, str):
        return None
    words = " ".join(_UNUSABLE.sub(" ", value).split())[:LONGEST_TEXT]
    return None if words.upper() in NULL_WORDS else words


def id_of(value: Any) -> tuple[str | None, str | None]:
    """An id as text without blanks around it, and ``missing``, ``unusable``, ``padded`` or None."""
    if value is None or (isinstance(value, str) and not value.strip(" \u00a0")):
        return None, "missing"
    if not isinstance(value, str) or isinstance(value, Fraction):
        return None, "unusable"
    stripped = value.strip(" \u00a0")
    if len(stripped) > LONGEST_TEXT or _UNUSABLE.search(stripped):
        return None, "unusable"
    return str(stripped), "padded" if stripped != value else None


def number_of(value: Any) -> float | None:
    """A finite number, written as a number or as text with a decimal point; None for anything else."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def is_stated(value: Any) -> bool:
    """Whether a field says anything at all."""
    return value is not None and not (isinstance(value, str) and value.strip().upper() in NULL_WORDS)


def power_kw(value: Any, *, unit_kw: float = 1.0) -> tuple[float | None, str | None]:
    """A rating [kW, to the watt], and why it is not believed: ``power_unreadable``, ``..._not_positive`` or a unit.

    ``unit_kw`` is the size of the field's unit [kW]. From ``MOST_KW`` on the unit is doubted (``power_unit_suspect``).
    """
    if not is_stated(value):
        return None, None
    number = number_of(value)
    if number is None:
        return None, "power_unreadable"
    if number <= 0:
        return None, "power_not_positive"
    if number * unit_kw >= MOST_KW:
        return None, "power_unit_suspect"
    return round(number * unit_kw, 3), None


def zone_of(value: Any) -> tuple[str | None, str | None]:
    """An IANA zone, and ``timezone_missing`` or ``timezone_invalid``. A near name is not mended."""
    if not is_stated(value):
        return None, "timezone_missing"
    name = str(value).strip()
    return (name, None) if name in _zones() else (None, "timezone_invalid")


def place_of(latitude: Any, longitude: Any) -> tuple[tuple[float, float] | None, str | None]:
    """Latitude and longitude [degrees], and what is odd; a place outside the globe is none, and is not swapped."""
    if not is_stated(latitude) or not is_stated(longitude):
        return None, "coordinates_missing"
    north, east = number_of(latitude), number_of(longitude)
    if north is None or east is None:
        return None, "coordinates_unreadable"
    if abs(north) > 90 or abs(east) > 180:
        return None, "coordinates_out_of_range"
    if north == 0 and east == 0:
        return (north, east), "coordinates_at_zero"
    return (north, east), "latitude_equals_longitude" if north == east else None


def day_of(value: Any, *, american: bool = False) -> tuple[date | None, str | None]:
    """A day written 2025-03-31, also with a time after it; or month/day/year where the format says so."""
    if not is_stated(value):
        return None, None
    text = str(value).strip()
    found = _AMERICAN_DAY.fullmatch(text) if american else None
    try:
        if found:
            return date(int(found[3]), int(found[1]), int(found[2])), None
        return date(*map(int, re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)([T ].*)?", text).groups()[:3])), None  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        return None, "opened_on_unreadable"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
