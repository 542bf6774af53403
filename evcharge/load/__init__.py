"""The command that writes: a file of sessions, or a registry of stations, into the star.

What does not belong here: anything but the names that the rest of evcharge uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evcharge.load.contradictions import CONTRADICTIONS
    from evcharge.load.options import LoadOptions
    from evcharge.load.refusals import UNSTATED, hint_of
    from evcharge.load.result import LoadResult, RejectLimit, evidence_totals, totals
    from evcharge.load.sessions import load_file, look_alikes

__all__ = [
    "CONTRADICTIONS",
    "UNSTATED",
    "LoadOptions",
    "LoadResult",
    "RejectLimit",
    "evidence_totals",
    "hint_of",
    "load_file",
    "look_alikes",
    "totals",
]

_MODULES = {
    "CONTRADICTIONS": "contradictions",
    "LoadOptions": "options",
    "UNSTATED": "refusals",
    "hint_of": "refusals",
    "LoadResult": "result",
    "RejectLimit": "result",
    "evidence_totals": "result",
    "totals": "result",
    "load_file": "sessions",
    "look_alikes": "sessions",
}


def __getattr__(name: str) -> Any:
    """What is named, imported when it is first asked for: not every command that names a load loads."""
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
