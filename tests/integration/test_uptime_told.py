"""Uptime as documents, CSV and the command line tell it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from PIL import Image

from evcharge.cli import cli
from evcharge.db import open_engine
from evcharge.errors import ConfigError, NoDataError
from evcharge.metrics.availability.rulebooks import builtin_rulebooks, find_rulebook
from evcharge.metrics.selection import Selection
from evcharge.report.document import to_json
from evcharge.report.evidence_compared import compare_evidence
from evcharge.report.uptime import build_uptime
from evcharge.report.uptime_document import OutagesDocument, UptimeDocument, uptime_csv
from evcharge.report.uptime_explained import explain_uptime
from tests.support.evidence_star import EvidenceStar, at, days, outage_of, told

pytestmark = pytest.mark.thorough

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SCHEMA = json.loads((REFERENCE / "uptime.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def star(engine):
    return EvidenceStar(engine)


def test_the_documents_are_as_their_schema_says(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 24, "Available", "up")
    for books in (["nevi"], list(builtin_rulebooks())):
        for by in ("port", "station", "region"):
            document = json.loads(to_json(UptimeDocument(told(star, *books, by=by))))
            jsonschema.validate(document, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "more": 1}, SCHEMA)


def test_the_document_of_outages_is_as_its_schema_says(star):
    schema = json.loads((REFERENCE / "outages.schema.json").read_text(encoding="utf-8"))
    star.says("1", 0, "Available", "up")
    star.says("1", 2, "Faulted", "down")
    star.says("1", 5, "Available", "up")
    star.hears(0, 1)
    star.hears(2, 6)
    star.says("1", 24, "Faulted", "down")
    star.add(outage_of(from_time=at(3), until_time=at(4)))
    for evidence in ("status", "all"):
        document = json.loads(to_json(OutagesDocument(told(star, evidence=evidence, period=days(1)))))
        jsonschema.validate(document, schema)
        assert {row["goes_on"] for row in document["outages"]} == ({False} if evidence == "status" else {False, True})
    assert {row["seen"] for row in document["outages"]} == {"silence", "status"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "outages": [{**document["outages"][0], "seen": "guess"}]}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "more": 1}, schema)


def test_every_row_of_the_csv_carries_the_hash_of_its_rulebook(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 24, "Available", "up")
    header, *rows = uptime_csv(told(star, "nevi", "afirev")).splitlines()
    assert header.startswith("source,station_id,port_id,minutes,")
    hashes = [find_rulebook(name).sha256 for name in ("nevi", "nevi", "afirev", "afirev")]
    assert [re.search("[0-9a-f]{64}", row)[0] for row in rows] == hashes


# The command line


@pytest.fixture
def run(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 6, "Faulted", "down")
    star.says("1", 8, "Available", "up")
    star.says("1", 24, "Available", "up")
    url = star.engine.url.render_as_string(hide_password=False)

    def run_command(*arguments, code=0):
        done = CliRunner().invoke(cli, [*arguments, "--db", url], obj={}, catch_exceptions=True)
        assert done.exit_code == code, done.output
        return done.output

    return run_command


def test_the_command_says_period_evidence_rulebook_and_what_it_makes_of_each_port(run):
    text = run("uptime", "--evidence", "status", "--station", "A")
    assert "3 Mar 2025 (UTC)   1 port of 1 station   the whole days that the evidence covers" in text
    assert "3 Mar 2025 – 3 Mar 2025" not in text
    assert "evidence: status alone" in text
    assert "rulebook nevi" in text
    assert "91.67%" in text


def test_all_rulebooks_stand_side_by_side_and_outages_are_listed(run):
    text = run("uptime", "--rulebook", "all", "--evidence", "status", "--station", "A")
    assert all(name in text for name in builtin_rulebooks())
    assert "2025-03-03 06:00" in run("outages", "--evidence", "status", "--station", "A")


def test_a_table_of_outages_has_no_column_in_which_nothing_stands(run):
    text = run("outages", "--evidence", "status", "--station", "A")
    assert "lost: charges in the same hours of the weeks before" in text
    assert "claims" not in text
    assert "failed" not in text


def test_explain_takes_the_time_of_a_port_apart_to_file_and_line(run, star):
    text = run("explain", "A/1", "--uptime", "--evidence", "status")
    assert "port 1: 22.0 h up, 2.0 h down, – h unknown: 91.67% up, seen 100.00% of the time" in text
    (down,) = [line.split() for line in text.splitlines() if " down " in line and "Faulted" in line]
    assert down == [
        "2025-03-03",
        "06:00",
        "2025-03-03",
        "08:00",
        "2.0",
        "down",
        "status",
        "Faulted",
        "sessions.csv",
        "3",
    ]

    document = json.loads(run("explain", "A", "--uptime", "--evidence", "status", "--json"))
    (port,) = document["ports"]
    assert [span["line"] for span in port["spans"]] == [2, 3, 4]
    assert sum(span["minutes"] for span in port["spans"]) == document["period"]["minutes"]
    with pytest.raises(NoDataError, match="A has no port '9'"):
        explain_uptime(star.engine, "A/9")


def test_a_port_is_compared_by_its_statuses_the_back_offices_records_and_its_messages(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 24, "Available", "up")
    star.hears(0, 6)
    star.hears(12, 24)
    star.connects(0, 9)
    star.connects(12, 24)
    found = compare_evidence(star.engine, "A", period=days(1))
    assert found.title == "A / 1, 3 Mar 2025 (UTC)"
    assert [(bar.label, bar.figure, bar.note) for bar in found.bars] == [
        ("statuses alone", "100.00% up", "all of it seen"),
        ("with back office's records", "87.50% up", "12.50% unknown"),
        ("with its own messages", "75.35% up", "24.65% unknown"),  # 5 minutes of silence are none
    ]
    assert [span[2] for span in found.bars[1].spans] == ["up", "unknown", "up"]
    star.says("2", 0, "Available", "up")
    with pytest.raises(ConfigError, match="A has 2 ports; a picture is of one"):
        compare_evidence(star.engine, "A", period=days(1))


def test_the_comparison_is_drawn_where_a_picture_is_asked_for(run, tmp_path):
    assert "add --uptime" in run("explain", "A", "--png", str(tmp_path / "a.png"), code=2)
    run("explain", "A/1", "--uptime", "--png", str(tmp_path / "a.png"))
    with Image.open(tmp_path / "a.png") as picture:
        picture.load()
        assert "Statuses alone: 91.67% up, 8.33% down." in picture.text["Description"]


@pytest.mark.parametrize(
    ("arguments", "code", "told_so"),
    [
        (("--quarter", "2025Q5"), 2, "is no quarter"),
        (("--from", "2025-03-03"), 2, "both days are needed"),
        (("--year", "2025", "--quarter", "2025Q1"), 2, "name the period in one way"),
        (("--from", "2025-03-05", "--to", "2025-03-03"), 2, "is before"),
    ],
)
def test_a_period_that_is_none_is_refused_by_name(run, arguments, code, told_so):
    assert told_so in run("uptime", *arguments, code=code)


def test_a_quarter_and_a_year_are_whole(run):
    for option, begin, end in (("--quarter", "2025-01-01", "2025-04-01"), ("--year", "2025-01-01", "2026-01-01")):
        value = "2025Q1" if option == "--quarter" else "2025"
        period = json.loads(run("uptime", option, value, "--json"))["period"]
        assert (period["from"][:10], period["to"][:10]) == (begin, end)


def test_an_engine_is_not_needed_for_its_url(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 24, "Available", "up")
    url = star.engine.url.render_as_string(hide_password=False)
    assert build_uptime(url, [find_rulebook("nevi")], selection=Selection()).first.network["ports"] == 2
    assert open_engine(url) is not None
