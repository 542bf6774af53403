"""Counts in place of sessions: what a report reads where a star holds counts alone, and what it refuses by name.

Such a star (``counts.memory``) has no table of sessions. Whoever would read sessions asks here first, for the
frame that stands in their place. What does not belong here: how frames are read and checked (``counts.frames``), and
the words for what is left out (``left_out``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from evcharge.errors import ReportError
from evcharge.metrics.definitions import DEFINITIONS, FAILURE, Definition
from evcharge.metrics.letters import LETTERS
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation

COUNTED = "counted"
"""Name in ``Session.info`` under which a session over such a star keeps its ``Counted``."""
LOAD_SESSIONS = "Load the sessions (evcharge load FILE), and report on the database."
Places = Mapping[tuple[str, int], int]
"""The place of each letter, counted from 1, by id and version of its definition."""


class Vectors(NamedTuple):
    """Counts by outcome vector: ``station_key``, ``day`` (yyyymmdd), ``outcomes``, ``sessions``, and other columns."""

    rows: pd.DataFrame
    places: Places

    def tells(self, definition: Definition) -> bool:
        """Whether a letter is by this version of a definition."""
        return (definition.id, definition.version) in self.places

    def letters(self, definition: Definition) -> pd.Series:
        """The letter of each row."""
        place = self.places[definition.id, definition.version] - 1
        return self.rows["outcomes"].map({vector: vector[place] for vector in self.rows["outcomes"].unique()})


@dataclass(frozen=True)
class Counted:
    """What was given beside the counts of a star that has no sessions.

    Attributes:
        places: of the letters of the counts.
        attributes: columns of ``dim_station`` that were given.
        ports: how many ports each station has, by station_key; None where that was not given.
        failures: failures by ``stop_reason`` and ``error_code``; None where they were not given.
        detail: sessions by ``source``, ``port_id`` and ``hour``, of some stations; None where it was not given.
        files: names and SHA-256 of the files that were read.
    """

    places: Places
    attributes: frozenset[str]
    ports: pd.Series | None = None
    failures: Vectors | None = None
    detail: Vectors | None = None
    files: tuple[tuple[str, str], ...] = ()

    def tells(self, definition: Definition) -> bool:
        """Whether the counts can be read by this version of a definition."""
        return (definition.id, definition.version) in self.places

    def why_not(self, definition: Definition) -> str:
        """Why they can't, in words that follow "the counts"."""
        versions = sorted(version for name, version in self.places if name == definition.id)
        if not versions:
            return "have no letter for it"
        return f"have version {versions[0]} of it, and this evcharge reads version {definition.version}"

    def place_of(self, definition: Definition) -> int:
        """The place of its letter.

        Raises:
            ReportError: ``definition_not_counted``.
        """
        if not self.tells(definition):
            reason = f"{definition.id} can't be read from the counts: they {self.why_not(definition)}."
            raise ReportError("definition_not_counted", reason, *self._what_can_be_read())
        return self.places[definition.id, definition.version]

    def _what_can_be_read(self) -> tuple[str, str]:
        """What to type instead of a definition that the counts are not by, and what to write in Python."""
        published = [one.id for one in DEFINITIONS.values() if self.tells(one)]
        own = [name for name, _ in self.places if "@" in name]  # an own one's id has the hash of its file
        if published:
            python = f"Write definition={published[0]!r}, or another of {', '.join(map(repr, published))}."
            return f"Name one of these with --definition: {', '.join(published)}. Or make counts with it.", python
        if own:
            by = f"They are by {', '.join(own)}:"
            python = f"{by} give the Definition as it was when they were made."
            return f"{by} --definition FILE.toml, the file as it was when they were made.", python
        return ("Make them anew with this evcharge.",) * 2

    def require_attribute(self, column: str) -> None:
        """Refuses to group or choose stations by what was not given of them.

        Raises:
            ReportError: ``not_in_counts``.
        """
        if column not in self.attributes:
            reason = f"the counts came without the {column} of stations."
            raise ReportError("not_in_counts", reason, f"Add a frame stations with the column {column}.")

    def failures_by(self, session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
        """The selected rows of ``failures`` that failed by a definition; none where the frame does not tell it."""
        if self.failures is None or not self.failures.tells(definition):
            return pd.DataFrame(columns=["station_key", "day", "stop_reason", "error_code", "sessions"])
        failed = (self.failures.letters(definition) == LETTERS[FAILURE]).to_numpy()
        return _selected(session, self.failures.rows[failed], selection)

    def detail_by(self, session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
        """The selected rows of ``detail`` with a definition's ``letter``; none where the frame does not tell it."""
        if self.detail is None or not self.detail.tells(definition):
            return pd.DataFrame(columns=["station_key", "port_id", "day", "hour", "sessions", "letter"])
        return _selected(session, self.detail.rows.assign(letter=self.detail.letters(definition)), selection)


def counted_of(session: Session) -> Counted | None:
    """What was given beside counts; None where the star of this session holds sessions."""
    counted: Counted | None = session.info.get(COUNTED)
    return counted


def refuse_without_sessions(session: Session, figures: str) -> None:
    """Refuses figures that need single sessions, where there are counts alone.

    Raises:
        ReportError: ``not_in_counts``.
    """
    if counted_of(session):
        reason = f"{figures} need single sessions, and only counts were given."
        raise ReportError("not_in_counts", reason, LOAD_SESSIONS)


def _selected(session: Session, rows: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """The rows of the selected stations and days."""
    keys = session.scalars(select(DimStation.station_key).where(*selection.station_conditions()))
    chosen = rows["station_key"].isin(list(keys))
    if selection.first_day:
        chosen &= rows["day"] >= int(f"{selection.first_day:%Y%m%d}")
    if selection.last_day:
        chosen &= rows["day"] <= int(f"{selection.last_day:%Y%m%d}")
    return rows[chosen]
