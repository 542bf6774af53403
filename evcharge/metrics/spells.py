"""Since when a station does as it does: the last change of its success ratio, and the verdict on the time since.

A rate over a whole period hides a fault of last week and blames a repaired station. A spell is the time between two
changes; the present spell is judged. What does not belong here: stations that have no attempts any more (``silence``),
what a failure costs (``cost``), the counting of days (``days``), how spells are shown (``report``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from evcharge.arrays import Floats, Integers
from evcharge.metrics.exposure import Network
from evcharge.metrics.intervals import wilson_interval
from evcharge.metrics.partition import LEAST_ATTEMPTS, LEAST_DAYS, last_changes
from evcharge.metrics.rates import CANT_TELL, MEETS, verdicts
from evcharge.metrics.recent import last_four_weeks
from evcharge.metrics.silence import find_silence

SEASON_POINTS, SEASON_ATTEMPTS_A_DAY, SEASON_BELOW = 2, 8, 37
"""Of 1,000 stations that are on a target of 95 % over the year, and so many points better or worse with the season, how
many are called below it. Source: ``benchmarks/spell_simulations.py``, 90 days of data."""


class Spell(NamedTuple):
    """The present spell of a station, as places in its days with attempts.

    Attributes:
        before: first day of the spell before the present one; equal to ``first`` where there was no change.
        first: first day of the present spell.
    """

    before: int
    first: int


def present_spell(successes: Integers, attempts: Integers) -> Spell:
    """The last change in one station's days.

    Changes are those of the best partition of all days into spells (see ``partition.last_changes``). The last one is
    then placed where it is likeliest, by attempts alone; the one before it likewise, by attempts and days.

    Args:
        successes: of each day, in order.
        attempts: of each day, at least 1: days without attempts are left out.

    Source of the place: Hinkley and Hinkley 1970, Biometrika 57:477-488, the likelihood ratio.
    """
    sums = _Sums.of(successes, attempts)
    before, first = sums.last_two(np.array([0]), np.array([len(attempts)]))
    return Spell(int(before[0]), int(first[0]))


class _Sums(NamedTuple):
    """Running sums with a leading 0 over days, of all stations in a row: any time is the difference of two of them."""

    successes: Integers
    attempts: Integers

    @classmethod
    def of(cls, successes: Integers, attempts: Integers) -> _Sums:
        """The sums of these days."""
        return cls(*(np.concatenate([[0], np.cumsum(counts, dtype="int64")]) for counts in (successes, attempts)))

    def last_two(self, begins: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """Where the last two spells of each station begin; alike where there is one. Stations are places of days."""
        first, before, earlier = last_changes(*self, begins, ends)
        for station in np.flatnonzero(first > begins):
            split = self.likeliest_split(int(before[station]), int(ends[station]), least_days=1)
            first[station] = split
            if before[station] > begins[station]:
                before[station] = self.likeliest_split(int(earlier[station]), split, LEAST_DAYS)
        return before, first

    def likeliest_split(self, start: int, end: int, least_days: int) -> int:
        """The first day after the likeliest change among days; ``start`` where none is allowed."""
        splits = np.arange(start + least_days, end - least_days + 1)
        enough_before = self.attempts[splits] - self.attempts[start] >= LEAST_ATTEMPTS
        splits = splits[enough_before & (self.attempts[end] - self.attempts[splits] >= LEAST_ATTEMPTS)]
        if not len(splits):
            return start
        likelihood = self._log_likelihood(start, splits) + self._log_likelihood(splits, end)
        return int(splits[np.argmax(likelihood)])

    def _log_likelihood(self, start: Integers | int, end: Integers | int) -> Floats:
        """Of the days from ``start`` up to ``end`` at their own ratio: k ln(k/n) + (n − k) ln((n − k)/n)."""
        successes = (self.successes[end] - self.successes[start]).astype(float)
        attempts = (self.attempts[end] - self.attempts[start]).astype(float)
        return _n_log_n(successes) + _n_log_n(attempts - successes) - _n_log_n(attempts)


def _n_log_n(counts: Floats) -> Floats:
    logs: Floats = counts * np.log(np.maximum(counts, 1))
    return logs


def present_spells(days: pd.DataFrame) -> pd.DataFrame:
    """The present spell of every station.

    Args:
        days: ``station_key``, ``day``, ``successes`` and ``failures`` of ``days.count_days``, in any order. Days
            without attempts make no spells.

    Returns:
        One row per station, by ``station_key``: ``since`` (first day of the present spell; NaT without attempts),
        ``changed`` (whether a spell came before), ``successes`` and ``attempts`` of the present spell,
        ``successes_before``, ``attempts_before`` and ``ratio_before`` of the one before [NaN where there is none].
    """
    stations = np.unique(days["station_key"].to_numpy())

    # Sorted by station, then day (``lexsort`` sorts by its last key first), each station is one slice of the arrays.
    used_days = days[days["successes"] + days["failures"] > 0]
    order = np.lexsort((used_days["day"].to_numpy(), used_days["station_key"].to_numpy()))
    keys, day, successes, failures = (
        used_days[name].to_numpy()[order] for name in ("station_key", "day", "successes", "failures")
    )
    attempts = successes + failures
    begins, ends = np.searchsorted(keys, stations), np.searchsorted(keys, stations, side="right")

    sums = _Sums.of(successes, attempts)
    before, first = sums.last_two(begins, ends)
    used, changed = ends > begins, first > begins
    since = np.full(len(stations), np.datetime64("NaT", "s"))
    since[used] = day[first[used]]
    successes_before, attempts_before = (counts[first] - counts[before] for counts in sums)

    return pd.DataFrame(
        {
            "station_key": stations,
            "since": since,
            "changed": changed,
            "successes": sums.successes[ends] - sums.successes[first],
            "attempts": sums.attempts[ends] - sums.attempts[first],
            "successes_before": successes_before,
            "attempts_before": attempts_before,
            "ratio_before": np.where(changed, successes_before / np.maximum(attempts_before, 1), np.nan),
        }
    )


def judge_spells(
    days: pd.DataFrame,
    target: float,
    network: Network,
    failures_included: pd.Series | None = None,
) -> pd.DataFrame:
    """Spell, verdict and silence of every station.

    Args:
        days: the columns of ``days.count_days``.
        target: success ratio to judge against, between 0 and 1.
        network: all stations of the sources: see ``silence.find_silence``.
        failures_included: yes, no or unknown (see ``rates``), by station_key; None stands for yes.

    Returns:
        One row per station, by ``station_key``: the columns of ``present_spells``, of ``silence.find_silence`` and of
        ``recent.last_four_weeks``;
        ``success_ratio``, ``low``, ``high`` and ``verdict`` of the present spell (where there is no data up to the last
        day asked for, none meets the target).
    """
    spells = present_spells(days).merge(find_silence(days, network), on="station_key", validate="1:1")
    spells = spells.merge(last_four_weeks(days, spells.set_index("station_key")["data_ends"]), on="station_key")
    keys = spells["station_key"]
    successes, trials = (spells[name].to_numpy(dtype=float) for name in ("successes", "attempts"))
    included = None if failures_included is None else failures_included.loc[keys].to_numpy(dtype=object)

    spells["success_ratio"] = np.where(trials > 0, successes / np.maximum(trials, 1), np.nan)
    spells["low"], spells["high"] = wilson_interval(successes, trials)
    verdict = pd.Series(verdicts(successes, trials, target, included), dtype=object)
    stale = spells["no_data"] & (verdict == MEETS)
    spells["verdict"] = verdict.mask(spells["out_of_use"] | stale, CANT_TELL)
    return spells
