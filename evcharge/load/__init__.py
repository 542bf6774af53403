"""Loading a file: the one place that begins and commits, so that a file is in whole or not at all.

What does not belong here: how a format is read (``sources``), what is refused (``clean``), how rows are written
(``writer``), and printing.
"""

from __future__ import annotations

import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, exc, func, select
from sqlalchemy.orm import Session

from evcharge import __version__
from evcharge.clean import clean
from evcharge.db import LOCK_WAIT_SECONDS, open_engine, translated_errors
from evcharge.errors import DatabaseError, GateError, SourceError
from evcharge.frames import Cleaned, RawSessions
from evcharge.load.time_format import settled
from evcharge.load.writer import Writer, hold_load_lock, remove_load
from evcharge.migrate import require_head
from evcharge.models import LoadLedger, RejectedRow
from evcharge.sources import SourceFile, open_file, pick_profile, read, unknown_columns
from evcharge.sources.profile import Profile

UNSTATED = {
    "start_time_unreadable": (
        "time_format_unstated",
        "State the format: --time-format '%d/%m/%Y %H:%M' (strptime letters), iso8601, epoch_s or epoch_ms.",
    ),
    "start_time_without_zone": (
        "time_zone_unstated",
        "State the zone of the stations: --tz Europe/Paris (any IANA name, or UTC).",
    ),
}
"""Rules that, when they refuse every row of the first chunk, show that the file's convention was not stated."""


@dataclass(frozen=True)
class RejectLimit:
    """How many rows may be refused before the whole file is: a count, or a share of the rows in percent."""

    amount: float
    is_percent: bool

    def passed_by(self, rejected: int, rows_read: int) -> bool:
        """Whether this many rejects are too many."""
        return rejected > (self.amount * rows_read / 100 if self.is_percent else self.amount)

    def __str__(self) -> str:
        return f"{self.amount:g}{'%' if self.is_percent else ''}"


@dataclass(frozen=True)
class LoadOptions:
    """What a load may do besides loading.

    Attributes:
        name: what to call the file in messages and the ledger; without one, the last part of its path.
        replace: load a file again that was loaded before, in place of its first load.
        dry_run: do everything, then leave the database as it was.
        max_rejects: refuse the file when more rows are rejected.
        lock_wait_seconds: how long to wait for another load.
        companions: other files of the same call, for formats whose sessions span files.
        driver_salt: what driver tokens are hashed with; without it they are left out.
        on_cleaned: called with the file's name and what cleaning made of each chunk.
        on_progress: called with the bytes read so far.
    """

    name: str | None = None
    replace: bool = False
    dry_run: bool = False
    max_rejects: RejectLimit | None = None
    lock_wait_seconds: float = LOCK_WAIT_SECONDS
    companions: tuple[Path, ...] = ()
    driver_salt: str | None = None
    on_cleaned: Callable[[str, Cleaned], None] = lambda _name, _cleaned: None
    on_progress: Callable[[int], None] = lambda _bytes: None


@dataclass
class LoadResult:
    """What became of one file; ``read`` is the sum of the five counts after it.

    ``status`` is ``loaded``, ``already loaded`` (the counts are those of the first load), or ``dry run``.
    ``rejects_by_rule`` counts a row once for each rule that refused it. ``rejected_as`` says how the rejected
    rows would have counted: ``failure``, ``success`` or ``unknown``. ``skipped`` rows are no sessions by the format's
    own rule and not in ``read``; ``repaired`` counts the values that each step of the profile changed.
    """

    file: str
    source: str
    profile: str
    timezone: str
    time_format: str
    failures_included: str
    status: str
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    rejected: int = 0
    skipped: int = 0
    repaired: dict[str, int] = field(default_factory=dict)
    rejects_by_rule: dict[str, int] = field(default_factory=dict)
    rejected_as: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    unknown_columns: list[str] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    first_loaded_at: str | None = None
    first_loaded_as: str | None = None
    seconds: float = 0.0


def load_file(path: Path, url: str, profiles: Iterable[Profile], options: LoadOptions | None = None) -> LoadResult:
    """Loads one file in one transaction; returns once its rows would survive a power cut.

    Args:
        path: the file.
        url: the database, at this program's schema revision.
        profiles: how it may be read; the header decides which one fits.
        options: see ``LoadOptions``.

    Raises:
        SourceError: the file can't be used; the database is as it was.
        GateError: more rejects than allowed; the database is as it was.
        DatabaseError: the database can't be used; it is as it was unless the error says otherwise.
    """
    options = options or LoadOptions()
    engine = open_engine(url, writes=True, lock_wait_seconds=options.lock_wait_seconds)
    require_head(engine, url)
    with open_file(path, options.name) as file, translated_errors(url):
        profile = pick_profile(file, profiles)
        return _load(engine, file, profile, options)


@contextmanager
def one_transaction(engine: Engine) -> Iterator[tuple[Session, Callable[[], None]]]:
    """THE transaction: everything that a load of sessions or of a registry writes is in it, alone and whole.

    It commits at the end of the block, and only there; what is raised in the block undoes all, and so does calling the
    second thing handed out, as the last act of the block.
    """
    with Session(engine) as session, session.begin() as transaction:
        hold_load_lock(session)
        yield session, transaction.rollback


def _load(engine: Engine, file: SourceFile, profile: Profile, options: LoadOptions) -> LoadResult:
    """Loads an open file in the one transaction."""
    began = time.monotonic()
    now = datetime.now(timezone.utc)
    result = None
    try:
        with one_transaction(engine) as (session, undo):
            earlier = earlier_load(session, file, profile.source)
            if earlier and not options.replace:
                return _repeated(session, earlier, file, profile)
            removed = remove_load(session, earlier) if earlier else 0
            result = _write_all(session, file, profile, options, now)
            if removed > result.inserted:
                result.warnings["not_replaced"] = removed - result.inserted
            if options.dry_run:
                undo()
    except exc.DBAPIError as error:
        if result is None or not error.connection_invalidated:
            raise
        resolve_unclear_commit(engine, file, profile.source, now, error)
    result.status = "dry run" if options.dry_run else "loaded"
    result.seconds = round(time.monotonic() - began, 3)
    return result


def _write_all(session: Session, file: SourceFile, profile: Profile, options: LoadOptions, now: datetime) -> LoadResult:
    """Reads, cleans and writes every chunk, and closes the ledger entry."""
    settled_profile = settled(file, profile)
    load = _new_entry(file, profile, settled_profile.conventions.time_format, now)
    session.add(load)
    session.flush()
    writer, tally = Writer(session, load), _Tally()
    for raw in read(file, settled_profile, salt=options.driver_salt, companions=options.companions):
        cleaned = clean(raw, pd.Timestamp(now))
        if tally.read == 0:
            _refuse_unstated(cleaned, len(raw.frame), file)
        options.on_cleaned(file.name, cleaned)
        tally.add(raw, cleaned)
        writer.write(cleaned)
        options.on_progress(file.position())
    _refuse_too_many(tally, options, file)
    _close_entry(load, writer, tally)
    session.flush()
    result = _result(load, writer, tally, look_alikes(writer.station_keys), sorted(unknown_columns(file, profile)))
    if "driver_ref" in profile.mapped and not options.driver_salt:
        result.warnings["drivers_left_out"] = tally.read
    return result


class _Tally:
    """Counts of the rows read and rejected so far."""

    def __init__(self) -> None:
        self.read = 0
        self.rejected = 0
        self.by_rule: Counter[str] = Counter()
        self.rejected_as: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.skipped = 0
        self.repaired: Counter[str] = Counter()

    def add(self, raw: RawSessions, cleaned: Cleaned) -> None:
        rejected = cleaned.rejects.drop_duplicates("line")
        self.read += len(raw.frame)
        self.skipped += raw.skipped
        self.repaired.update(raw.repaired)
        self.rejected += len(rejected)
        self.by_rule.update(cleaned.rejects["rule"].tolist())
        self.rejected_as.update(rejected["would_have_been"].tolist())
        self.warnings.update(cleaned.warnings)


def _new_entry(file: SourceFile, profile: Profile, time_format: str, now: datetime) -> LoadLedger:
    return LoadLedger(
        source=profile.source,
        file_name=file.name,
        file_sha256=file.sha256,
        format=profile.format,
        profile=profile.fingerprint,
        failures_included=profile.failures_included,
        timezone=_timezone(profile),
        time_format=time_format,
        rows_read=0,
        inserted=0,
        updated=0,
        unchanged=0,
        superseded=0,
        rejected=0,
        skipped=0,
        started_at=now,
        finished_at=now,
        evcharge_version=__version__,
    )


def _timezone(profile: Profile) -> str:
    return profile.conventions.timezone or "offset"


def _close_entry(load: LoadLedger, writer: Writer, tally: _Tally) -> None:
    """Writes the counts; the ledger's CHECK refuses them if a row is unaccounted for, and so does this."""
    counts = writer.counts
    load.rows_read, load.rejected, load.skipped = tally.read, tally.rejected, tally.skipped
    load.inserted, load.updated = counts.inserted, counts.updated
    load.unchanged, load.superseded = counts.unchanged, counts.superseded
    load.finished_at = datetime.now(timezone.utc)
    accounted = load.inserted + load.updated + load.unchanged + load.superseded + load.rejected
    if load.rows_read != accounted:
        raise DatabaseError(
            "rows_unaccounted",
            f"{load.file_name}: {load.rows_read} rows were read but {accounted} accounted for. Nothing was changed.",
            "This is a fault of evcharge; please report it.",
        )


def _refuse_unstated(cleaned: Cleaned, rows_read: int, file: SourceFile) -> None:
    """Refuses a file whose times follow a convention nobody stated, rather than reject it row by row."""
    for rule, (code, hint) in UNSTATED.items():
        refused = cleaned.rejects[cleaned.rejects["rule"] == rule]
        if rows_read and len(refused) == rows_read:
            first = refused.iloc[0]
            message = "is not in the stated format" if code == "time_format_unstated" else "does not say in which zone"
            raise SourceError(
                code, f"{file.name} line {first['line']}: {first['column']} {first['value']!r} {message}.", hint
            )


def _refuse_too_many(tally: _Tally, options: LoadOptions, file: SourceFile) -> None:
    limit = options.max_rejects
    if limit and limit.passed_by(tally.rejected, tally.read):
        rules = ", ".join(f"{rule} {count:,}" for rule, count in tally.by_rule.most_common())
        raise GateError(
            "too_many_rejects",
            f"{file.name}: {tally.rejected:,} of {tally.read:,} rows were rejected, more than {limit}. "
            f"Nothing was loaded. Rules: {rules}.",
            "See the rows with --rejects FILE, or raise --max-rejects.",
        )


def earlier_load(session: Session, file: SourceFile, source: str) -> LoadLedger | None:
    """The ledger's entry of the same bytes under the same source."""
    same_bytes = (LoadLedger.source == source, LoadLedger.file_sha256 == file.sha256)
    return session.scalar(select(LoadLedger).where(*same_bytes))


def _repeated(session: Session, load: LoadLedger, file: SourceFile, profile: Profile) -> LoadResult:
    """The first result again; a load of the same bytes by other settings is refused."""
    then = (load.profile, load.timezone, load.failures_included)
    now = (profile.fingerprint, _timezone(profile), profile.failures_included)
    if then != now:
        names = ("profile", "time zone", "failures included")
        differing = [f"{n}: then {a}, now {b}" for n, a, b in zip(names, then, now, strict=True) if a != b]
        raise SourceError(
            "loaded_with_other_settings",
            f"{file.name} was loaded on {load.finished_at:%Y-%m-%d %H:%M} UTC with other settings ("
            f"{'; '.join(differing)}).",
            "To load it again in place of the first load, add --replace.",
        )
    by_rule = select(RejectedRow.rule, func.count().label("rows")).where(RejectedRow.load_key == load.load_key)
    rules = session.execute(by_rule.group_by(RejectedRow.rule).order_by(RejectedRow.rule))
    result = _ledger_result(load, "already loaded")
    result.rejects_by_rule = {row.rule: row.rows for row in rules}
    result.first_loaded_at = load.finished_at.isoformat()
    result.file, result.first_loaded_as = file.name, load.file_name
    return result


def _ledger_result(load: LoadLedger, status: str) -> LoadResult:
    return LoadResult(
        file=load.file_name,
        source=load.source,
        profile=load.profile,
        timezone=load.timezone,
        time_format=load.time_format,
        failures_included=load.failures_included,
        status=status,
        read=load.rows_read,
        inserted=load.inserted,
        updated=load.updated,
        unchanged=load.unchanged,
        superseded=load.superseded,
        rejected=load.rejected,
        skipped=load.skipped,
    )


def _result(load: LoadLedger, writer: Writer, tally: _Tally, alike: list[list[str]], unknown: list[str]) -> LoadResult:
    result = _ledger_result(load, "loaded")
    result.rejects_by_rule = dict(tally.by_rule.most_common())
    result.rejected_as = dict(tally.rejected_as)
    result.warnings = dict(tally.warnings)
    result.repaired = dict(tally.repaired)
    if alike:
        result.warnings["look_alike_station_ids"] = sum(len(ids) for ids in alike)
    if writer.ports.unplaced:
        result.warnings["port_not_in_registry"] = writer.ports.unplaced
    result.unknown_columns = unknown
    result.changes = writer.counts.changes
    return result


def look_alikes(station_ids: Iterable[str]) -> list[list[str]]:
    """Groups of station ids that differ only in letter case or in how a character is composed; they stay apart.

    Source: Unicode NFKC with case folding (UAX 15, UAX 31).
    """
    groups: dict[str, list[str]] = {}
    for station_id in sorted(station_ids):
        groups.setdefault(unicodedata.normalize("NFKC", station_id).casefold(), []).append(station_id)
    return [ids for ids in groups.values() if len(ids) > 1]


def resolve_unclear_commit(
    engine: Engine, file: SourceFile, source: str, started_at: datetime, error: exc.DBAPIError
) -> None:
    """Asks the ledger, on a new connection, whether a commit whose answer was lost took place.

    It waits for the load lock first: a server still at that commit holds the lock until it is done.

    Raises:
        DatabaseError: it did not, or the database can't be asked.
    """
    command = "Run the same command again: it loads the file, or says that it is loaded."
    try:
        with Session(engine) as session:
            hold_load_lock(session)
            load = earlier_load(session, file, source)
            committed = load is not None and abs((load.started_at - started_at).total_seconds()) < 0.001
    except exc.DBAPIError:
        raise DatabaseError(
            "commit_unclear", "the connection was lost while committing, and the database can't be asked.", command
        ) from error
    if not committed:
        raise DatabaseError("connection_lost", "the connection was lost. Nothing was changed.", command) from error


def totals(results: Iterable[LoadResult]) -> Mapping[str, int]:
    """What this run did: the counts of the files it loaded, and how many were loaded before."""
    results = list(results)
    fresh = [result for result in results if result.status != "already loaded"]
    counts = ("read", "inserted", "updated", "unchanged", "superseded", "rejected")
    return {
        "files": len(results),
        "files_already_loaded": len(results) - len(fresh),
        **{name: sum(getattr(result, name) for result in fresh) for name in counts},
    }
