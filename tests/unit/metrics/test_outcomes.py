from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from evcharge.metrics.definitions import AFIREV, DEFINITIONS, RECORDED
from evcharge.metrics.outcomes import count_outcomes, has_recorded_outcomes
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation, FactCharging
from tests.support.star import MIXED, write_sessions

COUNTS = ["successes", "failures", "excluded", "unknown"]


def counted(engine, definition=RECORDED, selection=None):
    with Session(engine) as session:
        return count_outcomes(session, definition, selection or Selection())


def as_tuples(frame, *columns):
    return list(frame[["station_id", *columns]].itertuples(index=False, name=None))


def collate_as_most_servers_do(engine):
    """Gives ids the order of a dictionary, in which a server set up in English keeps them."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP VIEW {', '.join(inspect(connection).get_view_names())}")
        connection.exec_driver_sql('ALTER TABLE dim_station ALTER station_id TYPE varchar(255) COLLATE "en-US-x-icu"')


@pytest.fixture
def mixed(engine):
    write_sessions(engine, *MIXED, idle=("E",))
    return engine


def test_counts_per_station_are_those_of_the_table(mixed):
    assert as_tuples(counted(mixed, RECORDED), *COUNTS) == [
        ("A", 2, 2, 0, 1),
        ("B", 0, 0, 0, 2),
        ("C", 2, 0, 0, 0),
        ("D", 0, 0, 0, 1),
    ]
    assert as_tuples(counted(mixed, AFIREV), *COUNTS) == [
        ("A", 1, 2, 0, 2),
        ("B", 1, 1, 0, 0),
        ("C", 2, 0, 0, 0),
        ("D", 0, 0, 0, 1),
    ]


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_every_session_is_counted_exactly_once(mixed, definition):
    counts = counted(mixed, definition)
    assert counts[COUNTS].sum().sum() == len(MIXED)
    assert counts.set_index("station_id")[COUNTS].sum(axis=1).to_dict() == {"A": 5, "B": 2, "C": 2, "D": 1}


def test_counts_are_integers_with_and_without_sessions(engine):
    for _ in range(2):
        frame = counted(engine)
        numbers = frame.columns.drop(["source", "station_id", "name"])
        assert set(frame[numbers].dtypes.astype(str)) == {"int64"}
        if frame.empty:
            write_sessions(engine, *MIXED)


def test_no_sessions_give_no_rows(engine):
    assert counted(engine).empty
    with Session(engine) as session:
        assert not has_recorded_outcomes(session, Selection())


def test_what_the_publisher_did_to_failures_is_counted_per_station(mixed):
    assert as_tuples(counted(mixed), "without_failures", "perhaps_without_failures") == [
        ("A", 0, 0),
        ("B", 0, 0),
        ("C", 1, 0),
        ("D", 0, 1),
    ]


def test_stations_of_one_id_in_two_sources_stay_apart(engine):
    write_sessions(engine, {"success": True})
    with Session(engine) as session, session.begin():
        other = DimStation(source="another", station_id="ST-1")
        session.add(other)
        session.flush()
        first = session.scalars(select(FactCharging)).one()
        session.add(
            FactCharging(
                station_key=other.station_key,
                session_id=first.session_id,
                time_key=first.time_key,
                load_key=first.load_key,
                source_line=3,
                start_time=first.start_time,
                success=False,
            )
        )
    frame = counted(engine)
    assert list(frame["source"]) == ["another", "city"]
    assert as_tuples(frame, "successes", "failures") == [("ST-1", 0, 1), ("ST-1", 1, 0)]


def test_stations_are_ordered_by_id_alike_on_every_database(engine):
    names = ("b", "B", "a-1", "a1", "a 1", "É", "z", "10", "9")
    if engine.dialect.name == "postgresql":
        collate_as_most_servers_do(engine)
    write_sessions(engine, *({"station_id": name} for name in names))
    assert list(counted(engine)["station_id"]) == sorted(names)


def test_a_period_holds_both_its_days_from_the_first_hour_to_the_last(engine):
    hours = (2024122323, 2024122400, 2024122423, 2024122500, 2024122523, 2024122600)
    write_sessions(engine, *({"time_key": hour, "success": True} for hour in hours))
    christmas = Selection(first_day=date(2024, 12, 24), last_day=date(2024, 12, 25))
    frame = counted(engine, selection=christmas)
    assert as_tuples(frame, "successes", "first_hour", "last_hour") == [("ST-1", 4, 2024122400, 2024122523)]
    assert counted(engine, selection=Selection(first_day=date(2024, 12, 26)))["successes"].tolist() == [1]
    assert counted(engine, selection=Selection(last_day=date(2024, 12, 23)))["successes"].tolist() == [1]


def test_a_selection_of_stations_leaves_out_the_others(mixed):
    assert list(counted(mixed, selection=Selection(station_ids=("C", "A", "nowhere")))["station_id"]) == ["A", "C"]


def test_recorded_outcomes_are_looked_for_in_the_selection_only(mixed):
    with Session(mixed) as session:
        assert has_recorded_outcomes(session, Selection())
        assert has_recorded_outcomes(session, Selection(station_ids=("A",)))
        assert not has_recorded_outcomes(session, Selection(station_ids=("B", "D")))
        assert not has_recorded_outcomes(session, Selection(first_day=date(2025, 1, 1)))


def test_ids_are_looked_for_within_a_source_where_one_is_named(mixed):
    with Session(mixed) as session, session.begin():
        other = DimStation(source="other", station_id="A", name="another A")
        session.add(other)
        session.flush()
        fact = session.scalars(select(FactCharging)).first()
        session.add(
            FactCharging(
                station_key=other.station_key,
                session_id="S0",
                time_key=fact.time_key,
                load_key=fact.load_key,
                source_line=2,
                start_time=fact.start_time,
            )
        )
    assert list(counted(mixed, selection=Selection(station_ids=("A",)))["source"]) == ["city", "other"]
    assert list(counted(mixed, selection=Selection(station_ids=("A",), source="other"))["source"]) == ["other"]
    assert list(counted(mixed, selection=Selection(source="city"))["station_id"]) == ["A", "B", "C", "D"]
    assert counted(mixed, selection=Selection(source="nix")).empty
