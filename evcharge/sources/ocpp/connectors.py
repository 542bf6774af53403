"""The connectors of one station: their last notices, and the transactions that these may be about.

What does not belong here: what a transaction makes of a notice (``ocpp.attempts``).
"""

from __future__ import annotations

from collections import deque

from evcharge.sources.ocpp.attempts import MAX_NOTICES, WHOLE_STATION, Notice, Transaction
from evcharge.sources.ocpp.frame import Message
from evcharge.sources.ocpp.payloads import error_codes, one_line, scalar

CONNECTOR_TRANSACTIONS = 8
"""Last transactions of a connector that notices may still be about."""


class Connectors:
    """Brings notices and transactions together, whichever of them the log has first."""

    def __init__(self) -> None:
        self._notices: deque[Notice] = deque(maxlen=MAX_NOTICES)
        self._transactions: dict[str, deque[Transaction]] = {}
        self._statuses: dict[str, tuple[str, str]] = {}

    @property
    def only_connector(self) -> str:
        """The connector that all notices and transactions are about; empty where there are several, or none."""
        connectors = {*self._statuses, *self._transactions} - {WHOLE_STATION, ""}
        return next(iter(connectors)) if len(connectors) == 1 else ""

    def take_notice(self, message: Message) -> Notice:
        """Take a StatusNotification: the last transactions on its connector, or on all of them, hear it."""
        notice = self._after_the_last(_notice(message))
        self._notices.append(notice)
        of_station = notice.connector_key == WHOLE_STATION
        heard_by = self._transactions.values() if of_station else [self._transactions.get(notice.connector_key, ())]
        for transactions in heard_by:
            for transaction in transactions:
                transaction.note(notice, came_after_stop=True)
        return notice

    def _after_the_last(self, notice: Notice) -> Notice:
        """The notice with the last other status of its connector."""
        last, before = self._statuses.get(notice.connector_key, ("", ""))
        before = before if notice.status == last else last
        self._statuses[notice.connector_key] = (notice.status, before)
        return notice._replace(status_before=before)

    def follow(self, transaction: Transaction) -> None:
        """Let the transaction hear the notices about its connector, those already read included."""
        key = transaction.connector_key
        followed = self._transactions.setdefault(key, deque(maxlen=CONNECTOR_TRANSACTIONS))
        if transaction not in followed:
            followed.append(transaction)
            for notice in self._notices:
                if notice.connector_key in (key, WHOLE_STATION):
                    transaction.note(notice, came_after_stop=False)

    def has_ended(self, transaction: Transaction) -> None:
        """Look among the notices already read for the status that came next after the transaction's stop."""
        for notice in self._notices:
            transaction.note_next(notice, came_after_stop=False)


def _notice(message: Message) -> Notice:
    """What a StatusNotification says. The connector's key is its number, after that of its EVSE where it has one."""
    payload = message.payload
    evse, connector = scalar(payload.get("evseId")), scalar(payload.get("connectorId"))
    status = scalar(payload.get("status")) or scalar(payload.get("connectorStatus"))
    key = f"{evse}/{connector}" if evse else connector
    return Notice(key, message.moment(payload.get("timestamp")), one_line(status), error_codes(payload))
