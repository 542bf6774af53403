"""Lettering: which text a font can draw, how wide it is, and how it is made to fit.

What does not belong here: what is written, and where on the picture it stands.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties, findfont, get_font

DPI = 128
"""Pixels an inch. A power of two, so that whole pixels stay whole when matplotlib counts in inches."""

FONT = "DejaVu Sans"
MISSING = "□"
"""Stands for a character that can't be drawn: not in the font, a lone surrogate, private or unassigned."""

INK = "#101418"

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
        """The font of this style; matplotlib counts its size in points."""
        return FontProperties(family=FONT, size=self.px * 72 / DPI, weight=self.weight, style=self.slant)


BODY = Style(14)


def plain(text: str) -> str:
    """The text on one line, without control and direction characters; what is no character becomes ``MISSING``."""
    kept = []
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if category in ("Cs", "Co", "Cn"):
            kept.append(MISSING)
        elif category != "Cf":
            kept.append(" " if category == "Cc" else character)
    return " ".join("".join(kept).split())


def drawable(text: str) -> str:
    """The plain text with ``MISSING`` for what the font lacks (matplotlib would warn), one mark a letter at most."""
    glyphs = _glyphs()
    drawn = [character if ord(character) in glyphs else MISSING for character in plain(text)]
    marks = [unicodedata.combining(character) > 0 for character in drawn]
    stacked = [mark and before for mark, before in zip(marks, [True, *marks], strict=False)]
    return "".join(character for character, drop in zip(drawn, stacked, strict=True) if not drop)


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    """The code points that the font can draw."""
    return frozenset(get_font(findfont(FONT)).get_charmap())


def elided(text: str, limit: int) -> str:
    """The text in at most ``limit`` characters; the middle is left out, for ids often differ at the end."""
    if len(text) <= limit:
        return text
    tail = limit // 2
    return f"{text[: limit - 1 - tail].rstrip()}…{text[-tail:].lstrip()}"


def fitted(text: str, suffix: str = "", style: Style = BODY, width: float = MAX_LABEL_PX) -> str:
    """The text with the suffix whole, elided until it fits both the characters and the pixels of a label."""
    limit = min(len(text), MAX_LABEL_CHARS - len(suffix))
    while limit > 3 and text_width(elided(text, limit) + suffix, style) > width:
        limit -= 1
    return elided(text, limit) + suffix


def wrapped(text: str, style: Style, width: float) -> list[str]:
    """The drawable text in lines no wider than ``width``; a word wider than that is elided."""
    text = drawable(text)
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
    """The width of the text in pixels."""
    return float(_ruler().get_text_width_height_descent(text, style.font, ismath=False)[0])


@lru_cache(maxsize=1)
def _ruler() -> Any:
    """A renderer that only measures; untyped in matplotlib 3.11's stubs."""
    renderer: Any = RendererAgg
    return renderer(1, 1, DPI)
