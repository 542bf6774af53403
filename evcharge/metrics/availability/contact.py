"""How long a word may be believed: when each port, or its charger, was heard from.

What does not belong here: what was said (``said``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evcharge.arrays import Flags, Floats, Integers
from evcharge.metrics.availability.axis import NO_SPANS, Axis, Spans, Steps
from evcharge.metrics.availability.evidence import (
    BACK_OFFICE,
    EVENT,
    EVER_MS,
    OWN_MESSAGE,
    REFUSED,
    Contacts,
    Evidence,
    Ports,
    Statements,
)
from evcharge.metrics.availability.said import standing

SILENCE_SECONDS = 300.0
"""A charger of which nothing is heard for longer is out of contact: kwwhat's limit."""
HEARTBEATS = 3
"""Heartbeats that may be missed, where the back office told their interval. House rule, provisional."""
SPACINGS = 2
"""Usual spacings after which a poll or snapshot stands no more: uptime.md of the design. House rule, provisional."""
LEAST_GAPS = 2
"""Gaps at changes of word that show how far polls of a port are apart. House rule, provisional."""
_SILENCE_MS = round(SILENCE_SECONDS * 1000)


class Contact(NamedTuple):
    """When ports were heard from: whether that is asked, where contact held, and where a record says it was lost."""

    asked: bool
    held: Steps
    lost: Steps


def in_contact(axis: Axis, evidence: Evidence, *, own_messages: bool, back_office: bool) -> Contact:
    """Contact with each port by the evidence that counts.

    Contact holds after each message of the charger for its silence limit, while the back office's record has it
    connected, after an event for ``SILENCE_SECONDS``, and through polls and snapshots to ``SPACINGS`` usual spacings
    after the last. A record of a disconnection ends what the messages before it promise.
    """
    nothing = axis.covered(NO_SPANS)
    if not (own_messages or back_office):
        return Contact(False, nothing, nothing)

    statements = evidence.statements
    rows = standing(statements)
    rows = rows[statements.evidence[rows] != REFUSED]
    connections = _connections(evidence) if back_office else NO_SPANS
    lost = _lost(connections)
    spans = [_per_port(evidence.ports, connections)]
    if own_messages:
        spans.append(_per_port(evidence.ports, _heard(evidence.contacts, lost)))
    spans.append(_own_word(evidence.ports, statements, rows, lost))
    held = Spans(*(np.concatenate(columns) for columns in zip(*spans, strict=True)))
    return Contact(True, axis.covered(held), axis.covered(_per_port(evidence.ports, lost)))


def silence_limits(heartbeat_seconds: Floats) -> Integers:
    """How long a charger may be silent [ms]: ``SILENCE_SECONDS``, or ``HEARTBEATS`` intervals if they are longer."""
    told = np.where(np.isnan(heartbeat_seconds), 0.0, heartbeat_seconds)
    limits: Integers = np.rint(np.maximum(SILENCE_SECONDS, HEARTBEATS * told) * 1000).astype(np.int64)
    return limits


def _connections(evidence: Evidence) -> Spans:
    """The connections of chargers by the back office's record, in order of charger and start.

    One whose end is not recorded holds until the record's next one begins; the last of all until the silence limit
    after the last that is known of its charger: that nobody wrote down its end does not keep it alive.
    """
    contacts = evidence.contacts
    of_record = contacts.evidence == BACK_OFFICE
    charger, begin, end = (column[of_record] for column in (contacts.charger, contacts.from_ms, contacts.until_ms))
    order = np.lexsort((end, begin, charger))
    charger, begin, end = charger[order], begin[order], end[order].copy()
    if not len(charger):
        return NO_SPANS
    follows = np.append(charger[1:] == charger[:-1], False)
    next_begin = np.append(begin[1:], EVER_MS)
    last = _last_known(evidence)[charger] + _SILENCE_MS
    without = end >= EVER_MS
    end[without] = np.where(follows, next_begin, np.maximum(last, begin))[without]
    return Spans(charger, begin, end)


def _last_known(evidence: Evidence) -> Integers:
    """The last instant at which anything is known of each charger."""
    contacts, statements = evidence.contacts, evidence.statements
    chargers = max(evidence.ports.charger.max(initial=-1), contacts.charger.max(initial=-1)) + 1
    last = np.full(chargers, -EVER_MS, dtype=np.int64)
    ends = np.where(contacts.until_ms >= EVER_MS, contacts.from_ms, contacts.until_ms)
    np.maximum.at(last, contacts.charger, ends)
    charger = evidence.ports.charger[statements.port]
    np.maximum.at(last, charger[charger >= 0], statements.until_ms[charger >= 0])
    return last


def _lost(connections: Spans) -> Spans:
    """The time between the end of each charger's connections and the start of its next."""
    charger, begin, end = connections
    if not len(charger):
        return NO_SPANS
    offset = charger * _FAR
    reach = np.maximum.accumulate(_near(end) + offset) - offset
    follows = np.append(charger[1:] == charger[:-1], False)
    until = np.where(follows, np.append(begin[1:], EVER_MS), EVER_MS)
    return Spans(charger, reach, until).where(reach < until)


_FAR = 2**43
"""More milliseconds than lie between 1970 and the year 2200: what lies between two chargers, or ports, on one line."""


def _near(at_ms: Integers) -> Integers:
    """Instants between 1970 and 2200, so that those of different chargers stay apart."""
    near: Integers = np.clip(at_ms, 0, _FAR - 1)
    return near


def _until_lost(charger: Integers, since_ms: Integers, end_ms: Integers, lost: Spans) -> Integers:
    """Ends, but no later than the first loss of contact with the charger at or after ``since_ms``."""
    if not len(lost.port):
        return end_ms
    line = lost.port * _FAR + _near(lost.from_ms)
    place = np.searchsorted(line, charger * _FAR + _near(since_ms), side="left")
    there = place < len(line)
    place = np.minimum(place, len(line) - 1)
    there &= lost.port[place] == charger
    ends: Integers = np.where(there, np.minimum(end_ms, np.maximum(lost.from_ms[place], since_ms)), end_ms)
    return ends


def _heard(contacts: Contacts, lost: Spans) -> Spans:
    """The spans of own messages, each with its silence limit behind."""
    own = contacts.evidence == OWN_MESSAGE
    charger, last = contacts.charger[own], contacts.until_ms[own]
    end = _until_lost(charger, last, last + silence_limits(contacts.heartbeat_seconds[own]), lost)
    return Spans(charger, contacts.from_ms[own], end)


def _per_port(ports: Ports, spans: Spans) -> Spans:
    """Spans of chargers as spans of their ports."""
    order = np.argsort(ports.charger, kind="stable")
    first = np.searchsorted(ports.charger[order], spans.port, side="left")
    number = np.searchsorted(ports.charger[order], spans.port, side="right") - first
    begin = np.repeat(first, number)
    place = begin + np.arange(len(begin)) - np.repeat(np.cumsum(number) - number, number)
    return Spans(order[place], np.repeat(spans.from_ms, number), np.repeat(spans.until_ms, number))


def _own_word(ports: Ports, statements: Statements, rows: Integers, lost: Spans) -> Spans:
    """How long each statement is believed by itself."""
    port, from_ms, until_ms = (column[rows] for column in (statements.port, statements.from_ms, statements.until_ms))
    events = statements.evidence[rows] == EVENT
    event_ends = _until_lost(ports.charger[port], from_ms + 1, until_ms + _SILENCE_MS, lost)
    spacing = statements.spacing_ms[rows]
    seen = usual_holds(port, statements.evidence[rows], from_ms, until_ms, statements.word[rows])
    hold = np.where(spacing > 0, SPACINGS * spacing, seen)
    return Spans(port, from_ms, np.where(events, np.maximum(event_ends, until_ms), until_ms + hold))


def usual_holds(port: Integers, evidence: Integers, from_ms: Integers, until_ms: Integers, word: Integers) -> Integers:
    """How long polls and snapshots of an unknown spacing hold after the last confirmation [ms].

    For statements in order of ``standing``.

    ``SPACINGS`` times the usual spacing: the lower median of the gaps at which the port's word changed, since a gap
    between two rows that say the same is one in which the feed was away. A port with fewer than ``LEAST_GAPS`` of them
    shows no spacing, and its statements hold as long as an event does.
    """
    order = np.lexsort((from_ms, evidence, port))
    kind = (port * 4 + evidence)[order]
    gap = (from_ms[order][1:] - until_ms[order][:-1]).astype(np.int64)
    counts: Flags = (kind[1:] == kind[:-1]) & (gap > 0) & (word[order][1:] != word[order][:-1])
    kinds, gaps = kind[1:][counts], gap[counts]
    by_size = np.lexsort((gaps, kinds))
    kinds, gaps = kinds[by_size], gaps[by_size]
    first = np.searchsorted(kinds, port * 4 + evidence, side="left")
    number = np.searchsorted(kinds, port * 4 + evidence, side="right") - first
    enough = number >= LEAST_GAPS
    middle = np.where(enough, first + (number - 1) // 2, 0)
    usual = gaps[middle] if len(gaps) else np.zeros(len(port), dtype=np.int64)
    holds: Integers = np.where(enough, SPACINGS * usual, _SILENCE_MS)
    return holds
