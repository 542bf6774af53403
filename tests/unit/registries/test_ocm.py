from __future__ import annotations

import json

import pytest

CONNECTION = {
    "ID": 900,
    "ConnectionTypeID": 33,
    "ConnectionType": {"ID": 33, "Title": "CCS (Type 2)"},
    "CurrentTypeID": 30,
    "PowerKW": 50,
    "Quantity": 1,
}
POINT = {
    "ID": 100,
    "UUID": "AA-BB",
    "OperatorID": 3,
    "OperatorInfo": {"ID": 3, "Title": "Volts Ltd", "ContactEmail": "ann@example.org"},
    "AddressInfo": {
        "Title": "Town Hall",
        "AddressLine1": "1 High Street",
        "Town": "Leeds",
        "StateOrProvince": "Yorkshire",
        "Postcode": "LS1 1AA",
        "CountryID": 1,
        "Country": {"ID": 1, "Title": "United Kingdom"},
        "Latitude": 53.8,
        "Longitude": -1.5,
        "ContactTelephone1": "0113-000",
    },
    "Connections": [CONNECTION],
    "NumberOfPoints": 1,
    "SubmittedByUser": {"Username": "bob"},
}
GONE = object()


def changed(base, **over):
    return {name: value for name, value in {**base, **over}.items() if value is not GONE}


def point(address=None, connection=None, **over):
    parts = {
        "AddressInfo": changed(POINT["AddressInfo"], **(address or {})),
        "Connections": [changed(CONNECTION, **(connection or {}))],
    }
    return changed(POINT, **{**parts, **over})


OTHER = point(ID=1, connection={"ID": 9})


def test_a_point_of_interest_is_a_station_and_a_single_connection_a_port(registry_of):
    registry = registry_of([point()])
    (station,), (port,) = registry.stations, registry.ports
    assert (registry.format, registry.default_source, registry.rejects, registry.oddities) == (
        "ocm",
        "open-charge-map",
        [],
        {},
    )
    assert (station.station_id, station.name, station.operator) == ("100", "Town Hall", "Volts Ltd")
    assert (station.address, station.city, station.region) == ("1 High Street", "Leeds", "Yorkshire")
    assert (station.country, station.latitude, station.longitude) == ("United Kingdom", 53.8, -1.5)
    assert (station.max_power_kw, station.timezone, station.opened_on) == (50.0, None, None)
    assert (port.port_id, port.station_id, port.max_power_kw) == ("900", "100", 50.0)
    assert (port.current, port.connectors) == ("DC", "CCS (Type 2)")


@pytest.mark.parametrize(
    "data",
    [
        [OTHER, point()],
        json.dumps(OTHER) + "\n" + json.dumps(point()) + "\n",
        "[\n" + json.dumps(OTHER) + ",\n" + json.dumps(point()) + "\n]",
        "\ufeff" + json.dumps([OTHER, point()], indent=2),
    ],
)
def test_an_array_and_one_point_a_line_are_read_alike(registry_of, data):
    assert [station.station_id for station in registry_of(data).stations] == ["1", "100"]


def test_ids_of_the_compact_form_stay_ids(told):
    compact = point(address={"Country": GONE}, connection={"ConnectionType": GONE}, OperatorInfo=GONE)
    found, _, registry = told([compact])
    assert found == {"compact_ids": 1}
    assert (registry.stations[0].operator, registry.stations[0].country) == ("3", "1")
    assert registry.ports[0].connectors == "33"


@pytest.mark.parametrize(
    ("given", "oddities", "rejects"),
    [
        (point(ID=None), {}, {"station_id_missing": 1}),
        (point(ID=GONE), {}, {"station_id_missing": 1}),
        (point(ID=1.5), {}, {"station_id_unusable": 1}),
        (point(ID=1), {"station_repeated": 1}, {}),
        ([], {}, {"not_an_object": 1}),
        (point(Connections=[]), {"station_without_ports": 1}, {}),
        (point(Connections=None), {"station_without_ports": 1}, {}),
        (point(Connections=["?"]), {"station_without_ports": 1}, {}),
        (point(connection={"Quantity": 4}), {"connection_is_group": 1}, {}),
        (point(connection={"Quantity": None}), {}, {}),
        (point(connection={"ID": None}), {"connection_is_group": 1}, {}),
        (point(connection={"ID": 9}), {"port_at_two_stations": 1}, {}),
        (point(connection={"PowerKW": None}), {"power_unknown": 1}, {}),
        (point(connection={"PowerKW": 0}), {"power_not_positive": 1}, {}),
        (point(connection={"PowerKW": 50000}), {"power_unit_suspect": 1}, {}),
        (point(connection={"PowerKW": "22 kW"}), {"power_unreadable": 1}, {}),
        (point(connection={"ConnectionType": None, "ConnectionTypeID": None}), {"standard_missing": 1}, {}),
        (point(connection={"CurrentTypeID": 99}), {}, {}),
        (point(address={"Latitude": None}), {"coordinates_missing": 1}, {}),
        (point(address={"Latitude": 153.8}), {"coordinates_out_of_range": 1}, {}),
        (point(address={"Latitude": 0, "Longitude": 0}), {"coordinates_at_zero": 1}, {}),
        (point(AddressInfo=None), {"coordinates_missing": 1}, {}),
        (point(OperatorInfo=None, OperatorID=None), {}, {}),
    ],
)
def test_the_outcome_of_an_odd_point(told, given, oddities, rejects):
    found, refused, registry = told([OTHER, given])
    assert (found, refused) == (oddities, rejects)
    assert registry.stations[0].station_id == "1"


def test_a_reject_keeps_nobody(registry_of):
    (reject,) = registry_of([OTHER, point(ID=None)]).rejects
    assert "High Street" in reject.raw
    assert not any(private in reject.raw for private in ("LS1", "0113", "bob", "ann@"))
