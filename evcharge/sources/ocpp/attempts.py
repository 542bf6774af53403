"""One attempt to charge in OCPP: a transaction, or a request that led to none; and the row that it makes.

What does not belong here: which message belongs to which attempt (``ocpp.pairing`` and what it imports), and any
verdict on success.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from evcharge.sources.ocpp.authorisations import (
    CHARGING,
    Asked,
    Way,
    answered_after,
    mode_of_request,
    seconds_after,
    written,
)
from evcharge.sources.ocpp.frame import RESULT, Message
from evcharge.sources.ocpp.meters import TOTAL, Beside, Meter, Reading
from evcharge.sources.ocpp.notices import PREPARING, WHOLE_STATION, Notice
from evcharge.sources.ocpp.payloads import one_line
from evcharge.sources.ocpp.samples import readings_of
from evcharge.sources.ocpp.times import Moment, seconds_between

FIELDS: tuple[str, ...] = (
    *("station", "session", "evse", "connector", "start", "start_zone", "end", "end_zone"),
    *("energy_wh", "peak_power_w", "stop_reason", "error_codes", "id_token", "has_transaction", "reached_charging"),
    *("next_status", "updated", "authorisation_mode", "authorised_after", "plugged_in_after", "power_after"),
    *("authorize_lead", "trigger_reasons", "energy_at_most_wh"),
)
"""Fields of a row; docs/sources/ocpp.md tells what each is made of."""

_NO_TEXTS = dict.fromkeys(FIELDS, "")

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

START_TRANSACTION, TRANSACTION_EVENT = "StartTransaction", "TransactionEvent"
"""The actions that begin a transaction, of OCPP 1.6 and of 2.0.1."""

_NO_MOMENT = Moment("", "", None, None)


class Origin(NamedTuple):
    """Where a message stands: SHA-256 of the file, line, and ``Message.packed``, or a text in its place."""

    file: str
    line: int
    raw: bytes | str

    @classmethod
    def of(cls, message: Message) -> Origin:
        """Where the message stands."""
        return cls(message.file, message.line, message.packed)


class Row(NamedTuple):
    """An attempt, or a line that can't be one: where it stands, the code of its fault, its fields, and warnings."""

    origins: tuple[Origin, ...]
    fault: str | None
    fields: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class Attempt(ABC):
    """What a transaction and a request that may lead to one have in common.

    Attributes:
        action: the OCPP action that began it.
        station: the station's id, empty where the log does not name it.
        start: when it began, and ``begun``, where that stands; None until its beginning is read.
        session: its id within the station.
        evse, connector: where, as far as the messages say.
        tag: the token of the driver.
        codes: refusals, as action:status.
        refused: whether an answer refused it; ``answered``, whether there was any.
        request_id: message id of a request, or of the event that began a transaction.
        remote_id: number of the remote start.
        asked: the request that began it, as far as it may authorise it.
    """

    action: str
    station: str
    start: Moment | None = None
    begun: Origin | None = None
    session: str = ""
    evse: str = ""
    connector: str = ""
    tag: str = ""
    codes: list[str] = field(default_factory=list)
    refused: bool = False
    answered: bool = False
    request_id: str = ""
    remote_id: str = ""
    asked: Asked | None = None

    @abstractmethod
    def refusals(self) -> list[str]:
        """The list that a refusal of this attempt is put into."""

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
            refusals = self.refusals()
            if code not in refusals:
                refusals.append(code)

    def fields(self, **own: str) -> tuple[str, ...]:
        """A row's texts in the order of ``FIELDS``: those that every attempt has, and the kind's own; else empty."""
        start = self.start or _NO_MOMENT
        shared = {
            "station": self.station,
            "session": self.session,
            "evse": self.evse,
            "connector": self.connector,
            "start": start.text,
            "start_zone": start.zone,
            "id_token": self.tag,
            "updated": start.text if start.sent is not None else "",
        }
        return tuple({**_NO_TEXTS, **shared, **own}.values())


@dataclass(eq=False, slots=True)
class Request(Attempt):
    """A card that was held up, or a start by app: an attempt of its own where it led to no transaction.

    Attributes:
        window_seconds: how long a transaction may take to follow it.
        followed_by: the transaction that it led to; ``begins``, whether that had no such token before.
        ignored: whether it is a part of another act, such as the card held up to stop.
        act_of: the remote start that an Authorize belongs to.
        faults: notices of a fault that came soon after it.
    """

    window_seconds: float = 0.0
    followed_by: Transaction | None = None
    begins: bool = False
    ignored: bool = False
    act_of: Request | None = None
    faults: deque[Notice] = field(default_factory=lambda: deque(maxlen=MAX_NOTICES))

    @property
    def was_accepted(self) -> bool:
        """Whether it was answered, and not refused."""
        return self.answered and not self.refused

    def refusals(self) -> list[str]:
        """Those of the remote start that it belongs to, else its own."""
        return (self.act_of or self).codes

    def may_be_at(self, notice: Notice, only_connector: str) -> bool:
        """Whether a notice is about the connector of this request, or about the whole station.

        A card names no connector: its own is the one where an attempt had begun, or the only one there is.
        """
        if notice.connector_key == WHOLE_STATION or self.connector:
            return notice.connector_key in (WHOLE_STATION, self.connector)
        if self.evse:
            return notice.connector_key.startswith(f"{self.evse}/")
        return notice.status_before == PREPARING or notice.is_at(only_connector)

    def row(self, *, decided: bool, faults: Iterable[Notice] = ()) -> tuple[str, ...]:
        """The row's texts, as ``FIELDS`` names them.

        Args:
            decided: false where the log ended too early to tell whether it led to a transaction.
            faults: the notices that tell what went wrong with it.
        """
        no_answer = [f"{self.action}:NoAnswer"] if decided and not self.answered else []
        told = dict.fromkeys(code for notice in faults for code in notice.codes)
        return self.fields(
            error_codes=_joined([*self.codes, *no_answer, *told]),
            has_transaction="false" if decided or self.refused else "",
            authorisation_mode=mode_of_request(self.action),
            authorised_after=written(answered_after(self.start or _NO_MOMENT, [self.asked])),
        )


@dataclass(eq=False, slots=True)
class Transaction(Attempt):
    """A transaction of OCPP 1.6 or 2.0.1.

    Attributes:
        stop: when it ended, and ``ended``, where that stands; None while it is open.
        energy_wh: energy delivered [Wh], as text; empty where the messages don't tell.
        energy_at_most_wh: of OCPP 1.6, without a stop: what it took at most [Wh], as text; empty where that's unknown.
        stop_reason: why it stopped.
        charging: whether its own events told that it charged; None where they told no state.
        way: what led from the driver's act to power.
        next_start: start of the next transaction on the connector.
        meter_start: of OCPP 1.6: the meter's value in the start.
        logged_at: of OCPP 1.6: the log's time of the start [s since 1970].
        given_id: its id: of OCPP 1.6 the one that the answer to the start gave, of 2.0.1 the station's own.
        meter: of OCPP 2.0.1: the meter's values in the events; ``beside``, those of its EVSE in MeterValues.
        next_notice: the status that is nearest after the stop, after so many seconds.
        notices: those that may be about it.
        registers: of OCPP 1.6: the register's values in MeterValues [Wh], the first above 0 and the last.
        most_power_w: the highest power that was told of it [W]; None where none was.
        warnings: codes of what is odd about it.
    """

    stop: Moment | None = None
    ended: Origin | None = None
    energy_wh: str = ""
    energy_at_most_wh: str = ""
    stop_reason: str = ""
    charging: bool | None = None
    way: Way = field(default_factory=Way)
    next_start: Moment | None = None
    meter_start: object = None
    logged_at: float | None = None
    given_id: str = ""
    meter: Meter | None = None
    beside: Beside | None = None
    next_notice: tuple[float, str] | None = None
    notices: deque[Notice] = field(default_factory=lambda: deque(maxlen=MAX_NOTICES))
    registers: tuple[Decimal, Decimal] | None = None
    most_power_w: Decimal | None = None
    warnings: set[str] = field(default_factory=set)

    @property
    def connector_key(self) -> str:
        """The connector as its notices name it."""
        return f"{self.evse}/{self.connector}" if self.evse else self.connector

    def refusals(self) -> list[str]:
        """Its own."""
        return self.codes

    def note_values(self, meter_values: object) -> None:
        """Keep what MeterValues say of the register, in total, and of the power."""
        registers, powers = readings_of(meter_values)
        for kind, _, _, amount, _ in registers:
            if kind == TOTAL and amount is not None and amount > 0:
                self.registers = (self.registers[0] if self.registers else amount, amount)
        self.note_powers(powers)

    def note_powers(self, powers: Iterable[Reading]) -> None:
        """Keep the highest power."""
        told = [reading.amount for reading in powers if reading.amount is not None]
        if told:
            self.most_power_w = max(*told, self.most_power_w or told[0])

    def end(self, stop: Moment, origin: Origin, reason: str) -> bool:
        """Take an end, unless a later one is known; whether it was taken."""
        if self.stop is not None and (seconds_between(self.stop, stop) or 0.0) <= 0:
            return False
        self.stop, self.ended, self.next_notice = stop, origin, None
        self.stop_reason = one_line(reason) or DEFAULT_REASON
        return True

    def note(self, notice: Notice, *, came_after_stop: bool) -> None:
        """Keep a notice if it may be about this attempt, and as the next status if it is the next after the stop."""
        since = seconds_between(self.start, notice.moment) if self.start else None
        if since is None or since < -EARLY_SECONDS or notice.transaction_id not in ("", self.given_id):
            return
        after = self._seconds_after_stop(notice)
        if after is None or after <= LATE_SECONDS:
            self.notices.append(notice)
        self.note_next(notice, came_after_stop=came_after_stop)

    def note_next(self, notice: Notice, *, came_after_stop: bool) -> None:
        """Keep the status of a notice if none on this connector is known that is nearer after the stop."""
        if not notice.status or self.stop is None or notice.connector_key != self.connector_key:
            return
        after = seconds_between(self.stop, notice.moment)
        if after is None:
            return
        if (after > 0 or (after == 0 and came_after_stop)) and (not self.next_notice or after < self.next_notice[0]):
            self.next_notice = (after, notice.status)

    def row(self) -> tuple[str, ...]:
        """The row's texts, as ``FIELDS`` names them."""
        start, stop = self.start or _NO_MOMENT, self.stop or _NO_MOMENT
        codes, charging, power = self._told_by_notices()
        own_times = [moment.text for moment in (stop, start) if moment.sent is not None]

        return self.fields(
            end=stop.text,
            end_zone=stop.zone,
            energy_wh=self.energy_wh,
            peak_power_w="" if self.most_power_w is None else format(self.most_power_w, "f"),
            stop_reason=self.stop_reason,
            error_codes=_joined(codes),
            has_transaction="true",
            reached_charging="" if charging is None else str(charging).lower(),
            next_status=self.next_notice[1] if self.next_notice else "",
            updated=own_times[0] if own_times else "",
            authorisation_mode=self.way.mode(start, refused=self.refused, remote=bool(self.remote_id)),
            authorised_after=written(self.way.answered_after(start, self.asked, refused=self.refused)),
            plugged_in_after=written(seconds_after(start, self.way.plugged_in)),
            power_after=written(seconds_after(start, power)),
            authorize_lead=written(self.way.authorize_lead(start, refused=self.refused)),
            trigger_reasons=_joined(self.way.trigger_reasons()),
            energy_at_most_wh=self.energy_at_most_wh,
        )

    def has_fault(self, notice: Notice) -> bool:
        """Whether the fault of a notice is this transaction's, and no other attempt's on the connector.

        None runs on a connector where an attempt had just begun, unless it was left open.
        """
        began_anew = self.stop is None and notice.status_before == PREPARING
        return notice.is_at(self.connector_key) and not began_anew and self._covers(notice)

    def _told_by_notices(self) -> tuple[list[str], bool | None, Moment | None]:
        """Error codes in the order of their times; whether the connector was charging, and when it first was."""
        codes, charging, power = list(self.codes), self.charging, self.way.power
        covered = [notice for notice in self.notices if self._covers(notice)]
        for notice in sorted(covered, key=self._seconds_since_start):
            codes += [code for code in notice.codes if code not in codes]

        if self.action == START_TRANSACTION:  # OCPP 1.6: a transaction's messages don't tell whether power flows
            own = [notice for notice in covered if notice.connector_key == self.connector_key]
            charged = [
                notice for notice in own if notice.status == CHARGING and (self._seconds_after_stop(notice) or 0.0) <= 0
            ]
            power = min(charged, key=self._seconds_since_start).moment if charged else None
            charging = True if charged else False if own and self.stop else None
        return codes, charging, power

    def _seconds_since_start(self, notice: Notice) -> float:
        return (seconds_between(self.start, notice.moment) if self.start else None) or 0.0

    def _seconds_after_stop(self, notice: Notice) -> float | None:
        """Seconds from the stop to the notice; None while the transaction is open, and where no clock tells."""
        return seconds_between(self.stop, notice.moment) if self.stop else None

    def _covers(self, notice: Notice) -> bool:
        """Whether a notice that was kept is about this attempt, rather than after it or about the next one."""
        after = self._seconds_after_stop(notice)
        if after is not None and after <= 0:
            return True
        of_next = seconds_between(self.next_start, notice.moment) if self.next_start else None
        return (after is None or after <= LATE_SECONDS) and (of_next is None or of_next < -EARLY_SECONDS)


def _joined(codes: list[str]) -> str:
    """The codes, each once, as far as they fit whole."""
    joined = ""
    for code in codes:
        longer = f"{joined}, {code}" if joined else code
        if len(longer) <= MAX_ERROR_CHARACTERS:
            joined = longer
    return joined
