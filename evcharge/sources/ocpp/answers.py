"""Pairing the requests of one station with their answers: by message id and direction, never by order alone.

What does not belong here: what an answer means for an attempt (``ocpp.attempts``).
"""

from __future__ import annotations

from collections.abc import Callable

from evcharge.sources.ocpp.attempts import START_TRANSACTION, Attempt, Transaction
from evcharge.sources.ocpp.authorisations import REMOTE_STARTS
from evcharge.sources.ocpp.frame import ERROR, FROM_STATION, TO_STATION, Message
from evcharge.sources.ocpp.payloads import answers, status_of
from evcharge.sources.ocpp.times import logged_between

MAX_PENDING = 1_000
"""Requests of a station that may wait for their answers; the oldest are given up first."""

MAX_EARLY = 64
"""Answers of a station that are kept in case their requests come after them."""

_WAYS_OF_REQUEST = {FROM_STATION: (TO_STATION,), TO_STATION: (FROM_STATION,)}
"""The way of the request, by the way of its answer."""
_BOTH_WAYS = (FROM_STATION, TO_STATION)


class Answers:
    """The requests of one station that wait for their answers, and the answers that came too early.

    Args:
        learn_id: is called with a transaction of OCPP 1.6 and the answer to its start, which gives it its id; tells the
            transaction that the answer is for.
    """

    def __init__(self, learn_id: Callable[[Transaction, Message], Transaction]) -> None:
        self._learn_id = learn_id
        self._pending: dict[tuple[str, str], Attempt] = {}
        self._early: dict[tuple[str, str], Message] = {}

    def await_answer(self, message: Message, attempt: Attempt) -> None:
        """Remember that this request of the attempt waits for its answer; it may have come already."""
        remote = attempt.action in REMOTE_STARTS
        key = (TO_STATION if remote else FROM_STATION, message.id)
        self._pending.pop(key, None)  # so that a repeated request stands last
        self._pending[key] = attempt
        if len(self._pending) > MAX_PENDING:
            del self._pending[next(iter(self._pending))]

        early = self._early.pop(key, None)
        gap = logged_between(message.moment(), early.moment()) if early else None
        if early and gap is not None and gap >= 0:
            self.take(early)

    def take(self, message: Message) -> None:
        """Give an answer to the request it names; a second answer says nothing.

        One that no request waits for is kept a while: a table sorted by its seconds may tell answers first.
        """
        ways = _WAYS_OF_REQUEST.get(message.direction, _BOTH_WAYS)
        for way in ways:
            attempt = self._pending.get((way, message.id))
            if attempt and (message.kind == ERROR or answers(attempt.action, message.payload)):
                del self._pending[way, message.id]
                self._give(message, attempt)
                return

        for way in ways:
            self._early[way, message.id] = message
            if len(self._early) > MAX_EARLY:
                del self._early[next(iter(self._early))]

    def _give(self, message: Message, attempt: Attempt) -> None:
        if isinstance(attempt, Transaction) and attempt.action == START_TRANSACTION:
            attempt = self._learn_id(attempt, message)
        attempt.answer(message.action if message.kind == ERROR else status_of(message.payload), message)
