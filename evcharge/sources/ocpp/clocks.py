"""The clock of one station, as far as it stands still or begins anew: transactions are put on the log's clock instead.

What does not belong here: clocks that one message alone shows to be wrong (``ocpp.times``).
"""

from __future__ import annotations

from collections.abc import Callable

from evcharge.sources.ocpp.attempts import Transaction
from evcharge.sources.ocpp.times import Moment, is_sane, logged_between

LEAST_APART_SECONDS = 60.0
"""Transactions that begin in the same second of a station's clock, and come so far apart in the log, are of a clock
that stands still; nearer ones were kept while offline, and sent one after another. House rule."""


class Clock:
    """Finds transactions that repeat the time of another one on their connector.

    Args:
        has_ended: is called with a transaction whose end was put on the log's clock.
    """

    def __init__(self, has_ended: Callable[[Transaction], None]) -> None:
        self._has_ended = has_ended
        self._begun: dict[tuple[str, float], Transaction] = {}

    def take_start(self, transaction: Transaction) -> None:
        """Take a transaction that is another one than those before; it has its start and its connector."""
        start = transaction.start
        if start is None or start.sent is None:
            return
        key = (transaction.connector_key, start.sent)
        earlier, self._begun[key] = self._begun.get(key), transaction
        gap = logged_between(earlier.start, start) if earlier and earlier.start else None
        if earlier and gap is not None and abs(gap) >= LEAST_APART_SECONDS:
            self._put_on_log_s_clock(earlier)
            self._put_on_log_s_clock(transaction)

    def _put_on_log_s_clock(self, transaction: Transaction) -> None:
        start = transaction.start
        if start is None or start.clock_unset:
            return
        transaction.start = start.by_log()
        transaction.session = transaction.session.replace(f"|{start.text}", f"|{transaction.start.text}", 1)
        transaction.warnings.add("station_clock_unset")
        transaction.beside = None  # what the EVSE told by a clock that stands still is of no known time
        if transaction.stop:
            transaction.stop = on_clock_of(transaction, transaction.stop)
            transaction.next_notice = None
            self._has_ended(transaction)


def on_clock_of(transaction: Transaction, moment: Moment) -> Moment:
    """A moment of the transaction: the log's where the station's is before a start that only the log could tell."""
    start = transaction.start
    if start is None or not start.clock_unset or start.logged is None:
        return moment
    is_before = moment.sent is not None and moment.logged is not None and moment.sent < start.logged
    return moment.by_log() if is_before else moment


def is_soon_after(start: Moment, again: Moment) -> bool:
    """Whether a start at the same time of a clock that is right comes so soon that it can only be the same."""
    gap = logged_between(start, again)
    return is_sane(start) and gap is not None and abs(gap) < LEAST_APART_SECONDS
