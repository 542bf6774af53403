"""Transactions of OCPP 1.6: a start, whose answer gives the transaction its id, and a stop that names the id.

What does not belong here: what both versions have in common (``ocpp.transactions``, ``ocpp.connectors``,
``ocpp.answers``, ``ocpp.requests``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from evcharge.sources.ocpp.answers import Answers
from evcharge.sources.ocpp.attempts import START_TRANSACTION, Origin, Row, Transaction
from evcharge.sources.ocpp.authorisations import Asked
from evcharge.sources.ocpp.connectors import Connectors
from evcharge.sources.ocpp.frame import Message
from evcharge.sources.ocpp.meters import MOST_BEFORE_FIRST_WH, difference_wh
from evcharge.sources.ocpp.payloads import number, register_samples, scalar, watt_hours
from evcharge.sources.ocpp.requests import Requests, without_tag
from evcharge.sources.ocpp.times import Moment, seconds_between
from evcharge.sources.ocpp.transactions import Transactions, is_not_before

RESENT_SECONDS = 3600.0
"""A start with the connector and time of another one is that one, sent again, until this long after it in the log.
House rule: stations send again within seconds or minutes (TransactionMessageRetryInterval)."""
NEAR_STOP_SECONDS = 20.0
"""A notice that a connector is free, or will be, so near to a stop shows whose stop it is. As ``LATE_SECONDS``."""
AFTER_CHARGING = ("Finishing", "Available", "SuspendedEVSE", "Unavailable", "Faulted", "Reserved")
"""States that a connector takes when its transaction ends (OCPP 1.6, 7.7)."""
LEAST_MISSED_WH = 1_000
"""A meter that rises by this between a session of no energy and the next one has measured what the session does not
say. House rule: more than what a station uses itself."""
LEAST_EXPECTED_WH, UNIT_RATIO = 1_000, 100
"""Energy is unlike power where power and time make at least so much, and so many times what the session says: a
register in kWh in a field of Wh is a thousandth. House rule."""


class _Stop(NamedTuple):
    """A StopTransaction."""

    moment: Moment
    origin: Origin
    payload: Mapping[str, Any]

    @property
    def transaction_id(self) -> str:
        """The id of the transaction that it names; empty for one that no central system gives."""
        named = scalar(self.payload.get("transactionId"))
        return "" if named.startswith("-") else named


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
        self._waiting_stops: list[_Stop] = []

    def take_start(self, message: Message, now: Moment) -> None:
        """Take a StartTransaction; one that is sent again, with the same connector and time, is the same start."""
        payload = message.payload
        start = message.moment(payload.get("timestamp"))
        connector, tag = scalar(payload.get("connectorId")), scalar(payload.get("idTag"))
        key = (connector, (start.text or message.id) if start.sent is None else start.sent)

        transaction = self._starts.get(key)
        if transaction is None or not self._is_sent_again(message, transaction, now):
            begun = self._begin(message, start, connector, tag)
            if transaction is not None:
                begun.session = f"{begun.session}|{without_tag(message.id, tag)}"
            transaction = self._starts[key] = begun
            transaction.asked = Asked(START_TRANSACTION, now.logged)

        self._answers.await_answer(message, transaction)
        self._requests.led_to(transaction, tag, now, at_start=True)

    def _is_sent_again(self, message: Message, transaction: Transaction, now: Moment) -> bool:
        """Whether a start is one that was read, rather than another one of a station whose clock stands still.

        Another one has its own message id, and comes after the first has ended, or long after it was sent, or with
        another token or meter.
        """
        if message.id == transaction.request_id:
            return True
        since = now.logged - transaction.logged_at if now.logged is not None and transaction.logged_at else 0.0
        same = (scalar(message.payload.get("idTag")), message.payload.get("meterStart"))
        return (
            since <= RESENT_SECONDS and transaction.stop is None and same == (transaction.tag, transaction.meter_start)
        )

    def _begin(self, message: Message, start: Moment, connector: str, tag: str) -> Transaction:
        """A new transaction, which begins with this message."""
        transaction = Transaction(START_TRANSACTION, self._station, start, Origin.of(message))
        transaction.connector, transaction.tag, transaction.session = connector, tag, f"{connector}|{start.text}"
        transaction.meter_start = message.payload.get("meterStart")
        transaction.request_id, transaction.logged_at = message.id, message.moment().logged
        if start.clock_unset:
            transaction.warnings.add("station_clock_unset")
        self._transactions.all.append(transaction)
        self._connectors.follow(transaction)
        return transaction

    def learn_id(self, transaction: Transaction, transaction_id: str) -> None:
        """The answer to a start has told its transaction id; a stop that came too early may be waiting for it."""
        if not transaction_id:
            return
        same_id = self._transactions.with_id(transaction_id)
        if transaction not in same_id:
            same_id.append(transaction)
        for stop in [stop for stop in self._waiting_stops if stop.transaction_id == transaction_id]:
            self._pair(stop)

    def take_stop(self, message: Message, now: Moment) -> None:
        """Take a StopTransaction: it ends its transaction, or waits for the start to be known."""
        payload = message.payload
        stop = _Stop(message.moment(payload.get("timestamp")), Origin.of(message), payload)
        self._waiting_stops.append(stop)
        transaction = self._pair(stop)
        tags = (scalar(payload.get("idTag")), transaction.tag if transaction else "")
        self._requests.stopped([tag for tag in tags if tag], now)

    def take_meter_values(self, message: Message, _now: Moment) -> None:
        """Take the register and the power that a running transaction tells."""
        named = scalar(message.payload.get("transactionId"))
        running = [known for known in self._transactions.with_id(named) if known.stop is None] if named else []
        if running:
            running[-1].note_values(message.payload.get("meterValue"))

    # Which start a stop ends

    def _pair(self, stop: _Stop) -> Transaction | None:
        """End the one transaction that the stop can be of, if there is just one; else it waits for the log's end."""
        candidates = self._with_its_id(stop)
        if len(candidates) != 1:
            return None
        self._waiting_stops.remove(stop)
        self._close(candidates[0], stop)
        return candidates[0]

    def _with_its_id(self, stop: _Stop) -> list[Transaction]:
        """The transactions with the stop's id that it may end; the one that has this stop already, where one has.

        Those that are open come first, and of each connector the last that began not after the stop. Where none is
        open, it is the last that began: of several stops the last one wins.
        """
        same_id = self._transactions.with_id(stop.transaction_id) if stop.transaction_id else []
        if same := [known for known in same_id if known.stop and known.stop.text == stop.moment.text]:
            return same[:1]
        begun = [known for known in same_id if is_not_before(known.start, stop.moment)]
        if candidates := _last_of_each_connector([known for known in begun if known.stop is None]):
            return candidates
        return [] if stop.transaction_id == "0" else (begun or same_id)[-1:]

    def pair_waiting(self) -> None:
        """Pair, once no message is left, the stops that could be of several starts, and those without a real id.

        A stop is given away as soon as only one start is left for it; which may leave only one for another.
        """
        self._waiting_stops.sort(key=lambda stop: stop.moment.sent or stop.moment.logged or 0.0)
        given = 1
        while given:
            given = sum(self._give(stop, self._told_apart(stop)) for stop in tuple(self._waiting_stops))
        for stop in tuple(self._waiting_stops):
            candidates = self._with_its_id(stop)
            if len(candidates) > 1 and self._give(stop, candidates[-1:]):
                candidates[-1].energy_wh = ""
                candidates[-1].warnings.add("stop_of_one_of_several")

    def _give(self, stop: _Stop, candidates: list[Transaction]) -> bool:
        if len(candidates) != 1:
            return False
        self._waiting_stops.remove(stop)
        self._close(candidates[0], stop)
        return True

    def _told_apart(self, stop: _Stop) -> list[Transaction]:
        """The starts that the stop may end, told apart by the notices of their connectors, then by their meters."""
        candidates = self._with_its_id(stop) or self._open_at(stop)
        if len(candidates) < 2:
            return candidates
        for fits in (_is_left_by, _is_metered_by):
            fitting = [known for known in candidates if fits(known, stop)]
            if len(fitting) == 1:
                return fitting
        return candidates

    def _open_at(self, stop: _Stop) -> list[Transaction]:
        """For a stop without a real id: the starts that are open at its time.

        A stop with an id that no start got ends none, unless its token is that of the only open start.
        """
        begun = [
            known
            for known in self._transactions.all
            if known.begun
            and known.stop is None
            and known.action == START_TRANSACTION
            and is_not_before(known.start, stop.moment)
            and not _is_followed(known, stop)
        ]
        nameless = {id(known) for known in self._transactions.without_id()}
        without_id = [known for known in begun if id(known) in nameless]
        if stop.transaction_id in ("", "0"):
            return without_id if len(without_id) == 1 else begun
        tag = scalar(stop.payload.get("idTag"))
        return begun if len(begun) == 1 and tag and begun[0].tag == tag and _is_metered_by(begun[0], stop) else []

    def _close(self, transaction: Transaction, stop: _Stop) -> None:
        if transaction.end(stop.moment, stop.origin, scalar(stop.payload.get("reason"))):
            self._connectors.has_ended(transaction)
        if transaction.stop is stop.moment:
            if stop.moment.clock_unset:
                transaction.warnings.add("station_clock_unset")
            _measure(transaction, stop)

    def compare_meters(self) -> None:
        """Warn of sessions of no energy after which the connector's meter stands higher at the next start."""
        for on_connector in self._transactions.on_connectors():
            for transaction, following in pairwise(on_connector):
                start, next_start = number(transaction.meter_start), number(following.meter_start)
                is_empty = transaction.energy_wh != "" and number(transaction.energy_wh) == 0
                if is_empty and start is not None and next_start is not None and next_start - start >= LEAST_MISSED_WH:
                    transaction.warnings.add("meter_rose_after_no_energy")

    def stops_without_start(self) -> Iterator[Row]:
        """The stops that still wait for a start, each once."""
        seen = set()
        for stop in self._waiting_stops:
            key = (scalar(stop.payload.get("transactionId")), stop.moment.text)
            if key not in seen:
                seen.add(key)
                yield Row((stop.origin,), "stop_without_start", ())


def _last_of_each_connector(transactions: list[Transaction]) -> list[Transaction]:
    """The transaction that began last on each connector: the others before it were left without a stop."""
    return list({known.connector_key: known for known in transactions}.values())


def _is_followed(transaction: Transaction, stop: _Stop) -> bool:
    """Whether another transaction had begun on the connector when the stop came."""
    return transaction.next_start is not None and is_not_before(transaction.next_start, stop.moment)


def _is_left_by(transaction: Transaction, stop: _Stop) -> bool:
    """Whether a notice says, about when the stop came, that the transaction's connector is no longer charging."""
    gaps = [
        seconds_between(stop.moment, notice.moment)
        for notice in transaction.notices
        if notice.connector_key == transaction.connector_key and notice.status in AFTER_CHARGING
    ]
    return any(gap is not None and abs(gap) <= NEAR_STOP_SECONDS for gap in gaps)


def _is_metered_by(transaction: Transaction, stop: _Stop) -> bool:
    """Whether the meter of the stop stands no lower than that of the start."""
    start, end = number(transaction.meter_start), number(stop.payload.get("meterStop"))
    return start is not None and end is not None and start <= end


def _measure(transaction: Transaction, stop: _Stop) -> None:
    """The energy from start to stop; where the meter's two ends say nothing, that of the values sent beside them."""
    start, end = transaction.meter_start, stop.payload.get("meterStop")
    transaction.energy_wh = difference_wh(start, end)
    first, last = number(start), number(end)
    if first == 0 and transaction.registers and transaction.registers[0] > MOST_BEFORE_FIRST_WH:
        transaction.warnings.add("meter_start_unknown")
        transaction.energy_wh = difference_wh(str(transaction.registers[0]), end)
    inside = _energy_inside(first, stop.payload.get("transactionData"))
    if inside and inside > 0 and first is not None and last is not None and last <= first:
        transaction.warnings.add("meter_unlike_values")
        transaction.energy_wh = format(inside, "f")
    if _is_unlike_power(transaction, stop):
        transaction.warnings.add("energy_unlike_power")


def _energy_inside(start: Decimal | None, transaction_data: object) -> Decimal | None:
    """Energy between the register's values of a stop [Wh]: from that of the beginning, else from the start's."""
    by_context = {sample.get("context"): watt_hours(sample) for sample in register_samples(transaction_data)}
    begin, end = by_context.get("Transaction.Begin", start), by_context.get("Transaction.End")
    return end - begin if begin is not None and end is not None and begin >= 0 else None


def _is_unlike_power(transaction: Transaction, stop: _Stop) -> bool:
    """Whether power and time make far more than the energy that the session says."""
    seconds = seconds_between(transaction.start, stop.moment) if transaction.start else None
    energy = number(transaction.energy_wh)
    if seconds is None or energy is None or transaction.most_power_w is None:
        return False
    expected = float(transaction.most_power_w) * seconds / 3600
    return energy > 0 and expected >= LEAST_EXPECTED_WH and expected >= UNIT_RATIO * float(energy)
