"""Loading a file of sessions: read, clean and write every chunk, so that a file is in whole or not at all.

What does not belong here: the transaction (``transaction``), the ledger's entry (``ledger``), how a format is read
(``sources``), what is refused (``clean``), how rows are written (``writer``), and printing.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime, timezone
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from sqlalchemy import exc, func, select
from sqlalchemy.orm import Session

from evcharge import progress
from evcharge.clean import clean
from evcharge.db import translated_errors
from evcharge.frames import Cleaned, RawSessions
from evcharge.ids import INVISIBLE
from evcharge.load.companions import pick_among
from evcharge.load.contradictions import Contradictions
from evcharge.load.evidence import EvidenceWriter, empty_evidence, forget_counts, tell_evidence, write_count
from evcharge.load.evidence_file import (
    chunks_of_evidence,
    has_sessions,
    ports_known,
    refuse_evidence,
    refuse_without_zone,
)
from evcharge.load.ledger import (
    begin_entry,
    close_entry,
    counts_of_entry,
    first_result,
    open_entry,
    refuse_other_settings,
    result_of_entry,
    told_of,
    zone_of,
)
from evcharge.load.opened import OpenedToLoad, open_to_load
from evcharge.load.options import LoadOptions
from evcharge.load.overlaps import count_gone, keep_overlaps, refuse_to_lose, remember_held
from evcharge.load.ports import UNPLACED
from evcharge.load.publisher import with_stand_in
from evcharge.load.refusals import refuse_mostly_refused, refuse_too_many, refuse_unstated
from evcharge.load.rejects import rejects_of
from evcharge.load.result import LoadResult
from evcharge.load.rollup import are_current, make_current, require_current
from evcharge.load.tally import Tally
from evcharge.load.time_format import settled
from evcharge.load.transaction import (
    again_on_conflict,
    earlier_load,
    is_loaded,
    one_transaction,
    resolve_unclear_commit,
)
from evcharge.load.writer import Writer, empty_load
from evcharge.models import LOADED, SAMPLE_SOURCE, SESSIONS, UNLOADED, DimStation, FactCharging, LoadLedger
from evcharge.sources import SourceFile, open_file, read, unknown_columns
from evcharge.sources.profile import Profile
from evcharge.sources.recognise import sheet_of
from evcharge.sources.snapshot_names import load_id_of
from evcharge.sources.unread import unread_information

_LAST_YEAR_SECONDS = datetime(9999, 1, 1, tzinfo=timezone.utc).timestamp()
_WHOLE_FRACTION = re.compile(r"(?<=[0-9])\.0+$")


def load_file(
    path: Path, database: str | OpenedToLoad, profiles: Iterable[Profile], options: LoadOptions | None = None
) -> LoadResult:
    """Loads one file in one transaction; returns once its rows would survive a power cut.

    Args:
        path: the file.
        database: its URL, or what ``open_to_load`` made of it once for many files; at this program's schema revision.
        profiles: how it may be read; the header decides which one fits.
        options: see ``LoadOptions``.

    Raises:
        SourceError: the file can't be used, or nobody says who published it and others like it are loaded; the
            database is as it was.
        GateError: more rejects than allowed; the database is as it was.
        DatabaseError: the database can't be used; it is as it was unless the error says otherwise.
    """
    options = options or LoadOptions()
    opened = open_to_load(database, options.lock_wait_seconds) if isinstance(database, str) else database
    with open_file(path, options.name) as file, translated_errors(opened.url):
        progress.step("recognising", file)
        profile = pick_among(file, profiles, options.companions)
        if sheet := sheet_of(file, profile):
            file.be_part(sheet, was_named=profile.sheet is not None)
        file.load_id = load_id_of(file, profile)
        stands_in = not profile.source
        if stands_in:
            profile = with_stand_in(opened.reader, file, profile, options.call_began or datetime.now(timezone.utc))
        seems_loaded = not options.replace and is_loaded(opened.reader, file, profile.source)
        load = partial(_load, opened, file, profile, options, seems_loaded)
        result = load() if options.hands_out else again_on_conflict(load)
    result.source_stands_in = stands_in
    return result


class _Begun(NamedTuple):
    """A file that is being read.

    Attributes:
        profile: as it was picked.
        time_format: the format settled on, or several.
        times_by_format: as in ``LoadResult``.
        chunks: all of them, as read and as cleaned, the first at hand.
    """

    profile: Profile
    time_format: str
    times_by_format: Mapping[str, int]
    chunks: Iterator[tuple[RawSessions, Cleaned]]


def _begin(opened: OpenedToLoad, file: SourceFile, profile: Profile, options: LoadOptions, now: datetime) -> _Begun:
    """All that can be told before a first row can be written: from bytes, and of snapshots from the ports known."""
    progress.step("looking at the times", file)
    settled_profile, times_by_format = settled(file, profile)
    time_format = " or ".join(times_by_format) or settled_profile.conventions.time_format
    progress.step("loading", file)
    companions, loaded = options.companions, options.loaded
    read_chunks = (
        read(file, settled_profile, salt=options.driver_salt, companions=companions, loaded=loaded, evidence_until=now)
        if has_sessions(profile)
        else chunks_of_evidence(file, settled_profile, now, ports_known(opened.reader, profile))
    )
    chunks = ((raw, clean(raw, pd.Timestamp(now))) for raw in read_chunks)
    return _Begun(profile, time_format, times_by_format, chain(list(islice(chunks, 1)), chunks))


def _load(
    opened: OpenedToLoad, file: SourceFile, profile: Profile, options: LoadOptions, seems_loaded: bool
) -> LoadResult:
    """Loads an open file in the one transaction, which alone decides whether it is loaded already.

    What only reads is done before, so that others can write meanwhile; not for a file that seems to be loaded.
    """
    began = time.monotonic()
    now = datetime.now(timezone.utc)
    begun = None if seems_loaded else _begin(opened, file, profile, options, now)
    writes_alone = options.dry_run or not are_current(opened.reader)
    result = None
    try:
        with one_transaction(opened.writer, None if writes_alone else profile.source) as (session, undo):
            (make_current if writes_alone else require_current)(session)
            earlier = earlier_load(session, file, profile.source)
            if earlier and not options.replace and earlier.status != UNLOADED:
                refuse_other_settings(earlier, file, profile)
                if earlier.status == LOADED:
                    _hand_out_rejects(session, earlier, file, options)
                    told = told_of(session, [earlier.load_key])[earlier.load_key]
                    return first_result(earlier, told, file.name)
            begun = begun or _begin(opened, file, profile, options, now)
            result = _load_in_place_of(session, earlier, file, begun, options, now)
            if options.dry_run:
                undo()
    except exc.DBAPIError as error:
        if result is None or not error.connection_invalidated:
            raise
        resolve_unclear_commit(opened.writer, file, profile.source, now, error)
    result.status = "dry run" if options.dry_run else "loaded"
    result.seconds = round(time.monotonic() - began, 3)
    return result


def _load_in_place_of(
    session: Session, earlier: LoadLedger | None, file: SourceFile, begun: _Begun, options: LoadOptions, now: datetime
) -> LoadResult:
    """Loads a file in place of what there is of an earlier load of it, if there is one."""
    if earlier:
        remember_held(session, earlier.load_key)
        empty_load(session, earlier.load_key)
        empty_evidence(session, earlier.load_key)
        forget_counts(session, earlier.load_key)
    load = begin_entry(session, _new_entry(file, begun.profile, begun.time_format, now), earlier)
    result = _write_all(session, load, file, begun, options)
    result.times_by_format = dict(begun.times_by_format)
    if earlier and (gone := count_gone(session)):
        refuse_to_lose(session, load, gone)
        result.warnings["not_replaced"] = gone
    return result


def _write_all(session: Session, load: LoadLedger, file: SourceFile, begun: _Begun, options: LoadOptions) -> LoadResult:
    """Cleans and writes every chunk, and closes the ledger entry."""
    formats = list(begun.times_by_format) or [begun.time_format]
    writer, tally, contradictions = Writer(session, load), Tally(), Contradictions()
    evidence = EvidenceWriter(session, load, writer.station_keys, writer.ports)
    for raw, cleaned in begun.chunks:
        if tally.read == 0:
            refuse_unstated(cleaned, len(raw.frame), file, formats)
        written = writer.write(cleaned, raw.frame)
        options.on_cleaned(file.name, written)
        tally.add(raw, written)
        contradictions.add(written.rows)
        for one in raw.evidence:
            if not (tally.read or evidence.counts):
                refuse_without_zone(one, file)
            evidence.write(one)
            options.on_evidence(file.name, one)
        progress.rows_done(tally.read + sum(counts.read for counts in evidence.counts.values()))
    progress.step("closing the load")
    writer.roll_up.close()
    _hand_out_rejects(session, load, file, options)
    refuse_too_many(tally, options.max_rejects, file)
    refuse_mostly_refused(tally, options.max_rejects, file, formats)
    refuse_evidence(evidence, options.max_rejects, file, alone=not has_sessions(begun.profile))
    _close_entry(load, writer, tally)
    evidence.close()
    if has_sessions(begun.profile):
        write_count(session, load.load_key, SESSIONS, counts_of_entry(load))
    keep_overlaps(session, load.load_key, writer.overlaps)
    session.flush()
    contradictions.close()
    tally.warn(contradictions.counts, contradictions.lines)
    result = _result(
        load, writer, tally, look_alikes(writer.station_keys), sorted(unknown_columns(file, begun.profile))
    )
    result.has_sessions = has_sessions(begun.profile)
    tell_evidence(result, evidence)
    result.unread = unread_information(file, begun.profile) if has_sessions(begun.profile) else {}
    result.warnings |= {code: len(columns) for code, columns in result.unread.items()}
    if made_up := _made_up_beside_others(session):
        result.warnings["demo_in_database"] = made_up
    return result


def _made_up_beside_others(session: Session) -> int:
    """Sessions of the sample in a database that has sessions of another source, too; 0 in any other."""
    made_up, others = (
        FactCharging.station_key.in_(select(DimStation.station_key).where(of_source))
        for of_source in (DimStation.source == SAMPLE_SOURCE, DimStation.source != SAMPLE_SOURCE)
    )
    count = session.scalar(select(func.count()).select_from(FactCharging).where(made_up)) or 0
    return count if count and session.execute(select(FactCharging.load_key).where(others).limit(1)).first() else 0


def _hand_out_rejects(session: Session, load: LoadLedger, file: SourceFile, options: LoadOptions) -> None:
    if options.on_rejects:
        with closing(rejects_of(session, load)) as rejects:  # else its cursor could outlive the connection
            options.on_rejects(file.name, rejects)


def _new_entry(file: SourceFile, profile: Profile, time_format: str, now: datetime) -> LoadLedger:
    return open_entry(
        file,
        source=profile.source,
        file_format=profile.format,
        profile=profile.fingerprint,
        failures_included=profile.failures_included,
        zone=zone_of(profile),
        time_format=time_format,
        started_at=now,
    )


def _close_entry(load: LoadLedger, writer: Writer, tally: Tally) -> None:
    counts = writer.counts
    close_entry(
        load,
        rows_read=tally.read,
        inserted=counts.inserted,
        updated=counts.updated,
        unchanged=counts.unchanged,
        superseded=counts.superseded,
        rejected=tally.rejected,
        skipped=tally.skipped,
        log_ended_at=_instant(tally.told_until_seconds),
    )


def _instant(seconds: float | None) -> datetime | None:
    """The instant so many seconds after 1970; one that no database takes, as the nearest that it takes."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(min(max(seconds, 0.0), _LAST_YEAR_SECONDS), tz=timezone.utc)


def _result(load: LoadLedger, writer: Writer, tally: Tally, alike: list[list[str]], unknown: list[str]) -> LoadResult:
    result = result_of_entry(load, "loaded")
    result.rejects_by_rule = dict(tally.by_rule.most_common())
    result.rejected_as = dict(tally.rejected_as)
    tally.warn(writer.counts.warnings, writer.counts.warning_lines)
    result.warnings, result.warning_lines = dict(tally.warnings), tally.warning_lines
    result.repaired = dict(tally.repaired)
    if alike:
        result.warnings["look_alike_station_ids"] = sum(len(ids) for ids in alike)
    if writer.ports.unplaced:
        result.warnings[UNPLACED] = writer.ports.unplaced
        result.warning_lines |= writer.ports.lines
    result.unknown_columns = unknown
    result.unknown_labels = tally.unknown_labels
    result.changes = writer.counts.changes
    return result


def look_alikes(station_ids: Iterable[str]) -> list[list[str]]:
    """Groups of station ids that look alike and stay apart.

    They differ only in letter case, in how a character is composed, in what no eye sees, or in a fraction of noughts:
    7 becomes 7.0 where pandas reads a column of numbers in which one is missing.

    Source: Unicode NFKC with case folding (UAX 15, UAX 31).
    """
    groups: dict[str, list[str]] = {}
    for station_id in sorted(station_ids):
        seen = "".join(char for char in unicodedata.normalize("NFKC", station_id) if char not in INVISIBLE).casefold()
        groups.setdefault(_WHOLE_FRACTION.sub("", seen), []).append(station_id)
    return [ids for ids in groups.values() if len(ids) > 1]
