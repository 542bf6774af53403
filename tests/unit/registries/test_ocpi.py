from __future__ import annotations

import gzip
import json

import pytest

CONNECTOR = {
    "id": "1",
    "standard": "IEC_62196_T2_COMBO",
    "format": "CABLE",
    "power_type": "DC",
    "max_voltage": 920,
    "max_amperage": 400,
    "max_electric_power": 150000,
    "last_updated": "2025-01-01T00:00:00Z",
}
EVSE = {"uid": "E1", "evse_id": "NL*ABC*E1", "status": "AVAILABLE", "connectors": [CONNECTOR]}
LOCATION = {
    "country_code": "NL",
    "party_id": "ABC",
    "id": "L1",
    "name": "Harbour",
    "address": "Quay 1",
    "city": "Delft",
    "postal_code": "2611 AA",
    "state": "South",
    "country": "NLD",
    "coordinates": {"latitude": "52.0", "longitude": "4.3"},
    "time_zone": "Europe/Amsterdam",
    "operator": {"name": "Current Affairs"},
    "evses": [EVSE],
    "last_updated": "2025-01-01T00:00:00Z",
}
GONE = object()


def changed(base, **over):
    """A copy with some members replaced, or taken out where they are GONE."""
    return {name: value for name, value in {**base, **over}.items() if value is not GONE}


def location(evse=None, connector=None, **over):
    evses = [changed(EVSE, **{"connectors": [changed(CONNECTOR, **(connector or {}))], **(evse or {})})]
    return changed(LOCATION, **{"evses": evses, **over})


def test_a_location_is_a_station_and_its_evses_are_its_ports(registry_of):
    registry = registry_of([location()])
    (station,), (port,) = registry.stations, registry.ports
    assert (registry.format, registry.default_source, registry.rejects, registry.oddities) == ("ocpi", None, [], {})
    assert (station.station_id, station.name, station.operator, station.network) == (
        "L1",
        "Harbour",
        "Current Affairs",
        None,
    )
    assert (station.address, station.city, station.region, station.country) == ("Quay 1", "Delft", "South", "NLD")
    assert (station.latitude, station.longitude, station.timezone) == (52.0, 4.3, "Europe/Amsterdam")
    assert (station.max_power_kw, station.opened_on) == (150.0, None)
    assert (port.port_id, port.station_id, port.max_power_kw, port.current) == ("E1", "L1", 150.0, "DC")
    assert port.connectors == "IEC_62196_T2_COMBO"


@pytest.mark.parametrize(
    "carried",
    [
        [location()],
        {"data": [location()]},
        {"data": [location()], "status_code": 1000, "status_message": "ok", "timestamp": "2025-01-01T00:00:00Z"},
        {"status_code": 1000, "data": location()},
        location(),
        "\ufeff" + json.dumps({"data": [location()]}),
        gzip.compress(json.dumps([location()]).encode(), mtime=0),
        json.dumps([location()], indent=1).replace("\n", "\r\n"),
        "\n\n" + json.dumps(location()) + "\n" + json.dumps(location(id="L2", evses=[])) + "\n",
        json.dumps([location()]).encode("utf-16"),
    ],
)
def test_every_carrier_gives_the_same_first_station(registry_of, carried):
    registry = registry_of(carried)
    assert (registry.stations[0].station_id, registry.ports[0].port_id) == ("L1", "E1")
    assert not registry.rejects


@pytest.mark.parametrize(
    ("given", "oddities", "rejects"),
    [
        (location(time_zone=GONE), {"timezone_missing": 1}, {}),
        (location(time_zone=""), {"timezone_missing": 1}, {}),
        (location(time_zone="Asia/Kuala Lumpur"), {"timezone_invalid": 1}, {}),
        (location(time_zone="Germany"), {"timezone_invalid": 1}, {}),
        (location(id=" L1 "), {"padded_id": 1}, {}),
        (location(id=17), {}, {}),
        (location(id=7.0), {}, {"station_id_unusable": 1}),
        (location(id=True), {}, {"station_id_unusable": 1}),
        (location(id={"a": 1}), {}, {"station_id_unusable": 1}),
        (location(id="a\nb"), {}, {"station_id_unusable": 1}),
        (location(id="x" * 256), {}, {"station_id_unusable": 1}),
        (location(id=GONE), {}, {"station_id_missing": 1}),
        (location(id="  "), {}, {"station_id_missing": 1}),
        ("nothing", {}, {"not_an_object": 1}),
        (None, {}, {"not_an_object": 1}),
        (location(evse={"uid": None}), {}, {"port_id_missing": 1}),
        (location(evse={"uid": ""}), {}, {"port_id_missing": 1}),
        (location(evse={"uid": 1.5}), {}, {"port_id_unusable": 1}),
        (location(evses=["E1"]), {}, {"not_an_object": 1}),
        (location(evses=[]), {"station_without_ports": 1}, {}),
        (location(evses=None), {"station_without_ports": 1}, {}),
        (location(evse={"evse_id": GONE}), {"evse_id_missing": 1}, {}),
        (location(evse={"status": "CHARGING "}), {}, {}),
        (location(evse={"connectors": []}), {"port_without_connectors": 1}, {}),
        (location(evse={"connectors": GONE}), {"port_without_connectors": 1}, {}),
        (location(evses=[EVSE, EVSE]), {"port_repeated": 1}, {}),
        (location(connector={"standard": None}), {"standard_missing": 1}, {}),
        (location(last_updated=GONE), {"last_updated_missing": 1}, {}),
        (location(last_updated="2025-06-21T11:20:36.504571"), {}, {}),
        (location(coordinates=GONE), {"coordinates_missing": 1}, {}),
        (location(coordinates={"latitude": "", "longitude": ""}), {"coordinates_missing": 1}, {}),
        (location(coordinates={"latitude": 52.0, "longitude": 4.3}), {}, {}),
        (location(coordinates={"latitude": "52,0", "longitude": "4,3"}), {"coordinates_unreadable": 1}, {}),
        (location(coordinates={"latitude": float("nan"), "longitude": 4}), {"coordinates_unreadable": 1}, {}),
        (location(coordinates={"latitude": "101.7", "longitude": "3.0"}), {"coordinates_out_of_range": 1}, {}),
        (location(coordinates={"latitude": 0, "longitude": 0}), {"coordinates_at_zero": 1}, {}),
        (location(coordinates={"latitude": 47.7, "longitude": 47.7}), {"latitude_equals_longitude": 1}, {}),
        (location(country="TRY"), {}, {}),
        (location(country=None, operator=None, city=""), {}, {}),
        (location(operator="a name alone"), {}, {}),
    ],
)
def test_the_outcome_of_an_odd_location(told, given, oddities, rejects):
    found, refused, registry = told({"data": [given, location(id="other", evse={"uid": "other"})]})
    assert (found, refused) == (oddities, rejects)
    assert registry.stations[-1].station_id == "other"


@pytest.mark.parametrize(
    ("connector", "power_kw", "oddity"),
    [
        ({"max_electric_power": 22000, "power_type": "AC_3_PHASE", "max_voltage": 688, "max_amperage": 32}, 22.0, None),
        ({"max_electric_power": 22000, "max_voltage": 0, "max_amperage": 0}, 22.0, None),
        ({"max_electric_power": "50000"}, 50.0, None),
        ({"max_electric_power": 22, "max_voltage": 400, "max_amperage": 32}, None, "power_unit_suspect"),
        ({"max_electric_power": 150, "max_voltage": None, "max_amperage": None}, None, "power_unit_suspect"),
        ({"max_electric_power": 5_000_000}, None, "power_unit_suspect"),
        (
            {"max_electric_power": 800, "power_type": "AC_1_PHASE", "max_voltage": 200, "max_amperage": 4},
            0.8,
            None,
        ),
        ({"max_electric_power": 0}, None, "power_not_positive"),
        ({"max_electric_power": "fast"}, None, "power_unreadable"),
        ({"max_electric_power": GONE, "max_voltage": 400, "max_amperage": 125}, 50.0, None),
        ({"max_electric_power": None, "max_voltage": "500", "max_amperage": 60}, 30.0, None),
        (
            {"max_electric_power": GONE, "power_type": "AC_1_PHASE", "max_voltage": 230, "max_amperage": 16},
            3.68,
            None,
        ),
        (
            {"max_electric_power": GONE, "power_type": "ac_3_phase", "max_voltage": 230, "max_amperage": 32},
            22.08,
            None,
        ),
        (
            {"max_electric_power": GONE, "power_type": "AC_3_PHASE", "max_voltage": 400, "max_amperage": 32},
            None,
            "voltage_suspect",
        ),
        (
            {"max_electric_power": GONE, "power_type": "AC_3_PHASE", "max_voltage": 22, "max_amperage": 0},
            None,
            "power_not_positive",
        ),
        ({"max_electric_power": GONE, "max_voltage": 0, "max_amperage": 0}, None, "power_not_positive"),
        ({"max_electric_power": GONE, "max_voltage": 1000, "max_amperage": 1000}, None, "power_unit_suspect"),
        ({"max_electric_power": GONE, "max_voltage": GONE}, None, "power_unknown"),
        ({"max_electric_power": GONE, "power_type": "AC_2_PHASE"}, None, "power_unknown"),
        (
            {
                "max_electric_power": GONE,
                "max_voltage": GONE,
                "max_amperage": GONE,
                "voltage": 400,
                "amperage": 125,
            },
            50.0,
            None,
        ),
    ],
)
def test_a_power_is_stated_or_follows_from_the_specification_or_is_unknown(told, connector, power_kw, oddity):
    found, _, registry = told([location(connector=connector)])
    assert registry.ports[0].max_power_kw == power_kw
    assert registry.stations[0].max_power_kw == power_kw
    assert found == ({oddity: 1} if oddity else {})


def test_camel_case_names_are_read(told):
    given = location(time_zone=GONE, last_updated=GONE, timeZone="Europe/Bucharest", lastUpdated="2025-03-12 10:54:38")
    connector = {"standard": "CHADEMO", "powerType": "DC", "voltage": 400, "amperage": 125}
    given["evses"] = [{"uid": "E1", "evseId": "X", "connectors": [connector]}]
    found, _, registry = told([given])
    assert found == {}
    assert (registry.stations[0].timezone, registry.ports[0].max_power_kw) == ("Europe/Bucharest", 50.0)


def test_an_unknown_power_type_leaves_the_current_empty(told):
    found, _, registry = told([location(connector={"power_type": None})])
    assert (registry.ports[0].current, found) == (None, {"power_type_unknown": 1})


def test_a_port_of_ac_and_dc_has_no_one_current_and_its_connectors_are_sorted(registry_of):
    ac = changed(CONNECTOR, standard="CHADEMO", power_type="AC_1_PHASE", max_electric_power=7400)
    (port,) = registry_of([location(evses=[changed(EVSE, connectors=[CONNECTOR, ac])])]).ports
    assert (port.current, port.connectors, port.max_power_kw) == (None, "CHADEMO, IEC_62196_T2_COMBO", 150.0)


def test_a_station_has_no_power_where_one_of_its_ports_has_none(registry_of):
    unknown = changed(EVSE, uid="E2", connectors=[])
    (station,) = registry_of([location(evses=[EVSE, unknown])]).stations
    assert station.max_power_kw is None


def test_a_port_named_at_two_stations_is_placed_at_neither(told):
    found, _, registry = told([location(), location(id="L2"), location(id="L3", evse={"uid": "E3"})])
    assert found == {"port_at_two_stations": 1}
    assert [port.port_id for port in registry.ports] == ["E3"]


def test_a_location_described_twice_keeps_its_first_description(told):
    found, _, registry = told([location(), location(name="Other", evse={"uid": "E2"})])
    assert found == {"station_repeated": 1}
    assert [station.name for station in registry.stations] == ["Harbour"]
    assert [port.port_id for port in registry.ports] == ["E1", "E2"]


def test_two_parties_do_not_share_a_station(told):
    _, refused, registry = told([location(), location(party_id="XYZ", evse={"uid": "E2"})])
    assert refused == {"station_id_of_two_parties": 1}
    assert [port.port_id for port in registry.ports] == ["E1"]


def test_nameless_evses_of_a_location_are_one_reject_with_all_their_texts(told):
    nameless = changed(EVSE, uid=None)
    _, refused, registry = told([location(evses=[nameless, EVSE, nameless])])
    assert refused == {"port_id_missing": 1}
    assert registry.rejects[0].raw.count('"evseid":"NL*ABC*E1"') == 2
    assert [port.port_id for port in registry.ports] == ["E1"]


def test_a_reject_keeps_no_postcode_and_no_phone(registry_of):
    given = location(id=None, operator={"name": "X", "phone": "0123-456"}, contactPerson="Ann")
    (reject,) = registry_of([given]).rejects
    assert "Harbour" in reject.raw
    assert not any(private in reject.raw for private in ("2611", "0123", "Ann"))


def test_examples_are_few_and_the_count_is_of_all(registry_of):
    oddity = registry_of([location(id=str(n), time_zone="Nowhere", evses=[]) for n in range(30)]).oddities[
        "timezone_invalid"
    ]
    assert (oddity.count, len(oddity.examples), oddity.examples[1]) == (30, 5, {"number": 2, "text": "Nowhere"})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        ("[]", "registry_empty"),
        ('{"data": []}', "registry_empty"),
        ('{"status_code": 2001, "status_message": "no"}', "service_answered_error"),
        ('{"data": [], "status_code": 3000}', "service_answered_error"),
        ('{"data": null, "status_code": 2001, "status_message": "no"}', "service_answered_error"),
        ('[{"id": "L1", "evses": [}]', "malformed_json"),
        ('{"data": [', "malformed_json"),
        ("[" * 100_000, "malformed_json"),
        ([{"sessions": 1}], "registry_not_recognised"),
        ("a,b\n1,2\n", "registry_not_recognised"),
        (b'[{"id": "\xff", "evses": []}]', "wrong_encoding"),
        (gzip.compress(b'[{"id": "L1", "evses": []}]', mtime=0)[:-9], "damaged_gzip"),
    ],
)
def test_a_file_that_is_no_registry_is_refused(refusal, data, code):
    assert refusal(data).code == code


def test_another_encoding_can_be_named(registry_of):
    data = json.dumps([location(name="Köln")], ensure_ascii=False).encode("cp1252")
    assert registry_of(data, encoding="cp1252").stations[0].name == "Köln"


@pytest.mark.thorough
def test_a_document_without_line_ends_longer_than_any_line_is_read(registry_of):
    many = [location(id=f"L{n}", evse={"uid": f"E{n}"}) for n in range(3000)]
    assert len(registry_of(many).ports) == 3000


def test_a_document_is_not_unpacked_without_end(refusal, monkeypatch):
    monkeypatch.setattr("evcharge.registries.records.MAX_DOCUMENT_BYTES", 1 << 20)
    assert refusal(gzip.compress(b"[" + b" " * (3 << 20) + b"]", mtime=0)).code == "document_too_large"
