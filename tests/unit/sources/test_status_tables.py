"""Tables of statuses and JSON lines of them: what is kept of twenty nasty files, and what is refused by which rule."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evcharge.errors import SourceError
from evcharge.sources import Profile, builtin_profiles, read_profile, with_overrides
from tests.support.evidence import evidence_of, said, written

HEADER = "station_id,port_id,time,status,error_code"
IRVE = "id_pdc_itinerance,etat_pdc,occupation_pdc,horodatage"
UP, DOWN = "A,1,2024-05-01T10:00:00Z,Available,", "A,1,2024-05-01T11:00:00Z,Faulted,E1"


def native(**settings: Any) -> Profile:
    return with_overrides(builtin_profiles()["status-native"], **settings)


TEN_UP, ELEVEN_DOWN = ("A/1", "01T10:00", "01T10:00", "up"), ("A/1", "01T11:00", "01T11:00", "down")
BOTH = [TEN_UP, ELEVEN_DOWN]
NASTY: dict[str, tuple[str | bytes, list[tuple[str, ...]], dict[str, int]]] = {
    "plain": (f"{HEADER}\n{UP}\n{DOWN}\n", BOTH, {}),
    "byte order mark": (f"\ufeff{HEADER}\n{UP}\n{DOWN}\n", BOTH, {}),
    "UTF-16": (f"{HEADER}\n{UP}\n{DOWN}\n".encode("utf-16"), BOTH, {}),
    "reversed": (f"{HEADER}\n{DOWN}\n{UP}\n", BOTH, {}),
    "columns swapped": (
        "Status,TIME,port_id,Station_ID\nAvailable,2024-05-01T10:00:00Z,1,A\nfaulted,2024-05-01T11:00:00Z,1,A\n",
        BOTH,
        {},
    ),
    "a quoted line end": (f'{HEADER}\n{UP}\nA,1,2024-05-01T11:00:00Z,Faulted,"E1\nE2"\n', BOTH, {}),
    "words in any case, with underscores": (
        f"{HEADER}\nA,1,2024-05-01T10:00:00Z,aVAILable,\nA,1,2024-05-01T11:00:00Z,OUT_OF-order,\n",
        BOTH,
        {},
    ),
    "blanks that do not break": (
        f"{HEADER}\n\u00a0A\u00a0,1\u00a0,2024-05-01T10:00:00Z,\u00a0Available\u00a0,\n{DOWN}\n",
        BOTH,
        {},
    ),
    "a row twice": (f"{HEADER}\n{UP}\n{UP}\n{DOWN}\n", BOTH, {}),
    "empty port is the whole station": (
        f"{HEADER}\nA,,2024-05-01T10:00:00Z,Available,\n",
        [("A/", "01T10:00", "01T10:00", "up")],
        {},
    ),
    "two words at one instant": (
        f"{HEADER}\n{UP}\nA,1,2024-05-01T10:00:00Z,Faulted,\n{DOWN}\n",
        [ELEVEN_DOWN],
        {"two_statuses_at_one_instant": 2},
    ),
    "an unknown word": (f"{HEADER}\n{UP}\nA,1,2024-05-01T11:00:00Z,Melted,\n", [TEN_UP], {"status_word_unknown": 1}),
    "no word": (f"{HEADER}\n{UP}\nA,1,2024-05-01T11:00:00Z,,\n", [TEN_UP], {"status_word_missing": 1}),
    "nobody names the port": (
        f"{HEADER}\n{UP}\n,1,2024-05-01T11:00:00Z,Faulted,\n",
        [TEN_UP],
        {"station_id_missing": 1},
    ),
    "no time": (f"{HEADER}\n{UP}\nA,1,,Faulted,\n", [TEN_UP], {"time_missing": 1}),
    "no such time": (f"{HEADER}\n{UP}\nA,1,yesterday,Faulted,\n", [TEN_UP], {"time_unreadable": 1}),
    "no zone": (f"{HEADER}\n{UP}\nA,1,2024-05-01T11:00:00,Faulted,\n", [TEN_UP], {"time_without_zone": 1}),
    "the future": (f"{HEADER}\n{UP}\nA,1,2025-05-01T11:00:00Z,Faulted,\n", [TEN_UP], {"time_in_the_future": 1}),
    "1970": (f"{HEADER}\n{UP}\nA,1,1970-01-01T00:00:00Z,Faulted,\n", [TEN_UP], {"time_out_of_range": 1}),
    "a long id": (
        f"{HEADER}\n{UP}\n{'A' * 256},1,2024-05-01T11:00:00Z,Faulted,\n",
        [TEN_UP],
        {"station_id_unusable": 1},
    ),
    "an id that a spreadsheet rounded": (
        f"{HEADER}\n{UP}\n1.23457E+17,1,2024-05-01T11:00:00Z,Faulted,\n",
        [TEN_UP],
        {"station_id_rounded": 1},
    ),
    "NUL": (f"{HEADER}\n{UP}\nA,1\0,2024-05-01T11:00:00Z,Faulted,\n", [TEN_UP], {"nul_character": 1}),
    "too short a row": (f"{HEADER}\n{UP}\nA,1,2024-05-01T11:00:00Z\n", [TEN_UP], {"row_too_short": 1}),
    "the header again": (f"{HEADER}\n{UP}\n{HEADER}\n", [TEN_UP], {"repeated_header": 1}),
    "a header alone": (f"{HEADER}\n", [], {}),
}


@pytest.mark.parametrize("name", NASTY)
def test_a_table_says_what_it_says_however_it_is_written(tmp_path: Path, name: str) -> None:
    content, rows, refused = NASTY[name]
    assert said(written(tmp_path / "s.csv", content), native()) == (rows, refused)


WHOLE = {"station_id": "A", "port_id": "1", "time": "2024-05-01T10:00:00Z", "status": "Available"}
LATER = {"time": "2024-05-01T11:00:00Z", "status": "Faulted"}
DEEP = "[" * 100_000 + "]" * 100_000
JSON_LINES: dict[str, tuple[list[Any], list[tuple[str, ...]], dict[str, int]]] = {
    "numbers as ids": ([{"station_id": 7, "port_id": 1}], [("7/1", "01T10:00", "01T10:00", "up")], {}),
    "a key twice": (['{"station_id": "A", "station_id": "B"}'], [], {"duplicate_key": 1}),
    "no object": (["[1]"], [], {"not_an_object": 1}),
    "a list for a word": ([{"status": ["Available"]}], [], {"value_not_scalar": 1}),
    "null for a word": ([{"status": None}], [], {"status_word_missing": 1}),
    "a line cut off": (['{"station_id": "A"'], [], {"malformed_row": 1}),
    "nobody names the port": ([{"station_id": ""}], [], {"station_id_missing": 1}),
    "no port": ([{"port_id": None}], [("A/", "01T10:00", "01T10:00", "up")], {}),
    "blank lines": ([{}, "", "", LATER], BOTH, {}),
    "a nested null": ([{}, {"status": {"now": None}}], [TEN_UP], {"value_not_scalar": 1}),
    "seconds since 1970": ([{}, {"time": 1714561200}], [TEN_UP], {"time_unreadable": 1}),
    "a truth for a word": ([{}, {"status": True}], [TEN_UP], {"status_word_unknown": 1}),
    "no zone": ([{}, {"time": "2024-05-01T11:00:00"}], [TEN_UP], {"time_without_zone": 1}),
    "the future": ([{}, {"time": "2031-05-01T11:00:00Z"}], [TEN_UP], {"time_in_the_future": 1}),
    "a clock of 1970": ([{}, {"time": "1970-01-01T00:00:00Z"}], [TEN_UP], {"time_out_of_range": 1}),
    "two words at one instant": ([{}, {"status": "Faulted"}, LATER], [ELEVEN_DOWN], {"two_statuses_at_one_instant": 2}),
    "a row twice, out of order": ([LATER, {}, LATER], BOTH, {}),
    "keys that nobody knows": ([{"more": {"a": [None]}, "x": None}], [TEN_UP], {}),
    "keys in capitals": (['{"STATION_ID": "A", "Port_Id": "1", "TIME": "2024-05-01T10:00:00Z", "status": "free"}'],
                         [], {"status_word_unknown": 1}),
    "escapes": ([json.dumps({**WHOLE, "status": "Available"}).replace("Av", "\\u0041v")], [TEN_UP], {}),
    "ids that differ by case and zeros": (
        [{"station_id": "a"}, {"station_id": "07"}, {"station_id": "7"}],
        [(f"{station}/1", "01T10:00", "01T10:00", "up") for station in ("07", "7", "a")], {}),
    "an id with a fraction": ([{}, {"station_id": 7.5}], [TEN_UP], {"value_not_scalar": 1}),
    "no number": ([{}, '{"station_id": NaN, "status": "Faulted"}'], [TEN_UP], {"malformed_row": 1}),
    "NUL": ([{}, {"station_id": "A\0"}], [TEN_UP], {"nul_character": 1}),
    "half a character": ([{}, '{"station_id": "A\\ud800"}'], [TEN_UP], {"malformed_row": 1}),
    "brackets without an end in sight": ([{}, f'{{"x": {DEEP}}}'], [TEN_UP], {"malformed_row": 1}),
    "null for a row": ([{}, "null"], [TEN_UP], {"not_an_object": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", JSON_LINES)
def test_json_lines_say_the_same_as_a_table(tmp_path: Path, name: str) -> None:
    lines, rows, refused = JSON_LINES[name]
    first = {**WHOLE, "station_id": "Z"}
    texts = [line if isinstance(line, str) else json.dumps({**WHOLE, **line}) for line in lines]
    path = written(tmp_path / "s.jsonl", "\n".join([json.dumps(first), *texts]))
    kept, rules = said(path, builtin_profiles()["status-native-jsonl"])
    assert ([row for row in kept if not row[0].startswith("Z")], rules) == (rows, refused)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gzip", "line ends of Windows"])
def test_json_lines_are_read_however_they_are_packed(tmp_path: Path, encoding: str) -> None:
    text = "\n".join(json.dumps({**WHOLE, **row}) for row in ({}, LATER))
    bytes_of = {"gzip": gzip.compress(text.encode()), "line ends of Windows": text.replace("\n", "\r\n").encode()}
    path = written(tmp_path / "s.jsonl", bytes_of.get(encoding) or text.encode(encoding))
    assert said(path, builtin_profiles()["status-native-jsonl"]) == (BOTH, {})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (f"[{json.dumps(WHOLE)}]", "json_array"),
        ("", "empty_file"),
        (json.dumps({**WHOLE, "x": "y" * 2_000_000}), "line_too_long"),
        (f"{json.dumps(WHOLE)},\n{json.dumps(WHOLE)}", "not_json_lines"),
        (json.dumps(WHOLE).encode() + b'\n{"station_id": "\xc5re"}', "wrong_encoding"),
    ],
)
def test_what_are_no_json_lines_is_refused_whole(tmp_path: Path, content: str | bytes, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        said(written(tmp_path / "s.jsonl", content), builtin_profiles()["status-native-jsonl"])
    assert caught.value.code == code


def test_a_zone_reads_local_times_and_the_hour_that_a_clock_change_repeats_is_refused(tmp_path: Path) -> None:
    rows = [f"A,1,2023-10-{clock},Available," for clock in ("29 01:30:00", "29 02:30:00", "29 03:30:00")]
    path = written(tmp_path / "s.csv", "\n".join([HEADER, *rows]))
    kept, refused = said(path, native(timezone="Europe/Paris"))
    assert [row[1] for row in kept] == ["28T23:30", "29T02:30"]
    assert refused == {"time_ambiguous": 1}
    kept, refused = said(path, native(timezone="Europe/Paris", ambiguous="later"))
    assert [row[1] for row in kept] == ["28T23:30", "29T01:30", "29T02:30"]
    assert said(path, native())[1] == {"time_without_zone": 3}


def test_a_refused_row_tells_its_port_and_instant_where_they_can_be_read(tmp_path: Path) -> None:
    rows = f"{HEADER}\nA,1,2024-05-01T11:00:00Z,Melted,\n,1,never,Melted,\n"
    (first, *_) = evidence_of(written(tmp_path / "s.csv", rows), native())
    told = first.refused[["source_line", "rule", "value", "station_id", "port_id", "at_ms"]]
    assert told.iloc[0].tolist() == [2, "status_word_unknown", "Melted", "A", "1", 1714561200000]
    assert set(told[told["source_line"] == 3]["rule"]) == {
        "status_word_unknown",
        "station_id_missing",
        "time_unreadable",
    }
    assert told[told["source_line"] == 3]["station_id"].isna().all()
    assert first.refused["raw"].tolist()[0] == "A,1,2024-05-01T11:00:00Z,Melted,"


def test_of_two_versions_of_one_instant_the_later_stands(tmp_path: Path) -> None:
    header = "station_id,port_id,time,status,updated_at"
    rows = [
        f"A,1,2024-05-01T10:00:00Z,{word},2024-05-0{day}T00:00:00Z" for word, day in (("Faulted", 3), ("Available", 2))
    ]
    assert said(written(tmp_path / "s.csv", "\n".join([header, *rows])), native()) == (
        [("A/1", "01T10:00", "01T10:00", "down")],
        {},
    )


def test_a_version_that_can_not_be_is_left_out_and_counted(tmp_path: Path) -> None:
    text = "station_id,port_id,time,status,updated_at\nA,1,2024-05-01T10:00:00Z,Available,soon\n"
    parts = evidence_of(written(tmp_path / "s.csv", text), native())
    assert parts[0].warnings == {"updated_at_left_out": 1}
    assert parts[0].warning_lines == {"updated_at_left_out": [2]}


TEN = "2024-05-01T10:00:00Z"


def point(name: str, hour: str, state: str) -> tuple[str, ...]:
    return (f"{name}/{name}", f"01T{hour}:00", f"01T{hour}:00", state)


IRVE_ROWS: dict[str, tuple[str, list[tuple[str, ...]], dict[str, int]]] = {
    "free": ("FR1,en_service,libre,2024-05-01T12:00:00+02:00", [("FR1/FR1", "01T10:00", "01T10:00", "up")], {}),
    "in capitals": ("FR1,EN SERVICE,Occupé,2024-05-01T10:00:00Z", [("FR1/FR1", "01T10:00", "01T10:00", "up")], {}),
    "out": ("FR1,hors_service,inconnu,2024-05-01T10:00:00Z", [("FR1/FR1", "01T10:00", "01T10:00", "down")], {}),
    "unknown": ("FR1,inconnu,inconnu,2024-05-01T10:00:00Z", [("FR1/FR1", "01T10:00", "01T10:00", "unknown")], {}),
    "no occupation": ("FR1,en_service,,2024-05-01T10:00:00Z", [("FR1/FR1", "01T10:00", "01T10:00", "up")], {}),
    "no state": ("FR1,,libre,2024-05-01T10:00:00Z", [], {"status_word_unknown": 1}),
    "a word of nobody's": ("FR1,en_panne,libre,2024-05-01T10:00:00Z", [], {"status_word_unknown": 1}),
    "no zone": ("FR1,en_service,libre,2024-05-01T10:00:00", [], {"time_without_zone": 1}),
    "no point": (",en_service,libre,2024-05-01T10:00:00Z", [], {"station_id_missing": 1}),
    "out, though free": (f"FR1,hors_service,libre,{TEN}", [point("FR1", "10", "down")], {}),
    "a word of nobody's for free": (f"FR1,en_service,branche,{TEN}", [], {"status_word_unknown": 1}),
    "the word null": (f"FR1,en_service,null,{TEN}", [], {"status_word_unknown": 1}),
    "the future": ("FR1,en_service,libre,2031-05-01T10:00:00Z", [], {"time_in_the_future": 1}),
    "a clock of 1970": ("FR1,en_service,libre,1970-01-01T00:00:00Z", [], {"time_out_of_range": 1}),
    "no time": ("FR1,en_service,libre,", [], {"time_missing": 1}),
    "no such day": ("FR1,en_service,libre,2024-02-30T10:00:00Z", [], {"time_unreadable": 1}),
    "an offset without a colon": ("FR1,en_service,libre,2024-05-01T12:00:00+0200", [point("FR1", "10", "up")], {}),
    "a row twice": (f"FR1,en_service,libre,{TEN}\nFR1,en_service,libre,{TEN}", [point("FR1", "10", "up")], {}),
    "two words at one instant": (
        f"FR1,en_service,libre,{TEN}\nFR1,hors_service,libre,{TEN}", [], {"two_statuses_at_one_instant": 2}),
    "out of order": (
        f"FR1,hors_service,libre,2024-05-01T11:00:00Z\nFR1,en_service,libre,{TEN}",
        [point("FR1", "10", "up"), point("FR1", "11", "down")], {}),
    "ids that differ by case": (
        f"FR1,en_service,libre,{TEN}\nfr1,en_service,libre,{TEN}",
        [point("FR1", "10", "up"), point("fr1", "10", "up")], {}),
    "blanks around all": (f" FR1 , en_service , libre , {TEN} ", [point("FR1", "10", "up")], {}),
    "stars in an id": (f"FR*A01*E1,en_service,libre,{TEN}", [point("FR*A01*E1", "10", "up")], {}),
    "a long id": (
        f"{'F' * 256},en_service,libre,{TEN}", [], {"station_id_unusable": 1, "port_id_unusable": 1}),
    "an id that a spreadsheet rounded": (
        f"1.2E+17,en_service,libre,{TEN}", [], {"station_id_rounded": 1, "port_id_rounded": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", IRVE_ROWS)
@pytest.mark.parametrize("kind", ["csv", "semicolon", "jsonl"])
def test_irve_tells_the_state_of_a_point_by_etat_pdc(tmp_path: Path, name: str, kind: str) -> None:
    row, rows, refused = IRVE_ROWS[name]
    text = f"{IRVE}\n{row}\n".replace(",", ";" if kind == "semicolon" else ",")
    if kind == "jsonl":
        records = (dict(zip(IRVE.split(","), line.split(","), strict=True)) for line in row.split("\n"))
        text = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    profile = builtin_profiles()["irve-dynamic-jsonl" if kind == "jsonl" else "irve-dynamic"]
    assert said(written(tmp_path / "irve", text), profile) == (rows, refused)


def polls(*rows: str) -> str:
    return "\n".join([HEADER, *(f"A,1,2024-05-01T{row}," for row in rows)])


@pytest.mark.parametrize("order", [list, lambda rows: list(reversed(rows))])
def test_polls_that_say_the_same_are_one_row_until_a_change_or_a_gap(
    tmp_path: Path, order: Callable[[list[str]], list[str]]
) -> None:
    words = ["Available"] * 3 + ["Faulted"] * 2
    rows = [f"10:{5 * place:02}:00Z,{word}" for place, word in enumerate(words)]
    rows += ["12:00:00Z,Faulted", "12:05:00Z,Faulted"]
    kept, refused = said(written(tmp_path / "s.csv", polls(*order(rows))), replace(native(), evidence="poll"))
    assert refused == {}
    assert kept == [
        ("A/1", "01T10:00", "01T10:10", "up"),
        ("A/1", "01T10:15", "01T10:20", "down"),
        ("A/1", "01T12:00", "01T12:05", "down"),
    ]


def test_a_refused_poll_ends_what_was_said_before_it(tmp_path: Path) -> None:
    rows = [f"10:0{place}:00Z,{'Melted' if place == 3 else 'Available'}" for place in range(7)]
    kept, refused = said(written(tmp_path / "s.csv", polls(*rows)), replace(native(), evidence="poll"))
    assert [row[1:3] for row in kept] == [("01T10:00", "01T10:02"), ("01T10:04", "01T10:06")]
    assert refused == {"status_word_unknown": 1}


SNAPSHOTS = """
name = "feed"
title = "A feed"
kind = "status"
evidence = "snapshot"
unlisted = "{}"
format = "csv"
[columns]
station_id = "station"
port_id = "port"
word = "state"
time = "at"
[words]
"ok" = "up"
"bad" = "down"
"""


def snapshot_profile(tmp_path: Path, unlisted: str = "up") -> Profile:
    return read_profile(written(tmp_path / "feed.toml", SNAPSHOTS.format(unlisted)))


@pytest.mark.parametrize("unlisted", ["up", "down", "unknown"])
def test_a_port_that_a_snapshot_does_not_list_is_what_the_profile_says(tmp_path: Path, unlisted: str) -> None:
    rows = ["A,1,bad,2024-05-01T10:00:00Z", "A,2,bad,2024-05-01T10:05:00Z", "A,2,bad,2024-05-01T10:10:00Z"]
    path = written(tmp_path / "s.csv", "\n".join(["station,port,state,at", *rows]))
    kept, _ = said(path, snapshot_profile(tmp_path, unlisted), known=(("B", "9"),))
    assert kept == [
        ("A/1", "01T10:00", "01T10:00", "down"),
        ("A/1", "01T10:05", "01T10:10", unlisted),
        ("A/2", "01T10:05", "01T10:10", "down"),
        ("B/9", "01T10:00", "01T10:10", unlisted),
    ]


def test_a_profile_of_snapshots_has_to_say_what_a_port_is_that_is_not_listed(tmp_path: Path) -> None:
    text = SNAPSHOTS.replace('unlisted = "{}"\n', "")
    with pytest.raises(SourceError) as caught:
        read_profile(written(tmp_path / "feed.toml", text))
    assert caught.value.code == "bad_profile"
    assert "unlisted is missing" in caught.value.reason
    assert "nobody can guess it" in str(caught.value.hint)


def test_the_name_of_a_snapshot_tells_its_time_and_an_empty_one_says_nothing_is_known(tmp_path: Path) -> None:
    text = SNAPSHOTS.format("up").replace('time = "at"\n', "")
    profile = read_profile(written(tmp_path / "feed.toml", text))
    listed = written(tmp_path / "feed_20240501_1000Z.csv", "station,port,state\nA,1,bad\n")
    assert said(listed, profile)[0] == [("A/1", "01T10:00", "01T10:00", "down")]
    empty = written(tmp_path / "feed_2024-05-01T10-05-00Z.csv", "station,port,state\n")
    assert said(empty, profile, known=(("A", "1"),))[0] == [("A/1", "01T10:05", "01T10:05", "unknown")]
    nameless = written(tmp_path / "feed.csv", "station,port,state\nA,1,bad\n")
    with pytest.raises(SourceError) as caught:
        said(nameless, profile)
    assert caught.value.code == "snapshot_without_time"
