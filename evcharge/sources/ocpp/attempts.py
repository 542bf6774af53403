"""One attempt to charge as OCPP tells it: what began and ended it, the notices around it, and the row they make.

What does not belong here: which message belongs to which attempt (``ocpp.pairing``), and any verdict on success.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from evcharge.sources.ocpp.authorisations import (
    CHARGING,
    Asked,
    Way,
    mode_of_request,
    seconds_after,
    written,
)
from evcharge.sources.ocpp.frame import RESULT, Message
from evcharge.sources.ocpp.payloads import one_line, register_samples, watt_hours
from evcharge.sources.ocpp.times import Moment, seconds_between

EARLY_SECONDS = 5.0
"""A notice counts from this long before the start: stations send Charging up to some seconds before StartTransaction.
Source: three chargers' log, in which 41 of 49 good sessions have it so."""

LATE_SECONDS = 20.0
"""An error notice counts until this long after the stop. Source: the same log, 8 of 49 sessions."""

MAX_ERROR_CHARACTERS = 255
"""Width of the column that the codes are stored in; codes that would not fit whole are left out."""

MAX_NOTICES = 256
"""Notices that are held of one attempt, and of one station; the oldest go first."""

DEFAULT_REASON = "Local"
"""The reason of a stop that states none (OCPP 1.6, 6.49; OCPP 2.0.1, TransactionType)."""

WHOLE_STATION = "0"
"""Connector number of a notice that is about the whole station (OCPP 1.6, 6.47)."""


class Origin(NamedTuple):
    """Where a message stands: SHA-256 of the file, line, and the line's text without what must not be kept."""

    file: str
    line: int
    raw: str

    @classmethod
    def of(cls, message: Message) -> Origin:
        """Where the message stands."""
        return cls(message.file, message.line, message.raw)


class Notice(NamedTuple):
    """A StatusNotification: connector, time, status, and its error codes without NoError."""

    place: str
    moment: Moment
    status: str
    codes: tuple[str, ...]


@dataclass(eq=False, slots=True)
class Attempt:
    """An attempt to charge.

    Attributes:
        action: the OCPP action that began it.
        station: the station's id, empty where the log does not name it.
        start: when it began, and ``begun``, where that stands; None until its beginning is read.
        stop: when it ended, and ``ended``, where that stands; None while it is open.
        session: its id within the station.
        evse, connector: where, as far as the messages say.
        tag: the token of the driver.
        window_seconds: of a request: how long a transaction may take to follow it.
        energy_wh: energy delivered [Wh], as text; empty where the messages don't tell.
        stop_reason: why it stopped.
        codes: refusals, as action:status.
        refused: whether an answer refused it; ``answered``, whether there was any.
        charging: whether a transaction's own events told that it charged; None where they told no state.
        transaction: whether it is one.
        followed_by: of a request: the transaction that it led to; ``begins``, whether that had no such token before.
        ignored: whether it is a part of another act, such as the card held up to stop.
        act_of: the remote start that an Authorize belongs to.
        request_id: message id of a request, or of the event that began a transaction.
        remote_id: number of the remote start.
        asked: the request that began it, as far as it may authorise it.
        way: what led from the driver's act to power.
        next_start: start of the next transaction on the connector.
    """

    action: str
    station: str
    start: Moment | None = None
    begun: Origin | None = None
    stop: Moment | None = None
    ended: Origin | None = None
    session: str = ""
    evse: str = ""
    connector: str = ""
    tag: str = ""
    window_seconds: float = 0.0
    energy_wh: str = ""
    stop_reason: str = ""
    codes: list[str] = field(default_factory=list)
    refused: bool = False
    answered: bool = False
    charging: bool | None = None
    transaction: bool = False
    followed_by: Attempt | None = None
    begins: bool = False
    ignored: bool = False
    act_of: Attempt | None = None
    request_id: str = ""
    remote_id: str = ""
    asked: Asked | None = None
    way: Way = field(default_factory=Way)
    next_start: Moment | None = None
    meter_start: object = None
    meter: Meter | None = None
    next_notice: tuple[float, str] | None = None
    notices: deque[Notice] = field(default_factory=lambda: deque(maxlen=MAX_NOTICES))

    @property
    def place(self) -> str:
        """The connector as its notices name it."""
        return f"{self.evse}/{self.connector}" if self.evse else self.connector

    def answer(self, status: str, message: Message) -> None:
        """Take the answer to a request of this attempt."""
        self.answered = True
        refuses = bool(status) and status != "Accepted"
        if self.asked and status and message.id == (self.request_id or message.id):
            self.asked.refused = refuses
            if message.kind == RESULT and self.asked.answered is None:
                self.asked.answered = message.moment().logged
        if refuses:
            self.refused = True
            code = one_line(f"{self.action}:{status}")
            told = self.act_of or self
            if code not in told.codes:
                told.codes.append(code)

    def note(self, notice: Notice, *, came_after_stop: bool) -> None:
        """Keep a notice if it may be about this attempt, and as the next status if it is the next after the stop."""
        since = seconds_between(self.start, notice.moment) if self.start else None
        if since is None or since < -EARLY_SECONDS:
            return
        after = seconds_between(self.stop, notice.moment) if self.stop else None
        if after is None or after <= LATE_SECONDS:
            self.notices.append(notice)
        self.note_next(notice, came_after_stop=came_after_stop)

    def note_next(self, notice: Notice, *, came_after_stop: bool) -> None:
        """Keep the status of a notice if none on this connector is known that is nearer after the stop."""
        after = seconds_between(self.stop, notice.moment) if self.stop else None
        if after is None or notice.place != self.place or not notice.status:
            return
        if (after > 0 or (after == 0 and came_after_stop)) and (not self.next_notice or after < self.next_notice[0]):
            self.next_notice = (after, notice.status)

    def row(self, *, decided: bool = True) -> tuple[str, ...]:
        """The row's fields, as ``ocpp.reader.FIELDS`` names them; not ``decided`` where the log ended too early."""
        start = self.start or Moment("", "", None, None)
        stop = self.stop or Moment("", "", None, None)
        codes, charging, power = self._told_by_notices()
        if not self.transaction and not self.answered and decided:
            codes.append(f"{self.action}:NoAnswer")
        own_times = [moment.text for moment in (stop, start) if moment.sent is not None]
        return (
            *(self.station, self.session, self.evse, self.connector),
            *(start.text, start.zone, stop.text, stop.zone),
            *(self.energy_wh, self.stop_reason, _joined(codes), self.tag),
            "true" if self.transaction else "false" if decided or self.refused else "",
            "" if charging is None else str(charging).lower(),
            self.next_notice[1] if self.next_notice else "",
            own_times[0] if own_times else "",
            self._mode(start),
            written(self.way.answered_after(start, self.asked, refused=self.refused)),
            written(seconds_after(start, self.way.plugged_in)),
            written(seconds_after(start, power)),
            written(self.way.authorize_lead(start, refused=self.refused)),
            _joined(self.way.trigger_reasons()),
        )

    def _mode(self, start: Moment) -> str:
        if self.transaction:
            return self.way.mode(start, refused=self.refused, remote=bool(self.remote_id))
        return mode_of_request(self.action)

    def _told_by_notices(self) -> tuple[list[str], bool | None, Moment | None]:
        """Error codes in the order of their times; whether the connector was charging, and when it first was."""
        codes, charging, power = list(self.codes), self.charging, self.way.power
        told = [notice for notice in self.notices if self._covers(notice)] if self.transaction else []
        for notice in sorted(told, key=lambda notice: self._since_start(notice)):
            codes += [code for code in notice.codes if code not in codes]
        if self.action == "StartTransaction":
            own = [notice for notice in told if notice.place == self.place]
            seen = [notice for notice in own if notice.status == CHARGING and not self._is_after_stop(notice)]
            power = min(seen, key=self._since_start).moment if seen else None
            charging = True if seen else False if own and self.stop else None
        return codes, charging, power

    def _since_start(self, notice: Notice) -> float:
        return (seconds_between(self.start, notice.moment) if self.start else None) or 0.0

    def _is_after_stop(self, notice: Notice) -> bool:
        after = seconds_between(self.stop, notice.moment) if self.stop else None
        return after is not None and after > 0

    def _covers(self, notice: Notice) -> bool:
        """Whether a notice that was kept is about this attempt, rather than after it or about the next one."""
        after = seconds_between(self.stop, notice.moment) if self.stop else None
        if after is not None and after <= 0:
            return True
        of_next = seconds_between(self.next_start, notice.moment) if self.next_start else None
        return (after is None or after <= LATE_SECONDS) and (of_next is None or of_next < -EARLY_SECONDS)


class Meter:
    """The energy register of a transaction of OCPP 2.0.1: what it stood at when the transaction began and ended."""

    def __init__(self) -> None:
        self._begin: tuple[int, Decimal] | None = None
        self._end: tuple[int, Decimal] | None = None
        self._unreadable = ""

    def read(self, event: str, meter_values: object) -> None:
        """Take the register's values from an event; those marked as begin and end count most, else those of the event.

        Values of single phases and of other places than the outlet are parts of something else, and left out.
        """
        for sample in register_samples(meter_values):
            context = sample.get("context", "Sample.Periodic")
            begins = 0 if context == "Transaction.Begin" else 1 if event == "Started" else None
            ends = 0 if context == "Transaction.End" else 1 if event == "Ended" and begins is None else None
            if begins is None and ends is None:
                continue
            amount = watt_hours(sample)
            if amount is None:
                self._unreadable = f"{sample.get('value')} {sample.get('unitOfMeasure')}"
            elif begins is not None and (self._begin is None or begins < self._begin[0]):
                self._begin = (begins, amount)
            elif ends is not None and (self._end is None or ends <= self._end[0]):
                self._end = (ends, amount)

    @property
    def energy_wh(self) -> str:
        """What the register rose by [Wh]; empty where it was not told at both ends, the odd text where unreadable."""
        if self._unreadable:
            return self._unreadable
        return format(self._end[1] - self._begin[1], "f") if self._begin and self._end else ""


def _joined(codes: list[str]) -> str:
    """The codes, each once, as far as they fit whole."""
    joined = ""
    for code in codes:
        longer = f"{joined}, {code}" if joined else code
        if len(longer) <= MAX_ERROR_CHARACTERS:
            joined = longer
    return joined
