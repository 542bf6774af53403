"""StopTransactions of OCPP 1.6: which starts one may be of, and the energy that it tells.

What does not belong here: which stop ends which start in the end (``ocpp.v16``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from evcharge.sources.ocpp.attempts import Origin, Transaction
from evcharge.sources.ocpp.frame import Message
from evcharge.sources.ocpp.meters import BEGIN, END, KINDS, MOST_BEFORE_FIRST_WH, TOTAL, Reading
from evcharge.sources.ocpp.payloads import number, scalar
from evcharge.sources.ocpp.samples import readings_of
from evcharge.sources.ocpp.times import RESENT_SECONDS, Moment, is_sane, logged_between, seconds_between

NEAR_STOP_SECONDS = 20.0
"""A notice that a connector is free, or will be, so near to a stop shows whose stop it is. As ``LATE_SECONDS``."""
AFTER_CHARGING = ("Finishing", "Available", "SuspendedEVSE", "Unavailable", "Faulted", "Reserved")
"""States that a connector takes when its transaction ends (OCPP 1.6, 7.7)."""
OF_ALL_CONNECTORS = ("EmergencyStop", "HardReset", "PowerLoss", "Reboot", "SoftReset")
"""Reasons that end all transactions of a station in one moment (OCPP 1.6, 7.36)."""
LEAST_EXPECTED_WH, UNIT_RATIO = 1_000, 100
"""Energy is unlike power where power and time make at least so much, and so many times what the session says: a
register in kWh in a field of Wh is a thousandth. House rule."""


class Stop(NamedTuple):
    """A StopTransaction."""

    moment: Moment
    origin: Origin
    message_id: str
    payload: Mapping[str, Any]

    @classmethod
    def of(cls, message: Message) -> Stop:
        """The stop that a message is."""
        moment = message.moment(message.payload.get("timestamp"))
        return cls(moment, Origin.of(message), message.id, message.payload)

    @property
    def transaction_id(self) -> str:
        """The id of the transaction that it names; empty for one that no central system gives."""
        named = scalar(self.payload.get("transactionId"))
        return "" if named.startswith("-") else named

    @property
    def tag(self) -> str:
        """The driver's token, where the stop names it."""
        return scalar(self.payload.get("idTag"))

    def repeats(self, other: Stop) -> bool:
        """Whether it is the other stop, sent again, rather than that of another connector in the same moment."""
        of_all = self.payload.get("reason") in OF_ALL_CONNECTORS
        same = self.moment.text == other.moment.text and self.payload == other.payload
        gap = logged_between(other.moment, self.moment)
        if gap is not None and abs(gap) > RESENT_SECONDS and not is_sane(other.moment):
            return False
        return same and (self.message_id == other.message_id or not of_all)


def is_real(transaction_id: str) -> bool:
    """Whether it is an id that a central system gives to one transaction, unlike 0 and those below."""
    return transaction_id not in ("", "0") and not transaction_id.startswith("-")


def each_once(stops: Iterable[Stop]) -> list[Stop]:
    """The stops in the order of their times, without those that were only sent again."""
    kept: dict[str, list[Stop]] = {}
    for stop in sorted(stops, key=lambda stop: stop.moment.sent or stop.moment.logged or 0.0):
        at_its_time = kept.setdefault(stop.moment.text, [])
        if not any(stop.repeats(other) for other in at_its_time):
            at_its_time.append(stop)
    return [stop for at_a_time in kept.values() for stop in at_a_time]


def narrowed(candidates: list[Transaction], stop: Stop) -> list[Transaction]:
    """The starts that the stop fits best: by token, then by answer, notices of the connector, and meter."""
    for fits in (_has_its_token, _was_answered_like_it, _is_left_by, is_metered_by):
        candidates = [known for known in candidates if fits(known, stop)] or candidates
    return candidates


def _has_its_token(transaction: Transaction, stop: Stop) -> bool:
    return stop.tag != "" and transaction.tag == stop.tag


def _was_answered_like_it(transaction: Transaction, stop: Stop) -> bool:
    """Whether a refused start meets a stop that says so, or one that was not refused any other stop."""
    return transaction.refused == (stop.payload.get("reason") == "DeAuthorized")


def _is_left_by(transaction: Transaction, stop: Stop) -> bool:
    """Whether a notice says, about when the stop came, that the transaction's connector is no longer charging."""
    gaps = [
        seconds_between(stop.moment, notice.moment)
        for notice in transaction.notices
        if notice.connector_key == transaction.connector_key and notice.status in AFTER_CHARGING
    ]
    return any(gap is not None and abs(gap) <= NEAR_STOP_SECONDS for gap in gaps)


def is_metered_by(transaction: Transaction, stop: Stop) -> bool:
    """Whether the meter of the stop stands no lower than that of the start."""
    start, end = number(transaction.meter_start), number(stop.payload.get("meterStop"))
    return start is not None and end is not None and start <= end


def difference_wh(start: object, stop: object) -> str:
    """Energy between two stands of a meter [Wh]; empty where one was not told, both as written where unreadable.

    A stand below zero stands for one that the station does not know. Source: OCPP libraries write -1.
    """
    if start is None or stop is None:
        return ""
    first, last = number(start), number(stop)
    if first is None or last is None:
        return f"{stop} − {start}"
    return "" if first < 0 or last < 0 else format(last - first, "f")


def measure(transaction: Transaction, stop: Stop) -> None:
    """The energy from start to stop; where the meter's two ends say nothing, that of the values sent beside them."""
    start, end = transaction.meter_start, stop.payload.get("meterStop")
    transaction.energy_wh = difference_wh(start, end)
    first, last = number(start), number(end)
    if first == 0 and transaction.registers and transaction.registers[0] > MOST_BEFORE_FIRST_WH:
        transaction.warnings.add("meter_start_unknown")
        first = transaction.registers[0]
        transaction.energy_wh = difference_wh(str(first), end)
    registers, powers = readings_of(stop.payload.get("transactionData"))
    transaction.note_powers(powers)
    begins, inside = _energy_inside(first, registers)
    if inside and inside > 0 and first is not None and last is not None and last <= first:
        is_told = begins or inside <= MOST_BEFORE_FIRST_WH
        transaction.warnings.add("meter_unlike_values" if is_told else "values_beyond_session")
        transaction.energy_wh = format(inside, "f") if is_told else ""
    if _is_unlike_power(transaction, stop):
        transaction.warnings.add("energy_unlike_power")


def _energy_inside(start: Decimal | None, registers: Iterable[Reading]) -> tuple[bool, Decimal | None]:
    """Whether a stop's values tell where the register began, above 0, and the energy from there, else from the start.

    Values below zero stand for some that the station does not know. The start is a total: a sum of phases needs both.
    """
    read = [reading for reading in registers if reading.amount is not None and reading.amount >= 0]
    for kind in KINDS:
        by_context = {reading.context: reading.amount for reading in read if reading.kind == kind}
        begin = by_context.get(BEGIN, start if kind == TOTAL else None)
        end = by_context.get(END)
        if begin is not None and end is not None and begin >= 0:
            return BEGIN in by_context and begin > 0, end - begin
    return False, None


def _is_unlike_power(transaction: Transaction, stop: Stop) -> bool:
    """Whether power and time make far more than the energy that the session says."""
    seconds = seconds_between(transaction.start, stop.moment) if transaction.start else None
    energy = number(transaction.energy_wh)
    if seconds is None or energy is None or transaction.most_power_w is None:
        return False
    expected = float(transaction.most_power_w) * seconds / 3600
    return energy > 0 and expected >= LEAST_EXPECTED_WH and expected >= UNIT_RATIO * float(energy)
