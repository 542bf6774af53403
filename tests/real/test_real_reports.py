"""Reports on real files: which stations are silent or out of use, against the last sessions counted from the files."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from evcharge.metrics.selection import Selection
from evcharge.metrics.silence import LONGEST_SILENCE_DAYS
from evcharge.report.now import SILENT
from evcharge.report.page.page import build_page
from evcharge.report.page.request import PageRequest


@pytest.fixture
def told(load):
    """The report on real files: its story, and its page."""

    def tell(pattern):
        _, engine = load(pattern)
        return build_page(engine, PageRequest(target=0.95, selection=Selection()))

    return tell


def last_days_of_cary(path):
    """The last local day with a session of each station; the file writes UTC."""
    found: dict[str, date] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            start = datetime.fromisoformat(row["start_date"]).astimezone(ZoneInfo("America/New_York"))
            name = row["station_name"]
            found[name] = max(found.get(name, start.date()), start.date())
    return found


def test_cary_names_the_one_that_fell_silent_and_those_replaced_long_ago(told, real_data):
    story, page = told("cary_nc/electric*semicolon*.csv")
    (file,) = real_data.glob("cary_nc/electric*semicolon*.csv")
    last = last_days_of_cary(file)
    stations = story.stations.set_index("station_id")
    assert {name: day.date() for name, day in stations["last_session"].items()} == last
    gone = {name for name, day in last.items() if max(last.values()) - day > timedelta(days=LONGEST_SILENCE_DAYS)}
    assert set(stations.index[stations["out_of_use"]]) == gone
    assert len(gone) == 13
    assert set(stations.index[stations["verdict_now"] == SILENT]) == {"TOWN OF CARY / BOND PARK BH"}

    # Of five or six sessions a week, in clumps, 27 days without one are no silence yet.
    quiet = stations.loc["TOWN OF CARY / DT DECK P4"]
    assert (quiet["silent_days"], quiet["silent"]) == (27, False)
    assert 0.001 < quiet["silence_chance"] < 0.01
    assert len(story.attention) == 6
    assert len(page) < 1_000_000


def test_perth_names_the_three_that_fail_now_and_no_station_replaced_long_ago(told):
    story, page = told("perth_kinross/*.csv")
    assert (len(story.stations), story.report.network["attempts"]) == (35, 33_871)
    assert story.attention["name"].tolist() == [
        "Kinross Park and Ride, Kinross",
        "Broxden Park & Ride, Perth",
        "Atholl Street Car Park, Dunkeld",
    ]
    assert story.attention["since"].dt.date.tolist() == [date(2018, 4, 21), date(2017, 10, 17), date(2018, 3, 9)]
    assert story.stations["out_of_use"].sum() == 3
    assert len(page) < 1_000_000
