"""What is left out because only counts were given, as a sentence.

What does not belong here: what that is (``metrics.left_out``), and where it is shown (``terminal``, ``page``).
"""

from __future__ import annotations

from collections.abc import Sequence

from evcharge.metrics.left_out import LeftOut
from evcharge.report.words import joined


def left_out_text(left_out: Sequence[LeftOut]) -> str:
    """What is left out, as a sentence; empty where nothing is."""
    if not left_out:
        return ""
    by_need: dict[str, list[str]] = {}
    for figures, needs in left_out:
        by_need.setdefault(needs, []).append(figures)
    parts = [f"{joined(figures)} (they take {needs})" for needs, figures in by_need.items()]
    return f"Only counts were given, so these are left out: {'; '.join(parts)}."
