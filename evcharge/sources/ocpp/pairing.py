"""Which messages make one attempt: requests with their answers, starts with their stops, notices with both.

Pairing is by (station, message id) and (station, transaction id), never by order alone. What does not belong here:
how messages are found in a file (``ocpp.messages``), and the rules of each kind of message: answers (``ocpp.answers``),
authorisations (``ocpp.requests``), notices (``ocpp.connectors``), transactions (``ocpp.v16``, ``ocpp.v201``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

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


class Sessions:
    """Takes messages in the order of the log and makes attempts of them, station by station.

    No station's attempts depend on another one's messages. So these are put aside until the log has ended, and memory
    holds the attempts of one station at a time.
    """

    def __init__(self) -> None:
        self._spool = Spool()
        self._stations: dict[str, Queue] = {}
        self._in_memory = 0
        self._last_logged: float | None = None

    def take(self, message: Message | Broken) -> Row | None:
        """Take the next message; of a line that should be one, the row that it makes at once."""
        if isinstance(message, Broken):
            return Row((Origin(message.file, message.line, ROW_WITHHELD),), message.fault, ())
        logged = message.moment().logged
        if logged is not None:
            self._last_logged = max(logged, self._last_logged or logged)

        station = self._stations.get(message.station)
        if station is None:
            station = self._stations[message.station] = Queue(self._spool, MESSAGES_IN_MEMORY)
        station.add(tuple(message))
        self._in_memory += 1
        if self._in_memory >= MESSAGES_IN_MEMORY:
            self._in_memory = 0
            for waiting in self._stations.values():
                waiting.put_aside()
        return None

    def rows(self) -> Iterator[Row]:
        """All attempts, once no message is left."""
        end = Moment("", "", None, self._last_logged)
        for name, messages in self._stations.items():
            station = _Station(name)
            for message in map(Message._make, messages.values()):
                station.take(message, message.moment())
            yield from station.rows(end)
        self._spool.close()


class _Station:
    """Hands each message of one station to what knows its kind."""

    def __init__(self, station: str) -> None:
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
                yield Row(origins, "stop_without_start", ())

        yield from self._starts_and_stops.stops_without_start()
        nowhere = self._requests.that_led_nowhere(end)
        faults = self._faults_of([request for request, _ in nowhere])
        for request, decided in nowhere:
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
