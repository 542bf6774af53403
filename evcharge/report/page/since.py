"""What changed since an earlier report: a row per station of which something became.

What does not belong here: which changes there are (``report.since``).
"""

from __future__ import annotations

from dataclasses import dataclass

from evcharge.report.page.cells import Table, table_of
from evcharge.report.since import (
    STILL_BELOW,
    STILL_SILENT,
    Since,
    counted_change,
    network_line,
    since_lines,
    since_title,
)
from evcharge.report.words import NONE, counted, day_text, joined, sentence

MOST_ROWS = 40
"""Stations listed; those that stay as they were come last."""


@dataclass(frozen=True)
class Changes:
    """What changed since an earlier report.

    Attributes:
        title: which report that is.
        summary: how many stations became what.
        table: the stations; None where nothing changed.
    """

    title: str
    summary: str
    table: Table | None


def changes_of(since: Since | None) -> Changes | None:
    """The section; None where the report is compared with none."""
    if since is None:
        return None
    if not since.changes:
        return Changes(since_title(since), sentence(since_lines(since)[0]), None)
    kinds = list(dict.fromkeys(change.change for change in since.changes))
    counts = [counted_change(kind, sum(one.change == kind for one in since.changes)) for kind in kinds]
    changes = sorted(since.changes, key=lambda one: one.change in (STILL_BELOW, STILL_SILENT))
    rows = [
        (one.label, one.change, one.before or NONE, one.now or NONE, day_text(one.since)) for one in changes[:MOST_ROWS]
    ]
    network = network_line(since)
    hidden = len(changes) - len(rows)
    more = f"{counted(hidden, 'more station')}: evcharge report --json." if hidden > 0 else ""
    title = since_title(since)
    table = table_of(title, ("station", "what changed", "then", "now", "since"), rows, more=more)
    return Changes(title, " ".join(map(sentence, [joined(counts), *([network] if network else [])])), table)
