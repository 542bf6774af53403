"""Inputs of every kind through the command line: what is loaded, what is said, and with which code it ends."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from evcharge.errors import DatabaseError
from tests.support.factories import HEADER, native_csv, session_row
from tests.support.workbooks import zipped

CHECKOUT = Path(__file__).parents[2]
MAIN = "from evcharge.cli import main; main()"


@pytest.fixture
def db(sqlite_url, monkeypatch):
    """A migrated database that every command finds by itself; the path of its file."""
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", sqlite_url)
    return Path(sqlite_url.removeprefix("sqlite:///"))


def ledger(path):
    """Names of the files that are in."""
    with sqlite3.connect(path) as connection:
        names = [name for (name,) in connection.execute("SELECT file_name FROM load_ledger ORDER BY load_key")]
    connection.close()
    return names


def sessions(*ids):
    return "\n".join([HEADER, *(session_row(session_id=one) for one in ids), ""])


def archived(path, members):
    Path(path).write_bytes(zipped(members))


def with_folder():
    Path("data").mkdir()
    for number, name in enumerate(("b.csv", "a.csv")):
        native_csv(Path("data", name), session_row(session_id=f"S{number}"))


def files_of(out):
    return [(one["file"], one["status"]) for one in json.loads(out)["files"]]


def test_a_folder_loads_file_by_file(evcharge, db):
    with_folder()
    code, out, err = evcharge("load", "data")
    assert (code, err) == (0, f"database: sqlite:///{db}\n")
    assert out.splitlines()[-1].startswith("2 of 2 files are in: read 2 = 2 inserted")
    assert ledger(db) == ["data/a.csv", "data/b.csv"]


def test_a_pattern_loads_what_it_matches(evcharge, db):
    with_folder()
    assert evcharge("load", "data/*.csv")[0] == 0
    assert ledger(db) == ["a.csv", "b.csv"]


def test_an_archive_loads_member_by_member_and_says_what_is_left_out(evcharge, db):
    archived("a.zip", {"deep/y.csv": sessions("1"), "x.csv": sessions("2"), "__MACOSX/._x.csv": "?"})
    code, _, err = evcharge("load", "a.zip")
    assert code == 0
    assert err == f"a.zip: left out (hidden or added by macOS): __MACOSX/._x.csv\ndatabase: sqlite:///{db}\n"
    assert ledger(db) == ["a.zip/deep/y.csv", "a.zip/x.csv"]
    assert evcharge("load", "a.zip", "-q")[2] == ""


def test_a_file_is_the_same_in_an_archive_and_beside_it(evcharge, db):
    Path("x.csv").write_text(sessions("1"))
    archived("a.zip", {"x.csv": sessions("1")})
    code, out, _ = evcharge("load", "x.csv", "a.zip", "--json")
    assert code == 0
    assert files_of(out) == [("x.csv", "loaded"), ("a.zip/x.csv", "already loaded")]
    code, out, _ = evcharge("load", "a.zip")
    assert out.startswith("a.zip/x.csv: already loaded on ")
    assert " as x.csv, nothing changed" in out.splitlines()[0]
    assert evcharge("load", "a.zip", "x.csv", "x.csv")[1].startswith("3 files are already loaded, nothing changed\n")
    assert ledger(db) == ["x.csv"]


@pytest.mark.thorough
def test_standard_input_is_loaded_and_nothing_of_it_is_left(tmp_path, sqlite_url):
    (tmp_path / "temporary").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EVCHARGE", "PYTHON"))}
    env = {**kept, "PYTHONPATH": str(CHECKOUT), "TMPDIR": str(tmp_path / "temporary")}
    command = [sys.executable, "-c", MAIN, "load", "-", "--db", sqlite_url]
    run = subprocess.run(command, input=sessions("1").encode(), env=env, capture_output=True, timeout=60)
    assert (run.returncode, run.stderr.decode()) == (0, f"database: {sqlite_url}\n")
    assert run.stdout.startswith(b"stdin: loaded (profile native@")
    assert list((tmp_path / "temporary").iterdir()) == []
    closed = subprocess.run(["sh", "-c", '"$@" <&-', "sh", *command], env=env, capture_output=True, timeout=60)
    assert closed.returncode == 1
    assert closed.stderr.startswith(b"Error [empty_file]: stdin is empty")


def test_a_gzipped_member_is_unpacked(evcharge, db):
    archived("a.zip", {"x.csv.gz": gzip.compress(sessions("1").encode(), mtime=0)})
    assert evcharge("load", "a.zip")[0] == 0
    assert ledger(db) == ["a.zip/x.csv.gz"]


REFUSED = [
    (["folder"], "empty_folder", "folder"),
    (["*.txt"], "no_match", "*.txt"),
    (["empty.zip"], "empty_archive", "empty.zip"),
    (["cut.zip"], "damaged_archive", "cut.zip"),
    (["nested.zip"], "archive_in_archive", "nested.zip/inner.zip"),
    (["nowhere.csv"], "file_not_found", "nowhere.csv"),
    (["bad.zip"], "no_profile_fits", "bad.zip/notes.csv"),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("named", "code", "place"), REFUSED, ids=[code for _, code, _ in REFUSED])
@pytest.mark.parametrize("first", [True, False])
def test_a_bad_input_is_named_and_the_others_are_in(evcharge, db, named, code, place, first):
    Path("folder").mkdir()
    archived("empty.zip", {})
    archived("inner.zip", {"x.csv": "x"})
    archived("nested.zip", {"inner.zip": Path("inner.zip").read_bytes()})
    archived("bad.zip", {"notes.csv": "some,notes\n1,2\n"})
    Path("cut.zip").write_bytes(Path("inner.zip").read_bytes()[:40])
    Path("good.csv").write_text(sessions("1"))
    inputs = [*named, "good.csv"] if first else ["good.csv", *named]
    ended, out, err = evcharge("load", *inputs, "--json")
    assert ended == 1
    bad, good = files_of(out) if first else reversed(files_of(out))
    assert (bad, good) == ((place, "failed"), ("good.csv", "loaded"))
    assert err.startswith(f"Error [{code}]: {place}")
    assert len(err.splitlines()) == 2
    assert json.loads(out)["totals"]["files"] == 1
    assert ledger(db) == ["good.csv"]


def test_an_archive_with_a_bad_member_loads_the_others(evcharge, db):
    archived("a.zip", {"1.csv": sessions("1"), "2.txt": "notes", "3.csv": sessions("3")})
    code, out, err = evcharge("load", "a.zip")
    assert code == 1
    assert out.splitlines()[-1].startswith("2 of 3 files are in: read 2 = ")
    assert "a.zip/2.txt" in err
    assert ledger(db) == ["a.zip/1.csv", "a.zip/3.csv"]


def test_after_an_error_of_the_database_the_rest_is_said_not_to_have_been_tried(evcharge, db, monkeypatch):
    from evcharge.load import load_file

    def broken(path, *rest):
        if path.name == "b.csv":
            raise DatabaseError("database_busy", "busy.", "Wait.")
        return load_file(path, *rest)

    monkeypatch.setattr("evcharge.load.load_file", broken)
    for name in "abcd":
        Path(f"{name}.csv").write_text(sessions(name))
    code, out, err = evcharge("load", "a.csv", "b.csv", "c.csv", "d.csv", "--json")
    assert code == 1
    assert files_of(out) == [("a.csv", "loaded"), ("b.csv", "failed"), ("c.csv", "not tried"), ("d.csv", "not tried")]
    assert [one.get("error", {}) for one in json.loads(out)["files"]][2:] == [None, None]
    assert err.splitlines() == ["Error [database_busy]: busy.", "  Wait.", "Not tried: c.csv, d.csv"]
    assert evcharge("load", "a.csv", "b.csv", "c.csv")[1].splitlines()[-1].startswith("1 of 3 files are in: ")


def test_a_dry_run_of_several_files_keeps_none(evcharge, db):
    with_folder()
    code, out, _ = evcharge("load", "data", "--dry-run")
    assert code == 0
    assert out.splitlines()[-1].startswith("2 of 2 files could be loaded: read 2 = 2 inserted")
    assert ledger(db) == []


@pytest.mark.parametrize("named", ["data", "data/*.csv", "./data/../data/a.csv"])
def test_the_rejects_may_not_take_the_place_of_a_file_to_load_however_it_is_named(evcharge, db, named):
    with_folder()
    before = Path("data/a.csv").read_bytes()
    code, _, err = evcharge("load", named, "--rejects", "data/a.csv")
    assert code == 1
    assert "data/a.csv is a file that this command reads" in err
    assert Path("data/a.csv").read_bytes() == before
    assert ledger(db) == []


def test_the_rejects_may_not_take_the_place_of_an_archive_to_load(evcharge, db):
    Path("data").mkdir()
    archived("data/a.zip", {"x.csv": sessions("1")})
    for named in ("data/a.zip", "data"):
        assert evcharge("load", named, "--rejects", "data/a.zip")[0] == 1
    assert zipfile.is_zipfile("data/a.zip")


def test_the_rejects_of_several_members_name_each(evcharge, db):
    bad = "\n".join([HEADER, session_row(energy_kwh="lots"), ""])
    archived("a.zip", {"1.csv": bad, "2.csv": bad + "\n"})
    assert evcharge("load", "a.zip", "--rejects", "r.csv")[0] == 0
    assert [line.split(",")[0] for line in Path("r.csv").read_text().splitlines()[1:]] == [
        '"a.zip/1.csv"',
        '"a.zip/2.csv"',
    ]


def test_an_export_of_steve_is_one_load(evcharge, db):
    archived(
        "data-export.zip",
        {
            "transaction_start.csv": "transaction_pk,event_timestamp,evse_pk,id_tag,start_timestamp,start_value\n"
            "1,2025-03-01T10:00:01Z,3,TAG,2025-03-01T10:00:00Z,0\n"
            "2,2025-03-01T12:00:01Z,3,TAG,2025-03-01T12:00:00Z,900\n",
            "transaction_stop.csv": "transaction_pk,event_timestamp,event_actor,stop_timestamp,stop_value,stop_reason\n"
            "1,2025-03-01T11:00:01Z,station,2025-03-01T11:00:00Z,900,Local\n"
            "9,2025-03-01T11:00:01Z,station,2025-03-01T11:00:00Z,900,Local\n",
            "evse.csv": "evse_pk,charge_box_id,evse_id\n3,CB-1,1\n",
            "user.csv": "user_pk,first_name\n1,Ada\n",
        },
    )
    code, out, err = evcharge("load", "data-export.zip", "--source", "depot")
    assert (code, err) == (0, f"database: sqlite:///{db}\n")
    assert out.splitlines()[1] == "  read 3 = 2 inserted + 0 updated + 0 unchanged + 0 superseded + 1 rejected"
    assert ledger(db) == ["data-export.zip"]
    assert b"TAG" not in db.read_bytes()
    assert b"Ada" not in db.read_bytes()
