"""Lettering: the styles of text, which text a font can draw, how wide it is, and how it is made to fit.

What does not belong here: what is written, and where on the picture it stands.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties, findfont, get_font

from evcharge.report.colours import INK, MUTED
from evcharge.report.words import elided

DPI = 72
"""Pixels an inch: a pixel is a point, in a PNG as in an SVG. Whole pixels stay whole when matplotlib counts in inches,
for 72 is a sum of two powers of two. Source: Goldberg 1991, ACM Computing Surveys 23:5-48, theorem 7."""

FONT = "DejaVu Sans"
MISSING = "□"
"""Stands for a character that can't be drawn: not in the font, a lone surrogate, private or unassigned."""

MAX_LABEL_CHARS = 36
"""Characters of a station label: OCPI 2.2.1 ids are CiString(36), so a UUID stays whole."""

MAX_LABEL_PX = 320


@dataclass(frozen=True)
class Style:
    """Size in pixels, colour, weight and slant of a text."""

    px: float
    colour: str = INK
    weight: Literal["normal", "bold"] = "normal"
    slant: Literal["normal", "italic"] = "normal"

    @property
    def font(self) -> FontProperties:
        """The font of this style."""
        return FontProperties(family=FONT, size=self.px, weight=self.weight, style=self.slant)


BODY = Style(14)
TITLE = Style(25, weight="bold")
SUBTITLE = Style(15, MUTED)
NOTE = Style(15.5, weight="bold")
QUIET = Style(13.5, MUTED)
ABSENT = Style(13.5, MUTED, slant="italic")
"""Of the charts that stand alone, whose plain text is ``BODY``."""

SMALL = Style(12.5)
SMALL_BOLD = Style(12.5, weight="bold")
SMALL_MUTED = Style(12, MUTED)
"""Of the charts on the page, which has titles of its own."""


def plain(text: str) -> str:
    """The text on one line, without control and direction characters; what is no character becomes ``MISSING``."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = []
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if category in ("Cs", "Co", "Cn"):
            kept.append(MISSING)
        elif category != "Cf":
            kept.append(" " if category == "Cc" else character)
    return " ".join("".join(kept).split())


def legible(text: str) -> str:
    """The plain text with one mark a letter at most, as a browser may show it: it has fonts for any script."""
    letters = plain(text)
    if letters.isascii():
        return letters
    marks = [unicodedata.combining(character) > 0 for character in letters]
    stacked = [mark and before for mark, before in zip(marks, [True, *marks], strict=False)]
    return "".join(character for character, drop in zip(letters, stacked, strict=True) if not drop)


def drawable(text: str) -> str:
    """The legible text with ``MISSING`` for what the font of a PNG lacks (matplotlib would warn)."""
    glyphs = _glyphs()
    return "".join(character if ord(character) in glyphs else MISSING for character in legible(text))


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    """The code points that the font can draw."""
    return frozenset(get_font(findfont(FONT)).get_charmap())


def fitted(text: str, style: Style = BODY, width: float = MAX_LABEL_PX, chars: int = MAX_LABEL_CHARS) -> str:
    """The text, elided until it fits both the characters and the pixels of a label."""
    limit = min(len(text), chars)
    while limit > 3 and text_width(elided(text, limit), style) > width:
        limit -= 1
    return elided(text, limit)


def wrapped(text: str, style: Style, width: float) -> list[str]:
    """The text in lines no wider than ``width``; a word wider than that is elided."""
    text = legible(text)
    if text_width(text, style) <= width:
        return [text]
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if text_width(joined, style) <= width:
            lines[-1] = joined
        else:
            fitting = word if text_width(word, style) <= width else fitted(word, style=style, width=width)
            lines = [*lines, fitting] if lines[-1] else [fitting]
    return lines


def text_width(text: str, style: Style) -> float:
    """The width of the text in pixels, as the font of a PNG draws it; those of most systems are narrower."""
    return float(_ruler().get_text_width_height_descent(drawable(text), style.font, ismath=False)[0])


@lru_cache(maxsize=1)
def _ruler() -> Any:
    """A renderer that only measures; untyped in matplotlib 3.11's stubs."""
    renderer: Any = RendererAgg
    return renderer(1, 1, DPI)
