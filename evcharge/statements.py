"""The statements of one file: each row cleaned as it comes, and once all have come, what they say port by port.

What does not belong here: reading files, what is stored, and the arithmetic of runs (``evidence_runs``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Integers
from evcharge.clean_evidence import (
    STATUSES,
    any_of,
    broken_rules,
    missing_as_na,
    nothing_of,
    refused_frame,
    refused_of,
)
from evcharge.evidence import STATUS_COLUMNS, CleanEvidence
from evcharge.evidence_parsed import NO_INSTANT, ParsedEvidence, letters_of, milliseconds
from evcharge.evidence_rules import STATUS_RULES, TWO_STATUSES_RULE, UPDATED_LEFT_OUT
from evcharge.evidence_runs import (
    EMPTY,
    RECORD,
    REFUSED,
    UNLISTED,
    Records,
    Runs,
    Standing,
    Waiting,
    runs,
    standing,
    unlisted,
)
from evcharge.frames import FIRST_LINES, RawSessions

NOT_LISTED, EMPTY_SNAPSHOT = "not listed", "empty snapshot"
"""Words for what a snapshot says of a port by not listing it, and of all ports by listing none."""

Port = tuple[str, str]
"""Station and port; an empty port is the whole station."""


_Named = TypeVar("_Named")

RawOf = Callable[[Collection[int]], Mapping[int, str]]
"""Tells the text of lines of the file."""


class StatusReading(NamedTuple):
    """What the statements of a file are read by.

    Attributes:
        words: the source's words and what each means, one of ``evidence.STATES``.
        evidence: ``event``, ``poll`` or ``snapshot``.
        unlisted: what a port is that a snapshot does not list.
        in_order: whether a later line of the file came later, as in a log of messages.
        known_ports: ports of the source that are known from elsewhere, for snapshots.
    """

    words: Mapping[str, str]
    evidence: str
    unlisted: str = "unknown"
    in_order: bool = False
    known_ports: Collection[Port] = ()


class Statements:
    """The statements of one file.

    Args:
        reading: what they are read by.
        as_of: the present [UTC]; times more than 24 hours later are refused.
    """

    def __init__(self, reading: StatusReading, as_of: pd.Timestamp) -> None:
        self._reading = reading
        self._as_of = as_of
        self._states = {letters_of(word): state for word, state in reading.words.items()}
        self._waiting = Waiting()
        self._ports: dict[Port, int] = {}
        self._stations: dict[str, int] = {}
        self._words: dict[str, int] = {NOT_LISTED: UNLISTED, EMPTY_SNAPSHOT: EMPTY}
        self._codes: dict[tuple[str | None, str | None], int] = {(None, None): 0}
        self._lists: dict[int, int] = {}
        self._empty: set[int] = set()
        self._zone: str | None = None
        for port in sorted(reading.known_ports):
            self._place_of(port)
        self._known = frozenset(self._ports.values())

    def add(self, raw: RawSessions) -> CleanEvidence:
        """Takes the next rows of the file; returns how many they are, and what is refused of them at once.

        Args:
            raw: a chunk with the columns of ``evidence.RAW_STATUSES``.
        """
        self._zone = raw.conventions.timezone
        parsed = ParsedEvidence(raw.frame.reset_index(drop=True), raw.conventions, self._as_of, self._states)
        broken = broken_rules(parsed, STATUS_RULES)
        refused = any_of(broken, len(parsed.raw))
        self._keep(parsed, refused)
        left_out = np.asarray(parsed.updated.present & (parsed.updated_ms == NO_INSTANT) & ~refused)
        lines = parsed.raw["line"].to_numpy()[left_out].tolist()
        return CleanEvidence(
            kind=STATUSES,
            rows=nothing_of(STATUSES).rows,
            refused=refused_frame(parsed, broken, parsed.time.instants),
            read=int((~parsed.is_marker | refused).sum()),
            skipped=raw.skipped,
            warnings=Counter({UPDATED_LEFT_OUT: len(lines)} if lines else {}),
            warning_lines={UPDATED_LEFT_OUT: lines[:FIRST_LINES]} if lines else {},
        )

    def add_empty_snapshot(self, at_ms: int) -> None:
        """Takes a snapshot that lists no port: from then on nothing is known of any."""
        self._lists.setdefault(at_ms, 1)
        self._empty.add(at_ms)

    def close(self, raw_of: RawOf) -> Iterator[CleanEvidence]:
        """What the file says, some stations at a time, once all of its rows were taken.

        Args:
            raw_of: the text of these lines of the file; called only where statements contradict each other.
        """
        letters = self._letters()
        for number, groups, records in self._waiting.groups():
            for part in self._with_unlisted(records, number, groups):
                if len(part):
                    rows = int((part["word"] > EMPTY).sum())
                    yield self._clean(standing(part, letters, in_order=self._reading.in_order), rows, letters, raw_of)
        self._waiting.close()

    def _keep(self, parsed: ParsedEvidence, refused: Flags) -> None:
        """Puts the rows aside as numbers; of refused ones those whose port and instant can be read."""
        times = milliseconds(parsed.time.instants)
        is_timed = (times != NO_INSTANT) & ~parsed.is_impossible(parsed.time.instants)
        lines = parsed.raw["line"].to_numpy(dtype=np.int64)
        if self._reading.evidence == "snapshot":
            self._note_lists(times[is_timed], lines[is_timed], parsed.is_marker[is_timed])
        rows = np.flatnonzero(is_timed & self._are_placed(parsed) & ~parsed.is_marker)
        records = np.zeros(len(rows), dtype=RECORD)
        records["port"] = self._places_of_ports(parsed, rows)
        records["time"], records["line"], records["updated"] = times[rows], lines[rows], parsed.updated_ms[rows]
        words = [word or "" for word in _at(parsed.words_written, rows)]
        is_read = ~refused[rows]
        records["word"] = _places(self._words, words, dict.fromkeys(compress(words, is_read.tolist())))
        records["word"][~is_read] = REFUSED
        codes = list(
            zip(_at(parsed.text("error_code"), rows), _at(parsed.text("vendor_error_code"), rows), strict=True)
        )
        records["code"] = _places(self._codes, codes, dict.fromkeys(codes))
        stations = np.array([self._stations[station] for station, _ in self._ports], dtype=np.int64)
        self._waiting.add(records, stations[records["port"]])

    def _places_of_ports(self, parsed: ParsedEvidence, rows: Integers) -> list[int]:
        """The place of the port of each of these rows."""
        stations = _at(parsed.station_ids, rows)
        ports = [
            (station or "", port or "") for station, port in zip(stations, _at(parsed.port_ids, rows), strict=True)
        ]
        for port in dict.fromkeys(ports):
            self._place_of(port)
        return [self._ports[port] for port in ports]

    def _are_placed(self, parsed: ParsedEvidence) -> Flags:
        """Rows whose station and port can be read."""
        stations = parsed.is_missing(parsed.station_ids) | parsed.is_unusable(parsed.station_ids)
        return ~stations & ~parsed.is_unusable(parsed.port_ids)

    def _note_lists(self, times: Integers, lines: Integers, is_marker: Flags) -> None:
        """Notes the instants of snapshots, each with the first line that tells it, and which of them list no port."""
        instants, first = np.unique(times, return_index=True)
        for instant, line in zip(instants.tolist(), lines[first].tolist(), strict=True):
            self._lists.setdefault(instant, line)
        self._empty.update(times[is_marker].tolist())

    def _place_of(self, port: Port) -> int:
        self._stations.setdefault(port[0], len(self._stations))
        return self._ports.setdefault(port, len(self._ports))

    def _letters(self) -> Integers:
        """By the place of a word, what it is by its letters alone; the words of snapshots are like no other."""
        places: dict[str, int] = {}
        own = [places.setdefault(f"\\0{word}", len(places)) for word in (NOT_LISTED, EMPTY_SNAPSHOT)]
        others = [places.setdefault(letters_of(word), len(places)) for word in list(self._words)[len(own) :]]
        return np.array([*own, *others], dtype=np.int64)

    def _with_unlisted(self, records: Records, number: int, groups: int) -> Iterator[Records]:
        """The records of a group, with what snapshots say of its ports by not listing them."""
        if self._reading.evidence != "snapshot":
            yield records
            return
        ports = [place for (station, _), place in self._ports.items() if self._stations[station] % groups == number]
        lists = np.array(sorted(self._lists), dtype=np.int64)
        lines = np.array([self._lists[instant] for instant in lists.tolist()], dtype=np.int64)
        empty = np.array(sorted(self._empty), dtype=np.int64)
        yield from unlisted(records, sorted(ports), self._known, lists, lines, empty)

    def _clean(self, stand: Standing, rows: int, letters: Integers, raw_of: RawOf) -> CleanEvidence:
        """What stands, as rows; what is read here are the statements that are no ``rows`` of the file."""
        is_kept = stand.records["word"] != REFUSED
        told = int(is_kept.sum() + stand.confirmations.sum()) + stand.superseded + len(stand.contradicting)
        if self._reading.evidence == "event":
            never = np.zeros(len(stand.records), dtype=np.int64)
            told_as = Runs(stand.records, stand.records["time"], stand.records["line"], stand.confirmations, never)
        else:
            told_as = runs(stand, letters, self._spacing())
        kept = told_as.begun["word"] != REFUSED
        return CleanEvidence(
            kind=STATUSES,
            rows=self._rows(Runs(*(column[kept] for column in told_as))),
            refused=self._contradicting(stand.contradicting, raw_of),
            read=told - rows,
            superseded=stand.superseded,
            timezone=self._zone,
        )

    def _spacing(self) -> int | None:
        """The usual time between two snapshots [ms]; None where each port has its own."""
        if self._reading.evidence != "snapshot":
            return None
        gaps = np.diff(np.array(sorted(self._lists), dtype=np.int64))
        return int(np.median(gaps)) if len(gaps) else 0

    def _rows(self, told: Runs) -> pd.DataFrame:
        begun = told.begun
        ports, words, codes = list(self._ports), list(self._words), list(self._codes)
        at_ports, at_words = begun["port"].tolist(), begun["word"].tolist()
        at_codes = begun["code"].tolist()
        states = [self._reading.unlisted, "unknown", *(self._states[letters_of(word)] for word in words[2:])]
        columns = {
            "station_id": [ports[place][0] for place in at_ports],
            "port_id": [ports[place][1] for place in at_ports],
            "from_ms": begun["time"],
            "until_ms": told.until,
            "word": [words[place] for place in at_words],
            "state": [states[place] for place in at_words],
            "error_code": pd.Series([codes[place][0] for place in at_codes], dtype="object"),
            "vendor_error_code": pd.Series([codes[place][1] for place in at_codes], dtype="object"),
            "evidence": self._reading.evidence,
            "source_line": begun["line"],
            "last_line": told.last_lines,
            "updated_ms": missing_as_na(begun["updated"]),
            **dict.fromkeys(("connectors", "connectors_up")),
            "spacing_seconds": np.where(told.spacing > 0, told.spacing / 1000, np.nan),
            "confirmations": told.confirmations,
        }
        return pd.DataFrame(columns, columns=list(STATUS_COLUMNS))

    def _contradicting(self, records: Records, raw_of: RawOf) -> pd.DataFrame:
        """The statements of ports that are told two words at one instant, all of them refused."""
        if not len(records):
            return refused_of([])
        ports, words = list(self._ports), list(self._words)
        texts = raw_of(frozenset(records["line"].tolist()))
        rule = TWO_STATUSES_RULE
        return refused_of(
            [
                (line, rule.code, rule.column, words[word], texts[line], *ports[port], time)
                for line, word, port, time in records[["line", "word", "port", "time"]].tolist()
            ]
        )


def _at(texts: list[str | None], rows: Integers) -> list[str | None]:
    """The texts of these rows."""
    return texts if len(rows) == len(texts) else [texts[row] for row in rows.tolist()]


def _places(known: dict[_Named, int], named: Sequence[_Named], new: Iterable[_Named]) -> list[int]:
    """The place of each of these among the known ones, the new of which are added; -1 for one that is neither."""
    for one in new:
        known.setdefault(one, len(known))
    return [known.get(one, REFUSED) for one in named]


def raws_of(chunks: Iterable[RawSessions], lines: Collection[int]) -> dict[int, str]:
    """The text of these lines of a file that is read once more."""
    found: dict[int, str] = {}
    for chunk in chunks:
        frame = chunk.frame[chunk.frame["line"].isin(lines)]
        found |= {int(line): str(raw) for line, raw in zip(frame["line"], frame["raw"], strict=True)}
        if len(found) == len(lines):
            break
    return found
