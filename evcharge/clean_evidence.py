"""Cleaning of evidence: text in, clean rows and what was refused out, by the rules of one table.

What does not belong here: the rules (``evidence_rules``), which rows of a whole file are one (``evidence_runs``),
paths, databases and clocks (today comes in as ``as_of``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Integers
from evcharge.evidence import COLUMNS, OUTAGE_COLUMNS, REFUSED_COLUMNS, UPTIME_COLUMNS, CleanEvidence
from evcharge.evidence_parsed import NO_INSTANT, ParsedEvidence, milliseconds
from evcharge.evidence_rules import OUTAGE_RULES, REASON_UNEXPLAINED, UPTIME_RULES, EvidenceRule
from evcharge.frames import FIRST_LINES, RawSessions
from evcharge.parsed import is_usable
from evcharge.reported import FIGURES, contradictions

STATUSES, OUTAGES, UPTIMES = "statuses", "outages", "uptimes"
"""Kinds of evidence as ``CleanEvidence`` calls them."""


def clean_outages(raw: RawSessions, as_of: pd.Timestamp) -> CleanEvidence:
    """The reported outages and claims of exemption of a chunk; each row is kept or refused.

    Args:
        raw: a chunk with the columns of ``evidence.RAW_OUTAGES``.
        as_of: the present [UTC].
    """
    parsed = ParsedEvidence(_numbered(raw.frame), raw.conventions, as_of, {})
    broken = broken_rules(parsed, OUTAGE_RULES)
    refused = any_of(broken, len(parsed.raw))
    excluded = np.asarray(parsed.excluded.fillna(False), dtype=bool)
    causes = [cause and cause.casefold() for cause in parsed.text("cause")]
    rows = pd.DataFrame(
        {
            "station_id": parsed.station_ids,
            "port_id": [port or "" for port in parsed.port_ids],
            "from_ms": milliseconds(parsed.start.instants),
            "until_ms": milliseconds(parsed.end),
            "kind": parsed.text("kind"),
            "cause": pd.Series(causes, dtype="object"),
            "reference": pd.Series(_references(parsed, excluded), dtype="object"),
            "claimed_by": pd.Series(parsed.text("claimed_by"), dtype="object"),
            "source_line": parsed.raw["line"].to_numpy(),
        },
        columns=list(OUTAGE_COLUMNS),
    )
    lines = parsed.raw["line"].to_numpy()[excluded & ~refused].tolist()
    return CleanEvidence(
        kind=OUTAGES,
        rows=rows[~refused].reset_index(drop=True),
        refused=refused_frame(parsed, broken, parsed.start.instants),
        read=len(parsed.raw),
        skipped=raw.skipped,
        warnings=Counter({REASON_UNEXPLAINED: len(lines)} if lines else {}),
        warning_lines={REASON_UNEXPLAINED: lines[:FIRST_LINES]} if lines else {},
    )


def clean_uptimes(raw: RawSessions, as_of: pd.Timestamp) -> CleanEvidence:
    """Uptime of a chunk as it was reported; each row is kept or refused, and one that contradicts itself is warned of.

    Args:
        raw: a chunk with the columns of ``evidence.RAW_UPTIMES``.
        as_of: the present [UTC].
    """
    parsed = ParsedEvidence(_numbered(raw.frame), raw.conventions, as_of, {})
    broken = broken_rules(parsed, UPTIME_RULES)
    refused = any_of(broken, len(parsed.raw))
    rows = pd.DataFrame(
        {
            "station_id": parsed.station_ids,
            "port_id": parsed.port_ids,
            "from_ms": milliseconds(parsed.start.instants),
            "until_ms": milliseconds(parsed.stated_end.instants),
            **{name: parsed.figure(name).amounts for name in FIGURES},
            "reported_by": pd.Series(parsed.text("reported_by"), dtype="object"),
            "source_line": parsed.raw["line"].to_numpy(),
        },
        columns=list(UPTIME_COLUMNS),
    )[~refused].reset_index(drop=True)
    wrong = contradictions(rows)
    lines = {code: rows["source_line"][mask].tolist() for code, mask in wrong.items() if mask.any()}
    return CleanEvidence(
        kind=UPTIMES,
        rows=rows,
        refused=refused_frame(parsed, broken, parsed.start.instants),
        read=len(parsed.raw),
        skipped=raw.skipped,
        warnings=Counter({code: len(found) for code, found in lines.items()}),
        warning_lines={code: found[:FIRST_LINES] for code, found in lines.items()},
    )


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with rows counted from 0, as all columns that are made are."""
    return frame.reset_index(drop=True)


def _references(parsed: ParsedEvidence, excluded: Flags) -> list[str | None]:
    """What proves each row; of an outage that its reporter excludes, that it does, and the number of the reason."""
    references = parsed.text("reference")
    if not excluded.any():
        return references
    told = (("excluded by the reporter", code and f"reason {code}") for code in parsed.text("reason_code"))
    return [
        "; ".join(part for part in (reference, *(said if is_out else ())) if part) or None
        for reference, said, is_out in zip(references, told, excluded.tolist(), strict=True)
    ]


def broken_rules(parsed: ParsedEvidence, rules: Sequence[EvidenceRule]) -> list[tuple[EvidenceRule, Flags]]:
    """Each rule that refuses a row, with its rows; of a row whose structure is broken no other rule is asked."""
    sound = np.array([fault is None for fault in parsed.faults], dtype=bool)
    pairs = ((rule, rule.condition(parsed) & (sound if rule.column else True)) for rule in rules)
    return [(rule, mask) for rule, mask in pairs if mask.any()]


def any_of(broken: Iterable[tuple[EvidenceRule, Flags]], count: int) -> Flags:
    """Rows that a rule refuses."""
    refused: Flags = np.logical_or.reduce([np.zeros(count, dtype=bool), *(mask for _, mask in broken)])
    return refused


def refused_frame(
    parsed: ParsedEvidence, broken: Sequence[tuple[EvidenceRule, Flags]], instants: pd.Series
) -> pd.DataFrame:
    """What was refused, one row per rule and line; with station, port and instant where these can be read."""
    records = [_refusal(parsed, rule, row, instants) for rule, mask in broken for row in np.flatnonzero(mask).tolist()]
    return refused_of(sorted(records, key=lambda record: int(record[0])))


def refused_of(records: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """A frame of what was refused, of records in the order of ``REFUSED_COLUMNS``."""
    return _refused_of(records) if len(records) else _nothing_refused()


@cache
def _nothing_refused() -> pd.DataFrame:
    return _refused_of([])


def _refused_of(records: Sequence[Sequence[Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(records, columns=list(REFUSED_COLUMNS), dtype="object")
    return frame.astype({"source_line": "int64", "at_ms": "Int64"})


def nothing_of(kind: str) -> CleanEvidence:
    """No evidence of a kind: a file that has none of it was read for it all the same."""
    rows = pd.DataFrame({name: pd.Series([], dtype="object") for name in COLUMNS[kind]})
    return CleanEvidence(kind=kind, rows=rows, refused=refused_of([]), read=0)


def _refusal(parsed: ParsedEvidence, rule: EvidenceRule, row: int, instants: pd.Series) -> tuple[Any, ...]:
    station, port = parsed.station_ids[row], parsed.port_ids[row]
    is_placed = bool(station and is_usable(station)) and (port is None or is_usable(port))
    instant = instants.iloc[row]
    return (
        int(parsed.raw["line"].iloc[row]),
        rule.code,
        rule.column,
        parsed.written(rule.column)[row] if rule.column else None,
        str(parsed.raw["raw"].iloc[row]),
        station if is_placed else None,
        (port or "") if is_placed else None,
        None if pd.isna(instant) else int(milliseconds(pd.Series([instant]))[0]),
    )


def missing_as_na(numbers: Integers) -> pd.Series:
    """Milliseconds with a missing value for ``NO_INSTANT``."""
    series = pd.Series(numbers, dtype="Int64")
    return series.mask(numbers == NO_INSTANT)
