from __future__ import annotations

import json
from datetime import date

import pytest

UNIT = {"port_count": 2, "charging_level": "dc_fast", "connectors": {"J1772COMBO": {"power_kw": 150, "port_count": 2}}}
ENTRY = {
    "id": 4711,
    "station_name": "Mall",
    "street_address": "1 Main St",
    "city": "Springfield",
    "state": "IL",
    "zip": "62701",
    "country": "US",
    "station_phone": "555-0100",
    "latitude": 39.8,
    "longitude": -89.6,
    "fuel_type_code": "ELEC",
    "open_date": "2021-06-01",
    "ev_network": "Volta",
    "ev_network_ids": {"station": ["S1"], "ports": ["P1", "P2"]},
    "ev_level2_evse_num": None,
    "ev_dc_fast_num": 2,
    "ev_connector_types": ["J1772COMBO"],
    "ev_charging_units": [UNIT],
}
GONE = object()
HEADER = (
    "Fuel Type Code,Station Name,Street Address,City,State,ZIP,Station Phone,EV Level2 EVSE Num,EV DC Fast Count,"
    "EV Network,Latitude,Longitude,ID,Open Date,EV Connector Types,Country"
)
ROW = "ELEC,Mall,1 Main St,Springfield,IL,62701,555-0100,4,,Volta,39.8,-89.6,4711,06/01/2021,J1772,US"


def entry(**over):
    return {name: value for name, value in {**ENTRY, **over}.items() if value is not GONE}


OTHER = entry(id=1, ev_network_ids={"ports": ["P9"]})


def test_an_entry_of_the_api_is_a_station_with_its_networks_ports(registry_of):
    registry = registry_of({"station_locator_url": "x", "total_results": 1, "fuel_stations": [entry()]})
    (station,) = registry.stations
    assert (registry.format, registry.default_source, registry.rejects, registry.oddities) == ("afdc", "afdc", [], {})
    assert (station.station_id, station.name, station.operator, station.network) == ("4711", "Mall", None, "Volta")
    assert (station.address, station.city, station.region, station.country) == ("1 Main St", "Springfield", "IL", "US")
    assert (station.latitude, station.longitude, station.timezone) == (39.8, -89.6, None)
    assert (station.max_power_kw, station.opened_on) == (150.0, date(2021, 6, 1))
    assert [(p.port_id, p.max_power_kw, p.current, p.connectors) for p in registry.ports] == [
        ("P1", None, "DC", "J1772COMBO"),
        ("P2", None, "DC", "J1772COMBO"),
    ]


def test_a_row_of_the_csv_is_a_station_without_ports(told):
    found, refused, registry = told(f"{HEADER}\n{ROW}\n")
    (station,) = registry.stations
    assert (station.station_id, station.region, station.opened_on) == ("4711", "IL", date(2021, 6, 1))
    assert (found, refused, registry.ports) == ({"station_without_ports": 1}, {}, [])


@pytest.mark.parametrize(
    ("given", "oddities", "rejects"),
    [
        (entry(id=None), {}, {"station_id_missing": 1}),
        (entry(id=GONE), {}, {"station_id_missing": 1}),
        (entry(id=4711.5), {}, {"station_id_unusable": 1}),
        (entry(id=" 4711"), {"padded_id": 1}, {}),
        (7, {}, {"not_an_object": 1}),
        (entry(fuel_type_code="LPG"), {"not_electric": 1}, {}),
        (entry(fuel_type_code=GONE), {}, {}),
        (entry(latitude=None), {"coordinates_missing": 1}, {}),
        (entry(latitude="north"), {"coordinates_unreadable": 1}, {}),
        (entry(latitude=-189.6), {"coordinates_out_of_range": 1}, {}),
        (entry(latitude="NONE", longitude="NONE"), {"coordinates_missing": 1}, {}),
        (entry(open_date=None), {}, {}),
        (entry(open_date="NONE"), {}, {}),
        (entry(open_date="06/01/2021"), {}, {}),
        (entry(open_date="2021-06-01 00:00:00"), {}, {}),
        (entry(open_date="13/01/2021"), {"opened_on_unreadable": 1}, {}),
        (entry(open_date="soon"), {"opened_on_unreadable": 1}, {}),
        (entry(ev_network_ids=None), {"station_without_ports": 1}, {}),
        (entry(ev_network_ids={"station": ["S1"]}), {"station_without_ports": 1}, {}),
        (entry(ev_network_ids={"ports": ["P1", ""]}), {}, {"port_id_missing": 1}),
        (entry(ev_network_ids={"ports": ["P1", "P1"]}), {"port_repeated": 1}, {}),
        (entry(ev_network_ids={"ports": ["P9"]}), {"port_at_two_stations": 1}, {}),
        (entry(ev_network_ids={"ports": 17}), {}, {}),
        (entry(ev_charging_units=None), {}, {}),
        (entry(ev_charging_units=[{"connectors": {"J1772": {"power_kw": None}}}]), {"power_unknown": 1}, {}),
        (entry(ev_charging_units=[{"connectors": {"J1772": {"power_kw": 7200}}}]), {"power_unit_suspect": 1}, {}),
        (entry(ev_charging_units=[{"connectors": None}, "?"]), {}, {}),
        (entry(ev_dc_fast_num=True), {}, {}),
        (entry(id=1), {"station_repeated": 1}, {}),
    ],
)
def test_the_outcome_of_an_odd_entry(told, given, oddities, rejects):
    found, refused, registry = told({"fuel_stations": [OTHER, given]})
    assert (found, refused) == (oddities, rejects)
    assert registry.stations[0].station_id == "1"


@pytest.mark.parametrize(
    ("over", "current", "connectors"),
    [
        ({"ev_level2_evse_num": 4}, None, "J1772COMBO"),
        ({"ev_level2_evse_num": 4, "ev_dc_fast_num": 0}, "AC", "J1772COMBO"),
        ({"ev_connector_types": ["CHADEMO", "J1772COMBO"]}, "DC", None),
        ({"ev_connector_types": None, "ev_dc_fast_num": None}, None, None),
    ],
)
def test_a_port_has_only_what_holds_for_all_ports_of_its_station(registry_of, over, current, connectors):
    port = registry_of([entry(**over)]).ports[0]
    assert (port.current, port.connectors) == (current, connectors)


def test_null_words_stand_for_nothing(registry_of):
    (station,) = registry_of([entry(ev_network="NONE", city="")]).stations
    assert (station.network, station.city) == (None, None)


def test_a_reject_keeps_no_zip_and_no_phone(registry_of):
    (reject,) = registry_of(json.dumps([entry(id=None)])).rejects
    assert "Main St" in reject.raw
    assert not any(private in reject.raw for private in ("62701", "555-0100"))
