from __future__ import annotations

import time

import pytest
from sqlalchemy.orm import Session

from evcharge.metrics.rejects import fields_of, read_rejects
from evcharge.models import DimStation, RejectedRow
from tests.support.star import ledger


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ("S1,ST-1,2025-04-01", {"S1", "ST-1", "2025-04-01"}),
        ("S1; ST-1 ;7,5", {"S1", "ST-1", "7,5"}),
        ("S1\tST-1|A", {"S1", "ST-1|A", "S1\tST-1", "A"}),
        ('S1,"Market, north",x', {"S1", "Market, north", "x"}),
        ('S1,"the ""big"" one"', {"S1", 'the "big" one'}),
        ('"S1"x,ST-1,', {"S1", "x", "ST-1"}),
        ('"S1,ST-1', {"S1", "ST-1"}),
        ("S1,ST-1\nstop,9", {"S1", "ST-1", "stop", "9"}),
    ],
)
def test_fields_of_a_table_are_found_whatever_its_delimiter(raw, fields):
    assert fields <= set(fields_of(raw, "csv"))


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ('{"id": "ST-1", "n": [1, {"a": " Caf\\u00e9 \\"x\\" "}], "k": -1.5e3}', {"ST-1", "1", 'Café "x"', "-1.5e3"}),
        ('{"id": "A", "id": "B", "key": "', {"A", "B", ""}),
        ('["ST-1", "broken', {"ST-1", "broken"}),
        ('{"a": "b\\', {"b\\"}),
        (r'{"a": "\ud83d\ude97 P\/1", "b": "x\ty\n", "c": "\b\f\r\\"}', {"🚗 P/1", "x\ty", "\b\f\r\\"}),
        ('{"a": "two\nlines\\u0021"}', {"two\nlines!"}),
        (r'{"a": "\u00e9 \x \u12", "b": "\u00e9', {"é x u12", "é"}),
    ],
)
def test_fields_of_json_are_its_values_also_where_it_is_broken(raw, fields):
    assert set(fields_of(raw, "jsonl")) == fields


def test_the_words_of_a_message_log_are_fields_and_the_values_of_its_messages_too():
    raw = '2025-01-01T00:00:00Z [CP01] [2, "19", "StartTransaction", {"idTag": "a b", "meterStart": 7}]'
    assert {"CP01", "19", "StartTransaction", "a b", "7"} <= set(fields_of(raw, "ocpp"))


@pytest.mark.parametrize("part", ["ST-1", "Market", "north", "S", "id"])
def test_a_part_of_a_field_is_no_field(part):
    assert part not in fields_of('S1,ST-10,"Market, north"', "csv")
    assert part not in fields_of('{"id": "ST-10", "name": "Market north"}', "jsonl")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "raw", ['{"a":"' + '\\"' * 300_000, '["' * 300_000, '"' * 600_001, '"a' + ',""b' * 200_000, '{"a" :' * 200_000]
)
def test_a_raw_text_made_to_take_long_does_not(raw):
    for form in ("csv", "ocpp"):
        began = time.process_time()
        fields_of(raw, form)
        assert time.process_time() - began < 20  # it takes half a second; were it quadratic, hours


def test_a_row_refused_by_two_rules_is_one_row_with_two_entries(engine):
    with Session(engine) as session, session.begin():
        station = DimStation(source="city", station_id="A")
        load, registry = ledger(), ledger(file_sha256="1" * 64, timezone="none")
        session.add_all([station, load, registry])
        session.flush()
        told = [
            (load, 2, "b", "1,A"),
            (load, 2, "a", "1,A"),
            (load, 3, "a", "1,B"),
            (load, 4, "a", "1,A"),
            (registry, 1, "a", "A"),
        ]
        session.add_all(
            RejectedRow(load_key=where.load_key, source_line=line, rule=rule, raw=raw)
            for where, line, rule, raw in told
        )
        session.flush()
        found = read_rejects(session, "city", station.station_key)
        none = read_rejects(session, "other", station.station_key)
    assert list(found.rows[["source_line", "rule"]].itertuples(index=False, name=None)) == [
        (2, "a"),
        (2, "b"),
        (4, "a"),
    ]
    assert found[1:] == (2, 1, 3, 1)
    assert none.rows.empty
    assert none[1:] == (0, 0, 0, 0)
