"""Who published a file: asked for where many publish in its layout, as soon as there may be two of them.

What does not belong here: where the name comes from (an option, a setting, a profile).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, or_, select
from sqlalchemy.orm import Session

from evcharge.carriers.file import SourceFile
from evcharge.errors import SourceError, as_path
from evcharge.load.transaction import is_loaded
from evcharge.models import SAMPLE_SOURCE, UNLOADED, LoadLedger
from evcharge.sources import Profile
from evcharge.sources.profile import OUTAGES, UPTIME


class UnstatedSource(SourceError):
    """Nobody says who published a file, though many publish in its layout.

    Args:
        reason: what does not say it.
        command: what would load it, but for the name.
        sources: those under which the database has files of that format; the only one is offered.
    """

    def __init__(self, reason: str, command: str, sources: Sequence[str]) -> None:
        self._sources = sources
        self.name = sources[0] if len(sources) == 1 else "NAME"
        in_python = f"{self._known()}Name the publisher: source={self.name!r}."
        super().__init__(
            "source_unstated", reason, self.hint_with(f"{command} --source {shlex.quote(self.name)}"), in_python
        )

    def hint_with(self, command: str, settings: str = "evcharge.toml") -> str:
        """The hint with a command that names the publisher, and with the line of settings that does it for good."""
        line = f"source = {json.dumps(self.name, ensure_ascii=False)}"
        return f"{self._known()}Name the publisher: {command} – or once for all, by this line in {settings}: {line}"

    def _known(self) -> str:
        """Under which names the database has such files."""
        return f"This database has such files of source {', '.join(self._sources)}. " if self._sources else ""


def with_source(profile: Profile) -> Profile:
    """The profile; one that names no source with its stand-in."""
    return profile if profile.source else replace(profile, source=profile.stand_in or profile.name)


def with_stand_in(database: Engine, file: SourceFile, profile: Profile, call_began: datetime) -> Profile:
    """A profile that names no source with its stand-in, as long as that can stand for one publisher only.

    It is so in the first call that loads such files: whoever loads them together says that they belong together. Of a
    later file nobody can know whether it is another publisher's.

    Args:
        database: where the sources are looked up under which files of this layout are loaded.
        file: the open file; one that is loaded already keeps its stand-in.
        profile: how it is read; without a source.
        call_began: since when loads are of the same call.

    Raises:
        UnstatedSource: files of this layout were loaded before, or it is of outages or
            reported uptime, which are of another file's ports.
    """
    if profile.kind in (OUTAGES, UPTIME):
        reason = f"{file.name} ({profile.title}) does not say whose ports it is about."
        raise UnstatedSource(reason, f"evcharge load {shlex.quote(as_path(file.name))}", _sources(database))
    standing_in = with_source(profile)
    if is_loaded(database, file, standing_in.source):
        return standing_in
    of_layout = LoadLedger.profile.startswith(f"{profile.name}@", autoescape=True)
    before = (or_(of_layout, LoadLedger.source == standing_in.source), LoadLedger.started_at < call_began)
    if known := _sources(database, *before):
        reason = (
            f"{file.name} does not say who published it: many publish in this layout ({profile.title}), and ids are "
            "unique within one publisher only."
        )
        raise UnstatedSource(reason, f"evcharge load {shlex.quote(as_path(file.name))}", known)
    return standing_in


def unstated_source_of_registry(database: Engine, name: str, registry: str) -> UnstatedSource:
    """The refusal of a station registry; it may describe the stations of any source that has sessions.

    Args:
        database: where the sources are looked up.
        name: what the file is called.
        registry: its format.
    """
    reason = f"{name} ({registry}) does not say whose ids these are in the sessions."
    return UnstatedSource(reason, f"evcharge stations {shlex.quote(as_path(name))}", _sources(database))


def _sources(database: Engine, *conditions: ColumnElement[bool]) -> list[str]:
    """The sources of the sessions that are loaded, made-up ones aside: of loads that the conditions are true of."""
    of_sessions = LoadLedger.profile.contains("@")  # what a profile's fingerprint has, and no registry's format
    is_in = (of_sessions, LoadLedger.status != UNLOADED, LoadLedger.source != SAMPLE_SOURCE)
    sources = select(LoadLedger.source).where(*conditions, *is_in).distinct()
    with Session(database) as session:
        return list(session.scalars(sources.order_by(LoadLedger.source)))
