"""What became of a file, as the loader says it, and how many refused rows are too many.

What does not belong here: counting (``sessions``), and printing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RejectLimit:
    """How many rows may be refused before the whole file is: a count, or a share of the rows in percent."""

    amount: float
    is_percent: bool

    @classmethod
    def of_text(cls, text: str) -> RejectLimit | None:
        """A whole number of rows, written 100, or a share of them, written 2%; None where it is neither."""
        try:
            amount = float(text.removesuffix("%"))
        except ValueError:
            return None
        is_percent = text.endswith("%")
        is_limit = 0 <= amount < float("inf") and (is_percent or amount.is_integer())
        return cls(amount, is_percent) if is_limit else None

    def passed_by(self, rejected: int, rows_read: int) -> bool:
        """Whether this many rejects are too many."""
        return rejected > (self.amount * rows_read / 100 if self.is_percent else self.amount)

    def __str__(self) -> str:
        return f"{self.amount:g}{'%' if self.is_percent else ''}"


LAW = ("read", "inserted", "updated", "unchanged", "superseded", "rejected")
"""Counts of rows of one kind; the first is the sum of the others."""


@dataclass
class LoadResult:
    """What became of one file; ``read`` is the sum of the five counts after it.

    ``status`` is ``loaded``, ``already loaded`` (the counts are those of the first load), or ``dry run``.
    ``rejects_by_rule`` counts a row once for each rule that refused it. ``rejected_as`` says how the rejected
    rows would have counted: ``failure``, ``success`` or ``unknown``. ``skipped`` rows are no sessions by the format's
    own rule and not in ``read``; ``warning_lines`` are the lines of the first rows of each warning, where it is of
    rows; ``repaired`` counts the values that each step of the profile changed.
    ``source_stands_in`` where nobody says who published the file, and the layout's name stands in for the source.
    ``unread`` are the columns that nothing reads though they tell what a rate needs, by the code of their warning.
    ``unknown_labels`` are the first labels of zones that nobody explains, of rows that were refused for it.
    ``has_sessions`` unless the file is one of statuses, outages or reported uptime alone, whose own six counts are 0.
    ``evidence`` has the same six counts of statuses, contacts, outages and uptimes, where the file was read for them;
    ``evidence_rejects_by_rule`` counts those that each rule refused, by kind.
    ``unnamed_ports`` are station and port of claims and reported outages about what nothing else in the database names:
    they count nowhere until something does. An empty port is the whole station.
    ``times_by_format`` counts the times of a file that mixes formats by the one that each is read by; else it is empty.
    """

    file: str
    source: str
    profile: str
    timezone: str
    time_format: str
    failures_included: str
    status: str
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    rejected: int = 0
    skipped: int = 0
    has_sessions: bool = True
    evidence: dict[str, dict[str, int]] = field(default_factory=dict)
    evidence_rejects_by_rule: dict[str, dict[str, int]] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    times_by_format: dict[str, int] = field(default_factory=dict)
    rejects_by_rule: dict[str, int] = field(default_factory=dict)
    rejected_as: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    warning_lines: dict[str, list[int]] = field(default_factory=dict)
    unknown_columns: list[str] = field(default_factory=list)
    unread: dict[str, list[str]] = field(default_factory=dict)
    unknown_labels: list[str] = field(default_factory=list)
    unnamed_ports: list[tuple[str, str]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    first_loaded_at: str | None = None
    first_loaded_as: str | None = None
    source_stands_in: bool = False
    seconds: float = 0.0


def totals(results: Iterable[LoadResult]) -> Mapping[str, int]:
    """What this run did: the counts of the files it loaded, and how many were loaded before."""
    results = list(results)
    fresh = [result for result in results if result.status != "already loaded"]
    return {
        "files": len(results),
        "files_already_loaded": len(results) - len(fresh),
        **{name: sum(getattr(result, name) for result in fresh) for name in LAW},
    }


def evidence_totals(results: Iterable[LoadResult]) -> dict[str, dict[str, int]]:
    """The same of statuses, contacts, outages and uptimes, by kind."""
    sums: dict[str, dict[str, int]] = {}
    for result in results:
        for kind, counts in result.evidence.items() if result.status != "already loaded" else ():
            own = sums.setdefault(kind, dict.fromkeys(LAW, 0))
            for name in LAW:
                own[name] += counts[name]
    return sums
