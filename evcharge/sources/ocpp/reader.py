"""OCPP 1.6J and 2.0.1 message logs: attempts and sessions, completed by the other logs of the same call.

What does not belong here: the shapes of logs (``ocpp.messages``), pairing (``ocpp.pairing``), what a row says
(``ocpp.attempts``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice, pairwise
from math import inf
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from evcharge.carriers.file import SourceFile, open_file
from evcharge.errors import SourceError
from evcharge.frames import RAW_FRAME, Conventions, RawSessions, empty_frame, note_lines
from evcharge.sources.chunk import Reading, Rows, chunks
from evcharge.sources.names import folded
from evcharge.sources.ocpp.attempts import FIELDS, Row
from evcharge.sources.ocpp.directions import with_directions
from evcharge.sources.ocpp.evidence import LogEvidence
from evcharge.sources.ocpp.frame import RECORD, Broken, KeptFrame, Message
from evcharge.sources.ocpp.messages import carries_messages, messages_of
from evcharge.sources.ocpp.pairing import Sessions
from evcharge.sources.ocpp.times import MOST_AHEAD_SECONDS, seconds_of
from evcharge.sources.profile import Profile
from evcharge.spool import Sorted, Spool

__all__ = ["FIELDS", "read", "recognises"]

BATCH_ROWS = 10_000
"""Rows that are handed to the frames at a time."""


@dataclass(frozen=True)
class _Logs:
    """The logs of a call. Two are equal if the same bytes are read by the same settings, whichever is loaded now.

    Attributes:
        sha256s: of each log's bytes, in order.
        settings: what decides how they are read.
        profile: the profile with these settings.
        new: SHA-256 of those that are not loaded yet: only their rows are asked for.
        file: the log that is loaded now, and ``others``, by SHA-256.
        loaded: the latest time of each loaded log's clock [s since 1970], by SHA-256, where each message has one.
        evidence_until: as in ``Reading``.
    """

    sha256s: tuple[str, ...]
    new: frozenset[str]
    settings: tuple[object, ...]
    profile: Profile = field(compare=False)
    file: SourceFile = field(compare=False)
    others: Mapping[str, Path] = field(compare=False)
    loaded: Mapping[str, float] = field(compare=False)
    evidence_until: datetime | None = field(compare=False)

    def ended_after(self, seconds: float) -> set[str]:
        """The logs, but for the loaded ones that ended before this time."""
        return {sha256 for sha256 in self.sha256s if sha256 in self.new or self.loaded.get(sha256, inf) >= seconds}


NEAR_SECONDS = MOST_AHEAD_SECONDS + 3_600.0
"""A loaded log that ended so long before a session begins tells nothing of it: a station's clock may be a day ahead of
the log's, and a request leads to a session within minutes."""

FAR_SECONDS = 3 * 86_400.0
"""A loaded log that ended so long before the new ones begin is not read again, unless a session that ends in these is
older. Most are so short that no second look is needed. House rule."""

LOOKED_AT = 1_000
"""Messages at a log's beginning that tell whether its times run backwards."""


def recognises(file: SourceFile) -> bool:
    """Whether the file's beginning carries messages of OCPP."""
    return carries_messages(file)


def read(file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
    """The attempts that begin or end in the file, each as far as all logs of the call tell it, in file order.

    Raises:
        SourceError: ``station_unstated``, and what ``ocpp.messages.messages_of`` raises.
    """
    rows = _all_rows(_logs(file, reading))
    located = rows.of_file(file.sha256)
    told_until = rows.told_until[file.sha256]
    batches = map(_batch, iter(lambda: list(islice(located, BATCH_ROWS)), []))
    for chunk in chunks(batches, tuple(map(folded, FIELDS)), reading):
        yield replace(chunk, told_until_seconds=told_until)
    if reading.evidence_until:
        nothing = RawSessions(empty_frame(RAW_FRAME), reading.profile.conventions, told_until_seconds=told_until)
        for evidence in rows.evidence[file.sha256].chunks():
            yield replace(nothing, evidence=(evidence,))


class _Located(NamedTuple):
    """A row as one of the logs has it: the line there, and its message or text."""

    line: int
    raw: bytes | str
    fault: str | None
    fields: tuple[str, ...]
    warnings: tuple[str, ...]


class _AllRows:
    """The rows of the new logs of a call, put aside for each log in the order of its lines.

    Args:
        sessions: all logs that the rows depend on.
        new: SHA-256 of the logs whose rows are asked for.
        evidence: what each of these tells besides, where it was asked for.

    Attributes:
        told_until: the latest time of each new log's clock [s since 1970]; None where a message of it has none.
    """

    def __init__(self, sessions: Sessions, new: frozenset[str], evidence: Mapping[str, LogEvidence]) -> None:
        self.evidence = evidence
        self.told_until = {sha256: sessions.told_until(sha256) for sha256 in new}
        self._spool = Spool()
        self._by_file = {sha256: Sorted(self._spool, itemgetter(0)) for sha256 in new}
        for row in sessions.rows():
            self._add(row)

    def _add(self, row: Row) -> None:
        """Put a row aside for each log that it begins or ends in: there it stands where the first of its lines is."""
        files = set[str]()
        for file, line, raw in row.origins:
            if file not in files and file in self._by_file:
                files.add(file)
                self._by_file[file].add((line, raw, row.fault, row.fields, row.warnings))

    def of_file(self, sha256: str) -> Iterator[_Located]:
        """The rows of one log, in the order of its lines."""
        return map(_Located._make, self._by_file[sha256].values())


def _batch(located: Sequence[_Located]) -> Rows:
    cells = [row.fields or ("",) * len(FIELDS) for row in located]
    lines = [row.line for row in located]
    raws = [KeptFrame(row.raw) if isinstance(row.raw, bytes) else row.raw for row in located]
    rows = Rows.of(lines, raws, [row.fault for row in located], cells, range(len(FIELDS)))
    for row in located:
        for code in row.warnings:
            rows.warnings[code] += 1
            note_lines(rows.warning_lines, code, [row.line])
    return rows


def _logs(file: SourceFile, reading: Reading) -> _Logs:
    """The logs of the call: this file and those of its companions that can be read and are logs."""
    shas = {path: _sha256(path, _mark(path)) for path in reading.companions}
    others = {sha256: path for path, sha256 in shas.items() if sha256 and sha256 != file.sha256}
    profile = reading.profile
    stated = profile.constants.get("station_id")
    evidence = (_zone_of(profile.conventions), reading.evidence_until is not None)
    settings = (profile.encoding, profile.delimiters, profile.sheet, stated, *evidence)
    loaded = {sha256: reading.loaded[path] for sha256, path in others.items() if path in reading.loaded}
    until = {sha256: seconds for sha256, seconds in loaded.items() if seconds is not None}
    sha256s = tuple(sorted((file.sha256, *others)))
    return _Logs(
        sha256s, frozenset(sha256s).difference(loaded), settings, profile, file, others, until, reading.evidence_until
    )


def _zone_of(conventions: Conventions) -> tuple[object, ...]:
    """What decides which instant a time is, besides its text."""
    labels = tuple(sorted(conventions.zone_labels.items()))
    return (conventions.timezone, conventions.ambiguous_time, labels)


def _mark(path: Path) -> tuple[int, ...]:
    """What changes when a file does; empty where it can't be looked at."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ()
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4096)  # each log of a call is a companion of every other, and is hashed once
def _sha256(path: Path, _mark: tuple[int, ...]) -> str:
    """SHA-256 of a companion's bytes; empty where it is no log, or can't be read: then its own load says so."""
    try:
        with open_file(path) as file:
            return file.sha256 if recognises(file) else ""
    except SourceError:
        return ""


@lru_cache(maxsize=1)
def _all_rows(logs: _Logs) -> _AllRows:
    """The attempts of all logs of the call, read once for the call.

    Raises:
        SourceError: as ``read``; for the file itself, not for its companions.
    """
    sessions, is_read = Sessions(), set[str]()
    evidence: dict[str, LogEvidence] = {}

    def take(hashes: Iterable[str]) -> None:
        for sha256 in sorted(set(hashes) - is_read):
            messages = _messages(logs, sha256)
            if logs.evidence_until and sha256 in logs.new:
                evidence[sha256] = LogEvidence(logs.profile, logs.evidence_until)
                messages = evidence[sha256].noted(messages)
            else:
                messages = (message for message in messages if isinstance(message, Broken) or message.kind != RECORD)
            sessions.take_log(sha256, _first_time(logs, sha256), messages)
            is_read.add(sha256)

    take(logs.new)
    begin = min(map(sessions.earliest, logs.new))
    take(logs.ended_after(begin - FAR_SECONDS))
    while True:
        rows = _AllRows(sessions, logs.new, evidence)
        begin = min([begin, *(seconds for sha256, seconds in sessions.looks_back_to.items() if sha256 in logs.new)])
        needed = logs.ended_after(begin - NEAR_SECONDS)
        if needed <= is_read:
            return rows
        take(needed)


def _first_time(logs: _Logs, sha256: str) -> float:
    """When a log begins [s since 1970, of its own clock]: logs are read in this order, whatever order they came in."""
    for message in _messages(logs, sha256):
        if isinstance(message, Message):
            moment = message.moment(message.payload.get("timestamp"))
            seconds = moment.sent if moment.logged is None else moment.logged
            if seconds is not None:
                return seconds
    return 0.0


def _messages(logs: _Logs, sha256: str) -> Iterator[Message | Broken]:
    """The messages of one log, oldest first; of a companion those before a fault of the file, if it has one."""
    if sha256 == logs.file.sha256:
        yield from with_directions(_oldest_first(_of_known_station(logs.file, logs.profile)))
        return
    try:
        with open_file(logs.others[sha256]) as file:
            if file.sha256 == sha256:
                yield from with_directions(_oldest_first(_of_known_station(file, logs.profile)))
    except SourceError:
        return


def _oldest_first(messages: Iterator[Message | Broken]) -> Iterator[Message | Broken]:
    """The messages as they come, or from the last to the first where the log's times run backwards.

    Such a log, a table sorted from the newest, is held whole: its end comes first.
    """
    head = list(islice(messages, LOOKED_AT))
    seconds = [seconds_of(message.logged_at) for message in head if isinstance(message, Message)]
    times = [time for time in seconds if time is not None]
    falls = sum(later < earlier for earlier, later in pairwise(times))
    rises = sum(later > earlier for earlier, later in pairwise(times))
    if falls > rises:
        yield from reversed([*head, *messages])
    else:
        yield from chain(head, messages)


def _of_known_station(file: SourceFile, profile: Profile) -> Iterator[Message | Broken]:
    """The messages of a file, once it is known of which station each one is.

    Raises:
        SourceError: ``station_unstated``, ``several_stations``, and what ``ocpp.messages.messages_of`` raises.
    """
    stated, first = profile.constants.get("station_id"), ""
    for message in messages_of(file, profile):
        if isinstance(message, Message) and not stated and not message.station:
            raise SourceError(
                "station_unstated",
                f"{file.name} line {message.line} does not name the station of its message.",
                "State it: --station-id CP9, or in a profile of your own, which docs/sources/ocpp.md has. In a table, "
                "name the column of the stations station_id.",
            )

        if isinstance(message, Message) and stated:
            first = first or message.station
            if message.station != first:
                raise SourceError(
                    "several_stations",
                    f"{file.name} line {message.line} is of station {message.station}, an earlier one of {first}; the "
                    f"profile says that all are of {stated}.",
                    "Take station_id out of the profile's [constants]: this log names its stations.",
                )

        yield message
