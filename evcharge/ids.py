"""Ids as they are kept: what stands around them is left out, and several become one key.

What does not belong here: which ids refuse a row (``rules``), and where an id stands in a file (``sources``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Characters that no eye sees: soft hyphen, zero-width blanks and joiners, marks of direction, the byte order mark."""
BLANKS = " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""The tab, and all that Unicode calls a space (category Zs)."""
AROUND = BLANKS + INVISIBLE
"""What is left out around an id."""

_FORMULA = re.compile(
    r"""="(?P<quoted>[^"]*)"|'(?P<typed>[0-9]+|(?=[^0-9]*[0-9])[0-9A-Za-z][0-9A-Za-z._:/*-]*)""", re.ASCII
)
"""How Excel keeps an id as text: ="007", and '007 or 'A7 as typed into a cell. 's-Hertogenbosch is a name."""
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,}|[0-9][.,][0-9]+[eE][0-9]{2,}")
"""A number of more than 11 digits as Excel writes it, such as 1.23457E+17: its last digits are lost. Without the plus
it has a fraction, for 7E10 may be an id."""


def clean_id(text: str) -> str | None:
    """An id without what stands around it: blanks, what no eye sees, and a spreadsheet's formula; None for none."""
    found = _FORMULA.fullmatch(text) if text[:1] in "='" else None
    inner = (found["quoted"] or found["typed"] or "") if found else text
    return None if inner.isspace() else inner.strip(AROUND) or None


def is_formula(text: str | None) -> bool:
    """Whether an id is written as a spreadsheet's formula."""
    return bool(text and text[:1] in "='" and _FORMULA.fullmatch(text))


def is_rounded(key: str) -> bool:
    """Whether an id, or a part of a joined one, is a number that a spreadsheet has rounded."""
    return any(_ROUNDED.fullmatch(part) for part in key.split("|"))


def joined(parts: Sequence[str]) -> str | None:
    """The parts as one key, joined by ``|`` and escaped so that two different keys never join to one text.

    None where all are empty.
    """
    if not any(parts):
        return None
    return "|".join([part.replace("%", "%25").replace("|", "%7C") for part in parts])


def as_written(key: str | None, parts: Sequence[str]) -> str | None:
    """The key with a sign of what was left out around its parts, for cleaning to leave out again and to count.

    Args:
        key: the key that the cleaned parts make.
        parts: the parts as they stand in the file.
    """
    if key is None or all(clean_id(part) == part for part in parts if part):
        return key
    return f'="{key}"' if any(map(is_formula, parts)) and '"' not in key else f"{key} "
