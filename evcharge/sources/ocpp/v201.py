"""Transactions of OCPP 2.0.1: events that name their transaction by an id of the station's own.

What does not belong here: what both versions have in common (``ocpp.transactions``, ``ocpp.connectors``,
``ocpp.answers``, ``ocpp.requests``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evcharge.sources.ocpp.answers import Answers
from evcharge.sources.ocpp.attempts import TRANSACTION_EVENT, Origin, Row, Transaction
from evcharge.sources.ocpp.authorisations import Asked
from evcharge.sources.ocpp.clocks import Clock, on_clock_of
from evcharge.sources.ocpp.connectors import Connectors
from evcharge.sources.ocpp.evses import Evses
from evcharge.sources.ocpp.frame import Message
from evcharge.sources.ocpp.meters import Meter
from evcharge.sources.ocpp.payloads import one_line, scalar, token
from evcharge.sources.ocpp.requests import Requests, without_tag
from evcharge.sources.ocpp.samples import readings_of
from evcharge.sources.ocpp.times import RESENT_SECONDS, Moment, is_sane, logged_between, seconds_between
from evcharge.sources.ocpp.transactions import Transactions, is_not_before


class Events:
    """The TransactionEvents of one station.

    Attributes:
        faults: the events that can't be of any transaction.
    """

    def __init__(
        self,
        station: str,
        transactions: Transactions,
        connectors: Connectors,
        answers: Answers,
        requests: Requests,
        evses: Evses,
    ) -> None:
        self.faults: list[Row] = []
        self._station = station
        self._transactions = transactions
        self._connectors = connectors
        self._answers = answers
        self._requests = requests
        self._evses = evses
        self._clock = Clock(self._has_ended)

    def take(self, message: Message, now: Moment) -> None:
        """Take a TransactionEvent."""
        payload = message.payload
        info = payload.get("transactionInfo")
        transaction_id = scalar(info.get("transactionId")) if isinstance(info, dict) else ""
        event, moment = payload.get("eventType"), message.moment(payload.get("timestamp"))
        if not isinstance(info, dict) or not transaction_id:
            if event in ("Started", "Ended"):
                self.faults.append(Row((Origin.of(message),), "malformed_row", ()))
            return

        transaction = self._transaction(transaction_id, event == "Started", moment)
        moment = on_clock_of(transaction, moment)
        tag = token(payload)
        transaction.tag = transaction.tag or tag
        transaction.remote_id = scalar(info.get("remoteStartId")) or transaction.remote_id
        begins = event == "Started" and transaction.start is None
        if begins:
            transaction.start, transaction.begun = moment, Origin.of(message)
            transaction.session = f"{without_tag(transaction_id, tag)}|{moment.text}"
            transaction.request_id, transaction.asked = message.id, Asked(TRANSACTION_EVENT, now.logged)

        self._answers.await_answer(message, transaction)
        if event == "Ended":
            self._requests.stopped([known for known in (tag, transaction.tag) if known], now)
        else:
            self._requests.led_to(transaction, tag, now, at_start=event == "Started")

        if moment.clock_unset and event in ("Started", "Ended"):
            transaction.warnings.add("station_clock_unset")
        self._hear(transaction, event, payload, info)
        if begins:
            self._clock.take_start(transaction)
            moment = transaction.start or moment
        state = scalar(info.get("chargingState"))
        transaction.way.hear(event, one_line(scalar(payload.get("triggerReason"))), state, moment)
        if event == "Ended" and transaction.end(moment, Origin.of(message), scalar(info.get("stoppedReason"))):
            self._has_ended(transaction)

    def _has_ended(self, transaction: Transaction) -> None:
        self._connectors.has_ended(transaction)
        self._evses.has_ended(transaction)

    def _transaction(self, transaction_id: str, starts: bool, moment: Moment) -> Transaction:
        """The transaction that an event with this id is of; a new one where the id is new, or used anew."""
        same_id = self._transactions.with_id(transaction_id)
        fitting = [known for known in same_id if known.start is None or is_not_before(known.start, moment)]
        transaction = fitting[-1] if fitting else same_id[-1] if same_id and not starts else None

        if transaction is None or (starts and _is_anew(transaction, moment)):
            transaction = Transaction(TRANSACTION_EVENT, self._station, given_id=transaction_id, meter=Meter())
            same_id.append(transaction)
            self._transactions.all.append(transaction)
        return transaction

    def _hear(
        self, transaction: Transaction, event: object, payload: Mapping[str, Any], info: Mapping[str, Any]
    ) -> None:
        """What an event tells of its transaction besides beginning and end."""
        evse = payload.get("evse")
        if isinstance(evse, dict) and not transaction.evse:
            transaction.evse, transaction.connector = scalar(evse.get("id")), scalar(evse.get("connectorId"))
        if transaction.start and transaction.evse:
            self._connectors.follow(transaction)
            self._evses.follow(transaction)
        if "chargingState" in info:
            transaction.charging = bool(transaction.charging) or info["chargingState"] == "Charging"
        if transaction.meter:
            registers, powers = readings_of(payload.get("meterValue"))
            transaction.meter.read(str(event), registers, offline=payload.get("offline") is True)
            transaction.note_powers(powers)


def _is_anew(transaction: Transaction, moment: Moment) -> bool:
    """Whether an event that starts a transaction is of another one with its id, rather than the same, sent again.

    It is if the transaction has begun at another time; and at the same time, by a clock that stands still, long after
    its end, or after its start where that had a time long past.
    """
    begun, stop = transaction.start, transaction.stop
    if begun is None:
        return False
    since = logged_between(stop or begun, moment)
    is_long_after = since is not None and since > RESENT_SECONDS
    is_told_right = stop is None and is_sane(begun)
    return (seconds_between(begun, moment) or 0.0) != 0 or (is_long_after and not is_told_right)
