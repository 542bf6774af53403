"""The network's direction, from file to terminal, page, document and Python."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import evcharge as package
from tests.support.factories import HEADER, native_csv, session_row
from tests.support.loading import load

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "reference" / "report.schema.json").read_text(encoding="utf-8")
)
FIRST = datetime(2025, 1, 6, 6, tzinfo=timezone.utc)
NAMES = {"S1": "Garden {Lane}", **{f"S{number}": f"Mill {number}" for number in range(2, 9)}}


def half_a_year(path, falls=("S1",)):
    """26 weeks of 14 sessions a week and station, of which 1 fails; in the last 6 all of them at those that fall."""
    rows = []
    for station, name in NAMES.items():
        for day in range(26 * 7):
            for half in range(2):
                failed = (station in falls and day >= 20 * 7) or (day % 7 == 3 and half == 0)
                start = FIRST + timedelta(days=day, hours=12 * half)
                row = session_row(
                    session_id=f"{station}/{day}/{half}",
                    station_id=station,
                    start_time=start.isoformat(),
                    end_time=(start + timedelta(minutes=40)).isoformat(),
                    success="false" if failed else "true",
                )
                rows.append(f"{row},{name}")
    return native_csv(path, *rows, header=f"{HEADER},station_name")


@pytest.mark.thorough
def test_the_station_that_makes_a_fall_is_named_everywhere_and_no_date_is_told(url, tmp_path, evcharge):
    load(half_a_year(tmp_path / "x.csv"), url)
    code, out, _ = evcharge("report", "--db", url, "--no-png", "--html", "report.html")
    assert code == 0
    told = "in the six weeks up to 6 Jul 2025, against the 20 before; all of it is Garden {Lane}"
    assert told in " ".join(out.split())
    page = Path("report.html").read_text(encoding="utf-8").split("<script", maxsplit=1)[0]
    assert page.count("all of it is Garden {Lane}") == 3  # lede, figure, caption of the chart
    assert "it began" not in page

    document = json.loads(evcharge("report", "--db", url, "--json", "--no-png")[1])
    assert list(Draft202012Validator(SCHEMA).iter_errors(document)) == []
    direction = document["direction"]
    assert (direction["word"], direction["since"], direction["last_day"]) == ("worse", None, "2025-07-06")
    (station,) = direction["stations"]
    assert (station["station_id"], station["share"]) == ("S1", pytest.approx(1))

    found = package.reliability(url)
    (maker,) = found.direction.stations
    assert found.spells.set_index("station_key").loc[maker.station_key, "station_id"] == "S1"


@pytest.mark.thorough
def test_a_fall_of_all_stations_has_a_date_and_names_none(sqlite_url, tmp_path, evcharge):
    load(half_a_year(tmp_path / "x.csv", falls=tuple(NAMES)), sqlite_url)
    direction = json.loads(evcharge("report", "--db", sqlite_url, "--json", "--no-png")[1])["direction"]
    assert direction["word"] == "worse"
    assert direction["stations"] == []
    assert direction["since"] == {"earliest": "2025-05-19", "latest": "2025-06-02"}
    out = " ".join(evcharge("report", "--db", sqlite_url, "--no-png")[1].split())
    assert "no three stations make half of it, and it began between the weeks of 19 May and 2 Jun 2025." in out
