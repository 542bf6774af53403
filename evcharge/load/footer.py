"""What looks like a footer: refused rows at the end of a file that are totals, or notes about the export.

What does not belong here: refusing rows (``rules``), and printing.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from evcharge.frames import Cleaned
from evcharge.sources.privacy import ROW_WITHHELD
from evcharge.sources.totals import TOTAL_ROW

MOST_FOOTER_ROWS = 10
"""Refused rows at the end of a file up to which they may be a footer. House rule."""
_WITHOUT_PLACE = frozenset({"station_id_missing", "session_id_missing"})
_WORDS_ALONE = re.compile(r"[^,;\t|]*\w[ :]+\w[^,;\t|]*")
"""One text of several words. A row that is cut off has a sign between its fields."""


class Footer:
    """The end of a file, as far as its chunks are known."""

    def __init__(self) -> None:
        self._has_rows = False
        self._end: dict[int, tuple[str, set[str]]] = {}  # of the refused rows below the last one kept, text and rules

    def add(self, cleaned: Cleaned) -> None:
        """Go on with the next chunk."""
        last_kept = 0
        if len(cleaned.rows):
            self._has_rows, self._end, last_kept = True, {}, int(cleaned.rows["line"].max())
        below = cleaned.rejects[cleaned.rejects["line"] > last_kept]
        for line, rule, raw in zip(below["line"], below["rule"], below["raw"], strict=True):
            self._end.setdefault(int(line), (raw, set()))[1].add(rule)
            if len(self._end) > MOST_FOOTER_ROWS + 1:
                del self._end[min(self._end)]

    def lines(self) -> list[int]:
        """Lines of the rows that look like a footer: from the first that surely does to the last of the file."""
        lines = sorted(self._end)
        if not self._has_rows or len(lines) > MOST_FOOTER_ROWS:
            return []
        first = next((number for number, line in enumerate(lines) if _is_of_footer(*self._end[line])), len(lines))
        return lines[first:]


def _is_of_footer(raw: str, rules: Collection[str]) -> bool:
    """Whether a refused row is a total, tells neither when nor what it was, or is one text of several words."""
    if TOTAL_ROW in rules or ("start_time_missing" in rules and not _WITHOUT_PLACE.isdisjoint(rules)):
        return True
    return "row_too_short" in rules and raw != ROW_WITHHELD and _WORDS_ALONE.fullmatch(raw) is not None
