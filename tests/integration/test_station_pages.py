"""Pages of single stations: which there are, what leads to them, and that they are as safe as the page itself."""

from __future__ import annotations

import html
import re
import shlex
import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from evcharge.db import open_engine
from evcharge.models import DimStation, FactStatus
from evcharge.report import uptime
from tests.support.factories import native_csv, session_row

HOSTILE = '"><script>alert(1)</script>&\u202eevil'
CHARGES = {"A/../b": 5, "b c": 95, "A": 10}
"""Charges of a hundred attempts: the stations on 95 % need nobody."""


@pytest.fixture
def folder(evcharge, sqlite_url, monkeypatch) -> Path:
    """The working folder, with a database of three stations, of which two need attention."""
    shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), "star.db")
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", "sqlite:///star.db")
    rows = [
        session_row(
            session_id=f"{station}{number}",
            station_id=station,
            success="true" if number < good else "false",
            start_time=f"2025-04-{1 + number % 28:02}T10:00:00Z",
            end_time="",
        )
        for station, good in CHARGES.items()
        for number in range(100)
    ]
    code, _, err = evcharge("load", "--source", "acme", native_csv(Path("a.csv"), *rows))
    assert code == 0, err
    with open_engine("sqlite:///star.db", writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE dim_station SET name = ?, city = ? WHERE station_id = 'A'", (HOSTILE, "Bo"))
    return Path.cwd()


def written(evcharge, page="out/r.html", pages="out/one station/x", asked=()) -> dict[str, str]:
    Path(page).parent.mkdir(parents=True, exist_ok=True)
    code, _, err = evcharge("report", "--html", page, "--stations-dir", pages, "--no-png", *asked)
    assert code == 0, err
    assert f"wrote 2 pages of stations into {pages}" in err
    return {str(path): path.read_text("utf-8") for path in [Path(page), *sorted(Path(pages).iterdir())]}


def polled(station: str, state: str, begin: tuple[int, int], end: tuple[int, int]) -> None:
    """Writes that a port was polled in a state between two days and hours of April."""
    times = {
        name: datetime(2025, 4, *at, tzinfo=timezone.utc) for name, at in (("from_time", begin), ("until_time", end))
    }
    place = {"port_id": "1", "load_key": 1, "source_line": 2, "last_line": 2}
    with Session(open_engine("sqlite:///star.db", writes=True)) as session, session.begin():
        key = session.scalar(select(DimStation.station_key).where(DimStation.station_id == station))
        session.add(FactStatus(station_key=key, word=state, state=state, evidence="poll", **times, **place))


def addresses(text: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'<a href="([^"#]+)"', text)]


@pytest.mark.thorough
def test_each_station_that_needs_attention_has_a_page_and_they_lead_to_each_other(folder, evcharge):
    page, *pages = files = written(evcharge)
    there = {Path(page).parent.joinpath(one.replace("%20", " ")).resolve() for one in addresses(files[page])}
    assert there == {Path(one).resolve() for one in pages}
    for one in pages:
        assert [Path(one).parent.joinpath(back).resolve() for back in addresses(files[one])] == [Path(page).resolve()]
    assert any("100 attempts = 10 succeeded + 90 failed" in files[one] for one in pages)


@pytest.mark.thorough
def test_the_text_of_data_is_text_and_nothing_is_asked_of_the_network(folder, evcharge):
    page, *pages = files = written(evcharge)
    for text in (files[one] for one in pages):
        assert "<script" not in text
        assert "default-src 'none'" in text
        assert not re.search(r" src=|srcset|@import|url\(", text)
        assert "http" not in "".join(addresses(text))
    assert "\u202e" not in files[page]
    assert any("&lt;script&gt;alert(1)" in files[one] for one in pages)
    assert all(re.fullmatch(r"[a-z0-9-]+\.html", Path(one).name) for one in pages)


@pytest.mark.thorough
def test_the_same_database_gives_the_same_bytes_and_the_command_on_a_page_works(folder, evcharge, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1750000000")
    first = written(evcharge)
    assert written(evcharge) == first
    command = html.unescape(re.search(r'aria-label="Command">(.*?)</pre>', first[list(first)[1]])[1])
    code, out, _ = evcharge(*shlex.split(command)[1:])
    assert code == 0
    assert "By which rule" in out


@pytest.mark.thorough
def test_pages_of_stations_with_evidence_tell_their_uptime_and_the_evidence_is_read_once(folder, evcharge, monkeypatch):
    assert not any("Was it there?" in text for text in written(evcharge).values())
    polled("A", "up", (1, 0), (5, 0))
    polled("A", "down", (5, 0), (7, 12))
    polled("A", "up", (7, 12), (29, 0))
    reads, read = [], uptime.evidence_of
    monkeypatch.setattr(uptime, "evidence_of", lambda *told: reads.append(told) or read(*told))
    page, *pages = files = written(evcharge)
    assert len(reads) == 1
    (told,) = [files[one] for one in pages if "10 succeeded + 90 failed" in files[one]]
    section = told[told.index("Was it there?") : told.index("What was recorded")]
    cells = re.findall(r'<td role="cell"[^>]*data-label="([^"]+)">([^<]*)</td>', section)
    assert ("hours down", "60.0") in cells
    assert ("from (UTC)", "2025-04-05 00:00") in cells
    assert ("to (UTC)", "2025-04-07 12:00") in cells
    failed = [number for name, number in cells if name == "failed attempts"]
    assert "<p>1 outage:</p>" in section
    assert failed == ["9"]
    assert "Was it there?" in files[page]


@pytest.mark.thorough
def test_nothing_is_written_where_the_database_would_be_replaced(folder, evcharge):
    *_, last = files = written(evcharge)
    shutil.copyfile("star.db", last)
    Path("out/r.html").write_text("before")
    arguments = ("--stations-dir", str(Path(last).parent), "--no-png", "--db", f"sqlite:///{last}")
    code, _, err = evcharge("report", "--html", "out/r.html", *arguments)
    assert (code, "is the database in use" in err) == (1, True), err
    assert Path("out/r.html").read_text() == "before"
    assert len(files) == 3


@pytest.mark.thorough
def test_no_page_of_a_station_replaces_the_page_that_leads_to_it_and_a_file_is_no_folder(folder, evcharge):
    *_, last = written(evcharge)
    Path(last).write_text("before")
    code, _, err = evcharge("report", "--html", last, "--stations-dir", str(Path(last).parent), "--no-png")
    assert (code, "are one file; one would replace the other" in err) == (1, True), err
    assert Path(last).read_text() == "before"
    for besides in (("-o", last), ("--no-png", "--csv", last)):
        code, _, err = evcharge("report", "--html", "out/r.html", "--stations-dir", str(Path(last).parent), *besides)
        assert (code, "are one file; one would replace the other" in err) == (1, True), err
    assert Path(last).read_text() == "before"
    code, _, err = evcharge("report", "--html", "out/r.html", "--stations-dir", last, "--no-png")
    assert (code, f"{last} is a file" in err) == (1, True), err


@pytest.mark.thorough
@pytest.mark.parametrize("asked", [(), ("--target", "0.9", "--to", "2025-04-20", "--price", "0.5 EUR")])
def test_explain_writes_the_very_page_of_the_report_but_for_the_way_back(folder, evcharge, monkeypatch, asked):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1750000000")
    polled("A", "up", (1, 0), (29, 0))
    _, *pages = files = written(evcharge, asked=asked)
    (told,) = [files[one] for one in pages if "source acme, city Bo" in files[one]]
    code, out, err = evcharge("explain", "A", "--html", "one.html", *asked)
    assert (code, "wrote one.html" in err, "By which rule" in out) == (0, True, True), err
    alone = Path("one.html").read_text("utf-8")
    assert addresses(alone) == []
    assert alone == re.sub('<a href="[^"]+">All stations</a> · ', "", told)
    assert "Was it there?" in alone


@pytest.mark.thorough
def test_a_station_that_needs_nobody_has_a_page_too_and_none_is_written_where_there_is_none(folder, evcharge):
    assert evcharge("explain", "b c", "--html", "one.html")[0] == 0
    assert "100 attempts = 95 succeeded + 5 failed" in Path("one.html").read_text("utf-8")
    assert evcharge("explain", "nobody", "--html", "none.html")[0] == 4
    assert not Path("none.html").exists()


@pytest.mark.parametrize("besides", [("--html", "-"), ("--html", "a.html", "--uptime")])
def test_a_page_of_a_station_is_a_file_and_of_its_sessions(evcharge, besides):
    code, _, err = evcharge("explain", "A", *besides)
    assert (code, "Invalid value for --html" in err) == (2, True)


@pytest.mark.thorough
def test_a_port_whose_statuses_are_loaded_leads_to_the_command_that_explains_its_time(folder, evcharge):
    code, _, err = evcharge("explain", "b c/1")
    assert (code, "--uptime" in err) == (4, False)
    polled("b c", "up", (1, 0), (29, 0))
    code, _, err = evcharge("explain", "b c/1", "--source", "acme")
    assert (code, "no station of source acme has the id or the name 'b c/1'" in err) == (4, True)
    before, command = err.splitlines()[-1].split(": ")
    assert before == "  See when that port was up, down and unknown"
    assert command == "evcharge explain 'b c/1' --uptime --source acme"
    code, out, _ = evcharge(*shlex.split(command)[1:])
    assert (code, "port 1: 672.0 h up" in out) == (0, True), out
    assert "--uptime" not in evcharge("explain", "b c/2")[2]


@pytest.mark.parametrize("besides", [(), ("--html", "r.html", "--counts", "counts.csv")])
def test_pages_that_nothing_leads_to_or_that_counts_cannot_fill_are_refused(evcharge, besides):
    code, _, err = evcharge("report", "--stations-dir", "x", *besides)
    assert code == 2
    assert "--stations-dir" in err
    assert not Path("x").exists()


def test_raw_text_of_a_refused_row_is_whole_on_the_page_of_a_station_and_cut_in_a_terminal_alone(folder, evcharge):
    refused = session_row(session_id="r", station_id="A", energy_kwh="much")
    assert evcharge("load", "--source", "acme", native_csv(Path("b.csv"), refused))[0] == 0
    (page,) = (text for name, text in written(evcharge).items() if "What was refused" in text and refused in text)
    assert "A terminal cuts" not in page
    assert "A terminal cuts raw text to its width" in evcharge("explain", "A", "--source", "acme")[1]
