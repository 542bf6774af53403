"""The order in which the files of one call are loaded: by what they say, not by their names.

Where no version is stated the later load wins, so that an older export must not come last because its name does. What
does not belong here: loading (``sessions``), and which of two versions wins (``versions``).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evcharge.errors import SourceError
from evcharge.instants import parse_instants
from evcharge.models import SESSIONS
from evcharge.sources import open_file, pick_profile, read
from evcharge.sources.profile import Profile

LOOKED_AT_ROWS = 100
"""Rows of a file's beginning whose starts place it among the others."""


def first_start(path: Path, profiles: Iterable[Profile]) -> float | None:
    """The earliest start among a file's first rows [s since 1970]; None where none can be read.

    A message log has none: its reader puts the logs of a call together by itself. Nor has a file without sessions: of
    statements about ports all stay, and what stands follows from their times.
    """
    try:
        with open_file(path) as file:
            profile = pick_profile(file, profiles)
            if profile.kind != SESSIONS or not profile.is_tabular or profile.conventions.time_formats:
                return None
            raw = next(iter(read(file, profile, LOOKED_AT_ROWS)), None)
    except SourceError:
        return None
    if raw is None:
        return None
    starts = parse_instants(raw.frame["start_time"], raw.conventions, raw.frame.get("start_zone")).instants
    return None if starts.isna().all() else float(starts.min().timestamp())
