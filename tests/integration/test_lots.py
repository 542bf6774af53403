"""One lot of stations, named by what they have in common: the same figures in each output, silence and refused rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evcharge.db import open_engine
from evcharge.metrics.selection import ATTRIBUTES
from tests.support.factories import HEADER, SOUND, native_csv
from tests.support.loading import load

Run = Callable[..., tuple[int, str, str]]
COLUMNS = f"{HEADER},operator,region"
LOTS = {"A": ("Shine", "North"), "B": ("Shine", "South"), "C": ("Glow", "North"), "D": ("", "")}
"""Operator and region of each station; of D neither is known."""
SESSIONS = 100


def hours(station: str, count: int, first_day: int = 1, **over: object) -> list[str]:
    """Sessions of one station, one for each hour from a day of May on."""
    operator, region = LOTS.get(station, ("Shine", "North"))
    rows = []
    for n in range(count):
        clock = f"2025-05-{first_day + n // 24:02}T{n % 24:02}"
        times = {"start_time": f"{clock}:00:00Z", "end_time": f"{clock}:30:00Z"}
        told = {**SOUND, **times, "session_id": f"{station}-{first_day}-{n}", "station_id": station, **over}
        rows.append(
            ",".join(str({**told, "operator": operator, "region": region}[name]) for name in COLUMNS.split(","))
        )
    return rows


@pytest.fixture
def stations(url: str, tmp_path: Path) -> str:
    """A hundred sessions at each of the four stations, of which those of C failed."""
    good = [row for station in "ABD" for row in hours(station, SESSIONS)]
    load(native_csv(tmp_path / "a.csv", *good, *hours("C", SESSIONS, success="false"), header=COLUMNS), url)
    return url


@pytest.fixture
def report(stations: str, evcharge: Run) -> Callable[..., dict]:
    """The document of a report."""

    def told(*arguments: str) -> dict:
        code, out, err = evcharge("report", "--json", "--no-png", "--db", stations, *arguments)
        assert (code, err) == (0, "")
        return json.loads(out)

    return told


def counts_of(document: dict, by: str) -> dict[str | None, tuple[int, int]]:
    return {row[by]: (row["successes"], row["attempts"]) for row in document[f"{by}s"]}


def test_sessions_are_counted_by_operator_region_and_department(report, stations):
    with open_engine(stations, writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE dim_station SET department = '59' WHERE station_id IN ('A', 'D')")
    assert counts_of(report("--by", "operator"), "operator") == {
        None: (100, 100),
        "Glow": (0, 100),
        "Shine": (200, 200),
    }
    assert counts_of(report("--by", "region"), "region") == {None: (100, 100), "North": (100, 200), "South": (100, 100)}
    assert counts_of(report("--by", "department"), "department") == {None: (100, 200), "59": (200, 200)}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("where", "stations_of_it"),
    [
        (["operator=Shine"], "AB"),
        (["operator=Shine", "operator=Glow"], "ABC"),
        (["operator=Shine", "region=North"], "A"),
        (["operator=Glow", "region=South"], ""),
        (["operator="], "D"),
        (["operator=", "operator=Glow"], "CD"),
        (["source=native"], "ABCD"),
    ],
)
def test_a_lot_is_the_stations_that_fit_each_column_by_one_of_its_words(stations, evcharge, where, stations_of_it):
    options = [part for word in where for part in ("--where", word)]
    code, out, err = evcharge("report", "--json", "--no-png", "--db", stations, *options)
    if stations_of_it:
        assert [row["station_id"] for row in json.loads(out)["stations"]] == list(stations_of_it)
    else:
        assert code == 4
        assert f"no session matches: of a station whose {where[0].split('=')[0]} is" in err


@pytest.mark.thorough
def test_a_page_of_a_lot_says_which_and_has_its_command(stations, evcharge):
    lot = ("--where", "operator=Shine", "--where", "region=North")
    assert evcharge("report", "--no-png", "--db", stations, "--html", "lot.html", *lot)[0] == 0
    page = Path("lot.html").read_text(encoding="utf-8")
    title, eyebrow = (page.split(f"<{tag}>")[1].split("<")[0] for tag in ("title", 'p class="eyebrow"'))
    assert all("operator is Shine and region is North" in text for text in (title, eyebrow))
    assert "--where operator=Shine --where region=North --html lot.html" in page
    assert "operator is Shine and region is North" in evcharge("report", "--no-png", "--db", stations, *lot)[1]
    assert "operator is" not in evcharge("report", "--no-png", "--db", stations)[1]


@pytest.mark.thorough
def test_each_command_is_of_the_lot_that_is_named(stations, evcharge):
    lot = ("--db", stations, "--where", "operator=Glow", "--json")
    assert json.loads(evcharge("reasons", *lot)[1])["network"][0]["sessions"] == SESSIONS
    assert json.loads(evcharge("visits", *lot)[1])["network"]["attempts"] == SESSIONS
    compared = json.loads(evcharge("compare", *lot)[1])
    assert [row["station_id"] for row in compared["stations"]] == ["C"]
    assert json.loads(evcharge("explain", "C", *lot)[1])["number"]["attempts"] == SESSIONS
    code, _, err = evcharge("explain", "A", *lot)
    assert code == 4
    assert "at station A, of source native, of a station whose operator is Glow" in err
    code, _, _ = evcharge("export", "--format", "csv", "--out", "out", *lot)
    assert code == 0
    assert Path("out/dim_station.csv").read_text(encoding="utf-8").count("\n") == 2


@pytest.mark.thorough
@pytest.mark.parametrize(
    "command",
    [
        ("report", "--no-png"),
        ("compare",),
        ("visits",),
        ("reasons",),
        ("chargex",),
        ("export", "--format", "csv"),
        ("uptime",),
        ("outages",),
    ],
    ids=lambda command: command[0],
)
def test_no_command_passes_over_a_station_or_a_word_of_a_lot_that_nobody_knows(sqlite_url, tmp_path, evcharge, command):
    load(native_csv(tmp_path / "a.csv", *hours("A", 3), header=COLUMNS), sqlite_url)
    statuses = tmp_path / "s.csv"
    statuses.write_text("station_id,port_id,time,status\nA,1,2025-03-03T00:00:00Z,Available\n", encoding="utf-8")
    assert evcharge("load", "-q", "--db", sqlite_url, str(statuses))[0] == 0
    stations = ("--station", "A", "--station", "NOPE")
    code, out, err = evcharge(*command, "--db", sqlite_url, *stations)
    assert (code, out) == (4, "")
    assert err.startswith("Error [unknown_station]: no station has the id 'NOPE'.")
    lot = ("--where", "operator=Shine", "--where", "operator=Shinee")
    code, out, err = evcharge(*command, "--db", sqlite_url, *lot)
    assert (code, out) == (4, "")
    assert err == "Error [unknown_lot]: no station has the operator 'Shinee'.\n  Closest: 'Shine'.\n"


def test_a_column_that_stations_do_not_have_is_refused_with_those_there_are(evcharge):
    for word in ("owner=Shine", "operator"):
        code, _, err = evcharge("report", "--where", word)
        assert code == 2
        assert (", ".join(ATTRIBUTES) in err) is ("=" in word)


@pytest.mark.thorough
def test_a_station_of_a_lot_is_silent_beside_all_the_others_of_its_source(url, tmp_path, evcharge):
    rows = [*hours("A", 24 * 15), *hours("C", 24 * 30), *hours("D", 24 * 30)]
    load(native_csv(tmp_path / "a.csv", *rows, header=COLUMNS), url)
    lot = ("--where", "operator=Shine", "--json", "--no-png", "--db", url)
    (station,) = json.loads(evcharge("report", *lot)[1])["stations"]
    assert station["now"]["verdict"] == "silent"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("station", "operators"),
    [("", {"Shine": 60, "Glow": 60}), ("NEW", {"Shine": 60, "Glow": 60}), ("A", {"Shine": 60, "Glow": 0})],
)
def test_a_refused_row_may_be_of_a_lot_unless_its_station_is_known_to_be_of_another(
    url, tmp_path, evcharge, station, operators
):
    refused = hours(station, 60, success="false", energy_kwh="45000")
    rows = [*hours("A", 400, 4), *hours("B", 400, 4), *hours("C", 400, 4), *refused]
    load(native_csv(tmp_path / "a.csv", *rows, header=COLUMNS), url)
    for operator, failures in operators.items():
        lot = ("--where", f"operator={operator}", "--json", "--no-png", "--db", url)
        document = json.loads(evcharge("report", *lot)[1])
        assert document["refused"]["failures"] == failures
        by_operator = json.loads(evcharge("report", *lot, "--by", "operator")[1])["operators"]
        assert [row["verdict"] for row in by_operator] == ["can't tell yet" if failures else "meets target"]


@pytest.fixture
def doubtful(url: str, tmp_path: Path) -> str:
    """A with 88 of 100, which is rare at 95 % (1 in 233), and C with none of 30."""
    rows = [*hours("A", 88), *hours("A", 12, 10, success="false"), *hours("C", 30, success="false")]
    load(native_csv(tmp_path / "a.csv", *rows, header=COLUMNS), url)
    return url


def test_a_lot_is_judged_by_one_test_and_groups_that_are_compared_as_some_of_many(doubtful, evcharge):
    def told(*options: str) -> dict:
        out = evcharge("report", "--json", "--no-png", "--db", doubtful, "--by", "operator", *options)[1]
        return json.loads(out)

    compared = told()
    assert {row["operator"]: row["verdict"] for row in compared["operators"]} == {
        "Shine": "can't tell yet",
        "Glow": "below target",
    }
    assert compared["limits"]["operators"] == {"below_target_under": 0.001, "meets_target_under": 0.025}
    alone = told("--where", "operator=Shine")
    (row,) = alone["operators"]
    assert row["verdict"] == alone["network"]["verdict"] == "below target"
    assert row["chance_this_few"] == alone["network"]["chance_this_few"] == pytest.approx(1 / 233, rel=0.01)
    one_test = {"below_target_under": 0.025, "meets_target_under": 0.025}
    assert alone["limits"] == {"network": one_test, "operators": one_test}
    sure = told("--where", "operator=Shine", "--confidence", "0.998")
    assert sure["network"]["verdict"] == sure["operators"][0]["verdict"] == "can't tell yet"
    assert sure["limits"]["network"] == {"below_target_under": 0.001, "meets_target_under": 0.001}


@pytest.mark.thorough
def test_a_contract_states_target_and_confidence_and_a_flag_wins(doubtful, evcharge):
    Path("ours.toml").write_text(
        'id = "ours"\ntitle = "t"\nsource = "s"\nrecorded_success = true\n[contract]\ntarget = 0.94\nconfidence = 0.9\n'
    )
    lot = ("report", "--no-png", "--db", doubtful, "--definition", "ours.toml", "--where", "operator=Shine")
    assert "Against 94%: below target (so few: 1 in 60; one test, 5% a side)." in evcharge(*lot)[1]
    out = evcharge(*lot, "--confidence", "0.99", "--target", "0.93")[1]
    assert "Against 93%: can't tell yet (so few: 1 in 21; one test, 0.5% a side)." in out
    evcharge(*lot, "--html", "lot.html")
    assert "below target (so few: 1 in 60; one test, 5% a side)" in Path("lot.html").read_text(encoding="utf-8")
    assert "--target 0.94 --definition ours.toml --confidence 0.9" in Path("lot.html").read_text(encoding="utf-8")


@pytest.mark.thorough
def test_the_csv_of_groups_has_the_chances(doubtful, evcharge):
    out = evcharge("report", "--no-png", "--db", doubtful, "--by", "operator", "--csv", "-")[1]
    header, glow, shine = out.splitlines()
    columns = header.split(",")
    few = columns.index("chance_this_few")
    assert columns[few + 1] == "chance_this_many"
    assert float(shine.split(",")[few]) == pytest.approx(1 / 233, rel=0.01)
    assert float(glow.split(",")[few]) < 1e-30
