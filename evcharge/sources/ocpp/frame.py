"""One frame of OCPP-J, with what its carrier says of it.

What does not belong here: how a log carries frames (``ocpp.messages``), and what a frame means (``ocpp.pairing``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from evcharge.sources.ocpp.payloads import withheld
from evcharge.sources.ocpp.times import Moment, is_unset, iso_time, seconds_of

CALL, RESULT, ERROR = 2, 3, 4
"""Kinds of frames (OCPP-J 1.6, 4.2)."""

FROM_STATION, TO_STATION = "from station", "to station"


class Message(NamedTuple):
    """One frame and what its carrier says of it.

    Attributes:
        file: SHA-256 of the file.
        line: line of the file, or number of the element of a JSON array; counted from 1.
        before: what stands before the frame, for the raw text.
        station: the station's id; empty where the carrier does not name it.
        direction: ``FROM_STATION``, ``TO_STATION``, or empty.
        logged_at: time in the log as ``iso_time`` writes it, or empty.
        zone: label of that time's zone, or empty.
        kind: ``CALL``, ``RESULT`` or ``ERROR``.
        id: message id, by which an answer names its request.
        action: of a request, else empty; of an error its code.
        payload: what is asked or answered.
    """

    file: str
    line: int
    before: str
    station: str
    direction: str
    logged_at: str
    zone: str
    kind: int
    id: str
    action: str
    payload: Mapping[str, Any]

    def moment(self, sent_at: object = None) -> Moment:
        """When it was: by its own time where it has one and its clock was set, else by the log."""
        by_log = Moment(
            self.logged_at, self.zone, None, seconds_of(self.logged_at), log_text=self.logged_at, log_zone=self.zone
        )
        if not isinstance(sent_at, str) or not sent_at.strip():
            return by_log
        text, zone = iso_time(sent_at)
        sent = seconds_of(text)
        if sent is not None and by_log.logged is not None and is_unset(sent, by_log.logged):
            return by_log.by_log()
        return by_log._replace(text=text, zone=zone, sent=sent)

    @property
    def raw(self) -> str:
        """The message as it stood, without what must not be kept."""
        parts: list[Any] = [self.kind, self.id, *([self.action] if self.action else []), self.payload]
        return self.before + json.dumps(withheld(parts), ensure_ascii=False)


class Broken(NamedTuple):
    """A line that should carry a message and can't be read: its file and number, and the code of its fault."""

    file: str
    line: int
    fault: str
