"""A command that a signal ends leaves database and outputs as they were, or done; nothing of it lies about."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

import evcharge.output
from evcharge.synth import write_sample
from tests.support.loading import dump, query

CHECKOUT = Path(__file__).parents[2]
MAIN = "from evcharge.cli import main; main()"
SIGNALS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
SEED = 20250401
COMMANDS = {
    "load": ("load", "new.zip", "--rejects", "out.csv"),
    "load --create-db": ("load", "new.zip", "--create-db", "--db", "sqlite:///new.db"),
    "stations": ("stations", "registry.json", "--source", "native", "--apply"),
    "db upgrade": ("db", "upgrade", "--db", "sqlite:///new.db"),
    "report": ("report", "-o", "out.png"),
    "report --html": ("report", "--html", "out.html", "--no-png"),
    "report --csv": ("report", "--csv", "out.csv", "--no-png"),
    "explain": ("explain", "ST-001", "--csv", "out.csv"),
    "export": ("export", "--format", "csv", "--out", "out"),
    "sample": ("sample", "-o", "out.csv", "--truth", "out.json"),
}
WRITES_A_DATABASE = {"load": "UPDATE load_ledger", "stations": "UPDATE load_ledger", "db upgrade": "CREATE TABLE fact"}


@pytest.fixture
def folder(evcharge, sqlite_url, monkeypatch) -> Path:
    """The working folder: a database with sessions, a file and a registry that are not in it, and old outputs."""
    shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), "ev_charging.db")
    monkeypatch.setenv("TMPDIR", str(Path("temporary").absolute()))
    monkeypatch.setattr("tempfile.tempdir", str(Path("temporary").absolute()))
    Path("temporary").mkdir()
    write_sample(Path("old.csv"), rows=300)
    assert evcharge("load", "old.csv")[0] == 0
    write_sample(Path("new.csv"), rows=3000, seed=2, dirty=True)
    shutil.make_archive("new", "zip", root_dir=".", base_dir="new.csv")
    Path("new.csv").unlink()
    Path("registry.json").write_text(
        '[{"country_code": "US", "party_id": "X", "id": "ST-001", "name": "Depot", "publish": true, "address": "1 Way",'
        ' "city": "Town", "country": "USA", "coordinates": {"latitude": "42.1", "longitude": "-71.2"},'
        ' "time_zone": "America/New_York", "last_updated": "2025-01-01T00:00:00Z", "evses": []}]'
    )
    Path("out").mkdir()
    for name in ("out.csv", "out.png", "out.html", "out.json", "out/fact_charging.csv"):
        Path(name).write_text("as it was")
    return Path.cwd()


def contents() -> dict[str, bytes]:
    """Every file, without the databases."""
    return {
        str(path): path.read_bytes()
        for path in sorted(Path().rglob("*"))
        if path.is_file() and not path.name.startswith(("ev_charging.db", "new.db"))
    }


def databases() -> dict[str, Any]:
    """What both databases hold, without clock times; none where a database has no tables."""
    found = {}
    for name in ("ev_charging.db", "new.db"):
        url = f"sqlite:///{name}"
        if Path(name).exists() and query(url, "SELECT 1 FROM sqlite_master"):
            assert query(url, "PRAGMA integrity_check") == [("ok",)]
            found[name] = {
                table: [row for row in rows if table != "load_ledger"] or len(rows) for table, rows in dump(url).items()
            }
    return found


@contextmanager
def signal_in_the_middle(command: str, number: int) -> Iterator[None]:
    """The signal comes while the command writes: to the database, or just before its outputs are whole."""
    sent = []

    def send() -> None:
        if not sent:
            sent.append(True)
            signal.raise_signal(number)

    statement = WRITES_A_DATABASE.get(command)
    if not statement:
        usual = evcharge.output.os.fsync
        evcharge.output.os.fsync = lambda descriptor: (send(), usual(descriptor))  # type: ignore[assignment]
        try:
            yield
        finally:
            evcharge.output.os.fsync = usual
    else:

        def listen(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
            if statement in sql:
                send()

        event.listen(Engine, "before_cursor_execute", listen)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", listen)
    assert sent, "the command never came to where the signal is sent"


@pytest.fixture(autouse=True)
def usual_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "number",
    [SIGNALS[0], *(pytest.param(number, marks=pytest.mark.thorough) for number in SIGNALS[1:])],
    ids=[number.name for number in SIGNALS],
)
@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "load --create-db"])
def test_a_signal_ends_a_command_as_ctrl_c_does_and_nothing_is_changed(evcharge, folder, command, number):
    files, stored = contents(), databases()
    with signal_in_the_middle(command, number):
        code, _, err = evcharge(*COMMANDS[command])
    assert code == 128 + number, err
    said = [line for line in err.splitlines() if line]
    assert said[-1].startswith("Interrupted.")
    assert ("files loaded before it are in" in said[-1]) == (command == "load")
    assert "Traceback" not in err
    assert contents() == files
    assert databases() == stored
    assert list(Path("temporary").iterdir()) == []
    assert not Path("ev_charging.db-journal").exists()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert evcharge(*COMMANDS[command])[0] == 0
    assert (contents(), databases()) != (files, stored)


@pytest.mark.thorough
def test_what_is_ignored_stays_ignored(evcharge, folder):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    with signal_in_the_middle("load", signal.SIGHUP):
        code, out, err = evcharge(*COMMANDS["load"])
    assert code == 0, err
    assert "loaded" in out


KILLS = int(os.environ.get("EVCHARGE_KILLS", "12")) // 4


def run(command: str, number: int | None = None, delay: float = 0.0) -> tuple[int, str, float]:
    """Runs a command in a process of its own, with a signal after a delay: exit code, stderr, seconds it took."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # even in background
    arguments = [sys.executable, "-c", f"{heeding}; {MAIN}", *COMMANDS[command]]
    began = time.monotonic()
    with subprocess.Popen(
        arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        if number is not None:
            time.sleep(delay)
            process.send_signal(number)
        _, err = process.communicate(timeout=120)
    return process.returncode, err, time.monotonic() - began


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: number.name)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_ended_at_any_moment_leaves_all_as_it_was_or_done(evcharge, folder, command, number):
    shutil.copytree(".", "../kept")
    files, stored = contents(), databases()
    code, err, seconds = run(command)
    assert code == 0, err
    done = contents(), databases()
    chance = random.Random(f"{SEED} {command} {number}")
    for _ in range(KILLS):
        for path in Path().iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree("../kept", ".", dirs_exist_ok=True)
        delay = chance.uniform(0.3, seconds)
        code, err, _ = run(command, number, delay)
        place = f"{number.name} after {delay:.3f} s, ended with {code}: {err}"
        assert code in (0, -number, 128 + number), place
        assert "Traceback" not in err or "import" in err, place
        if number == signal.SIGKILL or code == -number:  # before it could be heeded
            continue
        assert not re.search(r"\.part\b|evcharge-run", " ".join(contents())), place
        assert code != 0 or (contents(), databases()) == done, place
        for name, found in contents().items():
            assert found in (files.get(name), done[0].get(name)), f"{name}: {place}"
        now = databases()
        empty = {name: tables for name, tables in now.items() if name == "new.db" and not tables["fact_charging"]}
        assert now in (stored, done[1], {**stored, **empty}), place
