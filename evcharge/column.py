"""What is known of one column of a frame: its name, how pandas keeps it, what it means.

What does not belong here: which columns a frame has (``frames``, ``evidence``).
"""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """One column of a frame: its name, pandas dtype and meaning (with the unit in brackets)."""

    name: str
    dtype: str
    meaning: str
