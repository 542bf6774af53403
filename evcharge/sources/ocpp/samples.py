"""Sampled values of both versions: the register and the power of an outlet, in total or summed over its phases.

What does not belong here: what the values say of a transaction (``ocpp.meters``, ``ocpp.stops``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from evcharge.sources.ocpp.meters import OF_PHASES, OF_PHASES_TO_NEUTRAL, TOTAL, Reading, Readings
from evcharge.sources.ocpp.payloads import number, scalar

_REGISTER, _POWER = "Energy.Active.Import.Register", "Power.Active.Import"
_UNITS_WH, _UNITS_W = {"Wh": 0, "kWh": 3}, {"W": 0, "kW": 3}
"""Units and the power of ten that makes them Wh and W."""
_LARGEST_MULTIPLIER = 12
"""Largest power of ten that is believed of a meter."""

_ALL_PHASES = 3
_PHASES = {
    f"L{phase}{end}": (kind, phase)
    for kind, end in ((OF_PHASES, ""), (OF_PHASES_TO_NEUTRAL, "-N"))
    for phase in range(1, _ALL_PHASES + 1)
}
"""The phases that add up to the outlet (OCPP 1.6, 7.31). Those between two of them, and the neutral, do not."""


def readings_of(meter_values: object) -> Readings:
    """The values of register and power in a message: those in total, and the sums of three phases.

    For each moment one power counts: the total, or else a sum. Registers keep their kind, since a rise can only be
    taken between two of one kind.
    """
    readings = Readings([], [])
    phases: dict[tuple[str, str, str, str], dict[int, Decimal | None]] = {}
    powers_told = set()
    for time, measurand, sample in _samples(meter_values):
        context = scalar(sample.get("context", "Sample.Periodic"))
        amount = _amount(sample, measurand)
        if "phase" in sample:
            kind, phase = _PHASES.get(scalar(sample["phase"]), ("", 0))
            told = phases.setdefault((kind, measurand, context, time), {})
            told[phase] = amount if told.get(phase, amount) == amount else None  # two values for one phase: not known
        elif measurand == _REGISTER:
            text = f"{sample.get('value')} {sample.get('unitOfMeasure')}" if amount is None else ""
            readings.registers.append(Reading(TOTAL, context, time, amount, text))
        else:
            powers_told.add((context, time))
            if amount is not None and amount > 0:
                readings.powers.append(Reading(TOTAL, context, time, amount))

    for (kind, measurand, context, time), told in sorted(phases.items()) if phases else ():
        amount = _sum(told) if kind else None
        if amount is not None and measurand == _REGISTER:
            readings.registers.append(Reading(kind, context, time, amount))
        elif amount and (context, time) not in powers_told:
            powers_told.add((context, time))
            readings.powers.append(Reading(kind, context, time, amount))
    return readings


def _sum(phases: Mapping[int, Decimal | None]) -> Decimal | None:
    """The sum of all phases; None where one is missing, is not known, or is below zero."""
    amounts = [amount for amount in phases.values() if amount is not None and amount >= 0]
    return sum(amounts, Decimal(0)) if len(amounts) == _ALL_PHASES else None


def _samples(meter_values: object) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The sampled values of the outlet's register and power, each with the time of its set and its measurand."""
    for value in meter_values if isinstance(meter_values, list) else ():
        samples = value.get("sampledValue") if isinstance(value, dict) else None
        time = scalar(value.get("timestamp")) if samples else ""
        for sample in samples if isinstance(samples, list) else ():
            measurand = sample.get("measurand", _REGISTER) if isinstance(sample, dict) else None
            if measurand in (_REGISTER, _POWER) and sample.get("location", "Outlet") == "Outlet":
                yield time, measurand, sample


def _amount(sample: Mapping[str, Any], measurand: str) -> Decimal | None:
    """A value [Wh, or W]; a register without a unit is in Wh, while of a power no version says what it would be in."""
    measure = sample.get("unitOfMeasure", {})
    amount = number(sample.get("value"))
    if amount is None or not isinstance(measure, dict):
        return None
    units, usual = (_UNITS_WH, "Wh") if measurand == _REGISTER else (_UNITS_W, "")
    unit = measure.get("unit", sample.get("unit", usual))  # of OCPP 1.6 the unit stands beside the value
    multiplier = measure.get("multiplier", 0)
    if type(multiplier) is not int or abs(multiplier) > _LARGEST_MULTIPLIER or not isinstance(unit, str):
        return None
    return amount.scaleb(units[unit] + multiplier) if unit in units else None
