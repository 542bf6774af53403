from __future__ import annotations

import math

import pytest

from evcharge.report.words import (
    chance_text,
    counted,
    elided,
    hours_text,
    interval,
    percent,
    reason_text,
    refused_as,
    target_text,
    unique_labels,
    verb,
    whole_interval,
    whole_percent,
)


def row(station_id, name=None, source="acme"):
    return {"station_id": station_id, "name": name, "source": source}


def test_stations_of_one_name_are_told_apart_by_their_ids_and_others_keep_their_names():
    rows = [row("1", "Depot"), row("2", "Depot"), row("3", "Mall"), row("4")]
    assert unique_labels(rows) == ["Depot · 1", "Depot · 2", "Mall", "4"]


def test_the_source_is_told_only_where_the_id_is_not_enough():
    twins = [row("1"), row("1", source="other"), row("2", source="other"), row("3", "Mall", "other")]
    assert unique_labels(twins) == ["1 (acme)", "1 (other)", "2", "Mall"]
    named = [row("1", "Depot"), row("1", "Depot", "other"), row("1", "Mall", "third")]
    assert unique_labels(named) == ["Depot · 1 (acme)", "Depot · 1 (other)", "Mall"]


def test_a_name_that_is_the_id_of_another_is_told_apart():
    assert unique_labels([row("A", "B"), row("B")]) == ["B · A", "B"]
    assert len(set(unique_labels([row("1", "D"), row("2", "D"), row("3", "D · 1")]))) == 3


def test_labels_are_told_apart_by_what_is_seen_of_them():
    names = ("A long street, east side of the town", "A long street, west side of the town")
    rows = [row("1", names[0]), row("2", names[1])]
    assert unique_labels(rows) == list(names)
    assert unique_labels(rows, lambda label: elided(label, 14)) == [f"{names[0]} · 1", f"{names[1]} · 2"]


def test_an_interval_in_whole_per_cent_is_rounded_outwards():
    assert whole_interval(0.357, 0.548) == "35–55"
    assert whole_interval(0.978, 0.9967) == "97–100"
    assert whole_interval(0.003, 0.2) == "0–20"
    assert whole_interval(0.57, 0.58) == "57–58"
    assert whole_interval(0, 1) == "0–100"
    assert whole_interval(math.nan, math.nan) == whole_interval(None, None) == ""
    assert whole_percent(0.997) == ">99%"


@pytest.mark.parametrize(
    ("first", "hours", "text"), [(12, 7, "12:00–19:00"), (20, 4, "20:00–24:00"), (22, 4, "22:00–02:00")]
)
def test_a_window_that_ends_with_the_day_ends_at_24(first, hours, text):
    assert hours_text(first, hours) == text


def test_nouns_and_verbs_go_with_their_number():
    assert [f"{counted(n, 'station')} {verb(n, 'needs', 'need')}" for n in (0, 1, 2_000)] == [
        "0 stations need",
        "1 station needs",
        "2,000 stations need",
    ]


@pytest.mark.parametrize(
    ("ratio", "target", "text"),
    [
        (0.9496, 0.95, "94.96%"),
        (0.9504, 0.95, "95.04%"),
        (0.95, 0.95, "95.0%"),
        (0.94996, 0.95, "94.996%"),
        (0.9447, 0.95, "94.5%"),
        (0.9996, 0.95, ">99.9%"),
        (0.9996, 0.9997, "99.96%"),
        (0.0004, 0.95, "<0.1%"),
        (0.0004, 0.0003, "0.04%"),
        (0.9496, None, "95.0%"),
        (1, 0.95, "100.0%"),
        (None, 0.95, "–"),
    ],
)
def test_a_rate_has_as_many_digits_as_it_takes_to_be_on_its_side_of_the_target(ratio, target, text):
    assert percent(ratio, target) == text


def test_whole_per_cent_and_intervals_keep_to_their_side_of_the_target_too():
    assert whole_percent(0.9496, 0.95) == "94.96%"
    assert whole_percent(0.947, 0.95) == "94.7%"
    assert whole_percent(0.93, 0.95) == "93%"
    assert interval(0.9001, 0.9496, 0.95) == "90.0%–94.96%"


def test_a_target_is_written_in_all_its_digits():
    assert [target_text(target) for target in (0.95, 0.9, 0.99999, 0.123456789)] == [
        "95%",
        "90%",
        "99.999%",
        "12.3456789%",
    ]


@pytest.mark.parametrize(
    ("chance", "text"),
    [(0.5, "50 in 100"), (0.0032, "1 in 312"), (1 / 1500, "1 in 1,500"), (1e-9, "under 1 in 1,000,000")],
)
def test_a_chance_is_told_as_how_often(chance, text):
    assert chance_text(chance) == text


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (("chargex", "CX001", "connector lock failure"), "chargex CX001: connector lock failure"),
        (("other", "E-17", "E-17"), "other E-17"),
        (("", "not recorded", "no reason was recorded"), "no reason was recorded"),
    ],
)
def test_a_code_stands_beside_what_it_means_once(reason, told):
    assert reason_text(*reason) == told


def test_one_refused_row_would_have_counted_as_a_failure_and_several_as_failures():
    assert refused_as(1, 1, 1) == "1 would have counted as a failure, 1 as a success, 1 can't be judged"
    assert refused_as(40, 0, 6) == "40 would have counted as failures, 0 as successes, 6 can't be judged"
