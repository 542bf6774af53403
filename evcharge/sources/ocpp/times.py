"""Times in OCPP messages and in the logs that carry them: one ISO 8601 spelling, and seconds to measure gaps with.

What does not belong here: which zone a time without an offset is in (``clean`` reads it by the profile), and which
message has which time (``ocpp.messages``, ``ocpp.pairing``).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

_ISO = re.compile(
    r"(?P<year>[0-9]{4})[-/](?P<month>[0-9]{2})[-/](?P<day>[0-9]{2})[Tt ]"
    r"(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,:](?P<fraction>[0-9]+))?"
    r" ?(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_USUAL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,6})?Z?")
"""How nearly all times are written: as ``iso_time`` writes them already, in UTC or without an offset."""
_LABELLED = re.compile(r"(?P<time>.*[0-9]) ?(?P<zone>(?![AP]M$)[A-Z]{2,5})", re.DOTALL)
"""A time that ends with the label of its zone: 2026-01-04 08:00:00 IST. AM and PM are no zones."""
_DAY_FIRST = re.compile(
    r"(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4}),? "
    r"(?P<hour>[0-9]{1,2}):(?P<rest>[0-9]{2}:[0-9]{2}) (?P<half>[AaPp])[Mm](?: (?P<zone>[A-Z]{1,5}))?"
)
"""The clock of the table export: 02/01/2026, 0:00:20 am IST. The day stands first; hours run from 0 or from 1."""

_EPOCH = re.compile(r"(?P<seconds>[0-9]{10})(?:\.?(?P<milliseconds>[0-9]{3}))?")
"""Seconds since 1970, from 2001 to 2286, or milliseconds."""

_HALF_DAY_HOURS = 12
_HELD_TIMES = 8192
"""Times whose reading is held: an answer often has that of its request, and a notice the log's own."""
_SECONDS_OF_MINUTE = _MINUTES_OF_HOUR = 60

ZONE_LABELS = (
    *(
        "UTC",
        "GMT",
        "WET",
        "WEST",
        "BST",
        "CET",
        "CEST",
        "EET",
        "EEST",
        "MSK",
        "SAST",
        "IST",
        "NPT",
        "PKT",
        "SGT",
        "HKT",
    ),
    *("CST", "JST", "KST", "AWST", "ACST", "ACDT", "AEST", "AEDT", "NZST", "NZDT", "AST", "ADT", "EST", "EDT", "CDT"),
    *("MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "BRT"),
)
"""Labels that are looked for behind a log's time, where other words stand, too, such as INFO. What one stands for is
not said here: several stand for more than one zone."""

TIME = (
    r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,:][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    rf"(?: (?:{'|'.join(ZONE_LABELS)})\b)?"
)
"""A time that a log's line begins with, as a pattern."""


class Moment(NamedTuple):
    """When something was.

    Attributes:
        text: the time as ISO 8601 where it can be read, else as written; empty where nothing tells it.
        zone: label of the zone of ``text``, where it has one.
        sent: the station's own time [s since 1970], or None where the message has none.
        logged: the log's time [s since 1970, a time without an offset taken as UTC], or None.
        clock_unset: whether the station told a time of a clock that was never set, so that this is the log's.
        log_text: the log's time as ISO 8601, and ``log_zone``, the label of its zone; empty where it tells none.
    """

    text: str
    zone: str
    sent: float | None
    logged: float | None
    clock_unset: bool = False
    log_text: str = ""
    log_zone: str = ""

    def by_log(self) -> Moment:
        """The same by the log's clock, the station's being wrong."""
        return self._replace(text=self.log_text, zone=self.log_zone, sent=None, clock_unset=True)


EARLIEST_CLOCK = 1_262_304_000.0
"""A station's clock that is before 2010 was never set [s since 1970]: OCPP 1.6 dates from 2015, and clocks without a
battery begin at 1970 or 2000."""
LONGEST_OFFLINE_SECONDS = 365 * 86_400.0
"""A message whose own time is further before the log's is of a clock that was never set, or was set to the day that the
firmware was made. House rule, provisional: stations keep messages while they are offline, but not for a year."""


MOST_AHEAD_SECONDS = 86_400.0
"""A message whose own time is further after the log's is of a clock that is wrong. A log that tells no zone may seem to
be up to half a day early."""
RESENT_SECONDS = 3600.0
"""A message that repeats another one is that one, sent again, until this long after it in the log. House rule: stations
send again within seconds or minutes (TransactionMessageRetryInterval)."""
LONGEST_QUEUED_SECONDS = 7 * 86_400.0
"""A message not further before the log's time is of a clock that is right: what repeats it later was sent again. House
rule."""


def is_unset(sent: float, logged: float | None) -> bool:
    """Whether a station's time is that of a clock which was never set, or is beyond the log's."""
    if logged is None:
        return sent < EARLIEST_CLOCK
    return sent < max(EARLIEST_CLOCK, logged - LONGEST_OFFLINE_SECONDS) or sent > logged + MOST_AHEAD_SECONDS


def is_sane(moment: Moment) -> bool:
    """Whether the station's clock was right, as far as the log's tells."""
    return moment.sent is not None and (moment.logged is None or moment.logged - moment.sent <= LONGEST_QUEUED_SECONDS)


def seconds_at(moment: Moment | None) -> float | None:
    """A moment by the station's clock, else by the log's [s since 1970]; None where neither tells it."""
    return None if moment is None else moment.logged if moment.sent is None else moment.sent


def seconds_between(earlier: Moment, later: Moment) -> float | None:
    """Seconds from one moment to another by the same clock: the station's, else the log's; None where there's none."""
    if earlier.sent is not None and later.sent is not None:
        return later.sent - earlier.sent
    return logged_between(earlier, later)


def logged_between(earlier: Moment, later: Moment) -> float | None:
    """Seconds from one moment to another by the log's clock; None where the log does not tell both."""
    if earlier.logged is not None and later.logged is not None:
        return later.logged - earlier.logged
    return None


@lru_cache(maxsize=_HELD_TIMES)
def iso_time(text: str) -> tuple[str, str]:
    """The time in one ISO spelling, at most six digits of a second, and the label of its zone; else as written."""
    if _USUAL.fullmatch(text):
        return text, ""
    text = text.strip()
    labelled = _LABELLED.fullmatch(text) if text[-2:].isalpha() else None
    if match := _ISO.fullmatch(labelled["time"] if labelled else text):
        year, month, day, clock, fraction, offset = match.group("year", "month", "day", "clock", "fraction", "offset")
        fraction, offset = f".{fraction[:6]}" if fraction else "", (offset or "").upper()
        return f"{year}-{month}-{day}T{clock}{fraction}{offset}", labelled["zone"] if labelled else ""
    if match := _DAY_FIRST.fullmatch(text):
        hour = int(match["hour"]) % _HALF_DAY_HOURS + _HALF_DAY_HOURS * (match["half"] in "Pp")
        date = f"{match['year']}-{match['month']:0>2}-{match['day']:0>2}"
        return f"{date}T{hour:02}:{match['rest']}", match["zone"] or ""
    return text, ""


@lru_cache(maxsize=_HELD_TIMES)
def log_time(text: str) -> tuple[str, str]:
    """A time as ``iso_time`` tells it; seconds or milliseconds since 1970, which a log may count in, as UTC."""
    count = _EPOCH.fullmatch(text)
    if not count:
        return iso_time(text)
    moment = datetime.fromtimestamp(int(count["seconds"]), tz=timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{count['milliseconds'] or '0'}Z", ""


@lru_cache(maxsize=_HELD_TIMES)
def seconds_of(iso: str) -> float | None:
    """Seconds since 1970 of a time as ``iso_time`` writes it; None where it is none."""
    if usual := _USUAL.fullmatch(iso):
        day, hour, minute, second, fraction = usual.groups()
        begin, minutes, seconds = _hour(day, hour), int(minute), int(second)
        if begin is None or minutes >= _MINUTES_OF_HOUR or seconds >= _SECONDS_OF_MINUTE:
            return None
        return begin + minutes * _SECONDS_OF_MINUTE + seconds + (float(fraction) if fraction else 0.0)

    match = _ISO.fullmatch(iso)
    if not match:
        return None
    clock, fraction, offset = match.group("clock", "fraction", "offset")
    minute, seconds = _minute(iso[:10], clock[:5]), int(clock[6:])
    if minute is None or seconds >= _SECONDS_OF_MINUTE:
        return None
    return minute + seconds + (float(f"0.{fraction}") if fraction else 0.0) - _offset_seconds(offset or "Z")


@lru_cache(maxsize=_HELD_TIMES)
def _hour(day: str, hour: str) -> float | None:
    """Seconds since 1970 at the beginning of an hour, as UTC; None where there is no such day or hour."""
    return _minute(day, f"{hour}:00")


@lru_cache(maxsize=_HELD_TIMES)
def _minute(day: str, clock: str) -> float | None:
    """Seconds since 1970 at the beginning of a minute, as UTC; None where there is no such day or minute."""
    try:
        return datetime.fromisoformat(f"{day}T{clock}:00").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None


@lru_cache(maxsize=_HELD_TIMES)
def _offset_seconds(text: str) -> float:
    if text in "Zz":
        return 0.0
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return (-offset if text[0] == "-" else offset).total_seconds()
