from __future__ import annotations

import csv
import json
import os
import pty
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from evcharge.cli import cli
from evcharge.load.rejects import Reject
from evcharge.migrate import head
from evcharge.synth import write_sample
from tests.support.factories import HEADER, native_csv, session_row

CHECKOUT = Path(__file__).parents[2]
MAIN = "from evcharge.cli import main; main()"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
LAW = ("inserted", "updated", "unchanged", "superseded", "rejected")
MY_PROFILE = """
name = "mine"
source = "my-city"
format = "csv"
failures_included = "yes"
delimiters = [";"]
[columns]
session_id = "id"
station_id = "loc"
start_time = "begin"
energy_kwh = "kwh"
[conventions]
decimal = ","
time_format = "%d/%m/%Y %H:%M"
timezone = "Europe/Paris"
"""


@pytest.fixture
def db(sqlite_url, monkeypatch):
    """A migrated database that every command finds by itself; the path of its file."""
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", sqlite_url)
    return Path(sqlite_url.removeprefix("sqlite:///"))


def rows_of(path, statement="SELECT station_id, session_id FROM fact_charging JOIN dim_station USING (station_key)"):
    with sqlite3.connect(path) as connection:
        rows = connection.execute(statement + " ORDER BY 1").fetchall()
    connection.close()
    return rows


def settings(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EVCHARGE", "PYTHON"))}
    return {**kept, "PYTHONPATH": str(CHECKOUT), **more}


def process(folder, *arguments, **environment):
    """Runs python in a folder, with the checkout on its path and no other setting; output as bytes."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=settings(**environment), capture_output=True, timeout=60)


def in_a_terminal(folder, *arguments, **environment):
    """Everything that a command writes to the terminal it runs in."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-c", MAIN, *map(str, arguments)]
    env = settings(TERM="xterm-256color", COLORTERM="truecolor", **environment)
    with subprocess.Popen(command, cwd=folder, env=env, stdin=follower, stdout=follower, stderr=follower) as running:
        os.close(follower)
        written = b""
        while True:
            try:
                block = os.read(leader, 65536)
            except OSError:  # Linux's word for the end of a terminal
                break
            if not block:
                break
            written += block
        assert running.wait(60) == 0, written
    os.close(leader)
    return written.decode()


# Exit codes and errors


def spoil_the_folder():
    Path("folder").mkdir()
    Path("blank.csv").write_text("")
    Path("bad.toml").write_text('name = "x"\nfruit = "apple"\n')
    native_csv(Path("good.csv"), session_row())
    native_csv(Path("bad.csv"), session_row(session_id="S2"), session_row(session_id="S3", energy_kwh="lots"))
    native_csv(Path("no_zone.csv"), session_row(start_time="2025-04-01 08:00", end_time=""))
    native_csv(Path("day_first.csv"), session_row(start_time="01/04/2025 08:00", end_time=""))
    native_csv(Path("other.csv"), session_row(), header=HEADER.replace("station_id", "loc_id"))
    (Path.cwd().parent / "not.db").write_text("not a database" * 100)


REFUSALS = [
    ("load nix.csv", 1, "file_not_found", "nix.csv"),
    ("load folder", 1, "empty_folder", "folder"),
    ("load blank.csv", 1, "empty_file", "blank.csv"),
    ("load other.csv", 1, "no_profile_fits", "evcharge check other.csv"),
    ("load no_zone.csv", 1, "time_zone_unstated", "--tz Europe/Paris"),
    ("load day_first.csv", 1, "time_format_unstated", "--time-format"),
    ("load good.csv --profile nix", 1, "unknown_profile", "native"),
    ("load good.csv --profile bad.toml", 1, "bad_profile", "bad.toml"),
    ("load good.csv --tz Mars/Base", 1, "bad_setting", "Mars/Base"),
    ("load good.csv --map shoe_size=x", 1, "bad_setting", "shoe_size"),
    ("load good.csv --rejects nowhere/r.csv", 1, "cannot_write", "nowhere/r.csv"),
    ("load good.csv --rejects folder", 1, "cannot_write", "folder"),
    ("load good.csv --rejects ./good.csv", 1, "would_replace", "a file that this command reads"),
    ("load good.csv --db sqlite:///none.db", 1, "database_missing", "evcharge db upgrade --db sqlite:///none.db"),
    ("load good.csv --db sqlite:///../not.db", 1, "database_damaged", "not.db"),
    ("report --db mysql://u@h/d", 1, "database_not_supported", "mysql"),
    ("report --db nonsense", 1, "database_url_unreadable", "sqlite:///"),
    ("sample -o .", 1, "cannot_write", "writable folder"),
    ("sample -o good.csv/x.csv", 1, "cannot_write", "good.csv/x.csv"),
    ("load bad.csv --max-rejects 0", 3, "too_many_rejects", "--rejects FILE"),
    ("load bad.csv --max-rejects 49%", 3, "too_many_rejects", "1 of 2 rows"),
    ("report", 4, "no_sessions", "Load a file"),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("line", "code", "fault", "says"), REFUSALS, ids=[line for line, *_ in REFUSALS])
def test_a_refusal_says_code_place_and_next_step_on_stderr_alone(evcharge, db, line, code, fault, says):
    spoil_the_folder()
    before = db.read_bytes()
    found, out, err = evcharge(*line.split())
    first, second = err.splitlines()
    assert (found, out) == (code, "")
    assert re.match(rf"Error \[{fault}\]: \S.*\S\.$", first), err
    assert re.match(r"  \S", second), "no next step"
    assert says in err
    assert db.read_bytes() == before


USAGE = [
    ("bogus", "bogus"),
    ("load --bogus", "--bogus"),
    ("report --target 2", "'2' is no share"),
    ("report --target nan", "'nan' is no share"),
    ("report --from yesterday", "'yesterday' is no day"),
    ("report --from 20250401", "write it like 2025-03-31"),
    ("report --from 2025-02-30", "'2025-02-30' is no day"),
    ("report --from 2025-04-02 --to 2025-04-01", "is before --from"),
    ("report --definition chargy", "recorded, afirev, afirev_old, qualicharge_u11"),
    ("report --fail-under 120%", "'120%' is no share"),
    ("report --json --csv -", "can't take both"),
    ("report --by month -o x.png", "the chart is of stations"),
    ("report --by port --style bars", "the chart is of stations"),
    ("report --definition all -o x.png", "the chart is of stations"),
    ("report --definition all --by port", "compared for the whole network"),
    ("report --by month --html x.html", "the page is of stations"),
    ("report --definition all --metrics x.prom", "the gauges are of stations"),
    ("report --metrics -", "stdout can't take it"),
    ("report --html -", "name a file"),
    ("report -o -", "name a file"),
    ("load x.csv --map station_id", "station_id=THEIR_COLUMN"),
    ("load x.csv --max-rejects few", "neither a whole number of rows"),
    ("load x.csv --max-rejects=-1", "neither a whole number of rows"),
    ("load x.csv --max-rejects=0.5", "half of the rows is 50%"),
    ("sample --rows 0", "--rows"),
]


@pytest.mark.parametrize(("line", "says"), USAGE, ids=[line for line, _ in USAGE])
def test_wrong_usage_ends_with_2_and_says_what_would_be_right(evcharge, db, line, says):
    native_csv(Path("x.csv"), session_row())
    code, out, err = evcharge(*line.split())
    assert (code, out) == (2, "")
    assert says in err
    assert "--help" in err or "-h" in err or "Invalid value" in err
    assert Path("x.csv").read_text().startswith(HEADER)
    assert [path.name for path in Path().iterdir()] == ["x.csv"]


@pytest.mark.thorough
def test_what_was_asked_for_ends_with_0(evcharge, db):
    assert evcharge("sample")[0] == 0
    assert evcharge("load")[0] == 0
    assert evcharge("report")[0] == 0


def test_a_target_from_the_environment_that_is_no_share_is_refused_with_its_origin(evcharge, db, monkeypatch):
    monkeypatch.setenv("EVCHARGE_TARGET", "95")
    code, _, err = evcharge("report")
    assert code == 1
    assert err.startswith("Error [config_out_of_range]: target from environment EVCHARGE_TARGET is 95;")


@pytest.mark.parametrize("verbose", [(), ("-v",), ("--verbose",), ("-qv",)])
def test_a_fault_of_ours_shows_a_traceback_only_if_asked_for(evcharge, db, monkeypatch, verbose):
    def fail(*_arguments):
        raise RuntimeError("the cat sat on the keyboard")

    monkeypatch.setattr("evcharge.load.load_file", fail)
    code, out, err = evcharge("load", *verbose)
    assert (code, out) == (1, "")
    assert "Error [fault]: evcharge failed: RuntimeError: the cat sat on the keyboard" in err
    assert "with -v" in err
    assert ("Traceback" in err) is bool(verbose)


def test_an_interrupted_command_that_loads_nothing_says_nothing_of_files(evcharge, db, monkeypatch):
    def interrupt(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("evcharge.report.saved.build_story", interrupt)
    code, out, err = evcharge("report")
    assert (code, out, err.strip()) == (130, "", "Interrupted.")


@pytest.mark.thorough
def test_an_interrupted_load_ends_with_130_and_leaves_the_database_as_it_was(tmp_path, sqlite_url):
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    write_sample(tmp_path / "long.csv", rows=150_000)
    before = rows_of(database, "SELECT count(*) FROM load_ledger")
    rejects = tmp_path / "r.csv"
    rejects.write_text("as it was")
    heeding = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {MAIN}"  # even in background
    command = [sys.executable, "-c", heeding, "load", "long.csv", "--db", sqlite_url, "--rejects", "r.csv"]
    with subprocess.Popen(command, cwd=tmp_path, env=settings(), stderr=subprocess.PIPE, text=True) as running:
        journal = Path(f"{database}-journal")
        while not journal.exists() and running.poll() is None:
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert err.strip().splitlines() == [
        "Interrupted. The file in hand was left out; files loaded before it are in.",
    ]
    assert rows_of(database, "SELECT count(*) FROM load_ledger") == before
    assert rejects.read_text() == "as it was"
    assert not list(tmp_path.glob(".*part"))


# Streams


@pytest.mark.thorough
def test_notices_go_to_stderr_and_quiet_silences_them(evcharge, db):
    _, out, err = evcharge("load")
    assert out.startswith("charging_sessions.csv: loaded")
    assert err.splitlines() == [
        "wrote charging_sessions.csv (made-up sessions, since there was no such file)",
        f"database: sqlite:///{db}",
    ]
    for arguments in (("report",), ("report", "--csv", "s.csv"), ("sample",), ("load", "--rejects", "r.csv")):
        code, out, err = evcharge(*arguments)
        quiet_code, quiet_out, quiet_err = evcharge(*arguments, "-q")
        assert (code, quiet_code) == (0, 0)
        assert err.splitlines()[-1].startswith("wrote ")
        assert (quiet_out, quiet_err) == ("" if arguments[0] == "load" else out, "")


def test_a_quiet_load_says_only_what_failed_and_which_limit_was_passed(evcharge, db):
    native_csv(Path("good.csv"), session_row())
    native_csv(Path("bad.csv"), session_row(), session_row(session_id="B", start_time="never"))
    assert evcharge("load", "good.csv", "-q") == (0, "", "")
    assert evcharge("load", "good.csv", "good.csv", "-q") == (0, "", "")
    code, out, err = evcharge("load", "bad.csv", "good.csv", "--max-rejects", "0", "-q")
    assert (code, out) == (3, "")
    assert err.startswith("Error [too_many_rejects]")
    code, out, err = evcharge("load", "nowhere.csv", "good.csv", "-q")
    assert (code, out) == (1, "")
    assert err.startswith("Error [file_not_found]")
    assert evcharge("load", "good.csv", "-q", "--json")[1].startswith("{")
    assert evcharge("unload", "--load", "1", "--yes", "-q") == (0, "", "")


def test_without_a_file_the_sample_is_made_once_and_loaded(evcharge, db):
    assert "read 1,000 = 1,000 inserted" in evcharge("load")[1]
    made = Path("charging_sessions.csv").read_bytes()
    _, out, err = evcharge("load")
    assert re.match(
        r"charging_sessions\.csv: already loaded on 20..-..-.., nothing changed "
        r"\(profile sample@[0-9a-f]+, source sample\); that load:\n  read 1,000 = ",
        out,
    )
    assert err == f"database: sqlite:///{db}\n"
    assert Path("charging_sessions.csv").read_bytes() == made
    assert len(rows_of(db)) == 1000


def test_the_load_document_tells_each_file_and_the_totals(evcharge, db):
    spoil_the_folder()
    code, out, err = evcharge("load", "good.csv", "bad.csv", "--json", "--source", "acme")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert set(document) == {"schema_version", "database", "files", "totals"}
    assert document["schema_version"] == 1
    good, bad = document["files"]
    assert {name: good[name] for name in ("file", "source", "status", "read", *LAW)} == {
        "file": "good.csv", "source": "acme", "status": "loaded", "read": 1,
        "inserted": 1, "updated": 0, "unchanged": 0, "superseded": 0, "rejected": 0,
    }  # fmt: skip
    assert bad["rejects_by_rule"] == {"energy_kwh_not_a_number": 1}
    assert bad["rejected_as"] == {"success": 1}
    for file in document["files"]:
        assert file["read"] == sum(file[name] for name in LAW)
    assert document["totals"] == {
        "files": 2, "files_already_loaded": 0, "read": 3,
        "inserted": 2, "updated": 0, "unchanged": 0, "superseded": 0, "rejected": 1,
        "evidence": {},
    }  # fmt: skip


def test_a_bad_file_among_several_is_listed_and_the_others_are_loaded(evcharge, db):
    spoil_the_folder()
    code, out, err = evcharge("load", "blank.csv", "good.csv", "nix.csv", "bad.csv", "--json")
    files = json.loads(out)["files"]
    assert code == 1
    assert [file["status"] for file in files] == ["failed", "loaded", "failed", "loaded"]
    assert files[0]["file"] == "blank.csv"
    assert files[0]["error"]["code"] == "empty_file"
    assert files[2]["error"]["reason"] == "nix.csv is not there."
    assert set(files[2]["error"]) == {"code", "reason", "hint"}
    assert json.loads(out)["totals"]["files"] == 2
    assert re.findall(r"^Error \[(\w+)\]", err, re.MULTILINE) == ["empty_file", "file_not_found"]
    assert rows_of(db) == [("ST-1", "S1"), ("ST-1", "S2")]


def test_text_about_several_files_ends_with_what_is_in(evcharge, db):
    spoil_the_folder()
    code, out, _ = evcharge("load", "good.csv", "nix.csv", "bad.csv")
    assert code == 1
    last = "2 of 3 files are in: read 3 = 2 inserted + 0 updated + 0 unchanged + 0 superseded + 1 rejected"
    assert out.splitlines()[-1] == last


def test_a_gate_and_a_failure_together_end_with_1(evcharge, db):
    spoil_the_folder()
    assert evcharge("load", "bad.csv", "nix.csv", "--max-rejects", "0")[0] == 1


# Settings


@pytest.mark.thorough
def test_global_options_mean_the_same_before_and_after_the_command(evcharge, sqlite_url):
    native_csv(Path("one.csv"), session_row())
    assert evcharge("--db", sqlite_url, "-q", "load", "one.csv")[0] == 0
    before = evcharge("--db", sqlite_url, "-q", "report")
    assert before == evcharge("report", "--db", sqlite_url, "-q")
    assert before == evcharge("--db", sqlite_url, "report", "-q")
    assert before[0] == 0
    assert evcharge("db", "--db", sqlite_url, "url") == evcharge("db", "url", "--db", sqlite_url)


def test_the_flag_beats_the_environment_and_that_the_settings_file(evcharge, monkeypatch):
    assert evcharge("db", "url")[1] == "sqlite:///ev_charging.db\n"
    Path("evcharge.toml").write_text('database_url = "sqlite:///file.db"\n')
    assert evcharge("db", "url")[1] == "sqlite:///file.db\n"
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", "sqlite:///environment.db")
    assert evcharge("db", "url")[1] == "sqlite:///environment.db\n"
    assert evcharge("db", "url", "--db", "sqlite:///flag.db")[1] == "sqlite:///flag.db\n"
    _, out, _ = evcharge("config", "--db", "sqlite:///flag.db")
    assert "database_url = sqlite:///flag.db    (flag)" in out
    assert "target = 0.95    (default)" in out


def test_a_password_is_never_printed(evcharge):
    spoil_the_folder()
    place = "127.0.0.1:1/x?sslpassword=CANARY2&connect_timeout=2"
    url = f"postgresql://user:CANARY1@{place}"
    lines = ("load good.csv", "load good.csv --json", "report", "run", "db upgrade", "db current", "db url", "config")
    for line in lines:
        _, out, err = evcharge(*line.split(), "--db", url, "-v")
        assert "CANARY" not in out + err, line
        assert "127.0.0.1" in out + err, line


# Loading options


def test_a_file_of_another_layout_loads_once_its_columns_and_conventions_are_named(evcharge, db):
    Path("x.csv").write_text("loc;begin;finish;kwh;id\n007;31/01/2024 08:00;31/01/2024 08:40;11,5;1\n")
    options = ["--tz", "Europe/Paris", "--time-format", "%d/%m/%Y %H:%M", "--delimiter", ";", "--decimal", ","]
    names = {"station_id": "loc", "start_time": "begin", "end_time": "finish", "energy_kwh": "kwh", "session_id": "id"}
    maps = [part for ours, theirs in names.items() for part in ("--map", f"{ours}={theirs}")]
    code, out, _ = evcharge("load", "x.csv", *options, *maps, "--source", "acme")
    assert code == 0
    assert "source acme" in out
    facts = (
        "SELECT source, station_id, session_id, start_time, energy_kwh, time_key FROM fact_charging JOIN dim_station"
    )
    assert rows_of(db, f"{facts} USING (station_key)") == [
        ("acme", "007", "1", "2024-01-31T07:00:00.000Z", 11.5, 2024013108)
    ]


def test_a_profile_of_ones_own_is_read_from_its_file(evcharge, db):
    Path("my.toml").write_text(MY_PROFILE)
    Path("x.csv").write_text("loc;begin;kwh;id\n007;31/01/2024 08:00;11,5;1\n")
    code, out, _ = evcharge("load", "x.csv", "--profile", "my.toml")
    assert code == 0
    assert re.match(r"x.csv: loaded \(profile mine@[0-9a-f]{8}, source my-city\)\n", out)
    assert rows_of(db) == [("007", "1")]


def test_rejected_rows_are_written_with_formulas_made_inert(evcharge, db):
    rows = [
        session_row(session_id="S1", energy_kwh="=cmd|'/c calc'!A1"),
        session_row(session_id="", station_id="@SUM(A1)"),
        "=1+1,short",
        session_row(session_id="S4"),
        session_row(session_id='"a\rb"'),
    ]
    native_csv(Path("=x.csv"), *rows)
    code, out, err = evcharge("load", "=x.csv", "--rejects", "rejects.csv")
    assert (code, err) == (0, f"database: sqlite:///{db}\nwrote rejects.csv\n")
    with Path("rejects.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file))
    assert table[0] == ["file", "line", "rule", "column", "value", "raw"]
    assert table[1][:5] == ["'=x.csv", "2", "energy_kwh_not_a_number", "energy_kwh", "'=cmd|'/c calc'!A1"]
    assert table[2][:5] == ["'=x.csv", "3", "session_id_missing", "session_id", ""]
    assert table[3] == ["'=x.csv", "4", "row_too_short", "", "", "'=1+1,short"]
    assert table[4][2:5] == ["session_id_unusable", "session_id", "a\rb"]
    assert len(table) == 5
    assert "4 rejected" in out


def test_the_rejects_file_is_whole_or_not_there(evcharge, db, monkeypatch):
    def interrupt(_path, _url, _profiles, options):
        options.on_rejects("x", [Reject(1, "r", None, None, "x")])
        raise KeyboardInterrupt

    spoil_the_folder()
    monkeypatch.setattr("evcharge.load.load_file", interrupt)
    assert evcharge("load", "bad.csv", "--rejects", "new.csv")[0] == 130
    assert not Path("new.csv").exists()
    assert not list(Path().glob(".*"))


def test_the_rows_that_passed_the_limit_can_be_seen(evcharge, db):
    spoil_the_folder()
    assert evcharge("load", "bad.csv", "--max-rejects", "0", "--rejects", "r.csv")[0] == 3
    assert len(Path("r.csv").read_text().splitlines()) == 2
    assert rows_of(db) == []


@pytest.mark.thorough
@pytest.mark.parametrize("limit", ["1", "50%", "2"])
def test_as_many_rejects_as_allowed_are_not_too_many(evcharge, db, limit):
    spoil_the_folder()
    assert evcharge("load", "bad.csv", "--max-rejects", limit)[0] == 0
    assert rows_of(db) == [("ST-1", "S2")]


def test_a_dry_run_tells_all_and_keeps_nothing(evcharge, db):
    spoil_the_folder()
    for option in ("--dry-run", "-n"):
        code, out, _ = evcharge("load", "bad.csv", option)
        assert code == 0
        assert out.startswith("bad.csv: dry run")
        assert "read 2 = 1 inserted + 0 updated + 0 unchanged + 0 superseded + 1 rejected" in out
    assert rows_of(db) == []
    assert rows_of(db, "SELECT * FROM load_ledger") == []


def test_a_file_is_loaded_with_other_settings_only_in_place_of_its_first_load(evcharge, db):
    native_csv(Path("x.csv"), session_row(start_time="2025-04-01 08:00", end_time=""))
    assert evcharge("load", "x.csv", "--tz", "Europe/Paris")[0] == 0
    code, _, err = evcharge("load", "x.csv", "--tz", "UTC")
    assert code == 1
    assert err.startswith("Error [loaded_with_other_settings]")
    assert "--replace" in err
    assert evcharge("load", "x.csv", "--tz", "UTC", "--replace")[0] == 0
    assert rows_of(db, "SELECT start_time FROM fact_charging") == [("2025-04-01T08:00:00.000Z",)]
    assert rows_of(db, "SELECT timezone FROM load_ledger") == [("UTC",)]


def test_create_db_makes_the_database_first(evcharge):
    native_csv(Path("x.csv"), session_row())
    assert evcharge("load", "x.csv")[0] == 1
    code, _, err = evcharge("load", "x.csv", "--create-db")
    assert code == 0
    assert err == f"sqlite:///ev_charging.db is at revision {head()}\ndatabase: sqlite:///ev_charging.db\n"
    assert evcharge("db", "current")[1] == f"{head()} (newest: {head()})\n"


def test_the_changes_of_a_load_are_listed_and_more_than_five_are_counted(evcharge, db):
    native_csv(Path("a.csv"), *(session_row(session_id=f"S{n}") for n in range(8)))
    native_csv(Path("b.csv"), *(session_row(session_id=f"S{n}", energy_kwh="8.5") for n in range(8)))
    evcharge("load", "a.csv")
    _, out, _ = evcharge("load", "b.csv")
    assert out.count("energy_kwh 7.5 -> 8.5") == 5
    assert "  ... and 3 more; --json lists them\n" in out
    native_csv(Path("c.csv"), *(session_row(session_id=f"S{n}", energy_kwh="9") for n in range(8)))
    assert len(json.loads(evcharge("load", "c.csv", "--json")[1])["files"][0]["changes"]) == 8


# Output that can't harm


def harmful_files():
    """A file that shouts from its name, its header and its values; ``own.toml`` does so from a definition's title."""
    title = "\\u001b]0;owned\\u0007\\u009b31m[bold] :smile:\\u202e"
    Path("own.toml").write_text(f'id = "own"\ntitle = "{title}"\nsource = "{title}"\nrecorded_success = true\n')
    name = "\x1b]0;owned\x07\x9b31m[bold]\u202e.csv"
    header = f"{HEADER},station_name,stop_reason,\x07[red]\x9b1m"
    rows = [
        session_row(session_id=f"S{n}", station_id=f"[bold]{n}[/bold]") + ",[red]R\u202e [link=x],[blink],x"
        for n in range(3)
    ]
    return native_csv(Path(name), *rows, header=header), native_csv(
        Path(f"2{name}"),
        *(row.replace("7.5", "8.5").replace("[blink]", "\u202e[blink]") for row in rows),
        header=header,
    )


@pytest.mark.thorough
def test_nothing_in_names_or_values_reaches_the_terminal_as_a_command(evcharge, db):
    first, second = harmful_files()
    shown = ""
    for arguments in (
        ("load", first),
        ("load", second),
        ("load", second),
        ("load", first, "--json", "--replace"),
        ("load", f"nix{first}"),
        ("load", f"nix{first}", "--json"),
        ("load", first, "--rejects", f"nowhere{first}/x"),
        ("load", first, "--rejects", f"r{first}"),
        ("load", first, "--profile", f"nix{first}"),
        ("report", "--no-png"),
        ("report", "--json", "--no-png"),
        ("report", "-o", f"{first}.png"),
        ("report", "--definition", "own.toml", "--no-png"),
        ("report", "--definition", "own.toml", "--by", "month"),
        *((command, "--definition", "own.toml") for command in ("compare", "visits", "reasons")),
        ("explain", "[bold]1[/bold]", "--definition", "own.toml"),
        ("report", "--station", "\x9b31m[bold]\x07"),
        ("report", "--definition", "\x9b31m\x07"),
        ("report", "\x9b31m\x07"),
        ("sample", "-o", f"s{first}"),
        ("db", "url", "--db", "sqlite:///\x9b31m\x07.db"),
        ("config", "--config", "\x9b31m\x07"),
    ):
        _, out, err = evcharge(*arguments)
        assert not CONTROL.search(out + err), arguments
        shown += out + err
    assert "[bold]" in shown
    assert "\\x1b]0;owned\\x07" in shown
    assert "Error [fault]" not in shown


@pytest.mark.thorough
def test_a_terminal_gets_colour_but_with_no_color_or_a_pipe_it_gets_none(evcharge, db):
    first, _ = harmful_files()
    evcharge("sample")
    shown = in_a_terminal(".", "load", first, "charging_sessions.csv", "--db", f"sqlite:///{db}")
    assert "\x1b]0;owned" not in shown
    assert "\x9b" not in shown
    report = ("report", "--no-png", "--db", f"sqlite:///{db}")
    colour = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|9[0-7])[;m]")
    assert colour.search(in_a_terminal(".", *report))
    plain = in_a_terminal(".", *report, NO_COLOR="1")
    assert "below target" in plain
    assert not colour.search(plain)
    assert "\x1b" not in evcharge(*report)[1]


TABLES = (
    *("report", "report --by port", "report --definition all", "compare", "visits", "reasons"),
    "explain ST-005 --rows 3",
)


@pytest.mark.thorough
@pytest.mark.parametrize("line", TABLES)
def test_no_terminal_is_too_narrow_and_too_poor_for_a_table(evcharge, db, line):
    write_sample(Path("charging_sessions.csv"), rows=1000)
    evcharge("load")
    arguments = [*line.split(), "--db", f"sqlite:///{db}", *(["--no-png"] if "report" in line else [])]
    shown = in_a_terminal(".", *arguments, COLUMNS="60", PYTHONIOENCODING="ascii")
    assert shown.isascii()
    assert "Error [" not in shown
    control = r"\x1b\[[0-9;?]*[A-Za-z]"  # colours, and how the line of progress is drawn anew
    assert max(len(re.sub(control, "", row)) for row in shown.splitlines()) <= 60


@pytest.mark.thorough
@pytest.mark.parametrize("energy", ["7.5", ""])
def test_one_of_anything_is_told_in_the_singular_and_no_interval_is_made_up(evcharge, db, energy):
    rows = [session_row(energy_kwh=energy, success=""), session_row(session_id="S2", energy_kwh="lots")]
    native_csv(Path("one.csv"), *rows)
    nouns = "station|port|network|month|load|visit|attempt|session|file|row|value|failure|day|definition"
    told = ""
    for line in (
        *("check one.csv", "load one.csv", "report", "report --by port", "report --by month", "report --by load"),
        *("compare", "visits", "reasons", "explain ST-1 --rows 0", "report --definition chargex_session"),
    ):
        if (line, energy) != ("compare", ""):  # nothing to compare
            code, out, _ = evcharge(*line.split(), *(["--no-png"] if line == "report" else []))
            assert code in (0, 3), line
            told += out
    assert re.findall(rf"\b1 (?:more |further )?(?:{nouns})s\b|\b1 name\b|–––", told) == []
    assert "1 row refused in 1 file of source native, 1 names this station." in told
    assert "1 more session: add --rows N" in told
    assert "1 visit of 1 attempt, 1.00 attempts a visit" in told
    assert ("1 visit can't be told" if not energy else "1 station has the same by each of them") in told


SAY_ALL = """
import os, sys
from evcharge.cli import run_command
for line in (
    "load a.csv", "load b.csv", "load b.csv --json", "report", "report --json", "report --csv -", "load nix.csv",
    "load \u0394\u2026.csv", "config", "sample -o \u0394.csv", "report --station \u0394",
):
    arguments = os.fsdecode(line.encode()).split()  # as a shell hands them over
    print(run_command([*arguments, "--db", sys.argv[1], *(["--no-png"] if "report" in line else [])]))
"""


@pytest.mark.thorough
@pytest.mark.parametrize("setting", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}, {"LC_ALL": "C"}])
def test_no_encoding_of_the_terminal_is_too_poor(tmp_path, sqlite_url, setting):
    texts = {"station_id": "Île Δ\u00a0→ 上海 …", "energy_kwh": "7.5"}
    header = f"{HEADER},stop_reason,Δ→"
    native_csv(
        tmp_path / "a.csv", *(session_row(**texts, session_id=f"…{n}") + ",Δ,x" for n in range(7)), header=header
    )
    native_csv(
        tmp_path / "b.csv", *(session_row(**texts, session_id=f"…{n}") + ",→,x" for n in range(7)), header=header
    )
    (tmp_path / "say_all.py").write_text(SAY_ALL, encoding="utf-8")
    if "LC_ALL" in setting:
        setting = {**setting, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LANG": "C"}
    done = process(tmp_path, "say_all.py", sqlite_url, **setting)
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0
    assert "Traceback" not in out + err
    assert "Error [fault]" not in out + err
    assert re.findall(r"^\d+\r?$", out, re.MULTILINE) == ["0"] * 6 + ["1", "1", "0", "0", "4"]
    assert "changed: ?0 (line 2): stop_reason ? -> ?" in out or "�" in out or "…0 (line 2)" in out
    assert "Île Δ\u00a0→ 上海 …,," in done.stdout.decode("utf-8", "replace")  # --csv - is UTF-8, as its file is


EVERYTHING = """
import sys
from evcharge.cli import run_command
for line in ("load --create-db --rejects r.csv", "report --csv s.csv", "report --json --no-png --definition afirev"):
    run_command(line.split())
"""


@pytest.mark.thorough
def test_the_time_zone_of_the_machine_changes_no_byte(tmp_path):
    results = []
    for zone in ("Pacific/Kiritimati", "America/St_Johns"):
        folder = tmp_path / zone.replace("/", "-")
        folder.mkdir()
        done = process(folder, "-c", EVERYTHING, TZ=zone, PYTHONHASHSEED=str(len(results)))
        assert done.returncode == 0, done.stderr
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".png")}
        results.append((done.stdout, done.stderr, files))
    assert set(results[0][2]) == {"charging_sessions.csv", "r.csv", "s.csv", "station_reliability.png"}
    assert results[0] == results[1]


@pytest.mark.thorough
@pytest.mark.parametrize("line", ["report --no-png", "report --json --no-png", "load"])
def test_a_reader_that_leaves_early_causes_no_traceback(tmp_path, line):
    write_sample(tmp_path / "charging_sessions.csv", rows=2000, stations=400)
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", LOAD_THEN, *line.split()]
    done = subprocess.run(command, cwd=tmp_path, env=settings(), stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.thorough
@pytest.mark.parametrize("line", ["report --no-png", "report --json --no-png", "report --csv -", "db url", "load"])
def test_an_output_that_is_full_is_no_fault_of_ours(tmp_path, line):
    write_sample(tmp_path / "charging_sessions.csv", rows=100)
    command = [sys.executable, "-c", LOAD_THEN, *line.split()]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=tmp_path, env=settings(), stdout=full, stderr=subprocess.PIPE, timeout=60)
    first, second = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert first == "Error [cannot_write]: the output can't be written: No space left on device."
    assert "a place with room" in second


LOAD_THEN = """
import contextlib, io, sys
from evcharge.cli import main, run_command
with contextlib.redirect_stdout(io.StringIO()):
    run_command(["load", "--create-db", "-q"])
main()
"""


@pytest.mark.thorough
def test_streams_that_were_closed_before_are_no_fault(tmp_path):
    command = f"{sys.executable} -c '{MAIN}' load --create-db >&- 2>&- && {sys.executable} -c '{MAIN}' report -q >&-"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=settings(), timeout=60)
    assert done.returncode == 0
    assert (tmp_path / "station_reliability.png").exists()


# The three ways in


@pytest.mark.thorough
def test_the_whole_job_runs_in_an_empty_folder_and_again(tmp_path):
    first = process(tmp_path, "-m", "evcharge")
    assert first.returncode == 0, first.stderr
    assert b"read 1,000 = 1,000 inserted" in first.stdout
    assert first.stderr.decode().splitlines() == [
        f"sqlite:///ev_charging.db is at revision {head()}",
        "wrote charging_sessions.csv (made-up sessions, since there was no such file)",
        "database: sqlite:///ev_charging.db",
        "wrote station_reliability.png",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {
        "charging_sessions.csv", "ev_charging.db", "station_reliability.png"
    }  # fmt: skip
    drawn = (tmp_path / "station_reliability.png").read_bytes()
    assert drawn.startswith(b"\x89PNG")
    second = process(tmp_path, "-m", "evcharge")
    assert second.returncode == 0, second.stderr
    assert second.stdout.startswith(b"charging_sessions.csv: already loaded on ")
    assert second.stdout.split(b"\n\n", 1)[1] == first.stdout.split(b"\n\n", 1)[1]
    assert (tmp_path / "station_reliability.png").read_bytes() == drawn


@pytest.mark.thorough
def test_load_and_report_run_as_modules(tmp_path):
    load = process(tmp_path, "-m", "evcharge.load", "--create-db")
    assert load.returncode == 0
    assert b"read 1,000 = 1,000 inserted" in load.stdout
    report = process(tmp_path, "-m", "evcharge.report")
    assert report.returncode == 0
    assert b"10 stations   1,000 attempts" in report.stdout
    assert report.stderr == b"wrote station_reliability.png\n"
    named = process(tmp_path, "-m", "evcharge", "db", "current")
    assert named.stdout.decode() == f"{head()} (newest: {head()})\n"


def commands(group=cli, names=()):
    yield names
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*names, name))
        else:
            yield (*names, name)


def test_evcharge_alone_greets_with_the_commands_that_matter_and_they_are_there(evcharge):
    code, out, err = evcharge()
    assert (code, err) == (0, "")
    named = [line.split()[1] for line in out.splitlines() if line.startswith("  evcharge ")]
    assert named == ["check", "load", "report"]
    assert {*named, "run"} <= cli.commands.keys()
    assert "evcharge run " in out
    assert out.rstrip().endswith("evcharge --help")


@pytest.mark.parametrize("names", list(commands()), ids=" ".join)
def test_help_tells_the_purpose_of_the_command_and_of_each_option(evcharge, names):
    command = cli
    for name in names:
        command = command.commands[name]
    assert command.get_short_help_str()
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
    for option in ("-h", "--help"):
        code, out, err = evcharge(*names, option)
        assert (code, err) == (0, "")
        assert out.startswith(f"Usage: {' '.join(('evcharge', *names))} ")
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[0] in out


@pytest.mark.parametrize("name", ["foo", "a\0b", "x" * 300, "hex", "rot13", "undefined", "aliases"])
@pytest.mark.parametrize("line", [("load", "a.csv"), ("check", "a.csv"), ("stations", "a.csv")])
def test_an_encoding_that_is_none_is_an_error_with_a_next_step(evcharge, db, line, name):
    native_csv(Path("a.csv"), session_row())
    evcharge("db", "upgrade")
    code, _, err = evcharge(*line, "--encoding", name)
    assert code == 1
    assert re.match(r"Error \[(bad_setting|unknown_encoding)\]: ", err)
    assert "utf-8, cp1252 or latin-1" in err


@pytest.mark.thorough
@pytest.mark.parametrize("line", [("load", "b.csv", "a.csv"), ("report", "--no-png")])
def test_memory_that_is_used_up_is_no_fault_of_ours_and_what_was_begun_is_left_out(evcharge, db, monkeypatch, line):
    native_csv(Path("b.csv"), session_row())
    native_csv(Path("a.csv"), session_row(start_time="2025-05-01T08:00:00Z", end_time="2025-05-01T09:00:00Z"))
    evcharge("load", "--create-db", "b.csv")

    def fail(*_arguments, **_settings):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("evcharge.load.sessions.look_alikes", fail)
        patch.setattr("evcharge.report.story.build_report", fail)
        code, _, err = evcharge(*line)
    assert code == 1
    assert err.startswith("Error [out_of_memory]: ")
    assert "memory free" in err
    assert "fault" not in err
    assert evcharge("load", "b.csv")[1].startswith("b.csv: already loaded")
    assert evcharge("load", "--dry-run", "a.csv")[1].startswith("a.csv: dry run")


def test_the_command_that_a_refusal_names_is_about_the_same_database(evcharge, tmp_path):
    code, _, err = evcharge("report", "--db", f"sqlite:///{tmp_path}/new one.db")
    assert code == 1
    line = next(line for line in err.splitlines() if "Run:" in line)
    command = line.partition("Run: ")[2].partition("    or")[0]
    assert command == f"evcharge db upgrade --db 'sqlite:///{tmp_path}/new one.db'"
    assert evcharge(*shlex.split(command)[1:])[0] == 0
    assert f"alembic -x db='sqlite:///{tmp_path}/new one.db' upgrade head" in line
