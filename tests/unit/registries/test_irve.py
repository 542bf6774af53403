from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import date

import pytest

POINT = {
    "nom_amenageur": "Builder",
    "contact_amenageur": "ann@example.org",
    "nom_operateur": "Runner",
    "contact_operateur": "bob@example.org",
    "telephone_operateur": "tel:+33-1-00-00-00-00",
    "nom_enseigne": "Shine",
    "id_station_itinerance": "FRABCP1",
    "nom_station": "Market",
    "adresse_station": "1 rue du Port",
    "code_insee_commune": "29019",
    "coordonneesXY": "[-4.486, 48.39]",
    "nbre_pdc": "2",
    "id_pdc_itinerance": "FRABCE1",
    "puissance_nominale": "50.0",
    "prise_type_ef": "False",
    "prise_type_2": "False",
    "prise_type_combo_ccs": "True",
    "prise_type_chademo": "False",
    "prise_type_autre": "False",
    "date_mise_en_service": "2023-01-18",
}
GONE = object()


def point(**over):
    return {name: value for name, value in {**POINT, **over}.items() if value is not GONE}


def lines(*points):
    return "".join(json.dumps(one) + "\n" for one in points)


def table(*points, delimiter=","):
    text = io.StringIO()
    writer = csv.DictWriter(text, POINT, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(points)
    return text.getvalue()


OTHER = point(id_station_itinerance="FRABCP9", id_pdc_itinerance="FRABCE9")


def test_a_point_is_a_port_of_its_station(registry_of):
    registry = registry_of(lines(point(), point(id_pdc_itinerance="FRABCE2", puissance_nominale="150.0")))
    (station,) = registry.stations
    assert (registry.format, registry.default_source, registry.rejects, registry.oddities) == (
        "irve",
        "qualicharge",
        [],
        {},
    )
    assert (station.station_id, station.name, station.operator, station.network) == (
        "FRABCP1",
        "Market",
        "Runner",
        "Shine",
    )
    assert (station.address, station.city, station.country) == ("1 rue du Port", None, "FR")
    assert (station.region, station.department) == ("Bretagne", "29")
    assert (station.latitude, station.longitude, station.timezone) == (48.39, -4.486, None)
    assert (station.max_power_kw, station.opened_on) == (150.0, date(2023, 1, 18))
    assert [(port.port_id, port.station_id, port.max_power_kw) for port in registry.ports] == [
        ("FRABCE1", "FRABCP1", 50.0),
        ("FRABCE2", "FRABCP1", 150.0),
    ]


@pytest.mark.parametrize(
    "data",
    [
        lines(point(), OTHER),
        "\ufeff" + lines(point(), OTHER),
        gzip.compress(lines(point(), OTHER).encode(), mtime=0),
        lines(point(), OTHER).replace("\n", "\r\n\r\n"),
        table(point(), OTHER),
        table(point(), OTHER, delimiter=";"),
        "\ufeff" + table(point(), OTHER),
        gzip.compress(table(point(), OTHER).encode(), mtime=0),
        [point(), OTHER],
        table(point(nom_station='two\nlines, "quoted"'), OTHER),
    ],
)
def test_every_carrier_gives_the_same_points(registry_of, data):
    registry = registry_of(data)
    assert [port.port_id for port in registry.ports] == ["FRABCE1", "FRABCE9"]
    assert not registry.rejects


@pytest.mark.parametrize(
    ("given", "oddities", "rejects"),
    [
        (point(id_station_itinerance=None), {}, {"station_id_missing": 1}),
        (point(id_station_itinerance=GONE), {}, {"station_id_missing": 1}),
        (point(id_station_itinerance=" "), {}, {"station_id_missing": 1}),
        (point(id_station_itinerance=["a"]), {}, {"station_id_unusable": 1}),
        (point(id_pdc_itinerance=None), {}, {"port_id_missing": 1}),
        (point(id_pdc_itinerance=1.5), {}, {"port_id_unusable": 1}),
        (point(id_pdc_itinerance=" FRABCE1"), {"padded_id": 1}, {}),
        (point(coordonneesXY=None), {"coordinates_missing": 1}, {}),
        (point(coordonneesXY=""), {"coordinates_missing": 1}, {}),
        (point(coordonneesXY="48.39 -4.486"), {"coordinates_unreadable": 1}, {}),
        (point(coordonneesXY="[48.39]"), {"coordinates_unreadable": 1}, {}),
        (point(coordonneesXY="[2.4, 148.9]"), {"coordinates_out_of_range": 1}, {}),
        (point(coordonneesXY=[-4.486, 48.39]), {}, {}),
        (point(coordonneesXY="[0, 0]"), {"coordinates_at_zero": 1}, {}),
        (point(code_insee_commune=GONE), {}, {}),
        (point(code_insee_commune="9601"), {"commune_unknown": 1}, {}),
        (point(code_insee_commune="96001"), {"commune_unknown": 1}, {}),
        (point(puissance_nominale=None), {"power_unknown": 1}, {}),
        (point(puissance_nominale="0"), {"power_not_positive": 1}, {}),
        (point(puissance_nominale="22000"), {"power_unit_suspect": 1}, {}),
        (point(puissance_nominale="22,0"), {"power_unreadable": 1}, {}),
        (point(puissance_nominale=22), {}, {}),
        (point(date_mise_en_service=None), {}, {}),
        (point(date_mise_en_service="18/01/2023"), {"opened_on_unreadable": 1}, {}),
        (point(date_mise_en_service="2023-02-30"), {"opened_on_unreadable": 1}, {}),
        (point(prise_type_combo_ccs="False"), {"port_without_connectors": 1}, {}),
        (point(prise_type_combo_ccs=True), {}, {}),
        (point(prise_type_combo_ccs="maybe"), {"port_without_connectors": 1}, {}),
    ],
)
def test_the_outcome_of_an_odd_point(told, given, oddities, rejects):
    found, refused, registry = told(lines(OTHER, given))
    assert (found, refused) == (oddities, rejects)
    assert registry.ports[0].port_id == "FRABCE9"


def test_broken_lines_are_rejects_and_the_others_are_read(told):
    _, refused, registry = told(lines(OTHER) + '{"id_pdc": \n[1]\n' + lines(point()))
    assert refused == {"malformed_row": 2}
    assert [(reject.number, "private" in reject.raw) for reject in registry.rejects] == [(2, True), (3, True)]
    assert len(registry.ports) == 2


def test_rows_of_the_wrong_width_are_rejects(told):
    _, refused, registry = told(table(OTHER) + "a,b\n" + table(point()).split("\n")[1] + ",more\n" + ",\n")
    assert refused == {"row_too_short": 1, "row_too_long": 1}
    assert [reject.number for reject in registry.rejects] == [3, 4]


def test_a_quote_that_is_never_closed_refuses_the_file(refusal):
    assert refusal(table(point()) + '"no end\n').code == "malformed_csv"


@pytest.mark.parametrize(
    ("sockets", "current", "connectors"),
    [
        ({"prise_type_combo_ccs": "False", "prise_type_2": "True"}, "AC", "type_2"),
        ({"prise_type_combo_ccs": "False", "prise_type_2": "True", "prise_type_ef": "1"}, "AC", "type_2, type_ef"),
        ({"prise_type_chademo": "TRUE"}, "DC", "type_chademo, type_combo_ccs"),
        ({"prise_type_2": "True"}, None, "type_2, type_combo_ccs"),
        ({"prise_type_combo_ccs": "False", "prise_type_autre": "True"}, None, "type_autre"),
        ({"prise_type_combo_ccs": "False"}, None, None),
    ],
)
def test_sockets_tell_the_current_where_they_agree(registry_of, sockets, current, connectors):
    (port,) = registry_of(lines(point(**sockets))).ports
    assert (port.current, port.connectors) == (current, connectors)


def test_a_station_described_otherwise_on_a_later_line_keeps_its_first_description(told):
    found, _, registry = told(lines(point(), point(id_pdc_itinerance="FRABCE2", nom_station="Other")))
    assert found == {"station_repeated": 1}
    assert registry.stations[0].name == "Market"


def test_a_point_on_two_lines_is_one_port_and_at_two_stations_none(told):
    found, _, registry = told(lines(point(), point(), OTHER, point(id_pdc_itinerance="FRABCE9")))
    assert found == {"port_repeated": 1, "port_at_two_stations": 1}
    assert [port.port_id for port in registry.ports] == ["FRABCE1"]


def test_a_power_is_told_to_the_watt(registry_of):
    assert registry_of(lines(point(puissance_nominale="2.299999952316284"))).ports[0].max_power_kw == 2.3


def test_a_reject_tells_nobody_to_call(registry_of):
    (reject,) = registry_of(lines(OTHER, point(id_pdc_itinerance=None))).rejects
    assert "Market" in reject.raw
    assert not any(private in reject.raw for private in ("example.org", "+33"))


def test_the_commune_is_told_where_the_file_names_it(registry_of):
    assert registry_of([point(consolidated_commune="Brest")]).stations[0].city == "Brest"
