"""The transactions of one station, in the order in which the log first names them, and by their ids.

What does not belong here: how a version of OCPP begins and ends one (``ocpp.v16``, ``ocpp.v201``).
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from evcharge.sources.ocpp.attempts import Transaction
from evcharge.sources.ocpp.times import Moment, seconds_at, seconds_between

NEAR_STARTS = 8
"""Starts of a connector before a moment, and after it, that are looked at for what runs then."""


class Transactions:
    """The transactions of one station, of both versions of OCPP.

    Attributes:
        all: in the order in which the log first names them.
    """

    def __init__(self) -> None:
        self.all: list[Transaction] = []
        self._by_id: dict[str, list[Transaction]] = {}
        self._by_connector: list[list[Transaction]] = []
        self._times: list[list[float]] = []
        self._timeless: list[Transaction] = []

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
            when = seconds_at(transaction.start)
            if when is None:
                self._timeless.append(transaction)
            else:
                by_connector.setdefault(transaction.connector_key, []).append((when, transaction))

        for begun in by_connector.values():
            begun.sort(key=lambda pair: pair[0])
            self._by_connector.append([transaction for _, transaction in begun])
            self._times.append([when for when, _ in begun])
            for (_, transaction), (_, following) in pairwise(begun):
                transaction.next_start = following.start

    def begun_near(self, moment: Moment) -> list[Transaction]:
        """The transactions that may run at a moment: the last begun of each connector, and all without a time.

        Some more are among them, for a station may have told the moment by another clock than the start.
        """
        when = seconds_at(moment)
        if when is None:
            return self.all
        near = list(self._timeless)
        for times, transactions in zip(self._times, self._by_connector, strict=True):
            following = bisect_right(times, when)
            near += transactions[max(following - NEAR_STARTS, 0) : following + NEAR_STARTS]
        return near


def is_not_before(start: Moment | None, stop: Moment) -> bool:
    """Whether the stop is not before the start, as far as it can be told."""
    gap = seconds_between(start, stop) if start else None
    return gap is None or gap >= 0
