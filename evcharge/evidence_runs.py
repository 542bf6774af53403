"""Statements of a whole file, port by port: which of them are one, which contradict each other, which are not listed.

Rows wait as numbers, on disk where they are many, so that memory does not grow with the file and the order of its rows
does not matter. What does not belong here: reading and the rules of one row (``clean_evidence``), and what is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from evcharge.arrays import Flags, Integers
from evcharge.evidence_parsed import NO_INSTANT
from evcharge.spool import Span, Spool

Records = npt.NDArray[np.void]
RECORD = np.dtype(
    [(name, np.int64) for name in ("port", "time", "updated", "line")] + [(name, np.int32) for name in ("word", "code")]
)
"""A statement: place of its port, instant and version [ms], line, places of its word and of its codes."""

REFUSED, UNLISTED, EMPTY = -1, 0, 1
"""Places of words: of a statement that was refused, and of those that a snapshot makes by what it does not list."""

BUCKETS = 64
"""Parts that a large file's stations are dealt into; one of them is in memory at a time."""

ROWS_IN_MEMORY = 200_000
"""Rows that wait in memory before they are dealt out to disk [some 8 MB]. House rule."""

SPACINGS = 2
"""A confirmation that comes later than so many usual spacings confirms nothing between. House rule, provisional."""

FEWEST_GAPS = 3
"""Gaps of a port that tell its usual spacing; one with fewer is taken to be like the others. House rule."""

MOST_UNLISTED = 1_000_000
"""Statements about ports that are not listed which are made at a time."""


class Waiting:
    """Records that wait until their file is read, and come back some stations at a time."""

    def __init__(self) -> None:
        self._spool = Spool()
        self._at_hand: list[tuple[Records, Integers]] = []
        self._rows = 0
        self._spans: list[list[Span]] = [[] for _ in range(BUCKETS)]

    def add(self, records: Records, stations: Integers) -> None:
        """Put records behind the others, each with the place of its station."""
        self._at_hand.append((records, stations))
        self._rows += len(records)
        if self._rows > ROWS_IN_MEMORY:
            self._deal_out()

    def groups(self) -> Iterator[tuple[int, int, Records]]:
        """The records with the number of their group and of all groups: of a small file all at once."""
        if not any(self._spans):
            yield 0, 1, _joined([records for records, _ in self._at_hand])
            return
        self._deal_out()
        for bucket, spans in enumerate(self._spans):
            parts = (self._spool.take(span)[0] for span in spans)
            yield bucket, BUCKETS, _joined([np.frombuffer(part, dtype=RECORD) for part in parts])

    def close(self) -> None:
        """Let go of them."""
        self._spool.close()

    def _deal_out(self) -> None:
        records = _joined([records for records, _ in self._at_hand])
        stations = np.concatenate([stations for _, stations in self._at_hand] or [np.zeros(0, dtype=np.int64)])
        for bucket in np.unique(stations % BUCKETS).tolist():
            self._spans[bucket].append(self._spool.put([records[stations % BUCKETS == bucket].tobytes()]))
        self._at_hand, self._rows = [], 0


def _joined(parts: Sequence[Records]) -> Records:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=RECORD)


@dataclass(frozen=True)
class Standing:
    """What stands of some statements, sorted by port and instant, and what became of the others.

    Attributes:
        records: one for each port and instant, refused ones included.
        confirmations: further statements that say the same as each of them.
        breaks: where something was refused at the same port and instant.
        superseded: statements that a later version, or a later message, takes the place of.
        contradicting: statements of ports that are told two words at one instant.
    """

    records: Records
    confirmations: Integers
    breaks: Flags
    superseded: int
    contradicting: Records


def standing(records: Records, letters: Integers, *, in_order: bool) -> Standing:
    """What stands at each port and instant: the newest version; of several of one version the last line.

    Args:
        records: statements, in any order.
        letters: by the place of a word, what it is by its letters alone; two spellings are one word.
        in_order: whether a later line of the file came later, as in a log: it then stands. Else two words of one
            version contradict each other, and which one held can't be told.
    """
    is_refused = records["word"] == REFUSED
    order = np.lexsort((records["line"], records["updated"], ~is_refused, records["time"], records["port"]))
    records, is_refused = records[order], is_refused[order]
    starts = _changes(records["port"], records["time"])
    group = np.cumsum(starts) - 1
    last = np.append(np.flatnonzero(starts[1:]), len(records) - 1)[: int(starts.sum())]
    of_last = last[group]
    words = _letters_at(records, letters)

    is_other = (words != words[of_last]) & ~is_refused & (records["updated"] == records["updated"][of_last])
    two = np.zeros(len(last), dtype=bool)
    if not in_order:
        two[group[is_other]] = True
    is_extra = ~is_refused & ~two[group] & (np.arange(len(records)) != of_last)
    says_same = (words == words[of_last]) & (records["code"] == records["code"][of_last])
    kept = records[last].copy()
    kept["word"][two] = REFUSED
    return Standing(
        records=kept,
        confirmations=np.bincount(group[is_extra & says_same], minlength=len(last)),
        breaks=np.bincount(group[is_refused], minlength=len(last)) > 0,
        superseded=int((is_extra & ~says_same).sum()),
        contradicting=records[two[group] & ~is_refused],
    )


def _letters_at(records: Records, letters: Integers) -> Integers:
    """What the word of each record is by its letters alone; ``REFUSED`` for one that was refused."""
    return np.where(records["word"] >= 0, letters[records["word"]], REFUSED)


class Runs(NamedTuple):
    """Run-lengths of what stands.

    Attributes:
        begun: the first statement of each.
        until: its last instant [ms].
        last_lines: line of its last confirmation.
        confirmations: how many.
        spacing: the usual time between statements of its port, by which it is cut [ms]; 0 where that can't be told.
    """

    begun: Records
    until: Integers
    last_lines: Integers
    confirmations: Integers
    spacing: Integers


def runs(stand: Standing, letters: Integers, spacing: int | None = None) -> Runs:
    """Run-lengths of what stands.

    A run ends where the word or a code changes, where a statement was refused, and where the next one comes later than
    ``SPACINGS`` usual spacings.

    Args:
        stand: statements sorted by port and instant.
        letters: as in ``standing``.
        spacing: the usual time between two lists [ms]; None where that of each port is to be seen.
    """
    records = stand.records
    if not len(records):
        nothing = np.zeros(0, dtype=np.int64)
        return Runs(records, nothing, nothing, nothing, nothing)
    words = _letters_at(records, letters)
    starts = _changes(records["port"], words, records["code"]) | (words == REFUSED) | stand.breaks
    gaps = np.diff(records["time"], prepend=records["time"][:1])
    limits = usual_spacings(records) if spacing is None else np.full(len(records), spacing)
    starts |= gaps > SPACINGS * limits
    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(records)) - 1
    confirmed = np.add.reduceat(stand.confirmations, first) + (last - first)
    begun = records[first].copy()
    begun["updated"] = records["updated"][last]
    return Runs(begun, records["time"][last], records["line"][last], confirmed, limits[first])


def usual_spacings(records: Records) -> Integers:
    """For each record the median time between statements of its port [ms]; 0 where it can't be told.

    A port with fewer than ``FEWEST_GAPS`` has the median of all gaps of the others.
    """
    gaps = np.diff(records["time"])
    same = records["port"][1:] == records["port"][:-1]
    ports, gaps = records["port"][1:][same], gaps[same]
    by_port: Integers = np.zeros(int(records["port"].max()) + 1, dtype=np.int64)
    if not len(gaps):
        return np.zeros(len(records), dtype=np.int64)
    order = np.lexsort((gaps, ports))
    ports, gaps = ports[order], gaps[order]
    first = np.flatnonzero(_changes(ports))
    counts = np.diff(np.append(first, len(ports)))
    medians = gaps[first + (counts - 1) // 2]
    many = counts >= FEWEST_GAPS
    of_many = np.repeat(many, counts)
    by_port[:] = int(np.median(gaps[of_many])) if of_many.any() else 0
    by_port[ports[first][many]] = medians[many]
    of_records: Integers = by_port[records["port"]]
    return of_records


def unlisted(
    records: Records, ports: Sequence[int], known: frozenset[int], lists: Integers, lines: Integers, empty: Integers
) -> Iterator[Records]:
    """What snapshots say of ports by not listing them, with the statements about these ports, some ports at a time.

    A port is looked for from the first snapshot that lists it on; one that is known besides, in all of them.

    Args:
        records: statements of snapshots.
        ports: places of all ports to look for, sorted.
        known: those of them that are known from elsewhere.
        lists: instants of all snapshots [ms], sorted.
        lines: the line on which each of them begins.
        empty: instants of those that list no port.
    """
    records = records[np.lexsort((records["time"], records["port"]))]
    is_empty = np.isin(lists, empty)
    step = max(1, MOST_UNLISTED // max(1, len(lists)))
    for begin in range(0, len(ports), step):
        parts = []
        for port in ports[begin : begin + step]:
            own = records[np.searchsorted(records["port"], port) : np.searchsorted(records["port"], port, "right")]
            parts.append(own)
            not_there = ~np.isin(lists, own["time"])
            if port not in known:
                not_there &= lists > (own["time"][0] if len(own) else NO_INSTANT)
            made = np.zeros(int(not_there.sum()), dtype=RECORD)
            made["port"], made["time"], made["line"] = port, lists[not_there], lines[not_there]
            made["updated"] = NO_INSTANT
            made["word"] = np.where(is_empty[not_there], EMPTY, UNLISTED)
            parts.append(made)
        yield _joined(parts)


def _changes(*columns: npt.NDArray[Any]) -> Flags:
    """Rows that differ from the one before in one of the columns; the first one does."""
    changed: Flags = np.zeros(len(columns[0]), dtype=bool)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed
