"""The timeline of ports: what each was at any instant of a period, and what shows it.

What does not belong here: what a rulebook makes of it (``uptime``), and opening hours (``open_hours``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evcharge.arrays import Flags, Integers
from evcharge.errors import ConfigError
from evcharge.metrics.availability.axis import NO_SPANS, Axis, Spans, Steps
from evcharge.metrics.availability.contact import HEARTBEATS, SILENCE_SECONDS, SPACINGS, in_contact
from evcharge.metrics.availability.evidence import (
    DOWN,
    EVER_MS,
    OUT_OF_SCOPE,
    UNKNOWN,
    UP,
    Charges,
    Evidence,
    Period,
    Ports,
    Windows,
)
from evcharge.metrics.availability.said import NOTHING_SAID, said

__all__ = [
    "ALL_EVIDENCE",
    "EVIDENCE_WORDS",
    "HEARTBEATS",
    "SEEN",
    "SILENCE_SECONDS",
    "SPACINGS",
    "Counted",
    "Timeline",
    "evidence_named",
    "merged",
    "timeline",
]
SEEN = ("status", "back_office", "silence", "reported", "charge", "none")
"""What shows a state: a status, the back office's record, silence, a reported outage, a charge; or nothing said yet."""
STATUS, BACK_OFFICE_SAYS, SILENCE, REPORTED, CHARGE, NONE = range(6)
"""Places in ``SEEN``."""


class Counted(NamedTuple):
    """Which evidence counts."""

    statuses: bool = False
    own_messages: bool = False
    back_office: bool = False
    charges: bool = False
    outages: bool = False


ALL_EVIDENCE = Counted(*[True] * len(Counted._fields))
EVIDENCE_WORDS = ("status", "contact", "back-office", "charges", "outages")
"""The word of each field of ``Counted``."""


def evidence_named(text: str) -> Counted:
    """The evidence that a text names, such as ``status,contact``; ``all`` is all of it.

    Raises:
        ConfigError: ``unknown_evidence`` for a word that names none.
    """
    words = [word.strip().lower() for word in text.split(",")]
    if words == ["all"]:
        return ALL_EVIDENCE
    for word in words:
        if word not in EVIDENCE_WORDS:
            hint = f"Write all, or some of {', '.join(EVIDENCE_WORDS)} with commas, such as status,contact."
            raise ConfigError("unknown_evidence", f"There is no evidence named {word!r}.", hint)
    return Counted(*(word in words for word in EVIDENCE_WORDS))


@dataclass(frozen=True)
class Timeline:
    """Spans of all ports in order of port and time; those of a port tile the period, and neighbours differ.

    Attributes:
        port: index of the port.
        from_ms: since when.
        until_ms: until when.
        state: UP, DOWN, UNKNOWN or OUT_OF_SCOPE.
        seen: place in ``SEEN``.
    """

    port: Integers
    from_ms: Integers
    until_ms: Integers
    state: Integers
    seen: Integers

    @property
    def period(self) -> Period:
        """The period that it tiles; none of any length without ports."""
        return Period(int(self.from_ms.min()), int(self.until_ms.max())) if len(self.port) else Period(0, 0)


def timeline(evidence: Evidence, period: Period, counted: Counted = ALL_EVIDENCE) -> Timeline:
    """What each port was in the period, by the evidence that counts.

    A statement holds until the next one of its port, but no longer than there is contact (``contact``); where neither
    own messages nor the back office's record count, contact is not asked. A charge that delivered energy proves its
    port up from start to end, against any other word. A reported outage makes it down. Before commissioning and after
    decommissioning it is out of scope, whatever is said.
    """
    axis = Axis(len(evidence.ports), period)
    words = said(axis, evidence.statements) if counted.statuses else nothing_said(axis)
    contact = in_contact(axis, evidence, own_messages=counted.own_messages, back_office=counted.back_office)
    charges = axis.covered(_spans(evidence.charges) if counted.charges else NO_SPANS)
    outages = axis.covered(_spans(evidence.outages) if counted.outages else NO_SPANS)
    outside = axis.covered(_out_of_operation(evidence.ports))

    layers = (words, contact.held, contact.lost, charges, outages, outside)
    cells = axis.cells(*(layer.keys for layer in layers))
    state = words.at(cells, NOTHING_SAID).copy()
    seen = np.where(state == NOTHING_SAID, NONE, STATUS)
    state[state == NOTHING_SAID] = UNKNOWN
    if contact.asked:
        unheard = (seen == STATUS) & ~contact.held.at(cells, False)
        seen[unheard] = np.where(contact.lost.at(cells[unheard], False), BACK_OFFICE_SAYS, SILENCE)
        state[unheard] = UNKNOWN

    # Each of these overrules what stands before it.
    for layer, its_state, its_seen in ((outages, DOWN, REPORTED), (charges, UP, CHARGE), (outside, OUT_OF_SCOPE, NONE)):
        there: Flags = layer.at(cells, False)
        state[there], seen[there] = its_state, its_seen
    return merged(axis, cells, state, seen)


def nothing_said(axis: Axis) -> Steps:
    """The words of ports of which nothing is said."""
    return Steps(axis.starts(), np.full(axis.ports, NOTHING_SAID, dtype=np.int64))


def _spans(rows: Windows | Charges) -> Spans:
    """Port, start and end alone."""
    return Spans(rows.port, rows.from_ms, rows.until_ms)


def _out_of_operation(ports: Ports) -> Spans:
    """The time before each port's commissioning and after its end."""
    port = np.arange(len(ports), dtype=np.int64)
    always = np.full(len(ports), EVER_MS, dtype=np.int64)
    before, after = Spans(port, -always, ports.commissioned_ms), Spans(port, ports.decommissioned_ms, always)
    return Spans(*(np.concatenate(pair) for pair in zip(before, after, strict=True)))


def merged(axis: Axis, cells: Integers, state: Integers, seen: Integers) -> Timeline:
    """Neighbouring cells of one port that say the same, as one span."""
    port = cells // axis.width
    same = (port[1:] == port[:-1]) & (state[1:] == state[:-1]) & (seen[1:] == seen[:-1])
    new = np.append(True, ~same)[: len(cells)]
    begins = cells[new]
    port = port[new]
    offset = axis.period.from_ms - port * axis.width
    return Timeline(port, begins + offset, axis.ends(begins) + offset, state[new], seen[new])
