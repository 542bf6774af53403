"""What a meter counted between the beginning and the end of a transaction.

What does not belong here: how one value is read (``ocpp.payloads``), and which messages carry it (``ocpp.v16``,
``ocpp.v201``).
"""

from __future__ import annotations

from decimal import Decimal

from evcharge.sources.ocpp.payloads import number, register_samples, watt_hours

MOST_BEFORE_FIRST_WH = 100_000
"""A register that stood at 0 in the beginning and is higher than this at its next value was not at 0: the 0 stood for
a value that the station did not have. House rule, provisional: no vehicle takes 100 kWh between two values."""


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


class Meter:
    """The energy register of a transaction of OCPP 2.0.1: what it stood at when the transaction began and ended."""

    def __init__(self) -> None:
        self._begin: tuple[int, Decimal] | None = None
        self._end: tuple[int, Decimal] | None = None
        self._first_above_zero: Decimal | None = None
        self._began_offline = False
        self._unreadable = ""

    def read(self, event: str, meter_values: object, *, offline: bool = False) -> None:
        """Take the register's values from an event; those marked as begin and end count most, else those of the event.

        Values of single phases and of other places than the outlet are parts of something else, and left out, and so
        is one below zero, which stands for a value that the station does not know.
        """
        self._began_offline |= offline and event == "Started"
        for sample in register_samples(meter_values):
            context = sample.get("context", "Sample.Periodic")
            begins = 0 if context == "Transaction.Begin" else 1 if event == "Started" else None
            ends = 0 if context == "Transaction.End" else 1 if event == "Ended" and begins is None else None
            amount = watt_hours(sample)
            if begins is None and ends is None:
                if amount is not None and amount > 0 and self._first_above_zero is None:
                    self._first_above_zero = amount
            elif amount is not None and amount < 0:
                continue
            elif amount is None:
                self._unreadable = f"{sample.get('value')} {sample.get('unitOfMeasure')}"
            elif begins is not None and (self._begin is None or begins < self._begin[0]):
                self._begin = (begins, amount)
            elif ends is not None and (self._end is None or ends <= self._end[0]):
                self._end = (ends, amount)

    @property
    def began_at_placeholder(self) -> bool:
        """Whether the register's 0 in the beginning stands for a value that the station did not have."""
        if self._begin is None or self._begin[1] != 0:
            return False
        following = self._first_above_zero or (self._end[1] if self._end else None)
        return following is not None and following > (0 if self._began_offline else MOST_BEFORE_FIRST_WH)

    @property
    def energy_wh(self) -> str:
        """What the register rose by [Wh]; empty where it was not told at both ends, the odd text where unreadable."""
        if self._unreadable:
            return self._unreadable
        begin = self._begin[1] if self._begin else None
        if self.began_at_placeholder:
            begin = self._first_above_zero
        return format(self._end[1] - begin, "f") if begin is not None and self._end else ""
