"""What killed runs leave is taken away by the next one; nothing else is, and nothing that is in use."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from evcharge.carriers.inputs import gathered
from evcharge.leftovers import LEAST_AGE_SECONDS, part_of, sweep_folders, temporary_folder
from evcharge.output import written_whole

CHECKOUT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from evcharge.leftovers import temporary_folder
from evcharge.output import written_whole
with temporary_folder() as folder, written_whole(Path("killed.csv")) as file:
    (folder / "1").write_text("unpacked")
    file.write(b"half")
    file.flush()
    print(flush=True)
    if "live" in sys.argv:
        sys.stdin.read()
    else:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


def another_run(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "TMPDIR": tempfile.gettempdir()}
    command = [sys.executable, "-c", KILLED, *arguments]
    run = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    run.stdout.readline()
    return run


def left():
    return sorted(path.name for place in (Path(), Path(tempfile.gettempdir())) for path in place.iterdir())


def grow_old():
    long_ago = time.time() - 2 * LEAST_AGE_SECONDS
    for place in (Path(), Path(tempfile.gettempdir())):
        for path in place.iterdir():
            os.utime(path, (long_ago, long_ago), follow_symlinks=False)


def next_run():
    """Writes another file in the same folder, and gathers inputs."""
    with written_whole(Path("next.csv")) as file:
        file.write(b"next")
    with gathered([], sys.stdin.buffer, lambda _archive: False):
        pass
    Path("next.csv").unlink()


def test_what_a_killed_run_left_is_taken_away_by_the_next_one():
    with another_run() as killed:
        killed.wait(20)
    assert len(left()) == 2
    next_run()
    assert len(left()) == 2, "it is new"
    grow_old()
    next_run()
    assert left() == []


def test_what_a_living_run_uses_is_left_to_it_however_old():
    with another_run("live") as living:
        grow_old()
        next_run()
        assert len(left()) == 2
        living.communicate(b"", timeout=20)
    assert left() == ["killed.csv"]
    assert Path("killed.csv").read_bytes() == b"half"


def test_nothing_of_another_name_or_kind_is_taken_away(tmp_path):
    temporary = Path(tempfile.gettempdir())
    others = [
        *(
            Path(name)
            for name in (".x.csv.123.part", "x.part", "evcharge-1.part", ".x.evcharge-y.part", "evcharge-run-a")
        ),
        *(temporary / name for name in ("evcharge-1", "evcharge-runs", "my-evcharge-run-x")),
    ]
    for other in others:
        other.write_text("mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    Path(".x.evcharge-1.part").symlink_to(tmp_path / "mine" / "file")
    (temporary / "evcharge-run-link").symlink_to(tmp_path / "mine")
    before = left()
    grow_old()
    next_run()
    assert left() == before
    assert (tmp_path / "mine" / "file").exists()


def test_a_folder_that_can_not_be_listed_is_no_fault(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(Path("nowhere").absolute()))
    sweep_folders()


def test_a_temporary_folder_goes_with_its_block_and_a_part_is_hidden_beside_its_file():
    with temporary_folder() as folder:
        assert folder.is_dir()
    assert not folder.exists()
    part = part_of(Path("deep/x.csv"))
    assert part.parent == Path("deep")
    assert part.name.startswith(".x.csv.")
