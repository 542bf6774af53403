"""The demo is not data: what evcharge sample makes up is known for it, whatever is asked, in every output."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from evcharge import load_file, reliability
from evcharge.models import SAMPLE_SOURCE
from evcharge.sources import builtin_profiles
from evcharge.synth import write_sample
from tests.support.factories import native_csv, session_row
from tests.support.loading import query

Run = Callable[..., tuple[int, str, str]]
NOTE = "60 of these sessions are made up: evcharge sample."
URL = "sqlite:///ev_charging.db"


@pytest.fixture
def demo(evcharge: Run) -> Run:
    """The command line, in a folder whose database holds the demo and a session of data."""
    evcharge("sample", "--rows", "60")
    evcharge("load", "--create-db")
    native_csv(Path("x.csv"), session_row(station_id="real", success="false"))
    evcharge("load", "x.csv", "--source", "acme")
    return evcharge


def test_the_profile_and_the_outputs_mean_one_source() -> None:
    assert builtin_profiles()["sample"].source == SAMPLE_SOURCE


@pytest.mark.thorough
@pytest.mark.parametrize("options", [(), ("--source", "acme"), ("--profile", "sample", "--source", "acme")])
def test_a_made_up_file_is_known_by_its_mark_and_keeps_its_source(evcharge: Run, options: tuple[str, ...]) -> None:
    evcharge("sample", "--rows", "60", "-o", "mine.csv")
    _, out, err = evcharge("load", "mine.csv", "--create-db", *options)
    assert "source sample)" in out
    told = "mine.csv is made up by evcharge sample: it keeps the source sample, not acme"
    assert (told in " ".join(err.split())) == bool(options)
    assert query(URL, "SELECT DISTINCT source FROM dim_station") == [("sample",)]
    loaded = load_file("mine.csv", URL, "acme" if options else None)
    assert loaded.notes == ([f"{told}."] if options else [])


@pytest.mark.thorough
def test_the_main_job_loads_the_demo_as_such(evcharge: Run) -> None:
    _, out, _ = evcharge("run")
    assert "(profile sample@" in out
    assert "1,000 of these sessions are made up: evcharge sample." in out


def test_no_other_file_can_take_the_source_of_the_demo(evcharge: Run) -> None:
    native_csv(Path("x.csv"), session_row())
    code, _, err = evcharge("load", "x.csv", "--create-db", "--source", "sample")
    assert code == 2
    assert "sample is the source of what evcharge sample makes up" in err


@pytest.mark.thorough
@pytest.mark.parametrize(
    "command",
    [
        ("report", "--no-png"),
        ("report", "--no-png", "--by", "month"),
        ("report", "--definition", "all"),
        ("compare",),
        ("visits",),
        ("reasons",),
    ],
)
def test_every_figure_says_how_much_of_it_is_made_up(demo: Run, command: tuple[str, ...]) -> None:
    assert NOTE in demo(*command)[1].splitlines()
    assert NOTE in json.loads(demo(*command, "--json")[1])["notes"]
    of_data = demo(*command, "--station", "real")[1]
    assert "made up" not in of_data
    assert demo(*command, "--station", "real")[0] == 0


@pytest.mark.thorough
def test_the_explanation_of_a_made_up_station_says_so(demo: Run) -> None:
    _, out, _ = demo("explain", "ST-001")
    assert "of these sessions are made up: evcharge sample." in out
    assert "made up" in json.loads(demo("explain", "ST-001", "--json")[1])["notes"][0]
    assert "made up" not in demo("explain", "real")[1]


@pytest.mark.thorough
def test_documents_for_programs_count_what_is_made_up(demo: Run) -> None:
    assert json.loads(demo("report", "--no-png", "--json")[1])["made_up"] == 60
    demo("report", "--no-png", "--csv", "all.csv", "--html", "all.html")
    with Path("all.csv").open(encoding="utf-8", newline="") as file:
        assert {row["made_up_sessions"] for row in csv.DictReader(file)} == {"60"}
    assert f'<p class="note loud">{NOTE}</p>' in Path("all.html").read_text(encoding="utf-8")


@pytest.mark.thorough
@pytest.mark.parametrize("form", ["csv", "parquet", "datapackage", "datasette", "geojson", "counts", "dbt"])
def test_an_export_says_what_is_made_up(demo: Run, form: str) -> None:
    if form in ("parquet", "counts"):
        pytest.importorskip("pyarrow")
    _, out, err = demo("export", "--format", form, "--json")
    assert NOTE in json.loads(out)["notes"]
    assert err.splitlines().count(NOTE) == 1
    places = {"datapackage": "datapackage.json", "datasette": "metadata.json", "geojson": "stations.geojson"}
    place = {**places, "dbt": "evcharge_sources.yml"}.get(form)
    if place:
        assert NOTE in Path("export", place).read_text(encoding="utf-8")


@pytest.mark.thorough
def test_in_python_the_demo_is_known_in_a_database_and_in_a_frame(demo: Run, tmp_path: Path) -> None:
    assert reliability("ev_charging.db").notes[0] == NOTE
    write_sample(tmp_path / "a.csv", rows=20)
    frame = pd.read_csv(tmp_path / "a.csv", dtype=str)
    assert reliability(frame).notes[0] == "20 of these sessions are made up: evcharge sample."
    assert "made up" not in " ".join(reliability(frame.drop(columns="made_up_by")).notes)
