"""Statuses in one file, and the same in two that are cut anywhere and loaded in any order, read the same."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evcharge.load import LoadOptions, RejectLimit, load_file
from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.rulebooks import find_rulebook
from evcharge.metrics.availability.timeline import evidence_named
from evcharge.metrics.milliseconds import instant_ms
from evcharge.metrics.selection import Selection
from evcharge.report.uptime import build_uptime
from evcharge.sources import builtin_profiles, with_overrides
from tests.support.loading import wipe

pytestmark = pytest.mark.thorough

BEGIN = datetime(2024, 5, 1, tzinfo=timezone.utc)
DAY = Period(instant_ms(BEGIN), instant_ms(BEGIN + timedelta(days=1)))
HEADER = "station_id,port_id,time,status\n"
KNOWN = "A,1,2024-05-01T00:00:00Z,Available"
PLACES = st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(["1", "2", ""]), st.integers(1, 200))
WORDS = st.sampled_from(["Available", "Charging", "Faulted", "Unknown", "Melted"])


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """Statements of which no two contradict each other at one instant, some of them twice, in any order."""
    told = draw(st.dictionaries(PLACES, WORDS, min_size=1, max_size=10))
    rows = [
        f"{station},{port},{BEGIN + timedelta(minutes=7 * minute):%Y-%m-%dT%H:%M:%SZ},{word}"
        for (station, port, minute), word in told.items()
    ]
    return draw(st.permutations([KNOWN, *rows, *draw(st.lists(st.sampled_from(rows), max_size=3))]))


def read(url: str, folder: Path, *files: list[str]) -> tuple[Any, ...]:
    """What is read of the files, loaded in this order."""
    wipe(url)
    profile = with_overrides(builtin_profiles()["status-native"], source="net")
    for number, rows in enumerate(files):
        path = folder / f"{number}.csv"
        path.write_text(HEADER + "\n".join(rows), encoding="utf-8")
        load_file(path, url, [profile], LoadOptions(max_rejects=RejectLimit(100, True)))
    found = []
    for words in ("status", "all"):
        asked: dict[str, Any] = {"selection": Selection(), "period": DAY, "counted": evidence_named(words)}
        told = build_uptime(url, [find_rulebook("nevi")], **asked)
        found += [told.first.ports.to_json(), told.outages.to_json(), told.false_free.to_json()]
    return tuple(found)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=lines(), share=st.floats(0, 1), is_later_first=st.booleans())
def test_a_file_of_statuses_that_is_cut_in_two_reads_the_same_in_any_order(
    sqlite_url: str, tmp_path: Path, rows: list[str], share: float, is_later_first: bool
) -> None:
    at = round(share * len(rows))
    parts = [rows[:at], rows[at:]]
    assert read(sqlite_url, tmp_path, *(parts[::-1] if is_later_first else parts)) == read(sqlite_url, tmp_path, rows)
