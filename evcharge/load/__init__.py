"""The command that writes: a file of sessions, or a registry of stations, into the star.

What does not belong here: anything but the names that the rest of evcharge uses.
"""

from __future__ import annotations

from evcharge.load.contradictions import CONTRADICTIONS
from evcharge.load.refusals import UNSTATED, hint_of
from evcharge.load.result import LoadResult, RejectLimit, totals
from evcharge.load.sessions import LoadOptions, load_file, look_alikes

__all__ = [
    "CONTRADICTIONS",
    "UNSTATED",
    "LoadOptions",
    "LoadResult",
    "RejectLimit",
    "hint_of",
    "load_file",
    "look_alikes",
    "totals",
]
