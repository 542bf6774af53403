"""The evidence of a star as the arrays that the timeline takes, some stations at a time.

What does not belong here: SQL (``metrics.evidence_rows``), and what follows from the evidence
(``metrics.availability``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from evcharge.arrays import Flags, Integers
from evcharge.metrics.availability.evidence import (
    DOWN,
    EVENT,
    EVER_MS,
    OUT_OF_SCOPE,
    REFUSED,
    UNKNOWN,
    UP,
    Charges,
    Contacts,
    Evidence,
    Period,
    Ports,
    Statements,
    Windows,
)
from evcharge.metrics.definitions import Definition
from evcharge.metrics.evidence_rows import (
    read_contacts,
    read_registered_ports,
    read_session_ports,
    read_sessions,
    read_statements,
    read_windows,
)
from evcharge.metrics.milliseconds import midnight_ms

STATIONS_AT_ONCE, STATEMENTS_AT_ONCE = 200, 200_000
"""How many stations, and about how many statements, are looked at together, so that memory is bounded."""
NO_PORT = -1
"""Place of a port that can't be told."""
WHOLE = ""
"""Port id of a statement about a whole station, and of the only port of a station of which nobody names one."""


class Known(NamedTuple):
    """What is known of some stations.

    Attributes:
        evidence: as the timeline takes it.
        announced: the statements again, UP where they announce a free port, DOWN where they announce anything else.
        sessions: sessions with both ends whose port is told.
        attempts: ``port`` (``NO_PORT`` where it can't be told), ``station`` (place of its first port), ``at_ms`` and
            ``outcome`` of the sessions that begin in the period.
    """

    evidence: Evidence
    announced: Statements
    sessions: Charges
    attempts: pd.DataFrame


def station_groups(stations: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The stations in their order, so many at a time that memory is bounded.

    Args:
        stations: the frame of ``metrics.evidence_rows.read_stations_with_evidence``.
    """
    begin = statements = 0
    for place, number in enumerate(stations["statements"].tolist()):
        if place > begin and (place - begin == STATIONS_AT_ONCE or statements + number > STATEMENTS_AT_ONCE):
            yield stations.iloc[begin:place]
            begin, statements = place, 0
        statements += number
    if begin < len(stations):
        yield stations.iloc[begin:]


def evidence_of(session: Session, stations: pd.DataFrame, period: Period, definition: Definition) -> Known:
    """All that is known of some stations up to the end of the period.

    Of a source nothing is told after the last instant that any of its statements or contacts tells of: what stood then
    stands no more.

    Args:
        session: reads the star.
        stations: rows of ``metrics.evidence_rows.read_stations_with_evidence``.
        period: what is looked at.
        definition: what counts as a success.
    """
    keys = stations["station_key"].tolist()
    rows, windows = read_statements(session, keys, period), read_windows(session, keys, period)
    contacts = read_contacts(session, keys, period)
    registered = read_registered_ports(session, keys)
    named = [registered, read_session_ports(session, keys, period), rows[rows["evidence"] != REFUSED]]
    pairs = pd.concat([frame[["station_key", "port_id"]] for frame in named], ignore_index=True)
    table = _port_table(stations, pairs)
    ports, charger_of = _ports(stations, table, registered, contacts)
    places = _Places(table)

    statements = _ended(_spread(_placed(rows, places), places), stations, table, period)
    sessions = read_sessions(session, keys, period, definition)
    port = _session_ports(sessions, places)
    reported = windows["reported"].to_numpy() == 1
    ran = (port != NO_PORT) & (sessions["until_ms"] > sessions["from_ms"]).to_numpy()
    evidence = Evidence(
        ports,
        _statements(statements),
        _contacts(contacts, charger_of),
        _windows(windows[reported], places),
        _windows(windows[~reported], places),
        _charges(sessions, port, ran & (sessions["delivered"].to_numpy() == 1)),
    )
    announced = _statements(statements.assign(state=_announced(statements)))
    attempts = _attempts(sessions, port, places, period)
    return Known(evidence, announced, _charges(sessions, port, ran), attempts)


# Ports


def _port_table(stations: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """``station_key`` and ``port_id`` of every port, in order; ``pairs`` name them, or their whole station."""
    named = {(int(key), port) for key, port in zip(pairs["station_key"], pairs["port_id"], strict=True) if port}
    ids: dict[int, list[str]] = {}
    for key, port in sorted(named):
        ids.setdefault(key, []).append(port)
    rows = [(key, port) for key in stations["station_key"].tolist() for port in ids.get(key, [WHOLE])]
    return pd.DataFrame(rows, columns=["station_key", "port_id"]).astype({"station_key": "int64"})


class _Places:
    """Where each port of a table stands in it, by its station's key and its id."""

    def __init__(self, table: pd.DataFrame) -> None:
        pairs = zip(table["station_key"].tolist(), table["port_id"].tolist(), strict=True)
        self._places = {pair: place for place, pair in enumerate(pairs)}
        self._first: dict[int, int] = {}
        self._number: dict[int, int] = {}
        for key, _ in self._places:
            self._first.setdefault(key, self._places[key, _])
            self._number[key] = self._number.get(key, 0) + 1

    def of(self, keys: pd.Series, ids: pd.Series) -> Integers:
        """The place of each pair; ``NO_PORT`` for those that are no port."""
        station, station_keys = pd.factorize(keys.to_numpy())
        port, port_ids = pd.factorize(ids.to_numpy(dtype=object), use_na_sentinel=False)
        pair, pairs = pd.factorize(station.astype("int64") * (len(port_ids) + 1) + port)
        split = ((int(station_keys[one // (len(port_ids) + 1)]), port_ids[one % (len(port_ids) + 1)]) for one in pairs)
        places = np.array([self._places.get(one, NO_PORT) for one in split], dtype="int64")
        found: Integers = places[pair] if len(pair) else np.empty(0, dtype="int64")
        return found

    def first(self, keys: pd.Series) -> Integers:
        """The place of the first port of each station."""
        return np.array([self._first[key] for key in keys.tolist()], dtype="int64")

    def number(self, keys: pd.Series) -> Integers:
        """How many ports each station has."""
        return np.array([self._number[key] for key in keys.tolist()], dtype="int64")


def _ports(
    stations: pd.DataFrame, table: pd.DataFrame, registered: pd.DataFrame, contacts: pd.DataFrame
) -> tuple[Ports, Mapping[tuple[int, str], int]]:
    """The ports, and the place of each charger by its station's key and its id."""
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
    own = [charger for charger in chargers if row["port_id"].startswith(charger)]
    return place[row["station_key"], max(own, key=len)] if own else -1


# Statements


def _placed(rows: pd.DataFrame, places: _Places) -> pd.DataFrame:
    """The rows with ``place``: that of their port, or ``NO_PORT`` for a whole station that has named ports.

    Those of a port that nobody else names are left out.
    """
    place = places.of(rows["station_key"], rows["port_id"])
    kept = (place != NO_PORT) | (rows["port_id"] == WHOLE).to_numpy()
    placed: pd.DataFrame = rows.assign(place=place)[kept]
    return placed.reset_index(drop=True)


def _spread(rows: pd.DataFrame, places: _Places) -> pd.DataFrame:
    """The statements with those of whole stations at each of their ports.

    A statement about a whole station and one about its port hold together: the port is down while either says so, and
    up only where neither says anything else. A charger that is back says nothing of a port that is broken.
    """
    whole = rows["place"].to_numpy() == NO_PORT
    if not whole.any():
        return rows.drop(columns=["station_key", "port_id"])
    both = rows["station_key"].isin(rows.loc[whole, "station_key"].unique()).to_numpy()
    copies = _at_each_port(rows[whole], places).assign(whole=True)
    own = rows[both & ~whole].assign(whole=False)
    told = pd.concat([own, copies]).sort_index(kind="stable")
    order = np.lexsort([told[name].to_numpy() for name in ("from_ms", "place")])
    joined = _together(told.iloc[order])
    apart = rows[~both]
    return pd.concat([apart, joined.drop(columns="whole")], ignore_index=True).drop(columns=["station_key", "port_id"])


def _at_each_port(rows: pd.DataFrame, places: _Places) -> pd.DataFrame:
    """Statements about whole stations, once for each of their ports."""
    first, number = places.first(rows["station_key"]), places.number(rows["station_key"])
    within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    copies: pd.DataFrame = rows.iloc[np.repeat(np.arange(len(rows)), number)]
    place = np.repeat(first, number) + within
    return copies.assign(place=place)


def _together(rows: pd.DataFrame) -> pd.DataFrame:
    """Statements in order of port and time, each with what the last words of port and station make together."""
    is_whole = rows["whole"].to_numpy()
    state = rows["state"].where(rows["evidence"] != REFUSED, UNKNOWN).astype("float64")
    by_port = rows["place"].to_numpy()
    last = [state.where(of).groupby(by_port).ffill().to_numpy() for of in (is_whole, ~is_whole)]
    together = np.full(len(rows), UP, dtype="int64")
    for word in (UNKNOWN, OUT_OF_SCOPE, DOWN):
        together[(last[0] == word) | (last[1] == word)] = word
    refused = (rows["evidence"].to_numpy() == REFUSED) & (together != UNKNOWN)
    evidence = np.where(refused, EVENT, rows["evidence"].to_numpy())
    return rows.assign(state=together, evidence=evidence)


def _ended(rows: pd.DataFrame, stations: pd.DataFrame, table: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The statements, and behind them of each port that nothing is told after the end of what its source tells."""
    ends = table.merge(stations, on="station_key", how="left")["source_ends_ms"].to_numpy(dtype="float64")
    over: Flags = ends + 1 < period.until_ms
    at_ms = ends[over].astype("int64") + 1
    last = {"place": np.flatnonzero(over), "from_ms": at_ms, "until_ms": at_ms, "state": UNKNOWN, "evidence": REFUSED}
    return pd.concat([rows, pd.DataFrame(last).assign(free=0, word=-1)], ignore_index=True)


def _announced(rows: pd.DataFrame) -> Integers:
    """UP where a port is announced as free, DOWN where it is not, UNKNOWN where nothing stands."""
    told = np.where(rows["free"].to_numpy() == 1, UP, DOWN)
    states: Integers = np.where(rows["evidence"].to_numpy() == REFUSED, UNKNOWN, told)
    return states


def _statements(rows: pd.DataFrame) -> Statements:
    names = ("place", "from_ms", "until_ms", "state", "evidence", "word")
    return Statements(*(rows[name].to_numpy(dtype="int64") for name in names))


# The rest


def _contacts(rows: pd.DataFrame, charger_of: Mapping[tuple[int, str], int]) -> Contacts:
    chargers = zip(rows["station_key"].tolist(), rows["charger_id"].tolist(), strict=True)
    return Contacts(
        charger=np.array([charger_of[charger] for charger in chargers], dtype="int64"),
        from_ms=rows["from_ms"].to_numpy(dtype="int64"),
        until_ms=rows["until_ms"].to_numpy(dtype="int64"),
        evidence=rows["evidence"].to_numpy(dtype="int64"),
        heartbeat_seconds=rows["heartbeat_seconds"].to_numpy(dtype="float64"),
    )


def _windows(rows: pd.DataFrame, places: _Places) -> Windows:
    """Windows of ports; those of a whole station stand once for each of its ports, those of no known port are none."""
    told = _placed(rows, places)
    whole = (told["place"] == NO_PORT).to_numpy()
    rows = pd.concat([told[~whole], _at_each_port(told[whole], places)])
    return Windows(*(rows[name].to_numpy(dtype="int64") for name in ("place", "from_ms", "until_ms", "cause")))


def _session_ports(sessions: pd.DataFrame, places: _Places) -> Integers:
    """The port of each session: the one it names, else the one that its connector is, else the only one there is."""
    keys = sessions["station_key"]
    port = places.of(keys, sessions["port_id"])
    unnamed = sessions["port_id"].isna().to_numpy()
    by_connector = np.where(unnamed, places.of(keys, sessions["connector_id"]), NO_PORT)
    port = np.where(port == NO_PORT, by_connector, port)
    alone = (port == NO_PORT) & (places.number(keys) == 1)
    found: Integers = np.where(alone, places.first(keys), port)
    return found


def _charges(sessions: pd.DataFrame, port: Integers, chosen: Flags) -> Charges:
    ends = (sessions[name].to_numpy(dtype="int64")[chosen] for name in ("from_ms", "until_ms"))
    return Charges(port[chosen], *ends)


def _attempts(sessions: pd.DataFrame, port: Integers, places: _Places, period: Period) -> pd.DataFrame:
    at_ms = sessions["from_ms"].to_numpy(dtype="int64")
    inside = (at_ms >= period.from_ms) & (at_ms < period.until_ms)
    first = places.first(sessions["station_key"])
    told = {"port": port, "station": first, "at_ms": at_ms, "outcome": sessions["outcome"].to_numpy(dtype="int64")}
    return pd.DataFrame({name: column[inside] for name, column in told.items()})
