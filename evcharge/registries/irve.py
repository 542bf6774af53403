"""IRVE static, France's registry of public charge points: JSON lines or CSV, one line per point.

Points are ``id_pdc_itinerance``, stations ``id_station_itinerance``. What does not belong here: prices, opening hours,
and whom to call.
"""

from __future__ import annotations

import json
from typing import Any

from evcharge.registries.france import area_of
from evcharge.registries.records import Record, Records
from evcharge.registries.registry import Builder, Port, Registry, Station
from evcharge.registries.values import day_of, is_stated, place_of, power_kw, text_of

TITLE = "IRVE static"
PAGE = "irve"

DEFAULT_SOURCE = "qualicharge"
"""The ids are given out nationally (AFIREV), and QualiCharge's sessions carry the same ones."""

SOCKETS = {
    "prisetypeef": ("type_ef", "AC"),
    "prisetype2": ("type_2", "AC"),
    "prisetypecomboccs": ("type_combo_ccs", "DC"),
    "prisetypechademo": ("type_chademo", "DC"),
    "prisetypeautre": ("type_autre", None),
}
"""Their fields of sockets (folded), the name of each here, and the current it carries by its own standard."""

TRUE_WORDS = frozenset({"true", "1", "oui", "vrai"})
"""Words for yes. Source: IRVE static schema 2.3.1 (true, 1), and older files."""


def recognises(records: Records) -> bool:
    """Whether the records are points of the registry."""
    return records.has("id_pdc_itinerance", "id_station_itinerance")


def read(records: Records) -> Registry:
    """The points as ports; each line describes its station again, and the first description stands."""
    builder = Builder("irve", DEFAULT_SOURCE)
    for record in records.each():
        if record.fault:
            builder.reject_broken(record)
            continue
        line = record.value
        station_id = builder.usable_id(record.number, "station_id", line.get("idstationitinerance"), line)
        if station_id is None:
            continue
        _read_station(builder, record, station_id)
        port_id = builder.usable_id(record.number, "port_id", line.get("idpdcitinerance"), line)
        if port_id is not None:
            builder.port(record.number, _port(builder, record, port_id, station_id))
    return builder.registry()


def _read_station(builder: Builder, record: Record, station_id: str) -> None:
    """Takes the station in; what is odd about it is counted on its first line alone."""
    line, number = record.value, record.number
    opened_on, strange_day = day_of(line.get("datemiseenservice"))
    longitude, latitude = _coordinates(line)
    place, strange_place = place_of(latitude, longitude)
    commune = text_of(line.get("codeinseecommune"))
    area = area_of(commune or "")
    if not builder.has_station(station_id):
        builder.odd(number, strange_day, line.get("datemiseenservice"))
        builder.odd(number, strange_place, line.get("coordonneesxy"))
        builder.odd(number, "commune_unknown" if commune and not area else None, commune)
    station = Station(
        station_id=station_id,
        name=text_of(line.get("nomstation")),
        operator=text_of(line.get("nomoperateur")),
        network=text_of(line.get("nomenseigne")),
        address=text_of(line.get("adressestation")),
        city=text_of(line.get("consolidatedcommune")),
        region=area.region if area else None,
        department=area.department if area else None,
        country="FR",
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
        opened_on=opened_on,
    )
    builder.station(number, station, lines_are_ports=True)


def _coordinates(line: dict[str, Any]) -> tuple[Any, Any]:
    """Longitude and latitude as written: ``coordonneesXY`` is a list of the two, as JSON or as its text."""
    value = line.get("coordonneesxy")
    if not is_stated(value):
        return None, None
    parts = value
    if isinstance(value, str):
        try:
            parts = json.loads(value, parse_float=str, parse_int=str, parse_constant=str)
        except ValueError:
            parts = None
    if isinstance(parts, list) and len(parts) == 2:
        return parts[0], parts[1]
    return repr(value), repr(value)


def _port(builder: Builder, record: Record, port_id: str, station_id: str) -> Port:
    line, number = record.value, record.number
    power, trouble = power_kw(line.get("puissancenominale"))
    builder.odd(number, trouble or (None if power else "power_unknown"), line.get("puissancenominale"))
    sockets = [socket for field, socket in SOCKETS.items() if _is_true(line.get(field))]
    if not sockets:
        builder.odd(number, "port_without_connectors", port_id)
    currents = {current for _, current in sockets}
    return Port(
        port_id,
        station_id,
        max_power_kw=power,
        current=currents.pop() if len(currents) == 1 else None,
        connectors=", ".join(sorted(name for name, _ in sockets)) or None,
    )


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().casefold() in TRUE_WORDS)
