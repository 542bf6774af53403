"""What a meter counted between the beginning and the end of a transaction.

What does not belong here: how one value is read (``ocpp.payloads``), and which messages carry it (``ocpp.v16``,
``ocpp.v201``).
"""

from __future__ import annotations

from decimal import Decimal

from evcharge.sources.ocpp.payloads import number, register_samples, watt_hours


def difference_wh(start: object, stop: object) -> str:
    """Energy between two stands of a meter [Wh]; empty where one was not told, both as written where unreadable."""
    if start is None or stop is None:
        return ""
    first, last = number(start), number(stop)
    return f"{stop} − {start}" if first is None or last is None else format(last - first, "f")


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
