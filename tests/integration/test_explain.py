"""evcharge explain: one station's number taken apart, down to the lines of the files behind it."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from scipy.stats import binom

from evcharge.db import open_engine
from evcharge.load import load_file
from evcharge.load.registry import RegistryOptions, load_registry
from evcharge.metrics.definitions import DEFINITIONS
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import reading
from evcharge.report.comparison import build_comparison
from evcharge.report.explain import build_explanation, csv_pieces, json_pieces
from evcharge.report.losses import MONEY
from evcharge.report.now import PRESENT
from evcharge.report.rates import STATION_FIGURES, build_report
from evcharge.report.story import build_story
from evcharge.sources import builtin_profiles, with_overrides
from evcharge.synth import write_sample
from tests.support.factories import HEADER, native_csv, session_row
from tests.support.ocpp_log import Log

CHECKOUT = Path(__file__).parents[2]
MAIN = "from evcharge.cli import main; main()"
OWN = 'id = "ours"\ntitle = "more than {0} kWh"\nsource = "Contract 12"\nenergy_kwh_above = {0}\n'


def load(url, path, **overrides):
    return load_file(path, url, [with_overrides(builtin_profiles()["native"], **overrides)])


@pytest.fixture
def sample(url, tmp_path):
    """The database of a dirty sample, its lines, and what was planted in them."""
    path, truth = tmp_path / "charging_sessions.csv", tmp_path / "truth.json"
    write_sample(path, rows=3000, dirty=True, truth=truth)
    load(url, path)
    lines = path.read_text(encoding="utf-8").splitlines()
    refused = [defect["line"] for defect in json.loads(truth.read_text())["defects"] if defect["refused"]]
    return url, lines, refused


@pytest.fixture
def explain(evcharge):
    """Runs evcharge explain on a database; returns its JSON document."""

    def run(url, *arguments):
        code, out, err = evcharge("explain", "--db", url, "--json", *arguments)
        assert (code, err) == (0, ""), err
        assert out.isascii()
        return json.loads(out)

    return run


def stations(url, *names, source="city", **over):
    """Loads a session at each station: its id, and its name behind a bar."""
    header = f"{HEADER},station_name"
    rows = []
    for number, told in enumerate(names):
        station_id, _, name = told.partition("|")
        cells = io.StringIO()
        sound = dict(zip(HEADER.split(","), session_row().split(","), strict=True))
        row = {**sound, "station_id": station_id, "session_id": f"{source}/{number}", **over}
        csv.writer(cells, lineterminator="").writerow([*row.values(), name])
        rows.append(cells.getvalue())
    path = native_csv(Path(f"{source}.csv"), *rows, header=header)
    assert load(url, path, source=source).inserted == len(names)


# The same figures as everywhere


@pytest.mark.thorough
def test_by_every_definition_the_figures_are_those_of_report_and_comparison(sample, explain):
    url, _, _ = sample
    everywhere = Selection()
    comparison = build_comparison(url, target=0.9, base=DEFINITIONS["afirev"], selection=everywhere)
    by_comparison = {
        (station["station_id"], name): figures
        for station in comparison.to_dict()["stations"]
        for name, figures in station["by_definition"].items()
    }
    reports = {
        one.id: {
            row["station_id"]: row
            for row in build_report(url, target=0.9, definition=one, selection=everywhere).to_dict()["stations"]
        }
        for one in DEFINITIONS.values()
    }
    for station_id in ("ST-001", "ST-005", "ST-010"):
        told = explain(url, station_id, "--target", "90%", "--definition", "afirev")
        assert [one["id"] for one in told["definitions"]] == list(DEFINITIONS)
        for one in told["definitions"]:
            reported = reports[one["id"]][station_id]
            assert {name: one[name] for name in STATION_FIGURES} == {name: reported[name] for name in STATION_FIGURES}
            if one["attempts"]:
                figures = by_comparison[station_id, one["id"]]
                names = ("attempts", "successes", "unknown", "success_ratio", "low", "verdict", "gained", "lost")
                assert {name: one[name] for name in names} == {name: figures[name] for name in names}
        assert told["number"] == {name: reports["afirev"][station_id][name] for name in STATION_FIGURES}


@pytest.mark.thorough
def test_the_definition_and_the_present_spell_are_those_of_the_report(sample, explain):
    url, _, _ = sample
    days = Selection(first_day=date(2025, 4, 10), last_day=date(2025, 6, 20))
    report = build_story(url, target=0.95, selection=days).to_dict()
    for row in report["stations"]:
        now = row["now"]
        told = explain(url, row["station_id"], "--from", "2025-04-10", "--to", "2025-06-20")
        assert told["definition"]["reason"] == report["definition_reason"]
        shared = (*PRESENT, *MONEY)
        assert {name: told["spell"][name] for name in shared} == {name: now[name] for name in shared}
    assert any(row["now"]["silent"] for row in report["stations"])
    assert any(row["now"]["changed"] for row in report["stations"])


@pytest.mark.thorough
def test_counts_of_ports_files_groups_and_rows_add_up_to_the_sessions(sample, explain):
    url, _, _ = sample
    told = explain(url, "ST-005")
    number, total = told["number"], told["sessions"]
    assert number["attempts"] + number["unknown"] + number["excluded"] == total == len(told["rows"])
    for part in ("ports", "loads", "groups"):
        assert sum(row["sessions"] for row in told[part]) == total, part
    assert sum(group["share"] for group in told["groups"]) == pytest.approx(1)
    for one in told["definitions"]:
        outcomes = Counter(row[f"outcome_{one['id']}"] for row in told["rows"])
        names = {"success": "successes", "failure": "failures", "excluded": "excluded", "unknown": "unknown"}
        assert outcomes == {word: one[name] for word, name in names.items() if one[name]}, one["id"]
        base = [row["outcome"] for row in told["rows"]]
        pairs = Counter(zip(base, (row[f"outcome_{one['id']}"] for row in told["rows"]), strict=True))
        assert (one["gained"], one["lost"]) == (pairs["failure", "success"], pairs["success", "failure"])
        unlike = sum(count for (before, now), count in pairs.items() if before != now)
        assert one["gained"] + one["lost"] + one["otherwise"] == unlike
        for column, count in one["unknown_for_lack_of"].items():
            lacking = [row for row in told["rows"] if row[f"outcome_{one['id']}"] == "unknown" and row[column] is None]
            assert len(lacking) == count, (one["id"], column)


@pytest.mark.thorough
def test_a_definition_of_ones_own_stands_beside_the_others_with_the_hash_of_what_it_says(sample, explain, evcharge):
    url, _, _ = sample
    Path("ours.toml").write_text(OWN.format(5))
    told = explain(url, "ST-005", "--definition", "ours.toml")
    own = told["definition"]
    assert own["id"] == f"ours@{own['content_hash']}"
    assert (own["needs"], own["reason"]) == (["energy_kwh"], "asked for")
    assert "energy_kwh > 5" in own["rule"]
    assert told["definitions"][-1]["id"] == own["id"]
    assert told["number"]["successes"] == sum((row["energy_kwh"] or 0) > 5 for row in told["rows"])
    _, out, _ = evcharge("explain", "--db", url, "ST-005", "--csv", "-", "--definition", "ours.toml")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row[f"outcome_{own['id']}"] for row in rows] == [row["outcome"] for row in rows]
    Path("ours.toml").write_text(OWN.format(6))
    assert explain(url, "ST-005", "--definition", "ours.toml")["definition"]["id"] != own["id"]


# The arithmetic


@pytest.mark.thorough
def test_the_tails_are_those_of_the_binomial_and_what_would_change_the_verdict_does(sample, explain):
    url, _, _ = sample
    seen = set()
    for number in range(1, 11):
        told = explain(url, f"ST-{number:03}", "--target", "0.95")
        k, n, sums = told["number"]["successes"], told["number"]["attempts"], told["arithmetic"]
        assert sums["chance_of_so_few"] == pytest.approx(binom.cdf(k, n, 0.95))
        assert sums["chance_of_so_many"] == pytest.approx(binom.sf(k - 1, n, 0.95))
        assert (sums["below_target_under"], sums["meets_target_under"]) == (0.001, 0.025)
        verdict = told["number"]["verdict"]
        assert (verdict == "below target") is (sums["chance_of_so_few"] < 0.001)
        assert (verdict == "meets target") is (sums["chance_of_so_many"] < 0.025)
        if more := sums["successes_to_meet"]:
            perhaps = sums["perhaps_failed"]
            few, enough = (binom.sf(k + of - 1, n + of + perhaps, 0.95) for of in (more - 1, more))
            assert enough < 0.025 <= few
        if turned := sums["failures_to_undo"]:
            assert binom.cdf(k + turned - 1, n, 0.95) < 0.001 <= binom.cdf(k + turned, n, 0.95)
        seen.add(verdict)
    assert seen == {"below target", "can't tell yet", "meets target"}


@pytest.mark.thorough
def test_where_failures_were_removed_nothing_makes_a_station_meet_the_target(url, evcharge, explain):
    rows = [session_row(session_id=str(n)) for n in range(200)]
    load(url, native_csv(Path("a.csv"), *rows), failures_included="no")
    told = explain(url, "ST-1", "--definition", "recorded")
    assert told["number"]["verdict"] == "can't tell yet"
    assert told["arithmetic"]["chance_of_so_many"] < 0.025
    assert told["arithmetic"]["successes_to_meet"] is told["arithmetic"]["failures_to_unmeet"] is None
    assert told["arithmetic"]["failures_to_below"] == 23
    _, out, _ = evcharge("explain", "ST-1", "--db", url, "--definition", "recorded")
    assert "were all failures known to be in the data" in out
    assert "It would meet the target after" not in out
    assert "Failures are not in the data" in out


# The rows


@pytest.mark.thorough
def test_each_row_leads_to_its_line_in_the_file(sample, explain):
    url, lines, refused = sample
    seen = 0
    for number in range(1, 11):
        told = explain(url, f"ST-{number:03}")
        for row in told["rows"]:
            line = lines[row["source_line"] - 1]
            session_id, station_id, start, *_ = line.split(",")
            assert (session_id, station_id.strip()) == (row["session_id"], row["station_id"])
            assert start[14:19] == row["start_time"][14:19]  # minutes and seconds are alike in every zone of the sample
            assert row["file_name"] == "charging_sessions.csv"
            assert row["file_sha256"] == told["loads"][0]["file_sha256"]
            assert row["source_line"] not in refused
            seen += 1
    assert seen == told["loads"][0]["rows_read"] - len(refused) - _repeats(lines, refused)


def _repeats(lines, refused):
    kept = [line for number, line in enumerate(lines[1:], start=2) if number not in refused]
    return len(kept) - len({line.split(",")[0] for line in kept})


@pytest.mark.thorough
def test_failures_come_first_then_unknown_then_successes_each_the_newest_first(sample, explain):
    told = explain(sample[0], "ST-005", "--definition", "afirev")
    outcomes = [row["outcome"] for row in told["rows"]]
    assert outcomes == sorted(outcomes, key=["failure", "unknown", "excluded", "success"].index)
    assert len(set(outcomes)) == 3
    for outcome in set(outcomes):
        starts = [row["start_time"] for row in told["rows"] if row["outcome"] == outcome]
        assert starts == sorted(starts, reverse=True)
        assert all(start.endswith("Z") for start in starts)


@pytest.mark.thorough
def test_csv_to_a_file_and_to_stdout_holds_the_rows_of_the_document(sample, explain, evcharge):
    url, _, _ = sample
    told = explain(url, "ST-010")
    code, text, err = evcharge("explain", "--db", url, "ST-010", "--csv", "-")
    assert (code, err) == (0, "")
    code, out, err = evcharge("explain", "--db", url, "ST-010", "--csv", "rows.csv", "--rows", "1")
    assert (code, err) == (0, "wrote rows.csv\n")
    assert "more sessions: add --rows N" in out
    assert Path("rows.csv").read_bytes() == text.encode()
    rows = list(csv.DictReader(io.StringIO(text)))
    words = {None: "", True: "true", False: "false"}
    for row, expected in zip(rows, told["rows"], strict=True):
        assert row.keys() == expected.keys()
        for name, value in expected.items():
            same = float(row[name]) == value if isinstance(value, float) else row[name] == words.get(value, str(value))
            assert same, name
    assert explain(url, "ST-010") == told


@pytest.mark.thorough
def test_rows_written_in_many_pieces_are_those_written_in_one(sample, monkeypatch):
    built = build_explanation(sample[0], "ST-005", target=0.95, selection=Selection())
    whole = "".join(csv_pieces(built)), "".join(json_pieces(built))
    assert len(list(csv_pieces(built))) == 1
    monkeypatch.setattr("evcharge.report.explain.ROWS_AT_ONCE", 7)
    assert ("".join(csv_pieces(built)), "".join(json_pieces(built))) == whole
    assert len(list(csv_pieces(built))) == -(-len(built.rows) // 7) > 10


@pytest.mark.thorough
def test_all_columns_of_a_session_are_told_but_keys_and_the_driver(sample, explain):
    from evcharge.models import FactCharging

    told = explain(sample[0], "ST-001")["rows"][0]
    assert set(FactCharging.__table__.columns.keys()) - told.keys() == {"station_key", "load_key", "driver_ref"}


def test_all_that_is_read_on_a_server_is_of_one_moment(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stations(url, "A")
    count = "SELECT COUNT(*) FROM fact_charging"
    with reading(url) as session:
        before = session.connection().exec_driver_sql(count).scalar_one()
        if url.startswith("postgresql"):  # a reader of SQLite keeps writers waiting instead
            with open_engine(url, writes=True).begin() as connection:
                connection.exec_driver_sql("DELETE FROM fact_charging")
        assert session.connection().exec_driver_sql(count).scalar_one() == before == 1


# What was refused


@pytest.mark.thorough
def test_refused_rows_that_name_the_station_are_found_and_the_others_counted(sample, explain):
    url, lines, refused = sample
    fields = {line: [field.strip().strip('"') for field in lines[line - 1].split(",")] for line in refused}
    ids = [f"ST-{number:03}" for number in range(1, 11)]
    known = {*ids, *(explain(url, one)["station"]["name"] for one in ids)}
    for number in (3, 5, 10):
        rejects = explain(url, f"ST-{number:03}")["rejects"]
        names = {f"ST-{number:03}", explain(url, f"ST-{number:03}")["station"]["name"]}
        expected = [line for line in refused if not names.isdisjoint(fields[line])]
        assert [row["source_line"] for row in rejects["found"]] == sorted(expected) != []
        assert [row["raw"] for row in rejects["found"]] == [lines[line - 1] for line in sorted(expected)]
        assert rejects["rows_that_name_the_station"] == len(expected)
        assert rejects["rows_refused"] == len(refused)
        assert rejects["rows_that_name_no_known_station"] == sum(known.isdisjoint(fields[line]) for line in refused) > 0


@pytest.mark.thorough
def test_a_refused_row_is_found_by_name_whatever_file_of_the_source_and_whatever_the_day(url, explain):
    stations(url, "A1|Town Hall, north", "A2|Town Hall")
    header = f"{HEADER},station_name"
    bad = [
        session_row(station_id="", start_time="2024-01-01", session_id="1") + ',"Town Hall, north"',
        session_row(station_id="A1", energy_kwh="x", start_time="now", session_id="2") + ",",
        session_row(station_id="A11", energy_kwh="x", session_id="3") + ",A1 and more",
        session_row(station_id="A1", session_id="4") + ",",
    ]
    load(url, native_csv(Path("later.csv"), *bad, header=header), source="city")
    load(url, native_csv(Path("elsewhere.csv"), bad[1], bad[3], header=header), source="other")
    rejects = explain(url, "A1", "--source", "city", "--to", "2025-04-01")["rejects"]
    assert [(row["source_line"], row["rule"]) for row in rejects["found"]] == [
        (2, "start_time_unreadable"),
        (2, "station_id_missing"),
        (3, "energy_kwh_not_a_number"),
        (3, "start_time_unreadable"),
    ]
    assert {row["file_name"] for row in rejects["found"]} == {"later.csv"}
    counts = ("loads", "rows_refused", "rows_that_name_the_station", "rows_that_name_no_known_station")
    assert [rejects[name] for name in counts] == [2, 3, 2, 1]


@pytest.mark.thorough
def test_rows_that_name_a_port_in_place_of_the_station_are_found_and_those_of_registries_are_not(url, explain):
    point = {
        "id_pdc_itinerance": "E1",
        "id_station_itinerance": "S1",
        "nom_station": "Market",
        "puissance_nominale": "9",
    }
    broken = {**point, "id_pdc_itinerance": "", "id_station_itinerance": "S1"}
    Path("irve.json").write_text("".join(json.dumps(one) + "\n" for one in (point, broken)))
    assert load_registry(Path("irve.json"), url, RegistryOptions()).rejected == 1
    start = 1_735_689_600_000
    rows = [{"id_pdc_itinerance": "E1", "start": start, "end": start + 60_000 * n, "energy": n - 1} for n in (1, 0)]
    Path("s.json").write_text("".join(json.dumps(one) + "\n" for one in rows))
    assert load_file(Path("s.json"), url, [builtin_profiles()["qualicharge"]]).rejected == 1
    rejects = explain(url, "Market")["rejects"]
    assert (rejects["loads"], rejects["rows_refused"], rejects["rows_that_name_the_station"]) == (1, 1, 1)
    assert json.loads(rejects["found"][0]["raw"])["id_pdc_itinerance"] == "E1"


# Which station


@pytest.mark.thorough
def test_a_station_is_named_by_its_id_or_else_by_its_name(url, explain):
    stations(url, "A|Market", "Market|North", "B|South")
    assert explain(url, "A")["station"]["station_id"] == "A"
    assert explain(url, "Market")["station"]["station_id"] == "Market"
    told = explain(url, "South")["station"]
    assert (told["station_id"], told["source"], told["name"]) == ("B", "city", "South")


@pytest.mark.thorough
def test_several_stations_of_one_id_are_listed_and_told_apart_by_their_source(url, evcharge, explain):
    stations(url, "A")
    stations(url, "A", "B", source="other")
    for arguments in ((), ("--json",), ("--csv", "-")):
        code, out, err = evcharge("explain", "A", "--db", url, *arguments)
        assert (code, out) == (1, "")
        assert err.splitlines() == [
            "Error [station_ambiguous]: 'A' names 2 stations: 'A' of source city, 'A' of source other.",
            "  Say whose ids these are: --source NAME.",
        ]
    told = explain(url, "A", "--source", "other")
    assert (told["station"]["source"], told["sessions"], told["rows"][0]["session_id"]) == ("other", 1, "other/0")
    assert told["rows"][0]["file_name"] == "other.csv"


def test_one_name_of_two_stations_is_refused_with_their_ids(url, evcharge):
    stations(url, *(f"A{number}|Market" for number in range(12)))
    code, out, err = evcharge("explain", "Market", "--db", url)
    assert (code, out) == (1, "")
    assert "'Market' names 12 stations: 'A0' of source city, " in err
    assert "and 2 more.\n  Name the station by its id." in err
    assert "--source" not in err


def test_an_unknown_station_ends_with_4_and_the_closest_ids(url, evcharge):
    stations(url, "ST-010|Town Hall", "ST-020|Market", "X")
    code, out, err = evcharge("explain", "ST-01", "--db", url)
    assert (code, out) == (4, "")
    assert err.splitlines() == [
        "Error [unknown_station]: no station has the id or the name 'ST-01'.",
        "  Closest: 'ST-010' (Town Hall), 'ST-020' (Market).",
    ]
    assert "Closest: 'ST-020' (Market)." in evcharge("explain", "market", "--db", url)[2]
    assert "Closest: 'ST-010' (Town Hall)." in evcharge("explain", "hall", "--db", url)[2]
    code, _, err = evcharge("explain", "X", "--db", url, "--source", "nix")
    assert code == 4
    assert "no station of source nix has the id or the name 'X'." in err
    assert f"See all stations: evcharge report --db {shlex.quote(url)} --csv - --no-png" in err
    assert evcharge("explain", "", "--db", url)[0] == 4


def test_a_station_without_a_session_on_these_days_ends_with_4(url, evcharge):
    stations(url, "A")
    code, out, err = evcharge("explain", "A", "--db", url, "--from", "2025-04-02")
    assert (code, out) == (4, "")
    assert "no session matches: at station A, of source city, from 2025-04-02." in err


def test_stdout_takes_one_document(sqlite_url, evcharge):
    code, out, err = evcharge("explain", "A", "--db", sqlite_url, "--csv", "-", "--json")
    assert (code, out) == (2, "")
    assert "stdout can't take both" in err


@pytest.mark.thorough
def test_explaining_writes_nothing_to_the_database_and_tells_the_same_again(sample, evcharge):
    url, _, _ = sample
    for arguments in (("ST-010",), ("ST-010", "--json"), ("ST-010", "--csv", "-")):
        first = evcharge("explain", "--db", url, *arguments)
        assert first[0] == 0
        assert evcharge("explain", "--db", url, *arguments) == first


# Names that want to do harm


HOSTILE = [
    "[bold]x[/bold]",
    "\x1b[31mred",
    "a\nb",
    "=1+1",
    "@SUM(A1)",
    "-2",
    "Île 上海 \u202e",
    'it\'s "quoted"',
    "100%",
]


@pytest.mark.thorough
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_everywhere(url, evcharge, explain, name):
    stations(url, "A|plain")
    with open_engine(url, writes=True).begin() as connection:
        mark = "?" if url.startswith("sqlite") else "%s"
        for change in ("dim_station SET station_id", "dim_station SET name", "fact_charging SET stop_reason"):
            connection.exec_driver_sql(f"UPDATE {change} = {mark}", (name,))
    told = explain(url, "--", name)
    assert told["station"]["station_id"] == told["station"]["name"] == name
    code, out, err = evcharge("explain", "--db", url, "--", name)
    assert (code, err) == (0, "")
    assert all(char.isprintable() or char == "\n" for char in out)
    assert "".join(char if char.isprintable() else "□" for char in name) in out
    _, text, _ = evcharge("explain", "--db", url, "--csv", "-", "--", name)
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    inert = f"'{name}" if name[0] in "=+-@" else name.replace("\u202e", "\\u202e")
    assert (row["station_id"], row["stop_reason"]) == (inert, inert)
    code, _, err = evcharge("explain", "--db", url, "--", name + "?")
    assert code == 4
    assert all(char.isprintable() or char == "\n" for char in err)


def test_a_name_that_no_text_can_hold_is_unknown_not_a_fault(url, evcharge):
    stations(url, "A")
    code, _, err = evcharge("explain", "\udcff\udc80", "--db", url)
    assert code == 4
    assert "Error [unknown_station]" in err
    assert evcharge("explain", "A", "--source", "\udcff", "--db", url)[0] == 4


@pytest.mark.thorough
def test_python_gets_the_first_rows_where_it_asks_for_no_more(sample):
    url, _, _ = sample
    few = build_explanation(url, "ST-010", target=0.95, selection=Selection(), most_rows=3)
    every = build_explanation(url, "ST-010", target=0.95, selection=Selection())
    assert len(few.rows) == 3
    assert few.rows["session_id"].tolist() == every.rows["session_id"].tolist()[:3]
    assert few.to_dict() == every.to_dict()


# Where it is read


def process(*arguments, **streams):
    """Runs evcharge as a process of its own, with no setting but those in ``env``."""
    of_others = ("EVCHARGE", "PYTHON", "LC_", "LANG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(of_others)}
    env = {**kept, "PYTHONPATH": str(CHECKOUT), **streams.pop("env", {})}
    command = [sys.executable, "-c", MAIN, "explain", *map(str, arguments)]
    return subprocess.run(command, env=env, stderr=subprocess.PIPE, timeout=60, **streams)


@pytest.mark.thorough
@pytest.mark.parametrize("form", [(), ("--json",), ("--csv", "-")])
def test_a_reader_that_leaves_early_causes_no_traceback(sqlite_url, tmp_path, form):
    write_sample(tmp_path / "a.csv", rows=2000, stations=2)
    load(sqlite_url, tmp_path / "a.csv")
    reader, writer = os.pipe()
    os.close(reader)
    done = process("ST-001", "--db", sqlite_url, "--rows", 2000, *form, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.thorough
@pytest.mark.parametrize("setting", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}, {"LC_ALL": "C"}])
def test_no_encoding_of_the_terminal_is_too_poor(sqlite_url, evcharge, setting):
    stations(sqlite_url, "A|Île Δ → 上海 …")
    env = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", **setting}
    for form in ((), ("--json",), ("--csv", "-"), ("--definition", "afirev")):
        done = process("A", "--db", sqlite_url, *form, stdout=subprocess.PIPE, env=env)
        assert (done.returncode, done.stderr) == (0, b""), form
    assert b"A   " in done.stdout
    lacking = process("A?", "--db", sqlite_url, stdout=subprocess.PIPE, env=env)
    assert (lacking.returncode, lacking.stdout) == (4, b"")


@pytest.mark.thorough
def test_the_time_zone_of_the_machine_changes_no_byte(sqlite_url, tmp_path):
    write_sample(tmp_path / "a.csv", rows=500, dirty=True)
    load(sqlite_url, tmp_path / "a.csv")
    for form in ((), ("--json",), ("--csv", "-")):
        settings = (
            {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"},
            {"TZ": "America/St_Johns", "PYTHONHASHSEED": "2"},
        )
        arguments = ("ST-001", "--db", sqlite_url, *form)
        told = {process(*arguments, stdout=subprocess.PIPE, env=env).stdout for env in settings}
        assert len(told) == 1
        assert told != {b""}


@pytest.mark.thorough
def test_a_bound_of_energy_is_shown_beside_its_session_and_counts_for_nothing(url, explain, evcharge):
    log = Log().start("08:00:00", 7, meter=1000).start("09:00:00", 8, meter=9500).stop("09:30:00", 8, 12_000)
    Path("lost.log").write_text("\n".join(log.lines) + "\n")
    assert load_file(Path("lost.log"), url, [builtin_profiles()["ocpp"]]).inserted == 2
    told = explain(url, "CP-1", "--definition", "ucdavis_1kwh")
    bounds = {row["start_time"][11:16]: (row["energy_at_most_kwh"], row["energy_kwh"]) for row in told["rows"]}
    assert bounds == {"08:00": (8.5, None), "09:00": (None, 2.5)}
    figures = {name: told["number"][name] for name in ("attempts", "successes", "unknown")}
    assert figures == {"attempts": 1, "successes": 1, "unknown": 1}
    _, out, _ = evcharge("explain", "--db", url, "CP-1", "--csv", "-")
    assert sorted(row["energy_at_most_kwh"] for row in csv.DictReader(io.StringIO(out))) == ["", "8.5"]
