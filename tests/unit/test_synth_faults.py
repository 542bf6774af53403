"""The planted faults are in the sample as its truth tells them: counted here from the CSV alone."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evcharge.metrics.reasons import NOT_RECORDED, Reason, reasons_of
from evcharge.synth import COLUMNS, write_sample

Row = dict[str, str]
Sample = tuple[list[Row], dict[str, Any]]
SIZES = {"2,000 rows": (2_000, 10, False), "39,000 rows": (39_000, 48, False), "dirty": (39_000, 48, True)}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    """The sessions of a sample of each size, and the truth: refused rows left out, the last row of each session."""
    made = {}
    for name, (rows, stations, dirty) in SIZES.items():
        folder = tmp_path_factory.mktemp("faults")
        write_sample(folder / "a.csv", rows=rows, stations=stations, dirty=dirty, truth=folder / "a.json")
        truth = json.loads((folder / "a.json").read_text())
        refused = {each["line"] for each in truth["defects"] if each["refused"]}
        with (folder / "a.csv").open(newline="") as file:
            lines = enumerate(csv.DictReader(file), start=2)
            good = [row | {"station_id": row["station_id"].strip()} for line, row in lines if line not in refused]
        made[name] = (list({(row["station_id"], row["session_id"]): row for row in good}.values()), truth)
    return made


@pytest.fixture(params=SIZES)
def sample(samples: dict[str, Sample], request: pytest.FixtureRequest) -> Sample:
    return samples[request.param]


@pytest.fixture
def large_sample(samples: dict[str, Sample]) -> Sample:
    return samples["39,000 rows"]


def failures_of(rows: list[Row], station_id: str, since: str | None = None) -> list[Row]:
    of_station = [row for row in rows if row["station_id"] == station_id and row["success"] == "false"]
    return [row for row in of_station if row["start_time"] >= (since or "")]


def hour_of(row: Row) -> int:
    return int(row["start_time"][11:13])


def primary_reason(row: Row) -> Reason:
    return reasons_of(row["stop_reason"], row["error_code"])[0]


def is_planted(row: Row, mark: dict[str, Any]) -> bool:
    """Whether a failure bears the mark that the truth tells of."""
    if "port_id" in mark:
        return row["port_id"] == mark["port_id"]
    if "reasons" in mark:
        return primary_reason(row).reason in mark["reasons"]
    return bool(mark["from_hour"] <= hour_of(row) < mark["to_hour"])


def fleet_of(truth: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [each for each in truth["stations"] if each[key]]


def test_the_truth_counts_the_planted_failures_of_the_file(sample: Sample) -> None:
    rows, truth = sample
    assert {name: len(marks) for name, marks in truth["planted"].items()} == {"ports": 1, "hours": 1, "reasons": 3}
    for mark in (mark for marks in truth["planted"].values() for mark in marks):
        failures = failures_of(rows, mark["station_id"], mark["since"])
        planted = [row for row in failures if is_planted(row, mark)]
        assert (mark["failures"], mark["planted"]) == (len(failures), len(planted))
        assert mark["share"] == len(planted) / len(failures)


def test_a_station_breaks_at_one_port_with_one_code(sample: Sample) -> None:
    rows, truth = sample
    (broken,) = fleet_of(truth, "broke_on")
    (mark,) = truth["planted"]["ports"]
    assert (mark["station_id"], mark["since"]) == (broken["station_id"], broken["broke_on"])
    failures = failures_of(rows, broken["station_id"], broken["broke_on"])
    port_id, at_port = Counter(row["port_id"] for row in failures).most_common(1)[0]
    assert port_id == mark["port_id"]
    assert at_port > 0.85 * len(failures)
    code, with_code = Counter(row["error_code"] for row in failures).most_common(1)[0]
    assert code == "CX001"
    assert with_code > 0.6 * len(failures)


def test_the_port_that_breaks_is_one_of_three_like_ones_until_then(large_sample: Sample) -> None:
    rows, truth = large_sample
    (mark,) = truth["planted"]["ports"]
    own = [row for row in rows if row["station_id"] == mark["station_id"]]
    before = [row for row in own if row["start_time"] < mark["since"]]
    at_port = [row for row in before if row["port_id"] == mark["port_id"]]
    assert 0.25 < len(at_port) / len(before) < 0.42
    assert sum(row["success"] == "true" for row in at_port) > 0.93 * len(at_port)
    after = [row for row in own if row["start_time"] >= mark["since"] and row["port_id"] != mark["port_id"]]
    assert sum(row["success"] == "true" for row in after) > 0.93 * len(after)
    elsewhere = [row["error_code"] for row in after if row["success"] == "false"]
    assert elsewhere.count("CX001") < 0.5 * len(elsewhere)


def test_one_chronic_station_fails_in_the_afternoon_because_it_is_hot(sample: Sample) -> None:
    rows, truth = sample
    (mark,) = truth["planted"]["hours"]
    assert (mark["from_hour"], mark["to_hour"]) == (12, 19)
    failures = failures_of(rows, mark["station_id"])
    attempts = [row for row in rows if row["station_id"] == mark["station_id"]]
    assert sum(12 <= hour_of(row) < 19 for row in failures) > 0.75 * len(failures)
    assert sum(12 <= hour_of(row) < 19 for row in attempts) < 0.55 * len(attempts)
    reasons = Counter(primary_reason(row) for row in failures)
    reason, with_reason = reasons.most_common(1)[0]
    assert (reason.reason, reason.title) == ("CX003", "high temperature")
    assert with_reason > 0.55 * len(failures)
    assert len({row["port_id"] for row in failures}) > 2


def test_the_other_chronic_station_fails_for_payment_at_all_ports_and_hours(large_sample: Sample) -> None:
    rows, truth = large_sample
    (mark,) = (mark for mark in truth["planted"]["reasons"] if len(mark["reasons"]) == 2)
    failures = failures_of(rows, mark["station_id"])
    by_class = Counter(primary_reason(row).reason_class for row in failures)
    assert by_class["authorisation"] > 0.75 * len(failures)
    attempts = [row for row in rows if row["station_id"] == mark["station_id"]]
    assert {row["port_id"] for row in failures} == {row["port_id"] for row in attempts}
    hot = [sum(12 <= hour_of(row) < 19 for row in some) / len(some) for some in (failures, attempts)]
    assert abs(hot[0] - hot[1]) < 0.08


def test_chronic_stations_are_hot_and_without_payment_by_turns(tmp_path: Path) -> None:
    write_sample(tmp_path / "a.csv", rows=30_000, stations=300, truth=tmp_path / "a.json")
    planted = json.loads((tmp_path / "a.json").read_text())["planted"]
    words = Counter(tuple(mark["reasons"]) for mark in planted["reasons"])
    assert words == {("CX001",): 1, ("CX003",): 3, ("DeAuthorized", "CX009"): 3}
    assert {mark["station_id"] for mark in planted["hours"]} == {
        mark["station_id"] for mark in planted["reasons"] if mark["reasons"] == ["CX003"]
    }


def test_a_repaired_station_is_bad_until_its_day_and_good_after(sample: Sample) -> None:
    rows, truth = sample
    (repaired,) = fleet_of(truth, "repaired_on")
    assert "2025-05-06" <= repaired["repaired_on"] <= "2025-05-26"
    assert (repaired["true_success_ratio"], repaired["ratio_after"]) == (0.75, 0.98)
    own = [row for row in rows if row["station_id"] == repaired["station_id"] and row["success"]]
    for is_after, low, high in ((False, 0.69, 0.81), (True, 0.95, 1.0)):
        part = [row for row in own if (row["start_time"] >= repaired["repaired_on"]) == is_after]
        assert low < sum(row["success"] == "true" for row in part) / len(part) <= high


def test_ordinary_failures_have_all_sorts_of_reasons_and_some_none(large_sample: Sample) -> None:
    rows, truth = large_sample
    faulty = {mark["station_id"] for mark in truth["planted"]["reasons"]}
    ordinary = [row for row in rows if row["success"] == "false" and row["station_id"] not in faulty]
    reasons = Counter(primary_reason(row) for row in ordinary)
    assert len(reasons) == 15
    assert 0.12 < reasons[NOT_RECORDED] / len(ordinary) < 0.28
    assert max(reasons.values()) < 0.28 * len(ordinary)
    assert {reason.reason_class for reason in reasons} >= {"fault", "authorisation", "normal", "no charge"}


def test_every_word_is_known_and_a_success_ends_normally_without_an_error(sample: Sample) -> None:
    rows, _ = sample
    for stop, error, success in {(row["stop_reason"], row["error_code"], row["success"]) for row in rows}:
        found = reasons_of(stop, error)
        assert all(reason.namespace != "other" for reason in found), (stop, error)
        if success == "true":
            assert [reason.reason_class for reason in found] == ["normal"]
            assert error == ""


def test_every_station_has_the_ports_that_the_truth_tells(large_sample: Sample) -> None:
    rows, truth = large_sample
    ports: dict[str, set[str]] = {}
    for row in rows:
        ports.setdefault(row["station_id"], set()).add(row["port_id"])
    for each in truth["stations"]:
        assert ports[each["station_id"]] == {f"{each['station_id']}-{n}" for n in range(1, each["ports"] + 1)}
    assert {each["ports"] for each in truth["stations"]} == set(range(2, 9))


def test_a_station_is_told_the_same_in_each_row_and_by_each_seed(tmp_path: Path, samples: dict[str, Sample]) -> None:
    write_sample(tmp_path / "a.csv", rows=2_000, seed=2)
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = [*samples["2,000 rows"][0], *samples["dirty"][0], *csv.DictReader(file)]
    told = {tuple(row[name] for name in ("station_id", *COLUMNS[9:])) for row in rows}
    names = {each["station_id"]: each["name"] for each in samples["dirty"][1]["stations"]}
    assert {(station_id, name) for station_id, name, *_ in told} == set(names.items())
    assert len(told) == 48
