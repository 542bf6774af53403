from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from evcharge.metrics.definitions import AFIREV, CHARGEX_SESSION, DEFINITIONS, RECORDED
from evcharge.metrics.explain import (
    closest_stations,
    count_lacking,
    find_stations,
    group_recorded,
    rate_by_definition,
    read_period,
    read_ports,
    read_rows,
    read_station_loads,
    rule_of,
)
from evcharge.metrics.selection import Selection
from tests.support.star import MIXED, START, write_sessions

HERE = Selection(station_ids=("A",), source="city")


@pytest.fixture
def session(engine):
    told = [
        {"stop_reason": "Local", "error_code": "E-17, CX013", "port_id": "2"},
        {"stop_reason": "Local", "port_id": "10", "start_time": START + timedelta(hours=1)},
        {"stop_reason": " Local ", "start_time": START + timedelta(hours=2)},
        {"error_code": "NoError", "port_id": "2"},
        {"failures_included": "unknown"},
    ]
    write_sessions(engine, *({**row, **more} for row, more in zip(MIXED, [*told, *[{}] * 5], strict=True)))
    with Session(engine) as session:
        yield session


def test_the_rule_of_every_definition_tells_its_limits_and_every_column_it_needs():
    for one in DEFINITIONS.values():
        assert all(name in rule_of(one) for name in one.needs), one.id
        assert "fact_charging" not in rule_of(one)
    assert "duration_minutes > 2 AND energy_kwh > 0.5" in rule_of(AFIREV)
    assert "'EVDisconnected'" in rule_of(CHARGEX_SESSION)


def test_the_period_is_told_in_instants_and_in_local_hours(session):
    told = read_period(session, HERE)
    assert (told["sessions"], told["first_start"]) == (5, START)
    assert told["last_start"] == START + timedelta(hours=2)
    assert (told["first_hour"], told["last_hour"]) == (2024122408, 2024122410)
    assert read_period(session, Selection(station_ids=("nix",)))["sessions"] == 0


def test_ports_stand_in_order_and_sessions_without_one_last(session):
    assert read_ports(session, HERE).to_numpy().tolist() == [["10", 1], ["2", 2], [None, 2]]


def test_each_load_tells_how_many_sessions_are_of_it(session):
    loads = read_station_loads(session, HERE)
    assert loads["sessions"].tolist() == [4, 1]
    assert loads["failures_included"].tolist() == ["yes", "unknown"]
    assert loads["load_key"].is_monotonic_increasing


def test_sessions_are_grouped_by_outcome_and_primary_reason(session):
    groups = group_recorded(session, RECORDED, HERE)
    assert groups[["outcome", "reason", "sessions", "share"]].to_numpy().tolist() == [
        ["failure", "not recorded", 1, 0.2],
        ["failure", "Local", 1, 0.2],
        ["unknown", "not recorded", 1, 0.2],
        ["success", "CX013", 1, 0.2],
        ["success", "Local", 1, 0.2],
    ]


def test_for_what_is_unknown_each_empty_column_is_counted(session):
    lacking = count_lacking(session, [AFIREV, RECORDED, CHARGEX_SESSION], HERE)
    assert lacking.to_numpy().tolist() == [
        ["afirev", "energy_kwh", 1],
        ["afirev", "duration_minutes", 1],
        ["recorded", "success", 1],
        ["chargex_session", "has_transaction", 5],
    ]


def test_sessions_that_two_definitions_judge_unlike_are_gained_lost_or_otherwise(session):
    table = rate_by_definition(session, [RECORDED, AFIREV], RECORDED, HERE, 0.95).set_index("definition")
    names = ["successes", "failures", "unknown", "gained", "lost", "otherwise"]
    assert table[names].to_numpy().tolist() == [[2, 2, 1, 0, 0, 0], [1, 2, 2, 0, 1, 1]]


def test_rows_are_read_in_order_and_no_more_than_asked_for(session):
    rows = read_rows(session, [RECORDED, AFIREV], RECORDED, HERE, None)
    assert rows["outcome_recorded"].tolist() == ["failure", "failure", "unknown", "success", "success"]
    assert rows["session_id"].tolist() == ["S1", "S4", "S3", "S2", "S0"]
    assert rows["outcome_afirev"].tolist() == ["failure", "unknown", "unknown", "failure", "success"]
    assert rows["start_time"].iloc[0] == START + timedelta(hours=1)
    assert read_rows(session, [RECORDED], RECORDED, HERE, 2)["session_id"].tolist() == ["S1", "S4"]
    assert read_rows(session, [RECORDED], RECORDED, HERE, 0).empty


def test_a_text_finds_ids_before_names_and_looks_in_the_source_that_is_named(session):
    assert [row["station_id"] for row in find_stations(session, "A", None)] == ["A"]
    assert [row["station_id"] for row in find_stations(session, "Stop A", "city")] == ["A"]
    assert find_stations(session, "A", "other") == []
    assert find_stations(session, "a", None) == find_stations(session, "Stop", None) == []


def test_the_closest_stations_hold_the_text_or_are_like_it(session):
    assert closest_stations(session, "Stop AA", None)[0] == ("A", "Stop A")
    assert closest_stations(session, "stop D", "city")[0] == ("D", "Stop D")
    assert closest_stations(session, "OP b", None)[0] == ("B", "Stop B")
    assert closest_stations(session, "op", None) == [(name, f"Stop {name}") for name in "ABC"]
    assert closest_stations(session, "zzzz", None) == []
    assert closest_stations(session, "Stop A", "other") == []
