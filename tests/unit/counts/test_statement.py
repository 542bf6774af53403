"""The statement of every dialect: its text, and what must not stand in it."""

from __future__ import annotations

import functools
import re
import subprocess
import sys

import pytest
import sqlglot
from sqlalchemy.sql import operators, visitors
from sqlglot import exp

from evcharge.counts.contract import DETAIL, FRAMES
from evcharge.counts.dialects import DIALECTS, SessionTable
from evcharge.counts.statement import frame_statement, named_letters
from evcharge.errors import ConfigError
from evcharge.metrics.definitions import AFIREV, DEFINITIONS, RECORDED
from evcharge.metrics.letters import ORDER
from evcharge.metrics.own_definition import read_definition
from tests.support.golden_statements import FOLDER
from tests.support.golden_statements import golden as golden_text

COUNTS_COLUMNS = (
    *("source", "station_id", "day", "outcomes", "letters", "sessions", "with_energy", "energy_microkwh"),
    *("first_hour", "last_hour", "no_transaction", "with_port", "with_reason", "failures_included"),
)


golden = functools.cache(golden_text)


# The text


@pytest.mark.thorough
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_statements_of_a_dialect_are_those_that_were_read(dialect):
    kept = (FOLDER / f"{dialect}.sql").read_text(encoding="utf-8")
    # Parsed, so that a version of sqlglot that only breaks lines elsewhere changes nothing.
    assert sqlglot.parse(golden(dialect), read=dialect) == sqlglot.parse(kept, read=dialect)


def test_a_frame_has_the_columns_that_a_report_reads_in_their_order():
    table = SessionTable("spark", "s")
    columns = {frame: tuple(frame_statement(frame, table, ORDER, [("a", "b")]).columns) for frame in FRAMES}
    assert columns == {
        "counts": COUNTS_COLUMNS,
        "stations": ("source", "station_id", "ports"),
        "failures": (*COUNTS_COLUMNS[:5], "stop_reason", "error_code", "sessions"),
        "detail": ("source", "station_id", "port_id", "day", "hour", "outcomes", "letters", "sessions"),
    }


def test_the_letters_are_named_with_their_versions_in_their_order():
    assert named_letters([RECORDED, AFIREV]) == "recorded@1 afirev@1"
    text = frame_statement("counts", SessionTable("duckdb", "s"), [RECORDED, AFIREV]).text
    assert "'recorded@1 afirev@1' AS letters" in text


def test_only_columns_that_the_definitions_look_at_are_asked_of_the_table():
    text = frame_statement("counts", SessionTable("duckdb", "s"), [AFIREV]).text
    assert set(re.findall(r"\bt\.(\w+)", text)) == {
        *("source", "station_id", "time_key", "energy_kwh", "duration_minutes", "has_transaction"),
        *("port_id", "stop_reason", "error_code"),
    }


def test_a_definition_of_ones_own_is_counted_by_its_id_with_its_hash(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        'id = "ours"\ntitle = "t"\nsource = "s"\nenergy_kwh_above = 0.3\nnext_status_not = ["Faul\'ted"]\n', "utf-8"
    )
    own = read_definition(path)
    text = frame_statement("counts", SessionTable("snowflake", "s"), [own]).text
    assert f"'{own.id}@1' AS letters" in text
    assert f"AS o_{own.id.replace('@', '_')}" in text
    assert "'Faul\\'ted'" in text


# What the user names


@pytest.mark.parametrize(
    ("dialect", "table", "written"),
    [
        ("bigquery", "project-x.ds.sessions", "FROM project-x.ds.sessions AS t"),
        ("snowflake", 'DB.PUBLIC."My table"', 'FROM DB.PUBLIC."My table" AS t'),
        ("duckdb", "read_parquet('a b.parquet')", "FROM READ_PARQUET('a b.parquet') AS t"),
        ("clickhouse", "file('a.parquet')", "FROM file('a.parquet') AS t"),
        ("postgres", "(SELECT DISTINCT * FROM s)", "FROM (\n    SELECT DISTINCT\n      *\n    FROM s\n  ) AS t"),
        ("duckdb", "{{ ref('sessions') }}", "FROM {{ ref('sessions') }} AS t"),
        ("spark", "{sessions}", "FROM {sessions} AS t"),
    ],
)
def test_a_table_is_what_the_engine_takes_for_one(dialect, table, written):
    assert written in frame_statement("counts", SessionTable(dialect, table), ORDER).text


@pytest.mark.parametrize(
    ("dialect", "name", "expression", "written"),
    [
        ("snowflake", "energy_kwh", "wh * 0.001", "CAST(t.wh * 0.001 AS DOUBLE) AS energy_kwh"),
        ("snowflake", "station_id", 'payload:"Id"::string', "t.payload"),
        ("spark", "success", "state = 'ok'", "t.state = 'ok' AS success"),
        ("bigquery", "station_id", "`order`", "CAST(t.`order` AS STRING)"),
        ("postgres", "source", "'city'", "NULLIF(CAST('city' AS TEXT), '') AS source"),
        ("trino", "success", "NULL", "CAST(NULL AS BOOLEAN) AS success"),
        ("sqlite", "start_local", "started", "STRFTIME('%Y%m%d%H', SUBSTRING(t.started, 1, 19))"),
        ("postgres", "success", "x % 2 = 1", "t.x % 2 = 1 AS success"),
    ],
)
def test_an_expression_of_the_dialect_takes_the_place_of_a_column(dialect, name, expression, written):
    assert written in frame_statement("counts", SessionTable(dialect, "s", {name: expression}), ORDER).text


def test_a_column_in_a_query_of_the_users_own_stays_that_querys():
    mapped = {"name": "(SELECT MAX(label) FROM names)"}
    assert "MAX(label)" in frame_statement("stations", SessionTable("postgres", "s", mapped), ORDER).text


@pytest.mark.parametrize(
    ("table", "mapped", "code"),
    [
        ("s", {"kwh": "wh"}, "unknown_column"),
        ("s", {"time_key": "a", "start_local": "b"}, "two_hours"),
        ("s", {"energy_kwh": "wh *"}, "unreadable_sql"),
        ("s", {"energy_kwh": "'wh"}, "unreadable_sql"),
        ("s", {"energy_kwh": "a, b"}, "unreadable_sql"),
        ("s", {"energy_kwh": "a FROM x"}, "unreadable_sql"),
        ("s", {"energy_kwh": ""}, "unreadable_sql"),
        ("s", {"energy_kwh": "1; DROP TABLE x"}, "unreadable_sql"),
        ("a, b", {}, "unreadable_sql"),
        ("a JOIN b ON TRUE", {}, "unreadable_sql"),
        ("a WHERE x", {}, "unreadable_sql"),
        ("", {}, "unreadable_sql"),
    ],
)
def test_what_is_no_table_or_no_expression_is_refused(table, mapped, code):
    with pytest.raises(ConfigError) as refusal:
        SessionTable("postgres", table, mapped)
    assert refusal.value.code == code


def test_detail_needs_a_station():
    with pytest.raises(ConfigError, match="detail is made for some stations only") as refusal:
        frame_statement(DETAIL, SessionTable("postgres", "s"), ORDER)
    assert refusal.value.code == "no_stations"


# What must not stand in it


def tricks(tree):
    """What engines read differently without a word, or not at all, in a statement as PostgreSQL has it."""
    yield from tree.find_all(exp.Div, exp.IntDiv, exp.Concat, exp.Like, exp.Order)
    yield from (one for one in tree.find_all(exp.Extract) if one.name.upper() == "EPOCH")
    yield from (one for one in tree.find_all(exp.Not) if any(is_truth(found) for found in one.find_all(exp.Is)))


def is_truth(found):
    """Whether this is IS TRUE or IS FALSE, which some engines get without it."""
    return isinstance(found.expression, exp.Boolean)


def test_no_statement_holds_what_engines_read_differently():
    for statement in sqlglot.parse(golden("postgres"), read="postgres"):
        assert [trick.sql() for trick in tricks(statement)] == []


@pytest.mark.parametrize(
    "text",
    ["a / 100", "NOT (a IS TRUE)", "a IS NOT FALSE", "EXTRACT(EPOCH FROM a)", "CONCAT(a, b)", "a LIKE 'F%'"],
)
def test_what_engines_read_differently_is_seen(text):
    assert list(tricks(sqlglot.parse_one(f"SELECT {text}", read="postgres")))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_engine_gets_a_slash_a_doubled_percent_sign_or_an_epoch(dialect):
    assert not re.search(r"/|%%|\bEPOCH\b|\bLIKE\b|\bORDER BY\b", golden(dialect))
    joined = [
        one for statement in sqlglot.parse(golden(dialect), read=dialect) for one in statement.find_all(exp.Concat)
    ]
    assert not any(one.find(exp.Coalesce) for one in joined), "texts that are missing become empty ones"


def test_no_definition_divides_or_negates_what_is_true_or_false():
    for definition in DEFINITIONS.values():
        for element in visitors.iterate(definition.outcome):
            operator = getattr(element, "operator", None)
            assert operator not in (operators.truediv, operators.floordiv, operators.inv, operators.is_not), (
                definition.id
            )
            assert getattr(element, "name", None) not in ("concat", "extract"), definition.id


# Where sqlglot is


def test_only_one_module_knows_sqlglot_and_it_is_imported_late():
    program = "import sys, evcharge.counts.engines; print('sqlglot' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "False"


def test_without_sqlglot_the_package_to_install_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    with pytest.raises(ConfigError, match="sqlglot") as refusal:
        SessionTable("spark", "s")
    assert refusal.value.code == "sqlglot_not_installed"
    assert refusal.value.hint == "Run: pip install 'evcharge[counts]'"
