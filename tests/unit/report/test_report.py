from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from evcharge.metrics.bounds import Refused, judge_network
from evcharge.metrics.definitions import AFIREV, RECORDED
from evcharge.metrics.rates import with_rates
from evcharge.report.document import to_json
from evcharge.report.rates import (
    FAILURES_PERHAPS_REMOVED_NOTE,
    FAILURES_REMOVED_NOTE,
    NOT_COUNTED_NOTE,
    SOME_FAILURES_REMOVED_NOTE,
    STATION_FIGURES,
    Report,
    constants_of,
    network_figures,
    period_of,
    to_csv,
)


def station(successes, failures, station_id="A", removed=0, perhaps=0, **more):
    return {
        "source": "acme",
        "station_id": station_id,
        "name": None,
        "successes": successes,
        "failures": failures,
        "excluded": 0,
        "unknown": 0,
        "without_failures": removed,
        "perhaps_without_failures": perhaps,
        **more,
    }


def report_of(*stations, definition=RECORDED, first=date(2025, 4, 1), last=date(2025, 6, 30)):
    counts = pd.DataFrame(stations)
    return Report(
        definition=definition,
        reason="asked for",
        target=0.95,
        first_day=first,
        last_day=last,
        by="station",
        groups=with_rates(counts, 0.95)[["source", "station_id", "name", *STATION_FIGURES]],
        network=network_figures(judge_network(counts, Refused(), 0.95)),
    )


@pytest.mark.parametrize(
    ("stations", "notes"),
    [
        ([station(1, 1)], [NOT_COUNTED_NOTE]),
        ([station(1, 1, removed=2)], [FAILURES_REMOVED_NOTE]),
        ([station(1, 1, removed=1)], [FAILURES_REMOVED_NOTE]),
        ([station(1, 1, removed=2), station(1, 1)], [SOME_FAILURES_REMOVED_NOTE, NOT_COUNTED_NOTE]),
        ([station(1, 1, perhaps=2)], [FAILURES_PERHAPS_REMOVED_NOTE, NOT_COUNTED_NOTE]),
        ([station(1, 1, perhaps=2), station(1, 1)], [FAILURES_PERHAPS_REMOVED_NOTE, NOT_COUNTED_NOTE]),
        ([station(1, 1, perhaps=2), station(1, 1, removed=2)], [SOME_FAILURES_REMOVED_NOTE, NOT_COUNTED_NOTE]),
    ],
)
def test_notes_say_what_must_be_known_of_the_failures(stations, notes):
    assert report_of(*stations).notes == notes


@pytest.mark.parametrize(
    ("count", "note"),
    [
        (1, "1 attempt never became a transaction: unknown by this definition, failed by chargex_session."),
        (2, "2 attempts never became a transaction: unknown by this definition, failed by chargex_session."),
    ],
)
def test_attempts_without_a_transaction_are_told_in_their_number(count, note):
    assert replace(report_of(station(1, 1)), unjudged_attempts=count).notes[-1] == note


def test_a_period_is_written_as_people_do():
    assert period_of(report_of(station(1, 1))) == "1 Apr 2025 – 30 Jun 2025"
    assert period_of(report_of(station(1, 1), last=date(2025, 4, 1))) == "1 Apr 2025"


def test_the_document_holds_plain_values_and_null_where_there_is_no_rate():
    document = json.loads(to_json(report_of(station(2, 1), station(0, 0, "B", name="Ü\x9b\u202e"))))
    first, second = document["stations"]
    assert first["success_ratio"] == 2 / 3
    assert first["name"] is None
    assert (second["success_ratio"], second["low"], second["high"]) == (None, None, None)
    assert second["attempts"] == 0
    assert second["name"] == "Ü\x9b\u202e"
    assert document["network"]["stations"] == 2
    assert (document["definition"], document["definition_version"]) == ("recorded", RECORDED.version)
    assert document["definition_source"] == RECORDED.source
    assert json.loads(to_json(report_of(station(1, 1), definition=AFIREV)))["definition"] == "afirev"


def test_the_document_is_ascii_so_that_nothing_in_it_moves_a_terminal():
    text = to_json(report_of(station(1, 0, "\x7f\x9b31mÉ\u202e")))
    assert text.isascii()
    assert text.replace("\n", "").isprintable()


def test_csv_has_the_figures_unrounded_and_cells_that_are_inert():
    report = report_of(station(2, 1, "=A", name="-B\n,"), station(0, 0, "C"))
    first, second = csv.DictReader(io.StringIO(to_csv(report)))
    assert list(first) == ["source", "station_id", "name", *STATION_FIGURES, *constants_of(report)]
    assert (first["station_id"], first["name"]) == ("'=A", "'-B\n,")
    assert float(first["success_ratio"]) == 2 / 3
    assert (first["attempts"], first["verdict"]) == ("3", "can't tell yet")
    assert (second["success_ratio"], second["low"], second["high"], second["name"]) == ("", "", "", "")
    assert math.isclose(float(first["target"]), 0.95)
