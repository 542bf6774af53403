"""Stations that fell silent: so long without a session that chance does not explain it.

A dead station has no failures, so no success rate shows it. What does not belong here: success and its changes
(``spells``), the counting of days (``days``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evcharge.arrays import Floats, Integers
from evcharge.metrics.days import DAY_COUNTS, local_days

SILENT_CHANCE = 1e-4
"""A station is silent when chance gives so long a pause less often than this. House rule, provisional."""
FALSE_REPORT_CHANCE = 0.005
"""Chance that a report shows any live station as silent, were sessions to come by chance alone: the limit is this
divided by the number of stations, where that is below ``SILENT_CHANCE``. House rule, provisional: one weekly report in
four years."""
LEAST_DAYS_KNOWN = 14
"""Days from the first session to the last that tell how much a station is used: each weekday twice. House rule."""
CLOCKS_AHEAD_SHARE = 0.1
"""Share of a source's stations whose clocks may run ahead without moving the end of its data. House rule, provisional:
one charger that dates its sessions next week must not silence all the others."""
LATE_HOUR = 22
"""Hour of a session from which on the last day of the data is taken as whole. House rule, provisional: a file that was
cut in the morning must not make a station silent that is used in the afternoon."""
DAYS_OF_A_WEEK = 7
LONGEST_SILENCE_DAYS = 13 * DAYS_OF_A_WEEK
"""After a quarter without a session a station is out of use rather than silent: closed, replaced, or renamed, and what
it once delivered is no loss of this week. House rule, provisional."""


def silent_limit(stations: int) -> float:
    """The chance of a pause below which a station among so many is silent."""
    return min(SILENT_CHANCE, FALSE_REPORT_CHANCE / max(stations, 1))


def data_ends(stations: pd.DataFrame) -> pd.Series:
    """The last whole day of the data of each station's source, by station_key: files end on different days.

    The data ends with the latest session of a station, once ``CLOCKS_AHEAD_SHARE`` of the source's stations, rounded
    down, are set aside: those with the latest sessions. Its day is whole from ``LATE_HOUR`` on; else the day before is.

    Args:
        stations: ``station_key``, ``source`` and ``last_hour`` (of its last session, local, yyyymmddhh), a row a
            station.
    """
    last_hours = stations.set_index("station_key").groupby("source")["last_hour"].transform(_end).astype("int64")
    whole = last_hours % 100 >= LATE_HOUR
    days = local_days(np.asarray(last_hours, dtype=np.int64))
    return pd.Series(np.where(whole, days, days - np.timedelta64(1, "D")), index=last_hours.index)


def _end(last_hours: pd.Series) -> int:
    latest_first = np.sort(last_hours.to_numpy())[::-1]
    return int(latest_first[int(len(latest_first) * CLOCKS_AHEAD_SHARE)])


def find_silence(days: pd.DataFrame, ends: pd.Series) -> pd.DataFrame:
    """How used each station was, and whether it has fallen silent.

    Each weekday stands for itself: with k sessions on D such days of use and m such days since, the chance that none of
    the k fell on the m is (D / (D + m))^k where sessions come evenly by chance (Poisson); the chances of the seven are
    multiplied. With much data this is exp(−λm) at λ = k/D, and with little it is no surer than the data. A weekday that
    never had a session says nothing. Source: Przyborowski and Wilenski 1940, Biometrika 31:313-323, two Poisson counts.

    Args:
        days: the columns of ``days.count_days``, in any order. Every session shows that the station is alive, whatever
            its outcome.
        ends: last whole day of the data (datetime64) by station_key (see ``data_ends``): of every station of the
            network, also where ``days`` holds only some of them, since their number sets the limit.

    Returns:
        A row a station, by ``station_key``: ``last_session`` (day), ``silent_days`` (after it, to the end of the data),
        ``silence_chance`` (NaN with fewer than ``LEAST_DAYS_KNOWN`` days), ``silent`` (boolean: it is below
        ``silent_limit``, and not for longer than ``LONGEST_SILENCE_DAYS``), ``out_of_use`` (boolean: no session for
        longer than that), ``attempts_per_week`` and ``successes_per_week`` (of attempts with an outcome, over the days
        in use, to the end of the data, or to the last session of a silent station or one out of use; NaN with fewer
        than 7 days). Where a station has a session after the end of the data, that is the end of its own.
    """
    stations, row = np.unique(days["station_key"].to_numpy(), return_inverse=True)
    first, last = _first_and_last(row, _day_numbers(days["day"]), len(stations))
    end = np.maximum(_day_numbers(ends.loc[stations]), last)

    chance = _pause_chances(days, row, first, last, end)
    out_of_use = end - last > LONGEST_SILENCE_DAYS
    silent = (chance < silent_limit(len(ends))) & ~out_of_use

    # Days after the last session of a station that has stopped are no part of its usual weeks.
    weeks = (np.where(silent | out_of_use, last, end) - first + 1) / DAYS_OF_A_WEEK
    weeks = np.where(weeks >= 1, weeks, np.nan)
    attempts = (days["successes"] + days["failures"]).to_numpy()

    return pd.DataFrame(
        {
            "station_key": stations,
            "last_session": last.astype("datetime64[D]").astype("datetime64[s]"),
            "silent_days": end - last,
            "silence_chance": chance,
            "silent": silent,
            "out_of_use": out_of_use,
            "attempts_per_week": np.bincount(row, attempts, len(stations)) / weeks,
            "successes_per_week": np.bincount(row, days["successes"].to_numpy(), len(stations)) / weeks,
        }
    )


def _first_and_last(row: Integers, day: Integers, stations: int) -> tuple[Integers, Integers]:
    """First and last day of each station; ``row`` is the number of the station that each day belongs to."""
    first = np.full(stations, np.iinfo("int64").max)
    last = np.full(stations, np.iinfo("int64").min)

    # ``.at`` takes the extreme of all days of a station, where plain indexing would keep one of them.
    np.minimum.at(first, row, day)
    np.maximum.at(last, row, day)
    return first, last


def _pause_chances(days: pd.DataFrame, row: Integers, first: Integers, last: Integers, end: Integers) -> Floats:
    """The chance of each station's pause, by the formula of ``find_silence``; NaN where too few days are known."""
    # Day numbers modulo 7 stand for weekdays; ``weekdays_within`` has its columns in the same order.
    weekday = _day_numbers(days["day"]) % DAYS_OF_A_WEEK
    sessions = np.zeros((len(first), DAYS_OF_A_WEEK))
    np.add.at(sessions, (row, weekday), days[list(DAY_COUNTS)].sum(axis=1).to_numpy())

    # The product of the seven chances is taken as a sum of logs; a weekday that never came has no session and counts 0,
    # and the least of 1 keeps its log finite.
    in_use, since = weekdays_within(first, last), weekdays_within(last + 1, end)
    log_chance = (sessions * np.log(np.maximum(in_use, 1) / np.maximum(in_use + since, 1))).sum(axis=1)
    return np.where(last - first + 1 >= LEAST_DAYS_KNOWN, np.exp(log_chance), np.nan)


def _day_numbers(days: pd.Series) -> Integers:
    """Days counted from 1970-01-01."""
    numbers: Integers = days.to_numpy().astype("datetime64[D]").astype("int64")
    return numbers


def weekdays_within(first: Integers, last: Integers) -> Floats:
    """How often each weekday comes from ``first`` to ``last``, both included: columns by day number modulo 7.

    Days are numbers counted from 1970-01-01; where ``last`` is before ``first`` there is none.
    """
    weekday = np.arange(DAYS_OF_A_WEEK)
    up_to_last = (last[:, np.newaxis] - weekday) // DAYS_OF_A_WEEK
    before_first = (first[:, np.newaxis] - 1 - weekday) // DAYS_OF_A_WEEK
    counts: Floats = np.maximum(up_to_last - before_first, 0).astype(float)
    return counts
