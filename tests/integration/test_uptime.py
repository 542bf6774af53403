"""Uptime of a period: what it is of, what unknown time makes of it, and when there is a verdict."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from rich.console import Console

from evcharge.api_uptime import Uptime
from evcharge.errors import ConfigError, NoDataError
from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.rulebooks import builtin_rulebooks, find_rulebook
from evcharge.metrics.availability.timeline import evidence_named
from evcharge.metrics.availability.uptime import groups
from evcharge.metrics.milliseconds import instant_ms
from evcharge.metrics.selection import Selection
from evcharge.models import (
    DimPort,
    DimStation,
)
from evcharge.report import uptime_of_database
from evcharge.report.document import to_json
from evcharge.report.page.availability import availability_of
from evcharge.report.terminal.uptime import print_outages, print_uptime
from evcharge.report.uptime import build_uptime
from evcharge.report.uptime_document import OutagesDocument, UptimeDocument, uptime_csv
from evcharge.report.uptime_explained import explain_uptime
from evcharge.report.uptime_words import (
    dispensing_text,
    figure_text,
    port_label,
    verdict_text,
    without_text,
)
from tests.support.evidence_star import DAY, EvidenceStar, at, days, hours_of, told

pytestmark = pytest.mark.thorough

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SCHEMA = json.loads((REFERENCE / "uptime.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def star(engine):
    return EvidenceStar(engine)


def test_a_port_is_up_down_and_unknown_as_it_was_said(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 6, "Faulted", "down")
    star.says("1", 8, "Available", "up")
    star.says("1", 24, "Available", "up")
    found = told(star, period=days(1))
    assert hours_of(found, "A/1") == (22, 2, 0)
    assert (found.first.ports.loc[0, "low"], found.period_reason) == (22 / 24, "asked for")


def test_the_period_is_that_of_the_whole_days_that_the_evidence_covers(star):
    star.says("1", -3, "Available", "up")
    star.says("1", 50, "Available", "up")
    found = told(star)
    assert found.period == days(2)
    assert found.period_reason == "the whole days that the evidence covers"
    assert hours_of(found, "A/1") == (48, 0, 0)


def test_a_period_that_is_not_over_ends_now_and_says_when_it_would(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 8, "Faulted", "down")
    star.says("1", 12, "Faulted", "down")
    found = told(star, period=days(31), now=at(12))
    assert hours_of(found, "A/1") == (8, 4, 0)
    assert found.outages[["minutes", "goes_on"]].to_numpy().tolist() == [[240, True]]
    assert found.period_reason == "up to now; the period asked for ends on 2025-04-02"
    assert explain_uptime(star.engine, "A", period=days(31), now=at(12)).period == found.period


def test_a_period_that_is_over_as_of_now_is_not_cut(star):
    star.says("1", 0, "Available", "up")
    found = told(star, period=days(1), now=at(24))
    assert (found.period, found.period_reason) == (days(1), "asked for")


def test_a_quarter_of_which_two_weeks_are_to_come_has_no_verdict(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 24 * 92, "Available", "up")
    quarter = replace(find_rulebook("nevi"), period="quarter", young_ports="count")
    verdicts = [
        build_uptime(
            star.engine,
            [quarter],
            selection=Selection(),
            period=days(92),
            counted=evidence_named("status"),
            now=at(24 * length),
        ).first.ports.loc[0, "verdict"]
        for length in (78, 92)
    ]
    assert verdicts == ["", "meets"]


def silent_for_a_day(star):
    """Two ports of which one is silent for a day of a year, in which it never was down, as its rulebook tells them."""
    for port, until in (("1", 365), ("2", 364)):
        star.says(port, -24, "Available", "up", until=24 * until, evidence="poll", spacing_seconds=60)
    return replace(find_rulebook("nevi"), young_ports="count"), Period(instant_ms(at(0)), instant_ms(at(365 * 24)))


def test_where_people_read_a_dash_programs_read_no_figure_and_nothing_to_hand_in(star):
    book, year = silent_for_a_day(star)
    found = build_uptime(star.engine, [book], selection=Selection(station_ids=("A",)), period=year, by="station")
    assert found.first.ports["high"].tolist() == [1, 1]
    assert [figure_text(row, book) for row in found.first.ports.to_dict("records")] == ["100.00%", "–"]
    assert list(found.first.ports["uptime"].isna()) == list(found.first.ports["handed_in"].isna()) == [False, True]
    assert found.first.ports["verdict"].tolist() == ["meets", "meets"]
    document = UptimeDocument(found).to_dict()
    jsonschema.validate(json.loads(json.dumps(document)), SCHEMA)
    told_of = [*document["ports"][1:], *document["stations"], document["network"]]
    assert [(row["uptime"], row["handed_in"]) for row in told_of] == [(None, None)] * 3
    assert document["network"]["ports_available_99"] == 1
    assert document["ports"][0]["handed_in"] == 100
    rows = list(csv.DictReader(io.StringIO(uptime_csv(replace(found, by="port")))))
    assert [(row["uptime"], row["handed_in"]) for row in rows] == [("1.0", "100.0"), ("", "")]
    assert Uptime(found).groups[["uptime", "handed_in"]].isna().all(axis=None)


def test_what_is_listed_in_part_says_where_all_of_it_is_in_words_of_the_command_line_or_of_python(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 24, "Available", "up")
    found = told(star)
    rows = [
        {"source": "city", "station_id": "A", "port_id": str(port), "attempts": 6, "failures": 6} for port in range(7)
    ]
    found = replace(found, not_dispensing=pd.DataFrame(rows))
    assert dispensing_text(found)[-1] == "Up, not dispensing: 2 more (evcharge uptime --json lists them)."
    shown = Uptime(found)._repr_html_()
    assert "2 more (see not_dispensing, false_free)." in shown
    assert "--json" not in shown


def test_by_day_each_port_has_a_row_a_day_in_every_output_and_its_minutes_add_up_to_the_period(star):
    for station in (1, 2):
        star.says("1", 0, "Available", "up", station=station)
        star.says("1", 20, "Faulted", "down", station=station)
        star.says("1", 25 + station, "Available", "up", station=station)
        star.says("1", 48, "Available", "up", station=station)
    found = told(star, by="day")
    document = json.loads(json.dumps(UptimeDocument(found).to_dict()))
    jsonschema.validate(document, SCHEMA)
    rows = list(csv.DictReader(io.StringIO(uptime_csv(found))))
    frame = Uptime(found).groups
    days = [("A", "2025-03-03", 240), ("A", "2025-03-04", 120), ("B", "2025-03-03", 240), ("B", "2025-03-04", 180)]
    for shown in (document["days"], rows, frame.to_dict("records")):
        assert [(row["station_id"], row["day"], float(row["down_minutes"])) for row in shown] == days
    ports = found.first.ports.set_index("station_id")
    for name in ("minutes", "up_minutes", "down_minutes", "unknown_minutes", "excluded_minutes"):
        assert (frame.groupby("station_id")[name].sum() == ports[name]).all()
    console = Console(file=io.StringIO(), width=120)
    print_uptime(found, console, "")
    lines = [line.split() for line in console.file.getvalue().splitlines() if "2025-03-0" in line]
    assert next(line[-10:-8] for line in lines) == ["1", "2025-03-03"]
    assert len(lines) == 4


def test_a_rulebook_that_says_what_unknown_time_is_keeps_its_figure(star):
    book, year = silent_for_a_day(star)
    found = build_uptime(
        star.engine, [replace(book, unknown="up")], selection=Selection(station_ids=("A",)), period=year
    )
    assert found.first.ports["handed_in"].tolist() == [100, 100]
    assert found.first.network["ports_available_99"] == 2


def test_a_station_that_nobody_knows_is_said_to_be_none_and_the_closest_is_named(star):
    star.says("1", 0, "Available", "up")
    star.add(DimStation(station_key=3, source="city", station_id="MILL-7"))
    with pytest.raises(NoDataError) as refused:
        told(star, selection=Selection(station_ids=("MILL-8",)))
    assert refused.value.code == "unknown_station"
    assert refused.value.reason == "no station has the id 'MILL-8'."
    assert "'MILL-7'" in refused.value.hint
    with pytest.raises(NoDataError, match="no station has the id 'zzz'") as refused:
        told(star, selection=Selection(station_ids=("zzz",)))
    assert refused.value.hint == "See all stations: evcharge uptime --by station --csv -"


def test_stations_of_one_label_under_two_sources_are_told_apart_by_the_source_and_no_others_are(star):
    star.add(DimStation(station_key=3, source="town", station_id="B"))
    star.add(DimStation(station_key=4, source="town", station_id="C", name="Mill <b>Lane</b>"))
    for station in (1, 2, 3, 4):
        star.says("1", 0, "Faulted", "down", station=station)
        star.says("1", 24, "Available", "up", station=station)
    found = told(star)
    labels = [port_label(row, found) for row in found.first.ports.to_dict("records")]
    lanes = ["Mill <b>Lane</b> (city) / 1", "Mill <b>Lane</b> (town) / 1"]
    assert labels == [lanes[0], "B (city) / 1", "B (town) / 1", lanes[1]]
    console = Console(file=io.StringIO(), width=160)
    for show in (partial(print_uptime, why=""), print_outages):
        show(found, console)
    shown = console.file.getvalue()
    assert all(shown.count(label) == 2 for label in labels)
    assert all(f"{label.removesuffix(' / 1')}: no working port" in shown for label in labels)
    section = availability_of(found, Selection())
    assert sorted(bar.label for bar in section.bars) == sorted(label.removesuffix(" / 1") for label in labels)
    assert sorted(row[0] for row in section.outages.rows) == sorted(labels)
    alone = told(star, selection=Selection(source="city"))
    assert [port_label(row, alone) for row in alone.first.ports.to_dict("records")] == ["Mill <b>Lane</b> / 1", "B / 1"]


@pytest.mark.parametrize(("number", "words"), [(1, "of 1 port 1 meets, 0 fall"), (2, "of 2 ports 2 meet, 0 fall")])
def test_of_one_port_the_verdict_is_told_in_the_singular(star, number, words):
    book, year = silent_for_a_day(star)
    found = build_uptime(star.engine, [book], selection=Selection(station_ids=("A",)), period=year)
    network = {**found.first.network, "ports": number, "ports_meeting": number}
    assert words in verdict_text(replace(found.first, network=network))


def test_after_the_last_evidence_all_is_unknown_and_that_is_said(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 12, "Available", "up")
    found = told(star, period=days(2))
    up, down, unknown = hours_of(found, "A/1")
    assert (round(up, 5), down, round(unknown, 5)) == (12, 0, 36)
    assert found.notes == [
        "Evidence ends at 2025-03-03 12:00 UTC; all later time is unknown.",
        "Nothing tells of 1 station; all of its time is unknown.",
    ]


def test_a_period_that_is_yet_to_come_is_refused(star):
    star.says("1", 0, "Available", "up")
    with pytest.raises(ConfigError, match="2025-03-03, which is yet to come"):
        told(star, period=days(1), now=DAY)


def test_without_evidence_there_is_nothing_to_tell(star):
    with pytest.raises(NoDataError, match="no status, contact or reported outage"):
        told(star)


def test_stations_of_a_source_without_evidence_are_left_out_and_those_that_nothing_tells_of_are_unknown(star):
    star.add(DimStation(station_key=3, source="town", station_id="C"))
    star.says("1", 0, "Available", "up")
    star.says("1", 24, "Available", "up")
    found = told(star)
    assert hours_of(found, "B/") == (0, 0, 24)
    assert set(found.first.ports["station_id"]) == {"A", "B"}
    assert found.notes == ["Nothing tells of 1 station; all of its time is unknown."]


def test_of_a_port_whose_age_nobody_tells_there_is_no_verdict_where_young_ports_have_none(star):
    year = Period(instant_ms(at(0)), instant_ms(at(365 * 24)))
    star.add(
        DimPort(source="city", port_id="3", station_key=2, load_key=1, named_as_station=False, commissioned_on=DAY)
    )
    for port, begins, station in (("1", 24, 1), ("2", -24, 1), ("3", 24, 2)):
        star.says(port, begins, "Available", "up", station=station)
        star.says(port, 365 * 24, "Available", "up", station=station)
    found = told(star, "nevi", period=year)
    assert list(found.first.ports["verdict"]) == ["can't tell: age unknown", "meets", "meets"]
    assert found.first.ports["handed_in"].isna().tolist() == [True, False, True]  # of the third a day is unknown
    assert found.first.network["ports_not_told"] == 1


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        ((120, 60), "no working port for 2.0 h, perhaps for 1.0 h more that nobody saw"),
        ((120, 0), "no working port for 2.0 h"),
        ((0, 60), "perhaps no working port for 1.0 h that nobody saw"),
    ],
)
def test_a_station_is_said_to_be_without_a_port_for_as_long_as_was_seen(minutes, words):
    assert without_text(*minutes) == words


def test_groups_of_stations_make_the_same_figures_as_all_at_once(star, monkeypatch):
    for station in (1, 2):
        star.says("1", 0, "Available", "up", station=station)
        star.says("1", 3 * station, "Faulted", "down", station=station)
        star.says("1", 24, "Available", "up", station=station)
    whole = told(star, *builtin_rulebooks())
    monkeypatch.setattr(uptime_of_database, "STATIONS_AT_ONCE", 1)
    apart = told(star, *builtin_rulebooks())
    assert to_json(UptimeDocument(apart)) == to_json(UptimeDocument(whole))
    assert to_json(OutagesDocument(apart)) == to_json(OutagesDocument(whole))
    assert apart.first.network["up_minutes"] == 60 * 9
    rows = groups(apart.first, "operator")
    assert list(rows["up_minutes"]) == [180, 360]
