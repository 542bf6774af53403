"""The connectors of one station: their last notices, and the transactions that these may be about.

What does not belong here: what a transaction makes of a notice (``ocpp.attempts``).
"""

from __future__ import annotations

from collections import deque

from evcharge.sources.ocpp.attempts import MAX_NOTICES, Transaction
from evcharge.sources.ocpp.notices import WHOLE_STATION, Notice

CONNECTOR_TRANSACTIONS = 8
"""Last transactions of a connector that notices may still be about."""


class Connectors:
    """Brings notices and transactions together, whichever of them the log has first."""

    def __init__(self) -> None:
        self._notices: deque[Notice] = deque(maxlen=MAX_NOTICES)
        self._transactions: dict[str, deque[Transaction]] = {}
        self._statuses: dict[str, tuple[str, str]] = {}
        self._named: set[str] = set()

    @property
    def only_connector(self) -> str:
        """The connector that all notices and transactions are about; empty where there are several, or none.

        A notice about a whole EVSE is about the connector of it that others name.
        """
        connectors = {*self._named, *self._transactions} - {WHOLE_STATION, ""}
        for key in tuple(connectors):
            if key.endswith("/") and any(other != key and other.startswith(key) for other in connectors):
                connectors.discard(key)
        return next(iter(connectors)) if len(connectors) == 1 else ""

    def take(self, notice: Notice) -> Notice:
        """Take a notice: the last transactions on its connector, or on all that it may be about, hear it."""
        self._named.add(notice.connector_key)
        notice = notice if notice.is_problem else self._after_the_last(notice)
        self._notices.append(notice)
        for key, transactions in self._transactions.items():
            if _may_be_about(notice, key):
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
            for notice in [notice for notice in self._notices if _may_be_about(notice, key)]:
                transaction.note(notice, came_after_stop=False)

    def has_ended(self, transaction: Transaction) -> None:
        """Look among the notices already read for the status that came next after the transaction's stop."""
        key = transaction.connector_key
        for notice in [notice for notice in self._notices if notice.connector_key == key and notice.status]:
            transaction.note_next(notice, came_after_stop=False)


def _may_be_about(notice: Notice, connector_key: str) -> bool:
    """Whether a notice is about the connector; one that names its transaction may be about any."""
    if notice.connector_key in (connector_key, WHOLE_STATION) or notice.transaction_id:
        return True
    return notice.is_at(connector_key)
