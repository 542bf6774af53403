from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from evcharge.db import parse_url
from evcharge.export.datasette import _address
from evcharge.load.saved_reports import save_report
from evcharge.metrics.selection import Selection
from evcharge.models import Base
from evcharge.report.saved import as_saved
from evcharge.report.story import build_story
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
        assert told["description_html"].startswith("<p>")
        assert "`" not in told["description_html"]
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
    names = ("load_key", "kind", "rows_read", "inserted", "unchanged", "unaccounted")
    assert [tuple(row[name] for name in names) for row in rows] == [(1, "statuses", 4, 2, 2, 0)]


def test_the_reliability_of_stations_is_a_query(database, engine):
    rows = rows_of(engine, database["queries"]["station_reliability"])
    names = ("recorded_success_percent", "recorded_successes", "recorded_failures")
    assert [(row["station_id"] == PLAZA, *(row[name] for name in names)) for row in rows] == [
        (True, 50.0, 4, 4),
        (False, None, 0, 0),
    ]


@pytest.mark.thorough
def test_what_a_saved_report_says_is_a_query_of_rounded_numbers(url, database, engine):
    save_report(url, *as_saved(build_story(url, target=0.95, selection=Selection())))
    plaza, *_ = (row for row in rows_of(engine, database["queries"]["stations_now"]) if row["rate_now_percent"])
    assert [float(plaza[f"{name}_percent"]) for name in ("rate_now", "low_now", "high_now", "target")] == [
        50.0,
        21.5,
        78.5,
        95.0,
    ]


def test_the_network_by_day_is_a_query(database, engine):
    (day,) = rows_of(engine, database["queries"]["days"])
    assert (str(day["local_date"]), day["sessions"], day["successes"], day["failures"], day["unknown"]) == (
        "2024-12-24",
        9,
        4,
        4,
        1,
    )
    assert (float(day["success_percent"]), float(day["energy_kwh"])) == (50.0, 2.4)


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
    names = ("stations_now", "station_reliability", "days", "failure_reasons", "law_of_the_line", "rejects_by_rule")
    assert tuple(database["queries"]) == names
    for query in database["queries"].values():
        assert query["hide_sql"]
        assert query["title"]
        assert query["description"]


def test_the_first_page_leads_to_every_query_and_view(metadata):
    ((name, told),) = metadata["databases"].items()
    first, own = metadata["description_html"], told["description_html"]
    assert [path for path in told["queries"] if f'<a href="{name}/{path}">' not in first] == []
    views = [path for path in told["tables"] if path.startswith("v_")]
    assert [path for path in views if f'<a href="{name}/{path}">' not in first or f"{name}/{path}" not in own] == []


def test_an_address_is_written_as_datasette_writes_it():
    assert [_address(name) for name in ("a.b c", "é~%", "/x_-")] == ["a~2Eb+c", "~C3~A9~7E~25", "~2Fx_-"]


def test_tables_and_views_are_sorted_and_faceted_by_columns_that_they_have(database):
    for name, told in database["tables"].items():
        named = [*told.get("facets", ()), *([told["sort_desc"]] if "sort_desc" in told else [])]
        assert [column for column in named if column not in told["columns"]] == [], name
