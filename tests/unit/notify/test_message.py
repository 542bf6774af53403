"""A message says what changed that matters, and there is none where nothing did."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS
from evcharge.notify.message import message_of
from evcharge.notify.webhook import body_of
from evcharge.report.now import SILENT
from evcharge.report.saved import with_changes
from evcharge.report.since import CHANGES, Earlier, Finding
from tests.support.stories import BAD, GOOD, NEW, station, story_of

STORY = story_of(station(*BAD, "B", name="Baker Street"), station(*GOOD, "G"))


def was(verdict, label="B", **over):
    told = {"ratio": None, "since": None, "last_session": date(2025, 5, 1), "out_of_use": False, "changed": False}
    return Finding(label, verdict, **{**told, **over})


def told_of(story, network=None, **before):
    findings = {("acme", name): finding for name, finding in before.items()}
    verdict = network or story.report.network["verdict"]
    return message_of(with_changes(story, Earlier(date(2025, 4, 1), date(2025, 5, 1), None, findings, verdict)))


def test_without_an_earlier_report_there_is_no_message():
    assert message_of(STORY) is None


def test_a_station_that_is_newly_below_target_is_told_with_where_the_network_stands():
    message = told_of(STORY, B=was(MEETS), G=was(MEETS))
    assert message.title == "evcharge: 1 newly below target"
    assert message.lines[:2] == ("Since the report of 1 Apr 2025 – 1 May 2025:", "- 1 newly below target: Baker Street")
    assert any(line.startswith("72.5% of 200 attempts succeeded") for line in message.lines)
    assert message.text.startswith("evcharge: 1 newly below target\n\nSince the report")


@pytest.mark.parametrize("before", [BELOW, CANT_TELL])
def test_what_stays_as_it_was_is_not_told(before):
    story = STORY if before == BELOW else story_of(station(*NEW, "B"), station(*GOOD, "G"))
    assert told_of(story, B=was(before), G=was(MEETS)) is None


def test_a_station_that_stays_below_target_is_not_named_beside_one_that_changed():
    message = told_of(STORY, B=was(BELOW), G=was(BELOW))
    assert message.title == "evcharge: 1 mended"
    assert [one["change"] for one in message.document["since_report"]["changes"]] == ["mended"]


def test_a_new_station_is_told_only_if_it_needs_attention():
    assert told_of(STORY, B=was(BELOW)) is None
    assert told_of(STORY, G=was(MEETS)).title == "evcharge: 1 new station"


def test_another_verdict_on_the_network_is_told_alone():
    message = told_of(STORY, network=MEETS, B=was(BELOW), G=was(MEETS))
    assert message.title == "evcharge: the network: below target, was meets target"


def test_every_change_but_staying_so_is_told():
    there = story_of(
        station(*BAD, "newly"),
        station(*GOOD, "mended"),
        station(*NEW, "unshown"),
        station(*GOOD, "back"),
        station(*BAD, "new"),
    )
    before = {"newly": was(MEETS), "mended": was(BELOW), "unshown": was(BELOW), "back": was(SILENT), "gone": was(MEETS)}
    kinds = {one["change"] for one in told_of(there, **before).document["since_report"]["changes"]}
    assert kinds == {
        "newly below target",
        "mended",
        "no longer shown below target",
        "back",
        "new station",
        "gone from the data",
    }
    assert kinds < set(CHANGES)


def test_a_stations_name_makes_no_line_of_its_own_and_calls_nobody_in_slack():
    story = story_of(station(*BAD, "B", name="a\r\nb <!channel> & c"), station(*GOOD, "G"))
    message = told_of(story, B=was(MEETS), G=was(MEETS))
    assert "- 1 newly below target: a  b <!channel> & c" in message.lines
    assert "a  b &lt;!channel&gt; &amp; c" in body_of(message, "slack")["text"]


def test_teams_gets_a_card_of_runs_of_text_and_others_the_document():
    message = told_of(STORY, B=was(MEETS), G=was(MEETS))
    (attachment,) = body_of(message, "teams")["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    runs = [run for block in attachment["content"]["body"] for run in block["inlines"]]
    assert [run["text"] for run in runs if run["text"]] == [line for line in (message.title, *message.lines) if line]
    assert {run["type"] for run in runs} == {"TextRun"}
    assert body_of(message, "document") == message.document
    assert message.document["schema_version"] == 1


def test_the_document_is_as_its_schema_says():
    path = Path(__file__).parents[3] / "docs" / "reference" / "notify.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    for message in (
        told_of(STORY, B=was(MEETS), G=was(SILENT)),
        told_of(STORY, network=MEETS, B=was(BELOW), G=was(MEETS)),
    ):
        document = json.loads(json.dumps(message.document))
        jsonschema.validate(document, schema)
    for broken in ({**document, "more": 1}, {**document, "network": {}}, {**document, "since_report": {"changes": []}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)


def test_what_is_made_up_is_said():
    report = replace(STORY.report, beside=STORY.report.beside._replace(made_up=7))
    message = told_of(replace(STORY, report=report), B=was(MEETS), G=was(MEETS))
    assert message.lines[-1] == "7 of these sessions are made up: evcharge sample."
