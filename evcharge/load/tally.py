"""Counts of what reading and cleaning a file came to, chunk by chunk.

What does not belong here: what became of the rows in the database (``writer.Counts``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from evcharge.frames import Cleaned, RawSessions, note_lines

if TYPE_CHECKING:
    import pandas as pd

_LABELS = ("start_zone", "end_zone")
MOST_LABELS = 5
"""Labels of zones that a refusal shows. House rule."""


class Tally:
    """Counts of the rows read and rejected so far."""

    def __init__(self) -> None:
        self.read = 0
        self.rejected = 0
        self.by_rule: Counter[str] = Counter()
        self.rejected_as: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.warning_lines: dict[str, list[int]] = {}
        self.skipped = 0
        self.repaired: Counter[str] = Counter()
        self.unknown_labels: list[str] = []
        self.told_until_seconds: float | None = None

    def add(self, raw: RawSessions, cleaned: Cleaned) -> None:
        """Adds what became of one chunk."""
        self.read += len(raw.frame)
        self.skipped += raw.skipped
        self.repaired.update(raw.repaired)
        self.told_until_seconds = raw.told_until_seconds
        self.warn(raw.warnings, raw.warning_lines)
        self.warn(cleaned.warnings, cleaned.warning_lines)
        if len(cleaned.rejects):
            self._add_rejects(cleaned.rejects)

    def _add_rejects(self, rejects: pd.DataFrame) -> None:
        rejected = rejects.drop_duplicates("line")
        self.rejected += len(rejected)
        self.by_rule.update(rejects["rule"].tolist())
        self.rejected_as.update(rejected["would_have_been"].tolist())
        refused_labels = rejects.loc[rejects["column"].isin(_LABELS), "value"]
        self.unknown_labels = list(dict.fromkeys([*self.unknown_labels, *refused_labels]))[:MOST_LABELS]

    def warn(self, counts: Mapping[str, int], lines: Mapping[str, Iterable[int]]) -> None:
        """Adds to what was warned of."""
        self.warnings.update(counts)
        for code, first in lines.items():
            note_lines(self.warning_lines, code, first)
