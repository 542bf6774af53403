"""How the charts look: colours by name, a mark for each verdict, and the styles of their text.

A chart is drawn in the light colours, and each of these is unique, so that it names its token: ``save.to_svg`` puts the
token in its place. What does not belong here: what a chart says and where things stand on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS
from evcharge.report.charts.lettering import INK as INK
from evcharge.report.charts.lettering import Style
from evcharge.report.colours import TOKENS
from evcharge.report.now import SILENT

_LIGHT = {name: shade.light for name, shade in TOKENS.items()}
MUTED, LINE, PAPER, BAND = (_LIGHT[name] for name in ("--muted", "--line", "--paper", "--band"))
BAD, BAD_PALE, OK, OK_PALE = (_LIGHT[name] for name in ("--bad", "--bad-pale", "--ok", "--ok-pale"))
UNSURE, UNSURE_PALE, SILENT_INK = (_LIGHT[name] for name in ("--unsure", "--unsure-pale", "--silent"))


@dataclass(frozen=True)
class Mark:
    """How a verdict looks: shape and colour both carry it, so it survives greyscale.

    Attributes:
        legend: the verdict as a legend says it.
        shape: matplotlib's name of the marker.
        colour: of its edge, and of all that goes with it.
        fill: of the marker.
        pale: of the bar behind it.
    """

    legend: str
    shape: str
    colour: str
    fill: str
    pale: str


MARKS = {
    BELOW: Mark("Below target", "v", BAD, BAD, BAD_PALE),
    SILENT: Mark("Silent", "X", SILENT_INK, SILENT_INK, UNSURE_PALE),
    CANT_TELL: Mark("Can't tell yet", "o", UNSURE, PAPER, UNSURE_PALE),
    MEETS: Mark("Meets target", "o", OK, OK, OK_PALE),
}
"""Verdict -> mark, in the order of attention."""

TITLE = Style(25, weight="bold")
SUBTITLE = Style(15, MUTED)
NOTE = Style(15.5, weight="bold")
QUIET = Style(13.5, MUTED)
ABSENT = Style(13.5, MUTED, slant="italic")
"""Of the charts that stand alone; ``lettering.BODY`` is their plain text."""

SMALL = Style(12.5)
SMALL_BOLD = Style(12.5, weight="bold")
SMALL_MUTED = Style(12, MUTED)
"""Of the charts on the page, which has titles of its own."""


def refuse_unknown(verdicts: set[str]) -> None:
    """Refuses a verdict that has no mark.

    Raises:
        ValueError: one of them is not in ``MARKS``.
    """
    unknown = verdicts - MARKS.keys()
    if unknown:
        raise ValueError(f"no mark for the verdict {min(map(repr, unknown))}; known: {', '.join(MARKS)}")
