from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from evcharge import reliability
from evcharge.load import CONTRADICTIONS, load_file
from evcharge.sources import builtin_profiles
from evcharge.synth import write_sample

ROWS = 20_000


def judged(path, refused_lines, judge):
    """Counts of outcomes per station, from the file alone: the last good row of a session is the one that counts."""
    last = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        for fields in reader:  # no field of the sample holds a line end, so line_num is the row's line
            if reader.line_num not in refused_lines:
                row = dict(zip(header, fields, strict=True))
                last[row["station_id"].strip(), row["session_id"].strip()] = row
    counts: dict[str, Counter[str]] = {}
    for (station_id, _), row in last.items():
        counts.setdefault(station_id, Counter())[judge(row)] += 1
    return counts


def by_recorded(row):
    return {"true": "successes", "false": "failures", "": "unknown", "maybe": "unknown"}[row["success"]]


def by_afirev(row):
    if not (row["end_time"] and row["energy_kwh"]) or float(row["energy_kwh"]) < 0:
        return "unknown"
    lasted = datetime.fromisoformat(row["end_time"]) - datetime.fromisoformat(row["start_time"])
    return "successes" if lasted.total_seconds() > 120 and float(row["energy_kwh"]) > 0.5 else "failures"


@pytest.mark.parametrize("seed", [1, pytest.param(7, marks=pytest.mark.thorough)])
def test_every_planted_defect_is_refused_by_its_rule_and_the_report_is_what_the_file_says(evcharge, url, seed):
    assert evcharge("sample", "--dirty", "--rows", ROWS, "--seed", seed, "--truth", "truth.json")[0] == 0
    truth = json.loads(Path("truth.json").read_text())
    code, out, _ = evcharge("load", "--db", url, "--json", "--rejects", "rejects.csv")
    assert code == 0
    document = json.loads(out)
    (result,) = document["files"]

    expected = truth["expected"]
    assert result["rejects_by_rule"] == expected["rejects_by_rule"]
    assert len(expected["rejects_by_rule"]) == 19
    for name in ("read", "inserted", "updated", "unchanged", "rejected"):
        assert result[name] == document["totals"][name] == expected[name], name
    assert (expected["updated"], result["superseded"]) == (0, 0)
    kept = Counter(defect["code"] for defect in truth["defects"] if not defect["refused"])
    warned = ("meter_ran_backwards", "padded_id", "success_unreadable")
    of_rows = {code: count for code, count in result["warnings"].items() if code not in CONTRADICTIONS}
    assert of_rows == {code: kept[code] for code in warned}
    assert result["read"] == ROWS

    planted = {(defect["line"], defect["code"]) for defect in truth["defects"] if defect["refused"]}
    with Path("rejects.csv").open(encoding="utf-8", newline="") as file:
        assert {(int(row["line"]), row["rule"]) for row in csv.DictReader(file)} == planted
    would_have_been = Counter(defect["would_have_been"] for defect in truth["defects"] if defect["refused"])
    assert Counter(result["rejected_as"]) == would_have_been

    refused_lines = {line for line, _ in planted}
    for definition, judge in (("recorded", by_recorded), ("afirev", by_afirev)):
        counts = judged(Path("charging_sessions.csv"), refused_lines, judge)
        _, out, _ = evcharge("report", "--db", url, "--json", "--no-png", "--definition", definition)
        report = json.loads(out)
        assert [station["station_id"] for station in report["stations"]] == sorted(counts)
        for station in report["stations"]:
            mine = counts[station["station_id"]]
            assert {name: station[name] for name in ("successes", "failures", "unknown", "excluded")} == {
                name: mine[name] for name in ("successes", "failures", "unknown", "excluded")
            }
            attempts = mine["successes"] + mine["failures"]
            assert station["attempts"] == attempts
            assert station["success_ratio"] == mine["successes"] / attempts
        pooled = sum(counts.values(), Counter())
        assert report["network"]["successes"] == pooled["successes"]
        assert report["network"]["attempts"] == pooled["successes"] + pooled["failures"]

    told = {station["station_id"]: station for station in truth["stations"]}
    for station_id, mine in judged(Path("charging_sessions.csv"), refused_lines, by_recorded).items():
        assert (mine["successes"], mine["failures"], mine["unknown"]) == tuple(
            told[station_id][name] for name in ("successes", "failures", "unknown")
        )


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (2, 3, 4, 5))])
def test_the_broken_the_silent_and_the_repaired_station_are_named_with_their_day(tmp_path, sqlite_url, seed):
    write_sample(tmp_path / "s.csv", rows=39_000, stations=48, seed=seed, truth=tmp_path / "truth.json")
    load_file(tmp_path / "s.csv", sqlite_url, [builtin_profiles()["native"]])
    told = json.loads((tmp_path / "truth.json").read_text())["stations"]
    found = reliability(sqlite_url).spells.set_index("station_id")

    planted = {
        part: next((each["station_id"], date.fromisoformat(each[part])) for each in told if each[part])
        for part in ("broke_on", "repaired_on", "silent_since")
    }
    broken, repaired, silent = (station_id for station_id, _ in planted.values())
    assert set(found.index[found["changed"]]) == {broken, repaired}
    assert set(found.index[found["silent"]]) == {silent}
    for station_id, day in (planted["broke_on"], planted["repaired_on"]):
        assert abs((found.loc[station_id, "since"].date() - day).days) <= 2
    station_id, day = planted["silent_since"]
    assert abs((found.loc[station_id, "last_session"].date() + timedelta(days=1) - day).days) <= 2

    chronic = {each["station_id"] for each in told if each["true_success_ratio"] < 0.9} - {repaired}
    assert set(found["charges_lost_per_week"].nlargest(4).index) == chronic | {broken, silent}
