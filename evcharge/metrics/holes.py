"""Days that are not in the data of a source: no station has a session on them, and chance does not explain that.

A month that was not loaded, a closure of all, the time after the last file. What does not belong here: single stations
(``silence``, ``outages``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evcharge.arrays import Integers
from evcharge.metrics.exposure import Calendar, Network, day_numbers
from evcharge.metrics.pauses import Uses

HOLE_CHANCE = 1e-4
"""Days without a session of a whole source are a hole when chance gives so long a time, weekday by weekday, less often
than this divided by the number of such times. Made up: that of ``silence.SILENT_CHANCE``."""

LEAST_HOLE_DAYS = 7
"""A hole is a week at least, and so is the time after the end of the data. Made up: Christmas Day is no hole, hardly
changes a usual week, and a file may be a day late."""


def find_holes(network: Network, by_source: Mapping[str, Calendar]) -> pd.DataFrame:
    """The holes between the sessions of each source, up to the end of its data.

    In a source of so few stations that each may be all that is down, days that a load covers are no hole.

    Returns:
        One row per hole, by source and day: ``source``, ``first_day``, ``last_day`` and ``days``.
    """
    rows = []
    for source, calendar in by_source.items():
        for _, first, last, _ in _whole(calendar, _end(network, source)).pauses(HOLE_CHANCE, LEAST_HOLE_DAYS):
            covered = calendar.covered[first - calendar.first : last - calendar.first + 1].all()
            if not (covered and calendar.few(first - 1)):
                rows.append((source, *np.array([first, last], dtype="datetime64[D]"), last - first + 1))
    holes = pd.DataFrame(rows, columns=["source", "first_day", "last_day", "days"])
    return holes.astype({"source": object, "first_day": "datetime64[s]", "last_day": "datetime64[s]", "days": "int64"})


def find_stale(network: Network, by_source: Mapping[str, Calendar]) -> set[str]:
    """The sources whose data ends so long before the last day asked for that chance does not explain it.

    That is a week before it, at least.
    """
    if network.asked_to is None:
        return set()
    stale = set()
    for source, calendar in by_source.items():
        whole = _whole(calendar, _end(network, source))
        last = int(whole.last_days[0])
        chance = whole.use(0).pause(last, network.asked_to).chance
        if network.asked_to - last >= LEAST_HOLE_DAYS and chance < HOLE_CHANCE:
            stale.add(source)
    return stale


def days_in_data(calendar: Calendar, holes: pd.DataFrame) -> Integers:
    """How many days before each of the calendar, and before the day after its last, are in no hole of its source."""
    there = np.ones(len(calendar.sessions), dtype="int64")
    for first, last in zip(day_numbers(holes["first_day"]), day_numbers(holes["last_day"]), strict=True):
        there[first - calendar.first : last - calendar.first + 1] = 0
    sums: Integers = np.concatenate([[0], np.cumsum(there)])
    return sums


def _end(network: Network, source: str) -> int:
    """The last day with a session that ends the data of a source; its clocks that run ahead have later ones."""
    stations = network.stations[network.stations["source"] == source]
    return int(day_numbers(stations["data_ends"]).max())


def _whole(calendar: Calendar, end: int) -> Uses:
    """The source as one station, up to the end of its data; the day after may have been cut."""
    place = np.flatnonzero(calendar.sessions[: end + 2 - calendar.first])
    sessions = calendar.sessions[place]
    return Uses(calendar.as_one(), np.array([len(place)]), place + calendar.first, sessions, sessions)
