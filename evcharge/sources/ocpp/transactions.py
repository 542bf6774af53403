"""The transactions of one station, in the order in which the log first names them, and by their ids.

What does not belong here: how a version of OCPP begins and ends one (``ocpp.v16``, ``ocpp.v201``).
"""

from __future__ import annotations

from itertools import pairwise

from evcharge.sources.ocpp.attempts import Transaction
from evcharge.sources.ocpp.times import Moment, seconds_between


class Transactions:
    """The transactions of one station, of both versions of OCPP.

    Attributes:
        all: in the order in which the log first names them.
    """

    def __init__(self) -> None:
        self.all: list[Transaction] = []
        self._by_id: dict[str, list[Transaction]] = {}
        self._by_connector: list[list[Transaction]] = []

    def with_id(self, transaction_id: str) -> list[Transaction]:
        """The transactions with that id, in order; several where the station uses an id anew. More may be added."""
        return self._by_id.setdefault(transaction_id, [])

    def without_id(self) -> list[Transaction]:
        """The transactions that never got an id."""
        with_id = {id(transaction) for same_id in self._by_id.values() for transaction in same_id}
        return [transaction for transaction in self.all if id(transaction) not in with_id]

    def on_connectors(self) -> list[list[Transaction]]:
        """The transactions of each connector in the order of their starts; those without a time are left out."""
        return self._by_connector

    def find_next_starts(self) -> None:
        """Tell each transaction when the next one on its connector began."""
        by_connector: dict[str, list[tuple[float, Transaction]]] = {}
        for transaction in self.all:
            start = transaction.start
            when = None if start is None else start.logged if start.sent is None else start.sent
            if when is not None:
                by_connector.setdefault(transaction.connector_key, []).append((when, transaction))

        self._by_connector = []
        for begun in by_connector.values():
            begun.sort(key=lambda pair: pair[0])
            self._by_connector.append([transaction for _, transaction in begun])
            for (_, transaction), (_, following) in pairwise(begun):
                transaction.next_start = following.start


def is_not_before(start: Moment | None, stop: Moment) -> bool:
    """Whether the stop is not before the start, as far as it can be told."""
    gap = seconds_between(start, stop) if start else None
    return gap is None or gap >= 0
