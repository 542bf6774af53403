"""Rows as read, gathered into frames of a bounded number of rows: the profile's steps done, its fields mapped.

What does not belong here: how a format is parsed (``table``, ``json_lines``), and what a value must be (``clean``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, compress
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from evcharge.frames import RAW_FRAME, Conventions, RawSessions, note_lines
from evcharge.ids import as_written, clean_id, joined
from evcharge.sources.names import folded
from evcharge.sources.privacy import driver_refs
from evcharge.sources.profile import ID_COLUMNS, Profile
from evcharge.sources.steps import DROPPING, apply_step, are_dropped
from evcharge.sources.totals import TOTAL_ROW, find_totals


@dataclass
class Rows:
    """Some rows of a file, column by column; all lists have one length.

    Attributes:
        lines: line on which each row begins, counted from 1.
        raws: each row's exact text, without its line end; or what ``str`` makes that of.
        faults: code of the fault in each row's structure, or None.
        fields: for each field that is asked for, its text in each row; empty where there is a fault.
        skipped: how many besides were left out because they are no sessions by the format's own rule.
        warnings: how many of them are odd in a way that only the reader can tell, by code.
        warning_lines: lines of the first of those, by code, where they are known.
    """

    lines: list[int]
    raws: list[Any]
    faults: list[str | None]
    fields: list[list[str]]
    skipped: int = 0
    warnings: Counter[str] = field(default_factory=Counter)
    warning_lines: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        lines: Iterable[int],
        raws: list[Any],
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
        self.skipped += more.skipped
        self.warnings.update(more.warnings)
        for code, lines in more.warning_lines.items():
            note_lines(self.warning_lines, code, lines)

    def take(self, count: int) -> Rows:
        """Hand over the first ``count`` rows (all, if there are fewer), all the skipped and all the warnings."""
        fields = [texts[:count] for texts in self.fields]
        columns = (self.lines[:count], self.raws[:count], self.faults[:count], fields)
        taken = Rows(*columns, self.skipped, self.warnings, self.warning_lines)
        self.skipped, self.warnings, self.warning_lines = 0, Counter(), {}
        for column in self._columns():
            del column[:count]
        return taken

    def where(self, kept: Sequence[bool]) -> Rows:
        """The rows that are marked."""
        if all(kept):
            return self
        lines, raws, faults, *fields = (list(compress(column, kept)) for column in self._columns())
        return Rows(lines, raws, faults, fields, self.skipped, self.warnings, self.warning_lines)

    def _columns(self) -> list[list[Any]]:
        return [self.lines, self.raws, self.faults, *self.fields]


class Reading(NamedTuple):
    """What a file is read by.

    Attributes:
        profile: what its fields mean.
        salt: what driver tokens are hashed with; None leaves them out.
        chunk_rows: rows of a frame, at least 1.
        companions: other files given in the same call, for formats whose sessions span files.
        loaded: those of them that are loaded already, each with its ``RawSessions.told_until_seconds``.
        evidence_until: hand over what the file tells of the states of ports until then, too; None for sessions alone.
    """

    profile: Profile
    salt: str | None
    chunk_rows: int
    companions: tuple[Path, ...] = ()
    loaded: Mapping[Path, float | None] = MappingProxyType({})
    evidence_until: datetime | None = None


def chunks(batches: Iterable[Rows], names: Sequence[str], reading: Reading) -> Iterator[RawSessions]:
    """The rows in frames of ``Reading.chunk_rows`` rows, the last one shorter; no frame where nothing was read.

    Args:
        batches: rows in file order.
        names: folded name of each of the rows' fields.
        reading: what they are read by.
    """
    waiting = Rows([], [], [], [[] for _ in names])
    for batch in batches:
        waiting.extend(batch)
        while len(waiting.lines) >= reading.chunk_rows:
            yield _raw_sessions(waiting.take(reading.chunk_rows), names, reading)
    if waiting.lines or waiting.skipped:
        yield _raw_sessions(waiting, names, reading)


def _raw_sessions(rows: Rows, names: Sequence[str], reading: Reading) -> RawSessions:
    """One chunk: those columns of ``RAW_FRAME`` that the profile fills, all but ``line`` of dtype object."""
    profile = reading.profile
    read = len(rows.lines)
    rows = _without_dropped(rows, names, profile)
    fields: dict[str, Sequence[str]] = dict(zip(names, rows.fields, strict=True))
    repaired = _do_steps(fields, profile)

    nothing: list[str | None] = [None] * len(rows.lines)
    texts = _mapped_texts(fields, profile)
    if profile.is_tabular:
        _leave_out_totals(texts, rows, fields, profile)
    known: dict[str, Any] = {"line": rows.lines, "raw": rows.raws, "fault": rows.faults, **texts}
    if "driver_ref" in known:
        if not reading.salt:
            rows.warnings["drivers_left_out"] += sum(bool(token and token.strip()) for token in known["driver_ref"])
        known["driver_ref"] = driver_refs(known["driver_ref"], reading.salt)
    if profile.session_key:
        known["session_id"] = _session_keys(fields, profile)
    if profile.tells_apart:
        known["told_apart_by"] = _told_apart_by(fields, profile, nothing)
    for ours, text in profile.constants.items():
        known[ours] = [None if fault else text for fault in rows.faults]

    series = {name: pd.Series(known[name], dtype=dtype) for name, dtype, _ in RAW_FRAME if name in known}
    skipped = rows.skipped + read - len(rows.lines)
    frame = pd.DataFrame(series, copy=False)
    return RawSessions(frame, profile.conventions, skipped, repaired, +rows.warnings, rows.warning_lines)


def _leave_out_totals(
    texts: dict[str, Sequence[str | None]], rows: Rows, fields: dict[str, Sequence[str]], profile: Profile
) -> None:
    """Names the fault of the rows that sum up others, and takes their texts away: they tell of no session."""
    totals = find_totals(texts, has_ids="session_id" in profile.columns)
    if not totals:
        return
    for row in totals:
        rows.faults[row] = rows.faults[row] or TOTAL_ROW
    left_out = set(totals)
    texts |= {
        name: [None if row in left_out else text for row, text in enumerate(column)] for name, column in texts.items()
    }
    fields |= {
        name: ["" if row in left_out else text for row, text in enumerate(column)] for name, column in fields.items()
    }


def _without_dropped(rows: Rows, names: Sequence[str], profile: Profile) -> Rows:
    """The rows but for those that a step drops, which are no sessions by the format's own rule; broken rows stay."""
    for step in profile.steps:
        places = [names.index(folded(name)) for name in step.fields if folded(name) in names]
        if step.step in DROPPING and places:
            dropped = are_dropped(step.step, [rows.fields[place] for place in places])
            rows = rows.where([bool(fault) or not drop for fault, drop in zip(rows.faults, dropped, strict=True)])
    return rows


def _do_steps(fields: dict[str, Sequence[str]], profile: Profile) -> dict[str, int]:
    """Does the profile's steps on the fields, in place; returns how many texts each one repaired."""
    repaired: Counter[str] = Counter()
    for step in profile.steps:
        if step.step in DROPPING:
            continue
        there = [name for name in map(folded, step.fields) if name in fields]
        done, count = apply_step(step.step, [fields[name] for name in there])
        fields.update(zip(there, done, strict=True))
        repaired[step.step] += count
    return {name: count for name, count in repaired.items() if count}


def _session_keys(fields: Mapping[str, Sequence[str]], profile: Profile) -> list[str | None]:
    """The session id of each row, made of the fields of the profile's key after the steps that are for it alone.

    Each part is cleaned as an id is; the key shows that it was, for cleaning to count (``ids.as_written``).
    """
    written = [_first_of(profile.spellings_of(name), fields) for name in profile.session_key]
    of_key = {**fields, **{name: _clean(fields[name]) for name in _of_key(fields, profile)}}
    for step in profile.key_steps:
        there = [name for name in map(folded, step.fields) if name in of_key]
        done, _ = apply_step(step.step, [of_key[name] for name in there])
        of_key.update(zip(there, done, strict=True))
    parts = [_first_of(profile.spellings_of(name), of_key) for name in profile.session_key]
    keys = map(joined, zip(*parts, strict=True))
    return [as_written(key, row) for key, row in zip(keys, zip(*written, strict=True), strict=True)]


def _told_apart_by(
    fields: Mapping[str, Sequence[str]], profile: Profile, nothing: list[str | None]
) -> list[str | None]:
    """What tells each row from others of the file with its session id; nothing where the file has no such field."""
    there = [_clean(fields[folded(name)]) for name in profile.tells_apart if folded(name) in fields]
    return [joined(row) for row in zip(*there, strict=True)] if there else nothing


def _of_key(fields: Mapping[str, Sequence[str]], profile: Profile) -> frozenset[str]:
    """Folded names of the fields that are there for the key and its steps, in every spelling."""
    spelled = (profile.spellings_of(name) for name in profile.session_key)
    of_steps = (step.fields for step in profile.key_steps)
    return frozenset(map(folded, chain(*spelled, *of_steps))) & fields.keys()


def _clean(texts: Sequence[str]) -> list[str]:
    """Parts of a key without what stands around them; one that says nothing, such as a dash, stays as it is written.

    Two rows that tell alike and differ only in how they say nothing may be two sessions.
    """
    return [_clean_part(text) if text else "" for text in texts]


def _clean_part(text: str) -> str:
    part = clean_id(text) or ""
    return part if not part or any(map(str.isalnum, part)) else text


def _mapped_texts(fields: Mapping[str, Sequence[str]], profile: Profile) -> dict[str, Sequence[str | None]]:
    """Our columns that a field of the file is mapped to."""
    texts: dict[str, Sequence[str | None]] = {}
    for ours, spellings in profile.mapped.items():
        there = [folded(name) for name in spellings if folded(name) in fields]
        if there:
            texts[ours] = _texts(fields[there[0]], _words_for_nothing(ours, profile.conventions))
    for ours, parts in profile.combined.items():
        nulls = _words_for_nothing(ours, profile.conventions)
        columns = [_texts(fields[folded(name)], nulls) for name in parts]
        texts[ours] = [_joined(row) for row in zip(*columns, strict=True)]
    return texts


def _words_for_nothing(ours: str, conventions: Conventions) -> frozenset[str]:
    """What stands for nothing in the field of our column."""
    if ours == "port_id":
        return frozenset(conventions.no_port_words)
    return frozenset(() if ours in ID_COLUMNS else conventions.null_words)


def _joined(parts: Sequence[str | None]) -> str | None:
    """The parts joined by a blank, those of nothing or blanks left out; None if none is left."""
    return " ".join([part.strip() for part in parts if part and part.strip()]) or None


def _first_of(spellings: Sequence[str], fields: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The field that stands under the first of its spellings that the file has."""
    return next(fields[folded(name)] for name in spellings if folded(name) in fields)


def _texts(values: Sequence[str], null_words: frozenset[str]) -> Sequence[str | None]:
    """The values, with None for an empty one and for a null word, padded or not."""
    if not null_words:
        return [value or None for value in values] if "" in values else values
    return [None if not value or value.strip() in null_words else value for value in values]
