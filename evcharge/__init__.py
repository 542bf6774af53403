"""evcharge: charging sessions in, a defensible reliability number per station out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evcharge.version import __version__

if TYPE_CHECKING:
    from evcharge.api import Reliability, reliability, sessions
    from evcharge.api_load import load_file
    from evcharge.api_loaded import Loaded
    from evcharge.api_uptime import Uptime, uptime
    from evcharge.errors import EvchargeError

__all__ = [
    "EvchargeError",
    "Loaded",
    "Reliability",
    "Uptime",
    "__version__",
    "load_file",
    "reliability",
    "sessions",
    "uptime",
]

_FOUND_IN = {
    **dict.fromkeys(("Reliability", "reliability", "sessions"), "evcharge.api"),
    "EvchargeError": "evcharge.errors",
    "Loaded": "evcharge.api_loaded",
    "load_file": "evcharge.api_load",
    **dict.fromkeys(("Uptime", "uptime"), "evcharge.api_uptime"),
}


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first asked for: pandas and SQLAlchemy take a second."""
    if name in _FOUND_IN:
        from importlib import import_module

        return getattr(import_module(_FOUND_IN[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """All names, those that are not imported yet among them."""
    return sorted({*globals(), *__all__})
