"""Which files of a call are loaded already, told by their hashes alone: all are looked up at once.

So a folder that is loaded every day costs what its new files cost. A file is known by the bytes, the source, and the
settings that it is in by, and a snapshot also by the time in its name; any other is left to ``load_file``, which
recognises it and refuses what is to be refused.
What does not belong here: loading (``sessions``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from evcharge.carriers.file import open_file
from evcharge.db import translated_errors
from evcharge.errors import SourceError
from evcharge.load.ledger import Told, first_result, settings_of, told_of
from evcharge.load.opened import OpenedToLoad
from evcharge.load.options import LoadOptions
from evcharge.load.publisher import with_source
from evcharge.load.rejects import rejects_of
from evcharge.load.result import LoadResult
from evcharge.models import LOADED, LoadLedger
from evcharge.sources.profile import Profile
from evcharge.sources.snapshot_names import load_id_of
from evcharge.sources.workbook_archive import is_workbook

STOP_WITHOUT_START = "stop_without_start"
"""The rule that refuses a stop whose start no log holds."""

HASHES_AT_ONCE = 500
"""Hashes of one look-up; SQLite takes 999 parameters where it is old."""
_Settings = tuple[str, str, str]
"""Profile, zone and whether failures are in, as ``settings_of``."""
_Asked = tuple[str, _Settings]
"""What a load is known by, and the settings that it is in by."""


@dataclass(frozen=True)
class KnownFile:
    """A file that is loaded.

    Attributes:
        load: its entry in the ledger.
        told: what the database tells of it besides.
        stands_in: whether nobody says who published it.
    """

    load: LoadLedger
    told: Told
    stands_in: bool

    @property
    def told_until_seconds(self) -> float | None:
        """When a message log ends, by its own clock [s since 1970]; None of one that later logs are read with anyway.

        A stop without a start may take a later start whose transaction has its id.
        """
        log_ended_at = None if STOP_WITHOUT_START in self.told.rejects_by_rule else self.load.log_ended_at
        return None if log_ended_at is None else log_ended_at.timestamp()


def known_files(names: Mapping[Path, str], profiles: Iterable[Profile], opened: OpenedToLoad) -> dict[Path, KnownFile]:
    """The files among these that are loaded by settings and a source that the profiles allow.

    Workbooks are left out, for only reading one tells its sheets; so are files that can't be read.

    Args:
        names: what each file of a call is called.
        profiles: how they may be read.
        opened: the database.

    Raises:
        DatabaseError: the database can't be asked.
    """
    candidates = list(profiles)
    if any(profile.sheet is not None for profile in candidates):
        return {}
    settings = [settings_of(with_source(profile)) for profile in candidates]
    stands_in = dict(zip(settings, (not profile.source for profile in candidates), strict=True))
    asked = {path: _asked(path, name, list(zip(candidates, settings, strict=True))) for path, name in names.items()}

    known: dict[Path, KnownFile] = {}
    with translated_errors(opened.url), Session(opened.reader, expire_on_commit=False) as session:
        loads = _loads_of(session, asked.values())
        told = told_of(session, [load.load_key for entries in loads.values() for load in entries])
    for path, of_file in asked.items():
        own = [load for one in of_file for load in loads.get(one, ())]
        if len(own) == 1:
            known[path] = KnownFile(own[0], told[own[0].load_key], stands_in[_settings(own[0])])
    return known


def result_of_known(known: KnownFile, name: str, opened: OpenedToLoad, options: LoadOptions) -> LoadResult:
    """The first result again, as ``load_file`` gives it; hands out the rejects of that load where they are asked for.

    Args:
        known: the file.
        name: what it is called now.
        opened: the database.
        options: of the load that is not needed.
    """
    if options.on_rejects:
        with (
            translated_errors(opened.url),
            Session(opened.reader) as session,
            closing(rejects_of(session, known.load)) as rejects,
        ):
            options.on_rejects(name, rejects)
    result = first_result(known.load, known.told, name)
    result.source_stands_in = known.stands_in
    return result


def _asked(path: Path, name: str, profiles: Iterable[tuple[Profile, _Settings]]) -> set[_Asked]:
    """What a load of the file would be known by, by each profile; nothing where that can't be told so."""
    try:
        with open_file(path, name) as file:
            return set() if is_workbook(file) else {(load_id_of(file, profile), by) for profile, by in profiles}
    except SourceError:
        return set()


def _loads_of(session: Session, asked: Collection[set[_Asked]]) -> dict[_Asked, list[LoadLedger]]:
    """The loads that are asked for; of more than one source where files of one hash are."""
    wanted = set().union(*asked)
    loads: dict[_Asked, list[LoadLedger]] = {}
    for load in _entries(session, sorted({load_id for load_id, _ in wanted})):
        one = (load.file_sha256, _settings(load))
        if one in wanted:
            loads.setdefault(one, []).append(load)
    return loads


def _settings(load: LoadLedger) -> _Settings:
    return load.profile, load.timezone, load.failures_included


def _entries(session: Session, hashes: Sequence[str]) -> Iterator[LoadLedger]:
    """The entries of these hashes that are loaded at present."""
    loaded = select(LoadLedger).where(LoadLedger.status == LOADED)
    for begin in range(0, len(hashes), HASHES_AT_ONCE):
        yield from session.scalars(loaded.where(LoadLedger.file_sha256.in_(hashes[begin : begin + HASHES_AT_ONCE])))
