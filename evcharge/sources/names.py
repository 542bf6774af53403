"""The names of fields as they are compared.

What does not belong here: which names a format or a profile has.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from functools import lru_cache

from evcharge.ids import INVISIBLE

_BETWEEN_WORDS = re.compile(rf"[\s_{INVISIBLE}]+")


@lru_cache(maxsize=4096)  # more names than a file may have columns
def folded(name: str) -> str:
    """A field's name as it is compared: without regard to case, blanks, underscores and what no eye sees."""
    return _BETWEEN_WORDS.sub("", name.casefold())


def on_one_line(name: str) -> str:
    """A field's name as it can be typed: each line break or run of blanks as one blank, which is folded alike."""
    return " ".join(name.split())


def as_list(words: Sequence[str]) -> str:
    """The words as an option takes several: with commas, as a line of a CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(words)
    return line.getvalue()
