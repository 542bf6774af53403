"""A registry as read: stations, their ports, what was odd, and what could not be used.

What does not belong here: how a format is read (its own module), and tables (``load``).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from evcharge.registries.records import Record
from evcharge.registries.values import id_of
from evcharge.sources.names import folded
from evcharge.sources.privacy import ROW_WITHHELD, WITHHELD

EXAMPLES = 5
"""Examples kept of each oddity; the count is of all."""

PRIVATE_PARTS = ("phone", "contact", "mail", "postcode", "postalcode", "zip", "user", "token")
"""Parts of field names whose values are never kept, also in rejects: they reach a person, or place one."""

MESSAGES = {
    "padded_id": "blanks around an id were left out",
    "station_repeated": "a station described again; its first description stands",
    "port_repeated": "a port described again at its station; its first description stands",
    "port_at_two_stations": "a port named at two stations; it is placed at neither",
    "station_without_ports": "no port is named",
    "port_without_connectors": "no connector is named",
    "evse_id_missing": "no evse_id; the port is known by its uid anyway",
    "last_updated_missing": "no time of change; the file is taken as it is",
    "timezone_missing": "no time zone; left empty",
    "timezone_invalid": "no IANA time zone; left empty, never guessed",
    "coordinates_missing": "no coordinates",
    "coordinates_unreadable": "coordinates that are no numbers; left empty",
    "coordinates_out_of_range": "coordinates outside the globe, perhaps swapped; left empty",
    "coordinates_at_zero": "coordinates 0, 0; kept as written",
    "latitude_equals_longitude": "latitude and longitude are one number; kept as written",
    "power_unreadable": "a power that is no number; left empty",
    "power_not_positive": "a power, voltage or current of 0 or less; left empty",
    "power_unit_suspect": "a power that can't be in the unit stated (kW for W?); left empty",
    "power_unknown": "a power that is neither stated nor follows from voltage and current; left empty",
    "voltage_suspect": "a three-phase voltage that is not line to neutral as stated; power left empty",
    "power_type_unknown": "neither AC nor DC is stated",
    "standard_missing": "a connector without a standard",
    "commune_unknown": "a commune's code of no department; region and department left empty",
    "opened_on_unreadable": "an opening day that is no date; left empty",
    "not_electric": "an entry for another fuel; left out",
    "compact_ids": "ids in place of names (compact form); kept as ids",
    "connection_is_group": "a connection that stands for several ports, or has no id; no port is made of it",
}
"""Each oddity in words; its object is kept."""

REJECTS = {
    "station_id_missing": "no id of a station",
    "station_id_unusable": "an id of a station that is no text or whole number, too long, or has control characters",
    "station_id_of_two_parties": "the id of another party's station in the same file",
    "port_id_missing": "no id of a port",
    "port_id_unusable": "an id of a port that is no text or whole number, too long, or has control characters",
    "not_an_object": "not an object where one belongs",
    "malformed_row": "not a row of this format",
    "row_too_short": "fewer fields than the header",
    "row_too_long": "more fields than the header",
}
"""Why an object was refused; the rest of the file is read."""


@dataclass(frozen=True)
class Station:
    """A station as a registry describes it; None where it says nothing. Names and units are ``DimStation``'s."""

    station_id: str
    name: str | None = None
    operator: str | None = None
    network: str | None = None
    address: str | None = None
    city: str | None = None
    region: str | None = None
    department: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    timezone: str | None = None
    max_power_kw: float | None = None
    opened_on: date | None = None


@dataclass(frozen=True)
class Port:
    """A port (EVSE) and the station it stands at. Names and units are ``DimPort``'s."""

    port_id: str
    station_id: str
    max_power_kw: float | None = None
    current: str | None = None
    connectors: str | None = None


@dataclass(frozen=True)
class Reject:
    """An object that has no usable id, or is none: its line or number, why, and its text without private values."""

    number: int
    rule: str
    column: str | None
    value: str | None
    raw: str


@dataclass
class Oddity:
    """How often something odd was met, and the first examples: line or object number, and what stood there."""

    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Registry:
    """All of a file.

    Attributes:
        format: name of the format, such as ``ocpi``.
        default_source: whose station ids these are by the format's own rule, or None where only the user knows.
        stations: each station once.
        ports: each port once, at a station of ``stations``.
        rejects: what was refused; one for each number and rule.
        oddities: what was odd, by code of ``MESSAGES``.
    """

    format: str
    default_source: str | None
    stations: list[Station]
    ports: list[Port]
    rejects: list[Reject]
    oddities: dict[str, Oddity]


class Builder:
    """Gathers what a reader finds, and settles what only the whole file can tell."""

    def __init__(self, format_name: str, default_source: str | None = None) -> None:
        self.format = format_name
        self.default_source = default_source
        self._stations: dict[str, Station] = {}
        self._ports: dict[str, Port] = {}
        self._torn: set[str] = set()
        self._rejects: dict[tuple[int, str], Reject] = {}
        self._oddities: defaultdict[str, Oddity] = defaultdict(Oddity)

    def odd(self, number: int, code: str | None, text: object = "") -> None:
        """Counts an oddity; None is none."""
        if code:
            oddity = self._oddities[code]
            oddity.count += 1
            if len(oddity.examples) < EXAMPLES:
                oddity.examples.append({"number": number, "text": str(text)[:80]})

    def reject(self, number: int, rule: str, raw: Any, *, column: str | None = None, value: Any = None) -> None:
        """Refuses an object; several of one number and rule are one reject with all their texts."""
        text = raw if isinstance(raw, str) else json.dumps(withheld(raw), ensure_ascii=False, separators=(",", ":"))
        earlier = self._rejects.get((number, rule))
        kept = f"{earlier.raw}\n{text}" if earlier else text
        shown = None if value is None else str(value)
        self._rejects[number, rule] = Reject(number, rule, column, shown, _storable(kept) or "")

    def reject_broken(self, record: Record) -> None:
        """Refuses a record that is none; what can't be taken apart is withheld, since it may hold what is private."""
        broken = record.fault != "not_an_object" or not isinstance(record.value, str | None)
        self.reject(record.number, record.fault or "malformed_row", ROW_WITHHELD if broken else record.value)

    def usable_id(self, number: int, column: str, value: Any, raw: Any) -> str | None:
        """An id, or None after its object was refused."""
        found, trouble = id_of(value)
        if found is None:
            shown = _storable(str(value))[:80] if isinstance(value, str) else None
            self.reject(number, f"{column}_{trouble}", raw, column=column, value=shown)
        elif trouble == "padded":
            self.odd(number, "padded_id", value)
        return found

    def has_station(self, station_id: str) -> bool:
        """Whether the station was described before."""
        return station_id in self._stations

    def station(self, number: int, station: Station, *, lines_are_ports: bool = False) -> None:
        """Takes a station in; a second description must not differ where a station has a line for each port."""
        first = self._stations.setdefault(station.station_id, station)
        if first is not station and not (lines_are_ports and first == station):
            self.odd(number, "station_repeated", station.station_id)

    def port(self, number: int, port: Port) -> None:
        """Takes a port in; at a second station it can't stand, so that it is placed at neither."""
        first = self._ports.setdefault(port.port_id, port)
        if first is port:
            return
        if first.station_id == port.station_id:
            self.odd(number, "port_repeated", port.port_id)
        else:
            self.odd(number, "port_at_two_stations", port.port_id)
            self._torn.add(port.port_id)

    def registry(self) -> Registry:
        """What was gathered; a station's power is its ports' highest, where each of them is known."""
        highest: dict[str, float] = {}
        unknown: set[str] = set()
        ports_of: Counter[str] = Counter()
        for port in self._ports.values():
            ports_of[port.station_id] += 1
            if port.max_power_kw is None:
                unknown.add(port.station_id)
            else:
                highest[port.station_id] = max(port.max_power_kw, highest.get(port.station_id, 0.0))
        stations = [
            replace(station, max_power_kw=highest[station.station_id])
            if station.max_power_kw is None and station.station_id in highest.keys() - unknown
            else station
            for station in self._stations.values()
        ]
        ports = [port for port in self._ports.values() if port.port_id not in self._torn]
        rejects = [self._rejects[key] for key in sorted(self._rejects)]
        return Registry(self.format, self.default_source, stations, ports, rejects, dict(self._oddities))


def withheld(value: Any) -> Any:
    """A JSON value without what must not be kept, at any depth."""
    if isinstance(value, Mapping):
        return {key: WITHHELD if _is_private(key) and held else withheld(held) for key, held in value.items()}
    return [withheld(item) for item in value] if isinstance(value, list) else value


def _is_private(key: str) -> bool:
    name = folded(key)
    return any(part in name for part in PRIVATE_PARTS)


def _storable(text: str) -> str:
    """The text with the characters that no database takes (NUL, lone surrogates) written as escapes."""
    return "".join(f"\\u{ord(c):04x}" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
