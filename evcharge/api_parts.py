"""What ``reliability`` reads of a star beside the report, each part when it is first asked for.

A star that goes when the call ends is read whole before it goes. What does not belong here: the figures themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pandas as pd
from sqlalchemy.orm import Session

from evcharge.db import parse_url
from evcharge.errors import ReportError
from evcharge.kept import Kept, database_files
from evcharge.metrics.definitions import DEFINITIONS, Definition
from evcharge.metrics.left_out import FAILURES
from evcharge.metrics.loads import last_change
from evcharge.metrics.session_rows import read_sessions
from evcharge.metrics.visit_rules import VisitRule
from evcharge.migrate.reading import Database, reading
from evcharge.report.comparison import Comparison, build_comparison
from evcharge.report.page.background import Evidence, read_evidence
from evcharge.report.reasons import Reasons, build_reasons
from evcharge.report.story import Story
from evcharge.report.uptime_found import Uptime
from evcharge.report.uptime_of_report import read_uptime
from evcharge.report.visits import Visits, build_visits


class Parts:
    """What stands beside a story; all of it of the moment of the star that the story is of.

    Args:
        session: reads the star that the story was read from.
        star: what opens it later; None where it will be gone, so that all parts are read now.
        story: what is told.
        definition: that was asked for; None for the usual one.
        rule: of visits.
    """

    def __init__(
        self, session: Session, star: Database | None, story: Story, definition: Definition | None, rule: VisitRule
    ) -> None:
        self._star: Database = session if star is None else star
        self._story, self._definition, self._rule = story, definition, rule
        self._moment = last_change(session)
        if star is None:
            for name in PARTS:
                getattr(self, name)

    @cached_property
    def comparison(self) -> Comparison:
        """Every definition side by side."""
        report, chosen = self._story.report, self._definition
        own = () if chosen is None or chosen.id in DEFINITIONS else (chosen,)
        with self._reading() as session:
            return build_comparison(
                session, target=report.target, selection=self._story.selection, own=own, limits=report.limits
            )

    @cached_property
    def visits(self) -> Visits | None:
        """Visits by the rule; None where there are counts alone."""
        if self._story.report.of_counts_alone:
            return None
        with self._reading() as session:
            return build_visits(session, rule=self._rule, definition=self._definition, selection=self._story.selection)

    @cached_property
    def reasons(self) -> Reasons | None:
        """What was recorded of the failures; None where counts came without them."""
        if self._story.report.lacks(FAILURES):
            return None
        with self._reading() as session:
            return build_reasons(session, definition=self._definition, selection=self._story.selection)

    @cached_property
    def sessions(self) -> pd.DataFrame | None:
        """The sessions; None where there are counts alone."""
        if self._story.report.of_counts_alone:
            return None
        with self._reading() as session:
            return read_sessions(session, self._story.report.definition, self._story.selection)

    @cached_property
    def uptime(self) -> Uptime | None:
        """Uptime in the period of the story; None where nothing tells of it."""
        with self._reading() as session:
            return read_uptime(session, self._story.report, self._story.selection)

    @cached_property
    def background(self) -> Evidence:
        """What the page shows beside the story."""
        with self._reading() as session:
            return read_evidence(session, self._story, self._story.selection)

    def kept(self) -> Kept:
        """The files that no output may replace: those of the database that is read."""
        if isinstance(self._star, Session):
            return {}
        url = parse_url(self._star) if isinstance(self._star, str) else self._star.url
        return database_files(Path(str(url.database))) if url.get_backend_name() == "sqlite" else {}

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        """A session on the star as it was.

        Raises:
            ReportError: ``data_changed``: something was loaded or taken out since the story was read.
        """
        with reading(self._star) as session:
            if last_change(session) != self._moment:
                reason = "the database has changed since this was read, so that its figures would not go together."
                raise ReportError("data_changed", reason, "Ask anew: found = evcharge.reliability(…)")
            yield session


PARTS = ("comparison", "visits", "reasons", "sessions", "uptime", "background")
"""What is read."""
