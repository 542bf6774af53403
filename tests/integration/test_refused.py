"""What the loads refused stands where the rate stands: in each output, for what is selected, and in the verdicts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from evcharge import reliability
from evcharge.load.registry import load_registry
from tests.support.factories import native_csv, session_row
from tests.support.loading import load

NOTE = (
    "The loads refused 41 rows, which no rate here counts: 40 would have counted as failures, 0 as successes, "
    "1 can't be judged."
)
ALL = {"rows": 41, "failures": 40, "successes": 0, "unknown": 1}
Run = Callable[..., tuple[int, str, str]]


def hours(station: str, count: int, kind: str, **over: object) -> list[str]:
    """Sessions of one station, one for each hour from 1 May on."""
    rows = []
    for n in range(count):
        clock = f"2025-05-{1 + n // 24:02}T{n % 24:02}"
        told = {"session_id": f"{station}-{kind}-{n}", "station_id": station, "success": "true"} | over
        rows.append(session_row(start_time=f"{clock}:00:00Z", end_time=f"{clock}:30:00Z", **told))
    return rows


@pytest.fixture
def two_stations(url: str, tmp_path: Path) -> str:
    """A and B never failed but for 40 failures of A that were refused; one more row names no station and no time."""
    failed = hours("A", 40, "failed", success="false", energy_kwh="45000")
    nameless = session_row(session_id="X", station_id="", start_time="", success="")
    rows = (*hours("A", 400, "good"), *failed, *hours("B", 400, "good"), nameless)
    assert load(native_csv(tmp_path / "a.csv", *rows), url).rejected == 41
    return url


def on_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("&#39;", "'"))


@pytest.mark.thorough
def test_the_api_counts_them_by_what_they_would_have_been(two_stations: str) -> None:
    assert reliability(two_stations).refused.to_dict() == ALL


@pytest.mark.thorough
def test_the_terminal_the_json_and_the_page_say_it_beside_the_rate(two_stations: str, evcharge: Run) -> None:
    code, out, _ = evcharge("report", "--no-png", "--db", two_stations, "--html", "page.html")
    assert code == 0
    assert NOTE in on_one_line(out)
    assert NOTE in on_one_line(Path("page.html").read_text(encoding="utf-8"))
    document = json.loads(evcharge("report", "--no-png", "--db", two_stations, "--json")[1])
    assert document["refused"] == ALL
    assert NOTE in document["notes"]


def test_each_row_of_the_csv_says_how_many_rows_and_failures_were_refused(two_stations: str, evcharge: Run) -> None:
    evcharge("report", "--no-png", "--db", two_stations, "--csv", "stations.csv")
    stations = pd.read_csv("stations.csv")
    assert stations[["refused_rows", "refused_failures"]].to_numpy().tolist() == [[41, 40], [41, 40]]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "rows", "failures"),
    [
        (("--station", "A"), 41, 40),
        (("--station", "B"), 1, 0),
        (("--from", "2025-05-02"), 17, 16),
        (("--to", "2025-05-01"), 25, 24),
        (("--from", "2025-05-03"), 1, 0),
    ],
)
def test_a_row_is_of_the_selection_unless_what_it_names_is_not(
    two_stations: str, evcharge: Run, options: tuple[str, ...], rows: int, failures: int
) -> None:
    document = json.loads(evcharge("report", "--no-png", "--db", two_stations, "--json", *options)[1])
    assert (document["refused"]["rows"], document["refused"]["failures"]) == (rows, failures)


@pytest.mark.thorough
def test_a_station_does_not_meet_the_target_by_leaving_its_failures_out(two_stations: str) -> None:
    found = reliability(two_stations, target=0.95)
    assert found.stations.set_index("station_id")["verdict"].to_dict() == {"A": "can't tell yet", "B": "meets target"}
    assert found.spells.set_index("station_id")["verdict_now"].to_dict() == {"A": "can't tell yet", "B": "meets target"}


@pytest.mark.thorough
@pytest.mark.parametrize("by", ["port", "network", "operator", "region", "department", "month", "load"])
def test_no_group_meets_the_target_by_leaving_failures_out(two_stations: str, by: str) -> None:
    verdicts = reliability(two_stations, target=0.95, by=by).stations["verdict"].tolist()
    assert verdicts == (["can't tell yet", "meets target"] if by == "port" else ["can't tell yet"])


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("by", "verdicts"),
    [
        ("month", ["can't tell yet", "meets target"]),
        ("load", ["can't tell yet", "meets target"]),
        ("network", ["can't tell yet"]),
    ],
)
def test_only_the_group_that_the_refused_rows_name_is_doubted(
    url: str, tmp_path: Path, by: str, verdicts: list[str]
) -> None:
    failed = hours("A", 40, "failed", success="false", energy_kwh="45000")
    later = [row.replace("2025-05-", "2025-06-") for row in hours("A", 400, "later")]
    load(native_csv(tmp_path / "a.csv", *hours("A", 400, "good"), *failed), url)
    load(native_csv(tmp_path / "b.csv", *later), url)
    assert reliability(url, target=0.95, by=by).stations["verdict"].tolist() == verdicts


@pytest.mark.thorough
def test_failures_that_name_no_station_may_be_of_any_of_their_source(url: str, tmp_path: Path) -> None:
    failed = hours("", 25, "failed", success="false")
    load(native_csv(tmp_path / "a.csv", *hours("A", 400, "good"), *hours("B", 740, "good"), *failed), url)
    load(native_csv(tmp_path / "b.csv", *hours("C", 400, "good")), url, source="other")
    found = reliability(url, target=0.95)
    expected = {"A": "can't tell yet", "B": "meets target", "C": "meets target"}
    assert found.stations.set_index("station_id")["verdict"].to_dict() == expected
    now = found.spells.set_index("station_id")["verdict_now"].to_dict()
    assert now == {**expected, "A": "silent"}  # it has no session of the last two weeks


@pytest.mark.thorough
def test_rows_that_can_not_be_judged_count_against_the_station_they_name_and_else_against_the_network_only(
    url: str, tmp_path: Path
) -> None:
    unjudged = [session_row(session_id=f"A{n}", station_id="A", start_time="?", success="") for n in range(25)]
    nameless = [session_row(session_id=f"N{n}", station_id="", start_time="", success="") for n in range(25)]
    rows = (*hours("A", 400, "good"), *hours("B", 400, "good"), *unjudged, *nameless)
    assert load(native_csv(tmp_path / "a.csv", *rows), url).rejected == 50
    found = reliability(url, target=0.95)
    assert found.refused.unknown == 50
    verdicts = found.stations.set_index("station_id")["verdict"].to_dict()
    assert verdicts == {"A": "can't tell yet", "B": "meets target"}
    assert found.network["verdict"].tolist() == ["can't tell yet"]
    assert found.network["lowest_ratio"].tolist() == [800 / 850]


@pytest.mark.thorough
def test_explain_and_compare_withhold_the_verdict_that_the_report_withholds(two_stations: str, evcharge: Run) -> None:
    explained = json.loads(evcharge("explain", "A", "--db", two_stations, "--json")[1])
    assert explained["number"]["verdict"] == "can't tell yet"
    assert explained["spell"]["verdict"] == "can't tell yet"
    told = on_one_line(evcharge("explain", "A", "--db", two_stations)[1])
    assert "it would meet the target, was nothing of it unknown or refused" in told
    assert "no more after" not in told
    compared = reliability(two_stations, target=0.95).sensitivity.groupby("station_id")["verdict"].unique()
    assert {station: list(verdicts) for station, verdicts in compared.items()} == {
        "A": ["can't tell yet"],
        "B": ["meets target"],
    }


@pytest.mark.thorough
@pytest.mark.parametrize(
    "command", ["visits", "compare", "explain A", "report --by network", "report --definition all"]
)
def test_every_table_of_rates_says_it(two_stations: str, evcharge: Run, command: str) -> None:
    code, out, _ = evcharge(*command.split(), "--db", two_stations)
    assert code == 0
    assert "which no rate here counts: 40 would have counted as failures" in on_one_line(out)


@pytest.mark.thorough
@pytest.mark.parametrize(("target", "verdict"), [(0.93, "meets target"), (0.95, "can't tell yet")])
def test_the_network_meets_a_target_only_if_it_does_with_the_refused_failures(
    two_stations: str, target: float, verdict: str
) -> None:
    """Of 840 attempts 800 succeeded: 95.2 %, which 93 % makes rare and 95 % does not; of 800 all did."""
    network = reliability(two_stations, target=target).network
    assert network["verdict"].tolist() == [verdict]


@pytest.mark.thorough
def test_failures_refused_before_a_stations_last_change_do_not_touch_its_verdict_now(url: str, tmp_path: Path) -> None:
    """Ten weeks at half, ten without a failure; the refused failures are of the first ten."""
    old = [row.replace("2025-05-", "2025-01-") for row in hours("A", 400, "old")]
    old = [row.replace(",true", ",false") if n % 2 else row for n, row in enumerate(old)]
    refused = [
        row.replace("2025-05-", "2025-01-") for row in hours("A", 40, "refused", success="false", energy_kwh="-x")
    ]
    load(native_csv(tmp_path / "a.csv", *old, *refused, *hours("A", 400, "new")), url)
    (station,) = reliability(url, target=0.95).spells.to_dict("records")
    assert (station["since"].date(), station["verdict_now"]) == (date(2025, 5, 1), "meets target")
    assert station["verdict"] == "below target"


@pytest.mark.thorough
def test_a_row_that_breaks_several_rules_is_one_row(url: str, tmp_path: Path) -> None:
    broken = session_row(session_id="S2", end_time="x", energy_kwh="x", success="false")
    load(native_csv(tmp_path / "a.csv", session_row(), broken), url)
    assert reliability(url).refused.to_dict() == {"rows": 1, "failures": 1, "successes": 0, "unknown": 0}


@pytest.mark.thorough
def test_a_row_without_an_outcome_failed_where_no_energy_flowed(url: str, tmp_path: Path) -> None:
    nothing = session_row(session_id="S2", end_time="x", energy_kwh="0", success="")
    load(native_csv(tmp_path / "a.csv", session_row(), nothing), url)
    assert reliability(url).refused.failures == 1


@pytest.mark.thorough
def test_rows_that_a_registry_refused_are_no_attempts(url: str, tmp_path: Path) -> None:
    load(native_csv(tmp_path / "a.csv", session_row()), url)
    registry = tmp_path / "irve.json"
    point = {"id_pdc_itinerance": "P", "id_station_itinerance": "S", "puissance_nominale": "50"}
    registry.write_text(
        json.dumps(point) + "\n" + json.dumps(point | {"id_pdc_itinerance": ""}) + "\n", encoding="utf-8"
    )
    assert load_registry(registry, url).rejected == 1
    assert reliability(url).refused.rows == 0


@pytest.mark.thorough
def test_data_without_a_refused_row_says_nothing(url: str, tmp_path: Path, evcharge: Run) -> None:
    load(native_csv(tmp_path / "a.csv", session_row()), url)
    assert "refused" not in evcharge("report", "--no-png", "--db", url)[1]
