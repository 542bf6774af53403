"""No rate stands alone, and no gate opens, while unknown attempts or refused rows could turn its verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from evcharge import reliability
from tests.support.factories import native_csv, session_row
from tests.support.loading import load

Run = Callable[..., tuple[int, str, str]]
SAID = "With all attempts it is between 93.0% and 100.0%, for 60 attempts are unknown"
UNKNOWN_OF_ALL = 60


def sessions(station: str, count: int, success: str, month: int = 5) -> list[str]:
    """Sessions of one station, one for each hour from the first of a month on."""
    clocks = [f"2025-{month:02}-{1 + n // 24:02}T{n % 24:02}" for n in range(count)]
    return [
        session_row(
            session_id=f"{station}-{success}-{month}-{n}",
            station_id=station,
            start_time=f"{clock}:00:00Z",
            end_time=f"{clock}:30:00Z",
            success=success,
        )
        for n, clock in enumerate(clocks)
    ]


@pytest.fixture
def doubted(url: str, tmp_path: Path) -> str:
    """A and B never failed in 400 attempts, but of A 60 more are unknown."""
    rows = (*sessions("A", 400, "true"), *sessions("A", UNKNOWN_OF_ALL, ""), *sessions("B", 400, "true"))
    load(native_csv(tmp_path / "a.csv", *rows), url)
    return url


def on_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("&#39;", "'"))


@pytest.mark.thorough
def test_a_station_does_not_meet_the_target_while_its_unknown_attempts_could_undo_it(doubted: str) -> None:
    found = reliability(doubted, target=0.95)
    expected = {"A": "can't tell yet", "B": "meets target"}
    assert found.stations.set_index("station_id")["verdict"].to_dict() == expected
    assert found.spells.set_index("station_id")["verdict_now"].to_dict() == expected


def test_the_network_carries_its_bounds_and_is_not_told_to_meet_the_target(doubted: str) -> None:
    (network,) = reliability(doubted, target=0.95).network.to_dict("records")
    assert (network["lowest_ratio"], network["highest_ratio"]) == (800 / 860, 1.0)
    assert (network["success_ratio"], network["verdict"]) == (1.0, "can't tell yet")
    assert network["verdict_could_turn"]


@pytest.mark.thorough
@pytest.mark.parametrize("by", ["port", "network", "month", "load"])
def test_no_group_meets_the_target_by_leaving_unknown_attempts_out(doubted: str, by: str) -> None:
    verdicts = reliability(doubted, target=0.95, by=by).stations["verdict"].tolist()
    assert verdicts == (["can't tell yet", "meets target"] if by == "port" else ["can't tell yet"])


@pytest.mark.thorough
def test_no_definition_lets_a_station_meet_the_target_by_what_it_can_not_judge(doubted: str) -> None:
    compared = reliability(doubted, target=0.95).sensitivity.set_index(["station_id", "definition"])["verdict"]
    assert compared["A", "recorded"] == "can't tell yet"
    assert compared["A", "afirev"] == "meets target"


@pytest.mark.thorough
def test_unknown_attempts_before_a_stations_last_change_do_not_touch_its_verdict_now(url: str, tmp_path: Path) -> None:
    old = [row.replace(",true", ",false") if n % 2 else row for n, row in enumerate(sessions("A", 400, "true", 1))]
    rows = (*old, *sessions("A", UNKNOWN_OF_ALL, "", 1), *sessions("A", 400, "true"))
    load(native_csv(tmp_path / "a.csv", *rows), url)
    (station,) = reliability(url, target=0.95).spells.to_dict("records")
    assert (station["verdict"], station["verdict_now"]) == ("below target", "meets target")


@pytest.mark.thorough
def test_terminal_json_and_page_say_the_bounds_beside_the_rate(doubted: str, evcharge: Run) -> None:
    code, out, _ = evcharge("report", "--db", doubted, "--no-png", "--html", "page.html")
    assert code == 0
    doubt = "Against 95%: can't tell yet; it would not meet the target if all that is unknown or refused had failed."
    assert f"{SAID}. {doubt}" in on_one_line(out)
    page = on_one_line(Path("page.html").read_text(encoding="utf-8"))
    assert SAID in page
    assert "with all attempts 93.0%–100.0%" in page
    document = json.loads(evcharge("report", "--db", doubted, "--no-png", "--json")[1])
    assert document["network"]["lowest_ratio"] == 800 / 860
    assert set(document["limits"]["network"].values()) == {0.025}


@pytest.mark.thorough
def test_a_table_of_groups_says_the_bounds_too(doubted: str, evcharge: Run) -> None:
    assert SAID in on_one_line(evcharge("report", "--db", doubted, "--by", "month")[1])


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["compare", "report --definition all"])
def test_the_comparison_says_the_bounds_by_each_definition_whose_verdict_they_could_turn(
    doubted: str, evcharge: Run, command: str
) -> None:
    said = "With all unknown and refused attempts the network's rate is by recorded 93.0%–100.0%."
    assert said in on_one_line(evcharge(*command.split(), "--db", doubted)[1])


@pytest.mark.thorough
def test_each_row_of_the_csv_carries_the_bounds_of_the_network(doubted: str, evcharge: Run) -> None:
    evcharge("report", "--no-png", "--db", doubted, "--csv", "stations.csv")
    stations = pd.read_csv("stations.csv")
    assert stations["network_lowest_ratio"].tolist() == [800 / 860] * 2
    assert stations[["network_highest_ratio", "refused_unknown"]].to_numpy().tolist() == [[1.0, 0.0]] * 2


@pytest.mark.thorough
def test_bounds_that_could_turn_nothing_are_not_printed(url: str, tmp_path: Path, evcharge: Run) -> None:
    load(native_csv(tmp_path / "a.csv", *sessions("A", 400, "true"), *sessions("A", 2, "")), url)
    out = on_one_line(evcharge("report", "--db", url, "--no-png")[1])
    assert "With all attempts" not in out
    assert "2 unknown, 0 excluded. Against 95%: meets target (so many:" in out


def test_the_gate_judges_the_lower_bound_and_says_why(doubted: str, evcharge: Run) -> None:
    gate = ("report", "--db", doubted, "--no-png", "-q", "--fail-under")
    code, _, err = evcharge(*gate, "95%")
    assert code == 3
    said = "100.0% succeeded, but only 93.0% if 60 unknown attempts failed; --fail-under asks for 95%."
    assert f"Error [under_the_limit]: {said}" in err
    assert evcharge(*gate, "93%")[0] == 0


@pytest.mark.thorough
def test_refused_failures_do_not_open_the_gate(url: str, tmp_path: Path, evcharge: Run) -> None:
    broken = [row.replace(",7.5,", ",-x,") for row in sessions("A", 40, "false")]
    assert load(native_csv(tmp_path / "a.csv", *sessions("A", 400, "true"), *broken), url).rejected == 40
    code, out, err = evcharge("report", "--db", url, "--no-png", "-q", "--fail-under", "95%")
    assert code == 3
    assert "100.0% succeeded, but only 90.9% if 40 refused rows failed" in err
    assert "With all attempts it is 90.9%, for 40 rows were refused." in on_one_line(out)


@pytest.mark.thorough
def test_explain_says_what_keeps_a_station_from_meeting_the_target(doubted: str, evcharge: Run) -> None:
    told = on_one_line(evcharge("explain", "A", "--db", doubted)[1])
    assert "it would meet the target, was nothing of it unknown or refused" in told
    arithmetic = json.loads(evcharge("explain", "A", "--db", doubted, "--json")[1])["arithmetic"]
    assert arithmetic["failures_to_unmeet"] is None
    assert arithmetic["successes_to_meet"] > 400


@pytest.mark.thorough
def test_a_rate_that_rounds_to_the_target_has_one_more_digit_wherever_it_stands_beside_it(
    url: str, tmp_path: Path, evcharge: Run
) -> None:
    """94.96 % beside 95 %."""
    rows = [row for n in range(1, 5) for row in sessions("A", 565, "true", n)]
    failed = [row for n in range(1, 5) for row in sessions("A", 30, "false", n)]
    load(native_csv(tmp_path / "a.csv", *rows, *failed), url)
    ratio = 2260 / 2380
    assert f"{ratio:.1%}" == "95.0%"
    assert ratio < 0.95
    for command in ("report --no-png --html page.html", "report --by network", "explain A", "compare"):
        out = evcharge(*command.split(), "--db", url)[1]
        assert "94.96%" in out, command
        assert "95.0%" not in out, command
    page = Path("page.html").read_text(encoding="utf-8")
    assert "94.96%" in page
    assert ">95.0%<" not in page
