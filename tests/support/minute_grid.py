"""The timeline from its definition, minute by minute and port by port, for evidence that begins and ends on minutes.

Written without a look at ``evcharge.metrics.availability.timeline`` and its neighbours but for their constants.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from evcharge.metrics.availability.evidence import (
    BACK_OFFICE,
    DOWN,
    EVENT,
    EVER_MS,
    OUT_OF_SCOPE,
    OWN_MESSAGE,
    POLL,
    REFUSED,
    SNAPSHOT,
    UNKNOWN,
    UP,
    Evidence,
    Period,
)
from evcharge.metrics.availability.timeline import SEEN, Counted
from tests.support.availability import MINUTE_MS

SILENCE_MS = 300_000


class Said(NamedTuple):
    """One statement."""

    begin: int
    until: int
    state: int
    evidence: int
    spacing: int


def grid(evidence: Evidence, period: Period, counted: Counted) -> list[list[tuple[int, str]]]:
    """State, and what shows it, of each port in each minute."""
    minutes = range(period.from_ms, period.until_ms, MINUTE_MS)
    ports = range(len(evidence.ports))
    return [[at(evidence, counted, port, minute) for minute in minutes] for port in ports]


def at(evidence: Evidence, counted: Counted, port: int, now: int) -> tuple[int, str]:
    """State, and what shows it, of a port at an instant."""
    ports = evidence.ports
    if not ports.commissioned_ms[port] <= now < ports.decommissioned_ms[port]:
        return OUT_OF_SCOPE, "none"
    if counted.charges and _inside(evidence.charges, port, now):
        return UP, "charge"
    if counted.outages and _inside(evidence.outages, port, now):
        return DOWN, "reported"
    said = _said(evidence, port) if counted.statuses else []
    state = _last_word(said, now)
    if state is None:
        return UNKNOWN, "none"
    if counted.own_messages or counted.back_office:
        heard, lost = _heard(evidence, counted, port, now)
        if not heard:
            return UNKNOWN, "back_office" if lost else "silence"
    return state, "status"


def _inside(spans: object, port: int, now: int) -> bool:
    rows = zip(spans.port, spans.from_ms, spans.until_ms, strict=True)  # type: ignore[attr-defined]
    return any(of == port and begin <= now < end for of, begin, end in rows)


def _said(evidence: Evidence, port: int) -> list[Said]:
    """The statements of a port that stand: of one instant and evidence the last."""
    statements = evidence.statements
    standing = {}
    for row in np.flatnonzero(statements.port == port):
        begin, kind = int(statements.from_ms[row]), int(statements.evidence[row])
        state = UNKNOWN if kind == REFUSED else int(statements.state[row])
        standing[begin, kind] = Said(begin, int(statements.until_ms[row]), state, kind, int(statements.spacing_ms[row]))
    return list(standing.values())


def _last_word(said: list[Said], now: int) -> int | None:
    """What the runs that cover an instant say, or else the last word before it."""
    candidates = [one for one in said if one.begin <= now < one.until]
    if not candidates:
        past = [one for one in said if one.until <= now]
        newest = max((one.until for one in past), default=None)
        past = [one for one in past if one.until == newest]
        for kind in (REFUSED, EVENT, POLL, SNAPSHOT):
            candidates = candidates or [one for one in past if one.evidence == kind]
    states = {one.state for one in candidates}
    if len(states) > 1:
        return UNKNOWN
    return next(iter(states), None)


def _heard(evidence: Evidence, counted: Counted, port: int, now: int) -> tuple[bool, bool]:
    """Whether there is contact at an instant, and whether the back office's record says that it was lost."""
    charger = int(evidence.ports.charger[port])
    connections = _connections(evidence, charger) if counted.back_office else []
    ends = [end for _, end in connections]
    lost = bool(connections) and connections[0][0] <= now and not any(begin <= now < end for begin, end in connections)
    lost = lost and any(end <= now for end in ends)
    losses = [end for end in ends if not any(begin <= end < other for begin, other in connections)]

    heard = any(begin <= now < end for begin, end in connections)
    if counted.own_messages:
        contacts = evidence.contacts
        for row in np.flatnonzero((contacts.charger == charger) & (contacts.evidence == OWN_MESSAGE)):
            last, interval = int(contacts.until_ms[row]), contacts.heartbeat_seconds[row]
            limit = SILENCE_MS if np.isnan(interval) else max(SILENCE_MS, round(3 * interval * 1000))
            promised = min([last + limit, *(loss for loss in losses if loss >= last)])
            heard = heard or int(contacts.from_ms[row]) <= now < promised
    said = [one for one in _said(evidence, port) if one.evidence != REFUSED]
    for one in said:
        if one.evidence == EVENT:
            promised = min([one.until + SILENCE_MS, *(loss for loss in losses if loss > one.begin)])
            heard = heard or one.begin <= now < max(promised, one.until)
        else:
            heard = heard or one.begin <= now < one.until + (2 * one.spacing or _hold(said, one.evidence))
    return heard, lost


def _connections(evidence: Evidence, charger: int) -> list[tuple[int, int]]:
    """The connections of a charger with their ends, of which a missing one is the next's begin."""
    contacts = evidence.contacts
    rows = [
        (int(contacts.from_ms[row]), int(contacts.until_ms[row]))
        for row in np.flatnonzero((contacts.charger == charger) & (contacts.evidence == BACK_OFFICE))
    ]
    known = [end if end < EVER_MS else begin for begin, end in rows]
    own = (contacts.charger == charger) & (contacts.evidence == OWN_MESSAGE)
    known += contacts.until_ms[own].tolist()
    its_ports = np.flatnonzero(evidence.ports.charger == charger)
    known += evidence.statements.until_ms[np.isin(evidence.statements.port, its_ports)].tolist()
    ended = []
    for place, (begin, end) in enumerate(rows := sorted(rows)):
        later = rows[place + 1][0] if place + 1 < len(rows) else max(max(known) + SILENCE_MS, begin)
        ended.append((begin, end if end < EVER_MS else later))
    return ended


def _hold(said: list[Said], kind: int) -> int:
    """Twice the usual spacing of polls or snapshots after the last confirmation, or the silence limit."""
    runs = sorted(one for one in said if one.evidence == kind)
    pairs = pairwise(runs)
    gaps = sorted(b.begin - a.until for a, b in pairs if b.begin > a.until and a.state != b.state)
    return 2 * gaps[(len(gaps) - 1) // 2] if len(gaps) >= 2 else SILENCE_MS


def spread(timeline: object, period: Period, ports: int) -> list[list[tuple[int, str]]]:
    """A timeline as ``grid`` has it."""
    minutes: list[list[tuple[int, str]]] = [[] for _ in range(ports)]
    columns = ("port", "from_ms", "until_ms", "state", "seen")
    for port, begin, end, state, seen in zip(*(getattr(timeline, name) for name in columns), strict=True):
        minutes[port] += [(int(state), SEEN[seen])] * ((int(end) - int(begin)) // MINUTE_MS)
    return minutes
