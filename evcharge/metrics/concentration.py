"""Whether a station's failures bunch in some hours of the day, or at one port, beyond chance.

What does not belong here: how many failures there are and since when (``spells``), why they failed (``reasons``), the
reading of counts (``detail``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evcharge.arrays import Floats, Integers

HOURS_OF_A_DAY = 24
LONGEST_WINDOW_HOURS = 12
"""Longest window that is tried. House rule: a longer one is better told by the hours that are left."""
BUNCHED_CHANCE = 0.001
"""Adjusted chance below which a window is shown or a port named. House rule, provisional: where each attempt fails or
not by itself, at most 1 station in 1,000 is shown; retries of one driver make it more (docs/metrics/concentration.md),
and the limit is as strict as ``rates.BELOW_TAIL`` for their sake."""
LEAST_PORTS = 2
"""Ports that a station must have for one of them to be the worst."""


@dataclass(frozen=True)
class HourWindow:
    """Hours of the day in which more of a station's attempts fail than chance explains.

    Attributes:
        first_hour: local hour it begins with, 0 to 23.
        hours: how many it has, 1 to 12; past 23 it goes on at 0.
        failures: within it, on all days together.
        attempts: within it.
        failure_ratio_inside: failures / attempts within it [0 to 1].
        failure_ratio_outside: of the other hours.
        adjusted_chance: that chance bunches so many failures in any of the windows.
    """

    first_hour: int
    hours: int
    failures: int
    attempts: int
    failure_ratio_inside: float
    failure_ratio_outside: float
    adjusted_chance: float


@dataclass(frozen=True)
class WorstPort:
    """The port at which more of a station's attempts fail than chance explains.

    Attributes:
        port_id: as the source has it.
        failures: at this port.
        attempts: at this port.
        failure_share: of all the station's failures, those at this port [0 to 1].
        adjusted_chance: that chance bunches so many failures at any of the ports.
    """

    port_id: str
    failures: int
    attempts: int
    failure_share: float
    adjusted_chance: float


def hour_window(hours: pd.DataFrame) -> HourWindow | None:
    """The hours of the day in which a station's failures bunch, or None.

    Of all windows of 1 to 12 hours around the clock: the exact chance that so many of the station's failures, or more,
    fall among the attempts within (hypergeometric), times the number of windows (Bonferroni). The least chance is told
    if it is below ``BUNCHED_CHANCE``; of equal ones the shortest window, then the one that begins first.

    Args:
        hours: ``hour`` (0 to 23), ``attempts`` and ``failures`` (integers), in any order; missing hours count 0.
    """
    hour = hours["hour"].to_numpy(dtype="int64")
    attempts, failures = (
        np.bincount(hour, hours[name].to_numpy(dtype=float), HOURS_OF_A_DAY).astype("int64")
        for name in ("attempts", "failures")
    )
    if not failures.any():
        return None

    # All pairs of length and first hour, the shortest first: ``argmin`` keeps the first of equal chances.
    length, first = (
        grid.ravel()
        for grid in np.meshgrid(np.arange(1, LONGEST_WINDOW_HOURS + 1), np.arange(HOURS_OF_A_DAY), indexing="ij")
    )
    attempts_in, failures_in = (_sums_around_the_clock(counts, first, length) for counts in (attempts, failures))

    chance = _chances_of_so_many(failures_in, attempts_in, int(failures.sum()), int(attempts.sum()))
    best = int(np.argmin(chance))
    adjusted = min(1.0, float(chance[best]) * len(chance))
    if adjusted >= BUNCHED_CHANCE:
        return None

    failed, tried = int(failures_in[best]), int(attempts_in[best])
    outside = (int(failures.sum()) - failed) / (int(attempts.sum()) - tried)
    return HourWindow(int(first[best]), int(length[best]), failed, tried, failed / tried, outside, adjusted)


def _sums_around_the_clock(counts: Integers, first: Integers, length: Integers) -> Integers:
    """Sums of the counts of 24 hours over windows that begin at ``first`` and may pass midnight."""
    # The day stands twice in a row, so that a window past midnight is one slice too.
    running = np.concatenate([[0], np.cumsum(np.tile(counts, 2))])
    sums: Integers = running[first + length] - running[first]
    return sums


def worst_port(ports: pd.DataFrame, doubted: Collection[str] = ()) -> WorstPort | None:
    """The port at which a station's failures bunch, or None.

    For each port the exact chance that so many of the station's failures, or more, fall among its attempts
    (hypergeometric), times the number of ports (Bonferroni). The least chance is told if it is below
    ``BUNCHED_CHANCE``; of equal ones the port whose id comes first.

    Args:
        ports: ``port_id`` (text, or None for sessions without one), ``attempts`` and ``failures`` (integers), a row a
            port, in any order. Sessions without a port are part of the station and never the port that is named. With
            fewer than two ports there is none to compare.
        doubted: ids that nothing shows to be ports (``ports.read_doubted_ports``). Their sessions are part of the
            station as those without a port are.
    """
    has_port = ports["port_id"].notna() & ~ports["port_id"].isin(list(doubted))
    named = ports[has_port].sort_values("port_id", ignore_index=True)
    all_failures, all_attempts = int(ports["failures"].sum()), int(ports["attempts"].sum())
    if len(named) < LEAST_PORTS or all_failures == 0:
        return None

    attempts, failures = (named[name].to_numpy(dtype="int64") for name in ("attempts", "failures"))
    chance = _chances_of_so_many(failures, attempts, all_failures, all_attempts)
    best = int(np.argmin(chance))
    adjusted = min(1.0, float(chance[best]) * len(named))
    if adjusted >= BUNCHED_CHANCE:
        return None

    share = int(failures[best]) / all_failures
    return WorstPort(str(named["port_id"][best]), int(failures[best]), int(attempts[best]), share, adjusted)


def _chances_of_so_many(failures: Integers, attempts: Integers, all_failures: int, all_attempts: int) -> Floats:
    """P(X ≥ failures among these attempts), were all failures dealt out among all attempts: hypergeometric, exact.

    1 where the ratio among them is not above that of all attempts: nothing bunches there. Summed here, since
    ``scipy.stats`` takes a second to import; and one group at a time, so that memory grows with the attempts alone.
    """
    from scipy.special import gammaln

    # ln i! at place i: each binomial coefficient is then three look-ups, and no factorial overflows.
    log_factorial = gammaln(np.arange(all_attempts + 1) + 1.0)

    def log_choose(n: int, k: Integers) -> Floats:
        logs: Floats = log_factorial[n] - log_factorial[k] - log_factorial[n - k]
        return logs

    # Cross-multiplied, so that the ratios are compared as integers.
    chances = np.ones(len(failures))
    for group in np.flatnonzero(failures * all_attempts > attempts * all_failures):
        inside = int(attempts[group])
        x = np.arange(int(failures[group]), min(inside, all_failures) + 1)
        logs = log_choose(inside, x) + log_choose(all_attempts - inside, all_failures - x)
        chances[group] = np.exp(logs - log_choose(all_attempts, np.array(all_failures))).sum()
    return np.minimum(chances, 1.0)
