"""What statements say together does not depend on how their rows are ordered, cut into chunks, or put aside."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from evcharge import evidence_runs
from evcharge.frames import Conventions, RawSessions
from evcharge.statements import Statements, StatusReading

NOW = pd.Timestamp("2024-06-01", tz="UTC")
WORDS = {"Available": "up", "Faulted": "down", "Unknown": "unknown"}
Row = tuple[int, str, str, str, str]
BEGIN = pd.Timestamp("2024-05-01", tz="UTC")
SAID = ["station_id", "port_id", "from_ms", "until_ms", "state", "confirmations"]


def rows_of(seed: int) -> list[Row]:
    """Statements of many ports every five minutes, some missing, some twice, some in contradiction."""
    chance = random.Random(seed)
    rows = []
    for station in range(4):
        for port in range(2):
            for step in range(30):
                time = (BEGIN + pd.Timedelta(minutes=5 * step)).isoformat()
                for _ in range(chance.choice((0, 1, 1, 1, 1, 1, 2))):
                    word = chance.choice(("Available", "available", "AVAILABLE", "Faulted", "Melted"))
                    rows.append((0, f"S{station}", str(port), time, word))
    chance.shuffle(rows)
    return [(line, *row[1:]) for line, row in enumerate(rows, 2)]


def told(
    rows: list[tuple[int, str, str, str, str]], evidence: str, chunk_rows: int
) -> tuple[list[object], list[object]]:
    """What is kept and what is refused of rows that come in such chunks, but for their lines."""
    statements = Statements(StatusReading(WORDS, evidence, "down"), NOW)
    columns = ["line", "station_id", "port_id", "time", "word"]
    parts = []
    for begin in range(0, len(rows), chunk_rows):
        frame = pd.DataFrame(rows[begin : begin + chunk_rows], columns=columns)
        parts.append(statements.add(RawSessions(frame.assign(raw="x", fault=None), Conventions())))
    parts += statements.close(lambda lines: dict.fromkeys(lines, "x"))
    kept = pd.concat([part.rows[SAID] for part in parts])
    refused = pd.concat([part.refused for part in parts])
    assert sum(part.read for part in parts) == (
        len(kept)
        + int(kept["confirmations"].sum())
        + refused["source_line"].nunique()
        + sum(p.superseded for p in parts)
    )
    why = refused[["rule", "station_id", "port_id", "at_ms"]]
    return sorted(kept.itertuples(index=False, name=None)), sorted(why.itertuples(index=False, name=None))


@pytest.mark.parametrize(
    "evidence",
    [pytest.param("event", marks=pytest.mark.thorough), "poll", pytest.param("snapshot", marks=pytest.mark.thorough)],
)
def test_neither_order_nor_chunks_nor_what_waits_on_disk_changes_what_is_said(
    monkeypatch: pytest.MonkeyPatch, evidence: str
) -> None:
    rows = rows_of(1)
    whole = told(rows, evidence, len(rows))
    assert {row[0] for row in whole[1]} == {"status_word_unknown", "two_statuses_at_one_instant"}
    monkeypatch.setattr(evidence_runs, "ROWS_IN_MEMORY", 100)
    assert told(sorted(rows, key=lambda row: row[3]), evidence, 90) == whole
    assert told(rows[::-1], evidence, 150) == whole


def test_a_run_of_polls_is_what_a_walk_over_each_port_finds() -> None:
    rows = rows_of(3)
    by_port: dict[tuple[str, str], dict[str, set[str]]] = {}
    for _, station, port, time, word in rows:
        by_port.setdefault((station, port), {}).setdefault(time, set()).add(word.casefold())
    expected = []
    for (station, port), words in sorted(by_port.items()):
        last, before = None, None
        for step in range(30):
            time = BEGIN + pd.Timedelta(minutes=5 * step)
            here = words.get(time.isoformat(), set())
            good = here - {"melted"}
            word = next(iter(good)) if len(good) == 1 else None
            if here and (word is None or word != last or "melted" in here or time - before > pd.Timedelta(minutes=10)):
                expected += [(station, port, time)] if word else []
            last, before = (word, time) if here else (last, before)
    kept, _ = told(rows, "poll", 100)
    begun = [(row[0], row[1], pd.Timestamp(row[2], unit="ms", tz="UTC")) for row in kept]  # type: ignore[index]
    assert begun == expected
