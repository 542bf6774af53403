"""Figures as words, the same wherever people read them.

What does not belong here: what a program reads; ``--json`` and ``--csv`` carry unrounded numbers.
"""

from __future__ import annotations


def percent(ratio: float | None) -> str:
    """A ratio as people read it; never rounded to a false 100 % or 0 %, and a dash where there is none."""
    if ratio is None or ratio != ratio:
        return "–"
    if 0.9995 <= ratio < 1:
        return ">99.9%"
    return "<0.1%" if 0 < ratio < 0.0005 else f"{ratio:.1%}"
