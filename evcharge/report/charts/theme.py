"""How a verdict looks on the charts: a mark for each.

What does not belong here: the colours themselves (``colours``), the styles of text (``lettering``), what a chart says.
"""

from __future__ import annotations

from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS
from evcharge.report.colours import BAD, BAD_PALE, OK, OK_PALE, PAPER, SILENT_INK, UNSURE, UNSURE_PALE, Mark
from evcharge.report.now import SILENT

MARKS = {
    BELOW: Mark("Below target", "v", BAD, BAD, BAD_PALE),
    SILENT: Mark("Silent", "X", SILENT_INK, SILENT_INK, UNSURE_PALE),
    CANT_TELL: Mark("Can't tell yet", "o", UNSURE, PAPER, UNSURE_PALE),
    MEETS: Mark("Meets target", "o", OK, OK, OK_PALE),
}
"""Verdict -> mark, in the order of attention."""


def refuse_unknown(verdicts: set[str]) -> None:
    """Refuses a verdict that has no mark.

    Raises:
        ValueError: one of them is not in ``MARKS``.
    """
    unknown = verdicts - MARKS.keys()
    if unknown:
        raise ValueError(f"no mark for the verdict {min(map(repr, unknown))}; known: {', '.join(MARKS)}")
