"""What a log tells of the states of connectors, and of when its chargers were heard from, in its one reading.

A status is what a StatusNotification says, or an event of NotifyEvent that tells an AvailabilityState. A contact is a
time in which a charger's own messages came with gaps of at most a minute, or a connection as the back office noted it.
What does not belong here: attempts (``ocpp.pairing``), and how long a status holds (``metrics.availability``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import pandas as pd

from evcharge.evidence import CONTACT_COLUMNS, REFUSED_COLUMNS, STATUS_COLUMNS, CleanEvidence
from evcharge.frames import LONGEST_TEXT
from evcharge.ids import clean_id
from evcharge.sources.ocpp.evse_states import DOWN, UP, EvseState, EvseStates
from evcharge.sources.ocpp.frame import CALL, CONNECTED, FROM_STATION, RECORD, RESULT, Broken, KeptFrame, Message
from evcharge.sources.ocpp.instants import Instant, Instants
from evcharge.sources.ocpp.notices import WHOLE_STATION
from evcharge.sources.ocpp.notifications import AVAILABILITY_STATE
from evcharge.sources.ocpp.payloads import NO_ERROR, number, one_line, scalar
from evcharge.sources.ocpp.times import MOST_AHEAD_SECONDS
from evcharge.sources.profile import Profile
from evcharge.spool import Queue, Spool

LONGEST_GAP_MS = 60_000
"""Messages of a charger that are no further apart make one contact. House rule: as the design of uptime has it."""
UP_WORDS = frozenset(
    (
        *("available", "preparing", "charging", "suspendedev", "suspendedevse", "finishing", "reserved"),
        "occupied",
    )
)
"""Statuses in which a connector works, by their letters alone (OCPP 1.6, 7.7; OCPP 2.0.1, ConnectorStatusEnumType)."""
DOWN_WORDS = frozenset(("faulted", "unavailable"))
"""Those in which it doesn't."""
RULES = {
    "station_id_missing": "no station is named",
    "station_id_unusable": f"a control character, or more than {LONGEST_TEXT} characters",
    "port_id_missing": "no connector is named",
    "port_id_unusable": f"a control character, a blank at an end, or more than {LONGEST_TEXT} characters",
    "status_word_missing": "empty",
    "status_word_unknown": "no status of OCPP",
    "time_missing": "neither the message nor the log tells when it was",
    "time_unreadable": "not a time",
    "time_without_zone": "no UTC offset, and no zone is stated: --tz ZONE",
    "time_zone_unknown": "the label of its zone is not explained: --zone LABEL=+HH:MM",
    "time_nonexistent": "an hour that the clock change skipped",
    "time_ambiguous": "an hour that the clock change repeated: --ambiguous earlier or later says which",
    "time_of_unset_clock": "before 2010, and the log has no clock of its own: the charger's was never set",
    "time_in_the_future": f"more than {MOST_AHEAD_SECONDS / 3600:g} hours after the load",
}
"""What refuses a status or a contact of a log, in words. The codes are those of statuses in tables, where these have
them."""
ROWS_AT_ONCE = 20_000
"""Rows that are handed over at a time, and that wait in memory."""

_TELLING = frozenset(("StatusNotification", "NotifyEvent", "BootNotification"))
"""Requests that tell more than that their charger is there."""
_LONGEST_HEARTBEAT_SECONDS = 1e9


@dataclass(slots=True)
class _Contact:
    """A contact of one charger that may go on."""

    from_ms: int
    until_ms: int
    source_line: int
    last_line: int
    messages: int = 1


@dataclass(slots=True)
class _Connection:
    """A connection of one charger as the back office notes it; without an end as long as it notes none."""

    from_ms: int
    until_ms: int | None
    source_line: int
    last_line: int
    notes: int = 1


class LogEvidence:
    """Takes the messages of one log, in its order, and keeps what they tell of states and contacts.

    Args:
        profile: what the log is read by.
        until: statements about later times are refused.
    """

    def __init__(self, profile: Profile, until: datetime) -> None:
        self._stated = profile.constants.get("station_id")
        self._zone = profile.conventions.timezone
        self._instants = Instants(profile.conventions)
        self._latest_ms = int(until.timestamp() * 1000) + int(MOST_AHEAD_SECONDS * 1000)
        spool = Spool()
        self._statuses, self._contacts, self._refused = (Queue(spool, ROWS_AT_ONCE) for _ in range(3))
        self._open: dict[str, _Contact] = {}
        self._connections: dict[str, _Connection] = {}
        self._heartbeats: dict[str, float] = {}
        self._boots: dict[str, str] = {}
        self._evses = EvseStates()
        self._last_refused: tuple[object, ...] = ()

    def noted(self, messages: Iterable[Message | Broken]) -> Iterator[Message | Broken]:
        """The messages as they come, each noted on its way; notes of the back office go no further."""
        for message in messages:
            if isinstance(message, Message) and message.kind == RECORD:
                self._take_record(message)
                continue
            if isinstance(message, Message):
                if message.action in _TELLING or self._boots:
                    self._take(message)
                if message.direction == FROM_STATION:
                    self._take_contact(message)
            yield message
        for station in list(self._open):
            self._close(station)
        for station in list(self._connections):
            self._end(station)

    def chunks(self) -> Iterator[CleanEvidence]:
        """What the log told, statuses first; of each kind one frame at least."""
        refused: dict[str, list[tuple[Any, ...]]] = {"statuses": [], "contacts": []}
        for kind, *told in self._refused.values():
            refused[kind].append((*told[:4], str(KeptFrame(told[4])), *told[5:]))
        for kind, names, queue in (
            ("statuses", STATUS_COLUMNS, self._statuses),
            ("contacts", CONTACT_COLUMNS, self._contacts),
        ):
            is_first = True
            for rows in _parts(queue.values()):
                yield self._chunk(kind, names, rows, refused[kind] if is_first else [])
                is_first = False

    def _chunk(
        self, kind: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]], refused: Sequence[tuple[Any, ...]]
    ) -> CleanEvidence:
        kept = pd.DataFrame(rows, columns=list(names), dtype="object")
        not_kept = pd.DataFrame(refused, columns=list(REFUSED_COLUMNS), dtype="object")
        stands_for = kept["messages"].sum() if kind == "contacts" else len(kept)
        read = int(stands_for) + int(not_kept["source_line"].nunique())
        return CleanEvidence(kind, kept, not_kept, read, timezone=self._zone)

    def _take(self, message: Message) -> None:
        if message.kind == CALL:
            if message.action == "StatusNotification":
                self._take_status(message)
            elif message.action == "NotifyEvent":
                self._take_events(message)
            elif message.action == "BootNotification":
                self._boots[message.station] = message.id
        elif message.kind == RESULT and self._boots.get(message.station) == message.id:
            self._take_boot_answer(message)

    def _take_boot_answer(self, message: Message) -> None:
        """The interval of heartbeats that the answer to a boot asks for, where it accepts the boot."""
        del self._boots[message.station]
        seconds = number(message.payload.get("interval"))
        if scalar(message.payload.get("status")) == "Accepted" and seconds is not None:
            if 0 < seconds < _LONGEST_HEARTBEAT_SECONDS:
                self._heartbeats[message.station] = float(seconds)
            else:
                self._heartbeats.pop(message.station, None)

    def _heard_at(self, message: Message) -> int | None:
        """When a message came by the log's clock, or else its own [ms since 1970]; refused if that is yet to come."""
        ms = self._instants.of(message.logged_at, message.zone).ms
        if ms is None:
            moment = message.moment(message.payload.get("timestamp"))
            ms = None if moment.sent is None else self._instants.of(moment.text, moment.zone).ms
        if ms is not None and ms > self._latest_ms:
            text = message.moment(message.payload.get("timestamp")).text
            self._refuse("contacts", message, "time_in_the_future", "time", text, None, ms)
            return None
        return ms

    def _take_record(self, message: Message) -> None:
        """Lets a note begin its charger's connection or end it.

        A connection that begins while another one is open leaves that one without an end. A second end says nothing
        new, and an end without a beginning is a connection of no length: contact is lost from then on.
        """
        ms = self._heard_at(message)
        if ms is None:
            return
        known, begins = self._connections.get(message.station), message.action == CONNECTED
        if known is None or (begins and ms > known.from_ms):
            self._end(message.station)
            until = None if begins else ms
            self._connections[message.station] = _Connection(ms, until, message.line, message.line)
            return
        known.notes += 1
        known.last_line = message.line
        if begins:
            known.until_ms = None  # again at the same instant
        elif known.until_ms is None:
            known.until_ms = max(ms, known.from_ms)

    def _end(self, station: str) -> None:
        """Keeps the connection of a charger, if there is one."""
        one, charger = self._connections.pop(station, None), self._station(station)
        if one and charger:
            span = (charger, charger, one.from_ms, one.until_ms, "back_office", None)
            self._contacts.add((*span, *sorted((one.source_line, one.last_line)), one.notes))

    def _take_contact(self, message: Message) -> None:
        """Lets a message continue its charger's contact, or begin one."""
        ms = self._heard_at(message)
        if ms is None:
            return
        contact = self._open.get(message.station)
        if contact and -LONGEST_GAP_MS <= ms - contact.until_ms <= LONGEST_GAP_MS:
            if ms > contact.until_ms:
                contact.until_ms = ms
            elif ms < contact.from_ms:
                contact.from_ms = ms
            contact.last_line = message.line
            contact.messages += 1
            return
        if contact:
            self._close(message.station)
        self._open[message.station] = _Contact(ms, ms, message.line, message.line)

    def _close(self, station: str) -> None:
        one = self._open.pop(station)
        charger = self._station(station)
        if charger:
            heartbeat = self._heartbeats.get(station)
            span = (charger, charger, one.from_ms, one.until_ms, "own_message", heartbeat)
            lines = sorted((one.source_line, one.last_line))  # a log may run from the newest message to the oldest
            self._contacts.add((*span, *lines, one.messages))

    def _take_status(self, message: Message) -> None:
        payload = message.payload
        status = scalar(payload.get("status")) or scalar(payload.get("connectorStatus"))
        codes = (one_line(scalar(payload.get(name))) for name in ("errorCode", "vendorErrorCode"))
        evse, connector = scalar(payload.get("evseId")), scalar(payload.get("connectorId"))
        self._add_status(message, payload.get("timestamp"), evse, connector, status, tuple(codes))

    def _take_events(self, message: Message) -> None:
        events = message.payload.get("eventData")
        for event in events if isinstance(events, list) else ():
            variable = event.get("variable") if isinstance(event, dict) else None
            is_state = isinstance(variable, dict) and variable.get("name") == AVAILABILITY_STATE
            if not is_state or event.get("cleared") is True:
                continue
            component = event.get("component")
            evse = component.get("evse") if isinstance(component, dict) else None
            place = evse if isinstance(evse, dict) else {"id": WHOLE_STATION}
            codes = (one_line(scalar(event.get("techCode"))), "")
            time = event.get("timestamp") or message.payload.get("generatedAt")
            where = scalar(place.get("id")), scalar(place.get("connectorId"))
            self._add_status(message, time, *where, scalar(event.get("actualValue")), codes)

    def _add_status(
        self, message: Message, time: object, evse: str, connector: str, status: str, codes: tuple[str, ...]
    ) -> None:
        """Keeps a statement about a port: an EVSE of 2.0.1, a connector of 1.6; or refuses it with what is wrong."""
        moment = message.moment(time)
        instant = self._instants.of(moment.text, moment.zone)
        port = evse or connector
        station = self._station(message.station)
        word = one_line(status)
        state = state_of(word)
        if fault := self._fault(instant, self._stated or message.station, station, port, word, state):
            rule, column, value = fault
            told = {"time": moment.text, "port_id": port, "station_id": message.station, "word": status}
            self._refuse("statuses", message, rule, column, value or told.get(column), port, instant.ms)
            return
        after = EvseState(word, state, None, None)
        if evse and evse != WHOLE_STATION:
            after = self._of_evse((message.station, evse), connector, word, state)
        port_id = "" if port == WHOLE_STATION else port
        error, vendor = (code[:LONGEST_TEXT] if code not in ("", NO_ERROR) else None for code in codes)
        said = (after.word[:LONGEST_TEXT], after.state, error, vendor, "event", message.line, message.line, None)
        counts = (after.connectors, after.connectors_up, None, 0)
        self._statuses.add((station, port_id, instant.ms, instant.ms, *said, *counts))

    def _fault(
        self, instant: Instant, name: str, station: str | None, port: str, word: str, state: str
    ) -> tuple[str, str, str | None] | None:
        """Rule, column and value of what refuses a status; None where nothing does.

        The station is the id that its name makes, None where it makes none.
        """
        if station is None:
            return f"station_id_{'unusable' if name else 'missing'}", "station_id", None
        if not port or len(port) > LONGEST_TEXT or clean_id(port) != port or not port.isprintable():
            return f"port_id_{'unusable' if port else 'missing'}", "port_id", None
        if not state:
            return f"status_word_{'unknown' if word else 'missing'}", "word", None
        if instant.ms is None:
            return instant.fault, "time", None
        if instant.ms > self._latest_ms:
            return "time_in_the_future", "time", None
        return None

    def _of_evse(self, evse: tuple[str, str], connector: str, word: str, state: str) -> EvseState:
        """An EVSE after a statement about one of its connectors, or about all of it."""
        if connector in ("", WHOLE_STATION):
            return self._evses.after_all(evse, word, state)
        return self._evses.after_connector(evse, connector, word, state)

    def _station(self, name: str) -> str | None:
        """The station's id as sessions have it; None where it can't be one."""
        return _usable_id(self._stated or name)

    def _refuse(
        self, kind: str, message: Message, rule: str, column: str, value: str | None, port: str | None, ms: int | None
    ) -> None:
        place = (kind, message.line, rule)
        if place == self._last_refused:
            return  # another event of the same message
        self._last_refused = place
        at_port = None if port is None or len(port) > LONGEST_TEXT else "" if port == WHOLE_STATION else port or None
        where = (self._station(message.station), at_port, ms)
        self._refused.add((kind, message.line, rule, column, value, message.packed, *where))


@lru_cache(maxsize=4096)  # a log names the same stations again and again
def _usable_id(text: str) -> str | None:
    key = clean_id(text)
    return key if key and len(key) <= LONGEST_TEXT and key.isprintable() else None


@lru_cache(maxsize=4096)
def state_of(word: str) -> str:
    """The state that a status means, by its letters alone; empty for one that is unknown."""
    letters = "".join(filter(str.isalpha, word)).casefold()
    return UP if letters in UP_WORDS else DOWN if letters in DOWN_WORDS else ""


def _parts(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Rows some at a time; one part without a row where there is none."""
    part: list[tuple[Any, ...]] = []
    is_empty = True
    for row in rows:
        part.append(row)
        if len(part) >= ROWS_AT_ONCE:
            yield part
            part, is_empty = [], False
    if part or is_empty:
        yield part
