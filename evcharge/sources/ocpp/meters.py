"""What a meter counted between the beginning and the end of a transaction.

What does not belong here: how one value is read (``ocpp.samples``), and which messages carry it (``ocpp.v16``,
``ocpp.v201``, ``ocpp.evses``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

TOTAL, OF_PHASES, OF_PHASES_TO_NEUTRAL = "total", "phases", "phases to neutral"
KINDS = (TOTAL, OF_PHASES, OF_PHASES_TO_NEUTRAL)
"""How a value of the whole outlet is told; the first that is told counts, and no two are mixed."""

BEGIN, END = "Transaction.Begin", "Transaction.End"
"""Contexts of the values that are taken at the two ends of a transaction (ReadingContext)."""

_BESIDE = 2
"""How little a value of MeterValues counts: less than one that an event marks (0), or that stands in one (1)."""

MOST_BEFORE_FIRST_WH = 100_000
"""A register that stood at 0 in the beginning and is higher than this at its next value was not at 0: the 0 stood for
a value that the station did not have. House rule, provisional: no vehicle takes 100 kWh between two values."""


class Reading(NamedTuple):
    """One value of the whole outlet.

    Attributes:
        kind: one of ``KINDS``.
        context: why it was taken, as ``Transaction.Begin``.
        time: when it was taken, as written; empty where its set does not tell.
        amount: a register [Wh], or a power [W]; None where it, its unit or its multiplier can't be read.
        text: value and unit as written, of a register that can't be read.
    """

    kind: str
    context: str
    time: str
    amount: Decimal | None
    text: str = ""


class Readings(NamedTuple):
    """What the sampled values of one message say of the outlet: of its register, and of its power above 0."""

    registers: list[Reading]
    powers: list[Reading]


@dataclass(eq=False, slots=True)
class _Register:
    """One kind of register: what it stood at in the beginning and at the end [Wh], each with how little it counts."""

    begin: tuple[int, Decimal] | None = None
    end: tuple[int, Decimal] | None = None
    first_above_zero: Decimal | None = None

    def take(self, begins: int | None, ends: int | None, amount: Decimal) -> None:
        """Take a value: of those that count alike the first is the begin, the last the end."""
        if begins is not None and (self.begin is None or begins < self.begin[0]):
            self.begin = (begins, amount)
        elif ends is not None and (self.end is None or ends <= self.end[0]):
            self.end = (ends, amount)


class Meter:
    """The energy register of a transaction of OCPP 2.0.1: what it stood at when the transaction began and ended."""

    def __init__(self) -> None:
        self._registers: dict[str, _Register] = {}
        self._began_offline = False
        self._unreadable = ""

    def read(self, event: str, registers: Iterable[Reading], *, offline: bool = False) -> None:
        """Take the register's values from an event; those marked as begin and end count most, else those of the event.

        One below zero stands for a value that the station does not know, and is left out.
        """
        self._began_offline |= offline and event == "Started"
        for kind, context, _, amount, text in registers:
            begins = 0 if context == BEGIN else 1 if event == "Started" else None
            ends = 0 if context == END else 1 if event == "Ended" and begins is None else None
            register = self._register(kind)
            if begins is None and ends is None:
                if amount is not None and amount > 0 and register.first_above_zero is None:
                    register.first_above_zero = amount
            elif amount is None:
                self._unreadable = text
            elif amount >= 0:
                register.take(begins, ends, amount)

    def stood_at(self, begin: Iterable[tuple[str, Decimal]], end: Iterable[tuple[str, Decimal]]) -> None:
        """Take what MeterValues tell of beginning and end, by kind of register [Wh]: it counts least."""
        for kind, amount in begin:
            self._register(kind).take(_BESIDE, None, amount)
        for kind, amount in end:
            self._register(kind).take(None, _BESIDE, amount)

    def _register(self, kind: str) -> _Register:
        if kind not in self._registers:
            self._registers[kind] = _Register()
        return self._registers[kind]

    def _told(self) -> _Register:
        """The first kind that tells both ends, else the register's total: a begin and an end of two kinds are none."""
        told = (self._registers.get(kind) for kind in KINDS)
        whole = (register for register in told if register and register.begin and register.end)
        return next(whole, self._registers.get(TOTAL, _Register()))

    @property
    def began_at_placeholder(self) -> bool:
        """Whether the register's 0 in the beginning stands for a value that the station did not have."""
        told = self._told()
        if told.begin is None or told.begin[1] != 0:
            return False
        following = told.first_above_zero or (told.end[1] if told.end else None)
        return following is not None and following > (0 if self._began_offline else MOST_BEFORE_FIRST_WH)

    @property
    def energy_wh(self) -> str:
        """What the register rose by [Wh]; empty where it was not told at both ends, the odd text where unreadable."""
        if self._unreadable:
            return self._unreadable
        told = self._told()
        begin = told.begin[1] if told.begin else None
        if self.began_at_placeholder:
            begin = told.first_above_zero
        return format(told.end[1] - begin, "f") if begin is not None and told.end else ""


@dataclass(eq=False, slots=True)
class Beside:
    """What MeterValues tell of the EVSE of a transaction, by seconds from its start and from its stop.

    Attributes:
        begin: of each kind of register, its value nearest to the start [s after it, Wh]; ``end``, nearest to the stop.
        powers: powers that are higher than all before them [s from the start, W], in the order of their times.
    """

    begin: dict[str, tuple[float, Decimal]] = field(default_factory=dict)
    end: dict[str, tuple[float, Decimal]] = field(default_factory=dict)
    powers: list[tuple[float, Decimal]] = field(default_factory=list)

    @staticmethod
    def take_nearest(values: dict[str, tuple[float, Decimal]], kind: str, seconds: float, amount: Decimal) -> None:
        """Keep a register's value if it is nearer than the one kept of its kind."""
        if kind not in values or abs(seconds) < abs(values[kind][0]):
            values[kind] = (seconds, amount)

    def take_power(self, since: float, watts: Decimal) -> None:
        """Take a power. It is not known yet when the transaction ends: the highest until any moment is kept."""
        place = bisect_right(self.powers, (since, watts))
        if place and self.powers[place - 1][1] >= watts:
            return
        later = self.powers[place:]
        self.powers[place:] = [(since, watts), *(pair for pair in later if pair[1] > watts)]

    def most_power_until(self, seconds: float | None) -> Decimal | None:
        """The highest power until so long after the start [W], or of all; None where there is none."""
        powers = [watts for since, watts in self.powers if seconds is None or since <= seconds]
        return powers[-1] if powers else None
