from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from evcharge.metrics.direction import NO_CHANGE, SMALL, WORSE, Direction, StationShare
from evcharge.report.charts.bars import draw_station_reliability
from evcharge.report.charts.picture import save_chart
from evcharge.report.direction import direction_text
from evcharge.report.document import to_json
from evcharge.report.losses import MONEY
from evcharge.report.now import PRESENT
from evcharge.report.rates import allowance_used
from evcharge.report.story import (
    ADVICE,
    lede_of,
    title_of,
    to_csv,
)
from tests.support.stories import BAD, GOOD, NEW, station, story_of


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("stations", "title"),
    [
        ([GOOD], "The station meets the target"),
        ([GOOD, GOOD], "All 2 stations meet the target"),
        ([NEW], "No station is shown to be below target; 1 of 1 can't be judged yet"),
        ([GOOD, NEW], "No station is shown to be below target; 1 of 2 can't be judged yet"),
        ([BAD, GOOD, NEW], "One of 3 stations needs attention; it loses about 5.1 (4.1 to 6.0) charges a week"),
        ([BAD], "The station needs attention; it loses about 5.1 (4.1 to 6.0) charges a week"),
        ([BAD, BAD, NEW], "Two of 3 stations need attention; together they lose about 10 (8.2 to 12) charges a week"),
        ([BAD] * 13, "13 of 13 stations need attention; together they lose about 66 (53 to 78) charges a week"),
    ],
)
def test_the_title_is_the_finding_and_what_it_costs(stations, title):
    told = story_of(*(station(*counts, station_id=f"S{number}") for number, counts in enumerate(stations)))
    assert title_of(told) == title


def test_no_title_praises_stations_whose_failures_were_removed():
    removed = station(*GOOD, without_failures=100)
    assert title_of(story_of(removed)) == "1 station, and failures are not in the data"
    half = story_of(removed, station(*GOOD, station_id="B"))
    assert title_of(half) == "No station is shown to be below target; 1 of 2 can't be judged yet"


def test_a_silent_station_needs_attention_whatever_its_rate():
    told = story_of(station(350, 0, last_day=50), station(*GOOD, station_id="B"))
    assert told.stations["verdict_now"].tolist() == ["silent", "meets target"]
    assert title_of(told) == "One of 2 stations needs attention; about 49 charges a week are lost if A is really down"
    silent, sound = told.stations["first_step"]
    assert silent == "check power and comms"
    assert pd.isna(sound)
    assert "one has fallen silent" in lede_of(told).lower()


def test_stations_come_in_the_order_of_attention():
    told = story_of(
        station(*GOOD, station_id="good"),
        station(0, 0, station_id="nothing", unknown=5),
        station(*NEW, station_id="new"),
        station(60, 40, station_id="bad"),
        station(100, 400, station_id="costly"),
        station(210, 0, station_id="silent", last_day=50),
    )
    assert told.stations["station_id"].tolist() == ["costly", "silent", "bad", "new", "nothing", "good"]
    assert told.attention["station_id"].tolist() == ["costly", "silent", "bad"]


FALL = Direction(
    WORSE,
    ratio_before=0.962,
    ratio_now=0.941,
    points=-2.1,
    weeks_before=20,
    weeks_now=6,
    first_day=date(2025, 5, 19),
    last_day=date(2025, 6, 29),
    stations=(StationShare(1, 0.7),),
)
"""A fall of two stations, most of which the first makes."""


def told_of(found):
    """The words for three stations that go this way."""
    told = story_of(station(*BAD), *(station(*GOOD, station_id=name) for name in "BC"), direction=found)
    return direction_text(told.direction, told.stations, told.report.target)


def test_the_lede_tells_rate_direction_wrongs_and_first_steps():
    told = lede_of(story_of(station(*BAD, name="Garden Lane"), station(*GOOD, station_id="B"), direction=FALL))
    assert told == (
        "72.5% of 200 attempts succeeded, against a target of 95%. The weekly rate is down 2.1 points "
        "(96.2% to 94.1%) in the six weeks up to 29 Jun 2025, against the 20 before; 70% of it is Garden Lane. One "
        "fails more often than chance allows. The visits that failed beyond what the target allows cost 101 kWh (82 to "
        "120) a week. First steps: a review of the sessions at one."
    )


def test_stations_that_make_a_change_are_named_and_no_date_is_told_beside_them():
    three = tuple(StationShare(key, share) for key, share in ((1, 0.31), (2, 0.12), (3, 0.104)))
    assert told_of(replace(FALL, stations=three)).endswith("before; 31% of it is A, 12% is B and 10% is C")
    assert told_of(replace(FALL, stations=(StationShare(2, 1.3),))).endswith("before; all of it is B")


def test_a_change_that_no_few_stations_make_says_so_and_when_it_began_where_that_is_clear():
    assert told_of(replace(FALL, stations=())).endswith("before; no three stations make half of it")
    dated = replace(FALL, stations=(), since=(date(2025, 5, 12), date(2025, 5, 26)))
    assert told_of(dated).endswith("half of it, and it began between the weeks of 12 May and 26 May 2025")
    over_new_year = replace(dated, since=(date(2024, 12, 23), date(2025, 1, 6)))
    assert told_of(over_new_year).endswith("between the weeks of 23 Dec 2024 and 6 Jan 2025")


def test_of_a_single_station_nothing_is_said_of_who_makes_a_change():
    told = story_of(station(*BAD), direction=FALL)
    assert direction_text(told.direction, told.stations, told.report.target).endswith("against the 20 before")


def test_a_rise_is_up():
    assert told_of(replace(FALL, points=2.1, ratio_now=0.983)).startswith("up 2.1 points (96.2% to 98.3%) in the six")


def test_a_change_that_does_not_matter_is_told_without_size_weeks_and_stations():
    found = Direction(SMALL, ratio_before=0.9612, ratio_now=0.9608, points=-0.04, weeks_before=20, weeks_now=6)
    assert told_of(found) == "no change that matters (96.1% to 96.1%)"
    told = story_of(station(*GOOD), direction=found)
    assert "The weekly rate shows no change that matters (96.1% to 96.1%)." in lede_of(told)


def test_without_an_attempt_the_lede_tells_no_rate_and_no_doubt():
    assert lede_of(story_of(station(0, 0, unknown=60))) == "No attempt could be judged; 60 sessions are unknown."
    assert lede_of(story_of(station(0, 0, unknown=1))) == "No attempt could be judged; 1 session is unknown."


def test_where_failures_were_removed_the_lede_says_of_what_the_rate_is_and_no_doubt():
    told = story_of(station(180, 0, without_failures=180), direction=Direction("can't tell yet"))
    assert lede_of(told) == "100.0% of 180 published sessions succeeded; failures are not in the data."


def test_one_attempt_is_one():
    assert lede_of(story_of(station(1, 0))).startswith("100.0% of 1 attempt succeeded, against a target of 95%.")


def test_stations_of_equal_rate_come_by_source_and_id():
    told = story_of(station(*NEW, "b"), station(*NEW, "a", source="z"), station(*NEW, "a"))
    assert told.stations[["source", "station_id"]].to_numpy().tolist() == [["acme", "a"], ["acme", "b"], ["z", "a"]]


def test_the_first_step_is_that_of_the_leading_reason_or_a_visit_where_one_port_stands_out():
    told = story_of(
        station(*BAD, "card", first_step="payment vendor"),
        station(*BAD, "port", worst_port="2"),
        station(*BAD, "card at a port", first_step="payment vendor", worst_port="2"),
        station(*BAD, "nothing"),
        station(350, 0, "silent", last_day=50, first_step="payment vendor"),
        station(*GOOD, "good", first_step="payment vendor"),
    )
    assert told.stations.set_index("station_id")["first_step"].to_dict() == {
        "card": "payment vendor",
        "port": "visit",
        "card at a port": "payment vendor",
        "nothing": "review",
        "silent": "check power and comms",
        "good": None,
    }


def test_a_network_without_a_finding_says_what_can_not_be_told():
    found = Direction(NO_CHANGE, ratio_before=0.96, ratio_now=0.96, points=0.0)
    told = story_of(station(*NEW), station(*GOOD, station_id="B"), direction=found)
    assert lede_of(told).endswith("One station can't be judged yet: too few attempts, or too close.")
    assert direction_text(told.direction, told.stations, told.report.target) == "no change shown"


@pytest.mark.thorough
def test_a_direction_that_can_not_be_told_says_why():
    told = story_of(station(*GOOD))
    assert direction_text(told.direction, told.stations, told.report.target) == (
        "can't tell yet: 9 full weeks with attempts; 17 are needed"
    )


def test_the_allowance_is_what_the_target_lets_fail():
    assert allowance_used(story_of(station(90, 10)).report) == (10, pytest.approx(5.0), pytest.approx(2.0))
    assert allowance_used(story_of(station(0, 0, unknown=3)).report) == (0, 0.0, None)


def test_a_cost_that_is_not_known_is_not_told():
    young = story_of(station(5, 45, last_day=6))
    assert young.attention["charges_lost_per_week"].isna().all()
    assert title_of(young) == "The station needs attention"
    assert "What stations below target lose is not known." in lede_of(young)


def test_the_document_holds_what_each_station_does_now_in_plain_values():
    told = story_of(station(*BAD, name="Ü\x9b\u202e"), station(0, 0, "B", unknown=2))
    text = to_json(told)
    assert text.isascii()
    first, second = json.loads(text)["stations"]
    assert first["name"] == "Ü\x9b\u202e"
    assert set(first["now"]) == {*PRESENT, *MONEY, *ADVICE}
    assert (first["now"]["verdict"], first["now"]["since"], first["now"]["changed"]) == (
        "below target",
        "2025-04-02",
        False,
    )
    assert first["now"]["first_step"] == "review"
    assert (second["now"]["since"], second["now"]["success_ratio"], second["now"]["first_step"]) == (None, None, None)
    document = json.loads(text)
    assert document["attention"]["stations"] == 1
    assert document["direction"]["word"] == "can't tell yet"
    assert document["direction"]["reason"] == told.direction.reason
    assert document["direction"]["stations"] == []
    assert document["title"] == title_of(told)


@pytest.mark.thorough
def test_the_document_names_the_stations_that_make_a_change_by_source_and_id():
    told = story_of(station(*BAD), station(*GOOD, station_id="B"), direction=FALL)
    assert told.to_dict()["direction"] == {
        "word": "worse",
        "ratio_before": 0.962,
        "ratio_now": 0.941,
        "points": -2.1,
        "weeks_before": 20,
        "weeks_now": 6,
        "last_day": "2025-06-29",
        "since": None,
        "stations": [{"source": "acme", "station_id": "A", "share": 0.7}],
        "reason": None,
    }
    dated = replace(FALL, stations=(), since=(date(2025, 5, 12), date(2025, 5, 26)))
    since = story_of(station(*GOOD), direction=dated).to_dict()["direction"]["since"]
    assert since == {"earliest": "2025-05-12", "latest": "2025-05-26"}


def test_csv_has_the_present_beside_the_period_unrounded_and_inert():
    told = story_of(station(2, 1, "=A", name="-B\n,"), station(0, 0, "C", unknown=1))
    first, second = csv.DictReader(io.StringIO(to_csv(told)))
    assert (first["station_id"], first["name"]) == ("'=A", "'-B\n,")
    assert float(first["success_ratio"]) == float(first["rate_now"]) == 2 / 3
    assert (first["since"], first["changed"], first["silent"]) == ("2025-05-05", "false", "false")
    assert (second["success_ratio"], second["rate_now"], second["since"], second["reason"]) == ("", "", "", "")
    assert {*PRESENT.values(), "successes_before", *ADVICE, "definition", "target"} <= set(first)


def test_a_chart_that_can_not_be_written_leaves_nothing(tmp_path):
    from evcharge.errors import ReportError

    with pytest.raises(ReportError, match="can't be written"):
        save_chart(story_of(station(1, 1)), tmp_path / "nowhere" / "x.png", draw_station_reliability)
    assert not list(tmp_path.iterdir())
