"""Which messages make one attempt: requests with their answers, starts with their stops, notices with both.

Pairing is by (station, message id) and (station, transaction id), never by order alone. What does not belong here:
how messages are found in a file (``ocpp.messages``), what an authorisation led to (``ocpp.requests``), and what an
attempt's row says (``ocpp.attempts``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from evcharge.sources.ocpp.attempts import (
    DEFAULT_REASON,
    MAX_NOTICES,
    WHOLE_STATION,
    Attempt,
    Meter,
    Notice,
    Origin,
)
from evcharge.sources.ocpp.authorisations import REMOTE_STARTS, Asked
from evcharge.sources.ocpp.frame import CALL, ERROR, FROM_STATION, TO_STATION, Broken, Message
from evcharge.sources.ocpp.payloads import answers, difference_wh, error_codes, one_line, scalar, status_of, token
from evcharge.sources.ocpp.requests import MAX_PENDING, REQUESTS, Requests, without_tag
from evcharge.sources.ocpp.times import Moment, logged_between, seconds_between
from evcharge.sources.privacy import ROW_WITHHELD

PLACE_ATTEMPTS = 8
"""Last attempts of a connector that notices may still be about."""

MAX_EARLY = 64
"""Answers of a station that are kept in case their requests come after them."""

_BOTH_WAYS = (FROM_STATION, TO_STATION)
_NO_IDS = ("0", "-1")
"""Transaction ids that stations write when they never learned the real one."""


class Row(NamedTuple):
    """An attempt, or a line that can't be one: where it stands, the code of its fault, and its fields."""

    origins: tuple[Origin, ...]
    fault: str | None
    fields: tuple[str, ...]


class _Stop(NamedTuple):
    """A StopTransaction."""

    moment: Moment
    origin: Origin
    payload: Mapping[str, Any]


class Sessions:
    """Takes messages in the order of the log and makes attempts of them, station by station."""

    def __init__(self) -> None:
        self._stations: dict[str, _Station] = {}
        self._faults: list[Row] = []
        self._last_logged: float | None = None

    def take(self, message: Message | Broken) -> None:
        """Take the next message, or a line that should be one."""
        if isinstance(message, Broken):
            self._faults.append(Row((Origin(message.file, message.line, ROW_WITHHELD),), message.fault, ()))
            return
        station = self._stations.get(message.station)
        if station is None:
            station = self._stations[message.station] = _Station(message.station)
        now = message.moment()
        if now.logged is not None:
            self._last_logged = max(now.logged, self._last_logged or now.logged)
        station.take(message, now)

    def rows(self) -> Iterator[Row]:
        """All attempts and faults, once no message is left."""
        yield from self._faults
        end = Moment("", "", None, self._last_logged)
        for station in self._stations.values():
            yield from station.rows(end)


class _Station:
    """One station's open requests, transactions and recent notices."""

    def __init__(self, station: str) -> None:
        self._id = station
        self._pending: dict[tuple[str, str], Attempt] = {}
        self._early: dict[tuple[str, str], Message] = {}
        self._requests = Requests(station)
        self._starts: dict[tuple[str, object], Attempt] = {}
        self._transactions: dict[str, list[Attempt]] = {}
        self._attempts: list[Attempt] = []
        self._places: dict[str, deque[Attempt]] = {}
        self._notices: deque[Notice] = deque(maxlen=MAX_NOTICES)
        self._stops: dict[str, list[_Stop]] = {}
        self._faults: list[Row] = []
        self._takers: Mapping[str, Callable[[Message, Moment], None]] = {
            **dict.fromkeys(REQUESTS, self._request),
            "StartTransaction": self._start,
            "StopTransaction": self._stop,
            "TransactionEvent": self._event,
            "StatusNotification": self._notice,
        }

    def take(self, message: Message, now: Moment) -> None:
        """Take the next message of this station."""
        self._requests.settle_old(now)
        if message.kind != CALL:
            self._answer(message)
        elif message.action in self._takers:
            self._takers[message.action](message, now)

    # Answers

    def _ask(self, message: Message, attempt: Attempt) -> None:
        """Remember that this request waits for its answer."""
        remote = attempt.action in REMOTE_STARTS
        key = (TO_STATION if remote else FROM_STATION, message.id)
        self._pending.pop(key, None)
        self._pending[key] = attempt
        if len(self._pending) > MAX_PENDING:
            del self._pending[next(iter(self._pending))]
        early = self._early.pop(key, None)
        gap = logged_between(message.moment(), early.moment()) if early else None
        if early and gap is not None and gap >= 0:
            self._answer(early)

    def _answer(self, message: Message) -> None:
        """Give an answer to the request it names; a second answer says nothing.

        One that no request waits for is kept a while: a table sorted by its seconds may tell answers first.
        """
        ways = {FROM_STATION: (TO_STATION,), TO_STATION: (FROM_STATION,)}.get(message.direction, _BOTH_WAYS)
        for way in ways:
            attempt = self._pending.get((way, message.id))
            if attempt and (message.kind == ERROR or answers(attempt.action, message.payload)):
                del self._pending[way, message.id]
                attempt.answer(message.action if message.kind == ERROR else status_of(message.payload), message)
                if attempt.action == "StartTransaction":
                    self._known_as(attempt, scalar(message.payload.get("transactionId")))
                return
        for way in ways:
            self._early[way, message.id] = message
            if len(self._early) > MAX_EARLY:
                del self._early[next(iter(self._early))]

    def _request(self, message: Message, now: Moment) -> None:
        """Take a request that may lead to a transaction."""
        if request := self._requests.take(message, now):
            self._ask(message, request)

    # OCPP 1.6

    def _start(self, message: Message, now: Moment) -> None:
        payload = message.payload
        start = message.moment(payload.get("timestamp"))
        connector, tag = scalar(payload.get("connectorId")), scalar(payload.get("idTag"))
        key = (connector, (start.text or message.id) if start.sent is None else start.sent)
        attempt = self._starts.get(key)
        if attempt is None:
            attempt = Attempt("StartTransaction", self._id, start, Origin.of(message), transaction=True)
            attempt.connector, attempt.tag, attempt.session = connector, tag, f"{connector}|{start.text}"
            attempt.meter_start = payload.get("meterStart")
            attempt.asked = Asked("StartTransaction", now.logged)
            self._starts[key] = attempt
            self._attempts.append(attempt)
            self._follow(attempt)
        self._ask(message, attempt)
        self._requests.led_to(attempt, tag, now, at_start=True)

    def _follow(self, attempt: Attempt) -> None:
        """Let the attempt hear the notices about its connector, those already read included."""
        place = self._places.setdefault(attempt.place, deque(maxlen=PLACE_ATTEMPTS))
        if attempt not in place:
            place.append(attempt)
            for notice in self._notices:
                if notice.place in (attempt.place, WHOLE_STATION):
                    attempt.note(notice, came_after_stop=False)

    def _known_as(self, attempt: Attempt, transaction: str) -> None:
        """The answer to a start has told its transaction id; a stop that came too early may be waiting for it."""
        known = self._transactions.setdefault(transaction, []) if transaction else [attempt]
        if attempt not in known:
            known.append(attempt)
        for stop in self._stops.pop(transaction, []):
            self._pair(transaction, stop)

    def _stop(self, message: Message, now: Moment) -> None:
        payload = message.payload
        stop = _Stop(message.moment(payload.get("timestamp")), Origin.of(message), payload)
        attempt = self._pair(scalar(payload.get("transactionId")), stop)
        tags = (scalar(payload.get("idTag")), attempt.tag if attempt else "")
        self._requests.stopped([tag for tag in tags if tag], now)

    def _pair(self, transaction: str, stop: _Stop) -> Attempt | None:
        """Close the latest start with that id that was not later than the stop; the last of several stops wins.

        An id that stands for none at all closes an open start only.
        """
        every = self._transactions.get(transaction, [])
        known = [one for one in every if _not_before(one.start, stop.moment)]
        if transaction in _NO_IDS:
            known = [one for one in known if one.stop is None or one.stop.text == stop.moment.text]
        elif not known:
            known = every
        if not known:
            waiting = self._stops.setdefault(transaction, [])
            if stop.moment.text not in [other.moment.text for other in waiting]:
                waiting.append(stop)
            return None
        attempt = max(known, key=lambda one: (one.start.sent or 0.0) if one.start else 0.0)
        self._close(attempt, stop)
        return attempt

    def _close(self, attempt: Attempt, stop: _Stop) -> None:
        reason = stop.payload.get("reason")
        self._end(attempt, stop.moment, stop.origin, scalar(reason))
        if attempt.stop is stop.moment:
            attempt.energy_wh = difference_wh(attempt.meter_start, stop.payload.get("meterStop"))

    def _end(self, attempt: Attempt, stop: Moment, origin: Origin, reason: str) -> None:
        """The attempt ended then, unless it is known to have ended later."""
        if attempt.stop is not None and (seconds_between(attempt.stop, stop) or 0.0) <= 0:
            return
        attempt.stop, attempt.ended, attempt.next_notice = stop, origin, None
        attempt.stop_reason = one_line(reason) or DEFAULT_REASON
        for notice in self._notices:
            attempt.note_next(notice, came_after_stop=False)

    def _notice(self, message: Message, now: Moment) -> None:
        payload = message.payload
        evse, connector = scalar(payload.get("evseId")), scalar(payload.get("connectorId"))
        place = f"{evse}/{connector}" if evse else connector
        status = scalar(payload.get("status")) or scalar(payload.get("connectorStatus"))
        moment = message.moment(payload.get("timestamp"))
        notice = Notice(place, moment, one_line(status), error_codes(payload))
        self._notices.append(notice)
        places = self._places.values() if place == WHOLE_STATION else [self._places.get(place, deque())]
        for attempts in places:
            for attempt in attempts:
                attempt.note(notice, came_after_stop=True)

    # OCPP 2.0.1

    def _event(self, message: Message, now: Moment) -> None:
        payload = message.payload
        info = payload.get("transactionInfo")
        transaction = scalar(info.get("transactionId")) if isinstance(info, dict) else ""
        event, moment = payload.get("eventType"), message.moment(payload.get("timestamp"))
        if not isinstance(info, dict) or not transaction:
            if event in ("Started", "Ended"):
                self._faults.append(Row((Origin.of(message),), "malformed_row", ()))
            return
        attempt = self._transaction(transaction, event == "Started", moment)
        tag = token(payload)
        attempt.tag = attempt.tag or tag
        attempt.remote_id = scalar(info.get("remoteStartId")) or attempt.remote_id
        if event == "Started" and attempt.start is None:
            attempt.start, attempt.begun = moment, Origin.of(message)
            attempt.session = f"{without_tag(transaction, tag)}|{moment.text}"
            attempt.request_id, attempt.asked = message.id, Asked("TransactionEvent", now.logged)
        self._ask(message, attempt)
        if event == "Ended":
            self._requests.stopped([one for one in (tag, attempt.tag) if one], now)
        else:
            self._requests.led_to(attempt, tag, now, at_start=event == "Started")
        self._hear(attempt, event, payload, info)
        state = scalar(info.get("chargingState"))
        attempt.way.hear(event, one_line(scalar(payload.get("triggerReason"))), state, moment)
        if event == "Ended":
            self._end(attempt, moment, Origin.of(message), scalar(info.get("stoppedReason")))

    def _transaction(self, transaction: str, starts: bool, moment: Moment) -> Attempt:
        """The attempt that an event with this transaction id is of; a new one where the id is new, or used anew."""
        known = self._transactions.setdefault(transaction, [])
        fitting = [one for one in known if one.start is None or _not_before(one.start, moment)]
        attempt = fitting[-1] if fitting else known[-1] if known and not starts else None
        begun = attempt.start if attempt else None
        begun_then = begun is not None and (seconds_between(begun, moment) or 0.0) != 0
        if attempt is None or (starts and begun_then):
            attempt = Attempt("TransactionEvent", self._id, transaction=True, meter=Meter())
            known.append(attempt)
            self._attempts.append(attempt)
        return attempt

    def _hear(self, attempt: Attempt, event: object, payload: Mapping[str, Any], info: Mapping[str, Any]) -> None:
        """What an event tells of its transaction besides beginning and end."""
        evse = payload.get("evse")
        if isinstance(evse, dict) and not attempt.evse:
            attempt.evse, attempt.connector = scalar(evse.get("id")), scalar(evse.get("connectorId"))
        if attempt.start and attempt.evse:
            self._follow(attempt)
        if "chargingState" in info:
            attempt.charging = bool(attempt.charging) or info["chargingState"] == "Charging"
        if attempt.meter:
            attempt.meter.read(str(event), payload.get("meterValue"))

    # The end

    def rows(self, end: Moment) -> Iterator[Row]:
        """The station's attempts, and its stops that belong to none."""
        self._pair_stops_without_id()
        self._find_next_starts()
        yield from self._faults
        for attempt in self._attempts:
            if attempt.meter and attempt.stop:
                attempt.energy_wh = attempt.meter.energy_wh
            origins = tuple(origin for origin in (attempt.begun, attempt.ended) if origin)
            if attempt.begun:
                yield Row(origins, None, attempt.row())
            elif attempt.ended:
                yield Row(origins, "stop_without_start", ())
        for stop in (stop for stops in self._stops.values() for stop in stops):
            yield Row((stop.origin,), "stop_without_start", ())
        for request, decided in self._requests.that_led_nowhere(end):
            yield Row((request.begun,) if request.begun else (), None, request.row(decided=decided))

    def _pair_stops_without_id(self) -> None:
        """A stop that waited for a later start; and one without a real id, where just one open start never got one."""
        for transaction in tuple(self._stops):
            for stop in self._stops.pop(transaction):
                if self._pair(transaction, stop) or transaction not in _NO_IDS:
                    continue
                answered = {id(one) for known in self._transactions.values() for one in known}
                nameless = [
                    one
                    for one in self._attempts
                    if one.begun
                    and one.stop is None
                    and id(one) not in answered
                    and _not_before(one.start, stop.moment)
                ]
                if len(nameless) == 1:
                    self._stops[transaction].remove(stop)
                    self._close(nameless[0], stop)

    def _find_next_starts(self) -> None:
        """Tell each attempt when the next one on its connector began."""
        places: dict[str, list[tuple[float, Attempt]]] = {}
        for attempt in self._attempts:
            if attempt.start and attempt.start.sent is not None:
                places.setdefault(attempt.place, []).append((attempt.start.sent, attempt))
        for begun in places.values():
            begun.sort(key=lambda pair: pair[0])
            for (_, attempt), (_, following) in pairwise(begun):
                attempt.next_start = following.start


def _not_before(start: Moment | None, stop: Moment) -> bool:
    """Whether the stop is not before the start, as far as it can be told."""
    gap = seconds_between(start, stop) if start else None
    return gap is None or gap >= 0
