"""The tables of evidence, and how rows get into them on each database: what is there of their keys, then what is new.

What does not belong here: which rows are kept, and how they are counted (``evidence``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import pandas as pd
from sqlalchemy import String, Table, bindparam, delete, select
from sqlalchemy.orm import Session

from evcharge.load.copying import copy_in
from evcharge.load.facts import as_sqlite_keeps
from evcharge.models import (
    CONTACTS,
    OUTAGES,
    STATUSES,
    UPTIMES,
    Base,
    FactContact,
    FactOutage,
    FactReportedUptime,
    FactStatus,
)


@dataclass(frozen=True)
class Kind:
    """A kind of evidence, and what of its columns is what.

    Attributes:
        name: as ``models.LoadCount`` says it.
        model: of its table.
        key: what it is about, without the load; ``says``, what it says of that; ``version``, the source's own version.
        instants: columns of instants, each with its column of milliseconds in a clean frame.
        weight: column of a clean frame by which a row stands for several rows of the file, and what is added to it.
        keeps_all: whether rows of one load that say different things of one key all stay: claims and reports do.
    """

    name: str
    model: type[Base]
    key: tuple[str, ...]
    says: tuple[str, ...]
    instants: dict[str, str]
    version: str = ""
    weight: tuple[str, int] | None = None
    keeps_all: bool = False

    @property
    def table(self) -> Table:
        """Its table."""
        return Base.metadata.tables[self.model.__tablename__]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of its table."""
        return tuple(self.table.c.keys())

    @cached_property
    def texts(self) -> frozenset[str]:
        """Those that hold texts of the source."""
        return frozenset(column.name for column in self.table.c if isinstance(column.type, String))

    @cached_property
    def start(self) -> int:
        """Place of the start in the key."""
        return self.key.index("from_time")

    def weights_of(self, frame: pd.DataFrame) -> list[int]:
        """How many rows of the file each row of a clean frame stands for."""
        if self.weight is None:
            return [1] * len(frame)
        column, more = self.weight
        weights: list[int] = (frame[column] + more).astype("int64").tolist()
        return weights


_SPAN = {"from_time": "from_ms", "until_time": "until_ms"}
KINDS = {
    STATUSES: Kind(
        STATUSES,
        FactStatus,
        key=("station_key", "port_id", "from_time", "evidence"),
        says=("word", "state", "error_code", "vendor_error_code", "connectors", "connectors_up"),
        version="source_updated_at",
        instants={**_SPAN, "source_updated_at": "updated_ms"},
        weight=("confirmations", 1),
    ),
    CONTACTS: Kind(
        CONTACTS,
        FactContact,
        key=("station_key", "charger_id", "from_time", "evidence"),
        says=("until_time", "heartbeat_seconds"),
        instants=_SPAN,
        weight=("messages", 0),
    ),
    OUTAGES: Kind(
        OUTAGES,
        FactOutage,
        key=("station_key", "port_id", "from_time", "kind", "cause"),
        says=("until_time", "reference", "claimed_by"),
        instants=_SPAN,
        keeps_all=True,
    ),
    UPTIMES: Kind(
        UPTIMES,
        FactReportedUptime,
        key=("station_key", "port_id", "from_time", "until_time"),
        says=("uptime_percent", "outage_minutes", "excluded_minutes", "reported_by"),
        instants=_SPAN,
        keeps_all=True,
    ),
}
"""The kinds of evidence by name."""


class Stored(NamedTuple):
    """What a load has of a key.

    Attributes:
        load_key: the load.
        says: what it says.
        version: the source's own version of it [text of an instant], or None.
    """

    load_key: int
    says: tuple[Any, ...]
    version: str | None


class EvidenceTables(Protocol):
    """The tables of evidence of one database, as the writer sees them; values are in the form that SQLite keeps."""

    def has_any(self, kind: Kind, station_key: int) -> bool:
        """Whether there is anything of this kind of a station."""

    def stored(self, kind: Kind, keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], list[Stored]]:
        """What each load has of these keys, by key."""

    def remove(self, kind: Kind, load_key: int, keys: Sequence[tuple[Any, ...]]) -> None:
        """Takes out what a load has of these keys."""

    def add(self, kind: Kind, rows: Sequence[tuple[Any, ...]]) -> None:
        """Adds rows whose keys this load has not yet."""


def tables_of(session: Session) -> EvidenceTables:
    """The tables of the database that the session writes to."""
    return _Sqlite(session) if session.get_bind().dialect.name == "sqlite" else _Postgresql(session)


class _Tables:
    """What both databases have in common."""

    def __init__(self, session: Session) -> None:
        self.connection = session.connection()
        self._met: set[str] = set()

    def has_any(self, kind: Kind, station_key: int) -> bool:
        """Whether there is anything of this kind of a station."""
        of_station = select(kind.table.c.station_key).where(kind.table.c.station_key == station_key).limit(1)
        return self.connection.execute(of_station).first() is not None

    def stored(self, kind: Kind, keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], list[Stored]]:
        """What each load has of these keys, by key."""
        found: dict[tuple[Any, ...], list[Stored]] = {}
        if not keys:
            return found
        self._put_keys(kind, keys)
        names = (*kind.key, *kind.says, "load_key", kind.version or "load_key")
        width, last = len(kind.key), len(kind.key) + len(kind.says)
        for row in self._joined(kind, names):
            values = self._values(row)
            version = values[last + 1] if kind.version else None
            found.setdefault(values[:width], []).append(Stored(values[last], values[width:last], version))
        return found

    def remove(self, kind: Kind, load_key: int, keys: Sequence[tuple[Any, ...]]) -> None:
        """Takes out what a load has of these keys."""
        if not keys:
            return
        columns = kind.table.c
        same_key = [columns[name] == bindparam(f"this_{name}") for name in kind.key]
        these = delete(kind.table).where(*same_key, columns.load_key == bindparam("this_load"))
        rows = [{f"this_{name}": part for name, part in zip(kind.key, key, strict=True)} for key in keys]
        for row in rows:
            start = datetime.fromisoformat(row["this_from_time"].replace("Z", "+00:00"))
            row |= {"this_load": load_key, "this_from_time": start}
        self.connection.execute(these, rows)

    def _values(self, row: Any) -> tuple[Any, ...]:
        return tuple(row)

    def _put_keys(self, kind: Kind, keys: Sequence[tuple[Any, ...]]) -> None:
        raise NotImplementedError

    def _joined(self, kind: Kind, names: Sequence[str]) -> Sequence[Any]:
        raise NotImplementedError


class _Sqlite(_Tables):
    """Evidence on SQLite: rows as tuples, run by the driver."""

    def add(self, kind: Kind, rows: Sequence[tuple[Any, ...]]) -> None:
        """Adds rows whose keys this load has not yet."""
        if rows:
            places = ", ".join("?" * len(kind.columns))
            names = ", ".join(kind.columns)
            self.connection.exec_driver_sql(f"INSERT INTO {kind.table.name} ({names}) VALUES ({places})", [*rows])  # noqa: S608

    def _put_keys(self, kind: Kind, keys: Sequence[tuple[Any, ...]]) -> None:
        columns = ", ".join(kind.key[:3])
        self.connection.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS incoming_{kind.name} ({columns})")
        self.connection.exec_driver_sql(f"DELETE FROM incoming_{kind.name}")  # noqa: S608
        insert = f"INSERT INTO incoming_{kind.name} VALUES (?, ?, ?)"  # noqa: S608
        self.connection.exec_driver_sql(insert, list({key[:3]: None for key in keys}))

    def _joined(self, kind: Kind, names: Sequence[str]) -> Sequence[Any]:
        columns = ", ".join(f"f.{name}" for name in names)
        same = f"{kind.table.name} f USING ({', '.join(kind.key[:3])})"
        return self.connection.exec_driver_sql(f"SELECT {columns} FROM incoming_{kind.name} CROSS JOIN {same}").all()  # noqa: S608


class _Postgresql(_Tables):
    """Evidence on PostgreSQL: COPY."""

    def add(self, kind: Kind, rows: Sequence[tuple[Any, ...]]) -> None:
        """Adds rows whose keys this load has not yet."""
        if rows:
            copy_in(self.connection, kind.table.name, kind.columns, rows, kind.texts)

    def _values(self, row: Any) -> tuple[Any, ...]:
        return tuple(map(as_sqlite_keeps, row))

    def _put_keys(self, kind: Kind, keys: Sequence[tuple[Any, ...]]) -> None:
        name, columns = f"incoming_{kind.name}", kind.key[:3]
        if kind.name not in self._met:
            kinds = ", ".join(f"{one} {kind.table.c[one].type.compile(self.connection.dialect)}" for one in columns)
            self.connection.exec_driver_sql(f"CREATE TEMP TABLE {name} ({kinds}) ON COMMIT DROP")
            self._met.add(kind.name)
        self.connection.exec_driver_sql(f"TRUNCATE pg_temp.{name}")
        copy_in(self.connection, f"pg_temp.{name}", columns, list({key[:3]: None for key in keys}), kind.texts)

    def _joined(self, kind: Kind, names: Sequence[str]) -> Sequence[Any]:
        columns = ", ".join(f"f.{name}" for name in names)
        same = f"{kind.table.name} f USING ({', '.join(kind.key[:3])})"
        return self.connection.exec_driver_sql(f"SELECT {columns} FROM pg_temp.incoming_{kind.name} JOIN {same}").all()  # noqa: S608
