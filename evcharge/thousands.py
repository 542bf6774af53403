"""Signs at the thousands of a number: which there are, and how a number is written without them.

What does not belong here: whether a text is a number (``parse``), and which sign a table has (``sources``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

THOUSANDS: Mapping[str, str] = {
    "none": "",
    ".": ".",
    ",": ",",
    "space": " \u00a0\u2009\u202f",
    "apostrophe": "'\u2019",
}
"""What may stand at the thousands of a number: the word that states it, and the characters by which it is written."""


def without_thousands(text: str, decimal: str, thousands: str) -> str:
    """A number of a thousand or more without its signs at thousands; any other text as it is.

    Each group but the first has exactly three digits, and the first does not begin with 0: 0.125 is no number of
    thousands.
    """
    if thousands == "none" or not _grouped(decimal, thousands).fullmatch(text):
        return text
    return text.translate(dict.fromkeys(map(ord, THOUSANDS[thousands])))


@lru_cache(maxsize=16)
def _grouped(decimal: str, thousands: str) -> re.Pattern[str]:
    group = f"[{re.escape(THOUSANDS[thousands])}][0-9]{{3}}"
    return re.compile(rf"[+-]?[1-9][0-9]{{0,2}}(?:{group})+(?:{re.escape(decimal)}[0-9]*)?")
