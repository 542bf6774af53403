"""evcharge: charging sessions in, a defensible reliability number per station out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evcharge.version import __version__

if TYPE_CHECKING:
    from evcharge.api import Reliability, reliability

__all__ = ["Reliability", "__version__", "reliability"]


def __getattr__(name: str) -> Any:
    """The public functions, imported when they are first asked for: pandas and SQLAlchemy take a second."""
    if name in ("Reliability", "reliability"):
        from importlib import import_module

        return getattr(import_module("evcharge.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
