"""The star as ORM models; each column says what it means, its unit and where it comes from.

``docs/data-dictionary.md`` is written from this file. Beside the star stand the reports that were saved, each with the
definition that it judged by. What does not belong here: queries, and any verdict on a session: whether a session counts
as a success is a definition (``metrics``), never a column.
"""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from evcharge.station_frame import DAY, NEVER, NUMBER, SAVED_COLUMNS, STATION_FRAME, TEXT, WHOLE, StationColumn

REGISTRY_ZONE = "none"
"""What ``load_ledger.timezone`` says of a station registry, which holds no sessions."""
SAMPLE_SOURCE = "sample"
"""Source of what ``evcharge sample`` makes up: its sessions are no data, and every output that holds any says so."""
LOADED, INCOMPLETE, UNLOADED = "loaded", "incomplete", "unloaded"
"""What ``load_ledger.status`` says of a load."""
SESSIONS, STATUSES, CONTACTS, OUTAGES, STATIONS = "sessions", "statuses", "contacts", "outages", "stations"
UPTIMES = "uptimes"
"""What ``LoadCount.kind`` says of the rows that are counted."""
WHOLE_STATION = ""
"""``port_id`` of a statement about a whole station: it is true of each of its ports."""
UP, DOWN, UNKNOWN, OUT_OF_SCOPE = "up", "down", "unknown", "out_of_scope"
"""What ``FactStatus.state`` says of a port."""
EVENT, POLL, SNAPSHOT = "event", "poll", "snapshot"
"""What ``FactStatus.evidence`` says: a change that was told, one answer among many, or a list of all ports."""
OWN_MESSAGE, BACK_OFFICE = "own_message", "back_office"
"""What ``FactContact.evidence`` says."""
OUTAGE, EXEMPTION = "outage", "exemption"
"""What ``FactOutage.kind`` says."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant in UTC, to the millisecond: timestamptz on PostgreSQL, ISO 8601 text ending in Z on SQLite.

    A value without a zone is refused, since it names no instant. Digits below the millisecond are cut off.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, whose own date type would drop the zone without a word."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn an aware datetime into what the database keeps."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"{value!r} has no time zone; evcharge stores instants only")
        instant = value.astimezone(timezone.utc)
        if dialect.name == "sqlite":
            return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        return instant.replace(microsecond=instant.microsecond // 1000 * 1000)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Turn what the database keeps into an aware datetime in UTC."""
        if value is None:
            return None
        if isinstance(value, str):
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        instant: datetime = value
        return instant.astimezone(timezone.utc)


class Base(DeclarativeBase):
    """All tables of evcharge; constraints are named by one convention."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s__%(column_0_N_name)s",
            "uq": "uq_%(table_name)s__%(column_0_N_name)s",
            "ix": "ix_%(table_name)s__%(column_0_N_name)s",
            "ck": "ck_%(table_name)s__%(constraint_name)s",
        }
    )


BigKey = BigInteger().with_variant(Integer, "sqlite")


class DimStation(Base):
    """A charging station as one source names it. Source: session files and station registries."""

    __tablename__ = "dim_station"
    __table_args__ = (UniqueConstraint("source", "station_id"),)

    station_key: Mapped[int] = mapped_column(
        BigKey, primary_key=True, doc="Surrogate key of the station. Source: evcharge."
    )
    source: Mapped[str] = mapped_column(
        String(64),
        doc="Who issued the station id; ids are unique only within it. Source: the profile, --source, or the setting.",
    )
    station_id: Mapped[str] = mapped_column(
        String(255),
        doc="The source's own id of the station, as text, unchanged. Source: the session file or the registry.",
    )
    name: Mapped[str | None] = mapped_column(
        String(255), doc="Name people know the station by. Source: the session file or the registry."
    )
    operator: Mapped[str | None] = mapped_column(
        String(255), doc="Who operates the station. Source: the session file or the registry."
    )
    network: Mapped[str | None] = mapped_column(
        String(255), doc="Network the station belongs to. Source: the session file or the registry."
    )
    address: Mapped[str | None] = mapped_column(
        String(255), doc="Street address. Source: the session file or the registry."
    )
    city: Mapped[str | None] = mapped_column(
        String(255), doc="City or commune. Source: the session file or the registry."
    )
    region: Mapped[str | None] = mapped_column(
        String(255), doc="State, region or department. Source: the session file or the registry."
    )
    country: Mapped[str | None] = mapped_column(
        String(255), doc="Country as the source writes it. Source: the session file or the registry."
    )
    latitude: Mapped[float | None] = mapped_column(
        Double, doc="Latitude [degrees north, WGS 84]. Source: the session file or the registry."
    )
    longitude: Mapped[float | None] = mapped_column(
        Double, doc="Longitude [degrees east, WGS 84]. Source: the session file or the registry."
    )
    timezone: Mapped[str | None] = mapped_column(
        String(64),
        doc="IANA zone the station stands in; empty where none is stated. In which zone the local hours of a load were "
        "told, load_ledger.timezone says. Source: the registry, or profile or --tz.",
    )
    max_power_kw: Mapped[float | None] = mapped_column(
        Double, doc="Highest rated power of the station [kW]. Source: station registries."
    )
    opened_on: Mapped[date | None] = mapped_column(Date, doc="First day of operation. Source: station registries.")
    registry_load_key: Mapped[int | None] = mapped_column(
        BigKey,
        ForeignKey("load_ledger.load_key"),
        doc="Load of the registry that last described the station; empty where only sessions name it. "
        "Source: load_ledger.",
    )
    department: Mapped[str | None] = mapped_column(
        String(255), doc="Department within the region, by its code (France: 59). Source: station registries."
    )


class DimPort(Base):
    """A port (EVSE) that a registry places at a station. Source: station registries."""

    __tablename__ = "dim_port"
    __table_args__ = (Index(None, "station_key"),)

    source: Mapped[str] = mapped_column(
        String(64),
        primary_key=True,
        doc="Who issued the port id; ids are unique only within it. Source: the registry, --source, or the setting.",
    )
    port_id: Mapped[str] = mapped_column(
        String(255), primary_key=True, doc="The source's own id of the port, unchanged. Source: the registry."
    )
    station_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(DimStation.station_key), doc="Station that the port stands at. Source: the registry."
    )
    max_power_kw: Mapped[float | None] = mapped_column(
        Double, doc="Highest rated power of its connectors [kW]. Source: the registry."
    )
    current: Mapped[str | None] = mapped_column(
        String(2), doc="AC or DC; empty where not recorded or both. Source: the registry."
    )
    connectors: Mapped[str | None] = mapped_column(
        String(255),
        doc="Standards of its connectors in the registry's words, sorted, joined by ', '. Source: the registry.",
    )
    named_as_station: Mapped[bool] = mapped_column(
        Boolean(create_constraint=True, name="named_as_station_is_boolean"),
        doc="Whether sessions name this port in place of a station, so that they stand where the registry places it "
        "and move with it. Source: the sessions.",
    )
    load_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey("load_ledger.load_key"), doc="Load of the registry that last placed it. Source: load_ledger."
    )
    commissioned_on: Mapped[date | None] = mapped_column(
        Date, doc="First local day of operation; before it the port is out of scope. Source: the registry."
    )
    decommissioned_on: Mapped[date | None] = mapped_column(
        Date, doc="First local day after operation; from it on the port is out of scope. Source: the registry."
    )
    opening_hours: Mapped[str | None] = mapped_column(
        String(255),
        doc="Local hours in which the port is open, as OpenStreetMap writes them, such as Mo-Fr 06:00-22:00; empty for "
        "always, or not recorded. Source: the registry.",
    )


class DimTime(Base):
    """A local hour, the grain in which sessions are grouped by time; one may be there in which no session began."""

    __tablename__ = "dim_time"
    __table_args__ = (
        CheckConstraint("hour >= 0 AND hour <= 23", name="hour_of_a_day"),
        CheckConstraint("weekday >= 1 AND weekday <= 7", name="weekday_is_iso"),
    )

    time_key: Mapped[int] = mapped_column(
        BigKey,
        primary_key=True,
        autoincrement=False,
        doc="Local hour of the station as yyyymmddhh; UTC where no zone is known. Source: the session's start.",
    )
    date: Mapped[date] = mapped_column(Date, doc="Local day. Source: time_key.")
    year: Mapped[int] = mapped_column(SmallInteger, doc="Local year. Source: time_key.")
    quarter: Mapped[int] = mapped_column(SmallInteger, doc="Quarter of the year, 1 to 4. Source: time_key.")
    month: Mapped[int] = mapped_column(SmallInteger, doc="Month, 1 to 12. Source: time_key.")
    day: Mapped[int] = mapped_column(SmallInteger, doc="Day of the month, 1 to 31. Source: time_key.")
    hour: Mapped[int] = mapped_column(SmallInteger, doc="Hour of the day, 0 to 23. Source: time_key.")
    weekday: Mapped[int] = mapped_column(
        SmallInteger, doc="Day of the week, 1 = Monday to 7 = Sunday (ISO 8601). Source: time_key."
    )
    is_weekend: Mapped[bool] = mapped_column(
        Boolean(create_constraint=True, name="is_weekend_is_boolean"),
        doc="True on Saturday and Sunday. Source: time_key.",
    )


class LoadLedger(Base):
    """One file that was loaded: what it held, how it was read and what became of each row."""

    __tablename__ = "load_ledger"
    __table_args__ = (
        UniqueConstraint("source", "file_sha256"),
        CheckConstraint(
            "rows_read = inserted + updated + unchanged + superseded + rejected", name="every_row_is_accounted_for"
        ),
        CheckConstraint("failures_included IN ('yes', 'no', 'unknown')", name="failures_included_is_known_word"),
        CheckConstraint("status IN ('loaded', 'incomplete', 'unloaded')", name="status_is_known_word"),
    )

    load_key: Mapped[int] = mapped_column(BigKey, primary_key=True, doc="Surrogate key of the load. Source: evcharge.")
    source: Mapped[str] = mapped_column(
        String(64), doc="Who published the file. Source: the profile or registry, --source, or the setting."
    )
    file_name: Mapped[str] = mapped_column(
        Text,
        doc="Name of the file without its folder; of a workbook with the sheet, as "
        "book.xlsx/January, where that is not the first or was named. Source: the command line.",
    )
    file_sha256: Mapped[str] = mapped_column(
        String(64),
        doc="SHA-256 of the file's bytes as they stand on disk, in hexadecimal; where --sheet named a sheet of it, "
        "or rows take their time from its name, of that hash, a slash and the sheet's name, or that time. "
        "Source: the file.",
    )
    format: Mapped[str] = mapped_column(
        String(32), doc="Kind of file that was read, such as csv, jsonl or ocpp. Source: the profile."
    )
    profile: Mapped[str] = mapped_column(
        String(255), doc="Name of the profile and a hash of all it says, as name@hash. Source: the profile."
    )
    failures_included: Mapped[str] = mapped_column(
        String(7),
        doc="Whether the publisher left failed sessions in: yes, no or unknown. Source: the profile.",
    )
    timezone: Mapped[str] = mapped_column(
        String(64),
        doc="IANA zone of the stations, or 'offset' where each time carries its own, or 'none' for a registry. "
        "Source: the profile.",
    )
    time_format: Mapped[str] = mapped_column(
        Text,
        doc="Format that the file's times were read by. Source: the profile, and the file where the profile allows "
        "several.",
    )
    rows_read: Mapped[int] = mapped_column(
        BigInteger,
        doc="Rows of the file that are sessions (of a registry: stations, and objects refused). Source: the load.",
    )
    inserted: Mapped[int] = mapped_column(
        BigInteger, doc="Rows that became new sessions (or stations). Source: the load."
    )
    updated: Mapped[int] = mapped_column(BigInteger, doc="Rows that changed a session (or station). Source: the load.")
    unchanged: Mapped[int] = mapped_column(
        BigInteger, doc="Rows equal to the session (or station) there was. Source: the load."
    )
    superseded: Mapped[int] = mapped_column(
        BigInteger, doc="Rows older than the session there was, by the source's own version. Source: the load."
    )
    rejected: Mapped[int] = mapped_column(
        BigInteger, doc="Rows that a rule refused; see rejected_row. Source: the load."
    )
    skipped: Mapped[int] = mapped_column(
        BigInteger,
        doc="Rows that are no sessions by the format's own rule, such as interval rows; not in rows_read. "
        "Source: the load.",
    )
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, doc="When the load began. Source: the clock.")
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime, doc="When its last row was written. Source: the clock.")
    evcharge_version: Mapped[str] = mapped_column(
        String(32), doc="Version of evcharge that loaded it. Source: evcharge."
    )
    status: Mapped[str] = mapped_column(
        String(10),
        server_default=LOADED,
        doc="What there is of it: loaded; incomplete, since sessions that it shares with another load went with that "
        "one, and loading its file again brings them back; or unloaded: its sessions and rejects are out, and its "
        "counts tell what was in. Source: evcharge unload.",
    )
    unloaded_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, doc="When it was taken out; empty while it is in. Source: the clock."
    )
    workbook_sha256: Mapped[str | None] = mapped_column(
        String(64),
        doc="SHA-256 of the bytes on disk of a workbook of which --sheet named a sheet, and of a snapshot whose time "
        "is in its file's name, in hexadecimal; empty for all other files, whose file_sha256 it is. Source: the file.",
    )
    log_ended_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime,
        doc="Of a message log: the latest time of its clock, a time without an offset taken as UTC. A log that begins "
        "more than three days later is read without it, unless a session that ends there began earlier. Empty where a "
        "message tells no such time, and for all other files. Source: the file.",
    )


class LoadOverlap(Base):
    """Two loads that share sessions: one read sessions that the other one holds, since it wrote them last."""

    __tablename__ = "load_overlap"
    __table_args__ = (Index(None, "holder_key"),)

    load_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(LoadLedger.load_key), primary_key=True, doc="Load that read them, too. Source: load_ledger."
    )
    holder_key: Mapped[int] = mapped_column(
        BigKey,
        ForeignKey(LoadLedger.load_key),
        primary_key=True,
        doc="Load whose rows stand: without it they are gone. Source: load_ledger.",
    )


class LoadCount(Base):
    """What became of the rows of one kind that a load read: each is accounted for."""

    __tablename__ = "load_count"
    __table_args__ = (
        CheckConstraint(
            "rows_read = inserted + updated + unchanged + superseded + rejected", name="every_row_is_accounted_for"
        ),
        CheckConstraint(
            "kind IN ('sessions', 'statuses', 'contacts', 'outages', 'uptimes', 'stations')", name="kind_is_known_word"
        ),
    )

    load_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(LoadLedger.load_key), primary_key=True, doc="Load that read them. Source: load_ledger."
    )
    kind: Mapped[str] = mapped_column(
        String(8),
        primary_key=True,
        doc="What the rows are: sessions, statuses, contacts, outages, uptimes (as reported) or stations. Source: the "
        "load.",
    )
    rows_read: Mapped[int] = mapped_column(BigInteger, doc="Rows of this kind that were read. Source: the load.")
    inserted: Mapped[int] = mapped_column(BigInteger, doc="Rows that say something new. Source: the load.")
    updated: Mapped[int] = mapped_column(BigInteger, doc="Rows that say it otherwise than before. Source: the load.")
    unchanged: Mapped[int] = mapped_column(BigInteger, doc="Rows that say what was there already. Source: the load.")
    superseded: Mapped[int] = mapped_column(
        BigInteger,
        doc="Rows that a newer one, by the source's own version or order, takes the place of. Source: the load.",
    )
    rejected: Mapped[int] = mapped_column(BigInteger, doc="Rows that a rule refused. Source: the load.")


class FactStatus(Base):
    """A statement about the state of a port, as one load has it; what stands follows from all of them, never here."""

    __tablename__ = "fact_status"
    __table_args__ = (
        CheckConstraint("until_time >= from_time", name="until_not_before_from"),
        CheckConstraint("state IN ('up', 'down', 'unknown', 'out_of_scope')", name="state_is_known_word"),
        CheckConstraint("evidence IN ('event', 'poll', 'snapshot')", name="evidence_is_known_word"),
        {"sqlite_with_rowid": False},
    )

    station_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(DimStation.station_key), primary_key=True, doc="Station of the port. Source: dim_station."
    )
    port_id: Mapped[str] = mapped_column(
        String(255),
        primary_key=True,
        doc="The source's own id of the port; an empty text for the whole station. Source: the file.",
    )
    from_time: Mapped[datetime] = mapped_column(
        UtcDateTime, primary_key=True, doc="Since when it is so, as the source says [UTC]. Source: the file."
    )
    evidence: Mapped[str] = mapped_column(
        String(8),
        primary_key=True,
        doc="What it is: event (a change, told when it came), poll (an answer to a question) or snapshot (a list of "
        "all ports). Source: the profile.",
    )
    load_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(LoadLedger.load_key), primary_key=True, doc="Load that read it. Source: load_ledger."
    )
    until_time: Mapped[datetime] = mapped_column(
        UtcDateTime,
        doc="Last time that the same load confirmed it [UTC]; from_time where nothing did. Source: the file.",
    )
    word: Mapped[str] = mapped_column(String(255), doc="The source's own word for the state. Source: the file.")
    state: Mapped[str] = mapped_column(
        String(12), doc="What the word means: up, down, unknown or out_of_scope. Source: the profile's table of words."
    )
    error_code: Mapped[str | None] = mapped_column(
        String(255), doc="Error code, in the source's words. Source: the file."
    )
    vendor_error_code: Mapped[str | None] = mapped_column(
        String(255), doc="The vendor's own error code. Source: the file."
    )
    source_line: Mapped[int] = mapped_column(
        BigInteger, doc="Line of the file on which it begins, counted from 1. Source: the file."
    )
    last_line: Mapped[int] = mapped_column(
        BigInteger, doc="Line of the file that confirmed it last; source_line where none did. Source: the file."
    )
    source_updated_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, doc="The source's own version of the statement [UTC]; the newest wins. Source: the file."
    )
    connectors: Mapped[int | None] = mapped_column(
        Integer,
        doc="Connectors of the port of which the log has told a state so far; empty for fewer than two. Source: the "
        "file.",
    )
    connectors_up: Mapped[int | None] = mapped_column(
        Integer, doc="How many of these work after the statement; empty where connectors is. Source: the file."
    )
    spacing_seconds: Mapped[float | None] = mapped_column(
        Double,
        doc="Usual time between polls of the port, or between snapshots [s]: the median in the file, by which runs are "
        "cut; empty for an event, or where it can't be told. Source: the file.",
    )


class FactContact(Base):
    """A time in which a charger was heard from, as one load has it."""

    __tablename__ = "fact_contact"
    __table_args__ = (
        CheckConstraint("until_time >= from_time", name="until_not_before_from"),
        CheckConstraint("evidence IN ('own_message', 'back_office')", name="evidence_is_known_word"),
        CheckConstraint("heartbeat_seconds > 0 AND heartbeat_seconds < 1000000000", name="heartbeat_is_finite"),
        {"sqlite_with_rowid": False},
    )

    station_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(DimStation.station_key), primary_key=True, doc="Station of the charger. Source: dim_station."
    )
    charger_id: Mapped[str] = mapped_column(
        String(255), primary_key=True, doc="The source's own id of the charger, which has the ports. Source: the file."
    )
    from_time: Mapped[datetime] = mapped_column(
        UtcDateTime, primary_key=True, doc="First message of its own, or its connection [UTC]. Source: the file."
    )
    evidence: Mapped[str] = mapped_column(
        String(11),
        primary_key=True,
        doc="What shows it: own_message (messages with gaps of at most a minute) or back_office (its record of a "
        "connection and its end). Source: the file.",
    )
    load_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(LoadLedger.load_key), primary_key=True, doc="Load that read it. Source: load_ledger."
    )
    until_time: Mapped[datetime | None] = mapped_column(
        UtcDateTime,
        doc="Last of the messages, or the end of the connection [UTC]; empty where the file has no end of it. Source: "
        "the file.",
    )
    heartbeat_seconds: Mapped[float | None] = mapped_column(
        Double,
        doc="Interval of heartbeats that the back office asked for at the last boot before; empty where none is told "
        "[seconds]. Source: the file.",
    )
    source_line: Mapped[int] = mapped_column(
        BigInteger, doc="Line of the file with the first message, counted from 1. Source: the file."
    )
    last_line: Mapped[int] = mapped_column(
        BigInteger, doc="Line of the file with the last message or the end. Source: the file."
    )


class FactOutage(Base):
    """What somebody reported of a port: an outage, or a claim that one is exempt, as one load has it."""

    __tablename__ = "fact_outage"
    __table_args__ = (
        CheckConstraint("until_time >= from_time", name="until_not_before_from"),
        CheckConstraint("kind IN ('outage', 'exemption')", name="kind_is_known_word"),
        {"sqlite_with_rowid": False},
    )

    station_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(DimStation.station_key), primary_key=True, doc="Station of the port. Source: dim_station."
    )
    port_id: Mapped[str] = mapped_column(
        String(255),
        primary_key=True,
        doc="The source's own id of the port; an empty text for the whole station. Source: the file.",
    )
    from_time: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, doc="Its start [UTC]. Source: the file.")
    load_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(LoadLedger.load_key), primary_key=True, doc="Load that read it. Source: load_ledger."
    )
    source_line: Mapped[int] = mapped_column(
        BigInteger,
        primary_key=True,
        autoincrement=False,
        doc="Line of the file on which it begins, counted from 1. Source: the file.",
    )
    until_time: Mapped[datetime] = mapped_column(UtcDateTime, doc="Its end [UTC]. Source: the file.")
    kind: Mapped[str] = mapped_column(String(9), doc="What it is: outage or exemption. Source: the file.")
    cause: Mapped[str | None] = mapped_column(
        String(255),
        doc="Cause: planned_maintenance, vandalism, grid, disaster, vehicle or closed; empty where an outage has none. "
        "Source: the file.",
    )
    reference: Mapped[str | None] = mapped_column(
        String(255), doc="What proves it, such as the number of a ticket. Source: the file."
    )
    claimed_by: Mapped[str | None] = mapped_column(String(255), doc="Who says so. Source: the file.")


class FactReportedUptime(Base):
    """Uptime of a port in a period as somebody reported it, as one load has it: no evidence, and never taken for it."""

    __tablename__ = "fact_reported_uptime"
    __table_args__ = (
        CheckConstraint("until_time >= from_time", name="until_not_before_from"),
        CheckConstraint("uptime_percent >= 0 AND uptime_percent < 1000", name="uptime_is_finite"),
        CheckConstraint("outage_minutes >= 0 AND outage_minutes < 1000000", name="outage_is_finite"),
        CheckConstraint("excluded_minutes >= 0 AND excluded_minutes < 1000000", name="excluded_is_finite"),
        {"sqlite_with_rowid": False},
    )

    station_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(DimStation.station_key), primary_key=True, doc="Station of the port. Source: dim_station."
    )
    port_id: Mapped[str] = mapped_column(
        String(255), primary_key=True, doc="The source's own id of the port. Source: the file."
    )
    from_time: Mapped[datetime] = mapped_column(
        UtcDateTime, primary_key=True, doc="Start of the period [UTC]. Source: the file."
    )
    load_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(LoadLedger.load_key), primary_key=True, doc="Load that read it. Source: load_ledger."
    )
    source_line: Mapped[int] = mapped_column(
        BigInteger,
        primary_key=True,
        autoincrement=False,
        doc="Line of the file on which it begins, counted from 1. Source: the file.",
    )
    until_time: Mapped[datetime] = mapped_column(UtcDateTime, doc="End of the period [UTC]. Source: the file.")
    uptime_percent: Mapped[float | None] = mapped_column(
        Double,
        doc="Uptime as reported [%], even if over 100; empty where the file says none. Source: the file.",
    )
    outage_minutes: Mapped[float | None] = mapped_column(
        Double, doc="Minutes of outage as reported [minutes]; empty where the file says none. Source: the file."
    )
    excluded_minutes: Mapped[float | None] = mapped_column(
        Double,
        doc="Those of them that the reporter leaves out [minutes]; empty where the file says none. Source: the file.",
    )
    reported_by: Mapped[str | None] = mapped_column(String(255), doc="Who reported it. Source: the file.")


class RejectedEvidence(Base):
    """A rule that refused a row of evidence or of reported uptime, with its row; of sessions rejected_row tells it.

    What a refused statement named ends what was said of its port before: from then on the port is unknown, until the
    next statement.
    """

    __tablename__ = "rejected_evidence"
    __table_args__ = (
        CheckConstraint("kind IN ('statuses', 'contacts', 'outages', 'uptimes')", name="kind_is_known_word"),
    )

    load_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(LoadLedger.load_key), primary_key=True, doc="Load that read the row. Source: load_ledger."
    )
    kind: Mapped[str] = mapped_column(
        String(8), primary_key=True, doc="What the row is: statuses, contacts, outages or uptimes. Source: the load."
    )
    source_line: Mapped[int] = mapped_column(
        BigInteger,
        primary_key=True,
        autoincrement=False,
        doc="Line of the file on which the row begins, counted from 1. Source: the file.",
    )
    rule: Mapped[str] = mapped_column(
        String(64), primary_key=True, doc="Code of the rule that refused the row. Source: availability rules."
    )
    column: Mapped[str | None] = mapped_column(
        String(64), doc="Column the rule looked at; empty for the whole row. Source: availability rules."
    )
    value: Mapped[str | None] = mapped_column(Text, doc="What stood in that column, as text. Source: the file.")
    raw: Mapped[str] = mapped_column(
        Text, doc="The row as it stands in the file; characters no database takes are escaped. Source: the file."
    )
    station_id: Mapped[str | None] = mapped_column(
        String(255), doc="Station that the row named, where it could be read. Source: the file."
    )
    port_id: Mapped[str | None] = mapped_column(
        String(255), doc="Port that the row named, where it could be read. Source: the file."
    )
    at_time: Mapped[datetime | None] = mapped_column(
        UtcDateTime, doc="Time that the row named, where it could be read [UTC]. Source: the file."
    )


class FactCharging(Base):
    """One charging session, as the source recorded it, kept whether it worked or not."""

    __tablename__ = "fact_charging"
    __table_args__ = (
        CheckConstraint("end_time >= start_time", name="end_not_before_start"),
        CheckConstraint("duration_minutes >= 0 AND duration_minutes < 1000000000", name="duration_is_finite"),
        CheckConstraint("energy_kwh >= 0 AND energy_kwh < 1000000", name="energy_is_finite"),
        CheckConstraint("energy_at_most_kwh >= 0 AND energy_at_most_kwh < 1000000", name="energy_at_most_is_finite"),
        CheckConstraint("peak_power_kw >= 0 AND peak_power_kw < 1000000", name="peak_power_is_finite"),
        CheckConstraint("start_soc_percent >= 0 AND start_soc_percent <= 100", name="start_soc_is_a_share"),
        CheckConstraint("end_soc_percent >= 0 AND end_soc_percent <= 100", name="end_soc_is_a_share"),
        CheckConstraint(
            "authorisation_mode IN ('cached_auth', 'request_start', 'pre_plugin', 'post_plugin')",
            name="authorisation_mode_is_known_word",
        ),
        *(
            CheckConstraint(f"{column} > -1000000000 AND {column} < 1000000000", name=f"{column}_is_finite")
            for column in (
                *("authorised_after_seconds", "plugged_in_after_seconds", "power_after_seconds"),
                "authorize_lead_seconds",
            )
        ),
        {"sqlite_with_rowid": False},
    )

    station_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(DimStation.station_key), primary_key=True, doc="Station of the session. Source: dim_station."
    )
    session_id: Mapped[str] = mapped_column(
        String(255),
        primary_key=True,
        doc="The source's session id, unchanged; where it has none, its natural key joined by '|'. Source: the file.",
    )
    time_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(DimTime.time_key), doc="Local hour in which the session started. Source: dim_time."
    )
    load_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(LoadLedger.load_key), doc="Load that last wrote this row. Source: load_ledger."
    )
    source_line: Mapped[int] = mapped_column(
        BigInteger, doc="Line of the file on which the row begins, counted from 1. Source: the file."
    )
    port_id: Mapped[str | None] = mapped_column(
        String(255), doc="The source's id of the port (EVSE); sessions without one are kept. Source: the file."
    )
    connector_id: Mapped[str | None] = mapped_column(
        String(255), doc="The source's id of the connector. Source: the file."
    )
    driver_ref: Mapped[str | None] = mapped_column(
        String(64), doc="Salted hash of the driver's token; never the token. Source: the file."
    )
    start_time: Mapped[datetime] = mapped_column(UtcDateTime, doc="Start of the session [UTC]. Source: the file.")
    end_time: Mapped[datetime | None] = mapped_column(
        UtcDateTime, doc="End of the session [UTC]; empty while open or not recorded. Source: the file."
    )
    duration_minutes: Mapped[float | None] = mapped_column(
        Double, doc="End minus start, as instants [minutes]. Source: start_time and end_time."
    )
    energy_kwh: Mapped[float | None] = mapped_column(
        Double, doc="Energy delivered to the vehicle [kWh]; 0 is a value, empty is not recorded. Source: the file."
    )
    peak_power_kw: Mapped[float | None] = mapped_column(
        Double, doc="Highest power of the session [kW]. Source: the file."
    )
    success: Mapped[bool | None] = mapped_column(
        Boolean(create_constraint=True, name="success_is_boolean"),
        doc="What the source itself recorded of the outcome; empty where it recorded nothing. Source: the file.",
    )
    stop_reason: Mapped[str | None] = mapped_column(
        String(255), doc="Why the session stopped, in the source's words. Source: the file."
    )
    error_code: Mapped[str | None] = mapped_column(
        String(255), doc="Error code or codes, in the source's words. Source: the file."
    )
    start_soc_percent: Mapped[float | None] = mapped_column(
        Double, doc="State of charge of the battery at the start [%]. Source: the file."
    )
    end_soc_percent: Mapped[float | None] = mapped_column(
        Double, doc="State of charge of the battery at the end [%]. Source: the file."
    )
    has_transaction: Mapped[bool | None] = mapped_column(
        Boolean(create_constraint=True, name="has_transaction_is_boolean"),
        doc="Whether the attempt became a transaction; empty where the source can't tell. Source: the file.",
    )
    reached_charging: Mapped[bool | None] = mapped_column(
        Boolean(create_constraint=True, name="reached_charging_is_boolean"),
        doc="Whether power was seen to flow; empty where the source can't tell. Source: the file.",
    )
    next_status: Mapped[str | None] = mapped_column(
        String(255), doc="Status the connector took next, in the source's words. Source: the file."
    )
    source_updated_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, doc="The source's own version of the row [UTC]; the newest wins. Source: the file."
    )
    authorisation_mode: Mapped[str | None] = mapped_column(
        String(16),
        doc="Way in which the attempt was authorised, as ChargeX tells them apart: cached_auth, request_start, "
        "pre_plugin or post_plugin, the first that fits; empty where the source can't tell. Source: the file.",
    )
    authorised_after_seconds: Mapped[float | None] = mapped_column(
        Double,
        doc="From the start to the first answer to its authorisation [seconds], as the log has both; negative before "
        "the start. Source: the file.",
    )
    plugged_in_after_seconds: Mapped[float | None] = mapped_column(
        Double,
        doc="From the start to when the cable was plugged in [seconds]; negative before the start. Source: the file.",
    )
    power_after_seconds: Mapped[float | None] = mapped_column(
        Double,
        doc="From the start to when power first flowed [seconds]; negative before the start, empty where it never did "
        "or the source can't tell. Source: the file.",
    )
    authorize_lead_seconds: Mapped[float | None] = mapped_column(
        Double,
        doc="From the last Authorize before the start to the start [whole seconds, each time cut to its second]; 0 "
        "where both were logged in one second. Source: the file.",
    )
    trigger_reasons: Mapped[str | None] = mapped_column(
        String(255),
        doc="Trigger reasons of the event that began the transaction and of those on the way that told its charging "
        "state, each once, in order, joined by ', '. Source: the file.",
    )
    energy_at_most_kwh: Mapped[float | None] = mapped_column(
        Double,
        doc="What an OCPP 1.6 transaction without a stop took at most [kWh]: the meter at the next start on its "
        "connector, less that at its own. A bound, and no energy: no sum and no definition counts it. Source: the "
        "file.",
    )


class StationDayOutcome(Base):
    """Sessions of one station, local day and load that every published definition judges alike: counts of the facts.

    Every load keeps it right in its own transaction, so that counts need not read each session. Source: fact_charging.
    """

    __tablename__ = "station_day_outcome"
    __table_args__ = ({"sqlite_with_rowid": False},)

    station_key: Mapped[int] = mapped_column(
        BigKey,
        ForeignKey(DimStation.station_key),
        primary_key=True,
        doc="Station of the sessions. Source: dim_station.",
    )
    outcomes: Mapped[str] = mapped_column(
        String(32),
        primary_key=True,
        doc="A letter for each definition, in the order of outcome_letter: S success, F failure, E excluded, "
        "U unknown. Source: the definitions.",
    )
    day: Mapped[int] = mapped_column(
        BigKey, primary_key=True, doc="Local day on which the sessions started, as yyyymmdd. Source: time_key."
    )
    load_key: Mapped[int] = mapped_column(
        BigKey,
        ForeignKey(LoadLedger.load_key),
        primary_key=True,
        doc="Load that last wrote the sessions. Source: load_ledger.",
    )
    sessions: Mapped[int] = mapped_column(BigInteger, doc="Number of these sessions. Source: fact_charging.")
    with_energy: Mapped[int] = mapped_column(BigInteger, doc="Those whose energy is recorded. Source: energy_kwh.")
    energy_microkwh: Mapped[int] = mapped_column(
        BigInteger,
        doc="Energy of those, each rounded to a millionth of a kWh, so that sums are the same on every database "
        "[0.000001 kWh]. Source: energy_kwh.",
    )
    first_hour: Mapped[int] = mapped_column(
        BigInteger, doc="Local hour of the first of them, as yyyymmddhh. Source: time_key."
    )
    last_hour: Mapped[int] = mapped_column(
        BigInteger, doc="Local hour of the last of them, as yyyymmddhh. Source: time_key."
    )
    no_transaction: Mapped[int] = mapped_column(
        BigInteger, doc="Those that never became a transaction. Source: has_transaction."
    )
    with_port: Mapped[int] = mapped_column(BigInteger, doc="Those whose port is recorded. Source: port_id.")
    with_reason: Mapped[int] = mapped_column(
        BigInteger, doc="Those with a stop reason or an error code. Source: stop_reason and error_code."
    )


class OutcomeLetter(Base):
    """By which definition each letter of an outcome vector is: one row per letter, none where none were made yet.

    A program with other definitions, or another order of them, reads the sessions instead; its next load makes the
    counts anew.
    """

    __tablename__ = "outcome_letter"

    place: Mapped[int] = mapped_column(
        SmallInteger,
        primary_key=True,
        autoincrement=False,
        doc="Place of the letter, counted from 1. Source: evcharge.",
    )
    definition: Mapped[str] = mapped_column(
        String(64), doc="Id of the definition that it is by. Source: the definitions."
    )
    version: Mapped[int] = mapped_column(SmallInteger, doc="Version of that definition. Source: the definitions.")


class RejectedRow(Base):
    """A rule that refused a row, with the row: nothing that was read is lost."""

    __tablename__ = "rejected_row"
    __table_args__ = (
        CheckConstraint("would_have_been IN ('success', 'failure', 'unknown')", name="would_have_been_is_known_word"),
    )

    load_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(LoadLedger.load_key), primary_key=True, doc="Load that read the row. Source: load_ledger."
    )
    source_line: Mapped[int] = mapped_column(
        BigInteger,
        primary_key=True,
        autoincrement=False,
        doc="Line of the file on which the row begins, counted from 1. Source: the file.",
    )
    rule: Mapped[str] = mapped_column(
        String(64), primary_key=True, doc="Code of the rule that refused the row. Source: rules.RULES."
    )
    column: Mapped[str | None] = mapped_column(
        String(64), doc="Column the rule looked at; empty for the whole row. Source: rules.RULES."
    )
    value: Mapped[str | None] = mapped_column(Text, doc="What stood in that column, as text. Source: the file.")
    raw: Mapped[str] = mapped_column(
        Text, doc="The row as it stands in the file; characters no database takes are escaped. Source: the file."
    )
    would_have_been: Mapped[str | None] = mapped_column(
        String(7),
        doc="How the row would have counted: success, failure or unknown; empty in loads of a version before. "
        "Source: clean.would_have_counted.",
    )
    station_id: Mapped[str | None] = mapped_column(
        String(255), doc="Station that the row named, where it could be read. Source: the file."
    )
    time_key: Mapped[int | None] = mapped_column(
        BigInteger, doc="Local hour of the start as yyyymmddhh, where it could be read. Source: the file."
    )


class ReportRun(Base):
    """One report that was saved by evcharge report --save: by which rule, of which days, and the whole network."""

    __tablename__ = "report_run"

    run_key: Mapped[int] = mapped_column(
        BigKey, primary_key=True, doc="Surrogate key of the saved report; a later one has a higher. Source: evcharge."
    )
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, doc="When it was saved. Source: the clock.")
    evcharge_version: Mapped[str] = mapped_column(String(32), doc="Version of evcharge that made it. Source: evcharge.")
    fingerprint: Mapped[str] = mapped_column(
        String(64),
        doc="SHA-256 of all that it says, so that the same report is not saved twice in a row. Source: the report.",
    )
    definition: Mapped[str] = mapped_column(Text, doc="Id of what counts as a success. Source: --definition.")
    definition_version: Mapped[int] = mapped_column(Integer, doc="Version of that definition. Source: evcharge.")
    target: Mapped[float] = mapped_column(
        Double, doc="Success ratio that the verdicts are against [0 to 1]. Source: --target."
    )
    selected_from: Mapped[date | None] = mapped_column(
        Date, doc="First local day that was asked for; empty for no such limit. Source: --from."
    )
    selected_to: Mapped[date | None] = mapped_column(
        Date, doc="Last local day that was asked for; empty for no such limit. Source: --to."
    )
    selected_stations: Mapped[str] = mapped_column(
        Text,
        doc="Station ids that were asked for, then lots as column=value, as a JSON list; an empty text for all. "
        "Source: --station and --where.",
    )
    data_from: Mapped[date] = mapped_column(Date, doc="First local day with a selected session. Source: the sessions.")
    data_to: Mapped[date] = mapped_column(Date, doc="Last local day with a selected session. Source: the sessions.")
    stations: Mapped[int] = mapped_column(BigInteger, doc="Stations with a selected session. Source: the report.")
    attempts: Mapped[int] = mapped_column(
        BigInteger, doc="Successes + failures of the whole network [sessions]. Source: the report."
    )
    successes: Mapped[int] = mapped_column(
        BigInteger, doc="Sessions that count as a success [sessions]. Source: the report."
    )
    failures: Mapped[int] = mapped_column(
        BigInteger, doc="Sessions that count as a failure [sessions]. Source: the report."
    )
    unknown: Mapped[int] = mapped_column(
        BigInteger, doc="Sessions that can't be judged [sessions]. Source: the report."
    )
    excluded: Mapped[int] = mapped_column(
        BigInteger, doc="Sessions that the definition leaves out [sessions]. Source: the report."
    )
    success_ratio: Mapped[float | None] = mapped_column(
        Double, doc="Successes / attempts [0 to 1]; empty where no attempt could be judged. Source: the report."
    )
    low: Mapped[float | None] = mapped_column(
        Double, doc="Lower end of its 95 % interval (Wilson) [0 to 1]; empty without an attempt. Source: the report."
    )
    high: Mapped[float | None] = mapped_column(
        Double, doc="Upper end of its 95 % interval (Wilson) [0 to 1]; empty without an attempt. Source: the report."
    )
    verdict: Mapped[str] = mapped_column(
        Text, doc="Below target, can't tell yet or meets target: the network in the whole period. Source: the report."
    )
    failures_included: Mapped[str] = mapped_column(
        String(7), doc="Whether all publishers left failed sessions in: yes, no or unknown. Source: load_ledger."
    )
    refused_rows: Mapped[int] = mapped_column(
        BigInteger, doc="Rows of the selection that loads refused [rows]. Source: rejected_row."
    )
    refused_failures: Mapped[int] = mapped_column(
        BigInteger, doc="Those that would have counted as failures [rows]. Source: rejected_row."
    )
    made_up_sessions: Mapped[int] = mapped_column(
        BigInteger, doc="Selected sessions that evcharge sample made up [sessions]. Source: load_ledger."
    )


class StationVerdict(Base):
    """What a saved report says of one station: the columns of the frame of stations, kept whatever is loaded later.

    Source and station_id lead to dim_station, where the station still is.
    """

    __tablename__ = "station_verdict"

    run_key: Mapped[int] = mapped_column(
        BigKey, ForeignKey(ReportRun.run_key), primary_key=True, doc="The report. Source: report_run."
    )
    source: Mapped[str] = mapped_column(
        Text, primary_key=True, doc="Whose id of the station it is; ids are unique only within. Source: dim_station."
    )
    station_id: Mapped[str] = mapped_column(
        Text, primary_key=True, doc="The source's own id of the station, unchanged. Source: dim_station."
    )


_TYPES: dict[str, Any] = {TEXT: Text, WHOLE: BigInteger, NUMBER: Double, DAY: Date}


def _figure_doc(column: StationColumn) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    missing = "" if column.missing_when == NEVER else f"; empty where {column.missing_when}"
    text = f"{column.meaning}{unit}{missing}. Source: the report.".replace("`", "")
    return text[:1].upper() + text[1:]


def _add_figures() -> None:
    """Gives ``StationVerdict`` the other columns that are saved of a station, of the same name and kind."""
    for column in STATION_FRAME:
        if column.name not in SAVED_COLUMNS or hasattr(StationVerdict, column.name):
            continue
        flag = Boolean(create_constraint=True, name=f"{column.name}_is_boolean")
        kind = _TYPES.get(column.dtype, flag)
        figure: Any = mapped_column(kind, nullable=column.missing_when != NEVER, doc=_figure_doc(column))
        setattr(StationVerdict, column.name, figure)


_add_figures()
