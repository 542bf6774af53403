"""What a day without a session tells of a station: as much as the other stations of its source did on it.

A calendar day is a poor measure: nobody charges in a lockdown, at Christmas, or in a month that was not loaded. What
does not belong here: which pause is called silence (``silence``) or an outage (``outages``), reading (``stations``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Floats, Integers
from evcharge.metrics.days import DAY_COUNTS

LOOK_BACK_DAYS = 182
"""Days up to its last session from which the use of a station is taken. Source: replay of real histories
(``benchmarks/silence.py``): a longer memory takes the use of another season, or of before a change, for today's."""
LEAST_DAYS_KNOWN = 14
"""Days from the first session looked at to the last that tell how much a station is used: each weekday twice. Made
up."""
LEAST_STATIONS = 3
"""Stations in use from which on the others of a source tell how much a day weighs; below that, days that loads cover
do. Made up: one other station may be down, too."""
DAYS_OF_A_WEEK = 7
LONGEST_SILENCE_DAYS = 13 * DAYS_OF_A_WEEK
"""After a quarter without a session a station is out of use rather than silent: closed, replaced, or renamed, and what
it once delivered is no loss of this week. Made up."""


class Network(NamedTuple):
    """All stations of the sources that are reported on, also those that were not selected.

    Attributes:
        stations: by station_key: ``source``, ``first_day`` and ``last_day`` with a session, and ``data_ends``, the last
            whole day of the data of its source (see ``silence.data_ends``).
        days: ``source``, ``day`` and its ``sessions``: one row per source and day with any.
        covered: ``source``, ``first_day`` and ``last_day``: one row per load, from its first session to its last.
        asked_to: the last day that was asked for and that a load can tell of, counted from 1970-01-01; None without.
    """

    stations: pd.DataFrame
    days: pd.DataFrame
    covered: pd.DataFrame
    asked_to: int | None = None


@dataclass(frozen=True)
class Calendar:
    """The days of one source in a row, from its first on; days are numbers counted from 1970-01-01.

    Attributes:
        first: the first day.
        sessions: of all its stations on each day.
        covered: whether a load covers the day, or it was asked for.
        in_use: stations in use on each day: from their first session to ``LONGEST_SILENCE_DAYS`` after their last.
    """

    first: int
    sessions: Integers
    covered: Flags
    in_use: Integers

    @cached_property
    def before(self) -> Integers:
        """Sessions of all days before each, and before the day after the last."""
        sums: Integers = np.concatenate([[0], np.cumsum(self.sessions)])
        return sums

    def few(self, day: Integers | int) -> Flags:
        """Whether so few stations were in use on these days that the others tell nothing."""
        flags: Flags = np.asarray(self.in_use[day - self.first] < LEAST_STATIONS)
        return flags

    def as_one(self) -> Calendar:
        """The same days with the whole source as one station, all of them covered."""
        everywhere, nobody = np.ones(len(self.sessions), dtype=bool), np.zeros(len(self.sessions), dtype="int64")
        return Calendar(self.first, self.sessions, everywhere, nobody)


class Pause(NamedTuple):
    """A time without a session.

    Attributes:
        chance: of so long a pause in the usual use [0 to 1]; NaN where fewer than ``LEAST_DAYS_KNOWN`` days are known.
        missed: usual sessions of such a time.
        charges_missed: usual successes of such a time.
    """

    chance: float
    missed: float
    charges_missed: float


class Use:
    """The days of one station, or of one of its ports, beside those of its source."""

    def __init__(self, calendar: Calendar, days: Integers, sessions: Integers, successes: Integers) -> None:
        """Days with a session in order, their sessions, and the successes among these."""
        self.calendar, self.days, self.sessions, self.successes = calendar, days, sessions, successes

    def pause(self, last: int, end: int) -> Pause:
        """The pause from the day after ``last``, a day with a session, to ``end``, both included.

        With k sessions in the time looked back on, on days of weight U in sum, and days of weight S since, the chance
        is (U / (U + S))^(k / φ), φ being ``overdispersion``. Source of the chance for φ = 1: Przyborowski and Wilenski
        1940, Biometrika 31:313-323, two Poisson counts; of φ: McCullagh and Nelder 1989, Generalized Linear Models,
        section 6.2.3, where the variance is φ times that of Poisson and evidence counts for 1 / φ of itself.
        """
        begin, stop = np.searchsorted(self.days, (last - LOOK_BACK_DAYS + 1, last + 1))
        start = int(self.days[begin])
        if last - start + 1 < LEAST_DAYS_KNOWN:
            return Pause(np.nan, np.nan, np.nan)
        own = np.zeros(last - start + 1)
        own[self.days[begin:stop] - start] = self.sessions[begin:stop]

        weights, since = self._weights(own, start, end)
        counted = float(own[weights > 0].sum())
        if not counted or not since:
            return Pause(1.0, 0.0, 0.0)
        used = float(weights.sum())
        missed = counted * since / used
        succeeded = self.successes[begin:stop].sum() / own.sum()
        log_chance = counted / overdispersion(own, weights) * np.log(used / (used + since))
        return Pause(float(np.exp(log_chance)), missed, float(missed * succeeded))

    def _weights(self, own: Floats, start: int, end: int) -> tuple[Floats, float]:
        """What each day from ``start`` on weighs that has a place in ``own``, and all days after these up to ``end``.

        A day weighs the sessions of the other stations; where few are in use, the usual sessions of its weekday, if it
        is covered.
        """
        place = start - self.calendar.first
        stop, after = place + len(own), end - self.calendar.first + 1
        if not self.calendar.few(start + len(own) - 1):
            others: Floats = self.calendar.sessions[place:stop] - own
            return others, float(self.calendar.sessions[stop:after].sum())

        covered = self.calendar.covered
        weekday = np.arange(start, start + len(own)) % DAYS_OF_A_WEEK
        seen = covered[place:stop]
        came = np.bincount(weekday[seen], minlength=DAYS_OF_A_WEEK)
        usual: Floats = np.bincount(weekday[seen], own[seen], DAYS_OF_A_WEEK) / np.maximum(came, 1)
        since = np.arange(start + len(own), end + 1)[covered[stop:after]] % DAYS_OF_A_WEEK
        return usual[weekday] * seen, float(usual[since].sum())


def overdispersion(own: Floats, weights: Floats) -> float:
    """How much more a station's sessions vary than chance makes them: φ, at least 1.

    The larger of the mean of (k − μ)² / μ over days, and of the same over blocks of 7 days: visits come in clumps of a
    day, and use changes from week to week. μ is the share of a day's weight, or a block's, of all sessions.

    Args:
        own: sessions on each day in a row; those on days without weight don't count.
        weights: of the days.
    """
    counted = np.where(weights > 0, own, 0.0)
    blocks = np.arange(len(own)) // DAYS_OF_A_WEEK
    by_day = (counted, weights)
    by_block = (np.bincount(blocks, counted), np.bincount(blocks, weights))
    return max(1.0, *(_mean_excess(*pair) for pair in (by_day, by_block)))


def _mean_excess(counts: Floats, weights: Floats) -> float:
    counts, weights = counts[weights > 0], weights[weights > 0]
    expected = counts.sum() * weights / weights.sum()
    return float(np.mean((counts - expected) ** 2 / expected))


def calendars(network: Network) -> dict[str, Calendar]:
    """The days of each source."""
    stations, days, covered = (dict(list(frame.groupby("source"))) for frame in network[:3])
    return {
        str(source): _calendar(own, days[source], covered.get(source), network.asked_to)
        for source, own in stations.items()
    }


def _calendar(
    stations: pd.DataFrame, days: pd.DataFrame, covered: pd.DataFrame | None, asked_to: int | None
) -> Calendar:
    day = day_numbers(days["day"])
    begins, last = day_numbers(stations["first_day"]), day_numbers(stations["last_day"])
    first, ends = int(begins.min()), max(int(last.max()), int(day_numbers(stations["data_ends"]).max()), asked_to or 0)
    length = ends - first + 1
    told = np.zeros(length, dtype=bool)
    for begin, end in (
        () if covered is None else zip(day_numbers(covered["first_day"]), day_numbers(covered["last_day"]), strict=True)
    ):
        told[begin - first : end - first + 1] = True
    if asked_to is not None:
        told[int(last.max()) - first : asked_to - first + 1] = True

    # One more where a station begins and one less after its end; the running sum is how many there are on each day.
    changes = np.bincount(begins - first, minlength=length + 1)
    gone = np.minimum(last + LONGEST_SILENCE_DAYS + 1 - first, length)
    changes = changes - np.bincount(gone, minlength=length + 1)
    sessions = np.bincount(day - first, days["sessions"].to_numpy(), length).astype("int64")
    return Calendar(first, sessions, told, np.cumsum(changes)[:length])


def one_source(days: pd.DataFrame, ends: pd.Series) -> Network:
    """The network of stations that are all of one source, loaded as one file.

    Args:
        days: the columns of ``days.count_days``.
        ends: last whole day of the data (datetime64) by station_key.
    """
    sessions = days[[*DAY_COUNTS]].sum(axis=1)
    stations = days.groupby("station_key")["day"].agg(first_day="min", last_day="max")
    stations = stations.assign(source="", data_ends=ends.loc[stations.index])
    by_day = sessions.groupby(days["day"].to_numpy()).sum().rename_axis("day").rename("sessions").reset_index()
    span = {"source": [""], "first_day": [days["day"].min()], "last_day": [ends.max()]}
    return Network(stations, by_day.assign(source=""), pd.DataFrame(span).head(len(by_day)))


def day_numbers(days: pd.Series) -> Integers:
    """Days counted from 1970-01-01."""
    numbers: Integers = days.to_numpy().astype("datetime64[D]").astype("int64")
    return numbers
