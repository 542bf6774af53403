"""Times of a log as instants, for what is told without a session: none is guessed.

What does not belong here: which of a message's times it is (``ocpp.times``), and sessions' times, which cleaning reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from evcharge.frames import Conventions
from evcharge.sources.ocpp.times import EARLIEST_CLOCK, seconds_of

_HAS_OFFSET = re.compile(r"[0-9](?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)$")
_HELD_TIMES = 8192
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Instant(NamedTuple):
    """An instant [ms since 1970 UTC], or None with what refuses it: the end of a rule's code."""

    ms: int | None
    fault: str = ""


class Instants:
    """Reads the times of one log.

    Args:
        conventions: the zone of times that have none, and what labels of zones stand for.
    """

    def __init__(self, conventions: Conventions) -> None:
        self._zone = ZoneInfo(conventions.timezone) if conventions.timezone else None
        self._ambiguous = conventions.ambiguous_time
        self._offsets: Mapping[str, str] = {
            label.casefold(): offset for label, offset in conventions.zone_labels.items()
        }
        self.of = lru_cache(maxsize=_HELD_TIMES)(self._of)

    def _of(self, text: str, label: str) -> Instant:
        """The instant of a time as ``ocpp.times.iso_time`` writes it, with the label of its zone."""
        if not text:
            return Instant(None, "time_missing")
        has_offset = _HAS_OFFSET.search(text, 10) is not None
        offset = self._offsets.get(label.casefold(), "") if label and not has_offset else ""
        seconds = seconds_of(text + offset)
        if seconds is None:
            return Instant(None, "time_unreadable")
        if offset or has_offset:
            return _sane(seconds)
        if self._zone is None:
            return Instant(None, "time_zone_unknown" if label else "time_without_zone")
        return self._local(seconds, self._zone)

    def _local(self, seconds: float, zone: ZoneInfo) -> Instant:
        """The instant of a local time, which is given as if it were UTC."""
        naive = (_EPOCH + timedelta(seconds=int(seconds))).replace(tzinfo=None)
        earlier, later = (naive.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
        if earlier < later:
            return Instant(None, "time_nonexistent")
        if earlier > later and self._ambiguous == "reject":
            return Instant(None, "time_ambiguous")
        offset = later if self._ambiguous == "second" else earlier
        return _sane(seconds - offset.total_seconds())


def _sane(seconds: float) -> Instant:
    """The instant, cut to milliseconds; none of a clock that was never set."""
    if seconds < EARLIEST_CLOCK:
        return Instant(None, "time_of_unset_clock")
    return Instant(int(seconds * 1000 + 0.0005))
