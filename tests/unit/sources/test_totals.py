"""Rows that sum up others are known by their words, and no session is taken for one."""

from __future__ import annotations

import pytest

from evcharge.sources.totals import find_totals, is_total

START = "2025-01-01T10:00:00Z"


@pytest.mark.parametrize(
    "text", ["Total", " TOTAL: ", "Grand total", "Summe", "Total g\u00e9n\u00e9ral", "\u2211 Gesamt", "Average"]
)
def test_a_cell_of_a_word_for_a_total_says_so(text):
    assert is_total(text)


@pytest.mark.parametrize("text", ["", "Total Energies", "TOTAL-17", "Summerhill", "1234.5", "Sum of all", "Tot"])
def test_a_cell_that_says_anything_more_is_none(text):
    assert not is_total(text)


def row(**texts):
    return {name: [text] for name, text in texts.items()}


@pytest.mark.parametrize(
    ("texts", "has_ids"),
    [
        (row(session_id="Total", station_id=None, start_time=None, energy_kwh="12"), True),
        (row(session_id="Grand total", station_id="A", start_time=START), True),
        (row(session_id="", station_id="Summe", start_time=" ", end_time="", success=None), True),
        (row(session_id="|", station_id="Total", start_time=None), False),
        (row(session_id=None, station_id=None, start_time=None, station_name="Total"), True),
    ],
)
def test_a_row_is_a_total_by_its_id_or_by_a_word_where_nothing_tells_of_a_session(texts, has_ids):
    assert find_totals(texts, has_ids=has_ids) == [0]


@pytest.mark.parametrize(
    ("texts", "has_ids"),
    [
        (row(session_id="7", station_id="Total", start_time=START), True),
        (row(session_id="Total", station_id="Total", start_time=START), False),
        (row(session_id="7", station_id="A", start_time=None, energy_kwh="0"), True),
        (row(session_id="7", station_id="A", start_time=START, stop_reason="Total"), True),
        (row(session_id="7", station_id="Total", start_time=None), True),
        (row(session_id="", station_id="A", station_operator="Total", start_time="", success="false"), True),
        (row(session_id="|", station_id="Total", start_time=None, end_time=START), False),
    ],
)
def test_what_tells_of_a_session_is_no_total_though_a_station_or_an_operator_is_called_so(texts, has_ids):
    assert find_totals(texts, has_ids=has_ids) == []
