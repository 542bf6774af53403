"""Was it there? What the report says of uptime in the terminal and in its document, where there is evidence."""

from __future__ import annotations

import json
import shlex
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import event

from evcharge.db import masked
from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.milliseconds import instant_ms
from evcharge.metrics.selection import Selection
from evcharge.report.availability import command_of
from evcharge.report.saved import tell_story
from evcharge.report.story import build_story
from tests.support.star import MIXED, write_sessions, write_statuses

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "reference" / "report.schema.json").read_text(encoding="utf-8")
)
TITLE = "Was it there?"
HOSTILE = "1\x1b[31m\u202e\x07\r"
"""A port that would colour, turn round, ring and overwrite."""


@pytest.fixture
def star(engine):
    write_sessions(engine, *MIXED)
    return engine


def story_of(star, **chosen):
    return tell_story(star, target=0.95, selection=Selection(**chosen))


def test_without_evidence_nothing_is_said_and_three_looks_are_all_it_costs(star):
    asked = []
    event.listen(star, "before_cursor_execute", lambda *about: asked.append(about[2]))
    story_of(star)
    of_uptime = [text for text in asked if any(f"FROM fact_{name}" in text for name in ("status", "contact", "outage"))]
    assert len(of_uptime) == 3
    assert "uptime" not in story_of(star).to_dict()


@pytest.mark.thorough
def test_the_terminal_says_what_was_seen_who_was_up_least_what_goes_on_and_what_shows_more(star, url, evcharge):
    write_statuses(star)
    _, out, _ = evcharge("report", "--no-png", "--db", url)
    told = " ".join(out[out.index(TITLE) :].split())
    assert "25 Dec 2024 – 27 Dec 2024 (UTC), the whole days that the evidence covers." in told
    assert "seen up 47.57% of the time that was seen, which is 50.00% of all; at worst 23.78%, at best 73.78%." in told
    assert "Rulebook nevi; it judges twelve months, so this period has no verdict." in told
    assert "Stop A 33.68% 33.68% 33.68% 100.00% 47.8 – Stop B 61.46% 61.46% 61.46% 100.00% 27.8 – 2 outages" in told
    assert "2 outages go on at the end of that time: 2 seen down, 0 out of contact." in told
    assert "Nothing tells of 2 stations; all of their time is unknown." in told
    named = f"--db {shlex.quote(masked(url))}"  # a long one goes on in the next line
    both = f"See each port: evcharge uptime {named} See each outage: evcharge outages {named}"
    assert told.replace(" ", "").endswith(both.replace(" ", ""))


@pytest.mark.thorough
def test_no_character_of_a_port_or_station_is_a_command_to_the_terminal_and_it_says_the_same_again(star, url, evcharge):
    write_statuses(star, port=HOSTILE, name=f"Stop {HOSTILE}")
    commands = (("report", "--no-png"), ("uptime",), ("outages",), ("explain", "A", "--uptime"))
    for words in commands:
        _, out, err = evcharge(*words, "--db", url)
        assert "□[31m□□" in out
        assert not [char for char in out + err if not char.isprintable() and char != "\n"]
        assert evcharge(*words, "--db", url)[1] == out


@pytest.mark.parametrize(
    ("chosen", "command"),
    [
        ({}, "evcharge uptime"),
        ({"first_day": date(2024, 12, 26)}, "evcharge uptime --from 2024-12-26 --to 2024-12-27"),
        ({"station_ids": ("A b",)}, "evcharge uptime --station 'A b'"),
        ({"where": (("region", "North"),)}, "evcharge uptime --where region=North"),
    ],
)
def test_the_command_that_shows_more_is_of_the_same_days_and_stations(chosen, command):
    begin = datetime(2024, 12, 26, tzinfo=timezone.utc)
    period = Period(instant_ms(begin), instant_ms(begin + timedelta(days=2)))
    assert command_of("uptime", period, Selection(**chosen)) == command


@pytest.mark.thorough
def test_the_document_has_uptime_where_there_is_evidence_as_its_schema_says(star):
    write_statuses(star)
    document = story_of(star).to_dict()
    jsonschema.validate(document, SCHEMA)
    uptime = document["uptime"]
    assert [row["station_id"] for row in uptime["stations"]] == ["A", "B", "C", "D"]
    assert uptime["outages_going_on"] == 2
    assert uptime["network"]["coverage"] == 0.5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "uptime": {**uptime, "success_ratio": 0.97}}, SCHEMA)
    assert "uptime" not in build_story(star, target=0.95, selection=Selection()).to_dict()


@pytest.mark.thorough
def test_uptime_is_of_the_days_that_the_report_is_of(star):
    write_statuses(star)
    days = story_of(star, first_day=date(2024, 12, 24), last_day=date(2024, 12, 25)).to_dict()["uptime"]["period"]
    assert (days["from"][:10], days["to"][:10], days["reason"]) == ("2024-12-24", "2024-12-26", "asked for")
