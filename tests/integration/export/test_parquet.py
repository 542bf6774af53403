from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, timezone
from pathlib import Path

import pytest
from pyarrow import parquet

from evcharge.db import open_engine
from evcharge.export.parquet import arrow_schema
from evcharge.export.star import STAR
from evcharge.models import Base, FactCharging
from tests.support.world import PLAZA, SESSIONS, START, TOWER, write_world

CHECKOUT = Path(__file__).parents[3]
NO_PYARROW = "import sys; sys.modules['pyarrow'] = None; from evcharge.cli import main; main()"


@pytest.fixture
def exported(url, engine, evcharge):
    """Exports the world as Parquet; returns each table."""
    write_world(engine)

    def run(*arguments):
        code, out, err = evcharge("export", "--format", "parquet", "--db", url, *arguments)
        assert (code, out) == (0, ""), err
        return {model.__tablename__: parquet.ParquetFile(path_of(model)).read() for model in STAR}

    return run


def path_of(model):
    return Path("export", f"{model.__tablename__}.parquet")


def test_a_table_has_the_columns_of_its_model_each_with_type_and_meaning(exported):
    tables = exported()
    for model in STAR:
        columns = Base.metadata.tables[model.__tablename__].columns
        schema = tables[model.__tablename__].schema
        assert schema.equals(arrow_schema(model), check_metadata=True)
        assert [(field.name, field.nullable) for field in schema] == [(c.name, bool(c.nullable)) for c in columns]
        assert [field.metadata[b"description"].decode() for field in schema] == [column.doc for column in columns]


def test_the_types_of_a_session_are_fixed(exported):
    types = {field.name: str(field.type) for field in exported()["fact_charging"].schema}
    assert {types.pop(name) for name in ("start_time", "end_time", "source_updated_at")} == {"timestamp[ms, tz=UTC]"}
    assert {types.pop(name) for name in ("station_key", "time_key", "load_key", "source_line")} == {"int64"}
    assert {types.pop(name) for name in ("success", "has_transaction", "reached_charging")} == {"bool"}
    numbers = ("duration_minutes", "energy_kwh", "peak_power_kw", "start_soc_percent", "end_soc_percent")
    numbers += ("energy_at_most_kwh",)
    seconds = tuple(name for name in types if name.endswith("_seconds"))
    assert len(seconds) == 4
    assert {types.pop(name) for name in numbers + seconds} == {"double"}
    assert set(types.values()) == {"string"}


def test_values_are_exactly_those_of_the_database(exported):
    tables = exported()
    facts = tables["fact_charging"].to_pylist()
    assert [row["session_id"] for row in facts] == [*sorted(SESSIONS), "a"]
    first, last = facts[0], facts[-1]
    assert (first["start_time"], first["energy_kwh"]) == (START, 0.1 + 0.2)
    assert (first["success"], last["success"], last["end_time"], last["energy_kwh"]) == (False, None, None, 0.0)
    assert [row["station_id"] for row in tables["dim_station"].to_pylist()][:2] == [PLAZA, TOWER]
    assert tables["dim_station"]["opened_on"].to_pylist() == [None, date(2020, 2, 29), None]
    assert tables["rejected_row"]["value"].to_pylist() == ["-5", None, ""]
    assert tables["load_ledger"]["started_at"].to_pylist() == [datetime(2024, 12, 24, 8, 15, tzinfo=timezone.utc)] * 2


def test_a_station_narrows_the_sessions_and_the_stations(exported):
    tables = exported("--station", TOWER)
    assert [tables[name].num_rows for name in ("dim_station", "dim_port", "fact_charging")] == [1, 0, 1]


def test_row_groups_bound_what_is_held_in_memory(url, engine, evcharge, monkeypatch):
    monkeypatch.setattr("evcharge.export.parquet.ROW_GROUP_ROWS", 4)
    write_world(engine)
    assert evcharge("export", "--format", "parquet", "--db", url)[0] == 0
    facts = parquet.ParquetFile(path_of(FactCharging))
    groups = [facts.metadata.row_group(number).num_rows for number in range(facts.num_row_groups)]
    assert groups == [4, 4, 1]
    assert facts.read()["station_key"].to_pylist() == [1] * 8 + [2]


@pytest.mark.thorough
def test_an_empty_table_is_a_file_with_its_schema(url, engine, evcharge):
    write_world(engine)
    assert evcharge("export", "--format", "parquet", "--db", url, "--station", TOWER)[0] == 0
    assert parquet.read_table("export/dim_port.parquet").schema.names == Base.metadata.tables["dim_port"].columns.keys()


@pytest.mark.thorough
def test_without_pyarrow_only_parquet_is_refused_with_the_command_that_installs_it(sqlite_url, tmp_path):
    write_world(open_engine(sqlite_url, writes=True))
    runs = {}
    for file_format in ("parquet", "csv", "datapackage", "geojson", "datasette"):
        runs[file_format] = subprocess.run(
            [sys.executable, "-c", NO_PYARROW, "export", "--format", file_format, "--out", file_format, "-q"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(CHECKOUT), "EVCHARGE_DATABASE_URL": sqlite_url},
            capture_output=True,
            text=True,
            timeout=60,
        )
    refused = runs.pop("parquet")
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "Error [parquet_not_installed]: what writes Parquet (pyarrow) is not installed.",
        "  Run: pip install 'evcharge[parquet]'",
    ]
    assert {run.returncode for run in runs.values()} == {0}
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == runs.keys()


def test_pyarrow_is_asked_for_by_an_extra_alone():
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    project, _, extras = text.partition("[project.optional-dependencies]")
    assert "pyarrow" not in project
    assert 'parquet = ["pyarrow>=' in extras
