"""A log that is loaded already is read again only where a new one may depend on it, and no row comes out otherwise."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from evcharge.sources import builtin_profiles, open_file, read
from evcharge.sources.ocpp import reader
from evcharge.sources.privacy import ROW_WITHHELD
from tests.support.ocpp_month import BEGIN, month

OCPP = builtin_profiles()["ocpp"]


def cut(folder: Path, lines: list[str], places: list[int]) -> list[Path]:
    """The lines in files, cut before these of them."""
    paths = []
    for number, (begin, end) in enumerate(zip([0, *places], [*places, len(lines)], strict=True)):
        paths.append(folder / f"{number:02}.log")
        paths[-1].write_text("".join(f"{line}\n" for line in lines[begin:end]))
    return paths


def read_of(path: Path, companions: list[Path], loaded: dict[Path, float | None]) -> tuple[list[tuple], float | None]:
    """All that reading a log hands on, and when the log ends."""
    rows, until = [], None
    with open_file(path) as file:
        others = tuple(one for one in companions if one != path)
        for raw in read(file, OCPP, salt="s", companions=others, loaded=loaded):
            frame = raw.frame.assign(raw=[str(text) for text in raw.frame["raw"]])
            rows += [tuple(frame.columns), *map(tuple, frame.astype(object).where(frame.notna(), None).to_numpy())]
            rows.append(tuple(sorted(raw.warnings.items())))
            until = raw.told_until_seconds
    return rows, until


@pytest.fixture
def logs_read(monkeypatch) -> list[str]:
    """SHA-256 of the logs of which all messages were read."""
    hashes: list[str] = []
    take_log = reader.Sessions.take_log

    def noted(self, sha256, *others):
        hashes.append(sha256)
        return take_log(self, sha256, *others)

    monkeypatch.setattr(reader.Sessions, "take_log", noted)
    reader._all_rows.cache_clear()
    return hashes


def sessions_of(days: int) -> list[str]:
    """A log of two sessions a day at one station, one of them over midnight."""
    lines = []
    for number in range(2 * days):
        begin = BEGIN + timedelta(hours=12 * number + 11)
        for at, action in ((begin, "StartTransaction"), (begin + timedelta(hours=2), "StopTransaction")):
            payload = {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
            more = (
                {"connectorId": 1, "idTag": "T", "meterStart": 0} if action == "StartTransaction" else {"meterStop": 9}
            )
            payload |= more | ({"transactionId": number + 1} if action == "StopTransaction" else {})
            lines.append(line(at, [2, f"{action}{number}", action, payload]))
            answer = {"idTagInfo": {"status": "Accepted"}} | (
                {"transactionId": number + 1} if "connectorId" in more else {}
            )
            lines.append(line(at, [3, f"{action}{number}", answer]))
    return lines


def line(at: datetime, frame: list[object]) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} station=CP-1 {json.dumps(frame)}"


def by_day(folder: Path, lines: list[str]) -> list[Path]:
    """The lines in a file for each day."""
    days = [text[:10] for text in lines]
    return cut(folder, lines, [number for number in range(1, len(days)) if days[number] != days[number - 1]])


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(1, 30))])
def test_a_new_log_reads_the_same_beside_loaded_logs_as_beside_new_ones(tmp_path, seed):
    chance, lines = Random(seed), month(seed)
    paths = cut(tmp_path, lines, sorted(chance.sample(range(1, len(lines)), chance.randint(2, 25))))
    loaded = {path: read_of(path, [], {})[1] for path in paths}
    for new in paths:
        known = {path: until for path, until in loaded.items() if path != new}
        assert read_of(new, paths, known)[0] == read_of(new, paths, {})[0]


def test_of_many_loaded_days_those_near_the_new_one_are_read_again(tmp_path, logs_read):
    paths = by_day(tmp_path, sessions_of(20))
    loaded = {path: read_of(path, [], {})[1] for path in paths[:-1]}
    logs_read.clear()
    rows, _ = read_of(paths[-1], paths, loaded)
    assert len(rows) > 1
    assert len(logs_read) == 4  # the new one, and those of the three days before it


def test_a_stop_whose_start_is_not_near_has_all_loaded_logs_read(tmp_path, logs_read):
    lines = sessions_of(20)
    stop = next(text for text in lines if "StopTransaction" in text)
    paths = by_day(tmp_path, [text for text in lines if text != stop] + [f"2024-03-21 10:00:00{stop[19:]}"])
    loaded = {path: read_of(path, [], {})[1] for path in paths[:-1]}
    logs_read.clear()
    rows, _ = read_of(paths[-1], paths, loaded)
    assert len(logs_read) == len(paths)
    assert not any("stop_without_start" in row for row in rows)


def test_a_log_is_read_again_where_one_of_its_messages_has_no_time(tmp_path, logs_read):
    paths = by_day(tmp_path, sessions_of(20))
    with paths[0].open("a") as file:
        file.write('station=CP-1 [2, "x", "Heartbeat", {}]\n')
    loaded = {path: read_of(path, [], {})[1] for path in paths[:-1]}
    assert [path.name for path, until in loaded.items() if until is None] == [paths[0].name]
    logs_read.clear()
    read_of(paths[-1], paths, loaded)
    assert len(logs_read) == 5


def test_a_new_log_before_the_loaded_ones_is_read_beside_all_of_them(tmp_path, logs_read):
    paths = by_day(tmp_path, sessions_of(20))
    loaded = {path: read_of(path, [], {})[1] for path in paths[1:]}
    logs_read.clear()
    read_of(paths[0], paths, loaded)
    assert len(logs_read) == len(paths)


@pytest.mark.parametrize("levels", [1_500, 3_000] if sys.version_info >= (3, 13) else [700, 900])
def test_a_refused_message_that_is_nested_too_deep_is_withheld_whole(tmp_path, levels):
    deep = "[" * levels + "]" * levels
    stop = f'{{"transactionId": 7, "meterStop": 1, "timestamp": "2024-03-01T10:00:00Z", "transactionData": {deep}}}'
    path = tmp_path / "a.log"
    path.write_text(f'2024-03-01 10:00:00 station=CP-1 [2, "e", "StopTransaction", {stop}]\n')
    ((_, *_), row, *_), _ = read_of(path, [], {})
    assert "stop_without_start" in row
    assert ROW_WITHHELD in row
