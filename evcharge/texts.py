"""What is done to a whole column of texts at once: nearly all are plain, or few differ.

A look at each text by itself costs more than all else that a load does; one look at the column joined to one text costs
a tenth. What does not belong here: what a text means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from evcharge.frames import LONGEST_TEXT

_T = TypeVar("_T")
_BETWEEN = "|"


def per_distinct(function: Callable[[str], _T | None], texts: Sequence[str | None]) -> list[_T | None]:
    """What the function makes of each text, worked out once for each that differs; None for None and for no text."""
    made: dict[str | None, _T | None] = {text: function(text) if text else None for text in set(texts)}
    return [made[text] for text in texts]


def are_plain(texts: Sequence[str | None]) -> bool:
    """Whether cleaning leaves every text as it is, whatever it is: an id, or what tells of a session.

    None has blanks or anything that no eye sees around it, a line end or a control character in it, a spreadsheet's
    formula, or more than ``frames.LONGEST_TEXT`` characters. Some texts that are plain, too, are taken for others.
    """
    written = {text for text in texts if text is not None}
    if "" in written:
        return False
    if not written:
        return True
    joined = _BETWEEN + _BETWEEN.join(written) + _BETWEEN
    around = any(_BETWEEN + sign in joined for sign in " ='") or " " + _BETWEEN in joined
    return joined.isprintable() and not around and max(map(len, written)) <= LONGEST_TEXT


def have_rounded_number(texts: Sequence[str | None]) -> bool:
    """Whether one of the texts may hold a number with a power of ten, as spreadsheets write what they have rounded."""
    joined = _BETWEEN.join([text for text in texts if text])
    return any(sign in joined for sign in "+.,") and ("e" in joined or "E" in joined)
