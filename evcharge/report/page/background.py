"""What stands behind the story on the page: the stations to list, roll-up, definitions, loads.

What does not belong here: the finding itself (``story``), and markup (``page``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from sqlalchemy.orm import Session

from evcharge.metrics.counted import counted_of
from evcharge.metrics.definitions import DEFINITIONS
from evcharge.metrics.loads import count_rejects, read_loads
from evcharge.metrics.outcomes import FILLED, count_stations, filled_columns
from evcharge.metrics.selection import Selection
from evcharge.report.comparison import Comparison, build_comparison
from evcharge.report.now import SILENT
from evcharge.report.page.rollup import roll_up
from evcharge.report.story import Story

MOST_ACTIONS = 10
"""Stations listed to be fixed first: as many as a team can visit in a week."""
MOST_SILENT_AMONG_ACTIONS = 3
"""With more silent stations than this, they have a list of their own: one outage of a network may silence many."""


@dataclass(frozen=True)
class Evidence:
    """What the page shows beside the story.

    Attributes:
        actions: the stations to fix first, the costliest first: rows of ``Story.attention``.
        silent: the silent stations, where they have a list of their own; else empty.
        roll_up: column and frame of ``rollup.roll_up``, or None.
        comparison: every definition side by side.
        recorded: of ``outcomes.filled_columns``: those that any selected session fills.
        out_of_period: stations that have sessions, but none on the days asked for; 0 where stations were asked for.
        loads: the frame of ``metrics.loads.read_loads``.
        rejects: the frame of ``metrics.loads.count_rejects``.
        files: names and SHA-256 of the files that were loaded, or of those of the counts.
    """

    actions: pd.DataFrame
    silent: pd.DataFrame
    roll_up: tuple[str, pd.DataFrame] | None
    comparison: Comparison
    recorded: frozenset[str]
    out_of_period: int
    loads: pd.DataFrame
    rejects: pd.DataFrame
    files: Sequence[tuple[str, str]] = ()

    @property
    def missing(self) -> list[str]:
        """What the data does not record and the page would show."""
        return [" or ".join(names) for names in FILLED.values() if not self.recorded.intersection(names)]


def read_evidence(session: Session, story: Story, selection: Selection) -> Evidence:
    """Reads what stands behind the story, from the moment of the database that the session sees."""
    definition, target, limits = story.report.definition, story.report.target, story.report.limits
    actions, silent = listed(story.attention)
    loads, given = read_loads(session, selection), counted_of(session)
    own = () if definition.id in DEFINITIONS else (definition,)
    return Evidence(
        actions=actions,
        silent=silent,
        roll_up=roll_up(story.stations, target),
        comparison=build_comparison(
            session, target=target, base=definition, selection=selection, own=own, limits=limits
        ),
        recorded=filled_columns(session, selection),
        out_of_period=_out_of_period(session, story, selection),
        loads=loads,
        rejects=count_rejects(session),
        files=given.files if given else list(zip(loads["file_name"], loads["file_sha256"], strict=True)),
    )


def _out_of_period(session: Session, story: Story, selection: Selection) -> int:
    if selection.station_ids or selection.where or not (selection.first_day or selection.last_day):
        return 0
    return count_stations(session, replace(selection, first_day=None, last_day=None)) - len(story.stations)


def listed(attention: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The stations to fix first, and the silent ones where they have a list of their own."""
    is_silent = attention["verdict_now"] == SILENT
    if is_silent.sum() <= MOST_SILENT_AMONG_ACTIONS:
        return attention.head(MOST_ACTIONS), attention.head(0)
    return attention[~is_silent].head(MOST_ACTIONS), attention[is_silent]
