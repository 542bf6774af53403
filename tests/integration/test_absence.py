"""What is not there, from file to report: holes, lone stations, stations long gone, outages of the past."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest

from evcharge import reliability
from evcharge.load import load_file
from evcharge.sources import builtin_profiles, with_overrides

HEADER = ("session_id", "station_id", "port_id", "start_time", "end_time", "energy_kwh", "success")


def days(first, last):
    """Both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def visits(station, on, hours, port=""):
    """A good session on each of these days at each of these hours."""
    starts = [datetime.combine(day, time(hour), timezone.utc) for day in on for hour in hours]
    return [
        (f"{station}{port}-{start:%Y%m%d%H}", station, port, start, start + timedelta(minutes=40), 12, "true")
        for start in starts
    ]


@pytest.fixture
def report(tmp_path, url):
    """Loads these sessions as one file each, and reports; the days asked for may end later."""

    def tell(*files, end=None):
        for number, rows in enumerate(files):
            path = tmp_path / f"{number}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(HEADER)
                writer.writerows((*row[:3], row[3].isoformat(), row[4].isoformat(), *row[5:]) for row in rows)
            load_file(path, url, [with_overrides(builtin_profiles()["native"], source="acme")])
        return reliability(url, end=end)

    return tell


@pytest.mark.thorough
def test_a_month_that_was_not_loaded_silences_nobody_and_is_told(report):
    winter = days(date(2025, 1, 1), date(2025, 2, 28))
    april = days(date(2025, 4, 1), date(2025, 4, 2))
    first = [row for number in range(10) for row in visits(f"S{number}", winter, (8, 18))]
    second = [row for number in range(5) for row in visits(f"S{number}", april, (8, 12, 23))]
    told = report(first, second)
    assert not told.spells["silent"].any()
    assert told.to_dict()["title"] == "All 10 stations meet the target"
    assert told.spells.set_index("station_id").loc["S0", "attempts_per_week"] == pytest.approx((118 + 6) / 61 * 7)
    (hole,) = told.to_dict()["holes"]
    assert (hole["first_day"], hole["last_day"], hole["days"]) == ("2025-03-01", "2025-03-31", 31)
    assert told.outages.empty


@pytest.mark.thorough
@pytest.mark.parametrize("gone", [30, 0])
def test_a_station_is_silent_whether_or_not_most_of_its_source_is_long_gone(report, gone):
    old = days(date(2018, 1, 1), date(2018, 3, 31))
    rows = [row for number in range(gone) for row in visits(f"OLD{number:02}", old, (8,))]
    until = {"L1": date(2021, 3, 31), "L2": date(2021, 3, 31), "L3": date(2021, 1, 31)}
    for station, last in until.items():
        rows += visits(station, days(date(2020, 10, 1), last), (8, 12, 23))
    told = report(rows)
    words = told.spells.groupby("verdict_now")["station_id"].agg(list).to_dict()
    assert (words["silent"], sorted(words["meets target"])) == (["L3"], ["L1", "L2"])
    assert len(words.get("can't tell yet", [])) == gone
    assert told.spells.set_index("station_id").loc["L3", "charges_lost_per_week"] == pytest.approx(21)


@pytest.mark.thorough
def test_a_dead_network_of_one_is_silent_where_later_days_are_asked_for(report):
    lone = visits("LONE", days(date(2025, 1, 1), date(2025, 2, 28)), (8, 12, 16, 22))
    assert report(lone).to_dict()["title"] == "The station meets the target"
    told = report(end=date(2025, 4, 30))
    row = told.spells.iloc[0]
    assert (row["verdict_now"], row["silent_days"], row["last_session"].date()) == ("silent", 61, date(2025, 2, 28))
    assert told.to_dict()["title"] == (
        "The station needs attention; it loses about 28 charges a week if it is really down"
    )
    assert told.network["verdict"].tolist() == ["can't tell yet"]
    assert report().network["verdict"].tolist() == ["meets target"]
    later = report(end=date(2025, 10, 31)).to_dict()
    assert later["title"] == "No data since 28 Feb 2025: nothing shows what is so now"
    assert later["stations"][0]["now"]["verdict"] == "can't tell yet"


@pytest.mark.thorough
def test_a_network_that_ends_before_the_days_asked_for_meets_no_target(report):
    winter = days(date(2025, 1, 1), date(2025, 2, 28))
    told = report([row for name in "ABC" for row in visits(name, winter, (8, 12, 16, 22))], end=date(2025, 4, 30))
    assert set(told.spells["verdict_now"]) == {"can't tell yet"}
    assert told.spells["no_data"].all()
    assert told.network["verdict"].tolist() == ["can't tell yet"]
    assert told.to_dict()["title"] == "No data since 28 Feb 2025: nothing shows what is so now"


def outage(station, hours, but=(40, 60), port=""):
    """120 days from 1 January 2026, without those that lie in ``but``."""
    on = [day for number, day in enumerate(days(date(2026, 1, 1), date(2026, 4, 30))) if not but[0] <= number < but[1]]
    return visits(station, on, hours, port)


@pytest.mark.thorough
def test_an_outage_of_the_past_is_told_by_frame_document_page_terminal_and_explain(report, evcharge, url):
    hours = (*range(6, 15), 23)
    told = report(outage("A", hours, (0, 0)) + outage("B", hours) + outage("C", hours, (0, 0)))
    (row,) = told.outages.to_dict("records")
    assert (row["station_id"], row["port_id"], row["days"]) == ("B", None, 20)
    assert (row["first_day"].date(), row["last_day"].date()) == (date(2026, 2, 10), date(2026, 3, 1))
    assert row["charges_lost"] == pytest.approx(200)
    by_station = {one["station_id"]: one["outages"] for one in told.to_dict()["stations"]}
    assert ([len(by_station[name]) for name in "ABC"], by_station["B"][0]["last_day"]) == ([0, 1, 0], "2026-03-01")
    assert told.to_dict()["title"] == "All 3 stations meet the target"

    assert (
        "In the past, 1 outage that chance does not explain, about 200 charges lost"
        in evcharge("report", "--db", url)[1]
    )
    evcharge("report", "--db", url, "--html", "page.html", "--no-png")
    page = Path("page.html").read_text(encoding="utf-8")
    assert "10 Feb 2026 – 1 Mar 2026" in page
    assert "1 in 1,000,000" in page
    told = "10 Feb 2026 – 1 Mar 2026: 20 days, chance under 1 in 1,000,000"
    assert told in evcharge("explain", "--db", url, "B")[1]
    (explained,) = json.loads(evcharge("explain", "--db", url, "--json", "B")[1])["outages"]
    assert explained == by_station["B"][0]


@pytest.mark.thorough
def test_an_outage_of_one_port_is_told_with_its_port(report):
    hours = range(6, 15)
    rows = [row for name in "ACD" for row in outage(name, hours, (0, 0))]
    rows += outage("B", (9, 12, 15), (0, 0), "1") + outage("B", (10, 13, 16), port="2")
    (row,) = report(rows).outages.to_dict("records")
    assert (row["station_id"], row["port_id"], row["days"], row["charges_lost"]) == ("B", "2", 20, pytest.approx(60))
