"""What became of a file that a Python program loaded, as frames and in a few lines.

What does not belong here: loading (``api_load``), and what the codes mean (``load.meanings``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from evcharge.load import LoadResult
from evcharge.load.meanings import evidence_rule_meanings, kept_source_text, rule_meanings, warning_meanings
from evcharge.load.result import LAW
from evcharge.python_words import in_python
from evcharge.report.summary import summary_html, table_html

MOST_REASONS = 3
"""Reasons that the short form of a result names. House rule."""


@dataclass(frozen=True)
class Loaded:
    """What became of a file.

    Attributes:
        result: all of it, as the load tells it.
        database: the URL of the database, its password masked.
        stated_source: who published the file, as the program said; None where it did not.
    """

    result: LoadResult
    database: str
    stated_source: str | None = None

    @property
    def counts(self) -> pd.DataFrame:
        """One row per kind (sessions, statuses, …): ``read`` is the sum of the five counts after it [rows]."""
        own = asdict(self.result)
        kinds = {"sessions": own, **self.result.evidence} if self.result.has_sessions else self.result.evidence
        rows = [{"kind": kind, **{name: counts[name] for name in LAW}} for kind, counts in kinds.items()]
        return pd.DataFrame(rows, columns=["kind", *LAW])

    @property
    def reasons(self) -> pd.DataFrame:
        """Why rows were refused: ``kind``, ``rule``, ``meaning`` and ``rows``; one row is counted by each rule."""
        by_kind = {"sessions": self.result.rejects_by_rule, **self.result.evidence_rejects_by_rule}
        meanings = {"sessions": rule_meanings()}
        of_evidence = evidence_rule_meanings(has_sessions=self.result.has_sessions)
        rows = [
            (kind, rule, in_python(meanings.get(kind, of_evidence).get(rule, "")), count)
            for kind, rules in by_kind.items()
            for rule, count in rules.items()
        ]
        return pd.DataFrame(rows, columns=["kind", "rule", "meaning", "rows"])

    @property
    def warnings(self) -> pd.DataFrame:
        """What is odd about rows that are kept: ``warning``, ``meaning``, ``count``, and ``lines``, the first few."""
        meanings, lines = warning_meanings(), self.result.warning_lines
        rows = [
            (code, in_python(meanings[code]), count, lines.get(code, []))
            for code, count in self.result.warnings.items()
        ]
        return pd.DataFrame(rows, columns=["warning", "meaning", "count", "lines"])

    @property
    def notes(self) -> list[str]:
        """What must be said beside the counts."""
        one = self.result
        if told := kept_source_text(one.file, one.source, self.stated_source):
            return [f"{told}."]
        if not one.source_stands_in:
            return []
        return [
            f"Nobody says who published this; {one.source} stands in for the source. A later file must say it: "
            "source='NAME'."
        ]

    def to_dict(self) -> dict[str, Any]:
        """What ``evcharge load --json`` prints of the file."""
        return asdict(self.result)

    def __repr__(self) -> str:
        return f"<Loaded: {self._title()}; {'; '.join(self._told())}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the counts, why rows were refused, and what was warned of."""
        counts, reasons, warnings = self.counts, self.reasons, self.warnings[["warning", "meaning", "count"]]
        tables = [table_html(_headings(rows), _texts(rows)) for rows in (counts, reasons, warnings)]
        return summary_html(self._title(), [f"database: {self.database}"], "".join(tables), self.notes)

    def _title(self) -> str:
        one, again = self.result, ""
        if one.first_loaded_at:
            again = f" on {one.first_loaded_at[:10]}, nothing changed"
        return f"{one.file}: {one.status}{again} (profile {one.profile}, source {one.source})"

    def _told(self) -> Iterator[str]:
        """The counts in words, and the first reasons."""
        for counts in self.counts.to_dict("records"):
            parts = " + ".join(f"{counts[name]:,} {name}" for name in LAW[1:] if counts[name])
            yield f"{counts['kind']}: read {counts['read']:,}{' = ' if parts else ''}{parts}"
        reasons = self.reasons
        if len(reasons):
            first = reasons.sort_values("rows", ascending=False, kind="stable").head(MOST_REASONS)
            named = ", ".join(f"{rule} {rows:,}" for rule, rows in zip(first["rule"], first["rows"], strict=True))
            yield f"rejected for {named}{' and more' if len(reasons) > MOST_REASONS else ''}"


def _headings(rows: pd.DataFrame) -> list[str]:
    """The names of a table's columns, those of numbers flush right."""
    return [f">{name}" if name in (*LAW, "rows", "count") else str(name) for name in rows]


def _texts(rows: pd.DataFrame) -> list[list[str]]:
    """The cells of a table."""
    return [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows.to_numpy().tolist()]
