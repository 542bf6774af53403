"""A load of statuses, or of a log, that is killed while it writes evidence leaves all of its file or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random

import pytest

import evcharge.evidence_runs
import evcharge.sources.ocpp.evidence
from evcharge.load import LoadResult, load_file
from evcharge.load.rebuild import check
from evcharge.models import Base
from evcharge.sources import builtin_profiles, with_overrides
from tests.support.kills import KILLS, SEED, begin_and_kill, is_sqlite, settle
from tests.support.loading import Rows, everything, query, wipe
from tests.support.ocpp_month import month

HEADER = "station_id,port_id,time,status,error_code"
ROWS = 12_000
SESSIONS = 1_500
PART = 1_000
"""Rows that wait in memory, so that evidence is written in many parts as that of a large file is."""
EVIDENCE = ("fact_status", "fact_contact", "rejected_evidence", "load_count")
KEYS = ("load_key", "station_key", "reject_key")


def load(path: Path, url: str) -> LoadResult:
    profiles = [with_overrides(builtin_profiles()[name], source="net") for name in ("status-native", "ocpp")]
    return load_file(path, url, profiles)


def in_parts(path: Path, url: str) -> None:
    """Loads a file in a process that is going to be killed."""
    evcharge.evidence_runs.ROWS_IN_MEMORY = PART  # type: ignore[misc]
    load(path, url)


def told(url: str) -> dict[str, Rows]:
    """All that the database tells, without keys and clock times."""
    return everything(url) | {name: _evidence(url, name) for name in EVIDENCE}


def _evidence(url: str, name: str) -> Rows:
    columns = [column.name for column in Base.metadata.tables[name].columns if column.name not in KEYS]
    named = ", ".join(f'e."{column}"' for column in columns)
    rows = query(url, f"SELECT file_name, {named} FROM {name} e JOIN load_ledger USING (load_key)")
    return sorted(rows, key=str)


def table_of_statuses(rows: int) -> str:
    chance, begin = Random(SEED), datetime(2024, 5, 1, tzinfo=timezone.utc)
    words = ("Available", "Charging", "Faulted", "Melted")
    lines = (
        f"S{row % 7},{row % 3},{begin + timedelta(minutes=row):%Y-%m-%dT%H:%M:%SZ},"
        f"{chance.choices(words, (9, 5, 2, 1))[0]},{chance.choice(('', 'E1'))}"
        for row in range(rows)
    )
    return "\n".join([HEADER, *lines])


def log_of_messages(sessions: int) -> str:
    return "\n".join(month(SEED, sessions))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "made", "whole", "part"),
    [("statuses.csv", table_of_statuses, ROWS, ROWS // 5), ("messages.log", log_of_messages, SESSIONS, SESSIONS // 9)],
)
def test_a_killed_load_leaves_all_of_its_evidence_or_nothing(
    url: str, tmp_path: Path, name: str, made: Callable[[int], str], whole: int, part: int
) -> None:
    earlier, file, copy = tmp_path / f"earlier-{name}", tmp_path / name, tmp_path / "copy.db"
    earlier.write_text(made(part), encoding="utf-8")
    file.write_text(made(whole), encoding="utf-8")
    load(earlier, url)
    if is_sqlite(url):
        shutil.copyfile(url.removeprefix("sqlite:///"), copy)
    before = told(url)
    _, seconds = begin_and_kill(in_parts, (file, url), None)
    after = told(url)
    assert len(after["fact_status"]) > len(before["fact_status"]) > 0

    chance, ends, cut_short = Random(SEED), set[str](), 0
    _back(url, earlier, copy)
    for number in range(kills := max(2, KILLS // 2)):
        delay = chance.uniform(0, seconds)
        was_cut_short, took = begin_and_kill(in_parts, (file, url), delay)
        cut_short += was_cut_short
        seconds = seconds if was_cut_short else min(seconds, took)
        settle(url)
        place = f"kill {number} of seed {SEED}, after {delay:.3f} s"
        found = told(url)
        is_whole = found in (before, after)  # compared here, since a printed difference would take minutes
        assert is_whole, place
        ends.add("before" if found == before else "after")
        if found == after or number == kills - 1:
            assert load(file, url).status == ("loaded" if found == before else "already loaded"), place
            is_whole = told(url) == after
            assert is_whole, place
            check(url)
            _back(url, earlier, copy)
    assert cut_short
    assert "before" in ends


def _back(url: str, earlier: Path, copy: Path) -> None:
    """The database as it was when only the earlier file was in."""
    if is_sqlite(url):
        shutil.copyfile(copy, url.removeprefix("sqlite:///"))
    else:
        wipe(url)
        load(earlier, url)
