"""Blank lines: wherever they stand, no row, line number or text depends on them, and many cost next to nothing."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from evcharge.errors import SourceError
from evcharge.load.time_format import settled
from evcharge.registries.records import records_of
from evcharge.sources import builtin_profiles, open_file, pick_profile, read
from evcharge.sources.ocpp.frame import KeptFrame
from evcharge.sources.ocpp.messages import messages_of

NATIVE = builtin_profiles()["native"]
TABS = replace(NATIVE, delimiters=("\t",))
LINES = replace(NATIVE, format="jsonl")
OCPP = builtin_profiles()["ocpp"]

HEADER = "session_id,station_id,start_time,end_time,energy_kwh"
CSV = [HEADER, *(f"s{n},A,2024-01-0{n}T00:00:00Z,2024-01-0{n}T01:00:00Z,7.5" for n in (1, 2, 3))]
JSON = [
    f'{{"session_id": "s{n}", "station_id": "A", "start_time": "2024-01-0{n}T00:00:00Z", '
    f'"end_time": "2024-01-0{n}T01:00:00Z", "energy_kwh": 7}}'
    for n in (1, 2, 3)
]
LOG = [
    f'[2024-01-0{n}T00:00:00Z] stationId=A received [2,"{n}","StatusNotification",'
    f'{{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"2024-01-0{n}T00:00:00Z"}}]'
    for n in (1, 2, 3)
]
QUOTED = [CSV[0], '"s1",A,2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,"7.5"', *CSV[2:]]
KINDS = {
    "csv": (NATIVE, CSV),
    "tabs": (TABS, [line.replace(",", "\t") for line in CSV]),
    "quoted": (NATIVE, QUOTED),
    "json lines": (LINES, JSON),
    "log": (OCPP, LOG),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def told(path, profile):
    """Line and text of each row; of a log, of each message."""
    with open_file(path) as file:
        if profile is OCPP:
            return [(message.line, str(KeptFrame(message.packed))) for message in messages_of(file, profile)]
        frames = [raw.frame for raw in read(file, settled(file, pick_profile(file, [profile]))[0])]
    return [row for frame in frames for row in zip(frame["line"], frame["raw"], strict=True)]


def written(path, lines, blank, many, end="\n"):
    """A file of these lines with so many blank ones before each, and the line numbers that they then have."""
    path.write_bytes("".join(f"{blank}{end}" * many + line + end for line in lines).encode())
    return [(many + 1) * place for place in range(1, len(lines) + 1)]


@every_kind
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("blank", ["", " ", "\x0b \x0c"])
@pytest.mark.parametrize("many", [1, 64, 9_000])
def test_blank_lines_change_no_row_and_each_row_keeps_its_number(tmp_path, kind, end, blank, many):
    profile, lines = KINDS[kind]
    numbers = written(tmp_path / "f", lines, blank, many, end)
    rows = list(zip(numbers, lines, strict=True))
    if profile is OCPP:
        assert [line for line, _ in told(tmp_path / "f", profile)] == numbers
    elif profile is TABS and blank:  # beside a blank delimiter only an empty line is blank for sure
        assert [row for row in told(tmp_path / "f", profile) if row[1].strip()] == rows[1:]
    else:
        assert told(tmp_path / "f", profile) == (rows if profile is LINES else rows[1:])


@pytest.mark.parametrize("many", [10, 100, 9_000])
def test_blank_lines_within_quotes_are_the_text_they_are(tmp_path, many):
    text = f'"s1","A{chr(10) * many}B",2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,7.5'
    blank = "\n" * many
    (tmp_path / "f").write_text(f"{HEADER}{blank}\n{text}\n{blank}{CSV[2]}\n", newline="")
    first = many + 2
    assert told(tmp_path / "f", NATIVE) == [(first, text), (first + 2 * many + 1, CSV[2])]


def test_what_is_blank_at_the_beginning_of_a_row_stays_in_it(tmp_path):
    (tmp_path / "f").write_text("\n".join([CSV[0], *[""] * 200, f"   {CSV[1]}", *[" "] * 200, f"\t{CSV[2]}", ""]))
    assert told(tmp_path / "f", NATIVE) == [(202, f"   {CSV[1]}"), (403, f"\t{CSV[2]}")]


def test_a_row_of_tabs_alone_is_a_row_where_tabs_separate(tmp_path):
    lines = [line.replace(",", "\t") for line in CSV]
    (tmp_path / "f").write_text("\n".join([lines[0], *["\t\t\t\t"] * 100, lines[1], ""]))
    assert [line for line, _ in told(tmp_path / "f", TABS)] == list(range(2, 103))


def calls_of(function, *arguments):
    """How often Python is called, or calls, while the function runs: what it costs on any machine."""
    counted = 0

    def count(_frame, event, _argument):
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return counted


@every_kind
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_hundred_thousand_blank_lines_take_no_more_than_a_few_calls_a_block(tmp_path, kind, end):
    profile, lines = KINDS[kind]
    written(tmp_path / "few", lines, "", 100, end)
    written(tmp_path / "many", lines, "", 100_000, end)
    assert calls_of(told, tmp_path / "few", profile) > 100
    few, many = (calls_of(told, tmp_path / name, profile) for name in ("few", "many"))
    assert many - few < 5_000


REGISTRY = ["id,name", '1,"a\nb"', "2,c"]


def records(path):
    with open_file(path) as file:
        return [(record.number, record.value) for record in records_of(file, "utf-8").each()]


@pytest.mark.parametrize("many", [0, 1, 200_000])
def test_blank_lines_change_no_record_of_a_registry_and_each_keeps_its_number(tmp_path, many):
    written(tmp_path / "f", REGISTRY, "", many)
    first = 2 * many + 2
    assert records(tmp_path / "f") == [
        (first, {"id": "1", "name": "a\nb"}),
        (first + many + 2, {"id": "2", "name": "c"}),
    ]


def test_a_blank_block_within_quotes_of_a_registry_is_the_text_it_is(tmp_path):
    text = "a" + "\n" * 200_000 + "b"
    (tmp_path / "f").write_text(f'id,name\n1,"{text}"\n2,c\n')
    with pytest.raises(SourceError) as caught:  # the csv module takes no field of that length
        records(tmp_path / "f")
    assert caught.value.code == "malformed_csv"


@pytest.mark.thorough
@pytest.mark.parametrize("lines", [REGISTRY, ['{"id": 1}', '{"id": 2}', '{"id": 3}']])
def test_blank_blocks_of_a_registry_are_passed_at_once(tmp_path, lines):
    written(tmp_path / "few", lines, "", 200_000)
    written(tmp_path / "many", lines, "", 1_200_000)
    few, many = (calls_of(records, tmp_path / name) for name in ("few", "many"))
    assert many - few < 500_000  # of three million; a block that is blank in part is read line by line


def test_a_beginning_that_is_blank_is_read_once_for_all_profiles(tmp_path):
    (tmp_path / "few").write_text("\n" * 100 + "\n".join(CSV))
    (tmp_path / "many").write_text("\n" * 1_000_000 + "\n".join(CSV))

    def recognised(path):
        with open_file(path) as file:
            assert pick_profile(file, builtin_profiles().values()).name == "native"

    recognised(tmp_path / "few")
    few, many = (calls_of(recognised, tmp_path / name) for name in ("few", "many"))
    assert many - few < 5_000
