"""Which files of a call are loaded already, told by their hashes alone: all are looked up at once.

So a folder that is loaded every day costs what its new files cost. A file is known by the bytes, the source, and the
settings that it is in by; any other is left to ``load_file``, which recognises it and refuses what is to be refused.
What does not belong here: loading (``sessions``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from evcharge.sources.workbook_archive import is_workbook

STOP_WITHOUT_START = "stop_without_start"
"""The rule that refuses a stop whose start no log holds."""

HASHES_AT_ONCE = 500
"""Hashes of one look-up; SQLite takes 999 parameters where it is old."""


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


def known_files(paths: Sequence[Path], profiles: Iterable[Profile], opened: OpenedToLoad) -> dict[Path, KnownFile]:
    """The files among these that are loaded by settings and a source that the profiles allow.

    Workbooks are left out, for only reading one tells its sheets; so are files that can't be read.

    Args:
        paths: the files of a call.
        profiles: how they may be read.
        opened: the database.

    Raises:
        DatabaseError: the database can't be asked.
    """
    candidates = list(profiles)
    if any(profile.sheet is not None for profile in candidates):
        return {}
    stands_in = {settings_of(with_source(profile)): not profile.source for profile in candidates}
    hashes = {path: sha256 for path in paths if (sha256 := _hash_of(path))}

    known: dict[Path, KnownFile] = {}
    with translated_errors(opened.url), Session(opened.reader, expire_on_commit=False) as session:
        loads = _loads_of(session, sorted(set(hashes.values())), stands_in)
        told = told_of(session, [load.load_key for load, _ in loads.values()])
    for path, sha256 in hashes.items():
        if sha256 in loads:
            load, is_stand_in = loads[sha256]
            known[path] = KnownFile(load, told[load.load_key], is_stand_in)
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


def _hash_of(path: Path) -> str | None:
    try:
        with open_file(path) as file:
            return None if is_workbook(file) else file.sha256
    except SourceError:
        return None


def _loads_of(
    session: Session, hashes: Sequence[str], stands_in: Mapping[tuple[str, str, str], bool]
) -> dict[str, tuple[LoadLedger, bool]]:
    """The one load of each hash by settings that are asked for, their source among them; none where there are two.

    Args:
        session: reads the ledger.
        hashes: of the files.
        stands_in: the settings that are asked for, with whether their source stands in for a publisher's name.

    Returns:
        The load of each hash, with the same.
    """
    allowed: dict[str, list[tuple[LoadLedger, bool]]] = {}
    for load in _entries(session, hashes):
        settings = (load.profile, load.timezone, load.failures_included)
        if settings in stands_in:
            allowed.setdefault(load.file_sha256, []).append((load, stands_in[settings]))
    return {sha256: loads[0] for sha256, loads in allowed.items() if len(loads) == 1}


def _entries(session: Session, hashes: Sequence[str]) -> Iterator[LoadLedger]:
    """The entries of these hashes that are loaded at present."""
    loaded = select(LoadLedger).where(LoadLedger.status == LOADED)
    for begin in range(0, len(hashes), HASHES_AT_ONCE):
        yield from session.scalars(loaded.where(LoadLedger.file_sha256.in_(hashes[begin : begin + HASHES_AT_ONCE])))
