"""What all formats of evcharge export have in common."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from evcharge.cli.export import FORMATS
from evcharge.db import open_engine
from evcharge.export import WRITERS, export
from evcharge.export.job import Job, NewFile
from evcharge.metrics.selection import Selection
from evcharge.models import DimPort, DimStation
from tests.support.star import write_sessions
from tests.support.world import PLAZA, session_of, write_world

NAMES = (
    *("dim_station", "dim_port", "dim_time", "fact_charging", "fact_status", "fact_contact", "fact_outage"),
    *("fact_reported_uptime", "load_ledger", "load_count", "rejected_row", "rejected_evidence"),
)
FILES = {
    "csv": [f"{name}.csv" for name in NAMES],
    "parquet": [f"{name}.parquet" for name in NAMES],
    "datapackage": [*(f"{name}.csv" for name in NAMES), "datapackage.json"],
    "geojson": ["stations.geojson"],
    "counts": [f"{name}.parquet" for name in ("counts", "stations", "failures", "detail")],
    "datasette": ["metadata.json"],
    "dbt": ["evcharge_sources.yml"],
}
ROWS = {"dim_station": 3, "dim_port": 3, "dim_time": 2, "fact_charging": 9, "load_ledger": 2, "rejected_row": 3}
ROWS |= {"fact_status": 2, "fact_contact": 1, "fact_outage": 1, "load_count": 1, "rejected_evidence": 1}
ROWS |= {"fact_reported_uptime": 1}
ROWS_OF_STATIONS = {"counts": 3, "stations": 2, "failures": 3, "detail": 2}
OF_TABLES = ("csv", "parquet", "datapackage")
LATE = (
    "INSERT INTO dim_station (station_key, source, station_id) VALUES (99, 'city', 'late')",
    "INSERT INTO fact_charging (station_key, session_id, time_key, load_key, source_line, start_time) "
    "VALUES (99, 'late', 2024122408, 1, 99, '2024-12-24T08:15:00.000Z')",
)
"""A station and its session."""


@pytest.fixture
def world(url, engine):
    """The URL of a database that holds the world."""
    write_world(engine)
    return url


@pytest.fixture
def sqlite_world(sqlite_url):
    """The same on SQLite, where the kind of database has nothing to do with it."""
    write_world(open_engine(sqlite_url, writes=True))
    return sqlite_url


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_the_command_line_offers_every_format_there_is():
    assert set(FORMATS) == WRITERS.keys() == FILES.keys()


@pytest.mark.thorough
@pytest.mark.parametrize("file_format", FORMATS)
def test_files_are_named_on_stderr_and_told_on_stdout_as_a_document(world, evcharge, file_format):
    code, out, err = evcharge("export", "--format", file_format, "--db", world, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert (document["schema_version"], document["format"]) == (1, file_format)
    assert [Path(file["path"]).name for file in document["files"]] == FILES[file_format]
    for file, line in zip(document["files"], err.splitlines(), strict=False):
        content = Path(file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        expected = (ROWS | ROWS_OF_STATIONS).get(Path(file["path"]).stem)
        assert file["rows"] == expected
        assert line == f"wrote {file['path']}" + (
            "" if expected is None else f" ({expected} row{'s' * (expected != 1)})"
        )
    assert err.splitlines()[len(document["files"]) :] == document["notes"]
    assert sorted(contents("export")) == sorted(FILES[file_format])


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_same_rows_are_the_same_bytes_from_every_database_and_every_time(
    world, sqlite_world, evcharge, file_format
):
    for number, database in enumerate((world, sqlite_world, world, sqlite_world)):
        assert evcharge("export", "--format", file_format, "--db", database, "--out", str(number))[0] == 0
    assert contents("0") == contents("2")
    assert contents("1") == contents("3")
    if file_format != "datasette":  # which names the database
        assert contents("0") == contents("1")


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_empty_database_is_no_data_and_no_folder_is_made(url, evcharge, file_format):
    code, out, err = evcharge("export", "--format", file_format, "--db", url, "--json")
    assert (code, out) == (4, "")
    assert err.splitlines() == [
        "Error [no_sessions]: no session is in the database.",
        "  Load a file, or widen the selection.",
    ]
    assert not Path("export").exists()


@pytest.mark.parametrize("options", [("--from", "2025-01-01"), ("--to", "2024-12-23")])
@pytest.mark.parametrize("file_format", OF_TABLES)
def test_a_selection_without_a_session_is_no_data(sqlite_world, evcharge, file_format, options):
    code, _, err = evcharge("export", "--format", file_format, "--db", sqlite_world, *options)
    assert code == 4
    assert err.startswith("Error [no_sessions]: no session matches: ")
    assert not Path("export").exists()


def test_a_database_with_a_load_and_no_session_is_exported(url, engine, evcharge):
    write_sessions(engine, {})
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM fact_charging")
    assert evcharge("export", "--format", "csv", "--db", url)[0] == 0
    assert len(Path("export/dim_station.csv").read_text().splitlines()) == 2


def test_a_database_that_is_not_there_is_refused(evcharge):
    code, _, err = evcharge("export", "--format", "csv")
    assert code == 1
    assert err.startswith("Error [database_missing]")


def test_a_missing_folder_is_made_and_what_else_is_there_stays(sqlite_world, evcharge):
    there = Path("a/b/c")
    assert evcharge("export", "--format", "datasette", "--db", sqlite_world, "--out", there)[0] == 0
    (there / "mine.txt").write_text("mine")
    (there / "metadata.json").write_text("old")
    assert evcharge("export", "--format", "datasette", "--db", sqlite_world, "--out", there)[0] == 0
    assert contents(there)["mine.txt"] == b"mine"
    assert contents(there)["metadata.json"] != b"old"


@pytest.mark.thorough
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_folder_that_can_not_be_made_is_an_error(sqlite_world, evcharge, file_format):
    Path("file").write_text("mine")
    for folder in ("file", "file/below"):
        code, _, err = evcharge("export", "--format", file_format, "--db", sqlite_world, "--out", folder)
        assert code == 1
        assert err.startswith(f"Error [cannot_write]: the folder {folder} can't be made: ")
    assert Path("file").read_text() == "mine"


@pytest.mark.parametrize("file_format", OF_TABLES)
def test_where_one_file_can_not_be_written_none_is_changed(sqlite_world, evcharge, file_format):
    last = FILES[file_format][-1]
    Path("export", last).mkdir(parents=True)
    first = Path("export", FILES[file_format][0])
    first.write_text("before")
    code, out, err = evcharge("export", "--format", file_format, "--db", sqlite_world)
    assert (code, out) == (1, "")
    assert err.startswith(f"Error [cannot_write]: export/{last} can't be written: ")
    assert sorted(path.name for path in Path("export").iterdir()) == sorted([first.name, last])
    assert first.read_text() == "before"


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_full_disk_leaves_nothing_half_written(sqlite_world, evcharge, monkeypatch, file_format):
    room = 100

    def write(file, data, really=NewFile.write):
        nonlocal room
        room -= memoryview(data).nbytes
        if room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return really(file, data)

    monkeypatch.setattr(NewFile, "write", write)
    code, out, err = evcharge("export", "--format", file_format, "--db", sqlite_world)
    assert (code, out) == (1, "")
    assert "No space left on device" in err
    assert contents("export") == {}


@pytest.mark.parametrize("file_format", OF_TABLES)
def test_a_disk_that_fails_as_the_last_file_is_kept_leaves_every_file_as_it_was(
    sqlite_world, evcharge, monkeypatch, file_format
):
    Path("export").mkdir()
    before = dict.fromkeys(FILES[file_format], b"before")
    for name, content in before.items():
        Path("export", name).write_bytes(content)
    kept = []

    def fsync(number, really=os.fsync):
        kept.append(number)
        if len(kept) == len(before):
            raise OSError(errno.EIO, "Input/output error")
        really(number)

    monkeypatch.setattr(os, "fsync", fsync)
    code, out, err = evcharge("export", "--format", file_format, "--db", sqlite_world)
    assert (code, out) == (1, "")
    assert f"export/{FILES[file_format][-1]} can't be written: Input/output error." in err
    assert contents("export") == before


def test_the_descriptor_of_a_data_package_takes_its_place_last(sqlite_world, evcharge, monkeypatch):
    placed = []

    def replace(path, target, really=Path.replace):
        placed.append(Path(target).name)
        return really(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    assert evcharge("export", "--format", "datapackage", "--db", sqlite_world)[0] == 0
    assert placed == FILES["datapackage"]


@pytest.mark.parametrize("file_format", OF_TABLES)
def test_an_export_is_one_moment_of_the_database(world, evcharge, monkeypatch, file_format):
    """Another load ends while the files are being written: on PostgreSQL it is not seen, on SQLite it has to wait."""
    ended = []

    def new_file(job, name, really=Job.new_file):
        if name.startswith("dim_port"):
            try:
                with open_engine(world, writes=True, lock_wait_seconds=0.1).begin() as connection:
                    for statement in LATE:
                        connection.exec_driver_sql(statement)
                ended.append("well")
            except OperationalError as error:
                ended.append(str(error.orig))
        return really(job, name)

    with monkeypatch.context() as patch:
        patch.setattr(Job, "new_file", new_file)
        code, out, err = evcharge("export", "--format", file_format, "--db", world, "--json")
    assert code == 0, err
    counted = {Path(file["path"]).stem: file["rows"] for file in json.loads(out)["files"]}
    assert {name: counted[name] for name in ROWS} == ROWS
    assert ended == ["database is locked" if world.startswith("sqlite") else "well"]


@pytest.mark.parametrize(
    ("options", "sign"),
    [
        ((), "Missing option '--format'"),
        (
            ("--format", "xml"),
            "'xml' is not one of 'parquet', 'csv', 'datapackage', 'geojson', 'counts', 'datasette', 'dbt'",
        ),
        (("--format", "csv", "--target", "90%"), "--target, --definition and --price: csv shows no success rates."),
        (("--format", "parquet", "--definition", "afirev"), "parquet shows no success rates."),
        (("--format", "geojson", "--definition", "mine"), "'mine' is neither one of"),
        (("--format", "datasette", "--from", "2025-01-01"), "datasette holds no sessions."),
        (("--format", "dbt", "--station", "A"), "dbt holds no sessions."),
        (
            ("--format", "datasette", "--station", "A"),
            "--from, --to, --station and --where: datasette holds no sessions.",
        ),
        (("--format", "csv", "--from", "2025-01-02", "--to", "2025-01-01"), "2025-01-01 is before --from 2025-01-02."),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(sqlite_world, evcharge, options, sign):
    code, out, err = evcharge("export", "--db", sqlite_world, *options)
    assert (code, out) == (2, "")
    assert sign in " ".join(err.split())
    assert not Path("export").exists()


@pytest.fixture
def two_sources(url, engine):
    """The world and another source with a placed station of one id, its port and its session."""
    write_world(engine)
    with Session(engine) as session, session.begin():
        session.add(DimStation(station_key=9, source="other", station_id=PLAZA, latitude=1.0, longitude=2.0))
        session.flush()
        session.add(DimPort(source="other", port_id="9", station_key=9, load_key=2, named_as_station=False))
        session.add(session_of(9, "other's", 0))
    return url


@pytest.mark.thorough
@pytest.mark.parametrize("source", ["city", "other"])
def test_a_source_narrows_sessions_stations_ports_and_points_alike(two_sources, tmp_path, source):
    def exported(name, **selected):
        folder = tmp_path / name
        export(two_sources, folder, name, selection=Selection(**selected), target=0.95)
        return folder

    folder = exported("csv", source=source)
    keys = {"city": {"1", "2", "3"}, "other": {"9"}}[source]
    told = {name: pd.read_csv(folder / f"{name}.csv", dtype=str) for name in NAMES}
    assert set(told["dim_station"]["station_key"]) == keys
    assert set(told["dim_port"]["station_key"]) == keys - {"2"}
    assert set(told["fact_charging"]["station_key"]) == keys - {"3"}
    assert {name: len(told[name]) for name in ("load_ledger", "rejected_row")} == {"load_ledger": 2, "rejected_row": 3}
    points = json.loads((exported("geojson", source=source, station_ids=(PLAZA,)) / "stations.geojson").read_text())
    assert [one["properties"]["source"] for one in points["features"]] == [source]


def test_quiet_says_nothing(sqlite_world, evcharge):
    assert evcharge("export", "--format", "csv", "--db", sqlite_world, "-q") == (0, "", "")
