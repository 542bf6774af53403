"""The colours of page and charts by name, on light and on dark paper, and what a mark is drawn in.

A chart is drawn in the light colours, and each of these is unique, so that it names its token: ``charts.save.to_svg``
puts the token in its place. What does not belong here: what is drawn in which colour (``charts.theme``, the style sheet
of the page).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Shade(NamedTuple):
    """A colour on light and on dark paper."""

    light: str
    dark: str


TOKENS = {
    "--ink": Shade("#101418", "#e6e9ed"),
    "--muted": Shade("#59626d", "#a3acb6"),
    "--line": Shade("#dfe3e8", "#2f363e"),
    "--paper": Shade("#ffffff", "#14171b"),
    "--band": Shade("#edf0f3", "#20252b"),
    "--bad": Shade("#b5460f", "#ff9a5c"),
    "--bad-pale": Shade("#efc6b1", "#5c3a28"),
    "--ok": Shade("#1f6cb0", "#6bb3f2"),
    "--ok-pale": Shade("#b9d4ec", "#27435c"),
    "--unsure": Shade("#7b8490", "#97a1ac"),
    "--unsure-pale": Shade("#dde0e4", "#373d45"),
    "--silent": Shade("#0c0f12", "#ffffff"),
}
"""CSS custom property -> its light and dark value. Text and marks have the contrast that WCAG 2.2 AA asks
for (a browser test measures it); pale ones, line and band are fills that carry no text."""

_LIGHT = {name: shade.light for name, shade in TOKENS.items()}
INK, MUTED, LINE, PAPER, BAND = (_LIGHT[name] for name in ("--ink", "--muted", "--line", "--paper", "--band"))
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
