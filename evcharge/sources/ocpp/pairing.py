"""Which messages make one attempt: requests with their answers, starts with their stops, notices with both.

Pairing is by (station, message id) and (station, transaction id), never by order alone. What does not belong here:
how messages are found in a file (``ocpp.messages``), and the rules of each kind of message: answers (``ocpp.answers``),
authorisations (``ocpp.requests``), notices (``ocpp.connectors``), transactions (``ocpp.v16``, ``ocpp.v201``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from evcharge.sources.ocpp.answers import Answers
from evcharge.sources.ocpp.attempts import Origin, Request, Row, Transaction
from evcharge.sources.ocpp.connectors import Connectors
from evcharge.sources.ocpp.evses import Evses
from evcharge.sources.ocpp.frame import CALL, Broken, Message
from evcharge.sources.ocpp.notices import Notice
from evcharge.sources.ocpp.notifications import event_notices, status_notice
from evcharge.sources.ocpp.requests import REQUESTS, Requests
from evcharge.sources.ocpp.times import Moment
from evcharge.sources.ocpp.transactions import Transactions
from evcharge.sources.ocpp.v16 import StartsAndStops
from evcharge.sources.ocpp.v201 import Events
from evcharge.sources.privacy import ROW_WITHHELD
from evcharge.spool import Queue, Spool

MESSAGES_IN_MEMORY = 20_000
"""Messages that wait in memory for the log's end before they are put aside: some 40 MB."""


@dataclass(slots=True)
class _Log:
    """One log, whose messages wait.

    Attributes:
        first: when it begins: logs are read in this order.
        stations: its messages, by station.
        faults: its lines that should be messages and are none.
        last_logged: the latest time of the log's clock [s since 1970]; None where it tells none.
        earliest: the earliest time of any clock that a message tells [s since 1970]; None where none tells one.
        is_timed: whether each of its messages has a time of the log's clock.
    """

    first: float
    faults: Queue
    stations: dict[str, Queue] = field(default_factory=dict)
    last_logged: float | None = None
    earliest: float | None = None
    is_timed: bool = True

    def note(self, moment: Moment) -> None:
        """Take the time of the next message."""
        if moment.logged is None:
            self.is_timed = False
        elif self.last_logged is None or moment.logged > self.last_logged:
            self.last_logged = moment.logged
        for seconds in (moment.logged, moment.sent):
            if seconds is not None and (self.earliest is None or seconds < self.earliest):
                self.earliest = seconds


class Sessions:
    """Takes the messages of logs and makes attempts of them, station by station.

    No station's attempts depend on another one's messages. So these are put aside until the logs have ended, and memory
    holds the attempts of one station at a time.

    Attributes:
        looks_back_to: from when on messages may have changed a row that ``rows`` made of a log, by SHA-256 [s since
            1970]: since a session that ends in it began, or since ever.
    """

    def __init__(self) -> None:
        self.looks_back_to: dict[str, float] = {}
        self._spool = Spool()
        self._logs: dict[str, _Log] = {}

    def take_log(self, sha256: str, first: float, messages: Iterable[Message | Broken]) -> None:
        """Take the messages of a log, in its order.

        Args:
            sha256: of the log's bytes.
            first: when it begins [s since 1970]; logs are read in this order.
            messages: what it says.
        """
        log = self._logs[sha256] = _Log(first, Queue(self._spool, MESSAGES_IN_MEMORY))
        in_memory = 0
        for message in messages:
            if isinstance(message, Broken):
                log.faults.add(tuple(message))
                continue
            log.note(message.moment(message.payload.get("timestamp")))
            station = log.stations.get(message.station)
            if station is None:
                station = log.stations[message.station] = Queue(self._spool, MESSAGES_IN_MEMORY)
            station.add(tuple(message))
            in_memory += 1
            if in_memory >= MESSAGES_IN_MEMORY:
                in_memory = 0
                for waiting in log.stations.values():
                    waiting.put_aside()
        for waiting in log.stations.values():
            waiting.put_aside()

    def told_until(self, sha256: str) -> float | None:
        """The latest time of a log's clock [s since 1970]; None where a message of it has none."""
        log = self._logs[sha256]
        return log.last_logged if log.is_timed else None

    def earliest(self, sha256: str) -> float:
        """The earliest time that a log tells, by any clock [s since 1970]; -inf where a message has no log time."""
        log = self._logs[sha256]
        return log.earliest if log.is_timed and log.earliest is not None else -inf

    def rows(self) -> Iterator[Row]:
        """All attempts of the logs taken, and their lines that can't be one."""
        self.looks_back_to.clear()
        logs = [
            self._logs[sha256] for sha256 in sorted(self._logs, key=lambda sha256: (self._logs[sha256].first, sha256))
        ]
        for broken in (Broken._make(fault) for log in logs for fault in log.faults.values()):
            yield Row((Origin(broken.file, broken.line, ROW_WITHHELD),), broken.fault, ())

        end = Moment("", "", None, max((log.last_logged for log in logs if log.last_logged is not None), default=None))
        for name in dict.fromkeys(name for log in logs for name in log.stations):
            station = _Station(name)
            for log in logs:
                for message in map(Message._make, log.stations[name].values() if name in log.stations else ()):
                    station.take(message, message.moment())
            yield from station.rows(end)
            for sha256, seconds in station.looks_back_to().items():
                self.looks_back_to[sha256] = min(seconds, self.looks_back_to.get(sha256, seconds))


class _Station:
    """Hands each message of one station to what knows its kind."""

    def __init__(self, station: str) -> None:
        self._looking_back: set[str] = set()
        self._transactions = Transactions()
        self._connectors = Connectors()
        self._requests = Requests(station)
        self._answers = Answers(self._learn_id)
        shared = (self._transactions, self._connectors, self._answers, self._requests)
        self._starts_and_stops = StartsAndStops(station, *shared)
        self._evses = Evses()
        self._events = Events(station, *shared, self._evses)
        self._takers: Mapping[str, Callable[[Message, Moment], None]] = {
            **dict.fromkeys(REQUESTS, self._take_request),
            "StartTransaction": self._starts_and_stops.take_start,
            "StopTransaction": self._starts_and_stops.take_stop,
            "MeterValues": self._take_meter_values,
            "TransactionEvent": self._events.take,
            "StatusNotification": self._take_notice,
            "NotifyEvent": self._take_events,
        }

    def take(self, message: Message, now: Moment) -> None:
        """Take the next message of this station."""
        self._requests.settle_old(now)
        if message.kind != CALL:
            self._answers.take(message)
        elif message.action in self._takers:
            self._takers[message.action](message, now)

    def _take_request(self, message: Message, now: Moment) -> None:
        if request := self._requests.take(message, now):
            self._answers.await_answer(message, request)

    def _take_meter_values(self, message: Message, _now: Moment) -> None:
        taker = self._evses if "evseId" in message.payload else self._starts_and_stops  # of 2.0.1, else of 1.6
        taker.take_meter_values(message)

    def _take_notice(self, message: Message, _now: Moment) -> None:
        self._requests.hear(self._connectors.take(status_notice(message)))

    def _take_events(self, message: Message, _now: Moment) -> None:
        for notice in event_notices(message):
            self._requests.hear(self._connectors.take(notice))

    def _learn_id(self, transaction: Transaction, answer: Message) -> Transaction:
        return self._starts_and_stops.learn_id(transaction, answer)

    def looks_back_to(self) -> dict[str, float]:
        """As in ``Sessions``, of this station's rows."""
        since_ever = self._looking_back | self._starts_and_stops.looking_back | self._evses.looking_back
        looks_back = dict.fromkeys(since_ever, -inf)
        for transaction in self._transactions.all:
            begun, ended, start = transaction.begun, transaction.ended, transaction.start
            if begun and ended and start and begun.file != ended.file:
                logged, sent = start.logged, start.sent
                began = -inf if logged is None else min(logged, logged if sent is None else sent)
                looks_back[ended.file] = min(began, looks_back.get(ended.file, inf))
        return looks_back

    def rows(self, end: Moment) -> Iterator[Row]:
        """The station's attempts, and its stops that belong to none."""
        self._transactions.find_next_starts()
        self._starts_and_stops.pair_waiting()
        self._starts_and_stops.compare_meters()
        self._evses.settle(self._transactions.all)
        yield from self._events.faults

        for transaction in self._transactions.all:
            if transaction.meter and transaction.stop:
                transaction.energy_wh = transaction.meter.energy_wh
                if transaction.meter.began_at_placeholder:
                    transaction.warnings.add("meter_start_unknown")
            origins = tuple(origin for origin in (transaction.begun, transaction.ended) if origin)
            if transaction.begun:
                yield Row(origins, None, transaction.row(), tuple(sorted(transaction.warnings)))
            elif transaction.ended:
                self._looking_back.add(transaction.ended.file)
                yield Row(origins, "stop_without_start", ())

        yield from self._starts_and_stops.stops_without_start()
        nowhere = self._requests.that_led_nowhere(end)
        faults = self._faults_of([request for request, _ in nowhere])
        for request, decided in nowhere:
            if request.faults and request.begun:
                self._looking_back.add(request.begun.file)
            row = request.row(decided=decided, faults=faults[id(request)])
            yield Row((request.begun,) if request.begun else (), None, row)

    def _faults_of(self, requests: Sequence[Request]) -> dict[int, list[Notice]]:
        """The faults that each of these requests met, by its identity: a fault is that of the last accepted one.

        One that a transaction on the connector met is none of theirs.
        """
        heard = {id(notice) for request in requests for notice in request.faults}
        given = {
            id(notice)
            for transaction in (self._transactions.all if heard else ())
            for notice in transaction.notices
            if id(notice) in heard and transaction.has_fault(notice)
        }
        faults: dict[int, list[Notice]] = {}
        for request in reversed(requests):
            near = [notice for notice in request.faults if request.may_be_at(notice, self._connectors.only_connector)]
            faults[id(request)] = [notice for notice in near if request.was_accepted and id(notice) not in given]
            given.update(map(id, faults[id(request)]))
        return faults
