"""Transactions of OCPP 1.6: a start, whose answer gives the transaction its id, and a stop that names the id.

What does not belong here: what both versions have in common (``ocpp.transactions``, ``ocpp.connectors``,
``ocpp.answers``, ``ocpp.requests``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from evcharge.sources.ocpp.answers import Answers
from evcharge.sources.ocpp.attempts import START_TRANSACTION, Origin, Row, Transaction
from evcharge.sources.ocpp.authorisations import Asked
from evcharge.sources.ocpp.connectors import Connectors
from evcharge.sources.ocpp.frame import Message
from evcharge.sources.ocpp.meters import difference_wh
from evcharge.sources.ocpp.payloads import scalar
from evcharge.sources.ocpp.requests import Requests
from evcharge.sources.ocpp.times import Moment
from evcharge.sources.ocpp.transactions import Transactions, is_not_before

_NO_IDS = ("0", "-1")
"""Transaction ids that stations write when they never learned the real one."""


class _Stop(NamedTuple):
    """A StopTransaction."""

    moment: Moment
    origin: Origin
    payload: Mapping[str, Any]


class StartsAndStops:
    """StartTransaction and StopTransaction of one station."""

    def __init__(
        self, station: str, transactions: Transactions, connectors: Connectors, answers: Answers, requests: Requests
    ) -> None:
        self._station = station
        self._transactions = transactions
        self._connectors = connectors
        self._answers = answers
        self._requests = requests
        self._starts: dict[tuple[str, object], Transaction] = {}
        self._waiting_stops: dict[str, list[_Stop]] = {}

    def take_start(self, message: Message, now: Moment) -> None:
        """Take a StartTransaction; one that is sent again, with the same connector and time, is the same start."""
        payload = message.payload
        start = message.moment(payload.get("timestamp"))
        connector, tag = scalar(payload.get("connectorId")), scalar(payload.get("idTag"))
        key = (connector, (start.text or message.id) if start.sent is None else start.sent)

        transaction = self._starts.get(key)
        if transaction is None:
            transaction = self._starts[key] = self._begin(message, start, connector, tag)
            transaction.asked = Asked(START_TRANSACTION, now.logged)

        self._answers.await_answer(message, transaction)
        self._requests.led_to(transaction, tag, now, at_start=True)

    def _begin(self, message: Message, start: Moment, connector: str, tag: str) -> Transaction:
        """A new transaction, which begins with this message."""
        transaction = Transaction(START_TRANSACTION, self._station, start, Origin.of(message))
        transaction.connector, transaction.tag, transaction.session = connector, tag, f"{connector}|{start.text}"
        transaction.meter_start = message.payload.get("meterStart")
        self._transactions.all.append(transaction)
        self._connectors.follow(transaction)
        return transaction

    def learn_id(self, transaction: Transaction, transaction_id: str) -> None:
        """The answer to a start has told its transaction id; a stop that came too early may be waiting for it."""
        if transaction_id:
            same_id = self._transactions.with_id(transaction_id)
            if transaction not in same_id:
                same_id.append(transaction)
        for stop in self._waiting_stops.pop(transaction_id, []):
            self._pair(transaction_id, stop)

    def take_stop(self, message: Message, now: Moment) -> None:
        """Take a StopTransaction: it ends its transaction, or waits for the start to be known."""
        payload = message.payload
        stop = _Stop(message.moment(payload.get("timestamp")), Origin.of(message), payload)
        transaction = self._pair(scalar(payload.get("transactionId")), stop)
        tags = (scalar(payload.get("idTag")), transaction.tag if transaction else "")
        self._requests.stopped([tag for tag in tags if tag], now)

    def _pair(self, transaction_id: str, stop: _Stop) -> Transaction | None:
        """Close the latest start with that id that was not later than the stop; the last of several stops wins.

        A stop that no start is known for is put to those that wait.
        """
        candidates = self._candidates(transaction_id, stop.moment)
        if not candidates:
            waiting = self._waiting_stops.setdefault(transaction_id, [])
            if stop.moment.text not in [other.moment.text for other in waiting]:
                waiting.append(stop)
            return None
        latest = max(candidates, key=lambda candidate: (candidate.start.sent or 0.0) if candidate.start else 0.0)
        self._close(latest, stop)
        return latest

    def _candidates(self, transaction_id: str, stopped: Moment) -> list[Transaction]:
        """The transactions that a stop with that id may end: those not begun after it; where there is none, all.

        An id that stands for none at all ends an open transaction only, or the one that has this stop already.
        """
        same_id = self._transactions.with_id(transaction_id)
        begun = [transaction for transaction in same_id if is_not_before(transaction.start, stopped)]
        if transaction_id in _NO_IDS:
            return [
                transaction
                for transaction in begun
                if transaction.stop is None or transaction.stop.text == stopped.text
            ]
        return begun or same_id

    def _close(self, transaction: Transaction, stop: _Stop) -> None:
        if transaction.end(stop.moment, stop.origin, scalar(stop.payload.get("reason"))):
            self._connectors.has_ended(transaction)
        if transaction.stop is stop.moment:
            transaction.energy_wh = difference_wh(transaction.meter_start, stop.payload.get("meterStop"))

    def pair_waiting(self) -> None:
        """Pair, once no message is left, the stops that waited for a later start, and those without a real id.

        A stop without a real id ends a transaction where just one that is open never got an id.
        """
        for transaction_id in tuple(self._waiting_stops):
            for stop in self._waiting_stops.pop(transaction_id):
                if self._pair(transaction_id, stop) or transaction_id not in _NO_IDS:
                    continue
                nameless = self._open_without_id(stop.moment)
                if len(nameless) == 1:
                    self._waiting_stops[transaction_id].remove(stop)  # where _pair has just put it again
                    self._close(nameless[0], stop)

    def _open_without_id(self, stopped: Moment) -> list[Transaction]:
        """The open transactions without an id that were not begun after that moment."""
        return [
            transaction
            for transaction in self._transactions.without_id()
            if transaction.begun and transaction.stop is None and is_not_before(transaction.start, stopped)
        ]

    def stops_without_start(self) -> Iterator[Row]:
        """The stops that still wait for a start."""
        for stops in self._waiting_stops.values():
            for stop in stops:
                yield Row((stop.origin,), "stop_without_start", ())
