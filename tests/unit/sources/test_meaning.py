"""Headings in seven languages mean what their synonyms do, and texts are what they look like: proposals, never more."""

from __future__ import annotations

import re

import pytest

from evcharge.sources.contents import contents_of, decimals_of
from evcharge.sources.meaning import (
    _synonyms,
    heading_of,
    language_of,
    meanings_of,
    outcome_of,
    plain,
    tells_of_failure,
)
from evcharge.sources.profile_file import RAW_COLUMNS
from evcharge.sources.proposal import proposal_of
from evcharge.sources.survey import Survey
from evcharge.sources.time_shapes import formats_of, read_by


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Charge Point", "station_id"),
        ("Ladesäulen-ID", "station_id"),
        ("Numéro de borne", "station_id"),
        ("Laadpaal", "station_id"),
        ("Punto de carga", "station_id"),
        ("Ladestasjon", "station_id"),
        ("충전기ID", "station_id"),
        ("startTime", "start_time"),
        ("Ladebeginn", "start_time"),
        ("Date de fin", "end_time"),
        ("SLUTTID", "end_time"),
        ("kWhDelivered", "energy_kwh"),
        ("Energie [kWh]", "energy_kwh"),
        ("El_kWh", "energy_kwh"),
        ("Dauer (min)", "duration_minutes"),
        ("Ergebnis", "success"),
        ("종료사유", "stop_reason"),
        ("Driver e-mail", "private"),
        ("Session begin", "start_time"),
        ("Session stop", "end_time"),
        ("Delivered kWh", "energy_kwh"),
        ("kWh dispensed", "energy_kwh"),
        ("Garasje", "station_id"),
        ("Plug-in (UTC)", "start_time"),
        ("Charger serial", "station_id"),
    ],
)
def test_a_heading_means_what_its_best_synonym_does(heading, column):
    assert meanings_of(heading)[0].column == column


@pytest.mark.parametrize(
    "heading",
    ["requested_energy (kWh)", "Energy cost", "Meter start (kWh)", "reportedZip", "Payment status", "Start SOC"],
)
def test_a_heading_that_only_looks_like_one_is_not_proposed_for_what_a_rate_needs(heading):
    needed = {"station_id", "port_id", "start_time", "end_time", "energy_kwh", "success"}
    assert needed.isdisjoint(meaning.column for meaning in meanings_of(heading) if meaning.score >= 0.8)


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("Energy (Wh)", "Wh"),
        ("energyWh", "Wh"),
        ("kWhTotal", "kWh"),
        ("Dauer [min]", "minutes"),
        ("Length h", "hours"),
        ("Varighet (s)", "seconds"),
        ("charging_time_hh_mm_ss", "h:m:s"),
        ("충전시간(분)", "minutes"),
        ("Months", ""),
    ],
)
def test_the_unit_stands_at_the_end_of_a_heading_or_is_its_kwh(heading, unit):
    assert heading_of(heading).unit == unit


def test_every_table_of_synonyms_is_of_a_column_and_each_word_is_written_plainly():
    tables = {
        name: table
        for name, table in _synonyms().items()
        if name not in ("outcomes", "readings", "zones", "zone_words")
    }
    assert tables.keys() - {"private"} <= set(RAW_COLUMNS)
    words = [word for table in tables.values() for synonyms in table.values() for word in synonyms]
    words += [word for synonyms in _synonyms()["outcomes"].values() for word in synonyms]
    assert [word for word in words if plain(word) != word] == []


def test_no_word_says_success_and_failure_and_those_of_failure_alone_are_of_failure():
    outcomes = _synonyms()["outcomes"]
    assert set(outcomes["success"]).isdisjoint(outcomes["failure"])
    assert set(outcomes["failed_only"]) <= set(outcomes["failure"])
    assert (outcome_of(" Échec"), outcome_of("Beendet"), outcome_of("Paid")) == (False, True, None)
    assert (tells_of_failure("FAULTED"), tells_of_failure("no"), tells_of_failure("cancelled")) == (True, False, False)


def test_the_language_is_that_of_most_headings():
    assert language_of(["Ladesäule", "Ladebeginn", "Status", "kWh"]) == "de"
    assert language_of(["Status", "Start", "Charger"]) == "en"


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["1.5", "2", ""], "number"),
        (["1,5 kWh", "2 kWh"], "amount"),
        (["01.06.2025 08:12", "NA"], "time"),
        (["2025-01-13T00:00:00", "2025-01-14T00:00:00"], "day"),
        (["2025-01-13T00:00:00", "2025-01-14T01:00:00"], "time"),
        (["0:55:12", "1:02:10"], "clock"),
        (["0:55:12", "26:10:00"], "length"),
        (["PT1H30M", "PT5M"], "length"),
        (["Failed", "Completed", "Failed"], "words"),
        ([f"note {n} of many" for n in range(20)], "text"),
        (["", " ", "NA"], "empty"),
    ],
)
def test_a_column_is_what_nearly_all_of_its_texts_are(texts, kind):
    assert contents_of(texts).kind == kind


def test_words_for_nothing_are_told_and_count_as_not_filled():
    contents = contents_of(["NA", "1", "-", ""])
    assert (contents.nothing, contents.filled, contents.rows) == (("NA", "-"), 1, 4)


@pytest.mark.parametrize(
    ("texts", "sign", "is_sure", "thousands"),
    [
        (["12,4", "0,0"], ",", True, "none"),
        (["12.4", "0"], ".", True, "none"),
        (["12", "80"], ".", True, "none"),
        (["2,418", "1,200"], ",", False, "none"),
        (["2,418.5", "12.1"], ".", True, ","),
        (["1.234,5", "8"], ",", True, "."),
        (["1.234", "12,5"], ",", True, "."),
        (["1.234.567"], ",", True, "."),
        (["1.234", "1,234"], ",", False, "."),
        (["12.500", "1.250"], ".", False, "none"),
        (["12.500", "800"], ".", False, "none"),
        (["12.500", "0.250"], ".", True, "none"),
        (["2,418", "0,250"], ",", True, "none"),
        (["1234.500"], ".", True, "none"),
        (["12.5", "12,5"], ",", False, "none"),
        (["1 234,5", "7"], ",", True, "space"),
        (["1\u202f234", "12.125"], ".", True, "space"),
        (["1'234.5", "unknown"], ".", True, "apostrophe"),
        (["1 234,5", "1'234"], ",", False, "none"),
    ],
)
def test_the_signs_of_numbers_are_sure_only_where_they_can_be_no_other(texts, sign, is_sure, thousands):
    decimals = decimals_of(texts)
    assert (decimals.sign, decimals.is_sure, decimals.thousands) == (sign, is_sure, thousands)


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["01.06.2025 08:12"], [["%d.%m.%Y %H:%M", "%m.%d.%Y %H:%M"]]),
        (["01.06.2025 08:12", "13.06.2025 08:12"], [["%d.%m.%Y %H:%M"]]),
        (["6/13/25 8:12 PM"], [["%m/%d/%y %I:%M %p"]]),
        (["1/13/2025 8:12", "2025-01-13 08:12"], [["%m/%d/%Y %H:%M"], ["iso8601"]]),
        (["3 Jan 2024 10:00"], [["%d %b %Y %H:%M"]]),
        (["2024/01/02 10:00:00+0100"], [["%Y/%m/%d %H:%M:%S%z"]]),
        (["2024/01/02 10:00:00+01"], [["%Y/%m/%d %H:%M:%S%z"]]),
        (["1749802320", "1749804900"], [["epoch_s"]]),
        (["40.40.2025 08:12"], [[]]),
    ],
)
def test_every_format_that_reads_all_times_of_a_shape_is_a_candidate(texts, formats):
    assert formats_of(texts) == formats
    assert all(read_by(text, shape[0]) for text in texts for shape in formats if len(formats) == 1 and shape)


def test_a_format_that_is_proposed_has_only_letters_that_a_profile_takes():
    patterns = [
        pattern for text in ("1/2/24 3:04:05.5 PM", "3 January 2024, 10:00") for pattern in formats_of([text])[0]
    ]
    assert patterns
    assert all(re.fullmatch("(?:%[YymdHIMSfpbBaAjz]|[^%])+", pattern) for pattern in patterns)


def test_a_place_is_taken_for_the_station_before_a_port_where_no_heading_names_one():
    names = ("Location code", "Port", "Began")
    table = Survey("csv", "utf-8", ",", 1, True, names, names, (("L1", "1", "2025-01-13T08:00:00Z"),), 0, True)
    proposal = proposal_of(table)
    assert (proposal.columns["station_id"], proposal.columns["port_id"]) == (("Location code",), ("Port",))
    assert "station_id" in proposal.doubts
    assert proposal.writing.zone is None


@pytest.mark.parametrize("heading", ["Wanted kWh", "requested_energy (kWh)", "Planned kWh", "Max kWh"])
def test_energy_that_was_asked_for_or_planned_is_never_proposed(heading):
    assert meanings_of(heading) == []


def test_each_column_is_used_at_most_once_and_an_end_without_a_clock_time_not_at_all():
    names = ("Start", "Start time", "End date", "kWh", "Energy", "CP")
    table = Survey(
        "csv", "utf-8", ",", 1, True, names, names, (("13.01.2025", "08:12", "13.01.2025", "1", "2", "A"),), 0, True
    )
    columns = proposal_of(table).columns
    used = [name for theirs in columns.values() for name in theirs]
    assert len(used) == len(set(used))
    assert columns["start_time"] == ("Start", "Start time")
    assert "end_time" not in columns
