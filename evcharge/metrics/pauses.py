"""Pauses of many stations, or of their ports, looked at all at once: which of them chance may not explain.

Of nearly all pauses one pass over columns shows that chance explains them; only of the others the chance is worked out.
What does not belong here: the chance of a pause (``exposure``), and what it makes of a station (``silence``,
``outages``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Floats, Integers
from evcharge.metrics.days import DAY_COUNTS
from evcharge.metrics.exposure import LOOK_BACK_DAYS, Calendar, Network, Pause, Use, day_numbers


class Unlikely(NamedTuple):
    """A pause that is hardly chance.

    Attributes:
        number: of whose days it is, its place among the uses.
        first: its first day, counted from 1970-01-01.
        last: its last day.
        pause: its chance, and what was missed.
    """

    number: int
    first: int
    last: int
    pause: Pause


class Uses:
    """The days of many stations, or of their ports, beside those of their source: a slice of the columns each."""

    def __init__(
        self, calendar: Calendar, lengths: Integers, days: Integers, sessions: Integers, successes: Integers
    ) -> None:
        """How many days with a session each one has, at least one, and of these days in order what ``Use`` takes."""
        self.calendar, self.days, self.sessions, self.successes = calendar, days, sessions, successes
        self.ends: Integers = np.cumsum(lengths)
        self.begins: Integers = self.ends - lengths

    @property
    def last_days(self) -> Integers:
        """The last day of each with a session."""
        return self.days[self.ends - 1]

    def use(self, number: int) -> Use:
        """The days of one."""
        own = slice(int(self.begins[number]), int(self.ends[number]))
        return Use(self.calendar, self.days[own], self.sessions[own], self.successes[own])

    def each(self) -> Iterator[Use]:
        """The days of each."""
        return map(self.use, range(len(self.ends)))

    def ends_of_data(self, data_ends: Integers, asked_to: int | None) -> Integers:
        """The last day on which a session of each is missed.

        Args:
            data_ends: the last whole day of the data of each.
            asked_to: see ``exposure.Network``.
        """
        last = self.last_days
        asked = last if asked_to is None else np.where(self.calendar.few(last), asked_to, last)
        ends: Integers = np.maximum(np.maximum(last, data_ends), asked)
        return ends

    def pauses(self, limit: float, least_days: int = 1) -> Iterator[Unlikely]:
        """The pauses between sessions with a chance under ``limit`` divided by their number, of the same one.

        Those that are shorter than ``least_days`` are not looked at.
        """
        place = np.flatnonzero(np.diff(self.days) > least_days)
        number = np.searchsorted(self.ends, place, side="right")
        within = place + 1 < self.ends[number]
        place, number = place[within], number[within]
        limits = limit / np.maximum(np.bincount(number, minlength=len(self.ends)), 1)[number]
        return self._under(limits, number, place, self.days[place + 1] - 1)

    def last_pauses(self, ends: Integers, limit: float) -> Iterator[Unlikely]:
        """The pauses since the last session, up to ``ends``, with a chance under ``limit``."""
        number = np.arange(len(self.ends))
        return self._under(np.full(len(number), limit), number, self.ends - 1, ends)

    def _under(self, limits: Floats, number: Integers, place: Integers, until: Integers) -> Iterator[Unlikely]:
        """Of the pauses after the day at each place, those with a chance under their limit."""
        may_be = self._may_be(limits, number, place, until)
        columns = (column[may_be].tolist() for column in (limits, number, self.days[place], until))
        for limit, one, last, end in zip(*columns, strict=True):
            pause = self.use(one).pause(last, end)
            if pause.chance < limit:
                yield Unlikely(one, last + 1, end, pause)

    def _may_be(self, limits: Floats, number: Integers, place: Integers, until: Integers) -> Flags:
        """Of which pauses, each after the day at its place, the chance may be under the limit.

        Without overdispersion, which only makes pauses likelier; one in a source of few stations may always be.
        """
        last, first_day = self.days[place], self.calendar.first
        earliest = np.maximum(last - LOOK_BACK_DAYS + 1, first_day)

        # Days of one after those of another, a calendar's length apart, are in order all together.
        step = len(self.calendar.sessions)
        in_a_row = np.repeat(np.arange(len(self.ends)) * step, self.ends - self.begins) + self.days - first_day
        begin = np.searchsorted(in_a_row, number * step + earliest - first_day)
        before = np.concatenate([[0], np.cumsum(self.sessions, dtype="int64")])
        own = before[place + 1] - before[begin]
        from_start, from_last, from_back = (
            self.calendar.before[day - first_day] for day in (self.days[begin], last + 1, until + 1)
        )

        # Where nothing but the own sessions was before, the quotient is no chance; 0 lets the pause through.
        used, since = from_last - from_start - own, from_back - from_last
        share = np.where(used > 0, used / np.maximum(used + since, 1), 0.0)
        unlikely: Flags = share**own < limits
        return unlikely | self.calendar.few(last)


def uses_of(
    days: pd.DataFrame, network: Network, by_source: Mapping[str, Calendar]
) -> Iterator[tuple[str, Integers, Uses]]:
    """The days of the stations of each source, with their keys in order.

    Args:
        days: the columns of ``days.count_days``, in any order.
        network: all stations of the sources.
        by_source: of ``exposure.calendars``.
    """
    order = np.lexsort((days["day"].to_numpy(), days["station_key"].to_numpy()))
    counts = days[[*DAY_COUNTS]].to_numpy()[order]
    columns = (day_numbers(days["day"])[order], counts.sum(axis=1), counts[:, DAY_COUNTS.index("successes")])
    stations, lengths = np.unique(days["station_key"].to_numpy()[order], return_counts=True)
    for source, own, uses in by_sources(stations, lengths, columns, network, by_source):
        yield source, stations[own], uses


def by_sources(
    stations: Integers,
    lengths: Integers,
    columns: tuple[Integers, Integers, Integers],
    network: Network,
    by_source: Mapping[str, Calendar],
) -> Iterator[tuple[str, Integers, Uses]]:
    """Each source that has any of these, which of them are of it, and their days.

    Args:
        stations: the station of each.
        lengths: how many days each one has.
        columns: what ``Uses`` takes of these days.
        network: all stations of the sources.
        by_source: of ``exposure.calendars``.
    """
    sources = network.stations["source"].reindex(stations).to_numpy()
    for source, calendar in by_source.items():
        is_own = sources == source
        if is_own.any():
            rows = np.repeat(is_own, lengths)
            yield source, np.flatnonzero(is_own), Uses(calendar, lengths[is_own], *(column[rows] for column in columns))
