"""What the sections share: tables as lists of cells, marks and tones of what a station is now.

What does not belong here: what one section alone says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS
from evcharge.report.now import MARKS, SILENT

TONES = {BELOW: "bad", SILENT: "silent", CANT_TELL: "unsure", MEETS: "ok"}
"""The colour of what a station is now, by the name that the style sheet gives it."""


def mark_of(word: str) -> dict[str, str]:
    """Mark, tone and word of what a station is now."""
    return {"mark": MARKS[word][0], "tone": TONES[word], "word": word}


def table_of(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    right: Iterable[int] = (),
    more: str = "",
) -> dict[str, Any]:
    """A table as the template takes it.

    Args:
        caption: what it shows.
        columns: headings.
        rows: cells as people read them; the first names its row.
        right: places of the columns of numbers.
        more: what is not in the table; empty for nothing.
    """
    return {
        "caption": caption,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "right": frozenset(right),
        "more": more,
    }


def terms_of(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Names with what there is to say of them; those without a text are left out."""
    return [{"name": name, "text": text} for name, text in pairs if text]
