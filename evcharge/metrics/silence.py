"""Stations that fell silent: so long without a session that chance does not explain it.

A dead station has no failures, so no success rate shows it. What does not belong here: how much a day without a session
tells (``exposure``), silences that are over (``outages``), success and its changes (``spells``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evcharge.metrics.days import local_days
from evcharge.metrics.exposure import (
    LONGEST_SILENCE_DAYS,
    Calendar,
    Network,
    calendars,
    day_numbers,
)
from evcharge.metrics.holes import days_in_data, find_holes, find_stale
from evcharge.metrics.pauses import uses_of
from evcharge.metrics.usual import usual_weeks

SILENT_CHANCE = 1e-4
"""A station is silent when chance gives so long a pause less often than this. Made up; what it is worth on real
histories is measured by ``benchmarks/silence.py``."""
FALSE_REPORT_CHANCE = 0.005
"""Divided by the number of stations in use, the limit where that is below ``SILENT_CHANCE``: among many stations there
are more pauses by chance. Made up: one weekly report in four years, were the chance exact."""
REPLAYED_SILENT, REPLAYED_FALSE = 46, 14
"""Stations newly called silent in weekly replays of four public histories, and how many of these charged again within
two weeks. Source: ``benchmarks/silence.py``, table "On real histories" of docs/metrics/spells.md."""
CLOCKS_AHEAD_SHARE = 0.1
"""Share of a source's stations whose clocks may run ahead without moving the end of its data. Made up: one charger
that dates its sessions next week must not silence all the others."""
LATE_HOUR = 22
"""Hour of a session from which on the last day of the data is taken as whole. Made up: a file that was cut in the
morning must not make a station silent that is used in the afternoon."""


def silent_limit(stations: int) -> float:
    """The chance of a pause below which a station is silent, with so many in use."""
    return min(SILENT_CHANCE, FALSE_REPORT_CHANCE / max(stations, 1))


def in_use_at_end(network: Network) -> int:
    """How many stations had a session in the last ``LONGEST_SILENCE_DAYS`` of the data of their source."""
    pause = day_numbers(network.stations["data_ends"]) - day_numbers(network.stations["last_day"])
    return int((pause <= LONGEST_SILENCE_DAYS).sum())


def data_ends(stations: pd.DataFrame, days: pd.DataFrame) -> pd.Series:
    """The last whole day of the data of each station's source, by station_key: files end on different days.

    The data ends with the latest session of a station, once ``CLOCKS_AHEAD_SHARE`` of the stations in use then, rounded
    down, are set aside: those with the latest sessions. Its day is whole from ``LATE_HOUR`` on; else the day before is.

    Args:
        stations: ``station_key``, ``source`` and ``last_hour`` (of its last session, local, yyyymmddhh), a row a
            station.
        days: ``source``, ``day`` and its ``sessions``: a row a source and day with any.
    """
    by_source = dict(list(days.groupby("source")))
    ends = {source: _end(own["last_hour"], by_source[source]) for source, own in stations.groupby("source")}
    last_hours = stations.set_index("station_key")["source"].map(ends).astype("int64")
    whole = last_hours % 100 >= LATE_HOUR
    last_days = local_days(np.asarray(last_hours, dtype=np.int64))
    return pd.Series(np.where(whole, last_days, last_days - np.timedelta64(1, "D")), index=last_hours.index)


def _end(last_hours: pd.Series, days: pd.DataFrame) -> int:
    """The local hour of the session that ends the data of one source.

    Stations of which all others had been out of use for long are a later period of the source, unless they are a
    ``CLOCKS_AHEAD_SHARE`` of its stations at most, and have at most that share of the sessions of its busiest quarter:
    then their clocks are a year ahead.
    """
    latest_first = np.sort(last_hours.to_numpy())[::-1]
    last = local_days(np.asarray(latest_first, dtype=np.int64)).astype("datetime64[D]").astype("int64")
    day, sessions = day_numbers(days["day"]), days["sessions"].to_numpy()
    order = np.argsort(day)

    # Sessions of the quarter up to each day: all up to it, less all up to the day before the quarter.
    sums = np.concatenate([[0], np.cumsum(sessions[order])])
    quarter = sums[1:] - sums[np.searchsorted(day[order], day[order] - LONGEST_SILENCE_DAYS)]
    begin = 0
    while begin < len(last):
        in_use = int((last[begin:] >= last[begin] - LONGEST_SILENCE_DAYS).sum())
        volume = quarter[np.searchsorted(day[order], last[begin])]
        if in_use > CLOCKS_AHEAD_SHARE * len(last) or volume > CLOCKS_AHEAD_SHARE * quarter.max():
            return int(latest_first[begin + int(in_use * CLOCKS_AHEAD_SHARE)])
        begin += in_use
    return int(latest_first[0])


def _spans(days: pd.DataFrame, network: Network, by_source: Mapping[str, Calendar]) -> pd.DataFrame:
    """One row per station, by ``station_key``: ``first`` and ``last`` day with a session, ``end``, ``chance``.

    Days are numbers; the chance is that of the pause since the last session up to ``end``, the last day on which one
    is missed.
    """
    spans = pd.DataFrame({"station_key": np.unique(days["station_key"].to_numpy().astype("int64"))})
    first, last, end = np.zeros((3, len(spans)), dtype="int64")
    chance = np.zeros(len(spans))
    for _, stations, uses in uses_of(days, network, by_source):
        own = np.searchsorted(spans["station_key"].to_numpy(), stations)
        first[own], last[own] = uses.days[uses.begins], uses.last_days
        end[own] = uses.ends_of_data(day_numbers(network.stations["data_ends"].reindex(stations)), network.asked_to)
        pauses = zip(uses.each(), last[own].tolist(), end[own].tolist(), strict=True)
        chance[own] = [use.pause(begin, stop).chance for use, begin, stop in pauses]
    return spans.assign(first=first, last=last, end=end, chance=chance)


def find_silence(days: pd.DataFrame, network: Network) -> pd.DataFrame:
    """How used each station was, and whether it has fallen silent.

    The chance of its pause is that of ``exposure.Use.pause``.

    Args:
        days: the columns of ``days.count_days``, in any order. Every session shows that the station is alive, whatever
            its outcome.
        network: all stations of the sources, also those that ``days`` lacks: what they did tells what a day weighs,
            and their number sets the limit.

    Returns:
        One row per station, by ``station_key``: ``last_session`` (day), ``silent_days`` (from it to the data's end),
        ``silence_chance`` (NaN with fewer than ``exposure.LEAST_DAYS_KNOWN`` days), ``silent`` (boolean: it is below
        ``silent_limit``, and not for longer than ``LONGEST_SILENCE_DAYS``), ``out_of_use`` (boolean: no session for
        longer than that), ``data_ends`` (day), ``no_data`` (boolean: that is so long before the last day asked for that
        chance does not explain it, and no silence of this station), and the columns of ``usual.usual_weeks``, up to the
        end of the data, or to the last session of a silent station or one out of use. Where a station has a session
        after the end of the data, that is the end of its own; where so few stations are in use that they tell nothing
        of each other, the last day asked for is.
    """
    by_source = calendars(network)
    holes, stale = find_holes(network, by_source), find_stale(network, by_source)
    spans = _spans(days, network, by_source)
    stations, first, last, end, chance = (spans[name].to_numpy() for name in spans)
    rows = network.stations.loc[stations]

    # Days after the last session of a station that has stopped are no part of its usual weeks.
    out_of_use = end - last > LONGEST_SILENCE_DAYS
    silent = (chance < silent_limit(in_use_at_end(network))) & ~out_of_use
    stop = np.where(silent | out_of_use, last, end)
    in_use = pd.DataFrame({"station_key": stations, "source": rows["source"].to_numpy(), "first": first, "stop": stop})
    in_data = {name: days_in_data(one, holes[holes["source"] == name]) for name, one in by_source.items()}
    usual = usual_weeks(days, in_use, in_data, {name: one.first for name, one in by_source.items()})

    told = pd.DataFrame(
        {
            "station_key": stations,
            "last_session": last.astype("datetime64[D]").astype("datetime64[s]"),
            "silent_days": end - last,
            "silence_chance": chance,
            "silent": silent,
            "out_of_use": out_of_use,
            "data_ends": rows["data_ends"].to_numpy().astype("datetime64[s]"),
            "no_data": rows["source"].isin(stale).to_numpy() & ~silent,
        }
    )
    return pd.concat([told, usual], axis=1)
