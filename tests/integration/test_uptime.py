from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image
from rich.console import Console
from sqlalchemy.orm import Session

from evcharge.api_uptime import Uptime
from evcharge.cli import cli
from evcharge.db import open_engine
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
    FactCharging,
    FactContact,
    FactOutage,
    FactStatus,
    RejectedEvidence,
)
from evcharge.report import uptime_of_database
from evcharge.report.document import to_json
from evcharge.report.evidence_compared import compare_evidence
from evcharge.report.page.availability import availability_of
from evcharge.report.terminal.uptime import print_outages, print_uptime
from evcharge.report.uptime import build_uptime
from evcharge.report.uptime_document import OutagesDocument, UptimeDocument, uptime_csv
from evcharge.report.uptime_explained import explain_uptime
from evcharge.report.uptime_words import (
    dispensing_text,
    false_free_text,
    figure_text,
    port_label,
    verdict_text,
    without_text,
)
from tests.support.star import hour, ledger

pytestmark = pytest.mark.thorough

DAY = datetime(2025, 3, 3, tzinfo=timezone.utc)
REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SCHEMA = json.loads((REFERENCE / "uptime.schema.json").read_text(encoding="utf-8"))


def at(hours):
    return DAY + timedelta(hours=hours)


def days(number):
    return Period(instant_ms(DAY), instant_ms(DAY + timedelta(days=number)))


class Star:
    """A star into which evidence is written, a row at a time."""

    def __init__(self, engine):
        self.engine, self.lines = engine, 1
        self.add(ledger(load_key=1))
        self.add(DimStation(station_key=1, source="city", station_id="A", name="Mill <b>Lane</b>", operator="Shine"))
        self.add(DimStation(station_key=2, source="city", station_id="B"))

    def add(self, *rows):
        with Session(self.engine) as session, session.begin():
            session.add_all(rows)

    def load(self, key, **told):
        self.add(ledger(load_key=key, file_sha256=f"{key:064d}", file_name=f"log{key}.csv", **told))

    def says(self, port, hours, word, state, until=None, station=1, load=1, evidence="event", updated=None, **more):
        self.lines += 1
        times = {"from_time": at(hours), "until_time": at(hours if until is None else until)}
        place = {"load_key": load, "source_line": self.lines, "last_line": self.lines}
        told = {"word": word, "state": state, "evidence": evidence, "source_updated_at": updated}
        self.add(FactStatus(station_key=station, port_id=port, **times, **place, **told, **more))

    def hears(self, first, last, station=1):
        self.lines += 1
        times = {"from_time": at(first), "until_time": at(last)}
        place = {"load_key": 1, "source_line": self.lines, "last_line": self.lines}
        self.add(FactContact(station_key=station, charger_id="A", evidence="own_message", **times, **place))

    def connects(self, first, last, station=1):
        self.lines += 1
        place = {"load_key": 1, "source_line": self.lines, "last_line": self.lines}
        times = {"from_time": at(first), "until_time": at(last)}
        self.add(FactContact(station_key=station, charger_id="A", evidence="back_office", **times, **place))

    def session(self, number, port, hours, length, kwh, success, station=1):
        start, key = at(hours), int(f"{at(hours):%Y%m%d%H}")
        with Session(self.engine) as session, session.begin():
            session.merge(hour(key))
            session.flush()
            session.add(
                FactCharging(
                    station_key=station,
                    session_id=f"S{number}",
                    time_key=key,
                    load_key=1,
                    source_line=number,
                    port_id=port,
                    start_time=start,
                    end_time=start + timedelta(hours=length),
                    energy_kwh=kwh,
                    success=success,
                )
            )


@pytest.fixture
def star(engine):
    return Star(engine)


def told(star, *rulebooks, evidence="status", period=None, selection=None, **asked):
    books = [find_rulebook(name) for name in rulebooks or ("status-only",)]
    counted = evidence_named(evidence)
    chosen = selection or Selection()
    return build_uptime(star.engine, books, selection=chosen, period=period, counted=counted, **asked)


def minutes(found, port):
    rows = found.first.ports
    row = rows[(rows["station_id"] + "/" + rows["port_id"]) == port].iloc[0]
    return tuple(row[f"{name}_minutes"] / 60 for name in ("up", "down", "unknown"))


def test_a_port_is_up_down_and_unknown_as_it_was_said(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 6, "Faulted", "down")
    star.says("1", 8, "Available", "up")
    star.says("1", 24, "Available", "up")
    found = told(star, period=days(1))
    assert minutes(found, "A/1") == (22, 2, 0)
    assert (found.first.ports.loc[0, "low"], found.period_reason) == (22 / 24, "asked for")


def test_the_period_is_that_of_the_whole_days_that_the_evidence_covers(star):
    star.says("1", -3, "Available", "up")
    star.says("1", 50, "Available", "up")
    found = told(star)
    assert found.period == days(2)
    assert found.period_reason == "the whole days that the evidence covers"
    assert minutes(found, "A/1") == (48, 0, 0)


def test_a_period_that_is_not_over_ends_now_and_says_when_it_would(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 8, "Faulted", "down")
    star.says("1", 12, "Faulted", "down")
    found = told(star, period=days(31), now=at(12))
    assert minutes(found, "A/1") == (8, 4, 0)
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
    up, down, unknown = minutes(found, "A/1")
    assert (round(up, 5), down, round(unknown, 5)) == (12, 0, 36)
    assert found.notes == [
        "Evidence ends at 2025-03-03 12:00 UTC; all later time is unknown.",
        "Nothing tells of 1 station; all of their time is unknown.",
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
    assert minutes(found, "B/") == (0, 0, 24)
    assert set(found.first.ports["station_id"]) == {"A", "B"}
    assert found.notes == ["Nothing tells of 1 station; all of their time is unknown."]


def test_ports_are_those_that_registry_statuses_and_sessions_name(star):
    star.add(DimPort(source="city", port_id="R", station_key=1, load_key=1, named_as_station=False))
    star.says("1", 0, "Available", "up")
    star.says("1", 24, "Available", "up")
    star.session(1, "2", 3, 1.0, 7.5, True)
    found = told(star, evidence="all", selection=Selection(station_ids=("A",)))
    assert list(found.first.ports["port_id"]) == ["1", "2", "R"]
    assert minutes(found, "A/2") == (1, 0, 23)
    assert minutes(found, "A/R") == (0, 0, 24)


def by_connectors(star):
    """Uptime by rulebooks that take all, any and the mean of connectors, and the first port's hours down by each."""
    books = [replace(find_rulebook("status-only"), connectors=word) for word in ("all", "any", "mean")]
    found = build_uptime(star.engine, books, selection=Selection(), counted=evidence_named("status"))
    return found, [figures.ports.loc[0, "down_minutes"] / 60 for figures in found.figures]


def test_a_port_of_connectors_is_down_as_the_rulebook_says(star):
    star.says("1", 0, "Available", "up", connectors=2, connectors_up=2)
    star.says("1", 6, "Available", "up", connectors=2, connectors_up=1)
    star.says("1", 10, "Faulted", "down", connectors=2, connectors_up=0)
    star.says("1", 12, "Available", "up", connectors=2, connectors_up=1)
    star.says("1", 14, "Available", "up", connectors=2, connectors_up=2)
    star.says("1", 24, "Available", "up", connectors=2, connectors_up=2)
    found, down = by_connectors(star)
    assert down == [2, 8, 5]
    assert [figures.ports.loc[0, "uptime"] for figures in found.figures] == pytest.approx([22 / 24, 16 / 24, 19 / 24])
    assert found.outages["minutes"].tolist() == [120]


def test_what_is_said_of_a_whole_station_is_true_of_each_connector_and_mends_none(star):
    star.says("1", 0, "Available", "up", connectors=2, connectors_up=2)
    star.says("1", 2, "Available", "up", connectors=2, connectors_up=1)
    star.says("", 4, "Faulted", "down")
    star.says("", 6, "Available", "up")
    star.says("1", 10, "Available", "up", connectors=2, connectors_up=2)
    star.says("1", 24, "Available", "up", connectors=2, connectors_up=2)
    assert by_connectors(star)[1] == [2, 8, 5]


def test_where_a_registry_places_one_port_the_ids_of_a_message_log_are_its_connectors(star):
    star.add(DimPort(source="city", port_id="E*1", station_key=1, load_key=1, named_as_station=False))
    star.load(2, format="ocpp")
    for port, broken in (("1", 6), ("2", 8)):
        for hours, state in ((0, "up"), (broken, "down"), (12, "up"), (24, "up")):
            star.says(port, hours, state, state, load=2)
    star.add(outage_of(port_id="E*1", from_time=at(9), until_time=at(12)))
    found, down = by_connectors(star)
    assert list(found.first.ports["port_id"]) == ["E*1", ""]
    assert down == [4, 6, 5]
    (outage,) = found.outages.to_dict("records")
    assert (outage["port_id"], outage["minutes"], outage["claims"]) == ("E*1", 240, "vandalism")
    spans = explain_uptime(star.engine, "A", counted=evidence_named("status")).spans
    assert list(spans["word"]) == ["up", "down", "up"]


def test_before_its_commissioning_a_port_is_out_of_scope(star):
    opened = {"commissioned_on": date(2025, 3, 4), "load_key": 1, "named_as_station": False}
    star.add(DimPort(source="city", port_id="1", station_key=1, **opened))
    star.says("1", 0, "Available", "up")
    star.says("1", 48, "Available", "up")
    assert minutes(told(star), "A/1") == (24, 0, 0)


def test_of_two_words_for_one_instant_the_newest_version_stands_and_else_the_later_load(star):
    star.load(2)
    for port, first, second in (("1", None, None), ("2", at(9), at(5))):
        star.says(port, 0, "Available", "up")
        star.says(port, 2, "Available", "up", load=1, updated=first)
        star.says(port, 2, "Faulted", "down", load=2, updated=second)
        star.says(port, 24, "Available", "up")
    found = told(star)
    assert minutes(found, "A/1") == (2, 22, 0)
    assert minutes(found, "A/2") == (24, 0, 0)


def refusal(**over):
    row = {"load_key": 1, "kind": "statuses", "source_line": 99, "rule": "status_word_unknown", "raw": "x"}
    return RejectedEvidence(**{**row, "station_id": "A", "port_id": "1", "at_time": at(6), **over})


def test_a_refused_statement_ends_what_stood_before_it(star):
    star.says("1", 0, "Available", "up")
    star.add(refusal())
    star.says("1", 10, "Available", "up")
    star.says("1", 24, "Available", "up")
    assert minutes(told(star), "A/1") == (20, 0, 4)


def test_a_span_that_a_refused_statement_begins_names_its_rule_file_and_line(star):
    star.load(2)
    star.says("1", 0, "Available", "up")
    star.add(refusal(load_key=2), refusal(load_key=2, rule="another"))
    star.says("1", 10, "Faulted", "down")
    star.says("1", 24, "Available", "up")
    star.add(refusal(source_line=98, at_time=at(10)), refusal(source_line=97, port_id="2", at_time=at(8)))
    star.says("1", 10, "Faulted", "down", load=2)
    asked = {"counted": evidence_named("status"), "period": days(1)}
    spans = explain_uptime(star.engine, "A/1", **asked).spans
    assert spans[["state", "seen", "word", "file", "line"]].to_numpy().tolist() == [
        ["up", "status", "Available", "sessions.csv", 2],
        ["unknown", "status", "refused (status_word_unknown)", "log2.csv", 99],
        ["down", "status", "Faulted", "log2.csv", 5],
    ]
    assert list(explain_uptime(star.engine, "A/2", **asked).spans["line"]) == [None, 97]


def test_a_port_of_which_every_statement_was_refused_is_there_and_unknown(star):
    star.says("1", 0, "Available", "up")
    star.add(refusal(source_line=98, port_id="7"), refusal(port_id="8", at_time=at(30)))
    star.says("1", 24, "Available", "up")
    found = told(star, selection=Selection(station_ids=("A",)))
    assert list(found.first.ports["port_id"]) == ["1", "7"]
    assert (minutes(found, "A/1"), minutes(found, "A/7")) == ((24, 0, 0), (0, 0, 24))


def test_refused_statements_of_stations_that_nothing_else_names_are_counted_in_a_note(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 24, "Available", "up")
    star.add(refusal(station_id="C"), refusal(station_id="C", rule="another"), refusal(source_line=98))
    star.add(refusal(source_line=97, station_id=None), refusal(source_line=96, kind="outages", station_id="C"))
    note = "1 refused statement names a station that nothing else names, and is left out (rejected_evidence)."
    assert told(star).notes[-1] == note
    assert note not in told(star, selection=Selection(station_ids=("A",))).notes
    star.add(refusal(source_line=95, station_id="D"))
    assert told(star).notes[-1].startswith("2 refused statements name stations that nothing else names, and are left")


def test_a_refused_statement_of_a_port_in_place_of_its_station_ends_what_stood_of_that_port(star):
    star.add(DimPort(source="city", port_id="P1", station_key=1, load_key=1, named_as_station=True))
    star.says("P1", 0, "Available", "up")
    star.says("P1", 24, "Available", "up")
    star.add(refusal(station_id="P1", port_id="P1"))
    found = told(star)
    assert minutes(found, "A/P1") == (6, 0, 18)
    assert not [note for note in found.notes if "refused" in note]


def test_a_refused_statement_that_a_later_load_reads_is_none(star):
    star.load(2)
    star.says("1", 0, "Available", "up")
    star.add(refusal())
    star.says("1", 6, "Available", "up", load=2)
    star.says("1", 24, "Available", "up")
    found = told(star, selection=Selection(station_ids=("A",)))
    assert list(found.first.ports["port_id"]) == ["1"]
    assert minutes(found, "A/1") == (24, 0, 0)


def test_what_is_said_of_a_whole_station_is_true_of_each_port_and_mends_none(star):
    for port in ("1", "2"):
        star.says(port, 0, "Available", "up")
    star.says("1", 2, "Faulted", "down")
    star.says("", 4, "Faulted", "down")
    star.says("", 6, "Available", "up")
    star.says("1", 10, "Available", "up")
    star.says("", 24, "Available", "up")
    found = told(star)
    assert minutes(found, "A/1") == (16, 8, 0)
    assert minutes(found, "A/2") == (22, 2, 0)


def test_silence_is_unknown_where_contact_counts_and_a_charge_proves_a_port_up(star):
    star.says("1", 0, "Available", "up")
    star.hears(0, 10)
    star.says("1", 24, "Available", "up")
    star.session(1, None, 20, 1.0, 7.5, True)
    assert minutes(told(star, evidence="status"), "A/1") == (24, 0, 0)
    up, _, unknown = minutes(told(star, evidence="status,contact"), "A/1")
    assert (round(up - 10, 4), round(unknown, 4)) == (round(5 / 60, 4), round(14 - 5 / 60, 4))
    assert minutes(told(star, evidence="all"), "A/1")[0] == pytest.approx(up + 1)


def outage_of(**over):
    row = {"station_key": 1, "port_id": "1", "load_key": 1, "source_line": 7, "kind": "exemption", "cause": "vandalism"}
    return FactOutage(**{**row, "from_time": at(2), "until_time": at(12), **over})


def test_a_claim_excludes_only_where_it_meets_an_outage(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 6, "Faulted", "down")
    star.says("1", 8, "Available", "up")
    star.says("1", 24, "Available", "up")
    star.add(outage_of(port_id=""), outage_of(kind="outage", cause=None, from_time=at(20), until_time=at(21)))
    found = told(star, "nevi", evidence="status,outages")
    assert minutes(found, "A/1") == (21, 3, 0)
    assert found.first.ports.loc[0, "excluded_minutes"] == 120
    (of_status, reported) = found.outages[found.outages["station_id"] == "A"].to_dict("records")
    assert (of_status["claims"], of_status["seen"]) == ("vandalism", "status")
    assert (reported["claims"], reported["seen"], reported["minutes"]) == ("", "reported", 60)


def test_a_port_that_is_up_and_at_which_no_attempt_succeeds_is_told_and_so_is_one_that_lies_about_being_free(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 24, "Available", "up")
    for number in range(5):
        star.session(number, "1", 2 + number, 0.01, 0.0, False)
    star.session(9, "1", 12, 2.0, 0.0, None)
    found = told(star)
    assert found.not_dispensing.to_dict("records") == [
        {"source": "city", "station_id": "A", "port_id": "1", "attempts": 5, "failures": 5}
    ]
    (free,) = found.false_free.to_dict("records")
    assert (free["free_minutes"], round(free["false_minutes"], 3)) == (24 * 60, 123.0)
    star.session(10, "1", 20, 0.5, 9.0, True)
    assert told(star).not_dispensing.empty


@pytest.mark.parametrize("word", ["Charging", "Faulted"])
def test_what_a_whole_station_announces_frees_no_port_that_says_otherwise(star, word):
    star.says("1", 0, "Available", "up")
    star.says("1", 4, word, "down" if word == "Faulted" else "up")
    star.says("", 6, "Available", "up")
    star.says("1", 10, "Available", "up")
    star.says("", 20, "Unavailable", "down")
    star.says("1", 24, "Available", "up")
    star.session(1, "1", 4, 5.0, 9.0, True)
    (free,) = told(star).false_free.to_dict("records")
    assert (free["free_minutes"], free["false_minutes"]) == (14 * 60, 0)


def test_attempts_that_name_no_port_of_several_count_for_none_and_are_told_apart(star):
    for port in ("1", "2"):
        star.says(port, 0, "Available", "up")
        star.says(port, 24, "Available", "up")
    for number in range(6):
        star.session(number, None, 2 + number, 0.01, 0.0, number == 5)
    found = told(star)
    assert found.not_dispensing.empty
    assert found.without_port.to_dict("records") == [
        {"source": "city", "station_id": "A", "attempts": 6, "failures": 5}
    ]
    assert dispensing_text(found) == ["6 attempts at 1 station named no port, and count for none; 5 of them failed."]


def test_where_no_attempt_of_a_station_succeeds_no_port_of_it_dispensed_whichever_they_were_at(star):
    for port in ("1", "2"):
        star.says(port, 0, "Available", "up")
        star.says(port, 24, "Available", "up")
    for number in range(6):
        star.session(number, None, 2 + number, 0.01, 0.0, False)
    found = told(star)
    assert found.not_dispensing[["port_id", "attempts", "failures"]].to_numpy().tolist() == [["1", 6, 6], ["2", 6, 6]]
    assert found.without_port.empty


def test_the_ports_that_were_false_free_longest_are_named(star):
    for port in ("1", "2"):
        star.says(port, 0, "Available", "up")
        star.says(port, 24, "Available", "up")
    star.session(1, "2", 12, 2.0, 0.0, None)
    assert false_free_text(told(star)) == [
        "False free: 4.17% of 48.0 h announced free, a session was running. Most at Mill <b>Lane</b> / 2 2.0 of 24.0 h."
    ]


def test_an_outage_has_the_charges_that_the_same_hours_had_in_the_weeks_before(star):
    star.says("1", 0, "Faulted", "down")
    star.says("1", 24, "Available", "up")
    star.session(99, "1", -24 * 80, 0.5, 7.5, True)
    for week in range(1, 9):
        for number in range(2):
            star.session(10 * week + number, "1", 3 + number - week * 7 * 24, 0.5, 7.5, True)
    star.session(100, "1", 5, 0.01, 0.0, False)
    found = told(star, period=days(1))
    assert found.outages["charges_lost"].round(6).tolist() == [round(16 / 11, 6)]


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
