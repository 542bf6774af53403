"""Acts that ask for a transaction, and what they led to: a card held up (Authorize), a start by app (remote start).

An act that led to a transaction is part of that transaction's attempt; one that led nowhere is an attempt of its own.
What does not belong here: transactions (``ocpp.v16``, ``ocpp.v201``), and pairing answers with requests
(``ocpp.answers``).
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection

from evcharge.sources.ocpp.attempts import Origin, Request, Transaction
from evcharge.sources.ocpp.authorisations import AUTHORIZE, REMOTE_STARTS, Asked, lead_seconds
from evcharge.sources.ocpp.frame import Message
from evcharge.sources.ocpp.notices import Notice
from evcharge.sources.ocpp.payloads import scalar, token
from evcharge.sources.ocpp.times import Moment, logged_between

REQUESTS = (AUTHORIZE, *REMOTE_STARTS)

AUTHORIZE_SECONDS = 300.0
"""An Authorize belongs to a start, or a stop, with the same token within this time. Source: INL's KPI calculator."""

REMOTE_START_SECONDS = 180.0
"""A remote start belongs to a start with the same token within this time: longer than a station waits for a plug
(ConnectionTimeOut, 60 to 120 s as a rule)."""

FAULT_SECONDS = REMOTE_START_SECONDS
"""A fault is what went wrong with an accepted request that led nowhere until this long after it: the station waits
for the plug still, or has just got it. House rule, provisional."""

RESENT_SECONDS = 30.0
"""An answered request with the same message id is the same request, sent again, within this time. House rule: about as
long as stations wait for an answer."""

MAX_WAITING = 1_000
"""Requests of a station that may wait for what they lead to; the oldest are put aside first."""

SHORTEST_TAG_CHARACTERS = 4
"""A shorter token in an id is chance."""

MAX_TAGS = 256
"""Last starts of a station whose tokens are held."""


class Requests:
    """The requests of one station that wait for what they lead to, and those that led nowhere."""

    def __init__(self, station: str) -> None:
        self._station = station
        self._waiting: list[Request] = []
        self._settled: list[Request] = []
        self._recent: deque[tuple[str, Moment, Transaction]] = deque(maxlen=MAX_TAGS)

    def take(self, message: Message, now: Moment) -> Request | None:
        """The attempt that a request is so far; None where it was only sent a second time."""
        tag = token(message.payload)
        if self._is_waiting(message, tag, now):
            return None
        request = Request(message.action, self._station, now, Origin.of(message), tag=tag, request_id=message.id)
        request.asked = Asked(message.action, now.logged)
        request.session = f"{message.action}|{without_tag(message.id, tag)}|{now.text}"

        if message.action == AUTHORIZE:
            request.window_seconds = AUTHORIZE_SECONDS
            self._find_what_it_is_part_of(request, now)
        else:
            request.window_seconds = REMOTE_START_SECONDS
            request.connector = scalar(message.payload.get("connectorId"))
            request.evse = scalar(message.payload.get("evseId"))
            request.remote_id = scalar(message.payload.get("remoteStartId"))

        self._waiting.append(request)
        return request

    def _is_waiting(self, message: Message, tag: str, now: Moment) -> bool:
        """Whether the same request, with the same message id, waits already.

        One that was answered is sent again only at once, where the answer got lost; later its number is used anew.
        """
        sent = (message.action, tag, message.id)
        same = [one for one in self._waiting if (one.action, one.tag, one.request_id) == sent]
        return any(not one.answered or _within(one.start, now, RESENT_SECONDS) for one in same)

    def _find_what_it_is_part_of(self, request: Request, now: Moment) -> None:
        """An Authorize is a part of a running transaction that its token began shortly before, or of a remote start."""
        gaps = [
            (logged_between(moment, now), transaction)
            for tag, moment, transaction in self._recent
            if tag == request.tag and transaction.stop is None
        ]
        near = [transaction for gap, transaction in gaps if gap is not None and gap <= AUTHORIZE_SECONDS]
        request.ignored = bool(near)
        if near and near[-1].start and request.asked:
            lead = lead_seconds(now.logged, near[-1].start.logged)
            near[-1].way.led += (request.asked,) if lead is not None and lead >= 0 else ()
        for earlier in self._waiting:
            is_remote = earlier.action in REMOTE_STARTS
            if is_remote and earlier.tag == request.tag and _within(earlier.start, now, REMOTE_START_SECONDS):
                request.ignored, request.act_of = True, earlier

    def led_to(self, transaction: Transaction, tag: str, now: Moment, *, at_start: bool) -> None:
        """The requests with this token, or this number of a remote start, led to this transaction."""
        begins = not any(known == tag and begun is transaction for known, _, begun in self._recent)
        for request in self._waiting:
            same = (tag and request.tag == tag) or (request.remote_id and request.remote_id == transaction.remote_id)
            if same and request.followed_by is None and _within(request.start, now, request.window_seconds):
                request.followed_by, request.begins = transaction, begins
                if request.asked and (request.act_of or not request.ignored):
                    request.asked.before_start = at_start
                    transaction.way.led += (request.asked,)
        if tag:
            self._recent.append((tag, now, transaction))

    def stopped(self, tags: Collection[str], now: Moment) -> None:
        """An Authorize with the token of a transaction that stopped was the card held up to stop it.

        One from before a transaction had the token was held up to begin it, and a refused one of these is a failure.
        """
        for request in self._waiting:
            to_stop = request.action == AUTHORIZE and request.tag in tags and not request.begins
            if to_stop and _within(request.start, now, AUTHORIZE_SECONDS):
                request.ignored = True

    def hear(self, notice: Notice) -> None:
        """Let the requests of the last minutes hear of a fault."""
        if not notice.is_fault or notice.transaction_id:
            return
        for request in self._waiting:
            gap = logged_between(request.start, notice.moment) if request.start else None
            if gap is not None and 0 <= gap <= FAULT_SECONDS:
                request.faults.append(notice)

    def settle_old(self, now: Moment) -> None:
        """Put aside the requests that nothing can follow any more, and forget those that are parts of another act."""
        while self._waiting and (
            len(self._waiting) > MAX_WAITING or not _within(self._waiting[0].start, now, AUTHORIZE_SECONDS)
        ):
            request = self._waiting.pop(0)
            part_of_another = request.ignored or (request.followed_by and not request.refused)
            if not (part_of_another and request.answered):
                self._settled.append(request)

    def that_led_nowhere(self, end: Moment) -> list[tuple[Request, bool]]:
        """The attempts that are requests alone, and whether the log went on long enough to say so."""
        nowhere = []
        for request in (*self._settled, *self._waiting):
            led = request.followed_by
            if not request.ignored and (led is None or (request.refused and not led.refused)):
                within = request.start is not None and _within(request.start, end, request.window_seconds)
                nowhere.append((request, not within or end.logged is None))
        return nowhere


def _within(earlier: Moment | None, later: Moment, seconds: float) -> bool:
    """Whether the log has one at most so long before the other; true where the log tells no times."""
    gap = logged_between(earlier, later) if earlier else None
    return gap is None or gap <= seconds


def without_tag(identifier: str, tag: str) -> str:
    """The id, or a hash of it where it holds the driver's token."""
    if len(tag) >= SHORTEST_TAG_CHARACTERS and tag in identifier:
        return hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return identifier
