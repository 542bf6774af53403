"""Rows that sum up others are told by their words, and sessions are not taken for such."""

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
        (row(session_id="7", station_id="Summe", start_time=" "), True),
        (row(session_id="|", station_id="Total", start_time=None), False),
        (row(session_id=None, station_id=None, start_time=None, station_name="Total"), True),
    ],
)
def test_a_row_is_a_total_by_its_id_or_by_a_word_where_it_has_no_start(texts, has_ids):
    assert find_totals(texts, has_ids=has_ids) == [0]


@pytest.mark.parametrize(
    ("texts", "has_ids"),
    [
        (row(session_id="7", station_id="Total", start_time=START), True),
        (row(session_id="Total", station_id="Total", start_time=START), False),
        (row(session_id="7", station_id="A", start_time=None, energy_kwh="0"), True),
        (row(session_id="7", station_id="A", start_time=START, stop_reason="Total"), True),
    ],
)
def test_a_session_at_a_station_that_is_called_total_is_no_total(texts, has_ids):
    assert find_totals(texts, has_ids=has_ids) == []
