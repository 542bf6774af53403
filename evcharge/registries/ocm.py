"""Open Charge Map: an array of points of interest, or one a line; in the compact form ids stand in place of names.

What does not belong here: comments, pictures and people. The licence is per record: see the page of the source.
"""

from __future__ import annotations

from typing import Any

from evcharge.registries.records import Record, Records
from evcharge.registries.registry import Builder, Port, Registry, Station
from evcharge.registries.values import id_of, is_stated, place_of, power_kw, text_of

TITLE = "Open Charge Map"
PAGE = "open-charge-map"

DEFAULT_SOURCE = "open-charge-map"
"""Station ids are Open Charge Map's own (``ID``)."""

CURRENTS = {"10": "AC", "20": "AC", "30": "DC"}
"""CurrentTypeID: AC of one phase, AC of three phases, DC. Source: Open Charge Map's reference data."""


def recognises(records: Records) -> bool:
    """Whether the records are points of interest."""
    return records.has("AddressInfo")


def read(records: Records) -> Registry:
    """The points as stations; a connection is a port where it stands for one alone."""
    builder = Builder("ocm", DEFAULT_SOURCE)
    for record in records.each():
        if record.fault:
            builder.reject_broken(record)
            continue
        point = record.value
        station_id = builder.usable_id(record.number, "station_id", point.get("id"), point)
        if station_id is not None:
            connections = [one for one in point.get("connections") or [] if isinstance(one, dict)]
            powers = [_power(builder, record.number, one) for one in connections]
            builder.station(record.number, _station(builder, record, station_id, powers))
            if not connections:
                builder.odd(record.number, "station_without_ports", station_id)
            for connection, power in zip(connections, powers, strict=True):
                _read_port(builder, record.number, connection, power, station_id)
    return builder.registry()


def _station(builder: Builder, record: Record, station_id: str, powers: list[float | None]) -> Station:
    point, address = record.value, _members(record.value.get("addressinfo"))
    operator, operator_is_id = _named(point, "operatorinfo", "operatorid")
    country, country_is_id = _named(address, "country", "countryid")
    if operator_is_id or country_is_id:
        builder.odd(record.number, "compact_ids", station_id)
    place, trouble = place_of(address.get("latitude"), address.get("longitude"))
    builder.odd(record.number, trouble, f"{address.get('latitude')}, {address.get('longitude')}")
    known = [power for power in powers if power is not None]
    return Station(
        station_id=station_id,
        name=text_of(address.get("title")),
        operator=operator,
        address=text_of(address.get("addressline1")),
        city=text_of(address.get("town")),
        region=text_of(address.get("stateorprovince")),
        country=country,
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
        max_power_kw=max(known) if known and len(known) == len(powers) else None,
    )


def _named(holder: dict[str, Any], info: str, bare_id: str) -> tuple[str | None, bool]:
    """The title in a member, else the bare id as it stands, and whether it is one."""
    title = text_of(_members(holder.get(info)).get("title"))
    if title:
        return title, False
    found, _ = id_of(holder.get(bare_id))
    return found, found is not None


def _power(builder: Builder, number: int, connection: dict[str, Any]) -> float | None:
    power, trouble = power_kw(connection.get("powerkw"))
    builder.odd(number, trouble or (None if power else "power_unknown"), connection.get("powerkw"))
    return power


def _read_port(builder: Builder, number: int, connection: dict[str, Any], power: float | None, station_id: str) -> None:
    """A connection as a port; one of several places, or without an id, is no port."""
    port_id, _ = id_of(connection.get("id"))
    quantity = connection.get("quantity")
    if port_id is None or (is_stated(quantity) and quantity != "1"):
        builder.odd(number, "connection_is_group", quantity)
        return
    current = _members(connection.get("currenttype")).get("id") or connection.get("currenttypeid")
    connectors, _ = _named(connection, "connectiontype", "connectiontypeid")
    if connectors is None:
        builder.odd(number, "standard_missing", port_id)
    builder.port(number, Port(port_id, station_id, power, CURRENTS.get(str(current)), connectors))


def _members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
