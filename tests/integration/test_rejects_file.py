"""The file of ``load --rejects``: the same for the same file, whenever it is asked for; no load is lost for it."""

from __future__ import annotations

import csv
import errno
import json
import shutil
from pathlib import Path

import pytest

import evcharge.load
from evcharge.sources import builtin_profiles
from evcharge.synth import write_sample
from tests.support.factories import native_csv, session_row
from tests.support.loading import chunks_of, query

SMALL, LARGE = 20, 2_000
"""Refused rows: of a file that stays in a buffer until its end, and of one that does not."""


def refused_rows(path: Path, rows: int) -> Path:
    bad = [session_row(session_id=f"B{number}", energy_kwh="lots") for number in range(rows)]
    return native_csv(path, *bad, *(session_row(session_id=f"G{number}") for number in range(rows + 1)))


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def dirty() -> Path:
    """A file with every defect, an id in one chunk and again in the next, and rows that two rules refuse."""
    write_sample(Path("dirty.csv"), rows=1500, seed=3, dirty=True)
    with Path("dirty.csv").open("a", encoding="utf-8") as file:
        file.write(f"{session_row(session_id='S1')}\n{session_row(session_id='S1', energy_kwh='2')}\n")
        file.write(f"{session_row(session_id='', station_id='', energy_kwh='=1+1')}\n")
        for _ in range(300):
            file.write(f"{session_row(session_id='S1', energy_kwh='3')}\n")
    return Path("dirty.csv")


@pytest.mark.thorough
def test_a_file_that_is_loaded_already_gives_the_rejects_of_its_first_load(evcharge, url, dirty):
    with chunks_of(200):
        first = evcharge("load", dirty, "--rejects", "first.csv", "--db", url)
    again = evcharge("load", dirty, "--rejects", "again.csv", "--db", url)
    assert (first[0], again[0]) == (0, 0)
    assert "already loaded" in again[1]
    assert Path("again.csv").read_bytes() == Path("first.csv").read_bytes()
    rows = rows_of(Path("first.csv"))
    assert len(rows) - 1 == query(url, "SELECT count(*) FROM rejected_row")[0][0] > 300
    assert [(int(line), rule) for _, line, rule, *_ in rows[1:]] == sorted(
        (int(line), rule) for _, line, rule, *_ in rows[1:]
    )


@pytest.mark.thorough
def test_a_dry_run_a_refused_load_and_a_load_give_the_same_rejects(evcharge, sqlite_url, dirty):
    database = ("--db", sqlite_url)
    assert evcharge("load", dirty, "--rejects", "dry.csv", "--dry-run", *database)[0] == 0
    assert evcharge("load", dirty, "--rejects", "refused.csv", "--max-rejects", "3", *database)[0] == 3
    assert query(sqlite_url, "SELECT count(*) FROM rejected_row") == [(0,)]
    assert evcharge("load", dirty, "--rejects", "loaded.csv", *database)[0] == 0
    assert evcharge("load", dirty, "--rejects", "replaced.csv", "--replace", *database)[0] == 0
    found = {path: Path(f"{path}.csv").read_bytes() for path in ("dry", "refused", "loaded", "replaced")}
    assert set(found.values()) == {found["dry"]}
    assert found["dry"].count(b"\n") > 300


def test_the_rejects_of_several_files_are_in_one_whichever_are_loaded_already(evcharge, sqlite_url):
    refused_rows(Path("one.csv"), 3)
    refused_rows(Path("other.csv"), 4)
    evcharge("load", "one.csv", "--db", sqlite_url)
    code, _, err = evcharge("load", "one.csv", "other.csv", "nix.csv", "--rejects", "r.csv", "--db", sqlite_url)
    assert code == 1
    assert "wrote r.csv" in err
    names = [row[0] for row in rows_of(Path("r.csv"))]
    assert sorted(names[1:]) == ["one.csv"] * 3 + ["other.csv"] * 4


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file for rejects can hold more than its first bytes."""

    class Full:
        def __init__(self, file):
            self.file, self.left = file, 500

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, data):
            self.left -= len(data)
            if self.left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(data)

    opened = Path.open

    def open_full(path, mode="r", **options):
        file = opened(path, mode, **options)
        return Full(file) if path.name.endswith(".part") else file

    monkeypatch.setattr(Path, "open", open_full)


def spoil_at_the_end(monkeypatch: pytest.MonkeyPatch, spoil) -> None:
    """Something happens to the place of the file when the load is done."""
    usual = evcharge.load.load_file

    def load_and_spoil(*arguments):
        result = usual(*arguments)
        spoil()
        return result

    monkeypatch.setattr(evcharge.load, "load_file", load_and_spoil)


FAULTS = {
    "full": fill_the_disk,
    "folder gone": lambda monkeypatch: spoil_at_the_end(monkeypatch, lambda: shutil.rmtree("out")),
    "place taken": lambda monkeypatch: spoil_at_the_end(monkeypatch, lambda: Path("out/r.csv").mkdir()),
}


@pytest.mark.thorough
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("rows", [SMALL, LARGE])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_load_is_kept_and_told_though_its_rejects_can_not_be_written(
    evcharge, sqlite_url, monkeypatch, fault, rows, as_json
):
    refused_rows(Path("x.csv"), rows)
    Path("out").mkdir()
    with monkeypatch.context() as patches:
        FAULTS[fault](patches)
        arguments = ("load", "x.csv", "--rejects", "out/r.csv", "--db", sqlite_url)
        code, out, err = evcharge(*arguments, *(["--json"] if as_json else []))
    assert code == 1
    if as_json:
        assert json.loads(out)["files"][0]["rejected"] == rows
    else:
        assert f"{rows:,} rejected" in out
    error, hint = err.splitlines()[-2:]
    assert error.startswith("Error [cannot_write]: out/r.csv can't be written: ")
    assert hint.startswith("  ")
    assert "wrote" not in err
    assert query(sqlite_url, "SELECT rejected, inserted FROM load_ledger") == [(rows, rows + 1)]
    assert not Path("out/r.csv").is_file()
    assert not list(Path().rglob(".*part"))
    shutil.rmtree("out", ignore_errors=True)
    Path("out").mkdir()
    assert evcharge(*arguments)[0] == 0
    assert Path("out/r.csv").read_bytes().count(b"\n") == rows + 1


def test_whoever_stops_in_the_middle_of_the_rejects_leaves_no_cursor_open(sqlite_url, tmp_path):
    bad = refused_rows(tmp_path / "bad.csv", SMALL)
    handed_out = []

    def interrupted(_name, rejects):
        handed_out.append(rejects)
        next(rejects)
        raise KeyboardInterrupt

    options = evcharge.load.LoadOptions(on_rejects=interrupted)
    with pytest.raises(KeyboardInterrupt):
        evcharge.load.load_file(bad, sqlite_url, [builtin_profiles()["native"]], options)
    assert handed_out[0].gi_frame is None
