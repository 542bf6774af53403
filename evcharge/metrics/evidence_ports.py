"""Which ports stations have, which connectors make each, and where they stand among the arrays of uptime.

Ports and connectors stand in one order, those of a port together, those of a station together. What does not belong
here: what is said of them (``report.uptime_of_database``), and when a port of several connectors is down
(``availability.connectors``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Integers
from evcharge.metrics.availability.evidence import EVER_MS, Ports
from evcharge.metrics.milliseconds import midnight_ms

NO_PORT = -1
"""Place of a port that can't be told."""
WHOLE = ""
"""Port id of a statement about a whole station, and of the only port of a station of which nobody names one."""


def connector_table(stations: pd.DataFrame, named: pd.DataFrame, registered: pd.DataFrame) -> pd.DataFrame:
    """``station_key``, ``port_id``, ``told_as`` and ``port`` (its place) of every connector, in order.

    Each id is a port. But where a registry places one port at a station, and only message logs name others there, these
    are its connectors. A port of which a log tells several connectors has so many rows: the first is up while one of
    its connectors is, the second while two are, and so on.

    Args:
        stations: with ``station_key``, in order.
        named: ``station_key``, ``port_id`` (``WHOLE`` names none), ``connectors``, and ``is_port``, false where the id
            may be that of a connector, of all that name ports.
        registered: ``station_key`` and ``port_id`` of the ports that a registry places.
    """
    names = named[named["port_id"] != WHOLE].groupby(["station_key", "port_id"], as_index=False)
    most = names.agg(connectors=("connectors", "max"), is_port=("is_port", "any"))
    told: dict[int, dict[str, tuple[int, bool]]] = {}
    for key, name, *more in zip(*(most[column].tolist() for column in most), strict=True):  # in order
        told.setdefault(key, {})[name] = (max(1, more[0]), more[1])
    places: dict[int, list[str]] = {}
    for key, port_id in sorted(zip(registered["station_key"].tolist(), registered["port_id"].tolist(), strict=True)):
        places.setdefault(key, []).append(port_id)

    rows: list[tuple[int, str, str]] = []
    for key in stations["station_key"].tolist():
        own, placed = told.get(key, {}), places.get(key, [])
        are_connectors = bool(own) and len(placed) == 1 and not any(is_port for _, is_port in own.values())
        if are_connectors and placed[0] not in own:
            rows += [(key, placed[0], name) for name, (connectors, _) in own.items() for _ in range(connectors)]
        else:
            ids = sorted({*own, *placed}) or [WHOLE]
            rows += [(key, name, name) for name in ids for _ in range(own.get(name, (1, True))[0])]
    table = pd.DataFrame(rows, columns=["station_key", "port_id", "told_as"]).astype({"station_key": "int64"})
    begins = (table[["station_key", "port_id"]] != table[["station_key", "port_id"]].shift()).any(axis=1)
    return table.assign(port=begins.cumsum() - 1)


class Places:
    """Where connectors and ports stand in a table of connectors.

    Attributes:
        whole: the port of each connector.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.whole: Integers = table["port"].to_numpy(dtype="int64")
        self._spans: dict[tuple[int, str], tuple[int, int]] = {}
        self._ports: dict[int, tuple[int, int]] = {}
        for place, (key, port_id, told_as, port) in enumerate(table.itertuples(index=False)):
            for name in {port_id, told_as, WHOLE}:
                first, number = self._spans.get((key, name), (place, 0))
                self._spans[key, name] = first, number + 1
            first_port = self._ports.get(key, (port, 0))[0]
            self._ports[key] = first_port, port - first_port + 1
        self._nameless = table.loc[table["told_as"] == WHOLE, "station_key"].unique()

    def connectors(self, keys: pd.Series, ids: pd.Series) -> tuple[Integers, Integers]:
        """The first connector of each id of a station, and how many stand there: 0 for an id that is none.

        Those of the whole station, for ``WHOLE``.
        """
        station, station_keys = pd.factorize(keys.to_numpy())
        port, port_ids = pd.factorize(ids.to_numpy(dtype=object), use_na_sentinel=False)
        pair, pairs = pd.factorize(station.astype("int64") * (len(port_ids) + 1) + port)
        split = ((int(station_keys[one // (len(port_ids) + 1)]), port_ids[one % (len(port_ids) + 1)]) for one in pairs)
        spans = np.array([self._spans.get(one, (NO_PORT, 0)) for one in split], dtype="int64").reshape(-1, 2)
        found = spans[pair] if len(pair) else spans
        return found[:, 0], found[:, 1]

    def ports(self, keys: pd.Series, ids: pd.Series) -> Integers:
        """The port of each id of a station; ``NO_PORT`` for an id that is none, or ``WHOLE``."""
        first, number = self.connectors(keys, ids)
        told = (number > 0) & (ids.to_numpy(dtype=object) != WHOLE)
        ports: Integers = np.where(told, self.whole[np.maximum(first, 0)] if len(self.whole) else first, NO_PORT)
        return ports

    def ports_of_stations(self, keys: pd.Series) -> tuple[Integers, Integers]:
        """The first port of each station, and how many it has."""
        found = np.array([self._ports[key] for key in keys.tolist()], dtype="int64").reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def connectors_of_ports(self, ports: Integers) -> tuple[Integers, Integers]:
        """The first connector of each port, and how many it has."""
        first, after = np.searchsorted(self.whole, ports), np.searchsorted(self.whole, ports, side="right")
        return first, after - first

    def is_whole(self, keys: pd.Series, ids: pd.Series) -> Flags:
        """Whether something is about a whole station that has ports with a name."""
        about_all: Flags = (ids == WHOLE).to_numpy() & ~keys.isin(self._nameless).to_numpy()
        return about_all


def repeated(first: Integers, number: Integers) -> tuple[Integers, Integers]:
    """Rows that stand for so many places from a first one on: which row, and which place, of each."""
    row = np.repeat(np.arange(len(number)), number)
    within = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    return row, first[row] + within


def ports_of(
    stations: pd.DataFrame, table: pd.DataFrame, registered: pd.DataFrame, contacts: pd.DataFrame
) -> tuple[Ports, Mapping[tuple[int, str], int]]:
    """The connectors as ports, and the place of each charger by its station's key and its id."""
    chargers = sorted(set(zip(contacts["station_key"].tolist(), contacts["charger_id"].tolist(), strict=True)))
    charger_of = {charger: place for place, charger in enumerate(chargers)}
    by_station: dict[int, list[str]] = {}
    for key, charger in chargers:
        by_station.setdefault(key, []).append(charger)
    own = table.merge(stations.drop(columns="statements"), on="station_key", how="left")
    own = own.merge(registered, on=["station_key", "port_id"], how="left").astype(object)
    rows = own.where(own.notna(), None).to_dict("records")
    texts = {name: [row[name] for row in rows] for name in ("source", "station_id", "port_id")}
    told = {name: [row[name] for row in rows] for name in ("operator", "network", "region", "opening_hours")}
    begins = [_since(row["commissioned_on"] or row["opened_on"], row["timezone"], -EVER_MS) for row in rows]
    ends = [_since(row["decommissioned_on"], row["timezone"], EVER_MS) for row in rows]
    place = [_charger(row, by_station.get(row["station_key"], ()), charger_of) for row in rows]
    ports = Ports(
        **texts,
        **told,
        charger=np.array(place, dtype="int64"),
        commissioned_ms=np.array(begins, dtype="int64"),
        decommissioned_ms=np.array(ends, dtype="int64"),
        timezone=[row["timezone"] for row in rows],
    )
    return ports, charger_of


def _since(day: date | None, zone: str | None, otherwise: int) -> int:
    return otherwise if day is None else midnight_ms(day, zone)


def _charger(row: Mapping[Any, Any], chargers: Any, place: Mapping[tuple[int, str], int]) -> int:
    """The charger of a port: the only one of its station, else the one whose id its own begins with, else none."""
    if len(chargers) == 1:
        return place[row["station_key"], chargers[0]]
    own = [charger for charger in chargers if row["told_as"].startswith(charger)]
    return place[row["station_key"], max(own, key=len)] if own else -1
