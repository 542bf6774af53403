"""Loading a station registry: what it adds is written, and what it would change is shown first.

Everything is done in the loader's one transaction; where a change was not allowed with ``apply``, it is undone at the
end, so that what is shown is what would come. What does not belong here: how a registry is read (``registries``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, bindparam, exc, func, insert, select, update
from sqlalchemy.orm import Session

from evcharge import progress
from evcharge.carriers.text import known_encoding
from evcharge.db import LOCK_WAIT_SECONDS, translated_errors
from evcharge.load.evidence import write_count
from evcharge.load.ledger import close_entry, counts_of_entry, open_entry
from evcharge.load.moves import Holdings, move_sessions
from evcharge.load.opened import open_to_load
from evcharge.load.publisher import unstated_source_of_registry
from evcharge.load.registry_result import Changes, RegistryResult
from evcharge.load.rollup import make_current
from evcharge.load.transaction import again_on_conflict, earlier_load, one_transaction, resolve_unclear_commit
from evcharge.models import REGISTRY_ZONE, STATIONS, DimPort, DimStation, LoadLedger, RejectedRow
from evcharge.registries import Port, Registry, Station, read_registry
from evcharge.sources import SourceFile, open_file

STATION_ATTRIBUTES = tuple(one.name for one in fields(Station) if one.name != "station_id")
PORT_ATTRIBUTES = ("max_power_kw", "current", "connectors")

_STATIONS = DimStation.metadata.tables[DimStation.__tablename__]
_PORTS = DimPort.metadata.tables[DimPort.__tablename__]


@dataclass(frozen=True)
class RegistryOptions:
    """What loading a registry may do.

    Attributes:
        source: whose station ids these are; None for the format's own default, where it has one.
        publisher: the same where the format has no default.
        apply: change what is there, too.
        encoding: of a file without a byte order mark.
        lock_wait_seconds: how long to wait for another load.
    """

    source: str | None = None
    publisher: str | None = None
    apply: bool = False
    encoding: str = "utf-8"
    lock_wait_seconds: float = LOCK_WAIT_SECONDS


def load_registry(path: Path, url: str, options: RegistryOptions | None = None) -> RegistryResult:
    """Loads a registry in one transaction, or shows what it would change.

    Args:
        path: the file.
        url: the database, at this program's schema revision.
        options: see ``RegistryOptions``.

    Raises:
        SourceError: the file can't be used, or its ``source`` is not known; the database is as it was.
        DatabaseError: the database can't be used, or sessions would collide (``sessions_collide``); it is as it was
            unless the error says otherwise.
    """
    options = options or RegistryOptions()
    began = time.monotonic()
    encoding = known_encoding(options.encoding)
    _, engine, reader = open_to_load(url, options.lock_wait_seconds)
    with open_file(path) as file, translated_errors(url):
        progress.step("reading the registry", file)
        registry = read_registry(file, encoding)
        source = options.source or registry.default_source or options.publisher
        if not source:
            raise unstated_source_of_registry(reader, file.name, registry.format)
        result = again_on_conflict(partial(_load, engine, file, registry, source, options))
    if not result.first_loaded_at:
        result.seconds = round(time.monotonic() - began, 3)
    return result


def _load(
    engine: Engine, file: SourceFile, registry: Registry, source: str, options: RegistryOptions
) -> RegistryResult:
    """Writes a registry in the one transaction, unless it is there already."""
    now = datetime.now(timezone.utc)
    result = None
    try:
        with one_transaction(engine) as (session, undo):
            make_current(session)
            earlier = earlier_load(session, file, source)
            if earlier:
                return _repeated(session, earlier)
            result = _write_all(session, file, registry, source, now)
            if result.changes_something and not options.apply:
                result.status = "not applied"
                undo()
    except exc.DBAPIError as error:
        if result is None or not error.connection_invalidated:
            raise
        resolve_unclear_commit(engine, file, source, now, error)
    return result


def _repeated(session: Session, load: LoadLedger) -> RegistryResult:
    """What the first load of these bytes did."""
    by_rule = select(RejectedRow.rule, func.count()).where(RejectedRow.load_key == load.load_key)
    rules = session.execute(by_rule.group_by(RejectedRow.rule).order_by(RejectedRow.rule))
    return RegistryResult(
        file=load.file_name,
        source=load.source,
        format=load.format,
        status="already loaded",
        read=load.rows_read,
        inserted=load.inserted,
        updated=load.updated,
        unchanged=load.unchanged,
        rejected=load.rejected,
        rejects_by_rule={row[0]: row[1] for row in rules},
        first_loaded_at=load.finished_at.isoformat(),
    )


def _write_all(session: Session, file: SourceFile, registry: Registry, source: str, now: datetime) -> RegistryResult:
    """Writes the ledger entry, stations, ports and rejects, and moves the sessions whose port stands elsewhere."""
    result = RegistryResult(file.name, source, f"registry-{registry.format}", "loaded")
    result.rejected = len({reject.number for reject in registry.rejects})
    result.rejects_by_rule = dict(Counter(reject.rule for reject in registry.rejects).most_common())
    result.warnings = {code: asdict(oddity) for code, oddity in registry.oddities.items()}
    result.read = len(registry.stations) + result.rejected
    load = _new_entry(file, result, now)
    session.add(load)
    session.flush()
    progress.step("writing stations")
    before = Holdings(session, source)
    _write_stations(session, registry.stations, source, load.load_key, before, result)
    keys = _station_keys(session, source)
    progress.step("writing ports")
    _write_ports(session, registry.ports, source, load.load_key, before, keys, result)
    progress.step("moving sessions to the stations of their ports")
    move_sessions(session, source, before, keys, result)
    _write_rejects(session, registry, load.load_key)
    _close_entry(load, result)
    write_count(session, load.load_key, STATIONS, counts_of_entry(load))
    session.flush()
    return result


def _new_entry(file: SourceFile, result: RegistryResult, now: datetime) -> LoadLedger:
    return open_entry(
        file,
        source=result.source,
        file_format=result.format,
        profile=result.format,
        failures_included="unknown",
        zone=REGISTRY_ZONE,
        time_format="none",
        started_at=now,
    )


def _close_entry(load: LoadLedger, result: RegistryResult) -> None:
    close_entry(
        load,
        rows_read=result.read,
        inserted=result.inserted,
        updated=result.updated,
        unchanged=result.unchanged,
        rejected=result.rejected,
    )


def _station_keys(session: Session, source: str) -> dict[str, int]:
    rows = session.execute(select(DimStation.station_id, DimStation.station_key).where(DimStation.source == source))
    return {row.station_id: row.station_key for row in rows}


def _write_stations(
    session: Session, stations: Iterable[Station], source: str, load_key: int, before: Holdings, result: RegistryResult
) -> None:
    """Inserts new stations and updates the others; what a registry does not say never empties what is there."""
    new, differing = [], []
    filled: Counter[str] = Counter()
    for station in stations:
        there = before.stations.get(station.station_id)
        if there is None:
            new.append({"source": source, "registry_load_key": load_key, **asdict(station)})
            continue
        said = {name: value for name in STATION_ATTRIBUTES if (value := getattr(station, name)) is not None}
        changed = {name: value for name, value in said.items() if there[name] != value}
        for name, value in changed.items():
            if there[name] is None:
                filled[name] += 1
            else:
                changes = result.attributes_changed.setdefault(name, Changes())
                changes.add(station_id=station.station_id, old=there[name], new=value)
        values = {name: changed.get(name, there[name]) for name in STATION_ATTRIBUTES}
        differing.append({**_prefixed(values), "this": there["station_key"], "new_registry_load_key": load_key})
        result.updated += bool(changed)
        result.unchanged += not changed
    result.inserted, result.attributes_filled = len(new), dict(filled)
    _execute_many(session, insert(_STATIONS), new)
    names = (*STATION_ATTRIBUTES, "registry_load_key")
    these = update(_STATIONS).where(_STATIONS.c.station_key == bindparam("this"))
    _execute_many(session, these.values(_from_prefixed(names)), differing)


def _write_ports(
    session: Session,
    ports: Iterable[Port],
    source: str,
    load_key: int,
    before: Holdings,
    keys: Mapping[str, int],
    result: RegistryResult,
) -> None:
    """Inserts new ports and updates the others, with the station they stand at now."""
    new, differing = [], []
    for port in ports:
        result.ports_read += 1
        place = {"station_key": keys[port.station_id], "load_key": load_key}
        said = {name: getattr(port, name) for name in PORT_ATTRIBUTES}
        there = before.ports.get(port.port_id)
        if there is None:
            new.append({"source": source, "port_id": port.port_id, "named_as_station": False, **place, **said})
            continue
        changed = {name: value for name, value in said.items() if value is not None and there[name] != value}
        for name, value in changed.items():
            if there[name] is not None:
                changes = result.ports_changed.setdefault(name, Changes())
                changes.add(port_id=port.port_id, old=there[name], new=value)
        if there["station_key"] != place["station_key"]:
            old_station = before.ids[there["station_key"]]
            result.ports_moved.add(port_id=port.port_id, old=old_station, new=port.station_id)
        elif not changed:
            result.ports_unchanged += 1
        values = {name: changed.get(name, there[name]) for name in PORT_ATTRIBUTES}
        differing.append({**_prefixed({**values, **place}), "this": port.port_id})
    result.ports_new = len(new)
    _execute_many(session, insert(_PORTS), new)
    these = update(_PORTS).where(_PORTS.c.source == source, _PORTS.c.port_id == bindparam("this"))
    _execute_many(session, these.values(_from_prefixed((*PORT_ATTRIBUTES, "station_key", "load_key"))), differing)


def _write_rejects(session: Session, registry: Registry, load_key: int) -> None:
    names = {"number": "source_line"}
    rows = [
        {"load_key": load_key, **{names.get(name, name): value for name, value in asdict(reject).items()}}
        for reject in registry.rejects
    ]
    if rows:
        session.execute(insert(RejectedRow), rows)


def _execute_many(session: Session, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(statement, rows)


def _prefixed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}


def _from_prefixed(names: Iterable[str]) -> dict[str, Any]:
    return {name: bindparam(f"new_{name}") for name in names}
