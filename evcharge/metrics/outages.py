"""Outages: times without a session that chance does not explain, of stations and of single ports, past and present.

What does not belong here: the chance of a pause (``exposure``), and what a station is now (``silence``, ``spells``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from evcharge.arrays import Integers
from evcharge.metrics.counted import counted_of
from evcharge.metrics.days import ROWS_AT_ONCE, local_days
from evcharge.metrics.definitions import SUCCESS, Definition
from evcharge.metrics.exposure import LONGEST_SILENCE_DAYS, Network, Pause, Use, calendars, day_numbers
from evcharge.metrics.outcomes import Selection
from evcharge.metrics.silence import end_of, in_use_at_end, silent_limit, uses_of
from evcharge.models import FactCharging

SHARED = 0.5
"""A port's outage of which at least this share lies in one of its station is that of the station. Made up: half."""
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
    data_ends = dict(zip(network.stations.index.tolist(), day_numbers(network.stations["data_ends"]), strict=True))
    found: list[_Found] = []
    for station, use in uses_of(days, network, by_source):
        end = end_of(use, data_ends[station], network.asked_to)
        found += [(station, None, *row) for row in _outages_of(use, end, limit)]
    whole: dict[int, list[tuple[int, int]]] = {}
    for station, _, first, last, *_ in found:
        whole.setdefault(station, []).append((first, last))

    sources = network.stations["source"].to_dict()
    for station, port, *columns in _several_ports(ports):
        use = Use(by_source[sources[station]], *columns)
        end = end_of(use, data_ends[station], network.asked_to)
        for first, last, over, pause in _outages_of(use, end, limit):
            if not _shared(first, last, whole.get(station, [])):
                found.append((station, port, first, last, over, pause))
    return _frame(found)


def _several_ports(ports: pd.DataFrame) -> Iterator[tuple[int, str, Integers, Integers, Integers]]:
    """Each port of the stations with several: its station, its id, and its days, sessions and successes."""
    begins = _port_begins(ports)
    stations = ports["station_key"].to_numpy()[begins]
    columns = (day_numbers(ports["day"]), ports["sessions"].to_numpy(), ports["successes"].to_numpy())
    several = np.isin(stations, (number := count_ports(ports)).index[number > 1])
    ends, ids = [*begins[1:].tolist(), len(ports)], ports["port_id"].to_numpy()
    for place in np.flatnonzero(several).tolist():
        own = slice(int(begins[place]), ends[place])
        day, sessions, successes = (column[own] for column in columns)
        yield int(stations[place]), str(ids[own.start]), day, sessions, successes


def _outages_of(use: Use, end: int, limit: float) -> Iterator[tuple[int, int, bool, Pause]]:
    """First and last day of each outage, whether it is over, and its pause."""
    for first, last, pause in use.pauses(limit):
        yield first, last, True, pause
    last_session = int(use.days[-1])
    pause = use.pause(last_session, end)
    if pause.chance < limit and end - last_session <= LONGEST_SILENCE_DAYS:
        yield last_session + 1, end, False, pause


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


def read_port_days(session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
    """The days of each port that the selected sessions name: one row per port and day with sessions, in order.

    Columns: ``station_key``, ``port_id``, ``day`` (datetime64, local), ``sessions`` and ``successes``. No rows where
    there are counts alone, which don't tell ports by day.
    """
    keys = (FactCharging.station_key, FactCharging.port_id, FactCharging.time_key // 100)
    successes = func.sum(case((definition.outcome == SUCCESS, 1), else_=0))
    query = (
        select(*keys[:2], keys[2].label("day"), func.count().label("sessions"), successes.label("successes"))
        .where(*selection.conditions(), FactCharging.port_id.is_not(None))
        .group_by(*keys)
    )
    kinds = {"station_key": "int64", "port_id": "object", "day": "int64", "sessions": "int64", "successes": "int64"}
    parts: dict[str, list[Any]] = {name: [np.empty(0, dtype=kind)] for name, kind in kinds.items()}
    for part in _partitions(session, query):
        for (name, kind), values in zip(kinds.items(), zip(*part, strict=True), strict=True):
            parts[name].append(np.array(values, dtype=kind))
    rows = pd.DataFrame({name: pd.Series(np.concatenate(some), dtype=kinds[name]) for name, some in parts.items()})

    # Ids are sorted once each, and rows by the places of their ids: texts are slow to sort.
    port, _ = pd.factorize(rows["port_id"].to_numpy(), sort=True)
    rows = rows.iloc[np.lexsort((rows["day"], port, rows["station_key"]))].reset_index(drop=True)
    return rows.assign(day=local_days(rows["day"].to_numpy() * 100))


def _partitions(session: Session, query: Select[Any]) -> Iterator[Sequence[Any]]:
    if counted_of(session):
        return iter(())
    return session.connection().execute(query, execution_options={"yield_per": ROWS_AT_ONCE}).partitions()


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
