"""The EVSEs of one station of OCPP 2.0.1: what MeterValues tell of their meters, and the transactions it is about.

MeterValues of 2.0.1 name an EVSE and no transaction. What does not belong here: values that a transaction's own events
tell (``ocpp.v201``), and MeterValues of 1.6, which name their transaction (``ocpp.v16``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from evcharge.sources.ocpp.attempts import EARLY_SECONDS, LATE_SECONDS, TRANSACTION_EVENT, Transaction
from evcharge.sources.ocpp.frame import Message
from evcharge.sources.ocpp.meters import BEGIN, END, Beside, Reading
from evcharge.sources.ocpp.payloads import scalar
from evcharge.sources.ocpp.samples import readings_of
from evcharge.sources.ocpp.times import Moment, seconds_at, seconds_between

MAX_VALUES = 256
"""Values of an EVSE that are held for a transaction that the log tells after them; the oldest go first."""

EVSE_TRANSACTIONS = 8
"""Last transactions of an EVSE that values may still be about."""

_WHOLE_STATION = "0"
"""Number of the EVSE that stands for the meter of the whole station (OCPP 2.0.1, MeterValuesRequest)."""


class _Value(NamedTuple):
    """When something was read, whether it is a power, rather than a register, and what [W, or Wh]."""

    moment: Moment
    is_power: bool
    reading: Reading
    amount: Decimal


class Evses:
    """Brings MeterValues and transactions together, whichever of them the log has first.

    Attributes:
        looking_back: SHA-256 of the logs with a transaction whose EVSE told values before it, none being known to run
            then.
    """

    def __init__(self) -> None:
        self.looking_back: set[str] = set()
        self._values: dict[str, deque[_Value]] = {}
        self._transactions: dict[str, deque[Transaction]] = {}

    def take_meter_values(self, message: Message) -> None:
        """Take a MeterValues: the last transactions at its EVSE hear it."""
        evse = scalar(message.payload.get("evseId"))
        if evse in ("", _WHOLE_STATION):
            return
        registers, powers = readings_of(message.payload.get("meterValue"))
        moments = {time: message.moment(time) for time in {reading.time for reading in (*registers, *powers)}}
        held = self._values.setdefault(evse, deque(maxlen=MAX_VALUES))
        for is_power, readings in ((False, registers), (True, powers)):
            for reading in readings:
                if reading.amount is not None and reading.amount >= 0:
                    held.append(_Value(moments[reading.time], is_power, reading, reading.amount))
                    for transaction in self._transactions.get(evse, ()):
                        _hear(transaction, held[-1])

    def follow(self, transaction: Transaction) -> None:
        """Let the transaction hear the values of its EVSE, those already read included."""
        followed = self._transactions.setdefault(transaction.evse, deque(maxlen=EVSE_TRANSACTIONS))
        if transaction not in followed:
            followed.append(transaction)
            for value in self._values.get(transaction.evse, ()):
                _hear(transaction, value)

    def has_ended(self, transaction: Transaction) -> None:
        """Look among the values already read for those at the transaction's end."""
        if transaction.beside:
            transaction.beside.end.clear()
        for value in self._values.get(transaction.evse, ()):
            _hear_end(transaction, value)

    def settle(self, transactions: Iterable[Transaction]) -> None:
        """Give each transaction what was told beside it while no other one ran at its EVSE, once no message is left."""
        if not self._values:
            return
        begun: dict[str, list[tuple[float, Transaction]]] = {}
        for transaction in transactions:
            when = seconds_at(transaction.start)
            if transaction.action == TRANSACTION_EVENT and when is not None:
                begun.setdefault(transaction.evse, []).append((when, transaction))

        for at_evse in begun.values():
            in_order = [transaction for _, transaction in sorted(at_evse, key=lambda pair: pair[0])]
            for before, transaction, after in zip([None, *in_order[:-1]], in_order, [*in_order[1:], None], strict=True):
                _settle(before, transaction, after)
                if before is None and transaction.beside and any(s < 0 for s, _ in transaction.beside.begin.values()):
                    ends = (transaction.begun, transaction.ended)
                    self.looking_back.update(origin.file for origin in ends if origin)


def _hear(transaction: Transaction, value: _Value) -> None:
    """Keep a value if it may be of the transaction: a power while it runs, a register at its beginning or its end."""
    since = seconds_between(transaction.start, value.moment) if transaction.start else None
    if since is None or since < -EARLY_SECONDS:
        return
    if not value.is_power:
        if since <= (EARLY_SECONDS if value.reading.context == BEGIN else 0):
            beside = _beside(transaction)
            beside.take_nearest(beside.begin, value.reading.kind, since, value.amount)
        _hear_end(transaction, value)
    elif since >= 0:
        _beside(transaction).take_power(since, value.amount)


def _hear_end(transaction: Transaction, value: _Value) -> None:
    after = seconds_between(transaction.stop, value.moment) if transaction.stop else None
    earliest = -EARLY_SECONDS if value.reading.context == END else 0
    if after is not None and not value.is_power and earliest <= after <= LATE_SECONDS:
        beside = _beside(transaction)
        beside.take_nearest(beside.end, value.reading.kind, after, value.amount)


def _beside(transaction: Transaction) -> Beside:
    if transaction.beside is None:
        transaction.beside = Beside()
    return transaction.beside


def _settle(before: Transaction | None, transaction: Transaction, after: Transaction | None) -> None:
    """Give a transaction the values between the stop of the one before and the start of the one after."""
    beside, start, stop = transaction.beside, transaction.start, transaction.stop
    if beside is None or start is None:
        return
    until = seconds_between(start, stop) if stop else None
    following = seconds_between(start, after.start) if after and after.start else None
    free_since = -EARLY_SECONDS  # an earlier transaction that was left open may run until this one begins
    if before:
        free_since = (seconds_between(start, before.stop) if before.stop else None) or 0.0

    begin = [(kind, amount) for kind, (since, amount) in beside.begin.items() if since >= min(free_since, 0.0)]
    end = [
        (kind, amount)
        for kind, (late, amount) in beside.end.items()
        if following is None or (until is not None and until + late <= following)
    ]
    if transaction.meter:
        transaction.meter.stood_at(begin, end)
    limits = [seconds for seconds in (until, following) if seconds is not None]
    watts = beside.most_power_until(min(limits, default=None))
    if watts is not None:
        transaction.most_power_w = max(watts, transaction.most_power_w or watts)
