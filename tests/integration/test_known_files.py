"""A folder that was loaded before costs what its new files cost: known files are looked up by their hashes at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import create_engine, select

from evcharge.carriers.file import SourceFile
from evcharge.load import opened as opening
from evcharge.load.known import KnownFile
from evcharge.load.sessions import load_file
from evcharge.models import DimStation, FactCharging, RejectedRow
from tests.support.factories import native_csv, session_row
from tests.support.layouts import UK_APT
from tests.support.ocpp_month import month
from tests.support.workbooks import workbook

pytestmark = pytest.mark.thorough


@pytest.fixture
def db(sqlite_url, monkeypatch):
    """A migrated database that every command finds by itself."""
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", sqlite_url)
    return sqlite_url


@pytest.fixture
def hashed(monkeypatch):
    """Names of the files that were opened to be read, as often as each was."""
    names = []
    usual = SourceFile.__init__

    def noting(self, name, handle):
        names.append(Path(name).name)
        usual(self, name, handle)

    monkeypatch.setattr(SourceFile, "__init__", noting)
    return names


def day(number, *rows):
    """A small file in the folder, with a row of its own unless others are given."""
    Path("data").mkdir(exist_ok=True)
    start = f"2025-03-{number:02}T10:00:00Z"
    native_csv(Path("data", f"{number}.csv"), *(rows or (session_row(session_id=f"S{number}", start_time=start),)))


def files_of(out):
    return {one["file"]: one for one in json.loads(out)["files"]}


def test_a_known_file_is_read_once_for_its_hash_and_never_recognised(evcharge, db, hashed, monkeypatch):
    for number in (1, 2, 3):
        day(number)
    assert evcharge("load", "data")[0] == 0
    day(4)
    hashed.clear()
    loaded = []
    monkeypatch.setattr(
        "evcharge.load.load_file", lambda path, *rest: loaded.append(path.name) or load_file(path, *rest)
    )
    code, out, _ = evcharge("load", "data", "--json")
    assert code == 0
    assert [one["status"] for one in files_of(out).values()] == ["already loaded"] * 3 + ["loaded"]
    assert [hashed.count(f"{number}.csv") for number in (1, 2, 3)] == [1, 1, 1]
    assert loaded == ["4.csv"]


def test_the_revision_is_required_and_the_database_opened_once_in_a_call(evcharge, db, monkeypatch):
    opened = []
    usual = opening.open_to_load
    monkeypatch.setattr(opening, "open_to_load", lambda *given: opened.append(given) or usual(*given))
    for number in (1, 2, 3):
        day(number)
    assert evcharge("load", "data")[0] == 0
    assert len(opened) == 1


def test_a_known_file_tells_in_a_folder_what_it_tells_alone(evcharge, db):
    day(1, session_row(session_id="A"), session_row(session_id="B", start_time="never"), "x")
    day(2)
    evcharge("load", "data")
    alone = files_of(evcharge("load", "data/1.csv", "--json")[1])["1.csv"]
    together = files_of(evcharge("load", "data", "--json")[1])["data/1.csv"]
    assert together["rejects_by_rule"]
    for told in (alone, together):
        told.pop("file")
    assert together == alone


def test_files_that_are_known_share_one_line_and_one_alone_tells_what_it_was(evcharge, db):
    for number in (1, 2, 3):
        day(number)
    evcharge("load", "data")
    day(4)
    lines = evcharge("load", "data")[1].splitlines()
    assert lines[0] == "3 files are already loaded, nothing changed"
    assert lines[1].startswith("data/4.csv: loaded ")
    assert lines[-1].startswith("4 of 4 files are in: read 1 = 1 inserted ")
    assert "already" not in "".join(lines[1:])
    assert evcharge("load", "data/1.csv")[1].startswith("1.csv: already loaded on ")


def test_a_copy_under_another_name_is_known_by_its_first_name(evcharge, db):
    day(1)
    evcharge("load", "data")
    Path("data", "1.csv").rename(Path("data", "z.csv"))
    day(2)
    told = files_of(evcharge("load", "data", "--json")[1])["data/z.csv"]
    assert (told["status"], told["first_loaded_as"]) == ("already loaded", "data/1.csv")


def test_rejects_of_known_files_are_handed_out_in_their_place(evcharge, db):
    for number in (1, 3):
        day(number, session_row(session_id="A"), session_row(session_id=f"bad{number}", start_time="never"))
    evcharge("load", "data")
    day(2, session_row(session_id="B"), session_row(session_id="bad2", start_time="never"))
    assert evcharge("load", "data", "--rejects", "rejects.csv")[0] == 0
    lines = Path("rejects.csv").read_text().splitlines()[1:]
    assert [line.split(",")[0].strip('"') for line in lines] == ["data/1.csv", "data/2.csv", "data/3.csv"]


@pytest.mark.parametrize("option", [("--tz", "Europe/Paris"), ("--failures-included", "no"), ("--decimal", ",")])
def test_a_folder_known_by_other_settings_is_refused_file_by_file(evcharge, db, option):
    for number in (1, 2):
        day(number)
    evcharge("load", "data")
    code, _, err = evcharge("load", "data", *option)
    assert code == 1
    assert err.count("Error [loaded_with_other_settings]") == 2


def test_a_file_known_under_another_source_is_no_known_file(evcharge, db):
    for number in (1, 2):
        day(number)
    evcharge("load", "data", "--source", "north")
    code, out, _ = evcharge("load", "data", "--source", "south", "--json")
    assert (code, [one["status"] for one in files_of(out).values()]) == (0, ["loaded", "loaded"])


def test_a_source_that_stands_in_still_stands_in_for_known_files(evcharge, db, hashed):
    Path("data").mkdir()
    for event in ("1", "2"):
        Path("data", f"{event}.csv").write_text(UK_APT.file({"Charging event": event}))
    evcharge("load", "data")
    hashed.clear()
    code, out, _ = evcharge("load", "data", "--json")
    assert code == 0
    assert sorted(hashed) == ["1.csv", "2.csv"]  # read once each, so not loaded
    assert [(one["status"], one["source_stands_in"]) for one in files_of(out).values()] == [
        ("already loaded", True)
    ] * 2
    assert "stands in for the source" in evcharge("load", "data")[2]


def test_known_files_are_replaced_where_that_is_asked_for(evcharge, db):
    for number in (1, 2):
        day(number)
    evcharge("load", "data")
    out = evcharge("load", "data", "--replace", "--json")[1]
    assert [one["status"] for one in files_of(out).values()] == ["loaded", "loaded"]


def test_an_unloaded_file_is_loaded_again(evcharge, db):
    for number in (1, 2):
        day(number)
    evcharge("load", "data")
    assert evcharge("unload", "--load", "1", "--yes")[0] == 0
    out = evcharge("load", "data", "--json")[1]
    assert [one["status"] for one in files_of(out).values()] == ["loaded", "already loaded"]


def test_the_order_of_time_is_that_of_the_new_files_alone(evcharge, db):
    day(2)
    evcharge("load", "data")
    day(3, session_row(session_id="A", start_time="2025-03-20T10:00:00Z"))
    day(1, session_row(session_id="B", start_time="2025-03-30T10:00:00Z"))
    out = evcharge("load", "data", "--json")[1]
    assert list(files_of(out)) == ["data/3.csv", "data/2.csv", "data/1.csv"]


def test_a_workbook_is_known_by_the_sheet_that_is_read(evcharge, db):
    Path("data").mkdir()
    head = ["session_id", "station_id", "start_time", "end_time", "energy_kwh"]
    row = ["A", "ST", "2025-03-01T10:00:00Z", "2025-03-01T11:00:00Z", "7"]
    Path("data", "book.xlsx").write_bytes(workbook([["notes"]], [head, row]))
    day(2)
    first = files_of(evcharge("load", "data", "--json")[1])
    again = files_of(evcharge("load", "data", "--json")[1])
    assert set(first) == set(again) == {"data/2.csv", "data/book.xlsx/Sheet 2"}
    assert {one["status"] for one in again.values()} == {"already loaded"}


def logs(folder, lines, places):
    """The lines of a log in files of a folder, cut before these."""
    Path(folder).mkdir()
    for number, (begin, end) in enumerate(zip([0, *places], [*places, len(lines)], strict=True)):
        Path(folder, f"{number:02}.log").write_text("".join(f"{line}\n" for line in lines[begin:end]))


def star_of(url):
    """The sessions in the star and the rows refused."""
    engine = create_engine(url)
    with engine.connect() as connection:
        stars = [connection.execute(select(table)).all() for table in (DimStation, FactCharging, RejectedRow)]
    engine.dispose()
    return [repr(row) for rows in stars for row in sorted(rows, key=repr)]


@pytest.mark.parametrize("seed", range(1, 6))
def test_logs_loaded_one_after_another_make_the_star_that_reading_all_of_them_each_time_makes(
    evcharge, db, tmp_path, monkeypatch, seed
):
    chance, lines = Random(seed), month(seed)
    logs("all", lines, sorted(chance.sample(range(1, len(lines)), 6)))
    names = sorted(path.name for path in Path("all").iterdir())
    chance.shuffle(names)
    stars = []
    for way in ("near", "all of them"):
        if way == "all of them":
            monkeypatch.setattr(KnownFile, "told_until_seconds", None)
        monkeypatch.setenv("EVCHARGE_DATABASE_URL", f"sqlite:///{tmp_path}/{way[0]}.db")
        assert evcharge("db", "upgrade")[0] == 0
        Path(way).mkdir()
        for some in (names[:4], *([name] for name in names[4:])):
            for name in some:
                shutil.copy(Path("all", name), way)
            code, out, err = evcharge("load", way, "--source", "acme", "--tz", "UTC")
            assert code == 0, out + err
        stars.append(star_of(f"sqlite:///{tmp_path}/{way[0]}.db"))
    assert len(stars[0]) > 30
    assert stars[0] == stars[1]
