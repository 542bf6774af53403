"""The evidence of a star as the arrays that the timeline takes, some stations at a time.

What does not belong here: SQL (``metrics.evidence_rows``), and what follows from the evidence
(``metrics.availability``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from evcharge.arrays import Flags, Integers
from evcharge.metrics.availability.connectors import of_ports, together
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
    Statements,
    Windows,
)
from evcharge.metrics.availability.timeline import Timeline
from evcharge.metrics.availability.usual_charges import Use, weeks_before
from evcharge.metrics.definitions import Definition
from evcharge.metrics.evidence_ports import NO_PORT, Places, connector_table, ports_of, repeated
from evcharge.metrics.evidence_rows import (
    SUCCEEDED,
    read_contacts,
    read_first_sessions,
    read_message_logs,
    read_registered_ports,
    read_session_ports,
    read_sessions,
    read_statements,
    read_windows,
)

STATIONS_AT_ONCE, STATEMENTS_AT_ONCE = 200, 200_000
"""How many stations, and about how many statements, are looked at together, so that memory is bounded."""


class Known(NamedTuple):
    """What is known of some stations.

    Attributes:
        evidence: of the connectors, as the timeline takes it; a port of which no connectors are told is one itself.
        whole: the port that each connector belongs to; None where each is a port.
        of_ports: the evidence of ports, but for statements.
        told_as: of each port, the ids by which statements name it: its own, or those of its connectors.
        announced: the statements again, UP where they announce a free port, DOWN where they announce anything else.
        sessions: sessions with both ends whose port is told, by port.
        attempts: ``port`` (``NO_PORT`` where it can't be told), ``station`` (place of its first port), ``at_ms`` and
            ``outcome`` of the sessions that begin in the period.
        use: successful sessions of ports, from those weeks before the period on that tell what is usual.
    """

    evidence: Evidence
    whole: Integers | None
    of_ports: Evidence
    told_as: list[set[str]]
    announced: Statements
    sessions: Charges
    attempts: pd.DataFrame
    use: Use

    def of_whole_ports(self, connectors: Timeline) -> Timeline:
        """The timeline of ports from that of connectors: a port is down while all of its connectors are."""
        return connectors if self.whole is None else together(connectors, self.whole, "all")


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
    named = _named(session, keys, period, rows)
    table = connector_table(stations, named, registered)
    connectors, charger_of = ports_of(stations, table, registered, contacts)
    places = Places(table)

    statements = _ended(_spread(rows, places), stations, table, period)
    sessions = read_sessions(session, keys, Period(weeks_before(period).from_ms, period.until_ms), definition)
    port = _session_ports(sessions, places)
    reported = windows["reported"].to_numpy() == 1
    ran = (port != NO_PORT) & (sessions["until_ms"] > sessions["from_ms"]).to_numpy()
    charged = _charges(sessions, port, ran & (sessions["delivered"].to_numpy() == 1))
    evidence = Evidence(
        connectors,
        _statements(statements),
        _contacts(contacts, charger_of),
        _windows(windows[reported], places),
        _windows(windows[~reported], places),
        _at_connectors(charged, places),
    )
    is_port = len(places.whole) == places.whole.max(initial=-1) + 1
    told_as = table.groupby("port")["told_as"].agg(set).tolist()
    return Known(
        evidence,
        None if is_port else places.whole,
        evidence if is_port else of_ports(evidence, places.whole),
        told_as,
        _statements(statements.assign(state=_announced(statements))),
        _charges(sessions, port, ran),
        _attempts(sessions, port, places, period),
        _use(sessions, port, table.merge(stations, on="station_key", how="left"), read_first_sessions(session, keys)),
    )


def _named(session: Session, keys: list[int], period: Period, rows: pd.DataFrame) -> pd.DataFrame:
    """All that name ports, as ``connector_table`` takes it: ids of message logs may be connectors.

    A refused statement names its port, too: else one of which nobody can read a word would not be there.
    """
    of_logs = rows["load_key"].isin(read_message_logs(session))
    naming = (
        rows.assign(is_port=~of_logs),
        read_session_ports(session, keys, period).assign(connectors=1, is_port=True),
    )
    columns = ["station_key", "port_id", "connectors", "is_port"]
    told = pd.concat([frame[columns] for frame in naming if len(frame)] or [naming[0][columns]], ignore_index=True)
    return told.astype({"station_key": "int64", "connectors": "int64", "is_port": "bool"})


# Statements


def _spread(rows: pd.DataFrame, places: Places) -> pd.DataFrame:
    """The statements at each connector that they are about, with ``place``.

    A statement about a whole station and one about its port hold together: the port is down while either says so, and
    up only where neither says anything else. A charger that is back says nothing of a port that is broken or in use.
    """
    first, number = places.connectors(rows["station_key"], rows["port_id"])
    of_row, place = repeated(first, number)
    is_whole = places.is_whole(rows["station_key"], rows["port_id"])
    told = rows.iloc[of_row].assign(place=place, whole=is_whole[of_row])
    told["state"] = _of_connectors(told, place - first[of_row])
    both = told["station_key"].isin(rows.loc[is_whole, "station_key"].unique()).to_numpy()
    if both.any():
        joined = told[both]
        order = np.lexsort([joined[name].to_numpy() for name in ("from_ms", "place")])
        told = pd.concat([told[~both], _together(joined.iloc[order])])
    return told.drop(columns=["station_key", "port_id", "whole"]).reset_index(drop=True)


def _of_connectors(rows: pd.DataFrame, level: Integers) -> Integers:
    """The state of each connector: of a port with so many that work, the first ones; untold ones are unknown.

    A statement that tells no connectors holds for all of its port.

    Args:
        rows: statements, each once for every connector that it is about.
        level: place of the connector among these.
    """
    told, working = rows["connectors"].to_numpy(), rows["connectors_up"].to_numpy()
    of_level = np.where(level < working, UP, np.where(level < told, DOWN, UNKNOWN))
    states: Integers = np.where((told > 0) & ~rows["whole"].to_numpy(), of_level, rows["state"].to_numpy())
    return states


def _together(rows: pd.DataFrame) -> pd.DataFrame:
    """Statements in order of port and time, each with what the last words of port and station make together."""
    is_whole = rows["whole"].to_numpy()
    state = rows["state"].where(rows["evidence"] != REFUSED, UNKNOWN).astype("float64")
    by_port = rows["place"].to_numpy()
    last, free = (
        [said.where(of).groupby(by_port).ffill().to_numpy() for of in (is_whole, ~is_whole)]
        for said in (state, rows["free"].astype("float64"))
    )
    together = np.full(len(rows), UP, dtype="int64")
    for word in (UNKNOWN, OUT_OF_SCOPE, DOWN):
        together[(last[0] == word) | (last[1] == word)] = word
    refused = (rows["evidence"].to_numpy() == REFUSED) & (together != UNKNOWN)
    evidence = np.where(refused, EVENT, rows["evidence"].to_numpy())
    return rows.assign(state=together, evidence=evidence, free=((free[0] != 0) & (free[1] != 0)).astype("int64"))


def _ended(rows: pd.DataFrame, stations: pd.DataFrame, table: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The statements, and behind them of each port that nothing is told after the end of what its source tells."""
    ends = table.merge(stations, on="station_key", how="left")["source_ends_ms"].to_numpy(dtype="float64")
    over: Flags = ends + 1 < period.until_ms
    at_ms = ends[over].astype("int64") + 1
    last = {"place": np.flatnonzero(over), "from_ms": at_ms, "until_ms": at_ms, "state": UNKNOWN, "evidence": REFUSED}
    return pd.concat([rows, pd.DataFrame(last).assign(free=0, word=-1, spacing_ms=0)], ignore_index=True)


def _announced(rows: pd.DataFrame) -> Integers:
    """UP where a port is announced as free, DOWN where it is not, UNKNOWN where nothing stands."""
    told = np.where(rows["free"].to_numpy() == 1, UP, DOWN)
    states: Integers = np.where(rows["evidence"].to_numpy() == REFUSED, UNKNOWN, told)
    return states


def _statements(rows: pd.DataFrame) -> Statements:
    names = ("place", "from_ms", "until_ms", "state", "evidence", "word", "spacing_ms")
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


def _windows(rows: pd.DataFrame, places: Places) -> Windows:
    """Windows of connectors; those of a whole station stand once for each, those of no known port are none."""
    of_row, place = repeated(*places.connectors(rows["station_key"], rows["port_id"]))
    return Windows(place, *(rows[name].to_numpy(dtype="int64")[of_row] for name in ("from_ms", "until_ms", "cause")))


def _session_ports(sessions: pd.DataFrame, places: Places) -> Integers:
    """The port of each session: the one it names, else the one that its connector is, else the only one there is."""
    keys = sessions["station_key"]
    port = places.ports(keys, sessions["port_id"])
    unnamed = sessions["port_id"].isna().to_numpy()
    by_connector = np.where(unnamed, places.ports(keys, sessions["connector_id"]), NO_PORT)
    port = np.where(port == NO_PORT, by_connector, port)
    first, number = places.ports_of_stations(keys)
    found: Integers = np.where((port == NO_PORT) & (number == 1), first, port)
    return found


def _charges(sessions: pd.DataFrame, port: Integers, chosen: Flags) -> Charges:
    ends = (sessions[name].to_numpy(dtype="int64")[chosen] for name in ("from_ms", "until_ms"))
    return Charges(port[chosen], *ends)


def _at_connectors(charges: Charges, places: Places) -> Charges:
    """Charges at each connector of their ports: one that is in use is up, whatever its connectors are."""
    of_row, place = repeated(*places.connectors_of_ports(charges.port))
    return Charges(place, charges.from_ms[of_row], charges.until_ms[of_row])


def _use(sessions: pd.DataFrame, port: Integers, table: pd.DataFrame, begins: pd.DataFrame) -> Use:
    """The successes at ports, and since when and until when sessions of their stations are known; nowhere, never."""
    charged = (sessions["outcome"].to_numpy() == SUCCEEDED) & (port != NO_PORT)
    columns = ["station_key", "sessions_end_ms"]
    known = table.drop_duplicates("port")[columns].merge(begins, on="station_key", how="left")
    first, last = known["first_ms"].fillna(EVER_MS), known["sessions_end_ms"].fillna(0)
    at_ms = sessions["from_ms"].to_numpy(dtype="int64")[charged]
    return Use(port[charged], at_ms, first.to_numpy(dtype="int64"), last.to_numpy(dtype="int64"))


def _attempts(sessions: pd.DataFrame, port: Integers, places: Places, period: Period) -> pd.DataFrame:
    at_ms = sessions["from_ms"].to_numpy(dtype="int64")
    inside = (at_ms >= period.from_ms) & (at_ms < period.until_ms)
    first, _ = places.ports_of_stations(sessions["station_key"])
    told = {"port": port, "station": first, "at_ms": at_ms, "outcome": sessions["outcome"].to_numpy(dtype="int64")}
    return pd.DataFrame({name: column[inside] for name, column in told.items()})
