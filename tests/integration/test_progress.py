"""What a command says while it works: on a terminal, on stderr, and nowhere else."""

from __future__ import annotations

import io
import json
import re
import sys
import threading
import time
from pathlib import Path

import pytest

from evcharge import progress
from evcharge.cli.progress import showing_progress
from evcharge.load import load_file
from evcharge.sources import builtin_profiles
from tests.support.factories import native_csv, session_row

CODES = re.compile("\x1b\\[[0-9;?]*[A-Za-z]")

LOCATIONS = [{"country_code": "NO", "party_id": "ACM", "id": "L1", "name": "Depot", "evses": [{"uid": "E1"}]}]


class Recorder:
    """Keeps all that it is told, with how far the file was read then."""

    def __init__(self):
        self.steps = []
        self.read = []
        self._file = None

    def step(self, what, file):
        self.steps.append(what)
        self._file = file

    def rows(self, rows):
        self.read.append((rows, self._file.position() if self._file else None))


class Terminal(io.StringIO):
    """Takes what is written to a terminal."""

    def isatty(self):
        return True

    def shown(self):
        """The text without what moves the cursor and colours."""
        return CODES.sub("", self.getvalue())


@pytest.fixture
def db(sqlite_url, monkeypatch):
    """A migrated database that every command finds by itself."""
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", sqlite_url)
    return sqlite_url


def watching(monkeypatch):
    """A terminal in the place of stderr; pytest sets stderr anew when a test begins, so that no fixture can do it."""
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def file_of(rows, path="a.csv"):
    starts = [f"2025-03-01T{number % 24:02}:00:00Z" for number in range(rows)]
    return native_csv(
        Path(path), *(session_row(session_id=f"S{n}", start_time=start) for n, start in enumerate(starts))
    )


def test_a_load_tells_rows_and_bytes_after_each_chunk_to_the_file_s_end(sqlite_url, tmp_path, monkeypatch):
    path = file_of(500, tmp_path / "a.csv")
    monkeypatch.setattr("evcharge.sources.read.__defaults__", (100,))
    recorder = Recorder()
    with progress.told_to(recorder):
        load_file(path, sqlite_url, [builtin_profiles()["native"]])
    assert [rows for rows, _ in recorder.read] == [100, 200, 300, 400, 500]
    assert recorder.read[-1][1] == path.stat().st_size
    assert recorder.steps == ["recognising", "looking at the times", "loading", "closing the load"]


def test_nobody_is_told_where_nobody_listens(sqlite_url, tmp_path):
    recorder = Recorder()
    with progress.told_to(recorder):
        pass
    load_file(file_of(2, tmp_path / "a.csv"), sqlite_url, [builtin_profiles()["native"]])
    assert recorder.steps == recorder.read == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("load", "a.csv"), ("a.csv: loading", "20 rows", "of 0.0 MB")),
        (("check", "a.csv"), ("a.csv: loading", "20 rows")),
        (("report", "--no-png"), ("counting sessions by day", "judging stations")),
        (("report", "--no-png", "--by", "month"), ("counting sessions by month",)),
        (("report", "--no-png", "--html", "page.html"), ("drawing the page",)),
        (("export", "--format", "csv", "--out", "out"), ("writing fact_charging", "20 rows")),
        (("stations", "places.json", "--source", "native"), ("places.json: reading the registry", "writing ports")),
    ],
)
def test_a_command_says_on_a_terminal_what_it_does(evcharge, db, monkeypatch, line, words):
    terminal = watching(monkeypatch)
    file_of(20)
    Path("places.json").write_text(json.dumps(LOCATIONS))
    if line[0] not in ("load", "check"):
        assert evcharge("load", "a.csv")[0] == 0
    code, out, _ = evcharge(*line)
    assert code == 0
    for word in words:
        assert word in terminal.shown()
        assert word not in out


def test_a_step_does_not_wait_for_a_drawing_that_waits_for_it(monkeypatch):
    watching(monkeypatch)
    monkeypatch.setattr("evcharge.cli.progress.given", lambda _name: None)
    drawing = threading.Event()

    def draw(line):
        with line.live._lock:  # as rich's own thread holds it while it draws
            drawing.set()
            time.sleep(0.2)
            assert line.tasks

    def work():
        with showing_progress("a.csv"):
            line = progress._listener.get()
            threading.Thread(target=draw, args=(line,), daemon=True).start()
            assert drawing.wait(10)
            line.step("loading", None)

    working = threading.Thread(target=work, daemon=True)
    working.start()
    working.join(30)
    assert not working.is_alive()


@pytest.mark.parametrize("option", ["-q", "--no-progress"])
def test_who_wants_no_progress_sees_none(evcharge, db, monkeypatch, option):
    terminal = watching(monkeypatch)
    file_of(20)
    assert evcharge("load", "a.csv", option)[0] == 0
    assert "loading" not in terminal.shown()
    assert "\x1b" not in terminal.getvalue()


@pytest.mark.parametrize(
    "line", [("load", "a.csv"), ("check", "a.csv"), ("report", "--no-png"), ("stations", "places.json")]
)
def test_what_is_no_terminal_gets_no_line_of_progress(evcharge, db, line):
    file_of(20)
    Path("places.json").write_text(json.dumps(LOCATIONS))
    if line[0] not in ("load", "check"):
        assert evcharge("load", "a.csv")[0] == 0
    _, out, err = evcharge(*line)
    assert "\x1b" not in out + err
    assert not re.search("loading|recognising|judging|reading the", out + err)


def test_an_interrupt_is_raised_at_what_is_told_next_whoever_watches(monkeypatch):
    terminal = watching(monkeypatch)

    class Interrupted(Exception):
        """Stands for Ctrl-C."""

    def check():
        raise Interrupted

    monkeypatch.setattr("evcharge.cli.progress.given", lambda _name: None)
    for watched in (True, False):
        monkeypatch.setattr(terminal, "isatty", lambda is_one=watched: is_one)
        for tell in (lambda: progress.step("loading"), lambda: progress.rows_done(1)):
            with pytest.raises(Interrupted), showing_progress("a.csv", check):
                tell()
