"""What evidence makes of the time of ports: whose it is, what stands of it, and where it contradicts itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from evcharge.metrics.availability.rulebooks import find_rulebook
from evcharge.metrics.availability.timeline import evidence_named
from evcharge.metrics.selection import Selection
from evcharge.models import (
    DimPort,
    RejectedEvidence,
)
from evcharge.report.uptime import build_uptime
from evcharge.report.uptime_explained import explain_uptime
from evcharge.report.uptime_words import (
    dispensing_text,
    false_free_text,
)
from tests.support.evidence_star import EvidenceStar, at, days, hours_of, outage_of, told

pytestmark = pytest.mark.thorough


@pytest.fixture
def star(engine):
    return EvidenceStar(engine)


def test_ports_are_those_that_registry_statuses_and_sessions_name(star):
    star.add(DimPort(source="city", port_id="R", station_key=1, load_key=1, named_as_station=False))
    star.says("1", 0, "Available", "up")
    star.says("1", 24, "Available", "up")
    star.session(1, "2", 3, 1.0, 7.5, True)
    found = told(star, evidence="all", selection=Selection(station_ids=("A",)))
    assert list(found.first.ports["port_id"]) == ["1", "2", "R"]
    assert hours_of(found, "A/2") == (1, 0, 23)
    assert hours_of(found, "A/R") == (0, 0, 24)


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
    assert hours_of(told(star), "A/1") == (24, 0, 0)


def test_of_two_words_for_one_instant_the_newest_version_stands_and_else_the_later_load(star):
    star.load(2)
    for port, first, second in (("1", None, None), ("2", at(9), at(5))):
        star.says(port, 0, "Available", "up")
        star.says(port, 2, "Available", "up", load=1, updated=first)
        star.says(port, 2, "Faulted", "down", load=2, updated=second)
        star.says(port, 24, "Available", "up")
    found = told(star)
    assert hours_of(found, "A/1") == (2, 22, 0)
    assert hours_of(found, "A/2") == (24, 0, 0)


def refusal(**over):
    row = {"load_key": 1, "kind": "statuses", "source_line": 99, "rule": "status_word_unknown", "raw": "x"}
    return RejectedEvidence(**{**row, "station_id": "A", "port_id": "1", "at_time": at(6), **over})


def test_a_refused_statement_ends_what_stood_before_it(star):
    star.says("1", 0, "Available", "up")
    star.add(refusal())
    star.says("1", 10, "Available", "up")
    star.says("1", 24, "Available", "up")
    assert hours_of(told(star), "A/1") == (20, 0, 4)


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
    assert (hours_of(found, "A/1"), hours_of(found, "A/7")) == ((24, 0, 0), (0, 0, 24))


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
    assert hours_of(found, "A/P1") == (6, 0, 18)
    assert not [note for note in found.notes if "refused" in note]


def test_a_refused_statement_that_a_later_load_reads_is_none(star):
    star.load(2)
    star.says("1", 0, "Available", "up")
    star.add(refusal())
    star.says("1", 6, "Available", "up", load=2)
    star.says("1", 24, "Available", "up")
    found = told(star, selection=Selection(station_ids=("A",)))
    assert list(found.first.ports["port_id"]) == ["1"]
    assert hours_of(found, "A/1") == (24, 0, 0)


def test_what_is_said_of_a_whole_station_is_true_of_each_port_and_mends_none(star):
    for port in ("1", "2"):
        star.says(port, 0, "Available", "up")
    star.says("1", 2, "Faulted", "down")
    star.says("", 4, "Faulted", "down")
    star.says("", 6, "Available", "up")
    star.says("1", 10, "Available", "up")
    star.says("", 24, "Available", "up")
    found = told(star)
    assert hours_of(found, "A/1") == (16, 8, 0)
    assert hours_of(found, "A/2") == (22, 2, 0)


def test_silence_is_unknown_where_contact_counts_and_a_charge_proves_a_port_up(star):
    star.says("1", 0, "Available", "up")
    star.hears(0, 10)
    star.says("1", 24, "Available", "up")
    star.session(1, None, 20, 1.0, 7.5, True)
    assert hours_of(told(star, evidence="status"), "A/1") == (24, 0, 0)
    up, _, unknown = hours_of(told(star, evidence="status,contact"), "A/1")
    assert (round(up - 10, 4), round(unknown, 4)) == (round(5 / 60, 4), round(14 - 5 / 60, 4))
    assert hours_of(told(star, evidence="all"), "A/1")[0] == pytest.approx(up + 1)


def test_a_claim_excludes_only_where_it_meets_an_outage(star):
    star.says("1", 0, "Available", "up")
    star.says("1", 6, "Faulted", "down")
    star.says("1", 8, "Available", "up")
    star.says("1", 24, "Available", "up")
    star.add(outage_of(port_id=""), outage_of(kind="outage", cause=None, from_time=at(20), until_time=at(21)))
    found = told(star, "nevi", evidence="status,outages")
    assert hours_of(found, "A/1") == (21, 3, 0)
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
