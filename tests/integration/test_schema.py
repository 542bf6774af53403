from __future__ import annotations

import contextlib
import math
import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from sqlalchemy import BigInteger, Integer, inspect, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from evcharge.db import open_engine
from evcharge.migrate import alembic_config, upgrade
from evcharge.models import Base, FactCharging, LoadLedger, UtcDateTime
from evcharge.station_frame import STATION_FRAME, YES_NO
from tests.support.schema import reflected
from tests.support.star import START, ledger, write_sessions

LONGEST_NAME = 63  # PostgreSQL cuts longer ones: NAMEDATALEN - 1


def names_in(schema):
    """Every name that a reflected schema holds."""
    for table, parts in schema.items():
        yield from (table, *parts["columns"], parts["primary key"][0])
        for kind in ("foreign keys", "unique", "checks", "indexes"):
            yield from (entry[0] for entry in parts[kind])


def test_the_migrations_make_what_the_models_say(empty_url):
    engine = open_engine(empty_url, writes=True, create=True)
    upgrade(empty_url)
    migrated = reflected(engine)
    command.downgrade(alembic_config(empty_url), "base")
    assert reflected(engine) == {}
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
    declared = reflected(engine)
    assert migrated == declared
    assert migrated.keys() == set(Base.metadata.tables)


@pytest.mark.thorough
def test_every_constraint_has_a_name_that_no_database_cuts(engine):
    schema = reflected(engine)
    assert all(names_in(schema))
    longest = max((*names_in(schema), *inspect(engine).get_view_names()), key=len)
    assert len(longest) <= LONGEST_NAME, longest


def test_every_check_is_named_by_its_table_and_its_fact(engine):
    checks = {name for parts in reflected(engine).values() for name, _ in parts["checks"]}
    booleans = {"ck_dim_time__is_weekend_is_boolean", "ck_dim_port__named_as_station_is_boolean"}
    booleans |= {f"ck_fact_charging__{name}_is_boolean" for name in ("success", "has_transaction", "reached_charging")}
    flags = [column.name for column in STATION_FRAME if column.dtype == YES_NO]
    booleans |= {f"ck_station_verdict__{name}_is_boolean" for name in flags}
    assert checks - booleans == {
        "ck_dim_time__hour_of_a_day",
        "ck_dim_time__weekday_is_iso",
        "ck_fact_charging__duration_is_finite",
        "ck_fact_charging__start_soc_is_a_share",
        "ck_fact_charging__end_soc_is_a_share",
        "ck_fact_charging__end_not_before_start",
        "ck_fact_charging__energy_is_finite",
        "ck_fact_charging__energy_at_most_is_finite",
        "ck_fact_charging__peak_power_is_finite",
        "ck_fact_charging__authorisation_mode_is_known_word",
        "ck_fact_charging__authorised_after_seconds_is_finite",
        "ck_fact_charging__plugged_in_after_seconds_is_finite",
        "ck_fact_charging__power_after_seconds_is_finite",
        "ck_fact_charging__authorize_lead_seconds_is_finite",
        "ck_fact_contact__evidence_is_known_word",
        "ck_fact_contact__heartbeat_is_finite",
        "ck_fact_contact__until_not_before_from",
        "ck_fact_outage__kind_is_known_word",
        "ck_fact_outage__until_not_before_from",
        "ck_fact_reported_uptime__excluded_is_finite",
        "ck_fact_reported_uptime__outage_is_finite",
        "ck_fact_reported_uptime__until_not_before_from",
        "ck_fact_reported_uptime__uptime_is_finite",
        "ck_fact_status__evidence_is_known_word",
        "ck_fact_status__state_is_known_word",
        "ck_fact_status__until_not_before_from",
        "ck_load_count__every_row_is_accounted_for",
        "ck_load_count__kind_is_known_word",
        "ck_load_ledger__every_row_is_accounted_for",
        "ck_load_ledger__failures_included_is_known_word",
        "ck_load_ledger__status_is_known_word",
        "ck_rejected_evidence__kind_is_known_word",
        "ck_rejected_row__would_have_been_is_known_word",
    }
    assert (booleans <= checks) is (engine.dialect.name == "sqlite")


def test_every_key_of_the_fact_holds_the_column_by_which_it_is_distributed(engine):
    fact = reflected(engine)["fact_charging"]
    keys = [fact["primary key"][1], *(columns for _, columns in fact["unique"])]
    keys += [columns for _, columns, unique in fact["indexes"] if unique]
    assert keys
    assert all("station_key" in columns for columns in keys)


def test_keys_are_big_enough(engine):
    wide = BigInteger if engine.dialect.name == "postgresql" else Integer
    for table in Base.metadata.tables:
        for column in inspect(engine).get_columns(table):
            if column["name"].endswith("_key"):
                assert isinstance(column["type"], wide), (table, column["name"])


def test_nothing_is_deleted_in_cascade_and_there_are_no_triggers(engine):
    for table, parts in reflected(engine).items():
        assert all(not options for *_, options in parts["foreign keys"]), table
    triggers = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with engine.connect() as connection:
        assert connection.exec_driver_sql(triggers[engine.dialect.name]).all() == []


def refused_by(engine, statement):
    """The name of the constraint that refuses a statement, or what the database says instead; None if it goes in."""
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except IntegrityError as error:
        named = re.search(r"(ck|fk|uq|pk)_\w+__\w+", str(error.orig))
        return named.group() if named else str(error.orig).partition("\n")[0]
    return None


def test_what_must_not_be_is_refused_by_the_constraint_of_that_name(engine):
    write_sessions(engine, {"end_time": START, "energy_kwh": 0.0, "duration_minutes": 0.0, "success": True})
    expected = {
        "UPDATE fact_charging SET energy_kwh = -0.001": "ck_fact_charging__energy_is_finite",
        "UPDATE fact_charging SET energy_kwh = 1000000": "ck_fact_charging__energy_is_finite",
        "UPDATE fact_charging SET duration_minutes = -1": "ck_fact_charging__duration_is_finite",
        "UPDATE fact_charging SET duration_minutes = 1000000000": "ck_fact_charging__duration_is_finite",
        "UPDATE fact_charging SET energy_at_most_kwh = -1": "ck_fact_charging__energy_at_most_is_finite",
        "UPDATE fact_charging SET energy_at_most_kwh = 1e6": "ck_fact_charging__energy_at_most_is_finite",
        "UPDATE fact_charging SET peak_power_kw = -1": "ck_fact_charging__peak_power_is_finite",
        "UPDATE fact_charging SET end_time = '2024-12-24T08:14:59.999Z'": "ck_fact_charging__end_not_before_start",
        "UPDATE load_ledger SET rows_read = 1": "ck_load_ledger__every_row_is_accounted_for",
        "UPDATE load_ledger SET rejected = 1": "ck_load_ledger__every_row_is_accounted_for",
        "UPDATE load_ledger SET failures_included = 'perhaps'": "ck_load_ledger__failures_included_is_known_word",
        "UPDATE dim_time SET hour = 24": "ck_dim_time__hour_of_a_day",
        "UPDATE dim_time SET hour = -1": "ck_dim_time__hour_of_a_day",
        "UPDATE dim_time SET weekday = 0": "ck_dim_time__weekday_is_iso",
        "UPDATE dim_time SET weekday = 8": "ck_dim_time__weekday_is_iso",
        "UPDATE fact_charging SET authorisation_mode = 'rfid'": "ck_fact_charging__authorisation_mode_is_known_word",
        "UPDATE fact_charging SET power_after_seconds = 1e9": "ck_fact_charging__power_after_seconds_is_finite",
        "UPDATE fact_charging SET authorised_after_seconds = -1e9": (
            "ck_fact_charging__authorised_after_seconds_is_finite"
        ),
        "UPDATE fact_charging SET plugged_in_after_seconds = 1e9": (
            "ck_fact_charging__plugged_in_after_seconds_is_finite"
        ),
        "UPDATE fact_charging SET authorize_lead_seconds = 1e9": "ck_fact_charging__authorize_lead_seconds_is_finite",
        # what is right goes in
        "UPDATE fact_charging SET authorisation_mode = 'post_plugin', power_after_seconds = -999999999.9": None,
        "UPDATE fact_charging SET energy_kwh = 999999.999, peak_power_kw = 0": None,
        "UPDATE fact_charging SET energy_kwh = NULL, duration_minutes = NULL, success = NULL": None,
        "UPDATE fact_charging SET end_time = '2024-12-24T08:15:00.001Z'": None,
        "UPDATE load_ledger SET rows_read=15, inserted=1, updated=2, unchanged=3, superseded=4, rejected=5": None,
    }
    if engine.dialect.name == "sqlite":
        expected |= {
            "UPDATE fact_charging SET success = 2": "ck_fact_charging__success_is_boolean",
            "UPDATE fact_charging SET has_transaction = 2": "ck_fact_charging__has_transaction_is_boolean",
            "UPDATE fact_charging SET reached_charging = 2": "ck_fact_charging__reached_charging_is_boolean",
            "UPDATE dim_time SET is_weekend = 2": "ck_dim_time__is_weekend_is_boolean",
            "UPDATE fact_charging SET energy_kwh = 9e999": "ck_fact_charging__energy_is_finite",
            "UPDATE fact_charging SET energy_kwh = 'a lot'": "ck_fact_charging__energy_is_finite",
            "UPDATE fact_charging SET time_key = 1": "FOREIGN KEY constraint failed",
            "DELETE FROM dim_station": "FOREIGN KEY constraint failed",
        }
    else:
        expected |= {
            "UPDATE fact_charging SET energy_kwh = 'NaN'": "ck_fact_charging__energy_is_finite",
            "UPDATE fact_charging SET duration_minutes = 'NaN'": "ck_fact_charging__duration_is_finite",
            "UPDATE fact_charging SET peak_power_kw = 'Infinity'": "ck_fact_charging__peak_power_is_finite",
            "UPDATE fact_charging SET power_after_seconds = 'NaN'": "ck_fact_charging__power_after_seconds_is_finite",
            "UPDATE fact_charging SET time_key = 1": "fk_fact_charging__time_key",
            "DELETE FROM dim_station": "fk_fact_charging__station_key",
        }
    assert {statement: refused_by(engine, statement) for statement in expected} == expected


def test_what_is_not_a_number_never_becomes_one(engine):
    kept_out = contextlib.nullcontext() if engine.dialect.name == "sqlite" else pytest.raises(IntegrityError)
    with kept_out:  # SQLite knows no such value and takes it for an empty one
        write_sessions(engine, {"energy_kwh": math.nan})
    with Session(engine) as session:
        assert set(session.scalars(select(FactCharging.energy_kwh))) <= {None}


def test_a_file_is_in_the_ledger_once_per_source(engine):
    def add(**over):
        with Session(engine) as session, session.begin():
            session.add(ledger(**over))

    add()
    add(source="another")
    add(file_sha256="1" * 64)
    with pytest.raises(IntegrityError):
        add()


class Nowhere(tzinfo):
    """A zone that does not know its offset, with which a time is as naive as without."""

    def utcoffset(self, _instant):
        return None

    dst = tzname = utcoffset


@pytest.mark.parametrize("zone", [None, Nowhere()])
def test_an_instant_without_a_zone_is_refused(engine, zone):
    naive = START.replace(tzinfo=zone)
    with pytest.raises(StatementError, match="has no time zone"):
        write_sessions(engine, {"start_time": naive, "time_key": 2024122408})


INSTANTS = (
    START,
    START.replace(microsecond=1_000),
    START.replace(microsecond=999_999),
    datetime(2024, 12, 24, 13, 45, 0, 123_456, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    datetime(2024, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone(-timedelta(hours=12))),
    datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Paris")),
    datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Paris"), fold=1),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc),
    datetime(987, 6, 5, 4, 3, 2, 1_000, tzinfo=timezone.utc),
    datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=timezone.utc),
)


def to_the_millisecond(instant):
    utc = instant.astimezone(timezone.utc)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def test_instants_come_back_to_the_millisecond_in_utc_whatever_offset_they_came_in(engine):
    rows = [
        {"session_id": str(number), "source_updated_at": instant, "time_key": 2024122408}
        for number, instant in enumerate(INSTANTS)
    ]
    write_sessions(engine, *rows)
    with Session(engine) as session:
        stored = {fact.session_id: fact.source_updated_at for fact in session.scalars(select(FactCharging))}
    assert stored == {str(number): to_the_millisecond(instant) for number, instant in enumerate(INSTANTS)}
    assert {instant.utcoffset() for instant in stored.values()} == {timedelta(0)}


def test_instants_are_ordered_and_compared_as_instants(engine):
    rows = [
        {"session_id": str(number), "start_time": instant, "time_key": 2024122408}
        for number, instant in enumerate(INSTANTS)
    ]
    write_sessions(engine, *rows)
    with Session(engine) as session:
        ordered = session.scalars(select(FactCharging.start_time).order_by(FactCharging.start_time)).all()
        late = session.scalars(select(FactCharging.start_time).where(FactCharging.start_time > INSTANTS[0])).all()
    assert ordered == sorted(ordered)
    assert set(late) == {moment for moment in ordered if moment > INSTANTS[0]}


def test_an_empty_instant_stays_empty(engine):
    write_sessions(engine, {"end_time": None})
    with Session(engine) as session:
        assert session.scalars(select(FactCharging.end_time)).all() == [None]


def test_sqlite_keeps_instants_as_text_that_people_and_tools_read(sqlite_url):
    engine = open_engine(sqlite_url, writes=True)
    paris = datetime(2024, 12, 24, 9, 15, 0, 1_999, tzinfo=ZoneInfo("Europe/Paris"))
    write_sessions(engine, {"start_time": START, "end_time": paris})
    with engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT start_time, end_time, typeof(start_time) FROM fact_charging").one()
    assert tuple(stored) == ("2024-12-24T08:15:00.000Z", "2024-12-24T08:15:00.001Z", "text")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_postgresql_keeps_instants_as_instants(url, engine):
    types = {column["name"]: column["type"] for column in inspect(engine).get_columns("fact_charging")}
    assert types["start_time"].timezone is True


def test_the_type_of_an_instant_is_used_for_every_time_of_the_star():
    times = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith(("_time", "_at"))
    }
    typed = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, UtcDateTime)
    }
    assert typed == times


def test_surrogate_keys_are_given_by_the_database(engine):
    with Session(engine) as session, session.begin():
        session.add_all([ledger(file_sha256=f"{number:064d}") for number in range(3)])
    with Session(engine) as session:
        assert sorted(session.scalars(select(LoadLedger.load_key))) == [1, 2, 3]
