"""The sources that dbt reads. That dbt takes them is tried in tests/engines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evcharge.export.star import STAR, table_of
from tests.support.world import write_world

COLUMN = re.compile(
    r"^          - name: (\w+)\n            description: (\".*\")\n((?:            .*\n)*)", re.MULTILINE
)


@pytest.fixture
def sources(url, engine, evcharge):
    """The text of each table by its name."""
    write_world(engine)
    assert evcharge("export", "--format", "dbt", "--db", url)[0] == 0
    _, *parts = Path("export/evcharge_sources.yml").read_text(encoding="utf-8").split("\n      - name: ")
    return {name: text for name, _, text in (part.partition("\n") for part in parts)}


def columns_of(text):
    return {name: (json.loads(words), more) for name, words, more in COLUMN.findall(text + "\n")}


def test_every_table_is_a_source_with_every_column_in_the_words_of_the_models(sources):
    assert list(sources) == [model.__tablename__ for model in STAR]
    for model in STAR:
        told = {name: words for name, (words, _) in columns_of(sources[model.__tablename__]).items()}
        assert told == {column.name: column.doc.replace("`", "") for column in table_of(model).columns}


def test_what_the_schema_promises_is_a_test(sources):
    facts = columns_of(sources["fact_charging"])
    assert "- not_null" in facts["start_time"][1]
    assert "not_null" not in facts["end_time"][1]
    assert "unique" not in facts["session_id"][1]  # only together with the station
    to_station = "relationships: {arguments: {to: \"source('evcharge', 'dim_station')\", field: station_key}}"
    assert f"- {to_station}\n" in facts["station_key"][1]
    assert "- unique" in columns_of(sources["dim_station"])["station_key"][1]


def test_a_name_that_sql_keeps_for_itself_is_quoted(sources):
    assert "quote: true" in columns_of(sources["rejected_row"])["column"][1]


def test_only_loads_can_be_stale(sources):
    assert [name for name, text in sources.items() if "freshness" in text] == ["load_ledger"]
