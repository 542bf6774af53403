"""Transactions of OCPP 1.6: a start, whose answer gives the transaction its id, and a stop that names the id.

What does not belong here: what both versions have in common (``ocpp.transactions``, ``ocpp.connectors``,
``ocpp.answers``, ``ocpp.requests``).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from evcharge.sources.ocpp.answers import Answers
from evcharge.sources.ocpp.attempts import START_TRANSACTION, Origin, Row, Transaction
from evcharge.sources.ocpp.authorisations import Asked
from evcharge.sources.ocpp.clocks import Clock, is_soon_after, on_clock_of
from evcharge.sources.ocpp.connectors import Connectors
from evcharge.sources.ocpp.frame import Message
from evcharge.sources.ocpp.payloads import number, scalar
from evcharge.sources.ocpp.requests import Requests, without_tag
from evcharge.sources.ocpp.stops import Stop, each_once, is_metered_by, is_real, measure, narrowed
from evcharge.sources.ocpp.times import RESENT_SECONDS, Moment, is_sane
from evcharge.sources.ocpp.transactions import Transactions, is_not_before

LEAST_MISSED_WH = 1_000
"""A meter that rises by this between a session of no energy and the next one has measured what the session does not
say. House rule: more than what a station uses itself."""

MOST_RISE_WH = 1_000_000
"""A meter that rises by more than this between two starts bounds nothing: no session takes so much. House rule."""


class _Repeat(NamedTuple):
    """A start that seems to be sent again: its key, its message, and the requests that led to it since the first."""

    key: tuple[str, object]
    message: Message
    led: tuple[Asked, ...]


class StartsAndStops:
    """StartTransaction and StopTransaction of one station.

    Attributes:
        looking_back: SHA-256 of the logs with a stop that names no start for certain among those read.
    """

    def __init__(
        self, station: str, transactions: Transactions, connectors: Connectors, answers: Answers, requests: Requests
    ) -> None:
        self.looking_back: set[str] = set()
        self._station = station
        self._transactions = transactions
        self._connectors = connectors
        self._answers = answers
        self._requests = requests
        self._clock = Clock(connectors.has_ended)
        self._starts: dict[tuple[str, object], Transaction] = {}
        self._repeats: dict[tuple[int, str], _Repeat] = {}
        self._waiting_stops: list[Stop] = []
        self._ended: dict[str, list[tuple[Transaction, Stop]]] = {}
        self._nameless: frozenset[int] = frozenset()

    def take_start(self, message: Message, now: Moment) -> None:
        """Take a StartTransaction; one that is sent again, with the same connector and time, is the same start."""
        payload = message.payload
        start = message.moment(payload.get("timestamp"))
        key = (scalar(payload.get("connectorId")), (start.text or message.id) if start.sent is None else start.sent)

        transaction = self._starts.get(key)
        is_new = transaction is None or not self._is_sent_again(message, transaction, now)
        if transaction is None or is_new:
            transaction = self._starts[key] = self._begin(message, start, transaction)
        led = transaction.way.led

        tag = scalar(payload.get("idTag"))
        self._answers.await_answer(message, transaction)
        self._requests.led_to(transaction, tag, now, at_start=True)
        if not is_new:
            gained = tuple(asked for asked in transaction.way.led if asked not in led)
            self._repeats[id(transaction), message.id] = _Repeat(key, message, gained)

    def _is_sent_again(self, message: Message, transaction: Transaction, now: Moment) -> bool:
        """Whether a start is one that was read, rather than another one of a station whose clock stands still.

        Another one has its own message id, and comes after the first has ended, or with another token or meter, or long
        after it was sent, unless that got no id, and its time was right. The answer may tell later that it is another.
        """
        if message.id == transaction.request_id:
            return True
        begun = transaction.start
        since = now.logged - transaction.logged_at if now.logged is not None and transaction.logged_at else 0.0
        is_near = since <= RESENT_SECONDS or (not transaction.given_id and begun is not None and is_sane(begun))
        same = (scalar(message.payload.get("idTag")), message.payload.get("meterStart"))
        return is_near and transaction.stop is None and same == (transaction.tag, transaction.meter_start)

    def _begin(self, message: Message, start: Moment, at_same_time: Transaction | None) -> Transaction:
        """A new transaction, which begins with this message; another one may have begun at the same time."""
        connector, tag = scalar(message.payload.get("connectorId")), scalar(message.payload.get("idTag"))
        transaction = Transaction(START_TRANSACTION, self._station, start, Origin.of(message))
        transaction.connector, transaction.tag, transaction.session = connector, tag, f"{connector}|{start.text}"
        transaction.meter_start = message.payload.get("meterStart")
        transaction.request_id, transaction.logged_at = message.id, message.moment().logged
        transaction.asked = Asked(START_TRANSACTION, transaction.logged_at)
        if start.clock_unset:
            transaction.warnings.add("station_clock_unset")
        if at_same_time is not None:
            transaction.session += f"|{without_tag(message.id, tag)}"
        self._clock.take_start(transaction)
        self._transactions.all.append(transaction)
        self._connectors.follow(transaction)
        return transaction

    def learn_id(self, transaction: Transaction, answer: Message) -> Transaction:
        """Take the transaction id that the answer to a start gives, and tell which transaction it is given to.

        A start that seemed to be sent again and got another id is another transaction, unless it came within a minute.
        A stop that came too early may be waiting for the id.
        """
        transaction_id = scalar(answer.payload.get("transactionId"))
        if not transaction_id:
            return transaction
        if transaction.given_id not in ("", transaction_id) and is_real(transaction_id):
            transaction = self._told_from(transaction, answer)
        if is_real(transaction_id):
            transaction.given_id = transaction_id
        same_id = self._transactions.with_id(transaction_id)
        if transaction not in same_id:
            same_id.append(transaction)
        for stop in tuple(self._waiting_stops):
            if stop.transaction_id == transaction_id and is_not_before(transaction.start, stop.moment):
                self._pair(stop)
        return transaction

    def _told_from(self, transaction: Transaction, answer: Message) -> Transaction:
        """The transaction of its own that a repeated start turns out to be, unless it came too soon for one."""
        of_it = [key for key in self._repeats if key[0] == id(transaction)]
        if not of_it:
            return transaction
        named = (id(transaction), answer.id)
        repeat = self._repeats.pop(named if named in of_it else of_it[-1])
        start = repeat.message.moment(repeat.message.payload.get("timestamp"))
        if transaction.start and is_soon_after(transaction.start, start):
            return transaction
        begun = self._starts[repeat.key] = self._begin(repeat.message, start, transaction)
        begun.way.led = repeat.led
        transaction.way.led = tuple(asked for asked in transaction.way.led if asked not in repeat.led)
        return begun

    def take_stop(self, message: Message, now: Moment) -> None:
        """Take a StopTransaction: it ends its transaction, or waits for the start to be known."""
        stop = Stop.of(message)
        if not is_real(stop.transaction_id):
            self.looking_back.add(message.file)
        self._waiting_stops.append(stop)
        transaction = self._pair(stop)
        tags = (stop.tag, transaction.tag if transaction else "")
        self._requests.stopped([tag for tag in tags if tag], now)

    def take_meter_values(self, message: Message) -> None:
        """Take the register and the power that a running transaction tells."""
        named = scalar(message.payload.get("transactionId"))
        running = [known for known in self._transactions.with_id(named) if known.stop is None] if named else []
        if running:
            running[-1].note_values(message.payload.get("meterValue"))

    # Which start a stop ends

    def _pair(self, stop: Stop) -> Transaction | None:
        """End the one transaction that the stop can be of, if there is just one; else it waits for the log's end."""
        candidates = self._with_its_id(stop)
        if len(candidates) != 1:
            return None
        self._waiting_stops.remove(stop)
        self._close(candidates[0], stop)
        return candidates[0]

    def _with_its_id(self, stop: Stop) -> list[Transaction]:
        """The transactions with the stop's id that it may end; the one that has this stop already, where one has.

        Those that are open come first, and of each connector the last that began not after the stop. Where none is
        open, it is the last that began: of several stops the last one wins.
        """
        for known, ended_by in self._ended.get(stop.moment.text, ()):
            if stop.repeats(ended_by):
                return [known]
        same_id = self._transactions.with_id(stop.transaction_id) if stop.transaction_id else []
        is_open = [known for known in same_id if known.stop is None and is_not_before(known.start, stop.moment)]
        if is_open:
            return _last_of_each_connector(is_open)
        if stop.transaction_id == "0":
            return []
        return ([known for known in same_id if is_not_before(known.start, stop.moment)] or same_id)[-1:]

    def pair_waiting(self) -> None:
        """Pair, once no message is left, the stops that could be of several starts, and those without a real id.

        A stop is given away as soon as only one start is left for it; which may leave only one for another. Those that
        nothing tells apart end one of their starts each, without energy, and so do those that are left one by such a
        choice; the stops that fit the fewest starts choose first.
        """
        self.looking_back.update(stop.origin.file for stop in self._waiting_stops)
        self._nameless = frozenset(map(id, self._transactions.without_id()))
        self._waiting_stops = each_once(self._waiting_stops)
        given = 1
        while given:
            given = sum(self._give(stop, self._told_apart(stop)) for stop in tuple(self._waiting_stops))

        doubtful: set[int] = set()
        for stop in sorted(self._waiting_stops, key=lambda stop: len(self._told_apart(stop))):
            candidates = self._told_apart(stop)
            is_choice = len(candidates) > 1 or not doubtful.isdisjoint(map(id, candidates))
            doubtful.update(map(id, candidates))
            if self._give(stop, candidates[-1:]) and is_choice:
                candidates[-1].energy_wh = ""
                candidates[-1].warnings.add("stop_of_one_of_several")

    def _give(self, stop: Stop, candidates: list[Transaction]) -> bool:
        if len(candidates) != 1:
            return False
        self._waiting_stops.remove(stop)
        self._close(candidates[0], stop)
        return True

    def _told_apart(self, stop: Stop) -> list[Transaction]:
        """The starts that the stop may end, those left out that it fits less than another."""
        return narrowed(self._with_its_id(stop) or self._open_at(stop), stop)

    def _open_at(self, stop: Stop) -> list[Transaction]:
        """For a stop without a real id: the starts that are open at its time, those that never got an id before others.

        A stop with an id that no start got ends none, unless its token is that of just one open start.
        """
        begun = [
            known
            for known in self._transactions.begun_near(stop.moment)
            if known.stop is None
            and known.begun
            and known.action == START_TRANSACTION
            and is_not_before(known.start, stop.moment)
            and not _is_followed(known, stop)
        ]
        if stop.transaction_id in ("", "0"):
            return [known for known in begun if id(known) in self._nameless] or begun
        of_token = [known for known in begun if stop.tag and known.tag == stop.tag]
        return of_token if len(of_token) == 1 and is_metered_by(of_token[0], stop) else []

    def _close(self, transaction: Transaction, stop: Stop) -> None:
        moment = on_clock_of(transaction, stop.moment)
        if not transaction.end(moment, stop.origin, scalar(stop.payload.get("reason"))):
            return
        self._ended.setdefault(stop.moment.text, []).append((transaction, stop))
        self._connectors.has_ended(transaction)
        if moment.clock_unset:
            transaction.warnings.add("station_clock_unset")
        measure(transaction, stop)

    def compare_meters(self) -> None:
        """Compare each start's meter with the next one's on its connector.

        A session of no energy after which it stands higher is warned of. One without a stop took at most what it rose
        by; a meter that restarted, or stands at 0, tells nothing, nor does a rise that no session makes.
        """
        for on_connector in self._transactions.on_connectors():
            for transaction, following in pairwise(on_connector):
                start, next_start = number(transaction.meter_start), number(following.meter_start)
                is_empty = transaction.energy_wh != "" and number(transaction.energy_wh) == 0
                if is_empty and start is not None and next_start is not None and next_start - start >= LEAST_MISSED_WH:
                    transaction.warnings.add("meter_rose_after_no_energy")
                is_open = transaction.stop is None and transaction.action == following.action == START_TRANSACTION
                if is_open and start is not None and next_start is not None and 0 <= start <= next_start > 0:
                    rise = next_start - start
                    transaction.energy_at_most_wh = format(rise, "f") if rise <= MOST_RISE_WH else ""

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


def _is_followed(transaction: Transaction, stop: Stop) -> bool:
    """Whether another transaction had begun on the connector when the stop came."""
    return transaction.next_start is not None and is_not_before(transaction.next_start, stop.moment)
