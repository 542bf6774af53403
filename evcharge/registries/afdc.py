"""AFDC, the alternative fuel stations of the United States and Canada: the API's JSON, and its CSV.

Ports are the network's own ids (``ev_network_ids.ports``), which are unique only within a network. What does not
belong here: other fuels, access hours and phone numbers.
"""

from __future__ import annotations

from typing import Any

from evcharge.registries.records import Record, Records
from evcharge.registries.registry import Builder, Port, Registry, Station
from evcharge.registries.values import day_of, is_stated, place_of, power_kw, text_of

TITLE = "AFDC"
PAGE = "afdc"

DEFAULT_SOURCE = "afdc"
"""Station ids are AFDC's own."""

ELECTRIC = "ELEC"
LEVELS = (("evlevel1evsenum", "AC"), ("evlevel2evsenum", "AC"), ("evdcfastnum", "DC"), ("evdcfastcount", "DC"))
"""Their counts of ports by charging level (folded; the CSV's name of the last differs), and the current of each."""


def recognises(records: Records) -> bool:
    """Whether the records are AFDC's stations."""
    return records.has("station_name", "fuel_type_code") or records.has("station_name", "ev_network")


def read(records: Records) -> Registry:
    """The electric stations, and the ports whose ids their network gives out."""
    builder = Builder("afdc", DEFAULT_SOURCE)
    for record in records.each():
        if record.fault:
            builder.reject_broken(record)
            continue
        entry = record.value
        fuel = text_of(entry.get("fueltypecode"))
        if fuel not in (None, ELECTRIC):
            builder.odd(record.number, "not_electric", fuel)
            continue
        station_id = builder.usable_id(record.number, "station_id", entry.get("id"), entry)
        if station_id is not None:
            station = _station(builder, record, station_id)
            builder.station(record.number, station)
            _read_ports(builder, record, station)
    return builder.registry()


def _station(builder: Builder, record: Record, station_id: str) -> Station:
    entry, number = record.value, record.number
    opened_on, trouble = day_of(entry.get("opendate"), american=True)
    builder.odd(number, trouble, entry.get("opendate"))
    place, trouble = place_of(entry.get("latitude"), entry.get("longitude"))
    builder.odd(number, trouble, f"{entry.get('latitude')}, {entry.get('longitude')}")
    return Station(
        station_id=station_id,
        name=text_of(entry.get("stationname")),
        network=text_of(entry.get("evnetwork")),
        address=text_of(entry.get("streetaddress")),
        city=text_of(entry.get("city")),
        region=text_of(entry.get("state")),
        country=text_of(entry.get("country")),
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
        max_power_kw=_highest_power(builder, record),
        opened_on=opened_on,
    )


def _powers(builder: Builder, record: Record) -> list[float | None]:
    """Power of each kind of connector of the station [kW], None where it is not known."""
    units = record.value.get("evchargingunits")
    powers: list[float | None] = []
    for unit in units if isinstance(units, list) else []:
        connectors = unit.get("connectors") if isinstance(unit, dict) else None
        for connector in connectors.values() if isinstance(connectors, dict) else []:
            stated = connector.get("powerkw") if isinstance(connector, dict) else None
            power, trouble = power_kw(stated)
            builder.odd(record.number, trouble or (None if power else "power_unknown"), stated)
            powers.append(power)
    return powers


def _highest_power(builder: Builder, record: Record) -> float | None:
    powers = _powers(builder, record)
    known = [power for power in powers if power is not None]
    return max(known) if known and len(known) == len(powers) else None


def _read_ports(builder: Builder, record: Record, station: Station) -> None:
    """Ports by the network's ids; what is said of the station alone holds for a port where all of them are alike."""
    ids = record.value.get("evnetworkids")
    port_ids = ids.get("ports") if isinstance(ids, dict) else None
    if not port_ids:
        builder.odd(record.number, "station_without_ports", station.station_id)
        return
    current, connectors = _current(record.value), _connectors(record.value)
    for value in port_ids if isinstance(port_ids, list) else [port_ids]:
        port_id = builder.usable_id(record.number, "port_id", value, [value])
        if port_id is not None:
            port = Port(port_id, station.station_id, None, current, connectors[0] if len(connectors) == 1 else None)
            builder.port(record.number, port)


def _current(entry: dict[str, Any]) -> str | None:
    """AC or DC, where all ports of the station are counted under levels of one of them."""
    there = {current for field, current in LEVELS if is_stated(entry.get(field)) and str(entry[field]).strip() != "0"}
    return there.pop() if len(there) == 1 else None


def _connectors(entry: dict[str, Any]) -> list[str]:
    """The station's kinds of connectors: a list in JSON, words between blanks in CSV."""
    kinds = entry.get("evconnectortypes")
    if isinstance(kinds, str):
        kinds = kinds.split()
    return sorted({name for kind in kinds or [] if (name := text_of(kind))})
