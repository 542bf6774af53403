"""Since when a station does as it does: the last change of its success ratio, and the verdict on the time since.

A rate over a whole period hides a fault of last week and blames a repaired station. A spell is the time between two
changes; the present spell is judged. Also what a station loses a week. What does not belong here: stations that have no
attempts any more (``silence``), the reading of attempts (``attempts``), how spells are shown (``report``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from evcharge.metrics.rates import FAILURES_REMOVED, verdicts, wilson_interval
from evcharge.metrics.silence import find_silence, local_days

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CHANGE_EVIDENCE = 18.0
"""Twice the log of the likelihood ratio, two rates against one, from which on a change is taken as real. Source:
``benchmarks/spell_simulations.py``: of 1,000 stations exactly on a target of 80 to 99 %, with 1 to 30 attempts a day,
at most two may be called below it (found: 1.35), the 1 in 1,000 of ``rates.BELOW_TAIL`` included."""
LEAST_ATTEMPTS = 15
"""Attempts on each side of a change. House rule, provisional: with fewer, one visit with its retries makes a spell."""
LEAST_DAYS = 6
"""Days with attempts on each side while a change is looked for. House rule, provisional: one bad day is no spell."""


class Spell(NamedTuple):
    """The present spell of a station, as places in its attempts in order of start.

    Attributes:
        before: first attempt of the spell before the present one; equal to ``first`` where there was no change.
        first: first attempt of the present spell.
    """

    before: int
    first: int


def present_spell(succeeded: npt.NDArray[np.bool_], hours: Integers) -> Spell:
    """The last change in one station's attempts.

    A change is looked for where the likelihood of two rates over one is highest (binomial), each side with
    ``LEAST_ATTEMPTS`` on ``LEAST_DAYS``, and counts from ``CHANGE_EVIDENCE`` on; then the time since is searched the
    same way, until no change is left. The last one is then placed where it is likeliest, by attempts alone.

    Args:
        succeeded: outcome of each attempt, in order of ``hours``.
        hours: local hour of its start as yyyymmddhh, never falling. A change lies between two hours, so the order
            within an hour means nothing.

    Source: Hinkley and Hinkley 1970, Biometrika 57:477-488, for the likelihood ratio; Scott and Knott 1974,
    Biometrics 30:507-512, for the repeated split.
    """
    if len(hours) < 2 * LEAST_ATTEMPTS:
        return Spell(0, 0)
    attempts = _Attempts(succeeded, hours)
    before, first = attempts.last_change(0, len(hours))
    if first:
        first = attempts.likeliest_split(before, len(hours), least_days=1)[0]
        before = attempts.last_change(0, first)[1] or before
    return Spell(before, first)


class _Attempts:
    """One station's attempts as running sums, in which splits are cheap to weigh."""

    def __init__(self, succeeded: npt.NDArray[np.bool_], hours: Integers) -> None:
        numbers = np.arange(len(hours) + 1, dtype=float)
        self.successes = np.concatenate([[0], np.cumsum(succeeded, dtype="int64")])
        self.day = np.concatenate([[0], np.cumsum(np.diff(hours // 100) > 0, dtype="int64")])
        self.hour_begins = np.concatenate([[True], np.diff(hours) > 0])
        self.n_log_n = numbers * np.log(np.maximum(numbers, 1))

    def last_change(self, start: int, end: int) -> tuple[int, int]:
        """Start of the last two spells among the attempts from ``start`` up to ``end``; twice ``start`` without one."""
        before = first = start
        while True:
            split, evidence = self.likeliest_split(first, end, LEAST_DAYS)
            if evidence < CHANGE_EVIDENCE:
                return before, first
            before, first = first, split

    def likeliest_split(self, start: int, end: int, least_days: int) -> tuple[int, float]:
        """The first attempt after the likeliest change, and its evidence; (start, 0) where none is allowed."""
        splits = np.arange(start + LEAST_ATTEMPTS, end - LEAST_ATTEMPTS + 1)
        days_before = self.day[splits - 1] - self.day[start] + 1
        days_after = self.day[end - 1] - self.day[splits] + 1
        splits = splits[self.hour_begins[splits] & (days_before >= least_days) & (days_after >= least_days)]
        if not len(splits):
            return start, 0.0
        evidence = self._log_likelihood(start, splits) + self._log_likelihood(splits, end)
        best = int(np.argmax(evidence))
        return int(splits[best]), 2 * float(evidence[best] - self._log_likelihood(start, end))

    def _log_likelihood(self, start: Integers | int, end: Integers | int) -> Floats:
        """Of the attempts from ``start`` up to ``end`` at their own ratio: k ln(k/n) + (n − k) ln((n − k)/n)."""
        successes, attempts = self.successes[end] - self.successes[start], end - start
        terms: Floats = self.n_log_n[successes] + self.n_log_n[attempts - successes] - self.n_log_n[attempts]
        return terms


def present_spells(attempts: pd.DataFrame) -> pd.DataFrame:
    """The present spell of every station.

    Args:
        attempts: ``station_key``, ``time_key`` (yyyymmddhh) and ``succeeded`` (1, 0, or NaN where excluded or
            unknown), in any order. Only attempts with an outcome make spells.

    Returns:
        A row a station, by ``station_key``: ``since`` (first day of the present spell; NaT without attempts),
        ``changed`` (whether a spell came before), ``successes`` and ``attempts`` of the present spell,
        ``successes_before``, ``attempts_before`` and ``ratio_before`` of the one before [NaN where there is none].
    """
    stations = np.unique(attempts["station_key"].to_numpy())
    told = attempts[attempts["succeeded"].notna()]
    order = np.lexsort((told["time_key"].to_numpy(), told["station_key"].to_numpy()))
    keys, hours = (told[name].to_numpy()[order] for name in ("station_key", "time_key"))
    succeeded = told["succeeded"].to_numpy(dtype=float)[order] == 1
    begins, ends = np.searchsorted(keys, stations), np.searchsorted(keys, stations, side="right")
    found = [present_spell(succeeded[begin:end], hours[begin:end]) for begin, end in zip(begins, ends, strict=True)]
    before, first = (np.array(places, dtype="int64") for places in (zip(*found, strict=True) if found else ((), ())))
    total = np.concatenate([[0], np.cumsum(succeeded, dtype="int64")])
    used = ends > begins
    since = np.full(len(stations), np.datetime64("NaT", "s"))
    since[used] = local_days(hours[(begins + first)[used]])
    successes_before = total[begins + first] - total[begins + before]
    changed = first > 0
    return pd.DataFrame(
        {
            "station_key": stations,
            "since": since,
            "changed": changed,
            "successes": total[ends] - total[begins + first],
            "attempts": ends - begins - first,
            "successes_before": successes_before,
            "attempts_before": first - before,
            "ratio_before": np.where(changed, successes_before / np.maximum(first - before, 1), np.nan),
        }
    )


def judge_spells(
    attempts: pd.DataFrame, target: float, last_days: pd.Series, failures_included: pd.Series | None = None
) -> pd.DataFrame:
    """Spell, verdict, silence and loss of every station.

    Args:
        attempts: the columns that ``present_spells`` takes, and ``energy_kwh``.
        target: success ratio to judge against, between 0 and 1.
        last_days: last day of the data that would hold the station's sessions (datetime64), by station_key: of its
            source, since files end on different days.
        failures_included: yes, no or unknown (see ``rates``), by station_key; None stands for yes.

    Returns:
        A row a station, by ``station_key``: the columns of ``present_spells`` and of ``silence.find_silence``;
        ``success_ratio``, ``low``, ``high`` and ``verdict`` of the present spell; ``charges_lost_per_week`` and
        ``kwh_lost_per_week`` (see ``losses``).
    """
    spells = present_spells(attempts).merge(find_silence(attempts, last_days), on="station_key", validate="1:1")
    keys = spells["station_key"]
    successes, trials = (spells[name].to_numpy(dtype=float) for name in ("successes", "attempts"))
    said = None if failures_included is None else failures_included.loc[keys].to_numpy(dtype=object)
    spells["success_ratio"] = np.where(trials > 0, successes / np.maximum(trials, 1), np.nan)
    spells["low"], spells["high"] = wilson_interval(successes, trials)
    spells["verdict"] = verdicts(successes, trials, target, said)
    lost = losses(spells, median_energy(attempts).reindex(keys).to_numpy(), target)
    lost[np.zeros(len(keys), dtype=bool) if said is None else said == FAILURES_REMOVED] = np.nan
    return pd.concat([spells, lost], axis="columns")


def losses(spells: pd.DataFrame, median_kwh: Floats, target: float) -> pd.DataFrame:
    """Charges and energy that each station loses in a usual week.

    Of a station in use: the failures beyond what the target allows, at the ratio of the present spell and the usual
    number of attempts; none where it does as well as the target. Of a silent one: its usual successes. Drivers who gave
    up are not counted, so both are floors.

    Args:
        spells: ``success_ratio``, ``silent``, ``attempts_per_week`` and ``successes_per_week``, a row a station.
        median_kwh: of the station's successful charges; NaN where no energy is known.
        target: success ratio, between 0 and 1.

    Returns:
        ``charges_lost_per_week`` and ``kwh_lost_per_week`` [kWh]; NaN where a part of them is not known.
    """
    beyond = np.maximum(target - spells["success_ratio"], 0) * spells["attempts_per_week"]
    charges = np.where(spells["silent"], spells["successes_per_week"], beyond)
    return pd.DataFrame(
        {"charges_lost_per_week": charges, "kwh_lost_per_week": charges * median_kwh}, index=spells.index
    )


def median_energy(attempts: pd.DataFrame) -> pd.Series:
    """Median energy of each station's successful charges [kWh], by station_key; those without energy have no part."""
    known = attempts[(attempts["succeeded"] == 1) & attempts["energy_kwh"].notna()]
    medians: pd.Series = known.groupby("station_key")["energy_kwh"].median()
    return medians
