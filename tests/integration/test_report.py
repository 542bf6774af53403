from __future__ import annotations

import csv
import io
import json
import math
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from evcharge.db import open_engine, parse_url
from evcharge.load import load_file
from evcharge.migrate import upgrade
from evcharge.models import Base
from evcharge.report.terminal.story import MOST_STATIONS
from evcharge.sources import builtin_profiles, with_overrides
from evcharge.synth import write_sample
from tests.support.databases import administer, postgres_database, postgres_or_skip
from tests.support.factories import HEADER, native_csv, session_row

CHECKOUT = Path(__file__).parents[2]
FIGURES = {
    "attempts", "successes", "failures", "unknown", "excluded", "success_ratio", "low", "high", "verdict",
    "failures_included",
}  # fmt: skip
OF_NETWORK = {"lowest_ratio", "highest_ratio", "verdict_could_turn", "chance_this_few", "chance_this_many"}


def load(url, path, **overrides):
    return load_file(path, url, [with_overrides(builtin_profiles()["native"], **overrides)])


def sessions(station_id, successes, failures, unknown=0):
    """Rows of a station with these recorded outcomes; all but failures gave energy."""
    outcomes = ["true"] * successes + ["false"] * failures + [""] * unknown
    return [
        session_row(station_id=station_id, session_id=f"{station_id}/{n}", success=outcome)
        for n, outcome in enumerate(outcomes)
    ]


@pytest.fixture
def report(evcharge):
    """Runs evcharge report on a database; returns its JSON document."""

    def run(url, *arguments):
        code, out, err = evcharge("report", "--db", url, "--json", "--no-png", *arguments)
        assert (code, err) == (0, ""), err
        return json.loads(out)

    return run


def content(url):
    """Every row of every table."""
    with open_engine(url).connect() as connection:
        tables = Base.metadata.sorted_tables
        return {t.name: sorted(map(repr, connection.execute(select(t)).all())) for t in tables}


def wilson(successes, attempts, z=1.959963984540054):
    ratio = successes / attempts
    centre = (ratio + z * z / (2 * attempts)) / (1 + z * z / attempts)
    reach = z * math.sqrt(ratio * (1 - ratio) / attempts + z * z / (4 * attempts**2)) / (1 + z * z / attempts)
    return centre - reach, centre + reach


# The figures


@pytest.mark.thorough
def test_the_document_tells_definition_network_and_stations_with_exact_ratios(url, report, tmp_path):
    rows = [*sessions("B", 9, 3, 2), *sessions("a", 0, 0, 5), *sessions("C", 200, 0), *sessions("D", 0, 20)]
    load(url, native_csv(tmp_path / "x.csv", *rows))
    document = report(url, "--definition", "recorded")
    assert document["schema_version"] == 2
    assert document["definition"] == "recorded"
    assert document["definition_reason"] == "asked for"
    assert document["target"] == 0.95
    assert (document["from"], document["to"]) == ("2025-04-01", "2025-04-01")
    stations = {station["station_id"]: station for station in document["stations"]}
    assert list(stations) == ["B", "C", "D", "a"]
    for station in stations.values():
        assert set(station) == {"source", "station_id", "name", "now", "outages"} | FIGURES
    assert set(document["network"]) == {"stations"} | FIGURES | OF_NETWORK
    for figures in (*stations.values(), document["network"]):
        assert figures["attempts"] == figures["successes"] + figures["failures"]
        if figures["attempts"]:
            assert figures["success_ratio"] == figures["successes"] / figures["attempts"]
            assert figures["low"] <= figures["success_ratio"] <= figures["high"]
    b = stations["B"]
    assert (b["attempts"], b["successes"], b["failures"], b["unknown"], b["excluded"]) == (12, 9, 3, 2, 0)
    assert (b["low"], b["high"]) == pytest.approx(wilson(9, 12), abs=1e-12)
    assert [stations[name]["verdict"] for name in "BCDa"] == [
        "can't tell yet", "meets target", "below target", "can't tell yet"
    ]  # fmt: skip
    assert {name: stations["a"][name] for name in ("success_ratio", "low", "high")} == dict.fromkeys(
        ("success_ratio", "low", "high")
    )
    network = document["network"]
    assert (network["stations"], network["attempts"], network["successes"], network["unknown"]) == (4, 232, 209, 7)


def test_the_same_data_gives_the_same_document_on_both_databases(evcharge, report, sqlite_url, tmp_path):
    postgres_or_skip()
    name = f"evcharge_same_document_{os.getpid()}"
    # A collation in which small and capital letters are neighbours, as on most servers.
    administer(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' ENCODING 'UTF8'")
    try:
        postgres_url = postgres_database(name)
        upgrade(postgres_url)
        write_sample(tmp_path / "x.csv", rows=2000, dirty=True)
        ids = ("b", "B", "a", "É", "Z-1", "Z 1", "_")
        other = native_csv(tmp_path / "y.csv", *(row for one in ids for row in sessions(one, 3, 1)))
        for one in (sqlite_url, postgres_url):
            load(one, tmp_path / "x.csv")
            load(one, other, source="other")
        for arguments in ((), ("--definition", "afirev"), ("--from", "2025-05-01", "--station", "ST-003")):
            assert report(sqlite_url, *arguments) == report(postgres_url, *arguments)
        for arguments in (("--csv", "-"), ("--target", "99%")):
            lines = [evcharge("report", "--no-png", "--db", one, *arguments) for one in (sqlite_url, postgres_url)]
            assert lines[0] == lines[1]
        listed = [one["station_id"] for one in report(postgres_url)["stations"] if one["source"] == "other"]
        assert listed == sorted(ids)
    finally:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.thorough
def test_from_and_to_are_local_days_both_included(url, report, tmp_path):
    local = ("03-31T23:59:59", "04-01T00:00:00", "04-01T23:59:59", "04-02T00:00:00", "04-02T23:59:59", "04-03T00:00:00")
    rows = [
        session_row(session_id=f"{place}{time}", station_id=place, start_time=f"2025-{time}{offset}", end_time="")
        for place, offset in (("Kiribati", "+14:00"), ("Honolulu", "-10:00"), ("Kathmandu", "+05:45"))
        for time in local
    ]
    load(url, native_csv(tmp_path / "x.csv", *rows))

    def counts(*arguments):
        document = report(url, *arguments)
        days = (document["from"], document["to"])
        return {station["station_id"]: station["attempts"] for station in document["stations"]}, days

    every = ("Honolulu", "Kathmandu", "Kiribati")
    first, second = "2025-04-01", "2025-04-02"
    assert counts("--from", first, "--to", first) == (dict.fromkeys(every, 2), (first, first))
    assert counts("--from", first, "--to", second) == (dict.fromkeys(every, 4), (first, second))
    assert counts("--to", first) == (dict.fromkeys(every, 3), ("2025-03-31", first))
    assert counts("--from", second) == (dict.fromkeys(every, 3), (second, "2025-04-03"))


@pytest.mark.thorough
def test_days_are_those_of_the_stated_zone(url, report, tmp_path):
    rows = [session_row(session_id=t, start_time=f"2025-04-01T{t}Z", end_time="") for t in ("21:59:59", "22:00:00")]
    load(url, native_csv(tmp_path / "x.csv", *rows), timezone="Europe/Paris")
    assert report(url, "--to", "2025-04-01")["network"]["attempts"] == 1
    assert report(url, "--from", "2025-04-02")["from"] == "2025-04-02"


@pytest.mark.thorough
def test_only_the_stations_asked_for_are_counted(url, report, evcharge, tmp_path):
    load(url, native_csv(tmp_path / "x.csv", *sessions("A", 5, 1), *sessions("B", 7, 0), *sessions("C", 1, 1)))
    one = report(url, "--station", "B")
    assert [s["station_id"] for s in one["stations"]] == ["B"]
    assert one["network"]["attempts"] == 7
    both = report(url, "--station", "A", "--station", "C")
    assert [s["station_id"] for s in both["stations"]] == ["A", "C"]
    code, out, err = evcharge("report", "--db", url, "--station", "a")
    assert (code, out) == (4, "")
    assert err == "Error [unknown_station]: no station has the id 'a'.\n  Closest: 'A'.\n"


@pytest.mark.thorough
def test_a_station_asked_for_alone_is_now_what_it_is_among_all(url, report, evcharge, tmp_path):
    write_sample(tmp_path / "x.csv", rows=4000, stations=20)
    load(url, tmp_path / "x.csv")
    now = {station["station_id"]: station["now"] for station in report(url)["stations"]}
    (silent,) = (station for station, found in now.items() if found["silent"])
    for station in (silent, "ST-001"):
        assert report(url, "--station", station)["stations"][0]["now"] == now[station]
    code, out, _ = evcharge("explain", silent, "--db", url, "--json")
    assert code == 0
    spell = json.loads(out)["spell"]
    assert (spell["silent"], spell["silent_days"]) == (True, now[silent]["silent_days"])


@pytest.mark.thorough
@pytest.mark.parametrize("time", ["00:30", "03:00", "07:00", "12:00"])
def test_a_file_that_ends_in_the_middle_of_a_day_silences_nobody(sqlite_url, report, tmp_path, time):
    write_sample(tmp_path / "x.csv", rows=10_000, stations=10)
    header, *lines = (tmp_path / "x.csv").read_text("utf-8").splitlines()
    start = header.split(",").index("start_time")
    lines = [line for line in lines if line.split(",")[start] < f"2025-06-26T{time}"]
    load(sqlite_url, native_csv(tmp_path / "cut.csv", *lines, header=header))
    assert sum(station["now"]["silent"] for station in report(sqlite_url)["stations"]) == 1


# (minutes, kWh, recorded) and what each definition makes of it
MEASURED = [
    ("2.5", "5", "true", {"recorded": "successes", "afirev": "successes", "qualicharge_u11": "failures"}),
    ("3", "5", "false", {"recorded": "failures", "afirev": "successes", "qualicharge_u11": "failures"}),
    ("3.5", "0.501", "false", {"recorded": "failures", "afirev": "successes", "qualicharge_u11": "successes"}),
    ("30", "0.5", "true", {"recorded": "successes", "afirev": "failures", "qualicharge_u11": "failures"}),
    ("2", "5", "true", {"recorded": "successes", "afirev": "failures", "qualicharge_u11": "failures"}),
    ("30", "", "true", {"recorded": "successes", "afirev": "unknown", "qualicharge_u11": "unknown"}),
    ("", "5", "", {"recorded": "unknown", "afirev": "unknown", "qualicharge_u11": "unknown"}),
    ("30", "0", "", {"recorded": "unknown", "afirev": "failures", "qualicharge_u11": "failures"}),
]


@pytest.mark.thorough
@pytest.mark.parametrize("definition", ["recorded", "afirev", "qualicharge_u11"])
def test_each_definition_judges_the_same_sessions_by_its_own_rule(url, report, tmp_path, definition):
    rows = []
    for number, (minutes, energy, success, _) in enumerate(MEASURED):
        end = ""
        if minutes:
            seconds = round(float(minutes) * 60)
            end = f"2025-04-01T{8 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}-04:00"
        rows.append(
            session_row(station_id=f"S{number}", session_id="1", end_time=end, energy_kwh=energy, success=success)
        )
    load(url, native_csv(tmp_path / "x.csv", *rows))
    document = report(url, "--definition", definition)
    assert document["definition"] == definition
    for station, (*_, told) in zip(document["stations"], MEASURED, strict=True):
        counted = {name for name in ("successes", "failures", "unknown", "excluded") if station[name]}
        assert counted == {told[definition]}, station["station_id"]


@pytest.mark.thorough
def test_the_default_definition_is_the_recorded_one_where_there_are_outcomes_else_afirev(
    url, report, evcharge, tmp_path
):
    rows = [session_row(session_id="1", success=""), session_row(session_id="2", station_id="B", success="true")]
    load(url, native_csv(tmp_path / "x.csv", *rows))
    for arguments, definition, reason in (
        ((), "recorded", "the data carries recorded outcomes"),
        (("--station", "ST-1"), "afirev", "the data carries no recorded outcomes"),
        (("--definition", "qualicharge_u11"), "qualicharge_u11", "asked for"),
    ):
        document = report(url, *arguments)
        assert (document["definition"], document["definition_reason"]) == (definition, reason)
        _, out, _ = evcharge("report", "--db", url, "--no-png", *arguments)
        assert f"success = {definition}: {document['definition_title']} ({reason})" in out


# Failures that the publisher removed


def described(png):
    with Image.open(png) as image:
        image.load()
        return image.text


@pytest.mark.thorough
@pytest.mark.parametrize("included", ["no", "unknown"])
def test_removed_failures_are_told_everywhere_and_never_meet_a_target(url, report, evcharge, tmp_path, included):
    load(url, native_csv(tmp_path / "x.csv", *sessions("A", 500, 0)), failures_included=included)
    note = {
        "no": "Failures are not in the data: the publisher removed them, so no rate here can show reliability.",
        "unknown": "The publisher does not say whether failures are in the data; rates may be too high.",
    }[included]
    document = report(url)
    assert note in document["notes"]
    for figures in (document["network"], *document["stations"]):
        assert figures["failures_included"] == included
        assert figures["verdict"] == "can't tell yet"
    code, out, _ = evcharge("report", "--db", url, "--csv", "s.csv")
    assert code == 0
    assert note in " ".join(out.split())
    assert "meets target" not in out
    assert "100.0%" in out
    assert ("100.0% of the sessions published succeeded" in " ".join(out.split())) == (included == "no")
    assert f"can't tell yet,{included}," in Path("s.csv").read_text()
    text = described("station_reliability.png")
    assert note.rstrip(".") in text["Description"]
    assert "meets target" not in text["Description"]
    assert "meet the target" not in text["Title"]


@pytest.mark.thorough
def test_where_some_stations_lack_failures_each_is_labelled_by_itself(url, report, evcharge, tmp_path):
    load(url, native_csv(tmp_path / "a.csv", *sessions("A", 500, 0)))
    load(url, native_csv(tmp_path / "b.csv", *sessions("B", 500, 0)), failures_included="no", source="other")
    document = report(url)
    assert [(s["station_id"], s["verdict"]) for s in document["stations"]] == [
        ("A", "meets target"),
        ("B", "can't tell yet"),
    ]
    assert document["network"]["verdict"] == "can't tell yet"
    assert document["notes"][0].startswith("For some stations failures are not in the data")
    assert document["notes"][0] in " ".join(evcharge("report", "--db", url, "--no-png")[1].split())


# Outputs


@pytest.mark.thorough
def test_csv_to_a_file_and_to_stdout_is_the_same_and_inert(url, report, evcharge, tmp_path):
    rows = [*sessions("=1+1", 3, 1), *sessions("@x", 0, 0, 2), *sessions("B é", 1, 2)]
    rows = [row + (",+named" if "B é" in row else ",") for row in rows]
    load(url, native_csv(tmp_path / "x.csv", *rows, header=f"{HEADER},station_name"))
    _, text, err = evcharge("report", "--db", url, "--no-png", "--csv", "-", "--target", "0.9")
    assert err == ""
    _, table, err = evcharge("report", "--db", url, "--no-png", "--csv", "s.csv", "--target", "0.9")
    assert err == "wrote s.csv\n"
    assert "succeeded" in table
    assert Path("s.csv").read_bytes() == text.encode()
    records = {record["station_id"]: record for record in csv.DictReader(io.StringIO(text))}
    assert list(records) == ["'=1+1", "'@x", "B é"]
    assert records["B é"]["name"] == "'+named"
    for record, station in zip(records.values(), report(url, "--target", "0.9")["stations"], strict=True):
        for name in ("attempts", "successes", "failures", "unknown", "excluded"):
            assert int(record[name]) == station[name]
        for name in ("success_ratio", "low", "high"):
            assert (float(record[name]) if record[name] else None) == station[name]
        assert (record["definition"], record["target"]) == ("recorded", "0.9")


WITHOUT_MATPLOTLIB = "import sys; sys.modules['matplotlib'] = None; from evcharge.cli import main; main()"


@pytest.mark.thorough
def test_without_matplotlib_the_table_is_printed_and_one_line_says_what_is_missing(sqlite_url, tmp_path):
    load(sqlite_url, native_csv(tmp_path / "x.csv", *sessions("A", 3, 1)))
    command = [sys.executable, "-c", WITHOUT_MATPLOTLIB, "report", "--db", sqlite_url]
    environment = {"PYTHONPATH": str(CHECKOUT), "PATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0
    assert b"75.0%  4" in done.stdout
    assert done.stderr.decode().splitlines() == [
        "station_reliability.png was left out: matplotlib is not installed. Run: pip install matplotlib"
    ]
    assert not (tmp_path / "station_reliability.png").exists()


BROKEN = """
import sys
class Fault:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise {error}
sys.meta_path.insert(0, Fault())
from evcharge.cli import main; main()
"""
DLL = "DLL load failed while importing _path: The specified module could not be found."


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("matplotlib", f"ImportError({DLL!r}, name='matplotlib')", DLL[:-1]),
        *(
            pytest.param(*case, marks=pytest.mark.thorough)
            for case in (
                ("matplotlib.backends._backend_agg", f"ImportError({DLL!r})", DLL[:-1]),
                (
                    "kiwisolver",
                    "ModuleNotFoundError('No module named kiwi', name='kiwisolver')",
                    "No module named kiwi",
                ),
                ("matplotlib.figure", "ModuleNotFoundError('no figure', name='matplotlib.figure')", "no figure"),
                ("PIL", "ImportError()", "ImportError"),
            )
        ),
    ],
)
def test_a_broken_matplotlib_is_as_good_as_a_missing_one_and_the_note_says_why(sqlite_url, tmp_path, name, error, says):
    load(sqlite_url, native_csv(tmp_path / "x.csv", *sessions("A", 3, 1)))
    program = BROKEN.format(name=name, error=error)
    command = [sys.executable, "-c", program, "report", "--db", sqlite_url, "--html", "x.html"]
    environment = {"PYTHONPATH": str(CHECKOUT), "PATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"75.0%  4" in done.stdout
    wrote, note = done.stderr.decode().splitlines()
    assert wrote == "wrote x.html"
    assert note.startswith(f"station_reliability.png was left out: matplotlib can't be loaded: {says}")
    assert note.endswith(". Run: pip install --force-reinstall matplotlib")
    assert (tmp_path / "x.html").exists()
    assert not (tmp_path / "station_reliability.png").exists()


@pytest.mark.thorough
def test_another_fault_of_an_import_is_not_taken_for_a_missing_matplotlib(sqlite_url, evcharge, tmp_path, monkeypatch):
    def fail(*_):
        raise ImportError("cannot import name 'x' from 'evcharge.report.charts'", name="evcharge.report.charts")

    load(sqlite_url, native_csv(tmp_path / "x.csv", *sessions("A", 3, 1)))
    monkeypatch.setattr("evcharge.report.charts.picture.save_chart", fail)
    code, _, err = evcharge("report", "--db", sqlite_url)
    assert code == 1
    assert "ImportError: cannot import name 'x'" in err
    assert "matplotlib is not installed" not in err


@pytest.mark.thorough
def test_the_chart_is_a_whole_png_at_the_place_asked_for(sqlite_url, evcharge, tmp_path):
    load(sqlite_url, native_csv(tmp_path / "x.csv", *sessions("A", 3, 40), *sessions("B", 3, 0)))
    assert evcharge("report", "--db", sqlite_url, "-o", "chart.png")[2] == "wrote chart.png\n"
    with Image.open("chart.png") as image:
        assert image.format == "PNG"
        assert image.width > 1000
        image.load()
    text = described("chart.png")
    assert text["Title"] == "One of 2 stations needs attention"
    assert "recorded: the source's own success flag" in text["Description"]
    drawn = Path("chart.png").read_bytes()
    evcharge("report", "--db", sqlite_url, "-o", "chart.png")
    assert Path("chart.png").read_bytes() == drawn
    _, _, err = evcharge("report", "--db", sqlite_url, "--no-png")
    assert err == ""
    assert [path.name for path in Path().iterdir()] == ["chart.png"]


@pytest.mark.thorough
def test_a_report_writes_nothing_to_the_database(url, evcharge, tmp_path):
    load(url, native_csv(tmp_path / "x.csv", *sessions("A", 3, 1)))
    before = content(url)
    for arguments in ((), ("--json",), ("--csv", "-"), ("--definition", "afirev"), ("--station", "nix")):
        evcharge("report", "--db", url, "--no-png", *arguments)
    assert content(url) == before


@pytest.mark.thorough
def test_a_report_works_on_a_file_that_may_only_be_read_and_leaves_each_byte(sqlite_url, evcharge, tmp_path):
    load(sqlite_url, native_csv(tmp_path / "x.csv", *sessions("A", 3, 1)))
    path = Path(parse_url(sqlite_url).database)
    path.chmod(0o444)
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert evcharge("report", "--db", sqlite_url)[0] == 0
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert not list(path.parent.glob(f"{path.name}-*"))


@pytest.mark.thorough
@pytest.mark.parametrize(("limit", "code"), [("75%", 0), ("0.75", 0), ("75.1%", 3)])
def test_fail_under_ends_with_3_after_the_report_is_out(sqlite_url, evcharge, tmp_path, limit, code):
    load(sqlite_url, native_csv(tmp_path / "x.csv", *sessions("A", 3, 1)))
    found, out, err = evcharge("report", "--db", sqlite_url, "--fail-under", limit, "--json")
    assert found == code
    assert json.loads(out)["network"]["success_ratio"] == 0.75
    assert Path("station_reliability.png").exists()
    assert ("Error [under_the_limit]: 75.0% succeeded; --fail-under asks for 75.1%." in err) is (code == 3)


@pytest.mark.thorough
def test_fail_under_fails_where_no_attempt_could_be_judged(sqlite_url, evcharge, tmp_path):
    load(sqlite_url, native_csv(tmp_path / "x.csv", *sessions("A", 0, 0, 3)))
    arguments = ("report", "--db", sqlite_url, "--definition", "recorded", "--no-png", "--fail-under", "1%")
    code, out, err = evcharge(*arguments)
    assert code == 3
    assert "No attempt could be judged; 3 unknown, 0 excluded." in out
    assert "no attempt could be judged" in err


@pytest.mark.thorough
@pytest.mark.parametrize("by", ["station", "month"])
def test_fail_under_fails_where_failures_were_removed_however_high_the_rate(sqlite_url, evcharge, tmp_path, by):
    load(sqlite_url, native_csv(tmp_path / "x.csv", *sessions("A", 500, 0)), failures_included="no")
    load(sqlite_url, native_csv(tmp_path / "y.csv", *sessions("B", 500, 0)), source="other")
    report = ("report", "--db", sqlite_url, "--no-png", "--by", by, "--fail-under", "99%")
    code, out, err = evcharge(*report)
    assert code == 3
    assert "100.0%" in out
    assert err.splitlines() == [
        "Error [failures_removed]: a publisher removed failures from the data, so no rate can pass --fail-under.",
        "  Select stations whose failures are in the data: --station ID",
    ]
    assert evcharge(*report, "--station", "B")[0] == 0


@pytest.mark.thorough
def test_fail_under_warns_where_failures_may_have_been_removed_even_if_quiet(sqlite_url, evcharge, tmp_path):
    load(sqlite_url, native_csv(tmp_path / "x.csv", *sessions("A", 500, 0)), failures_included="unknown")
    warning = "Warning: the publisher does not say whether failures are in the data; passing shows little.\n"
    report = ("report", "--db", sqlite_url, "--no-png", "-q")
    assert evcharge(*report, "--fail-under", "99%")[::2] == (0, warning)
    assert evcharge(*report)[::2] == (0, "")


@pytest.mark.thorough
def test_an_empty_database_and_an_empty_selection_end_with_4(url, evcharge, tmp_path):
    for arguments in ((), ("--json",), ("--csv", "-"), ("--fail-under", "50%")):
        code, out, err = evcharge("report", "--db", url, *arguments)
        assert (code, out) == (4, "")
        assert err.startswith("Error [no_sessions]: no session is in the database.\n  Load a file")
    load(url, native_csv(tmp_path / "x.csv", *sessions("A", 3, 1)))
    code, _, err = evcharge("report", "--db", url, "--from", "2030-01-01", "--to", "2030-02-01", "--station", "A")
    assert code == 4
    assert "no session matches: at station A, from 2030-01-01, to 2030-02-01." in err
    assert not list(Path().iterdir())


@pytest.mark.thorough
def test_of_1000_stations_a_screen_is_shown_and_the_rest_is_counted(sqlite_url, report, evcharge, tmp_path):
    first = date(2025, 1, 1)
    rows = [
        f"{n},ST-{n % 1000:04},{first + timedelta(days=n % 90)}T08:00:00Z,,7,{'true' if n % 7 else 'false'}"
        for n in range(3_000)
    ]
    load(sqlite_url, native_csv(tmp_path / "x.csv", *rows))
    code, out, _ = evcharge("report", "--db", sqlite_url)
    assert code == 0
    assert sum("ST-" in line for line in out.splitlines()) == MOST_STATIONS == 9
    assert "\n991 more stations: add --csv - to see all\n" in out
    assert "1,000 stations   3,000 attempts" in out
    assert "Shown: the 10 of 1,000 that are nearest to it" in described("station_reliability.png")["Description"]
    assert len(report(sqlite_url)["stations"]) == 1000
    assert len(evcharge("report", "--db", sqlite_url, "--csv", "-", "--no-png")[1].splitlines()) == 1001
