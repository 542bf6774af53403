"""Where the publisher removed failures, every output shows the same rate, and says of what it is."""

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
NOTE = "Failures are not in the data: the publisher removed them, so no rate here can show reliability."


@pytest.fixture
def published(url: str, tmp_path: Path) -> str:
    """Two sessions that gave energy, of a publisher that left failed ones out."""
    rows = [
        session_row(
            session_id=str(n), start_time=f"2025-01-0{n}T08:00:00Z", end_time=f"2025-01-0{n}T09:00:00Z", success=""
        )
        for n in (1, 2)
    ]
    load(native_csv(tmp_path / "a.csv", *rows), url, failures_included="no")
    return url


@pytest.mark.thorough
@pytest.mark.parametrize(
    "command",
    ["report --no-png", "report --by network", "report --definition all", "compare", "visits", "explain ST-1"],
)
def test_each_command_shows_the_rate_with_the_note_that_failures_are_missing(
    published: str, evcharge: Run, command: str
) -> None:
    code, out, err = evcharge(*command.split(), "--db", published)
    assert code == 0, err
    said = re.sub(r"\s+", " ", out)
    assert "100.0%" in said
    assert NOTE in said
    assert "no success rate" not in said.lower()
    assert "meets target" not in re.sub("[●*] meets target", "", said)


@pytest.mark.thorough
def test_the_title_counts_the_stations_that_need_attention_even_so(url: str, tmp_path: Path, evcharge: Run) -> None:
    rows = [
        session_row(session_id=f"{n}", start_time=f"2025-01-{n + 1:02}T08:00:00Z", end_time="", success=str(n % 2 == 0))
        for n in range(24)
    ]
    load(native_csv(tmp_path / "a.csv", *rows), url, failures_included="no")
    document = json.loads(evcharge("report", "--db", url, "--no-png", "--json")[1])
    assert document["attention"]["stations"] == 1
    assert document["title"] == "The station needs attention, although failures are not in the data"


@pytest.mark.thorough
def test_headline_page_json_csv_and_python_carry_the_same_rate(published: str, evcharge: Run) -> None:
    outputs = ("--no-png", "--html", "page.html", "--csv", "stations.csv")
    code, out, _ = evcharge("report", "--db", published, *outputs)
    assert code == 0
    assert "100.0% of the sessions published succeeded" in out
    page = Path("page.html").read_text(encoding="utf-8")
    assert "100.0% of 2 published sessions succeeded; failures are not in the data." in page
    document = json.loads(evcharge("report", "--db", published, "--no-png", "--json")[1])
    ratios = [document["network"]["success_ratio"], document["stations"][0]["success_ratio"]]
    assert [*ratios, *pd.read_csv("stations.csv")["success_ratio"]] == [1.0, 1.0, 1.0]
    found = reliability(published)
    assert found.stations["success_ratio"].tolist() == [1.0]
    assert "100.0% of the sessions published" in repr(found)
