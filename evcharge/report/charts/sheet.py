"""The sheet that a chart is drawn on: filled from top to bottom, all lengths in pixels from its top left corner.

What does not belong here: what is drawn (the modules of the charts), styles (``lettering``),
what the signs of a legend mean, files (``save``).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D, BboxTransformTo, ScaledTranslation, Transform

from evcharge.report.charts.lettering import DPI, SMALL_MUTED, Style, drawable, legible, text_width
from evcharge.report.charts.shapes import Pattern, lines, marks
from evcharge.report.colours import PAPER, Mark

PAGE_PX = 1140
"""Width of a chart across the page of the report."""
HALF_PX = 560
"""Width of a chart of which two stand side by side on the page."""
PHONE_PX = 360
"""Width of a chart on a phone of 390 px."""
QUARTER_PX = 270
"""Width of a chart of which four stand side by side on the page."""

LINE_HEIGHT = 1.4

MARK_PX = 9
SIGN_PX = 22
GAP_PX = 18
"""Size of a mark, width of a line or a box, and the room between two signs; set by eye."""


@contextmanager
def default_style() -> Iterator[None]:
    """Matplotlib's own defaults within the block, whatever the user's matplotlibrc says; all is put back after it."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


class Picture(Figure):
    """A figure that a notebook shows, whether or not pyplot was ever imported."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        with default_style():
            self.savefig(file, format="png", dpi=DPI)
        return file.getvalue()


@dataclass
class Sheet:
    """A sheet of some width; ``y`` is the pixel row reached so far."""

    width: int
    y: float = 4
    figure: Figure = field(init=False)

    def __post_init__(self) -> None:
        self.figure = Picture(figsize=(self.width / DPI, 1), dpi=DPI, facecolor=PAPER)
        FigureCanvasAgg(self.figure)

    @property
    def pixels(self) -> Transform:
        """From pixels right of and below the top left corner, which moves as the sheet grows."""
        inches = Affine2D().scale(1 / DPI, -1 / DPI) + self.figure.dpi_scale_trans
        return inches + ScaledTranslation(0, 1, BboxTransformTo(self.figure.bbox))

    def write(
        self, x: float, y: float, text: str, style: Style, ha: Literal["left", "center", "right"] = "left"
    ) -> None:
        """Writes one line whose small letters are centred on ``y``; its label holds what a browser may show instead."""
        self.figure.text(
            x, y + 0.36 * style.px, drawable(text), transform=self.pixels, fontproperties=style.font,
            color=style.colour, ha=ha, va="baseline", parse_math=False, label=legible(text),
            gid=f"text{len(self.figure.texts)}",
        )  # fmt: skip

    def write_lines(self, lines: Sequence[str], style: Style, x: float) -> None:
        """Writes lines one under the other and moves on below them."""
        for line in lines:
            self.write(x, self.y + style.px * LINE_HEIGHT / 2, line, style)
            self.y += style.px * LINE_HEIGHT

    def rectangle(self, x: float, y: float, width: float, height: float, colour: str, alpha: float = 1) -> None:
        """Fills a rectangle behind the text."""
        shape = Rectangle((x, y), width, height, transform=self.pixels, facecolor=colour, alpha=alpha, linewidth=0)
        self.figure.add_artist(shape)

    def add(self, *artists: Artist) -> None:
        """Puts shapes on the sheet; they are in its pixels."""
        for artist in artists:
            self.figure.add_artist(artist)

    def add_axes(
        self, left: float, top: float, width: float, height: float, x: tuple[float, float], y: tuple[float, float]
    ) -> Axes:
        """A plot without frame, ticks and clipping, from these values at left and bottom to those at right and top."""
        axes = self.figure.add_axes((left, top, width, height))  # pixels, until the sheet is closed
        axes.set_axis_off()
        axes.set_xlim(*x)
        axes.set_ylim(*y)
        return axes

    def close(self, title: str, alternative: str, margin: float) -> Figure:
        """Cuts the sheet off below what was drawn; axes keep their pixels. The label holds title and alternative."""
        height = math.ceil(self.y + margin)
        self.figure.set_size_inches(self.width / DPI, height / DPI)
        for axes in self.figure.axes:
            left, top, width, tall = axes.get_position().bounds
            axes.set_position((left / self.width, 1 - (top + tall) / height, width / self.width, tall / height))
        self.figure.set_label(f"{legible(title)}\n{legible(alternative)}")
        return self.figure


# The legend above a chart of the page: signs with their words, in as many lines as they need


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
