"""Text of the data that is written from right to left, so that it moves nothing that stands beside it.

What does not belong here: the controls of direction in a CSV (``output``), and characters no font has (``charts``).
"""

from __future__ import annotations

import re

from evcharge.output import visible_direction

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"

_LEFTWARD = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
"""Blocks whose characters are written from right to left by default (Unicode, DerivedBidiClass: R, AL and AN)."""
_RUN = re.compile(rf"[{_LEFTWARD}](?:[\W\d_]*[{_LEFTWARD}])*")


def apart(text: str, before: str = FIRST_STRONG_ISOLATE, after: str = POP_ISOLATE) -> str:
    """The text with each run of letters from right to left between two signs that isolate it; controls as escapes.

    Text without such letters and controls stays as it is. Source: Unicode UAX 9, 2.4.
    """
    if text.isascii():
        return text
    return _RUN.sub(lambda run: f"{before}{run[0]}{after}", visible_direction(text))
