"""OCPI Locations: 2.1.1, 2.2, 2.2.1 and the published 3.0 example, in an envelope, as ``{data}`` or as a bare list.

A port is an EVSE and known by its ``uid``, which sessions carry as ``evse_uid``. What does not belong here: tokens,
tariffs and the state of an EVSE.
"""

from __future__ import annotations

from typing import Any

from evcharge.registries.records import Record, Records
from evcharge.registries.registry import Builder, Port, Registry, Station
from evcharge.registries.values import LEAST_W, is_stated, number_of, place_of, power_kw, text_of, zone_of

TITLE = "OCPI Locations"
PAGE = "ocpi-locations"

LINE_TO_NEUTRAL_V = (100.0, 300.0)
"""Voltages between which a three-phase voltage can be line to neutral, as OCPI states it: grids have 100 to 277 V
(347 V in Canada). Many feeds write 380 to 480 V, which is line to line."""


def recognises(records: Records) -> bool:
    """Whether the records are locations."""
    return records.has("evses") or records.has("id", "coordinates")


def read(records: Records) -> Registry:
    """The locations as stations, their EVSEs as ports."""
    builder = Builder("ocpi")
    parties: dict[str, tuple[Any, Any]] = {}
    for record in records.each():
        if record.fault:
            builder.reject_broken(record)
            continue
        location = record.value
        station_id = builder.usable_id(record.number, "station_id", location.get("id"), location)
        if station_id is None:
            continue
        party = (location.get("countrycode"), location.get("partyid"))
        if parties.setdefault(station_id, party) != party:
            rule = "station_id_of_two_parties"
            builder.reject(record.number, rule, location, column="station_id", value=station_id)
            continue
        builder.station(record.number, _station(builder, record, station_id))
        _read_evses(builder, record, station_id)
    return builder.registry()


def _station(builder: Builder, record: Record, station_id: str) -> Station:
    location = record.value
    zone, trouble = zone_of(location.get("timezone"))
    builder.odd(record.number, trouble, location.get("timezone"))
    coordinates = _members(location.get("coordinates"))
    place, trouble = place_of(coordinates.get("latitude"), coordinates.get("longitude"))
    builder.odd(record.number, trouble, f"{coordinates.get('latitude')}, {coordinates.get('longitude')}")
    if not is_stated(location.get("lastupdated")):
        builder.odd(record.number, "last_updated_missing", station_id)
    return Station(
        station_id=station_id,
        name=text_of(location.get("name")),
        operator=text_of(_members(location.get("operator")).get("name")),
        address=text_of(location.get("address")),
        city=text_of(location.get("city")),
        region=text_of(location.get("state")),
        country=text_of(location.get("country")),
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
        timezone=zone,
    )


def _read_evses(builder: Builder, record: Record, station_id: str) -> None:
    evses = record.value.get("evses") or []
    evses = evses if isinstance(evses, list) else [evses]
    if not evses:
        builder.odd(record.number, "station_without_ports", station_id)
    for evse in evses:
        if not isinstance(evse, dict):
            builder.reject(record.number, "not_an_object", [evse], column="port_id")
            continue
        port_id = builder.usable_id(record.number, "port_id", evse.get("uid"), evse)
        if port_id is not None:
            if not is_stated(evse.get("evseid")):
                builder.odd(record.number, "evse_id_missing", port_id)
            builder.port(record.number, _port(builder, record.number, evse, port_id, station_id))


def _port(builder: Builder, number: int, evse: dict[str, Any], port_id: str, station_id: str) -> Port:
    """A port; its power is its connectors' highest and its current theirs, where each of them is known."""
    connectors = [one for one in evse.get("connectors") or [] if isinstance(one, dict)]
    if not connectors:
        builder.odd(number, "port_without_connectors", port_id)
        return Port(port_id, station_id)
    powers = [_power(builder, number, connector) for connector in connectors]
    known = [power for power in powers if power is not None]
    currents = {_current(builder, number, connector) for connector in connectors}
    standards = {text_of(connector.get("standard")) for connector in connectors}
    if None in standards:
        builder.odd(number, "standard_missing", port_id)
    return Port(
        port_id,
        station_id,
        max_power_kw=max(known) if len(known) == len(powers) else None,
        current=currents.pop() if len(currents) == 1 else None,
        connectors=text_of(", ".join(sorted(standard for standard in standards if standard))),
    )


def _power_type(connector: dict[str, Any]) -> str:
    return (text_of(connector.get("powertype")) or "").upper()


def _current(builder: Builder, number: int, connector: dict[str, Any]) -> str | None:
    kind = _power_type(connector)[:2]
    if kind in ("AC", "DC"):
        return kind
    builder.odd(number, "power_type_unknown", connector.get("powertype"))
    return None


def _power(builder: Builder, number: int, connector: dict[str, Any]) -> float | None:
    """Power of a connector [kW]: as stated in W; else of voltage and current as OCPI defines them; else unknown."""
    stated = connector.get("maxelectricpower")
    volts = _first_stated(connector, "maxvoltage", "voltage")
    amperes = _first_stated(connector, "maxamperage", "amperage")
    computed, trouble = _computed_power(_power_type(connector), number_of(volts), number_of(amperes))
    shown = f"{stated} W, {volts} V, {amperes} A, {connector.get('powertype')}"
    if is_stated(stated):
        power, trouble = power_kw(stated, unit_kw=0.001)
        if power is not None and power * 1000 < LEAST_W and (computed is None or computed >= 10 * power):
            power, trouble = None, "power_unit_suspect"
    else:
        power = computed
    builder.odd(number, trouble, shown)
    return power


def _first_stated(connector: dict[str, Any], *names: str) -> Any:
    return next((connector[name] for name in names if is_stated(connector.get(name))), None)


def _computed_power(kind: str, volts: float | None, amperes: float | None) -> tuple[float | None, str | None]:
    """Voltage times current [kW], three times where the voltage is of three phases to neutral.

    Source: OCPI 2.2.1, 8.4.3 (Connector): max_voltage is line to neutral for AC_3_PHASE, and power is stated only
    where it is lower than what voltage and current give.
    """
    if volts is None or amperes is None:
        return None, "power_unknown"
    if volts <= 0 or amperes <= 0:
        return None, "power_not_positive"
    if kind == "AC_3_PHASE":
        if not LINE_TO_NEUTRAL_V[0] <= volts <= LINE_TO_NEUTRAL_V[1]:
            return None, "voltage_suspect"
        return power_kw(str(3 * volts * amperes), unit_kw=0.001)
    if kind in ("AC_1_PHASE", "DC"):
        return power_kw(str(volts * amperes), unit_kw=0.001)
    return None, "power_unknown"


def _members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
