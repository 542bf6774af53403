"""Whether charts can be drawn here: matplotlib may be missing, or there and broken.

What does not belong here: drawing, and what is said elsewhere in place of a chart.
"""

from __future__ import annotations

NOT_INSTALLED = "matplotlib is not installed"
BROKEN = "matplotlib can't be loaded"


def why_no_charts() -> tuple[str, str] | None:
    """Why no chart can be drawn, and what Python said if it is not plainly missing; None where charts can be drawn."""
    try:
        import matplotlib
        import matplotlib.backends.backend_agg
        import matplotlib.backends.backend_svg
        import matplotlib.figure
        import matplotlib.font_manager  # noqa: F401 - tried, not used
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "matplotlib":
            return NOT_INSTALLED, ""
        return BROKEN, str(error) or type(error).__name__
    return None
