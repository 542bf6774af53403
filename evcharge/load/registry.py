"""Loading a station registry: what it adds is written, and what it would change is shown first.

Everything is done in the loader's one transaction; where a change was not allowed with ``apply``, it is undone at the
end, so that what is shown is what would come. What does not belong here: how a registry is read (``registries``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, exc, func, insert, select, text, update
from sqlalchemy.orm import Session

from evcharge.db import LOCK_WAIT_SECONDS, open_engine, translated_errors
from evcharge.errors import SourceError
from evcharge.load.ledger import close_entry, open_entry
from evcharge.load.mapping import FACT_COLUMNS
from evcharge.load.transaction import earlier_load, one_transaction, resolve_unclear_commit
from evcharge.load.writer import mark_named, sessions_collide
from evcharge.migrate import require_head
from evcharge.models import REGISTRY_ZONE, DimPort, DimStation, LoadLedger, RejectedRow
from evcharge.registries import Port, Registry, Station, read_registry
from evcharge.sources import SourceFile, open_file

EXAMPLES = 5
"""Examples of each kind of change; the count is of all."""

STATION_ATTRIBUTES = tuple(one.name for one in fields(Station) if one.name != "station_id")
PORT_ATTRIBUTES = ("max_power_kw", "current", "connectors")

_STATIONS = DimStation.metadata.tables[DimStation.__tablename__]
_PORTS = DimPort.metadata.tables[DimPort.__tablename__]


@dataclass(frozen=True)
class RegistryOptions:
    """What loading a registry may do.

    Attributes:
        source: whose station ids these are; None for the format's own default, where it has one.
        apply: change what is there, too.
        encoding: of a file without a byte order mark.
        lock_wait_seconds: how long to wait for another load.
    """

    source: str | None = None
    apply: bool = False
    encoding: str = "utf-8"
    lock_wait_seconds: float = LOCK_WAIT_SECONDS


@dataclass
class Changes:
    """How many of one kind of change, and the first examples."""

    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, count: int = 1, **example: Any) -> None:
        """Counts a change."""
        self.count += count
        if len(self.examples) < EXAMPLES:
            self.examples.append({name: _shown(value) for name, value in example.items()})


@dataclass
class RegistryResult:
    """What became of a registry; ``read`` is the sum of the four counts after it, of stations and refused objects.

    ``status`` is ``loaded``, ``already loaded`` (the counts are those of the first load), or ``not applied``: it would
    change what is there, so that nothing was written. ``attributes_filled`` counts empty attributes that were filled.
    """

    file: str
    source: str
    format: str
    status: str
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    ports_read: int = 0
    ports_new: int = 0
    ports_unchanged: int = 0
    attributes_filled: dict[str, int] = field(default_factory=dict)
    attributes_changed: dict[str, Changes] = field(default_factory=dict)
    ports_changed: dict[str, Changes] = field(default_factory=dict)
    ports_moved: Changes = field(default_factory=Changes)
    sessions_moved: Changes = field(default_factory=Changes)
    stations_removed: int = 0
    rejects_by_rule: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, dict[str, Any]] = field(default_factory=dict)
    first_loaded_at: str | None = None
    seconds: float = 0.0

    @property
    def changes_something(self) -> bool:
        """Whether anything that is there would become something else."""
        changes = (*self.attributes_changed.values(), *self.ports_changed.values(), self.ports_moved)
        return any(one.count for one in (*changes, self.sessions_moved))


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
    began, now = time.monotonic(), datetime.now(timezone.utc)
    engine = open_engine(url, writes=True, lock_wait_seconds=options.lock_wait_seconds)
    require_head(engine, url)
    with open_file(path) as file, translated_errors(url):
        registry = read_registry(file, options.encoding)
        source = options.source or registry.default_source or _refuse_sourceless(file, registry)
        result = None
        try:
            with one_transaction(engine) as (session, undo):
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
    result.seconds = round(time.monotonic() - began, 3)
    return result


def _refuse_sourceless(file: SourceFile, registry: Registry) -> str:
    raise SourceError(
        "source_unstated",
        f"{file.name} ({registry.format}) does not say whose ids these are in the sessions.",
        "Name the source that the sessions are loaded under: --source NAME.",
    )


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
    before = _Before(session, source)
    _write_stations(session, registry.stations, source, load.load_key, before, result)
    keys = _station_keys(session, source)
    _write_ports(session, registry.ports, source, load.load_key, before, keys, result)
    _move_sessions(session, source, before, keys, result)
    _write_rejects(session, registry, load.load_key)
    _close_entry(load, result)
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


class _Before:
    """What the database holds of a source before the registry: stations by id, and ports with where they stand."""

    def __init__(self, session: Session, source: str) -> None:
        stations = session.execute(select(_STATIONS).where(_STATIONS.c.source == source)).mappings()
        self.stations: dict[str, Mapping[Any, Any]] = {row["station_id"]: row for row in stations}
        self.ids = {row["station_key"]: station_id for station_id, row in self.stations.items()}
        ports = session.execute(select(_PORTS).where(_PORTS.c.source == source)).mappings()
        self.ports: dict[str, Mapping[Any, Any]] = {row["port_id"]: row for row in ports}

    def is_described(self, station_id: str) -> bool:
        """Whether a registry described the station."""
        return station_id in self.stations and self.stations[station_id]["registry_load_key"] is not None

    def place_of(self, port_id: str) -> int | None:
        """Key of the station at which the sessions stand that name this port in place of a station."""
        if self.is_described(port_id):
            return int(self.stations[port_id]["station_key"])
        return int(self.ports[port_id]["station_key"]) if port_id in self.ports else None


def _station_keys(session: Session, source: str) -> dict[str, int]:
    rows = session.execute(select(DimStation.station_id, DimStation.station_key).where(DimStation.source == source))
    return {row.station_id: row.station_key for row in rows}


def _write_stations(
    session: Session, stations: Iterable[Station], source: str, load_key: int, before: _Before, result: RegistryResult
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
    before: _Before,
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


def _move_sessions(
    session: Session, source: str, before: _Before, keys: Mapping[str, int], result: RegistryResult
) -> None:
    """Moves the sessions that name a port in place of a station to where that port stands now.

    Those are the sessions of a station that has the id of their port and that no registry describes, and those that an
    earlier load put at the station of such a port. Sessions that name a station of their own stay.

    Raises:
        DatabaseError: ``sessions_collide``.
    """
    after = _Before(session, source)
    moves = []
    for port_id, port in after.ports.items():
        target = after.place_of(port_id)
        own = before.stations.get(port_id)
        if own is not None and own["station_key"] != target:
            moves.append({"from_key": own["station_key"], "port_id": port_id, "to_key": target})
        if port["named_as_station"] and before.place_of(port_id) not in (None, target):
            moves.append({"from_key": before.place_of(port_id), "port_id": port_id, "to_key": target})
    moves = list({(move["from_key"], move["port_id"]): move for move in moves}.values())
    if not moves:
        return
    _list_moves(session, moves)
    ids = {key: station_id for station_id, key in keys.items()}
    counted = _counted_moves(session)
    for from_key, _, to_key, sessions in counted:
        result.sessions_moved.add(sessions, old=ids[from_key], new=ids[to_key], sessions=sessions)
    if counted:
        _replace_facts(session)
        mark_named(session, source, {port_id for _, port_id, _, _ in counted})
        result.stations_removed = _remove_placeholders(session, after, {move["from_key"] for move in moves})


def _list_moves(session: Session, moves: list[dict[str, Any]]) -> None:
    ends = " ON COMMIT DROP" if session.get_bind().dialect.name == "postgresql" else ""
    columns = "from_key BIGINT, port_id VARCHAR(255), to_key BIGINT, PRIMARY KEY (from_key, port_id)"
    session.execute(text(f"CREATE TEMP TABLE moves ({columns}){ends}"))
    session.connection().execute(text("INSERT INTO moves VALUES (:from_key, :port_id, :to_key)"), moves)


def _counted_moves(session: Session) -> list[tuple[int, str, int, int]]:
    """Station left, port, station reached, and number of sessions, most first."""
    statement = (
        "SELECT m.from_key, m.port_id, m.to_key, COUNT(*) FROM moves m JOIN fact_charging f "
        "ON f.station_key = m.from_key AND f.port_id = m.port_id "
        "GROUP BY m.from_key, m.port_id, m.to_key ORDER BY COUNT(*) DESC, m.port_id, m.from_key"
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(text(statement))]


def _replace_facts(session: Session) -> None:
    """Takes the facts out and puts them in under their new key, which no database lets change in place when sharded.

    Raises:
        DatabaseError: ``sessions_collide``.
    """
    ends = " ON COMMIT DROP" if session.get_bind().dialect.name == "postgresql" else ""
    columns = ", ".join(FACT_COLUMNS)
    moved = ", ".join("m.to_key AS station_key" if name == "station_key" else f"f.{name}" for name in FACT_COLUMNS)
    on = "f.station_key = m.from_key AND f.port_id = m.port_id"
    statements = (
        f"CREATE TEMP TABLE moving{ends} AS SELECT {moved} FROM fact_charging f JOIN moves m ON {on}",  # noqa: S608
        "DELETE FROM fact_charging WHERE EXISTS (SELECT 1 FROM moves m "
        "WHERE m.from_key = fact_charging.station_key AND m.port_id = fact_charging.port_id)",
    )
    for statement in statements:
        session.execute(text(statement))
    _refuse_collisions(session)
    order = "ORDER BY station_key, session_id"
    session.execute(text(f"INSERT INTO fact_charging ({columns}) SELECT {columns} FROM moving {order}"))  # noqa: S608


def _refuse_collisions(session: Session) -> None:
    pairs = (
        "SELECT a.session_id, a.port_id, b.port_id FROM moving a JOIN {table} b ON a.station_key = b.station_key "
        "AND a.session_id = b.session_id{more} ORDER BY a.session_id, a.port_id LIMIT 1"
    )
    for table, more in (("fact_charging", ""), ("moving", " AND a.port_id < b.port_id")):
        found = session.execute(text(pairs.format(table=table, more=more))).first()
        if found:
            raise sessions_collide(found[0], str(found[1]), str(found[2]))


def _remove_placeholders(session: Session, after: _Before, left: set[int]) -> int:
    """Deletes the stations left that only stood for a port: no registry describes them, and no session is there."""
    with_sessions = "SELECT DISTINCT f.station_key FROM fact_charging f JOIN moves m ON m.from_key = f.station_key"
    kept = set(session.scalars(text(with_sessions)))
    gone = [
        {"this": key}
        for key in sorted(left - kept)
        if after.ids[key] in after.ports and not after.is_described(after.ids[key])
    ]
    _execute_many(session, delete(_STATIONS).where(_STATIONS.c.station_key == bindparam("this")), gone)
    return len(gone)


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


def _shown(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
