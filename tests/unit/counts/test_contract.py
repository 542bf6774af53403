"""The columns of a table of clean sessions, and the page that lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from evcharge.counts.check_statement import check_statement
from evcharge.counts.contract import CONTRACT, FRAMES, IF_MAPPED, in_order, looked_at
from evcharge.counts.dialects import DIALECTS, SessionTable
from evcharge.metrics.definitions import UCDAVIS_1KWH
from evcharge.metrics.letters import ORDER

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "warehouse.md").read_text(encoding="utf-8")


def test_the_page_lists_every_column_as_the_contract_has_it():
    lines = [
        f"| `{name}`{' *' if column.taken == IF_MAPPED else ''} | {column.kind} | {column.meaning} | "
        f"{column.otherwise or 'must be there'} |"
        for name, column in CONTRACT.items()
    ]
    assert "\n".join(lines) in PAGE


def test_the_page_tells_every_frame_every_engine_and_every_column_of_the_check():
    for frame in FRAMES:
        assert f"\n| `{frame}` | " in PAGE
    for heading in ("Snowflake", "BigQuery", "Databricks", "Spark", "Redshift", "Trino", "ClickHouse", "DuckDB", "dbt"):
        assert f"\n### {heading}\n" in PAGE
    for dialect in DIALECTS:
        assert dialect in PAGE.casefold()
    mapped = {"failures_included": "'yes'"}
    for column in check_statement(SessionTable("sqlite", "s", mapped), ORDER).columns:
        assert f"`{column}`" in PAGE


def names(columns):
    return [column.name for column in columns]


def test_a_column_that_must_be_mapped_is_looked_at_only_then():
    assert "failures_included" not in names(looked_at("counts", ORDER, ()))
    assert "failures_included" in names(looked_at("counts", ORDER, ["failures_included"]))
    assert names(looked_at("stations", ORDER, ["name"])) == ["source", "station_id", "port_id", "name"]


def test_a_local_timestamp_takes_the_place_of_the_hour():
    assert names(in_order(["time_key"], ["start_local"])) == ["start_local"]
    assert names(in_order(["port_id"], ["start_local"])) == ["port_id"]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_looks_at_no_more_than_it_needs(frame):
    looked = names(looked_at(frame, [UCDAVIS_1KWH], ()))
    assert "duration_minutes" not in looked
    assert ("energy_kwh" in looked) == (frame != "stations")
