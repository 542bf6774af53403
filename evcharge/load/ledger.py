"""The ledger's entry of a load, of sessions or of a registry: opened with nothing counted, closed with every row.

What does not belong here: the transaction it is written in (``transaction``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timezone

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evcharge.errors import DatabaseError, SourceError
from evcharge.load.evidence_tables import KINDS
from evcharge.load.result import LAW, LoadResult
from evcharge.models import LOADED, SESSIONS, LoadCount, LoadLedger, RejectedEvidence, RejectedRow
from evcharge.sources import SourceFile
from evcharge.sources.profile import Profile
from evcharge.version import __version__


def open_entry(
    file: SourceFile,
    *,
    source: str,
    file_format: str,
    profile: str,
    failures_included: str,
    zone: str,
    time_format: str,
    started_at: datetime,
) -> LoadLedger:
    """The entry of a load that has counted nothing yet."""
    return LoadLedger(
        source=source,
        file_name=file.name,
        file_sha256=file.load_id,
        workbook_sha256=None if file.load_id == file.sha256 else file.sha256,
        format=file_format,
        profile=profile,
        failures_included=failures_included,
        timezone=zone,
        time_format=time_format,
        rows_read=0,
        inserted=0,
        updated=0,
        unchanged=0,
        superseded=0,
        rejected=0,
        skipped=0,
        started_at=started_at,
        finished_at=started_at,
        evcharge_version=__version__,
        status=LOADED,
        unloaded_at=None,
    )


def begin_entry(session: Session, entry: LoadLedger, earlier: LoadLedger | None) -> LoadLedger:
    """Puts an entry into the ledger, in place of that of an earlier load of the same bytes, whose key it takes."""
    if earlier:
        entry.load_key = earlier.load_key
    load = session.merge(entry)
    session.flush()
    return load


def close_entry(
    load: LoadLedger,
    *,
    rows_read: int,
    inserted: int,
    updated: int,
    unchanged: int,
    rejected: int,
    superseded: int = 0,
    skipped: int = 0,
    log_ended_at: datetime | None = None,
) -> None:
    """Writes the counts; the ledger's CHECK refuses them if a row is unaccounted for, and so does this.

    Raises:
        DatabaseError: ``rows_unaccounted``.
    """
    load.rows_read, load.rejected, load.skipped = rows_read, rejected, skipped
    load.inserted, load.updated = inserted, updated
    load.unchanged, load.superseded = unchanged, superseded
    load.log_ended_at = log_ended_at
    load.finished_at = datetime.now(timezone.utc)
    accounted = inserted + updated + unchanged + superseded + rejected
    if rows_read != accounted:
        raise DatabaseError(
            "rows_unaccounted",
            f"{load.file_name}: {rows_read} rows were read but {accounted} accounted for. Nothing was changed.",
            "This is a fault of evcharge; please report it.",
        )


def counts_of_entry(load: LoadLedger) -> dict[str, int]:
    """The counts of an entry by the names of ``LoadCount``."""
    return {"rows_read": load.rows_read, **{name: getattr(load, name) for name in LAW[1:]}}


def zone_of(profile: Profile) -> str:
    """The zone as the ledger has it: the profile's, or "offset" where each time carries its own."""
    return profile.conventions.timezone or "offset"


def first_result(load: LoadLedger, told: Told, name: str) -> LoadResult:
    """The first result again, of a file that is now called ``name``."""
    result = result_of_entry(load, "already loaded")
    result.rejects_by_rule = dict(told.rejects_by_rule)
    result.has_sessions = told.has_sessions
    result.evidence = {kind: dict(counts) for kind, counts in told.evidence.items()}
    result.evidence_rejects_by_rule = {kind: dict(rules) for kind, rules in told.evidence_rejects_by_rule.items()}
    result.first_loaded_at = load.finished_at.isoformat()
    result.file, result.first_loaded_as = name, load.file_name
    return result


@dataclass
class Told:
    """What the database tells of a load besides its ledger's line.

    Attributes:
        rejects_by_rule: as in ``LoadResult``; so are the others.
    """

    rejects_by_rule: dict[str, int] = field(default_factory=dict)
    has_sessions: bool = False
    evidence: dict[str, dict[str, int]] = field(default_factory=dict)
    evidence_rejects_by_rule: dict[str, dict[str, int]] = field(default_factory=dict)


def told_of(session: Session, load_keys: Collection[int]) -> dict[int, Told]:
    """What the database tells of each of these loads besides its ledger's line."""
    told = {key: Told() for key in load_keys}
    for key, rules in _rejects_by_rule_of(session, load_keys).items():
        told[key].rejects_by_rule = rules
    of_loads = select(LoadCount).where(LoadCount.load_key.in_(load_keys))
    for count in session.scalars(of_loads.order_by(LoadCount.load_key, LoadCount.kind)):
        counts = {"read": count.rows_read, **{name: getattr(count, name) for name in LAW[1:]}}
        if count.kind in KINDS:
            told[count.load_key].evidence[count.kind] = counts
        told[count.load_key].has_sessions |= count.kind == SESSIONS
    refused = (RejectedEvidence.load_key, RejectedEvidence.kind, RejectedEvidence.rule)
    by_rule = select(*refused, func.count()).where(RejectedEvidence.load_key.in_(load_keys)).group_by(*refused)
    for key, kind, rule, rows in session.execute(by_rule.order_by(*refused)):
        told[key].evidence_rejects_by_rule.setdefault(kind, {})[rule] = rows
    return told


def _rejects_by_rule_of(session: Session, load_keys: Collection[int]) -> dict[int, dict[str, int]]:
    """How many rows each rule refused in each of these loads, by load and rule; loads without rejects are left out."""
    by_rule = select(RejectedRow.load_key, RejectedRow.rule, func.count()).group_by(
        RejectedRow.load_key, RejectedRow.rule
    )
    counts: dict[int, dict[str, int]] = {}
    of_these = by_rule.where(RejectedRow.load_key.in_(load_keys)).order_by(RejectedRow.load_key, RejectedRow.rule)
    for load_key, rule, count in session.execute(of_these):
        counts.setdefault(load_key, {})[rule] = count
    return counts


def refuse_other_settings(load: LoadLedger, file: SourceFile, profile: Profile) -> None:
    """Refuses to load the same bytes by other settings than those that they are in by.

    Raises:
        SourceError: ``loaded_with_other_settings``.
    """
    then, now = (load.profile, load.timezone, load.failures_included), settings_of(profile)
    if then != now:
        names = ("profile", "time zone", "failures included")
        differing = [f"{n}: then {a}, now {b}" for n, a, b in zip(names, then, now, strict=True) if a != b]
        raise SourceError(
            "loaded_with_other_settings",
            f"{file.name} was loaded on {load.finished_at:%Y-%m-%d %H:%M} UTC with other settings ("
            f"{'; '.join(differing)}).",
            "To load it again in place of the first load, add --replace.",
        )


def settings_of(profile: Profile) -> tuple[str, str, str]:
    """What the ledger keeps of how a file is read: the profile's fingerprint, the zone, and whether failures are in."""
    return profile.fingerprint, zone_of(profile), profile.failures_included


def result_of_entry(load: LoadLedger, status: str) -> LoadResult:
    """The counts of an entry as a result."""
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
