"""What a report leaves out because only counts were given, each by name, with what would bring it.

What does not belong here: which frames were given (``counted``), and the sentence (``report.left_out``).
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
from sqlalchemy.orm import Session

from evcharge.metrics.counted import Counted, Vectors, counted_of
from evcharge.metrics.definitions import DEFINITIONS, Definition

STATIONS, FAILURES, DETAIL = "the frame stations", "the frame failures", "the frame detail"
"""Frames that may stand beside counts, as ``LeftOut.needs`` has them."""
SESSIONS, LOADS = "single sessions", "a database with its loads"
"""What no frame brings."""


class LeftOut(NamedTuple):
    """Figures that are not there, and what would bring them."""

    figures: str
    needs: str


Missing = tuple[LeftOut, ...]


def left_out_of_rates(session: Session) -> Missing:
    """What the rates of stations and other groups lack; nothing where the star holds sessions."""
    given = counted_of(session)
    if given is None:
        return ()
    return (*_definitions(given), LeftOut("refused rows", LOADS))


def left_out_of_story(session: Session, definition: Definition) -> Missing:
    """What the story lacks besides, but for ports and hours; nothing where the star holds sessions."""
    given = counted_of(session)
    if given is None:
        return ()
    names = [] if given.attributes - {"source"} else [LeftOut("names of stations", STATIONS)]
    ports = [LeftOut("numbers of ports", STATIONS)] if given.ports is None else []
    reasons = [] if _tells(given.failures, definition) else [LeftOut("reasons of failures", FAILURES)]
    of_sessions = ("visits", "what stations below target lose", "outages of single ports")
    besides = (*(LeftOut(figures, SESSIONS) for figures in of_sessions), LeftOut("loads", LOADS))
    return (*names, *ports, *reasons, *besides)


def _tells(frame: Vectors | None, definition: Definition) -> bool:
    return frame is not None and frame.tells(definition)


def _definitions(given: Counted) -> list[LeftOut]:
    """The published definitions that the counts have no letter for, or that of another version."""
    lacking = [definition for definition in DEFINITIONS.values() if not given.tells(definition)]
    return [
        LeftOut(f"{definition.id}, for the counts {given.why_not(definition)}", "counts by these definitions")
        for definition in lacking
    ]


def left_out_of_detail(session: Session, detail: pd.DataFrame, attention: pd.DataFrame) -> Missing:
    """That ports and hours are not there, or not of all stations that need attention.

    Args:
        session: reads the star.
        detail: rows of ``metrics.detail.read_detail``, of stations of which it is whole.
        attention: stations that need attention: ``station_key``.
    """
    if counted_of(session) is None:
        return ()
    lacking = len(attention) - int(attention["station_key"].isin(detail["station_key"]).sum())
    if not lacking:
        return ()
    at = f" at {lacking:,} of {len(attention):,} stations" if lacking < len(attention) else ""
    return (LeftOut(f"ports and hours at which failures bunch{at}", DETAIL),)


def whole_detail(detail: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``detail`` at stations of whose present spell it has each attempt.

    A frame that was given may begin later than a spell, or lack a station; of half a spell nothing is said.

    Args:
        detail: the frame of ``metrics.detail.read_detail``.
        stations: ``station_key``, ``since`` and ``attempts_now``.
    """
    since = stations.set_index("station_key")["since"].reindex(detail["station_key"]).to_numpy()
    now = detail[detail["day"].to_numpy() >= since]
    attempts = (now["successes"] + now["failures"]).groupby(now["station_key"]).sum()
    expected = stations.set_index("station_key")["attempts_now"]
    whole = expected.index[expected.eq(attempts.reindex(expected.index, fill_value=0))]
    return detail[detail["station_key"].isin(whole)]
