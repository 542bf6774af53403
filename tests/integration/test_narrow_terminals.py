"""Every command that prints a table, on terminals narrower than a usual one: no word is broken, cut or lost."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from evcharge.cli import run_command
from evcharge.db import open_engine

pytestmark = pytest.mark.thorough

Run = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).parents[2]
REPORTS = """\
station_id,port_id,network_provider,uptime_reporting_start,uptime_reporting_end,uptime,total_outage,total_outage_excl
DEPOT,1,net,2025-05-05T00:00:00Z,2025-05-12T00:00:00Z,92.86,1440,720
DEPOT,2,net,2025-05-05T00:00:00Z,2025-05-12T00:00:00Z,100.00,600,0
"""
STATUSES = """\
station_id,port_id,time,status
DEPOT,1,2025-05-05T00:00:00Z,Available
DEPOT,1,2025-05-07T06:00:00Z,Faulted
DEPOT,1,2025-05-08T18:00:00Z,Available
DEPOT,2,2025-05-05T00:00:00Z,Available
DEPOT,2,2025-05-12T00:00:00Z,Available
"""
NAMES = {
    "ST-001": "上海市浦东新区 世纪大道地下停车场",
    "ST-002": "תחנת טעינה ראשית ברחוב הנמל",
    "ST-003": "A-name-of-one-word-that-is-longer-than-forty-columns",
}
UNKNOWN = """\
Transaction number,Where it stands,Plugged in at,Kilowatt hours,How it ended
T-000001,Harbour Street,2025-05-01 10:00:00,12.5,EVDisconnected
T-000002,Foundry Green,2025-05-01 11:30:00,0.0,AuthorisationWithdrawn
"""
TABLES = (
    *("report --no-png", "report --by port", "report --by month", "report --definition all"),
    *("uptime", "uptime --by station", "uptime --by day", "uptime --rulebook all", "outages"),
    *("explain ST-001/ST-001-1 --uptime", "explain ST-001", "explain ST-003"),
    *("compare", "visits", "reasons", "chargex"),
)
SENTENCES = (
    "check {folder}/unknown.csv",
    "check {folder}/sessions.csv --max-rejects 50%",
    "load {folder}/sessions.csv --replace --max-rejects 50%",
    "formats",
)
SAYING_NOTHING = {"column", "format", "month", "port", "station", "verdict", "…"}
"""Headings of names, and of a column without a cell, which a paragraph lacks; and what ends a list that is cut."""
FURTHEST_IN = 13
"""Columns before a line of ``check`` that is furthest in."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database of sessions, statuses, a message log and reported uptime, and with the files of it."""
    folder = tmp_path_factory.mktemp("network")
    sessions, statuses = folder / "sessions.csv", folder / "statuses.csv"
    profile = folder / "bench.toml"
    page = (ROOT / "docs" / "sources" / "ocpp.md").read_text(encoding="utf-8")
    profile.write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    for name, text in (("depot", STATUSES), ("reports", REPORTS), ("unknown", UNKNOWN)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    log = ROOT / "tests" / "data" / "ocpp" / "inl_worked_example.log"
    made = ("--rows", "600", "--stations", "4", "--dirty", "--statuses", str(statuses))
    url = f"sqlite:///{folder / 'made.db'}"
    for line in (
        ["sample", "-o", str(sessions), *made],
        ["load", "--create-db", "--max-rejects", "50%", "--db", url, str(sessions), str(statuses)],
        ["load", "--source", "net", "--db", url, str(folder / "depot.csv"), str(folder / "reports.csv")],
        ["load", "--profile", str(profile), "--db", url, str(log)],
    ):
        assert run_command([*line, "-q"]) == 0
    with open_engine(url, writes=True).begin() as connection:
        for station, name in NAMES.items():
            connection.exec_driver_sql("UPDATE dim_station SET name = ? WHERE station_id = ?", (name, station))
    return folder


@pytest.fixture
def shown(evcharge: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> Callable[[str, int], str]:
    """Runs a command on a terminal of so many columns, on a copy of the database; returns what it prints."""
    shutil.copyfile(folder / "made.db", tmp_path / "made.db")
    for name, value in (("TERM", "xterm"), ("LINES", "50"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)

    def run(command: str, columns: int) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        code, out, err = evcharge(*command.format(folder=folder).split(), "--db", f"sqlite:///{tmp_path / 'made.db'}")
        assert code == 0 or "no_profile_fits" in err, err
        return re.sub(r"\x1b\[[0-9;]*m", "", out)

    return run


def words_of(text: str) -> set[str]:
    """The words, without what stands between the cells of a paragraph."""
    return {word.rstrip(":;") for word in text.split()} - {""}


@pytest.mark.parametrize("command", TABLES)
def test_no_word_of_a_table_is_broken_cut_or_lost(shown: Callable[[str, int], str], command: str) -> None:
    whole = shown(command, 1000)
    wide = words_of(whole)
    for columns in (20, 40, 59, 60, 75):
        narrow = shown(command, columns)
        assert max(cell_len(line.rstrip()) for line in narrow.splitlines()) <= columns
        told, long = words_of(narrow), {word for word in wide if cell_len(word) > columns - 2}
        assert {word for word in told - wide if not any(word in one for one in long)} == set()
        assert [word for word in long if word not in "".join(narrow.split())] == []
        if "4 weeks" not in whole:  # this column is left out where there is no room for it
            assert wide - told - long - SAYING_NOTHING == set()


@pytest.mark.parametrize("command", SENTENCES)
def test_no_word_of_a_list_is_broken_cut_or_lost(shown: Callable[[str, int], str], command: str) -> None:
    wide = words_of(shown(command, 1000))
    for columns in (40, 59, 60, 75):
        narrow = shown(command, columns)
        assert max(cell_len(line.rstrip()) for line in narrow.splitlines() if "evcharge " not in line) <= columns
        told, long = words_of(narrow), {word for word in wide if cell_len(word) > columns - FURTHEST_IN}
        assert {word for word in told - wide if not any(word in one for one in long)} == set()
        assert wide - told - long - SAYING_NOTHING == set()
