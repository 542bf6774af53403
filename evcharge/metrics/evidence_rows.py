"""What the star holds of the availability of some stations: statements, contacts, outages, claims and sessions.

All instants are milliseconds since 1970 UTC. What does not belong here: which statement stands and what follows from it
(``availability``), and how the rows become its arrays (``report.uptime_of_database``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, case, func, not_, null, or_, select, union_all
from sqlalchemy.orm import Session

from evcharge.metrics.availability.evidence import (
    CAUSES,
    CONTACT_NAMES,
    EVENT,
    EVER_MS,
    EVIDENCE_NAMES,
    REFUSED,
    STATE_NAMES,
    UNKNOWN,
    Period,
)
from evcharge.metrics.day_outcomes import day_outcomes
from evcharge.metrics.definitions import FAILURE, SUCCESS, Definition
from evcharge.metrics.milliseconds import instant_of, midnight_ms, milliseconds
from evcharge.metrics.rows import frame_of
from evcharge.metrics.selection import Selection
from evcharge.models import (
    OUTAGE,
    STATUSES,
    DimPort,
    DimStation,
    FactCharging,
    FactContact,
    FactOutage,
    FactReportedUptime,
    FactStatus,
    LoadLedger,
    RejectedEvidence,
)

STATION_COLUMNS = (
    *("station_key", "source", "station_id", "name", "operator", "network", "region", "timezone", "opened_on"),
)
"""What is read of a station."""
EXTENT = ("statements", "first_ms", "last_ms")
"""How many statements there are of a station, and the first and last instant of which any evidence tells."""
FREE_WORDS = ("available", "free", "libre", "vacant")
"""Words by which a source announces a port as free, by letters alone: of OCPP, OCPI, OICP and IRVE."""
MESSAGE_LOG = "ocpp"
"""The format of a message log in the ledger."""
_HOUR_MS = 3_600_000
SUCCEEDED, FAILED, UNTOLD = 1, 0, -1
"""What a definition says of a session."""


def has_evidence(session: Session) -> bool:
    """Whether anything in the star tells of uptime; a look at three tables, however large the others are."""
    tables = (FactStatus, FactContact, FactOutage)
    return any(session.execute(select(table.load_key).limit(1)).first() for table in tables)


def read_stations_with_evidence(session: Session, selection: Selection) -> pd.DataFrame:
    """The selected stations of all sources of which there is evidence, by source and id.

    A station that only claims, reported outages and reports of uptime name is none.

    Columns: ``STATION_COLUMNS``, ``EXTENT``, ``source_ends_ms``, the last instant of which any statement or contact of
    its source tells, and ``sessions_end_ms``, up to which its sessions do; instants are missing where nothing does.
    """
    conditions = selection.station_conditions()
    of_sources = _of_sources(session, conditions)
    extents = _extents(session, of_sources)
    told = (~is_claimed_alone(), *of_sources)
    query = select(*(getattr(DimStation, name) for name in STATION_COLUMNS)).where(*told)
    stations = frame_of(session, query).merge(extents, on="station_key", how="left")
    with_evidence = stations.loc[stations["first_ms"].notna(), "source"].unique()
    stations = stations[stations["source"].isin(with_evidence)]
    ends = stations.groupby("source")["told_ms"].transform("max")
    stations = stations.assign(
        source_ends_ms=ends,
        sessions_end_ms=stations["source"].map(read_ends_of_sessions(session)).astype("float64"),
        statements=stations["statements"].astype("float64").fillna(0).astype("int64"),
    )
    if conditions:
        chosen = set(session.scalars(select(DimStation.station_key).where(*conditions)))
        stations = stations[stations["station_key"].isin(chosen)]
    return stations.drop(columns="told_ms").sort_values(["source", "station_id"], ignore_index=True)


def _of_sources(session: Session, conditions: Sequence[Any]) -> list[Any]:
    """Conditions on stations: those of the sources of the selected ones, where some are selected."""
    if not conditions:
        return []
    return [DimStation.source.in_(session.scalars(select(DimStation.source).where(*conditions).distinct()).all())]


def _extents(session: Session, of_sources: Sequence[Any]) -> pd.DataFrame:
    """``station_key``, ``EXTENT`` and ``told_ms`` (the last instant without reported outages) of stations with any."""

    def extent(table: Any, last: str = "until_time", *conditions: Any) -> pd.DataFrame:
        if of_sources:
            conditions += (table.station_key.in_(select(DimStation.station_key).where(*of_sources)),)
        return _extent(session, table.station_key, table.from_time, getattr(table, last), *conditions)

    parts = [extent(FactStatus), extent(FactContact, "from_time"), extent(FactContact)]
    told = pd.concat([part.assign(told_ms=part["last_ms"]) for part in parts], ignore_index=True)
    told.loc[len(parts[0]) :, "number"] = 0
    outages = extent(FactOutage, "until_time", _reported())
    rows = pd.concat([told, outages.assign(number=0, told_ms=np.nan)], ignore_index=True)
    rows = rows.astype(dict.fromkeys(("first_ms", "last_ms", "told_ms"), "float64"))
    sums = {"statements": ("number", "sum"), "first_ms": ("first_ms", "min"), "last_ms": ("last_ms", "max")}
    return rows.groupby("station_key", as_index=False).agg(**sums, told_ms=("told_ms", "max"))


def _extent(session: Session, key: Any, first: Any, last: Any, *conditions: Any) -> pd.DataFrame:
    ends = (milliseconds(session, func.min(first)), milliseconds(session, func.max(last)))
    columns = (func.count().label("number"), ends[0].label("first_ms"), ends[1].label("last_ms"))
    return frame_of(session, select(key, *columns).where(*conditions).group_by(key))


def _reported() -> Any:
    return FactOutage.kind == OUTAGE


def is_claimed_alone() -> ColumnElement[bool]:
    """Whether claims, reported outages and reports of uptime name a station, and nothing else does."""
    named = [_knows(table) for table in (DimPort, FactStatus, FactContact, FactCharging)]
    claimed = or_(_knows(FactOutage), _knows(FactReportedUptime))
    return and_(claimed, not_(or_(DimStation.registry_load_key.is_not(None), *named)))


def _knows(table: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a table has a row of the station, and of it what the conditions say."""
    rows = select(table.station_key).where(table.station_key == DimStation.station_key, *conditions)
    return rows.correlate_except(table).exists()


def read_unnamed_ports(session: Session, *conditions: ColumnElement[bool]) -> list[tuple[str, str]]:
    """Station and port of claims and reported outages about what nothing else names; an empty port is the station.

    Nothing exists because somebody claims that it was out: an id may be mistyped.

    Args:
        session: reads the star.
        conditions: on ``DimStation`` and ``FactOutage``: which claims and outages.
    """
    tables: tuple[Any, ...] = (DimPort, FactStatus, FactCharging)
    named = (_knows(table, table.port_id == FactOutage.port_id) for table in tables)
    is_named = or_(FactOutage.port_id == "", *named)
    ports = select(DimStation.station_id, FactOutage.port_id).distinct().where(*conditions)
    of_station = DimStation.station_key == FactOutage.station_key
    unnamed = ports.join(FactOutage, of_station).where(or_(is_claimed_alone(), not_(is_named)))
    order = unnamed.order_by(DimStation.station_id, FactOutage.port_id)
    return [(station, port) for station, port in session.execute(order)]


def count_unnamed_refused(session: Session, sources: Sequence[str]) -> int:
    """Refused statements of these sources that name a station, or a port in its place, that nothing else names."""
    known = select(DimStation.station_id).where(
        DimStation.source == LoadLedger.source,
        DimStation.station_id == RejectedEvidence.station_id,
        not_(is_claimed_alone()),
    )
    placed = select(DimPort.port_id).where(
        DimPort.source == LoadLedger.source, DimPort.port_id == RejectedEvidence.station_id
    )
    is_named = or_(*(rows.correlate(LoadLedger, RejectedEvidence).exists() for rows in (known, placed)))
    of_sources = (LoadLedger.source.in_(sources), RejectedEvidence.kind == STATUSES)
    lines = select(RejectedEvidence.load_key, RejectedEvidence.source_line).distinct()
    lines = lines.join(LoadLedger, LoadLedger.load_key == RejectedEvidence.load_key)
    unnamed = lines.where(*of_sources, RejectedEvidence.station_id.is_not(None), not_(is_named))
    return session.scalar(select(func.count()).select_from(unnamed.subquery())) or 0


def read_registered_ports(session: Session, keys: Sequence[int]) -> pd.DataFrame:
    """Ports that a registry places: ``station_key``, ``port_id``, when in operation, and opening hours."""
    columns = (DimPort.station_key, DimPort.port_id, DimPort.commissioned_on, DimPort.decommissioned_on)
    return frame_of(session, select(*columns, DimPort.opening_hours).where(DimPort.station_key.in_(keys)))


def read_message_logs(session: Session) -> set[int]:
    """Keys of the loads of message logs, which may name connectors where others name ports."""
    return set(session.scalars(select(LoadLedger.load_key).where(LoadLedger.format == MESSAGE_LOG)))


def read_session_ports(session: Session, keys: Sequence[int], period: Period) -> pd.DataFrame:
    """Ports that sessions up to the end of the period name: ``station_key`` and ``port_id``."""
    query = select(FactCharging.station_key, FactCharging.port_id).distinct()
    named = (FactCharging.port_id.is_not(None), FactCharging.start_time < instant_of(period.until_ms))
    return frame_of(session, query.where(FactCharging.station_key.in_(keys), *named))


def read_statements(session: Session, keys: Sequence[int], period: Period) -> pd.DataFrame:
    """Statements that begin before the end of the period, the refused ones among them; which stands, comes behind.

    Columns: ``station_key``, ``port_id``, ``from_ms``, ``until_ms``, ``state``, ``evidence``, ``free`` (1 where the
    word announces a free port), ``word`` (a number, the same for the same word), ``updated_ms``, ``load_key``,
    ``source_line``, ``connectors`` (0 where they are not told), ``connectors_up`` and ``spacing_ms`` (0 for none).
    """
    until = instant_of(period.until_ms)
    query = select(*_statement(session)).where(FactStatus.station_key.in_(keys), FactStatus.from_time < until)
    rows = pd.concat([frame_of(session, query), _refused(session, keys, period)], ignore_index=True)
    rows["word"] = pd.factorize(rows["word"].to_numpy(dtype=object))[0]
    numbers = [name for name in rows.columns if name != "port_id"]
    rows = rows.astype(dict.fromkeys(numbers, "int64"))
    versions = ["updated_ms", "load_key", "source_line"]
    order = np.lexsort([rows[name].to_numpy() for name in reversed(["from_ms", *versions])])
    return _without_corrected(rows.iloc[order].reset_index(drop=True))


def _statement(session: Session) -> tuple[Any, ...]:
    updated = func.coalesce(milliseconds(session, FactStatus.source_updated_at), -EVER_MS)
    return (
        FactStatus.station_key,
        FactStatus.port_id,
        milliseconds(session, FactStatus.from_time).label("from_ms"),
        milliseconds(session, FactStatus.until_time).label("until_ms"),
        _place(FactStatus.state, STATE_NAMES).label("state"),
        _place(FactStatus.evidence, EVIDENCE_NAMES).label("evidence"),
        case((func.lower(FactStatus.word).in_(FREE_WORDS), 1), else_=0).label("free"),
        FactStatus.word,
        updated.label("updated_ms"),
        FactStatus.load_key,
        FactStatus.source_line,
        func.coalesce(FactStatus.connectors, 0).label("connectors"),
        func.coalesce(FactStatus.connectors_up, 0).label("connectors_up"),
        (func.coalesce(FactStatus.spacing_seconds, 0.0) * 1000).label("spacing_ms"),
    )


def _place(column: Any, names: Sequence[str]) -> Any:
    """The place of a word among names; -1 for none of them."""
    return case(*((column == name, place) for place, name in enumerate(names)), else_=-1)


def _select_refused(session: Session, keys: Sequence[int]) -> Select[Any]:
    """Refused statements of these stations with their times, as rows of ``read_statements``.

    One that names a port in place of its station is of the station at which a registry places that port.
    """
    own = select(
        DimStation.station_key, DimStation.source, DimStation.station_id.label("named"), null().label("port_id")
    )
    placed = select(DimPort.station_key, DimPort.source, DimPort.port_id.label("named"), DimPort.port_id)
    place = union_all(
        own.where(DimStation.station_key.in_(keys)), placed.where(DimPort.station_key.in_(keys))
    ).subquery()
    at_ms = milliseconds(session, RejectedEvidence.at_time)
    columns: tuple[Any, ...] = (
        place.c.station_key,
        func.coalesce(RejectedEvidence.port_id, "").label("port_id"),
        *(at_ms.label("from_ms"), at_ms.label("until_ms")),
        RejectedEvidence.load_key,
        RejectedEvidence.source_line,
    )
    of_place = (place.c.source == LoadLedger.source) & (place.c.named == RejectedEvidence.station_id)
    stands_in = or_(place.c.port_id.is_(None), place.c.port_id == RejectedEvidence.port_id)
    query = select(*columns).join(LoadLedger, LoadLedger.load_key == RejectedEvidence.load_key)
    timed = (RejectedEvidence.kind == STATUSES, RejectedEvidence.at_time.is_not(None))
    return query.join(place, of_place & stands_in).where(*timed)


def _refused(session: Session, keys: Sequence[int], period: Period) -> pd.DataFrame:
    query = _select_refused(session, keys).where(RejectedEvidence.at_time < instant_of(period.until_ms))
    never = dict.fromkeys(("free", "connectors", "connectors_up", "spacing_ms"), 0)
    return frame_of(session, query).assign(state=UNKNOWN, evidence=REFUSED, word="", updated_ms=-EVER_MS, **never)


def _without_corrected(rows: pd.DataFrame) -> pd.DataFrame:
    """The statements without the refused ones in whose place a later load has one that it could read."""
    keys = ["station_key", "port_id", "from_ms"]
    read = rows["load_key"].where(rows["evidence"] != REFUSED)
    newest = read.groupby([rows[name] for name in keys]).transform("max")
    corrected = (rows["evidence"] == REFUSED) & (newest > rows["load_key"])
    return rows[~corrected].reset_index(drop=True)


def read_lines(session: Session, station_key: int, period: Period) -> pd.DataFrame:
    """Statements of one station that begin before the end of the period, by time: ``port_id``, ``from_ms``, ``word``.

    Besides ``file`` and ``line`` where each stands; of several at one instant the last is the one that stands. Of a
    refused statement the word is the rule that refused it.
    """
    until, file_name = instant_of(period.until_ms), LoadLedger.file_name.label("file")
    columns = (
        *(FactStatus.station_key, FactStatus.port_id, milliseconds(session, FactStatus.from_time).label("from_ms")),
        func.coalesce(milliseconds(session, FactStatus.source_updated_at), -EVER_MS).label("updated_ms"),
        *(FactStatus.word, FactStatus.load_key, FactStatus.source_line, file_name),
    )
    query = select(*columns).join(LoadLedger, LoadLedger.load_key == FactStatus.load_key)
    own = (FactStatus.station_key == station_key, FactStatus.from_time < until)
    read = frame_of(session, query.where(*own)).assign(evidence=EVENT)

    query = _select_refused(session, [station_key]).add_columns(RejectedEvidence.rule, file_name)
    refused = frame_of(session, query.where(RejectedEvidence.at_time < until))
    words = [f"refused ({rule})" for rule in refused.pop("rule")]
    refused = refused.assign(word=pd.Series(words, dtype=object), evidence=REFUSED, updated_ms=-EVER_MS)

    rows = pd.concat([part for part in (read, refused) if len(part)] or [read], ignore_index=True)
    order = ["from_ms", "refused", "updated_ms", "load_key", "source_line"]
    rows = _without_corrected(rows).assign(refused=lambda told: told["evidence"] == REFUSED)
    ordered = rows.sort_values(order, kind="stable", ignore_index=True)
    return ordered.rename(columns={"source_line": "line"})[["port_id", "from_ms", "word", "file", "line"]]


def read_first_sessions(session: Session, keys: Sequence[int]) -> pd.DataFrame:
    """``station_key`` and ``first_ms``, when the first session of each station began."""
    first = milliseconds(session, func.min(FactCharging.start_time)).label("first_ms")
    query = select(FactCharging.station_key, first).where(FactCharging.station_key.in_(keys))
    return frame_of(session, query.group_by(FactCharging.station_key)).astype("int64")


def read_ends_of_sessions(session: Session) -> dict[str, int]:
    """The end of the hour in which the last session of each source began, by the counts that loads keep."""
    counted = day_outcomes(session, (), Selection())
    last = func.max(counted.rows.c.last_hour)
    query = select(DimStation.source, DimStation.timezone, last).where(*counted.conditions)
    query = query.join(counted.rows, counted.rows.c.station_key == DimStation.station_key)
    ends: dict[str, int] = {}
    for source, zone, hour in session.execute(query.group_by(DimStation.source, DimStation.timezone)):
        day = date(hour // 1_000_000, hour // 10_000 % 100, hour // 100 % 100)
        ends[source] = max(ends.get(source, 0), midnight_ms(day, zone) + (hour % 100 + 1) * _HOUR_MS)
    return ends


def read_contacts(session: Session, keys: Sequence[int], period: Period) -> pd.DataFrame:
    """Contacts that begin before the end of the period.

    Columns: ``station_key``, ``charger_id``, ``from_ms``, ``until_ms`` (``EVER_MS`` for none), ``evidence`` and
    ``heartbeat_seconds`` (NaN for none).
    """
    columns = (
        FactContact.station_key,
        FactContact.charger_id,
        milliseconds(session, FactContact.from_time).label("from_ms"),
        func.coalesce(milliseconds(session, FactContact.until_time), EVER_MS).label("until_ms"),
        _place(FactContact.evidence, CONTACT_NAMES).label("evidence"),
        FactContact.heartbeat_seconds,
    )
    begins = FactContact.from_time < instant_of(period.until_ms)
    rows = frame_of(session, select(*columns).where(FactContact.station_key.in_(keys), begins))
    numbers = dict.fromkeys(("station_key", "from_ms", "until_ms", "evidence"), "int64")
    return rows.astype({**numbers, "heartbeat_seconds": "float64"})


def read_windows(session: Session, keys: Sequence[int], period: Period) -> pd.DataFrame:
    """Reported outages and claims that meet the period.

    Columns: ``station_key``, ``port_id``, ``from_ms``, ``until_ms``, ``reported`` (1 for an outage, 0 for a claim) and
    ``cause`` (place in ``CAUSES``; -1 for none).
    """
    columns = (
        FactOutage.station_key,
        FactOutage.port_id,
        milliseconds(session, FactOutage.from_time).label("from_ms"),
        milliseconds(session, FactOutage.until_time).label("until_ms"),
        case((_reported(), 1), else_=0).label("reported"),
        _place(FactOutage.cause, CAUSES).label("cause"),
    )
    ends = (instant_of(period.from_ms), instant_of(period.until_ms))
    meets = (FactOutage.from_time < ends[1], FactOutage.until_time > ends[0])
    rows = frame_of(session, select(*columns).where(FactOutage.station_key.in_(keys), *meets))
    return rows.astype(dict.fromkeys(("station_key", "from_ms", "until_ms", "reported", "cause"), "int64"))


def read_sessions(session: Session, keys: Sequence[int], period: Period, definition: Definition) -> pd.DataFrame:
    """Sessions that meet the period.

    Columns: ``station_key``, ``port_id``, ``connector_id``, ``from_ms``, ``until_ms`` (that of its start where it has
    no end), ``delivered`` (1 for energy above zero) and ``outcome`` (``SUCCEEDED``, ``FAILED`` or ``UNTOLD``).
    """
    end = func.coalesce(FactCharging.end_time, FactCharging.start_time)
    said = case((definition.outcome == SUCCESS, SUCCEEDED), (definition.outcome == FAILURE, FAILED), else_=UNTOLD)
    columns = (
        FactCharging.station_key,
        FactCharging.port_id,
        FactCharging.connector_id,
        milliseconds(session, FactCharging.start_time).label("from_ms"),
        milliseconds(session, end).label("until_ms"),
        case((FactCharging.energy_kwh > 0, 1), else_=0).label("delivered"),
        said.label("outcome"),
    )
    ends = (instant_of(period.from_ms), instant_of(period.until_ms))
    meets = (FactCharging.start_time < ends[1], end >= ends[0])
    rows = frame_of(session, select(*columns).where(FactCharging.station_key.in_(keys), *meets))
    return rows.astype(dict.fromkeys(("station_key", "from_ms", "until_ms", "delivered", "outcome"), "int64"))
