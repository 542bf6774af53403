"""What is planted in the answers of a made-up network is found, dated to the poll, and nothing else is."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import sqlite3
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

import evcharge as package
from evcharge.db import open_engine
from evcharge.errors import ConfigError
from evcharge.load import load_file
from evcharge.report.uptime_document import outages_csv, uptime_csv
from evcharge.sources import builtin_profiles
from evcharge.synth import write_sample

DAYS = {"start": date(2025, 4, 2), "end": date(2025, 6, 29)}


@pytest.fixture(scope="module")
def made(migrated_sqlite, tmp_path_factory):
    """A star with the sample and the answers of its ports, and the truth about them."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "star.db").write_bytes(Path(migrated_sqlite).read_bytes())
    paths = [folder / name for name in ("sessions.csv", "statuses.csv", "truth.json")]
    write_sample(paths[0], rows=300, stations=6, statuses=paths[1], truth=paths[2])
    url = f"sqlite:///{folder / 'star.db'}"
    for path in paths[:2]:
        load_file(path, url, builtin_profiles().values())
    return url, json.loads(paths[2].read_text())["statuses"]


def utc(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


@pytest.mark.thorough
def test_the_planted_outages_are_found_from_the_first_poll_to_the_first_after_and_nothing_else_is_down(made):
    url, truth = made
    found = package.uptime(url, evidence="status", **DAYS).outages
    told = {(row["port_id"], row["from"], row["to"]) for row in found.to_dict("records")}
    assert told == {(one["port_id"], utc(one["from"]), utc(one["until"])) for one in truth["outages"]}
    assert set(found["state"]) == {"down"}


def test_a_silent_station_is_unknown_from_two_polls_after_its_last_answer_and_never_up_or_down(made):
    url, truth = made
    found = package.uptime(url, evidence="status,contact", **DAYS)
    unseen = found.outages[found.outages["state"] == "unknown"]
    silent = {one["station_id"]: one for one in truth["silent"]}
    assert set(unseen["station_id"]) == silent.keys()
    for row in unseen.to_dict("records"):
        planted = silent[row["station_id"]]
        assert row["from"] == utc(planted["from"]) + timedelta(hours=1)  # the last answer was an hour before
        assert row["goes_on"] == (planted["until"] is None)
        assert row["goes_on"] or row["to"] == utc(planted["until"])
    seen = found.ports[~found.ports["station_id"].isin(silent)]
    assert (seen["coverage"] == 1).all()


def test_the_port_that_always_says_available_is_announced_free_in_all_of_its_sessions(made):
    url, truth = made
    (liar,) = truth["always_available"]
    lies = package.uptime(url, **DAYS).false_free.set_index("port_id")["false_minutes"]
    sessions = (
        open_engine(url)
        .connect()
        .exec_driver_sql(
            "SELECT port_id, sum(duration_minutes) FROM fact_charging WHERE start_time > '2025-04-02' "
            "AND end_time < '2025-06-30' GROUP BY port_id"
        )
    )
    share = {port: lies.get(port, 0.0) / minutes for port, minutes in sessions}
    assert share[liar["port_id"]] == pytest.approx(1, abs=0.02)
    assert max(share.values()) == share[liar["port_id"]]


@pytest.mark.thorough
def test_the_csv_files_say_of_each_row_what_is_made_up(made):
    found = package.uptime(made[0], **DAYS).found
    for by, made_up in (("port", 1), ("network", len(found.first.ports))):
        rows = csv.DictReader(io.StringIO(uptime_csv(replace(found, by=by))))
        assert {row["made_up_ports"] for row in rows} == {str(made_up)}
    assert {row["is_made_up"] for row in csv.DictReader(io.StringIO(outages_csv(found)))} == {"true"}


@pytest.mark.thorough
def test_the_charges_lost_in_the_planted_outages_are_told_from_the_weeks_before(made):
    found = package.uptime(made[0], evidence="status", **DAYS).outages
    known = found.dropna(subset=["charges_lost"])
    assert len(known) > 0
    assert (known["charges_lost"] >= 0).all()


@pytest.mark.thorough
def test_frames_from_python_are_saved_as_parquet_and_into_a_database(made, tmp_path):
    found = package.uptime(made[0], "status-only", by="station", **DAYS)
    besides = ("outages", "not_dispensing", "without_port", "false_free", "reported")
    for name in ("ports", "groups", "network", "steps", *besides):
        frame = getattr(found, name)
        frame.to_parquet(tmp_path / f"{name}.parquet")
        with sqlite3.connect(tmp_path / "frames.db") as database:
            assert frame.to_sql(name, database, index=False) == len(frame)
        database.close()
    assert len(found.groups) == 6
    assert found.to_dict()["rulebook"]["id"] == "status-only"
    assert repr(found).startswith("<Uptime: ")


@pytest.mark.thorough
def test_a_notebook_shows_of_uptime_what_the_terminal_says(made, evcharge, monkeypatch):
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", made[0])  # of which commands that are printed need say nothing
    shown = package.uptime(made[0], "status-only", by="station", **DAYS)._repr_html_()
    days = ("--from", DAYS["start"].isoformat(), "--to", DAYS["end"].isoformat())
    _, out, _ = evcharge("uptime", "--rulebook", "status-only", "--by", "station", *days)
    words = " ".join(out.split())
    told = re.findall("<(?:strong|div)>([^<]+)<", shown)
    cells = re.findall("<td[^>]*>([^<]+)</td>", shown)
    assert len(told) >= 4
    assert len(cells) >= 6 * 8
    for text in (*told, *cells):
        in_terminal = text.replace("see not_dispensing, false_free", "evcharge uptime --json lists them")
        assert " ".join(html.unescape(in_terminal).split()) in words, text


@pytest.mark.thorough
def test_python_says_of_a_report_what_the_commands_document_and_page_say_of_uptime(made, evcharge, tmp_path):
    found = package.reliability(made[0])
    _, out, _ = evcharge("report", "--db", made[0], "--no-png", "--json")
    assert found.to_dict() == json.loads(out)
    assert found.to_dict()["uptime"]["rulebook"] == "nevi"
    found.to_html(tmp_path / "page.html")
    assert "Was it there?" in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.thorough
def test_all_that_is_told_of_the_sample_says_that_it_is_made_up(made, evcharge):
    url, _ = made
    assert package.uptime(url).notes[0] == "6 of these stations are made up: evcharge sample."
    for command in (
        ("uptime",),
        ("uptime", "--json"),
        ("outages",),
        ("outages", "--json"),
        ("explain", "ST-001", "--uptime"),
    ):
        code, out, _ = evcharge(*command, "--db", url)
        assert code == 0
        assert "made up: evcharge sample" in out


def test_half_a_period_or_one_that_runs_backwards_is_refused(made):
    with pytest.raises(ConfigError, match="one day was given"):
        package.uptime(made[0], start=DAYS["start"])
    with pytest.raises(ConfigError, match="is before"):
        package.uptime(made[0], start=DAYS["end"], end=DAYS["start"])
