"""Uptime as reported: what a load keeps of it, what takes it out, and how it stands beside the evidence."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
from alembic import command
from sqlalchemy import text

import evcharge as package
from evcharge.db import open_engine
from evcharge.errors import DatabaseError, GateError, NoDataError
from evcharge.load import LoadOptions, LoadResult, RejectLimit, load_file
from evcharge.load.rebuild import check
from evcharge.load.registry import RegistryOptions, load_registry
from evcharge.load.unload import unload
from evcharge.metrics.availability.rulebooks import find_rulebook
from evcharge.metrics.loads import read_loads
from evcharge.metrics.selection import Selection
from evcharge.migrate import alembic_config, upgrade
from evcharge.migrate.reading import reading
from evcharge.report.uptime_of_report import build_uptime_with_reports
from evcharge.sources import builtin_profiles, with_overrides
from tests.support.loading import dump_but_hours, query

pytestmark = pytest.mark.thorough

Run = Callable[..., tuple[int, str, str]]

HEADER = (
    "station_id,port_id,network_provider,uptime_reporting_start,uptime_reporting_end,uptime,total_outage,"
    "total_outage_excl"
)
STATUSES = "station_id,port_id,time,status"
SESSIONS = "session_id,station_id,port_id,start_time,end_time,energy_kwh,success"
REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SCHEMA = REFERENCE / "uptime.schema.json"
DEFAULT = LoadOptions(max_rejects=RejectLimit(100, True))
REPORTED = (
    "SELECT station_id, port_id, uptime_percent, outage_minutes, excluded_minutes, reported_by, source_line "
    "FROM fact_reported_uptime JOIN dim_station USING (station_key) ORDER BY 1, 2, from_time, load_key, source_line"
)
COUNTS = "SELECT kind, rows_read, inserted, updated, unchanged, superseded, rejected FROM load_count ORDER BY load_key"


def report(port: str, figures: str, begin: str = "2025-03-03", end: str = "2025-03-10", station: str = "DEPOT") -> str:
    """A row of module 3."""
    return f"{station},{port},net,{begin}T00:00:00Z,{end}T00:00:00Z,{figures}"


def load(
    url: str,
    tmp_path: Path,
    *rows: str,
    name: str = "m3.csv",
    options: LoadOptions = DEFAULT,
    source: str = "net",
) -> LoadResult:
    """Loads rows of module 3, or of statuses or sessions where the first of them is their header."""
    lines = rows if rows[0] in (STATUSES, SESSIONS) else (HEADER, *rows)
    (tmp_path / name).write_text("\n".join([*lines, ""]), encoding="utf-8")
    profiles = [with_overrides(profile, source=source) for profile in builtin_profiles().values()]
    return load_file(tmp_path / name, url, profiles, options)


def week(url: str, tmp_path: Path) -> None:
    """Loads a week in which port 1 was down for 36 hours and port 2 was up."""
    told = (
        ("1", "03T00", "Available"),
        ("1", "05T06", "Faulted"),
        ("1", "06T18", "Available"),
        ("2", "03T00", "Available"),
    )
    rows = [f"DEPOT,{port},2025-03-{when}:00:00Z,{word}" for port, when, word in (*told, ("2", "10T00", "Available"))]
    load(url, tmp_path, STATUSES, *rows, name="statuses.csv")


# Loading


def test_each_row_is_kept_as_it_was_reported_or_refused_and_all_are_counted(url: str, tmp_path: Path) -> None:
    odd = report("2", "101.02,1230.03,2.11")
    result = load(url, tmp_path, report("1", "99.19,720,360"), odd, report("3", ",,"), ",,,,,,,")
    assert query(url, REPORTED) == [
        ("DEPOT", "1", 99.19, 720.0, 360.0, "net", 2),
        ("DEPOT", "2", 101.02, 1230.03, 2.11, "net", 3),
    ]
    refused = "SELECT kind, source_line, rule, station_id, port_id, raw FROM rejected_evidence"
    assert query(url, refused) == [("uptimes", 4, "figures_missing", "DEPOT", "3", report("3", ",,"))]
    assert query(url, COUNTS) == [("uptimes", 3, 2, 0, 0, 0, 1)]
    assert (result.has_sessions, result.read, result.skipped) == (False, 0, 1)
    assert result.warnings == {"uptime_above_100": 1, "uptime_not_from_its_minutes": 2}
    check(url)
    with reading(url) as session:
        assert read_loads(session, Selection()).empty


def test_the_same_bytes_change_nothing_a_replacement_makes_the_same_and_an_unload_takes_all(
    url: str, tmp_path: Path
) -> None:
    first = load(url, tmp_path, report("1", "99.19,720,360"), report("3", ",,"))
    before = query(url, REPORTED)
    again = load(url, tmp_path, report("1", "99.19,720,360"), report("3", ",,"))
    assert (again.status, again.evidence) == ("already loaded", first.evidence)
    replaced = LoadOptions(replace=True, max_rejects=DEFAULT.max_rejects)
    load(url, tmp_path, report("1", "99.19,720,360"), report("3", ",,"), options=replaced)
    assert query(url, REPORTED) == before
    check(url)
    done = unload(url, [key for (key,) in query(url, "SELECT load_key FROM load_ledger")])
    assert done.stations_removed == 1
    for table in ("fact_reported_uptime", "rejected_evidence", "dim_station"):
        assert query(url, f"SELECT * FROM {table}") == []
    check(url)


def test_a_dry_run_and_a_load_of_too_many_rejects_leave_nothing(url: str, tmp_path: Path) -> None:
    before = dump_but_hours(url)
    result = load(url, tmp_path, report("1", "99.19,720,360"), options=LoadOptions(dry_run=True))
    assert result.evidence["uptimes"]["inserted"] == 1
    rows = [report("1", "99.19,720,360"), *(report(str(port), "-1,0,0") for port in range(3))]
    with pytest.raises(GateError):
        load(url, tmp_path, *rows, options=LoadOptions(max_rejects=RejectLimit(1, False)))
    assert dump_but_hours(url) == before


def test_rows_of_one_file_that_differ_are_both_kept_and_one_said_twice_is_one(url: str, tmp_path: Path) -> None:
    one, other = report("1", "99.19,720,360"), report("1", "98.00,720,360")
    load(url, tmp_path, one, other, one)
    assert [row[2] for row in query(url, REPORTED)] == [99.19, 98.0]
    assert query(url, COUNTS) == [("uptimes", 3, 2, 0, 1, 0, 0)]


def test_of_two_loads_the_last_is_what_was_reported_and_the_first_stays(url: str, tmp_path: Path) -> None:
    week(url, tmp_path)
    load(url, tmp_path, report("1", "99.19,720,360"), report("2", "100,0,0"))
    load(url, tmp_path, report("1", "78.57,2160,0"), report("2", "100,0,0"), name="corrected.csv")
    assert query(url, COUNTS)[1:] == [("uptimes", 2, 2, 0, 0, 0, 0), ("uptimes", 2, 0, 1, 1, 0, 0)]
    assert len(query(url, REPORTED)) == 4
    found = beside(url)
    assert found["file"].tolist() == ["corrected.csv"] * 2
    assert found["verdict"].tolist() == ["agrees", "agrees"]
    unload(url, [query(url, "SELECT MAX(load_key) FROM load_ledger")[0][0]])
    assert beside(url)["verdict"].tolist() == ["contradicts", "agrees"]


def test_a_port_that_a_registry_places_takes_what_was_reported_of_it_along(url: str, tmp_path: Path) -> None:
    load(url, tmp_path, report("E1", "99.19,720,360", station="E1"))
    path = tmp_path / "L1.json"
    path.write_text(json.dumps({"data": [{"id": "L1", "evses": [{"uid": "E1"}]}]}), encoding="utf-8")
    load_registry(path, url, RegistryOptions(source="net", apply=True))
    load(url, tmp_path, report("E1", "98,720,360", station="E1", begin="2025-04-01", end="2025-05-01"), name="b.csv")
    assert [row[:3] for row in query(url, REPORTED)] == [("L1", "E1", 99.19), ("L1", "E1", 98.0)]


def test_a_check_finds_reports_that_no_count_tells(url: str, tmp_path: Path) -> None:
    load(url, tmp_path, report("1", "99.19,720,360"))
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("DELETE FROM fact_reported_uptime")
    with pytest.raises(DatabaseError) as caught:
        check(url)
    assert caught.value.code == "rows_unaccounted"


def test_below_0015_there_is_no_report_and_what_else_was_counted_stays(url: str, tmp_path: Path) -> None:
    week(url, tmp_path)
    load(url, tmp_path, report("1", "99.19,720,360"), report("3", ",,"))
    command.downgrade(alembic_config(url), "0014")
    assert [row[:3] for row in query(url, COUNTS)] == [("statuses", 5, 5)]
    assert query(url, "SELECT file_name FROM load_ledger") == [("statuses.csv",)]
    upgrade(url)
    load(url, tmp_path, report("1", "99.19,720,360"), report("3", ",,"))
    assert [row[0] for row in query(url, COUNTS)] == ["statuses", "uptimes"]
    check(url)


# Beside the evidence


def beside(url: str, rulebook: str = "nevi", evidence: str = "status", **asked: Any) -> Any:
    """What Python has of the reports beside the evidence."""
    return package.uptime(url, rulebook, evidence=evidence, **asked).reported


def test_a_report_makes_no_port_up_or_down(url: str, tmp_path: Path) -> None:
    week(url, tmp_path)
    before = package.uptime(url).found.first.ports
    load(url, tmp_path, report("1", "100,0,0"), report("9", "0,10080,0"), report("3", "-1,0,0"))
    after = package.uptime(url).found.first.ports
    assert after.equals(before)


def test_a_report_of_a_station_that_nothing_else_names_makes_none_and_is_told(url: str, tmp_path: Path) -> None:
    week(url, tmp_path)
    before = package.uptime(url)
    load(url, tmp_path, report("1", "100,0,0"), report("1", "97.78,2880,0", station="NOPE"))
    after = package.uptime(url)
    assert after.network.equals(before.network)
    assert after.reported["station_id"].tolist() == ["DEPOT"]
    (note,) = after.notes
    assert note.startswith("Uptime is reported of 1 station that nothing else names ('NOPE'): ")
    assert note.endswith("counts nowhere.")
    load(url, tmp_path, STATUSES, "NOPE,1,2025-03-03T00:00:00Z,Available", name="later.csv")
    assert package.uptime(url).reported["station_id"].tolist() == ["DEPOT", "NOPE"]


def test_each_report_is_compared_over_its_own_period(url: str, tmp_path: Path) -> None:
    week(url, tmp_path)
    days = report("1", "100,0,0", end="2025-03-05"), report("1", "100,0,0", begin="2025-03-05", end="2025-03-07")
    load(url, tmp_path, *days, report("9", "100,0,0"), report("2", "99.99,1,0", end="2025-03-17"))
    found = beside(url)
    assert found[["port_id", "verdict", "why"]].to_numpy().tolist() == [
        ["1", "agrees", ""],
        ["1", "contradicts", ""],
        ["2", "can't tell", "too little seen"],
        ["9", "can't tell", "port not known"],
    ]
    assert found["low"].round(4).tolist()[:3] == [1.0, 0.25, 0.5]
    assert found["difference"].round(4).tolist()[:2] == [0.0, 0.75]
    assert found[["from", "to"]].iloc[1].tolist() == [pd.Timestamp(f"2025-03-0{day}", tz="UTC") for day in (5, 7)]


def test_a_report_of_a_port_of_connectors_is_compared_as_the_rulebook_takes_them(url: str, tmp_path: Path) -> None:
    week(url, tmp_path)
    one_of_two = "UPDATE fact_status SET connectors = 2, connectors_up = 1 WHERE port_id = '1' AND state = 'up'"
    with open_engine(url, writes=True).begin() as connection:
        connection.execute(text(one_of_two))
    load(url, tmp_path, report("1", "78.57,2160,0"))
    found = [beside(url, rulebook) for rulebook in ("nevi", "kwwhat")]
    assert [rows["high"].round(4).tolist() for rows in found] == [[0.0], [0.7857]]
    assert [rows["verdict"].tolist() for rows in found] == [["contradicts"], ["agrees"]]


def test_reports_of_other_times_are_counted_and_those_that_meet_the_period_are_shown(url: str, tmp_path: Path) -> None:
    week(url, tmp_path)
    load(url, tmp_path, report("1", "99,0,0", "2025-03-10", "2025-03-17"), report("1", "99,0,0", "2025-03-09"))
    found = package.uptime(url, start=date(2025, 3, 3), end=date(2025, 3, 9))
    assert found.reported["from"].tolist() == [pd.Timestamp("2025-03-09", tz="UTC")]
    assert found.notes == ["1 report of uptime is of other times: look at those times to see what was reported."]


def test_a_report_of_another_source_is_named_since_its_ports_are_others(url: str, tmp_path: Path) -> None:
    week(url, tmp_path)
    load(url, tmp_path, report("1", "99,0,0"), source="state")
    found = package.uptime(url)
    assert found.reported.empty
    (note,) = found.notes
    assert "source state, of which there is no evidence" in note
    assert "--" not in note
    load(url, tmp_path, STATUSES, "DEPOT,1,2025-03-03T00:00:00Z,Available", name="state.csv", source="state")
    narrowed = Selection(source="net")
    found = build_uptime_with_reports(url, find_rulebook("nevi"), selection=narrowed)
    assert found.notes == package.uptime(url).notes == []


def test_reports_alone_are_no_evidence(url: str, tmp_path: Path) -> None:
    load(url, tmp_path, report("1", "99,0,0"))
    with pytest.raises(NoDataError, match="uptime as reported is no evidence"):
        package.uptime(url)


def test_a_station_of_which_nobody_names_a_port_is_each_port_that_is_reported(url: str, tmp_path: Path) -> None:
    rows = [f"DEPOT,,2025-03-{day}T00:00:00Z,Available" for day in ("03", "10")]
    load(url, tmp_path, STATUSES, *rows, name="statuses.csv")
    load(url, tmp_path, report("1", "100,0,0"))
    assert beside(url)["verdict"].tolist() == ["agrees"]


def test_the_command_shows_what_is_contradicted_first_and_what_is_wrong_in_itself(evcharge: Run) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    reports = (
        report("2", "100.00,600,0"),
        report("1", "92.86,1440,720"),
        report("9", "101,0,0", "2025-03-01", "2025-04-01"),
    )
    Path("m3.csv").write_text("\n".join([HEADER, *reports, ""]))
    rows = ("DEPOT,1,2025-03-03T00:00:00Z,Available", "DEPOT,1,2025-03-10T00:00:00Z,Available")
    down = ("DEPOT,1,2025-03-05T06:00:00Z,Faulted", "DEPOT,1,2025-03-06T18:00:00Z,Available")
    Path("s.csv").write_text(
        "\n".join([STATUSES, *rows, *down, *(row.replace("DEPOT,1", "DEPOT,2") for row in rows), ""])
    )
    assert evcharge("load", "--create-db", "s.csv", "m3.csv", "--source", "net")[0] == 0
    _, out, _ = evcharge("uptime", "--evidence", "status")
    _, told = out.split("Reported uptime: ")
    assert told.startswith("the evidence contradicts 1 of 3, agrees with 1, can't tell of 1; 2 contradict themselves.")
    lines = [line for line in told.splitlines() if line.strip().startswith("DEPOT")]
    assert ["contradicts" in lines[0], "can't tell" in lines[1], "agrees" in lines[2]] == [True] * 3
    assert {"92.86%", "78.57%", "+14.29"} <= set(lines[0].split())
    assert ["2025-03 " in lines[1], "101.00%" in lines[1], "its minutes make 99.89%" in lines[2]] == [True] * 3
    document = json.loads(evcharge("uptime", "--evidence", "status", "--json")[1])
    jsonschema.validate(document, schema)
    assert [row["verdict"] for row in document["reported"]] == ["contradicts", "agrees", "can't tell"]
    of_all = json.loads(evcharge("uptime", "--evidence", "status", "--rulebook", "all", "--json")[1])
    jsonschema.validate(of_all, schema)
    assert "reported" not in of_all["rulebooks"][0]


def test_check_says_what_a_file_of_reports_holds_and_where_it_contradicts_itself(evcharge: Run) -> None:
    Path("m3.csv").write_text("\n".join([HEADER, report("1", "99.19,720,360"), report("", "99,0,0"), ""]))
    code, out, _ = evcharge("check", "m3.csv", "--source", "net")
    assert code == 3
    for told in (
        "uptimes of 1 port, from 2025-03-03T00:00:00+00:00 to 2025-03-10T00:00:00+00:00",
        "uptimes: read 2 = 1 inserted + 0 updated + 0 unchanged + 0 superseded + 1 rejected",
        "1  port_id_missing: no port is named",
        "warning: 1 uptime_not_from_its_minutes",
        "line 2",
    ):
        assert told in out


def test_a_zip_of_reports_is_loaded_and_the_source_is_asked_for(evcharge: Run) -> None:
    with zipfile.ZipFile("q1.zip", "w") as archive:
        for month in ("01", "02", "03"):
            row = report("1", "100,0,0", f"2025-{month}-01", f"2025-{month}-28")
            archive.writestr(f"m3-{month}.csv", f"{HEADER}\n{row}\n")
    code, _, err = evcharge("load", "--create-db", "q1.zip")
    assert (code, "source_unstated" in err) == (1, True)
    code, out, _ = evcharge("load", "--create-db", "q1.zip", "--source", "net")
    assert (code, out.count("uptimes: read 1 = 1 inserted")) == (0, 3)


def test_the_report_shows_what_was_reported_on_its_page_and_counts_it_in_a_terminal(
    sqlite_url: str, tmp_path: Path, evcharge: Run
) -> None:
    week(sqlite_url, tmp_path)
    times = [f"2025-03-0{day}T08:00:00Z,2025-03-0{day}T09:00:00Z" for day in range(3, 10)]
    rows = [f"S{number},DEPOT,1,{ends},9.5,true" for number, ends in enumerate(times)]
    load(sqlite_url, tmp_path, SESSIONS, *rows, name="sessions.csv")
    page = tmp_path / "page.html"
    command = ("report", "--db", sqlite_url, "--no-png", "--html", str(page))
    assert "Reported uptime" not in evcharge(*command)[1] + page.read_text(encoding="utf-8")

    load(sqlite_url, tmp_path, *(report("<b>9</b>" if row else "1", f"{101 + row},0,0") for row in range(17)))
    code, out, _ = evcharge(*command)
    told = (
        "Reported uptime: the evidence contradicts 1 of 17, agrees with 0, can't tell of 16; 17 contradict themselves"
    )
    assert (code, told in " ".join(out.split())) == (0, True)
    section = page.read_text(encoding="utf-8").split('id="availability"')[1].split("</section>")[0]
    caption = told.replace("'", "&#39;")
    assert f"<h3>{caption}</h3>" in section
    body = section.split(caption)[-1]
    assert body.index("DEPOT / 1<") < body.index("DEPOT / &lt;b&gt;9&lt;/b&gt;<")
    assert "2 more reports: evcharge uptime --json" in section
    assert "101.00%" in section


def test_the_reports_document_has_what_was_reported_as_the_document_of_uptime_has_it(
    sqlite_url: str, tmp_path: Path, evcharge: Run
) -> None:
    week(sqlite_url, tmp_path)
    rows = [f"S{day},DEPOT,1,2025-03-0{day}T08:00:00Z,2025-03-0{day}T09:00:00Z,9.5,true" for day in range(3, 10)]
    load(sqlite_url, tmp_path, SESSIONS, *rows, name="sessions.csv")
    load(sqlite_url, tmp_path, report("1", "101,0,0"))
    of_report = json.loads(evcharge("report", "--db", sqlite_url, "--no-png", "--json")[1])
    jsonschema.validate(of_report, json.loads((REFERENCE / "report.schema.json").read_text(encoding="utf-8")))
    (told,) = of_report["uptime"]["reported"]
    assert told["contradictions"] == "uptime_above_100,uptime_not_from_its_minutes"
    assert told["contradictions_text"].startswith("a reported uptime is over 100 %; ")
    of_uptime = json.loads(evcharge("uptime", "--db", sqlite_url, "--json")[1])
    jsonschema.validate(of_uptime, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert of_uptime["reported"] == [told]
