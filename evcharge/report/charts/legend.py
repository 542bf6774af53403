"""The legend above a chart of the page: signs with their words, in as many lines as they need.

What does not belong here: what the signs mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evcharge.report.charts.lettering import text_width
from evcharge.report.charts.shapes import Pattern, lines, marks
from evcharge.report.charts.sheet import LINE_HEIGHT, Sheet
from evcharge.report.charts.theme import SMALL_MUTED, Mark

MARK_PX = 9
SIGN_PX = 22
GAP_PX = 18
"""Size of a mark, width of a line or a box, and the room between two signs; set by eye."""


class Sign(NamedTuple):
    """A sign and its words: a mark, or a line of some pattern, or else a box.

    Attributes:
        words: what it stands for.
        mark: of a verdict.
        colour: of a line or a box.
        pattern: of a line.
        alpha: of a box.
    """

    words: str
    mark: Mark | None = None
    colour: str = ""
    pattern: Pattern | None = None
    alpha: float = 1


def draw_legend(sheet: Sheet, signs: Sequence[Sign], left: float = 0) -> None:
    """Draws the signs from left to right and moves on below them, if there are any."""
    if not signs:
        return
    x, line = left, SMALL_MUTED.px * LINE_HEIGHT
    sheet.y += line / 2
    for sign in signs:
        wide = _sign_width(sign) + 6 + text_width(sign.words, SMALL_MUTED)
        if x > left and x + wide > sheet.width:
            x = left
            sheet.y += line + 2
        _draw_sign(sheet, sign, x)
        sheet.write(x + _sign_width(sign) + 6, sheet.y, sign.words, SMALL_MUTED)
        x += wide + GAP_PX
    sheet.y += line / 2


def _sign_width(sign: Sign) -> float:
    return MARK_PX + 1 if sign.mark else SIGN_PX


def _draw_sign(sheet: Sheet, sign: Sign, x: float) -> None:
    if sign.mark:
        sheet.add(marks([(x + MARK_PX / 2 + 1, sheet.y)], sign.mark, MARK_PX, sheet.pixels))
    elif sign.pattern:
        ends = [(x, sheet.y), (x + SIGN_PX, sheet.y)]
        sheet.add(lines([ends], sign.colour, sheet.pixels, width=1.5, pattern=sign.pattern))
    else:
        sheet.rectangle(x, sheet.y - 5, SIGN_PX, 10, sign.colour, sign.alpha)
