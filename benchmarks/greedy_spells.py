"""The search for changes that evcharge does not use: the likeliest split, then the likeliest of the time since.

It is here to be held against the best partition (``evcharge.metrics.partition``). A fault that is over hides from it,
for one split with the fault on one side explains little. Source: Scott and Knott 1974, Biometrics 30:507-512.
"""

from __future__ import annotations

import numpy as np

from evcharge.metrics.partition import CHANGE_EVIDENCE, LEAST_ATTEMPTS, LEAST_DAYS


def greedy_spells(days):
    """Where each station's present spell begins, by the split that is likeliest, again and again.

    Args:
        days: the columns of ``days.count_days``, by station and day.

    Returns:
        Arrays, one place per station: ``changed``, ``since``, and ``successes`` and ``attempts`` of the present spell.
    """
    keys, day, successes = (days[name].to_numpy() for name in ("station_key", "day", "successes"))
    attempts = successes + days["failures"].to_numpy()
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    ends = np.append(begins[1:], len(keys))
    sums = [np.concatenate([[0], np.cumsum(counts)]) for counts in (successes, attempts)]
    first = np.array([_last_change(*sums, begin, end) for begin, end in zip(begins, ends, strict=True)])
    return first > begins, day[first], *(counts[ends] - counts[first] for counts in sums)


def _last_change(successes, attempts, begin, end):
    before = first = begin
    while True:
        split, evidence = _likeliest_split(successes, attempts, first, end, LEAST_DAYS)
        if evidence < CHANGE_EVIDENCE:
            return _likeliest_split(successes, attempts, before, end, 1)[0] if first > begin else begin
        before, first = first, split


def _likeliest_split(successes, attempts, start, end, least_days):
    splits = np.arange(start + least_days, end - least_days + 1)
    splits = splits[attempts[splits] - attempts[start] >= LEAST_ATTEMPTS]
    splits = splits[attempts[end] - attempts[splits] >= LEAST_ATTEMPTS]
    if not len(splits):
        return start, 0.0

    def likelihood(begin, until):
        good, tries = successes[until] - successes[begin], attempts[until] - attempts[begin]
        return _n_log_n(good) + _n_log_n(tries - good) - _n_log_n(tries)

    evidence = 2 * (likelihood(start, splits) + likelihood(splits, end) - likelihood(start, end))
    best = int(np.argmax(evidence))
    return int(splits[best]), float(evidence[best])


def _n_log_n(counts):
    counts = np.asarray(counts, dtype=float)
    return counts * np.log(np.maximum(counts, 1))
