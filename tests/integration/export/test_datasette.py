from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from evcharge.db import parse_url
from evcharge.models import Base
from tests.support.world import PLAZA, write_world


@pytest.fixture
def metadata(url, engine, evcharge):
    """The metadata of the world, as Datasette reads it."""
    write_world(engine)
    code, out, err = evcharge("export", "--format", "datasette", "--db", url)
    assert (code, out, err) == (0, "", "wrote export/metadata.json\n")
    return json.loads(Path("export/metadata.json").read_text(encoding="ascii"))


@pytest.fixture
def database(metadata):
    """What the metadata says of the one database."""
    ((_, told),) = metadata["databases"].items()
    return told


def rows_of(engine, query):
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query["sql"])).mappings()]


def test_the_database_is_called_what_datasette_calls_it(metadata, url):
    path = parse_url(url).database
    assert metadata["databases"].keys() == {"star"} if url.startswith("sqlite") else {path}


def test_every_table_and_view_is_told_with_every_column(database, engine):
    inspector = inspect(engine)
    views = set(inspector.get_view_names())
    assert database["tables"].pop("alembic_version") == {"hidden": True}
    assert database["tables"].keys() == Base.metadata.tables.keys() | views
    for name, told in database["tables"].items():
        assert told["description"]
        assert "`" not in told["description"]
        assert list(told["columns"]) == [column["name"] for column in inspector.get_columns(name)]
        assert all(told["columns"].values())


def test_columns_are_told_in_the_words_of_the_models(database):
    for name, table in Base.metadata.tables.items():
        assert database["tables"][name]["columns"] == {column.name: column.doc for column in table.columns}


def test_the_units_are_those_of_the_names(database):
    endings = {"kWh": "_kwh", "kW": "_kw", "minutes": "_minutes"}
    for name, told in database["tables"].items():
        if name != "alembic_version":
            expected = {
                column: unit
                for column in told["columns"]
                for unit, ending in endings.items()
                if column.endswith(ending)
            }
            assert told["units"] == expected, name


def test_keys_are_shown_as_what_people_know(database):
    labels = {name: told["label_column"] for name, told in database["tables"].items() if "label_column" in told}
    assert labels == {"dim_station": "station_id", "load_ledger": "file_name"}


def test_the_law_of_the_line_is_a_query(database, engine):
    rows = rows_of(engine, database["queries"]["law_of_the_line"])
    names = ("load_key", "rows_read", "inserted", "rejected", "unaccounted")
    assert [tuple(row[name] for name in names) for row in rows] == [(1, 12, 9, 3, 0), (2, 3, 3, 0, 0)]


def test_the_reliability_of_stations_is_a_query(database, engine):
    rows = rows_of(engine, database["queries"]["station_reliability"])
    assert [(row["station_id"] == PLAZA, row["recorded_successes"], row["recorded_failures"]) for row in rows] == [
        (True, 4, 4),
        (False, 0, 0),
    ]


def test_failure_reasons_are_a_query(database, engine):
    (row,) = rows_of(engine, database["queries"]["failure_reasons"])
    assert (row["stop_reason"], row["error_code"], row["stations"]) == ("Local", None, 2)
    assert (row["sessions"], row["recorded_failures"], row["afirev_failures"]) == (9, 4, 9)


def test_rejects_by_rule_are_a_query(database, engine):
    rows = rows_of(engine, database["queries"]["rejects_by_rule"])
    names = ("file_name", "rule", "rejected_rows", "first_line")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("sessions.csv", "b_rule", 2, 3),
        ("sessions.csv", "a_rule", 1, 12),
    ]


def test_every_query_has_a_title_and_a_description(database):
    names = {"stations_now", "station_reliability", "failure_reasons", "law_of_the_line", "rejects_by_rule"}
    assert database["queries"].keys() == names
    for query in database["queries"].values():
        assert query["title"]
        assert query["description"]
