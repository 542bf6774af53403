"""What only Unix has is taken away from Python, as far as Linux can: no locks of files, no SIGHUP, no zones of the
system, and a terminal that knows 256 letters. What Windows does otherwise with open files is not tried here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
TAKEN_AWAY = """
import os, signal, sys
sys.modules.update(dict.fromkeys(("fcntl", "grp", "pwd", "resource")))
del signal.SIGHUP
for name in ("fork", "getuid", "geteuid"):
    delattr(os, name)
"""
EXPORT = "station;port;begin;end;kwh;worked\n" + "".join(
    f"007;1;{day:02}.03.2024 08:00;{day:02}.03.2024 08:{40 if day % 4 else '01'};11,5;yes\n" for day in range(1, 29)
)


@pytest.fixture
def run(tmp_path):
    """Runs evcharge without what only Unix has; returns what it prints, both ways, as the terminal shows it."""
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text(TAKEN_AWAY)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EVCHARGE", "PYTHON", "LC_"))}
    without = {"PYTHONPATH": f"{tmp_path / 'without'}{os.pathsep}{CHECKOUT}", "PYTHONTZPATH": "", "PYTHONUTF8": "0"}
    environment = {**kept, **without, "PYTHONIOENCODING": "cp1252", "COLUMNS": "100"}

    def run_one(*arguments):
        command = [sys.executable, "-m", "evcharge", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="cp1252")
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    run_one.folder = tmp_path
    return run_one


@pytest.mark.thorough
def test_an_export_becomes_a_report_without_what_only_unix_has(run):
    (run.folder / "export.csv").write_text(EXPORT, encoding="cp1252", newline="\r\n")
    run("check", "export.csv", "--write-profile", "my.toml")
    assert "read 28 = 28 inserted" in run(
        "load", "export.csv", "--profile", "my.toml", "--tz", "Europe/Berlin", "--create-db"
    )
    printed = run("report", "--target", "90%", "--html", "page.html", "--json", "report.json")
    assert "\n75.0% succeeded" in printed
    assert "95% interval 56.6%–87.3%" in printed
    for name in ("page.html", "report.json", "station_reliability.png"):
        assert (run.folder / name).stat().st_size > 1_000
    assert not list(run.folder.glob(".*.part"))


@pytest.mark.thorough
def test_states_of_ports_become_uptime_without_what_only_unix_has(run):
    run("sample", "--rows", "200", "--stations", "2", "--statuses", "statuses.csv")
    run("load", "--create-db", "charging_sessions.csv", "statuses.csv")
    assert "port" in run("uptime")
    assert "wrote export/fact_status.csv" in run("export", "--format", "csv")
