"""The likeliest partition of each station's days into spells of one ratio each, of all partitions that are allowed.

What does not belong here: what a spell is and how it is judged (``spells``), and the reading of days (``days``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evcharge.arrays import Floats, Integers

CHANGE_EVIDENCE = 18.0
"""Twice the log of the likelihood ratio by which a partition must be better for each of its changes. Source:
``benchmarks/spell_simulations.py``: of 1,000 stations exactly on a target of 80 to 99 %, with 1 to 30 attempts a day,
at most two may be called below it (found: 1.20), the 1 in 1,000 of ``rates.BELOW_TAIL`` included."""
LEAST_ATTEMPTS = 15
"""Attempts of a spell. House rule, provisional: with fewer, one visit with its retries makes a spell."""
LEAST_DAYS = 6
"""Days with attempts of a spell while changes are looked for. House rule, provisional: one bad day is no spell."""
AGE_STEPS = 30
"""A change is looked for on every day of the last 60, and on every x-th day where that is 30 times x days back. House
rule, provisional: an old change matters less to the day, and so ten years cost little more than one."""
STATIONS_AT_ONCE = 32
"""Stations whose partitions are found together: as many as a processor's cache holds."""
ROWS_AT_ONCE = 128
"""Rows of costs that are computed together, one per station and end of a spell, for the same reason."""


class LastChanges(NamedTuple):
    """The last spells of stations, as places in the running sums they were found in.

    Attributes:
        first: where the present spell begins.
        before: where the spell before it begins; equal to ``first`` where it is the only one.
        earlier: where the one before that begins; equal to ``before`` where there is none.
    """

    first: Integers
    before: Integers
    earlier: Integers


def last_changes(successes: Integers, attempts: Integers, begins: Integers, ends: Integers) -> LastChanges:
    """The last changes in the best partition of each station's days.

    The best partition has the least cost: −2 times its log likelihood (binomial, each spell at its own ratio), and
    ``CHANGE_EVIDENCE`` for each change. It is the best of all whose spells have ``LEAST_ATTEMPTS`` on ``LEAST_DAYS``
    and begin on the days that ``AGE_STEPS`` allows.

    Args:
        successes: running sums over the days of all stations in a row, with a leading 0.
        attempts: the same; every day has at least one.
        begins: place of each station's first day.
        ends: place after each station's last day.

    Source: Jackson and others 2005, IEEE Signal Processing Letters 12:105-108, for the recursion; Killick, Fearnhead
    and Eckley 2012, JASA 107:1590-1598, for the penalty. Their pruning saves nothing where nothing changed, as at most
    stations; fewer days are looked at instead.
    """
    lengths = ends - begins
    n_log_n = _n_log_n(int(np.max(attempts[ends] - attempts[begins], initial=0)))
    changes = [begins.copy() for _ in LastChanges._fields]

    # Stations of much the same length share the days that are looked at.
    by_length = np.argsort(lengths, kind="stable")
    by_length = by_length[lengths[by_length] >= 2 * LEAST_DAYS]
    for start in range(0, len(by_length), STATIONS_AT_ONCE):
        stations = by_length[start : start + STATIONS_AT_ONCE]
        ages = _ages(int(lengths[stations[-1]]))
        places = np.maximum(ends[stations, None] - ages, begins[stations, None])
        starts = _best_starts(successes[places], attempts[places], ages, lengths[stations], n_log_n)

        # From the end back: each spell ends where the one after it begins.
        rows, begin = np.arange(len(stations)), np.full(len(stations), len(ages) - 1)
        for places_of_spell in changes:
            begin = starts[rows, begin]
            places_of_spell[stations] = places[rows, begin]
    return LastChanges(*changes)


def _ages(length: int) -> Integers:
    """How many days before the end a spell may begin or end, in falling order; the first is before all days."""
    ages = [0, LEAST_DAYS]
    while ages[-1] < length:
        ages.append(ages[-1] + max(1, ages[-1] // AGE_STEPS))
    return np.array(ages[::-1], dtype="int64")


def _n_log_n(most: int) -> Floats:
    """The product n ln n of each whole number up to ``most``."""
    counts = np.arange(most + 1, dtype=float)
    logs: Floats = counts * np.log(np.maximum(counts, 1))
    return logs


def _best_starts(
    successes: Integers, attempts: Integers, ages: Integers, lengths: Integers, n_log_n: Floats
) -> Integers:
    """Where the last spell begins in the best partition of the days up to each age.

    Args:
        successes: running sums, one row per station, one column per age; before its first day they repeat.
        attempts: the same.
        ages: see ``_ages``.
        lengths: days of each station.
        n_log_n: of every count.

    Returns:
        Columns of ages, one row per station, one column per age.
    """
    starts = np.zeros(successes.shape, dtype="int64")
    rows, step = np.arange(len(lengths)), ROWS_AT_ONCE // len(lengths)
    of_attempts = np.where(np.arange(len(n_log_n)) < LEAST_ATTEMPTS, np.inf, n_log_n)

    # How many starts leave enough days to each end.
    allowed = np.searchsorted(-ages, -(ages + LEAST_DAYS), side="right").tolist()

    # Half the cost of the days up to each place. A first spell is no change: its penalty is given before all days.
    penalty = np.where(lengths[:, None] - ages >= LEAST_DAYS, CHANGE_EVIDENCE / 2, np.inf)
    costs = np.where(np.arange(len(ages)) > 0, np.inf, -CHANGE_EVIDENCE / 2) + np.zeros(starts.shape)

    for first in range(int(np.searchsorted(allowed, 1)), len(ages), step):
        block = slice(first, first + step)
        most = allowed[block][-1]
        tries = attempts[:, block, None] - attempts[:, None, :most]
        succeeded = successes[:, block, None] - successes[:, None, :most]

        # Half the costs of spells, by station, end and start. One that would end before it begins has counts under 0,
        # which read the tables from their ends: that is no error, and such costs are not used.
        spells = of_attempts.take(tries)
        spells -= n_log_n.take(succeeded)
        spells -= n_log_n.take(tries - succeeded)
        for end, spell in zip(range(first, len(ages)), np.moveaxis(spells, 1, 0), strict=False):
            total = costs[:, : allowed[end]] + spell[:, : allowed[end]]
            start = total.argmin(axis=1)
            starts[:, end] = start
            costs[:, end] = total[rows, start] + penalty[:, end]
    return starts
