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
from evcharge.metrics.rates import CANT_TELL, MEETS, verdicts
from evcharge.metrics.silence import find_silence

CHANGE_EVIDENCE = 18.0
"""Twice the log of the likelihood ratio, two rates against one, from which on a change is taken as real. Source:
``benchmarks/spell_simulations.py``: of 1,000 stations exactly on a target of 80 to 99 %, with 1 to 30 attempts a day,
at most two may be called below it (found: 1.15), the 1 in 1,000 of ``rates.BELOW_TAIL`` included."""
LEAST_ATTEMPTS = 15
"""Attempts on each side of a change. House rule, provisional: with fewer, one visit with its retries makes a spell."""
LEAST_DAYS = 6
"""Days with attempts on each side while a change is looked for. House rule, provisional: one bad day is no spell."""


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

    A change is looked for where the likelihood of two rates over one is highest (binomial), each side with
    ``LEAST_ATTEMPTS`` on ``LEAST_DAYS``, and counts from ``CHANGE_EVIDENCE`` on; then the time since is searched the
    same way, until no change is left. The last one is then placed where it is likeliest, by attempts alone.

    Args:
        successes: of each day, in order.
        attempts: of each day, at least 1: days without attempts are left out.

    Source: Hinkley and Hinkley 1970, Biometrika 57:477-488, for the likelihood ratio; Scott and Knott 1974,
    Biometrics 30:507-512, for the repeated split.
    """
    days = _Days(successes, attempts)
    before, first = days.last_change(0, len(attempts))
    if first:
        first = days.likeliest_split(before, len(attempts), least_days=1)[0]
        before = days.last_change(0, first)[1] or before
    return Spell(before, first)


class _Days:
    """One station's days as running sums, in which splits are cheap to weigh."""

    def __init__(self, successes: Integers, attempts: Integers) -> None:
        self.successes = np.concatenate([[0], np.cumsum(successes, dtype="int64")])
        self.attempts = np.concatenate([[0], np.cumsum(attempts, dtype="int64")])

    def last_change(self, start: int, end: int) -> tuple[int, int]:
        """First day of the last two spells among the days from ``start`` up to ``end``; twice ``start`` without one."""
        before = first = start
        while True:
            split, evidence = self.likeliest_split(first, end, LEAST_DAYS)
            if evidence < CHANGE_EVIDENCE:
                return before, first
            before, first = first, split

    def likeliest_split(self, start: int, end: int, least_days: int) -> tuple[int, float]:
        """The first day after the likeliest change, and its evidence; (start, 0) where none is allowed."""
        splits = np.arange(start + least_days, end - least_days + 1)
        enough_before = self.attempts[splits] - self.attempts[start] >= LEAST_ATTEMPTS
        splits = splits[enough_before & (self.attempts[end] - self.attempts[splits] >= LEAST_ATTEMPTS)]
        if not len(splits):
            return start, 0.0
        evidence = self._log_likelihood(start, splits) + self._log_likelihood(splits, end)
        best = int(np.argmax(evidence))
        return int(splits[best]), 2 * float(evidence[best] - self._log_likelihood(start, end))

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

    # ``present_spell`` counts days from the station's own first one; a station without attempts has (0, 0).
    spells = [present_spell(successes[begin:end], attempts[begin:end]) for begin, end in zip(begins, ends, strict=True)]
    before, first = (np.array(places, dtype="int64") for places in (zip(*spells, strict=True) if spells else ((), ())))

    # Running sums with a leading 0: the sum over any slice is the difference of two of them.
    total, tries = (np.concatenate([[0], np.cumsum(counts, dtype="int64")]) for counts in (successes, attempts))

    used = ends > begins
    since = np.full(len(stations), np.datetime64("NaT", "s"))
    since[used] = day[(begins + first)[used]]

    successes_before = total[begins + first] - total[begins + before]
    attempts_before = tries[begins + first] - tries[begins + before]
    changed = first > 0

    return pd.DataFrame(
        {
            "station_key": stations,
            "since": since,
            "changed": changed,
            "successes": total[ends] - total[begins + first],
            "attempts": tries[ends] - tries[begins + first],
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
        One row per station, by ``station_key``: the columns of ``present_spells`` and of ``silence.find_silence``;
        ``success_ratio``, ``low``, ``high`` and ``verdict`` of the present spell (where there is no data up to the last
        day asked for, none meets the target).
    """
    spells = present_spells(days).merge(find_silence(days, network), on="station_key", validate="1:1")
    keys = spells["station_key"]
    successes, trials = (spells[name].to_numpy(dtype=float) for name in ("successes", "attempts"))
    included = None if failures_included is None else failures_included.loc[keys].to_numpy(dtype=object)

    spells["success_ratio"] = np.where(trials > 0, successes / np.maximum(trials, 1), np.nan)
    spells["low"], spells["high"] = wilson_interval(successes, trials)
    verdict = pd.Series(verdicts(successes, trials, target, included), dtype=object)
    stale = spells["no_data"] & (verdict == MEETS)
    spells["verdict"] = verdict.mask(spells["out_of_use"] | stale, CANT_TELL)
    return spells
