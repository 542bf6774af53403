"""Who published a file: asked for where many publish in its layout, never taken for granted.

What does not belong here: where the name comes from (an option, a setting, a profile).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from evcharge.errors import SourceError, as_path
from evcharge.models import SAMPLE_SOURCE, UNLOADED, LoadLedger
from evcharge.sources import Profile


class UnstatedSource(SourceError):
    """Nobody says who published a file, though many publish in its layout.

    Args:
        reason: what does not say it.
        command: what would load it, but for the name.
        sources: those under which the database has such sessions; the only one is offered.
    """

    def __init__(self, reason: str, command: str, sources: Sequence[str]) -> None:
        self._sources = sources
        self.name = sources[0] if len(sources) == 1 else "NAME"
        super().__init__("source_unstated", reason, self.hint_with(f"{command} --source {shlex.quote(self.name)}"))

    def hint_with(self, command: str, settings: str = "evcharge.toml") -> str:
        """The hint with a command that names the publisher, and with the line of settings that does it for good."""
        known = f"This database has such sessions of source {', '.join(self._sources)}. " if self._sources else ""
        line = f"source = {json.dumps(self.name, ensure_ascii=False)}"
        return f"{known}Name the publisher: {command} – or once for all, by this line in {settings}: {line}"


def unstated_source(database: Engine, name: str, profile: Profile) -> UnstatedSource:
    """The refusal of a file of sessions.

    Args:
        database: where the sources are looked up under which files of this profile are loaded.
        name: what the file is called.
        profile: how it is read.
    """
    reason = (
        f"{name} does not say who published it: many publish in this layout ({profile.title}), and ids are unique "
        "within one publisher only."
    )
    of_profile = _sources(database, profile)
    return UnstatedSource(reason, f"evcharge load {shlex.quote(as_path(name))}", of_profile)


def unstated_source_of_registry(database: Engine, name: str, registry: str) -> UnstatedSource:
    """The refusal of a station registry; it may describe the stations of any source that has sessions.

    Args:
        database: where the sources are looked up.
        name: what the file is called.
        registry: its format.
    """
    reason = f"{name} ({registry}) does not say whose ids these are in the sessions."
    return UnstatedSource(reason, f"evcharge stations {shlex.quote(as_path(name))}", _sources(database))


def _sources(database: Engine, profile: Profile | None = None) -> list[str]:
    """The sources of the sessions that are loaded, made-up ones aside: of those read by this profile, or of all."""
    of_sessions = LoadLedger.profile.contains("@")  # what a profile's fingerprint has, and no registry's format
    wanted = LoadLedger.profile.startswith(f"{profile.name}@", autoescape=True) if profile else of_sessions
    is_in = (LoadLedger.status != UNLOADED, LoadLedger.source != SAMPLE_SOURCE)
    sources = select(LoadLedger.source).where(wanted, *is_in).distinct()
    with Session(database) as session:
        return list(session.scalars(sources.order_by(LoadLedger.source)))
