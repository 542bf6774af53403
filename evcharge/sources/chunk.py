"""Rows as read, gathered into frames of a bounded number of rows.

What does not belong here: how a format is parsed (``table``, ``jsonlines``), and what a value must be (``clean``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evcharge.frames import RAW_FRAME, RawSessions
from evcharge.sources.profile import ID_COLUMNS, Profile, folded


@dataclass
class Rows:
    """Some rows of a file, column by column; all lists have one length.

    Attributes:
        lines: line on which each row begins, counted from 1.
        raws: each row's exact text, without its line end.
        faults: code of the fault in each row's structure, or None.
        fields: for each field that is asked for, its text in each row; empty where there is a fault.
    """

    lines: list[int]
    raws: list[str]
    faults: list[str | None]
    fields: list[list[str]]

    @classmethod
    def of(
        cls,
        lines: Iterable[int],
        raws: list[str],
        faults: list[str | None],
        cells: Sequence[Sequence[str]],
        places: Sequence[int],
    ) -> Rows:
        """Rows from their cells: of each row those at ``places``. All rows of cells have one width."""
        columns = list(zip(*cells, strict=True))
        return cls(list(lines), raws, faults, [list(columns[place]) if columns else [] for place in places])

    def extend(self, more: Rows) -> None:
        """Put more rows after these."""
        for mine, others in zip(self._columns(), more._columns(), strict=True):
            mine += others

    def take(self, count: int) -> Rows:
        """Remove the first ``count`` rows (all, if there are fewer) and hand them over."""
        fields = [texts[:count] for texts in self.fields]
        taken = Rows(self.lines[:count], self.raws[:count], self.faults[:count], fields)
        for column in self._columns():
            del column[:count]
        return taken

    def _columns(self) -> list[list[Any]]:
        return [self.lines, self.raws, self.faults, *self.fields]


def chunks(batches: Iterable[Rows], profile: Profile, names: Sequence[str], chunk_rows: int) -> Iterator[RawSessions]:
    """The rows in frames of ``chunk_rows`` rows, the last one shorter; no frame where there is no row.

    Args:
        batches: rows in file order.
        profile: what the fields mean.
        names: folded name of each of the rows' fields.
        chunk_rows: rows of a frame, at least 1.
    """
    waiting = Rows([], [], [], [[] for _ in names])
    for batch in batches:
        waiting.extend(batch)
        while len(waiting.lines) >= chunk_rows:
            yield _raw_sessions(waiting.take(chunk_rows), profile, names)
    if waiting.lines:
        yield _raw_sessions(waiting, profile, names)


def _raw_sessions(rows: Rows, profile: Profile, names: Sequence[str]) -> RawSessions:
    """One chunk: the columns of ``RAW_FRAME``, all but ``line`` of dtype object."""
    fields = dict(zip(names, rows.fields, strict=True))
    known: dict[str, Any] = {"line": rows.lines, "raw": rows.raws, "fault": rows.faults}
    known |= _mapped_texts(fields, profile)
    if profile.session_key:
        key_fields = [fields[folded(name)] for name in profile.session_key]
        known["session_id"] = [_session_key(parts) for parts in zip(*key_fields, strict=True)]
    for ours, text in profile.constants.items():
        known[ours] = [None if fault else text for fault in rows.faults]
    nothing = [None] * len(rows.lines)
    series = {name: pd.Series(known.get(name, nothing), dtype=dtype) for name, dtype, _ in RAW_FRAME}
    return RawSessions(pd.DataFrame(series, copy=False), profile.conventions)


def _mapped_texts(fields: Mapping[str, Sequence[str]], profile: Profile) -> dict[str, Sequence[str | None]]:
    """Our columns that a field of the file is mapped to."""
    null_words = frozenset(profile.conventions.null_words)
    texts: dict[str, Sequence[str | None]] = {}
    for ours, theirs in profile.mapped.items():
        values = fields.get(folded(theirs))
        if values is not None:
            texts[ours] = _texts(values, frozenset() if ours in ID_COLUMNS else null_words)
    return texts


def _texts(values: Sequence[str], null_words: frozenset[str]) -> Sequence[str | None]:
    """The values, with None for an empty one and for a null word, padded or not."""
    if not null_words:
        return [value or None for value in values] if "" in values else values
    return [None if not value or value.strip() in null_words else value for value in values]


def _session_key(parts: Sequence[str]) -> str | None:
    """The parts joined by ``|``, escaped so that two different keys never join to one text; None if all are empty."""
    if not any(parts):
        return None
    return "|".join([part.replace("%", "%25").replace("|", "%7C") for part in parts])
