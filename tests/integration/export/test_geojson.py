from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from evcharge.metrics.bounds import Refused
from evcharge.models import DimStation
from evcharge.report.document import csv_cell
from evcharge.report.rates import NOT_COUNTED_NOTE, refused_note
from tests.support.star import START, write_sessions
from tests.support.world import IDLE, PLAZA, TOWER, write_world


@pytest.fixture
def mapped(url, engine, evcharge):
    """Exports the stations of the world as GeoJSON; returns the document and what was said."""
    write_world(engine)

    def run(*arguments):
        code, out, err = evcharge("export", "--format", "geojson", "--db", url, *arguments)
        assert (code, out) == (0, ""), err
        return json.loads(Path("export/stations.geojson").read_text(encoding="ascii")), err

    return run


def properties_of(document):
    return {feature["properties"]["station_id"]: feature["properties"] for feature in document["features"]}


def test_stations_with_coordinates_are_points_with_longitude_first(mapped):
    document, _ = mapped()
    assert document["type"] == "FeatureCollection"
    assert "crs" not in document
    assert [feature["type"] for feature in document["features"]] == ["Feature"] * 2
    assert [(feature["properties"]["station_id"], feature["geometry"]) for feature in document["features"]] == [
        (IDLE, {"type": "Point", "coordinates": [151.2, -33.0]}),
        (PLAZA, {"type": "Point", "coordinates": [-2.35, 48.85]}),
    ]


@pytest.mark.thorough
def test_a_station_carries_every_figure_of_the_csv_of_the_report(mapped, evcharge, url):
    for options in ((), ("--definition", "afirev", "--target", "60%"), ("--price", "0.5 EUR")):
        plaza = properties_of(mapped(*options)[0])[PLAZA]
        told = csv.DictReader(evcharge("report", "--db", url, "--csv", "-", "--no-png", *options)[1].splitlines())
        (row,) = [row for row in told if row["attempts"] == "8"]
        assert plaza.pop("network") == "@net"
        assert plaza.pop("name").startswith('Plaza "North"')
        assert plaza.keys() == row.keys() - {"name"}
        shown = {name: csv_cell(value) for name, value in plaza.items()}
        assert {name: "" if cell is None else str(cell) for name, cell in shown.items()} == {
            name: row[name] for name in plaza
        }


@pytest.mark.thorough
def test_a_silent_station_is_silent_on_the_map_though_its_whole_period_meets_the_target(url, engine, evcharge):
    days = [START + timedelta(days=day) for day in range(120)]
    sessions = [
        {"station_id": station, "start_time": day.replace(hour=hour), "success": True}
        for station in "ABCD"
        for day in (days[:60] if station == "A" else days)
        for hour in (8, 12, 16)
    ]
    write_sessions(engine, *sessions)
    with Session(engine) as session, session.begin():
        session.execute(update(DimStation).values(latitude=1.0, longitude=2.0))
    assert evcharge("export", "--format", "geojson", "--db", url)[0] == 0
    found = properties_of(json.loads(Path("export/stations.geojson").read_text(encoding="ascii")))
    names = ("verdict", "verdict_now", "silent", "last_session", "first_step")
    assert [found["A"][name] for name in names] == [
        *("meets target", "silent", True, str(days[59].date()), "check power and comms")
    ]
    assert found["A"]["charges_lost_per_week"] > 10
    assert [found["B"][name] for name in names[:3]] == ["meets target", "meets target", False]


@pytest.mark.thorough
def test_a_definition_of_ones_own_counts(mapped):
    Path("mine.toml").write_text('id = "mine"\ntitle = "any energy"\nsource = "us"\nenergy_kwh_above = 0\n')
    plaza = properties_of(mapped("--definition", "mine.toml")[0])[PLAZA]
    assert plaza["definition"].startswith("mine@")
    assert (plaza["successes"], plaza["attempts"]) == (8, 8)


@pytest.mark.thorough
def test_a_station_without_a_session_is_there_with_no_attempt_and_no_verdict(mapped):
    idle = properties_of(mapped()[0])[IDLE]
    counts = {idle[name] for name in ("attempts", "successes", "failures", "unknown", "excluded")}
    assert counts == {0}
    assert idle["verdict"] == idle["verdict_now"] == "can't tell yet"
    assert idle.keys() == properties_of(mapped()[0])[PLAZA].keys()
    assert {idle[name] for name in ("name", "success_ratio", "low", "high", "failures_included")} == {None}


@pytest.mark.thorough
def test_stations_without_coordinates_are_counted_and_said(mapped):
    document, said = mapped()
    lacking = "No coordinates, so not among these: 1 of 3 stations."
    refused = refused_note(Refused(rows=2, failures=1, unknown=1))
    assert document["notes"] == [NOT_COUNTED_NOTE, refused, lacking]
    assert said.splitlines() == ["wrote export/stations.geojson (2 rows)", NOT_COUNTED_NOTE, refused, lacking]
    assert lacking not in mapped("--station", PLAZA)[0]["notes"]


@pytest.mark.thorough
@pytest.mark.parametrize("place", [(91.0, 0.0), (0.0, -180.5), (None, 3.0), (3.0, None)])
def test_half_a_place_or_one_off_the_globe_is_none(mapped, engine, place):
    with Session(engine) as session, session.begin():
        session.execute(
            update(DimStation).where(DimStation.station_id == IDLE).values(latitude=place[0], longitude=place[1])
        )
    document, _ = mapped()
    assert properties_of(document).keys() == {PLAZA}
    assert "2 of 3 stations" in document["notes"][-1]


@pytest.mark.thorough
def test_where_no_station_has_coordinates_nothing_is_written_and_the_next_step_told(mapped, evcharge, url):
    code, out, err = evcharge("export", "--format", "geojson", "--db", url, "--station", TOWER)
    assert (code, out) == (4, "")
    assert err.splitlines() == [
        "Error [no_coordinates]: of 1 station none has coordinates.",
        "  Load a registry that places them: evcharge stations FILE",
    ]
    assert not Path("export").exists()


def test_selected_days_without_a_session_are_no_data(mapped, evcharge, url):
    assert evcharge("export", "--format", "geojson", "--db", url, "--from", "2030-01-01")[0] == 4
