"""Outages: times without a session that chance does not explain, of stations and of single ports, past and present.

What does not belong here: the chance of a pause (``exposure``), and what a station is now (``silence``, ``spells``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from evcharge.arrays import Integers
from evcharge.metrics.counted import counted_of
from evcharge.metrics.days import local_days
from evcharge.metrics.definitions import SUCCESS, Definition
from evcharge.metrics.exposure import LONGEST_SILENCE_DAYS, Network, Pause, calendars, day_numbers
from evcharge.metrics.packed import Packed, packed_numbers, packed_parts, packed_texts
from evcharge.metrics.pauses import Unlikely, Uses, by_sources, uses_of
from evcharge.metrics.selection import Selection
from evcharge.metrics.silence import in_use_at_end, silent_limit
from evcharge.models import FactCharging

SHARED = 0.5
"""A port's outage of which at least this share lies in one of its station is that of the station. Made up: half."""
DAY_BITS = 27
"""Of a number that holds a day yyyymmdd."""
OUTAGE_DTYPES = {
    "station_key": "int64",
    "port_id": "object",
    "first_day": "datetime64[s]",
    "last_day": "datetime64[s]",
    "days": "int64",
    "chance": "float64",
    "charges_lost": "float64",
}
"""Columns of ``find_outages`` and their dtypes."""
_Found = tuple[int, str | None, int, int, bool, Pause]
"""Station, port, first and last day, whether it is over, and the pause."""


def find_outages(days: pd.DataFrame, ports: pd.DataFrame, network: Network) -> pd.DataFrame:
    """The outages of every station, and of its ports where it has several.

    Args:
        days: the columns of ``days.count_days``.
        ports: the frame of ``read_port_days``.
        network: all stations of the sources.

    Returns:
        One row per outage, by station, first day and port: ``station_key``, ``port_id`` (None for the whole station),
        ``first_day``, ``last_day`` (missing where it goes on), ``days`` (to the end of the data where it goes on),
        ``chance`` (of so long a pause: ``exposure.Use.pause``; below ``silence.silent_limit`` of the stations in use,
        divided by the number of pauses of this station or port) and ``charges_lost``: the usual successes of such a
        time, missing after more than ``LONGEST_SILENCE_DAYS``. Drivers may have charged at the next port or station.
    """
    by_source = calendars(network)
    limit = silent_limit(in_use_at_end(network))
    found: list[_Found] = []
    whole: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for _, stations, uses in uses_of(days, network, by_source):
        for outage, over in _unlikely(uses, stations, network, limit):
            station = int(stations[outage.number])
            found.append((station, None, *outage[1:3], over, outage.pause))
            whole[station].append(outage[1:3])

    of_ports, ids = _several_ports(ports), ports["port_id"].to_numpy()
    for _, own, uses in by_sources(*of_ports[1:], network, by_source):
        for outage, over in _unlikely(uses, of_ports.stations[own], network, limit):
            port = own[outage.number]
            station = int(of_ports.stations[port])
            if not _shared(*outage[1:3], whole[station]):
                found.append((station, str(ids[of_ports.begins[port]]), *outage[1:3], over, outage.pause))
    return _frame(found)


class _Ports(NamedTuple):
    """The ports of the stations with several: where each begins in the frame, its station, and what ``Uses`` takes."""

    begins: Integers
    stations: Integers
    lengths: Integers
    columns: tuple[Integers, Integers, Integers]


def _several_ports(ports: pd.DataFrame) -> _Ports:
    begins = _port_begins(ports)
    stations = ports["station_key"].to_numpy()[begins].astype("int64")
    lengths = np.diff(begins, append=len(ports))
    several = np.isin(stations, (number := count_ports(ports)).index[number > 1])
    rows = np.repeat(several, lengths)
    columns = (day_numbers(ports["day"]), ports["sessions"].to_numpy(), ports["successes"].to_numpy())
    day, sessions, successes = (column[rows].astype("int64") for column in columns)
    return _Ports(begins[several], stations[several], lengths[several], (day, sessions, successes))


def _unlikely(uses: Uses, stations: Integers, network: Network, limit: float) -> Iterator[tuple[Unlikely, bool]]:
    """Each outage, and whether it is over."""
    ends = uses.ends_of_data(day_numbers(network.stations["data_ends"].reindex(stations)), network.asked_to)
    for outage in uses.pauses(limit):
        yield outage, True
    for outage in uses.last_pauses(ends, limit):
        if outage.last - outage.first < LONGEST_SILENCE_DAYS:
            yield outage, False


def _shared(first: int, last: int, whole: list[tuple[int, int]]) -> bool:
    """Whether the days from ``first`` to ``last`` lie in an outage of the whole station, or mostly."""
    common = (min(last, end) - max(first, begin) + 1 for begin, end in whole)
    return any(days >= SHARED * (last - first + 1) for days in common)


def _frame(found: list[_Found]) -> pd.DataFrame:
    rows = [
        (
            station,
            port,
            np.datetime64(first, "D"),
            np.datetime64(last, "D") if over else np.datetime64("NaT", "D"),
            last - first + 1,
            pause.chance,
            pause.charges_missed if last - first < LONGEST_SILENCE_DAYS else np.nan,
        )
        for station, port, first, last, over, pause in found
    ]
    outages = pd.DataFrame(rows, columns=list(OUTAGE_DTYPES)).astype(OUTAGE_DTYPES)
    return outages.sort_values(["station_key", "first_day", "port_id"], na_position="first", ignore_index=True)


def select_port_sessions(definition: Definition, selection: Selection) -> Select[Any]:
    """The sessions of each station that name a port, in no order: one row per station, packed.

    Columns: station_key, how many sessions, their ``times`` (time_key, and 1 for a success, 0 for another) and ports.
    """
    time = FactCharging.time_key * 10 + case((definition.outcome == SUCCESS, 1), else_=0)
    packed = (packed_numbers(time), packed_texts(FactCharging.port_id))
    columns: tuple[Any, ...] = (FactCharging.station_key, func.count(), *packed)
    return (
        select(*columns)
        .where(*selection.conditions(), FactCharging.port_id.is_not(None))
        .group_by(FactCharging.station_key)
    )


def read_port_days(session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
    """The days of each port that the selected sessions name: one row per port and day with sessions, in order.

    Columns: ``station_key``, ``port_id``, ``day`` (datetime64, local), ``sessions`` and ``successes``. No rows where
    there are counts alone, which don't tell ports by day.
    """
    if counted_of(session):
        return _no_port_days()
    parts = [_port_days(part) for part in packed_parts(session, select_port_sessions(definition, selection))]
    rows = pd.concat(parts, ignore_index=True)
    station = rows["station_key"].to_numpy()
    return rows if (np.diff(station) >= 0).all() else rows.sort_values("station_key", kind="stable", ignore_index=True)


def _no_port_days() -> pd.DataFrame:
    """The columns of ``read_port_days`` without a row."""
    nothing = np.empty(0, dtype="int64")
    counts = {"sessions": nothing, "successes": nothing}
    ports = pd.Series([], dtype=object)
    return pd.DataFrame({"station_key": nothing, "port_id": ports, "day": local_days(nothing), **counts})


def _port_days(part: Packed) -> pd.DataFrame:
    """The rows of ``read_port_days`` of some stations; those of one are together."""
    times, station, (port, ids) = part.numbers(2), part.keys(), part.texts(3)
    day, succeeded = times // 1000, times % 10

    # Station, port and day fit into one number: one sort, not three.
    key = (pd.factorize(station)[0] * len(ids) + port << DAY_BITS) + day
    order = np.argsort(key)
    begins = np.flatnonzero(np.diff(key[order], prepend=-1))
    first = order[begins]
    return pd.DataFrame(
        {
            "station_key": station[first],
            "port_id": pd.Series(np.array(ids, dtype=object)[port[first]], dtype=object),
            "day": local_days(day[first] * 100),
            "sessions": np.diff(begins, append=len(order)),
            "successes": np.add.reduceat(succeeded[order], begins) if len(begins) else begins,
        }
    )


def read_port_numbers(session: Session, port_days: pd.DataFrame) -> pd.Series:
    """How many ports each station has: of ``count_ports``, or as it was given where there are counts alone."""
    counted = counted_of(session)
    return count_ports(port_days) if counted is None or counted.ports is None else counted.ports


def count_ports(port_days: pd.DataFrame) -> pd.Series:
    """How many ports the sessions of each station name, by station_key; stations of which none does are left out.

    Args:
        port_days: the frame of ``read_port_days``.
    """
    stations = port_days["station_key"].to_numpy()[_port_begins(port_days)]
    return pd.Series(stations).value_counts()


def _port_begins(port_days: pd.DataFrame) -> Integers:
    """The place of each port's first row; each port is one slice."""
    station, port = port_days["station_key"].to_numpy(), port_days["port_id"].to_numpy()
    differs = (station[1:] != station[:-1]) | (port[1:] != port[:-1])
    begins: Integers = np.concatenate([np.zeros(min(len(station), 1), dtype="int64"), np.flatnonzero(differs) + 1])
    return begins
