"""Delimited text: each row is handed on once, whole, at its own line, or refused by name."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from evcharge.carriers.file import BLOCK_BYTES
from evcharge.carriers.text import MAX_LINE_CHARACTERS
from evcharge.frames import RAW_FRAME
from evcharge.sources import builtin_profiles, open_file, read, table, with_overrides

HEADER = "session_id,station_id,start_time,end_time,energy_kwh\n"
GOOD = "s1,A,t0,t1,7.5\n"
NATIVE = builtin_profiles()["native"]
TEXTS = [column.name for column in RAW_FRAME[3:]]


def test_a_row_keeps_its_line_its_wording_and_its_values(read_bytes):
    frame = read_bytes(HEADER + 's1,"A, ""north""", t0 ,t1,7.50\r\n')
    row = frame.iloc[0]
    assert (row.line, row.raw, row.fault) == (2, 's1,"A, ""north""", t0 ,t1,7.50', None)
    assert (row.station_id, row.start_time, row.energy_kwh, row.success) == ('A, "north"', " t0 ", "7.50", None)


def test_the_frame_has_the_columns_and_dtypes_of_the_contract(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(HEADER + GOOD)
    with open_file(path) as file:
        [chunk] = read(file, NATIVE)
    columns = {name: str(dtype) for name, dtype in chunk.frame.dtypes.items()}
    assert {"line", "raw", "fault", *HEADER.strip().split(",")} <= columns.keys()
    assert columns == {c.name: c.dtype for c in RAW_FRAME if c.name in columns}
    assert list(columns) == [c.name for c in RAW_FRAME if c.name in columns]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("final", [True, False])
def test_every_line_end_is_read(read_bytes, end, final):
    data = (HEADER + GOOD * 3).replace("\n", end)
    frame = read_bytes(data if final else data[: -len(end)])
    assert frame.line.tolist() == [2, 3, 4]
    assert frame.raw.tolist() == [GOOD.strip()] * 3
    assert frame.fault.isna().all()


def test_mixed_line_ends_are_read_and_counted(read_bytes):
    frame = read_bytes(HEADER.replace("\n", "\r") + GOOD.replace("\n", "\r\n") + GOOD + GOOD.replace("\n", "\r") + GOOD)
    assert frame.line.tolist() == [2, 3, 4, 5]


def test_only_cr_and_lf_end_a_line(read_bytes):
    frame = read_bytes(HEADER + "s1,A\u2028B\x0b\x0c\x1c\x85,t0,t1,1\n")
    assert frame.station_id.tolist() == ["A\u2028B\x0b\x0c\x1c\x85"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("s1,A,t0,t1\n", "row_too_short"),
        ("s1,A,t0,t1,1,2\n", "row_too_long"),
        ('s1,"A"x,t0,t1,1\n', "malformed_row"),
        (f"s1,A,t0,t1,{'9' * 200_000}\n", "malformed_row"),
        ("s1,A\0,t0,t1,1\n", "nul_character"),
        ("\0\0\0\n", "nul_character"),
        ('s1,"A\0"x,t0,t1,1\n', "nul_character"),
        (HEADER, "repeated_header"),
        ('"session_id",station_id,start_time,end_time,energy_kwh\n', "repeated_header"),
        ("# a comment\n", "row_too_short"),
        ("\x1a\n", "row_too_short"),
        ('""\n', "row_too_short"),
    ],
)
def test_a_broken_row_has_a_fault_and_takes_no_other_with_it(read_bytes, line, fault):
    frame = read_bytes(HEADER + GOOD + line + GOOD)
    assert frame.fault.tolist() == [None, fault, None]
    assert frame.line.tolist() == [2, 3, 4]
    assert frame.raw[1] == line.rstrip("\n")
    assert frame.loc[1, TEXTS].isna().all()
    assert frame.station_id.tolist() == ["A", None, "A"]


def test_a_row_cut_off_at_the_end_of_the_file_is_broken(read_bytes):
    assert read_bytes(HEADER + GOOD + 's2,"A').fault.tolist() == [None, "malformed_row"]
    assert read_bytes(HEADER + GOOD + "s2,A").fault.tolist() == [None, "row_too_short"]


def test_nul_padding_after_good_rows_is_one_broken_row(read_bytes):
    assert read_bytes(HEADER + GOOD + "\0" * 5000).fault.tolist() == [None, "nul_character"]


def test_nothing_is_shifted_when_every_row_is_one_field_too_long(read_bytes):
    frame = read_bytes(HEADER + "x,s1,A,t0,t1,7.5\n" * 5)
    assert frame.fault.tolist() == ["row_too_long"] * 5
    assert frame[TEXTS].isna().all(axis=None)


def test_blank_lines_are_no_rows_but_count_as_lines(read_bytes):
    frame = read_bytes("\n \n" + HEADER + "\n" + GOOD + "   \n\r\n" + GOOD + "\n")
    assert frame.line.tolist() == [5, 8]


def test_a_line_of_delimiters_alone_is_a_row_of_nothing(read_bytes):
    for mark in ",\t":
        profile = with_overrides(NATIVE, delimiter=mark)
        frame = read_bytes((HEADER + ",,,,\n").replace(",", mark), profile)
        assert frame.fault.tolist() == [None]
        assert frame[TEXTS].isna().all(axis=None)


def test_a_trailing_delimiter_everywhere_is_a_nameless_column(read_bytes):
    frame = read_bytes((HEADER + GOOD).replace("\n", ",,\n"))
    assert frame.fault.tolist() == [None]
    assert frame.energy_kwh.tolist() == ["7.5"]


def test_a_quoted_line_end_belongs_to_its_row(read_bytes):
    frame = read_bytes(HEADER + 's1,"A\r\nB\nC",t0,t1,1\r\n' + GOOD)
    assert frame.station_id.tolist() == ["A\r\nB\nC", "A"]
    assert frame.line.tolist() == [2, 5]
    assert frame.raw[0] == 's1,"A\r\nB\nC",t0,t1,1'


def test_a_quote_within_an_unquoted_field_is_text(read_bytes):
    assert read_bytes(HEADER + 's1,5" pipe,t0,t1,1\n').station_id.tolist() == ['5" pipe']


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(GOOD * 3, id="to the end of the file"),
        pytest.param(GOOD * 50_000, id="over more than a field may hold"),
        pytest.param(GOOD + 's2,"B",t0,t1,1\n', id="until the next quote"),
    ],
)
def test_an_unclosed_quote_is_refused_with_its_line(refusal, tail):
    error = refusal(HEADER + GOOD + 's1,"A,t0,t1,1\n' + tail)
    assert error.code == "unclosed_quote"
    assert "line 3" in error.reason


@pytest.mark.thorough
def test_a_row_without_end_over_many_lines_is_refused(refusal):
    assert refusal(HEADER + "s1," + '"\n",' * (MAX_LINE_CHARACTERS // 3)).code == "line_too_long"


def test_a_line_too_long_is_refused_with_its_number(refusal):
    error = refusal(HEADER + GOOD + "x" * (MAX_LINE_CHARACTERS + 1) + "\n" + GOOD)
    assert error.code == "line_too_long"
    assert "line 3" in error.reason


def test_a_line_as_long_as_allowed_is_read(read_bytes):
    assert read_bytes(HEADER + "x" * MAX_LINE_CHARACTERS + "\n" + GOOD).fault.tolist() == ["malformed_row", None]


@pytest.mark.parametrize("chunk_rows", [pytest.param(1, marks=pytest.mark.thorough), 7, 1000, 50_000])
def test_chunks_are_full_but_the_last_and_lose_no_row(tmp_path, chunk_rows):
    count = 1500
    path = tmp_path / "f.csv"
    path.write_text(HEADER + "".join(f"s{i},A,t0,t1,{i}\n" for i in range(count)))
    with open_file(path) as file:
        frames = [chunk.frame for chunk in read(file, NATIVE, chunk_rows)]
    assert [len(frame) for frame in frames[:-1]] == [chunk_rows] * (len(frames) - 1)
    assert pd.concat(frames).energy_kwh.tolist() == [str(i) for i in range(count)]


def test_a_header_alone_gives_no_chunk(read_bytes):
    assert len(read_bytes(HEADER)) == 0
    assert len(read_bytes(HEADER.strip())) == 0


@pytest.mark.thorough
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("shift", range(8))
def test_rows_are_the_same_wherever_a_block_is_cut(read_bytes, end, shift):
    names = [f"é{end}quoted" if i % 97 == 0 else "plain, é" for i in range(BLOCK_BYTES // 12)]
    body = "".join(f's{i},"{name}",t0,t1,{i}{end}' for i, name in enumerate(names))
    frame = read_bytes(" " * shift + end + HEADER.replace("\n", end) + body)
    assert frame.fault.isna().all()
    assert frame.station_id.tolist() == names
    assert frame.raw[97] == f's97,"é{end}quoted",t0,t1,97'
    assert frame.line.tolist() == [3 + i + (i + 96) // 97 for i in range(len(names))]


@pytest.mark.parametrize(
    "lines",
    [
        [GOOD, "\n", "s2,A\n", 's3,"A, b",t0,t1,\n', HEADER, "s4,A,t0,t1,1,2\n", " ,,,,\n"],
        [GOOD, "s2, é ,t0,,\r\n", "s3,A\u2028,t0,t1,7\n", ",,,,\n"],
        [GOOD, "s2,A,t0\n", "s3,A,t0,t1,1,2,3\n"],
        [GOOD, f"s2,A,t0,t1,{'7' * 140_000}\n"],
        [GOOD, HEADER],
    ],
)
def test_the_slow_way_and_the_quick_way_agree(read_bytes, monkeypatch, lines):
    data = HEADER + "".join(lines) * 50
    quick = read_bytes(data)
    monkeypatch.setattr(table, "_one_line_rows", lambda block, layout: None)
    pd.testing.assert_frame_equal(read_bytes(data), quick)


@pytest.mark.parametrize("value", ["007", "1e5", "NA", "null", "None", "nan", "-", "True", " 007 ", "9007199254740993"])
def test_an_id_is_its_text(read_bytes, value):
    profile = with_overrides(NATIVE)
    frame = read_bytes(HEADER + f"{value},{value},t0,t1,1\n", profile)
    assert (frame.session_id[0], frame.station_id[0]) == (value, value)


def test_an_empty_field_is_none(read_bytes):
    frame = read_bytes(HEADER + ",,,,\ns,A,t,t,1\n")
    assert frame.session_id.tolist() == [None, "s"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("session_id,station_id,start_time,end_time,energy_kwh,Energy_kWh \n", "duplicate_column"),
        (HEADER.replace("\n", "," + ",".join(f"c{i}" for i in range(1000)) + "\n"), "too_many_columns"),
        ('session_id,"station_id\n' + GOOD * 3, "malformed_header"),
        ('"session_id"x,station_id\n', "malformed_header"),
    ],
)
def test_a_bad_header_is_refused(refusal, data, code):
    assert refusal(data + GOOD, NATIVE).code == code
    assert refusal(data + GOOD).code in (code, "no_profile_fits")


def test_a_header_fits_in_any_case_order_and_padding(read_bytes):
    frame = read_bytes(" Energy_kWh ,extra,END_TIME,start_time,Station_ID, Session_ID\n1,x,t1,t0,A,s\n")
    assert frame.loc[0, ["session_id", "station_id", "start_time", "end_time", "energy_kwh"]].tolist() == [
        "s",
        "A",
        "t0",
        "t1",
        "1",
    ]


# Delimiters at the end of a line


@pytest.mark.parametrize("more", [",", ",,,", ", ,\t", ',""'])
def test_a_row_wider_than_the_header_by_empty_fields_alone_is_sound(read_bytes, more):
    frame = read_bytes(HEADER + GOOD.replace("\n", f"{more}\n") + GOOD)
    assert frame.fault.isna().all()
    assert frame.energy_kwh.tolist() == ["7.5", "7.5"]
    assert frame.raw[0] == GOOD.strip() + more


@pytest.mark.parametrize("more", [",", ",,,", ", "])
@pytest.mark.parametrize("of_row", ["", ",", ",,"])
def test_a_header_wider_than_its_rows_by_empty_names_alone_is_sound(read_bytes, more, of_row):
    frame = read_bytes(HEADER.replace("\n", f"{more}\n") + GOOD.replace("\n", f"{of_row}\n"))
    assert frame.fault.isna().all()
    assert (frame.session_id[0], frame.energy_kwh[0], frame.raw[0]) == ("s1", "7.5", GOOD.strip() + of_row)


def test_an_end_left_empty_is_no_delimiter_at_the_end_of_a_line(read_bytes):
    frame = read_bytes("session_id,station_id,start_time,energy_kwh,end_time\ns1,A,t0,7.5,\ns2,A,t0,7.5,,\n")
    assert frame.fault.isna().all()
    assert frame.end_time.isin(["", None]).all()


@pytest.mark.parametrize(
    ("header", "line", "fault"),
    [
        (HEADER, "s1,A,t0,t1,7.5,,x\n", "row_too_long"),
        (HEADER, "s1,A,t0,t1,7.5,0\n", "row_too_long"),
        (HEADER, "s1,A,t0,t1\n", "row_too_short"),
        (HEADER.replace("\n", ",\n"), "s1,A,t0,t1\n", "row_too_short"),
        (HEADER.replace("\n", ",note\n"), "s1,A,t0,t1,7.5\n", "row_too_short"),
        (HEADER.replace("\n", ",\n"), "s1,A,t0,t1,7.5,,x\n", "row_too_long"),
    ],
)
def test_a_row_that_differs_from_the_header_by_more_than_empty_fields_is_refused(read_bytes, header, line, fault):
    frame = read_bytes(header + GOOD.replace("\n", "," * (header.count(",") - 4) + "\n") + line)
    assert frame.fault.tolist() == [None, fault]


def test_a_repeated_header_with_delimiters_at_its_end_is_known_for_one(read_bytes):
    frame = read_bytes(HEADER + GOOD + HEADER.replace("\n", ",,\n"))
    assert frame.fault.tolist() == [None, "repeated_header"]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line", ["sep={}\n", "SEP={}\r\n", '"sep={}"\n', "\nsep={},\n"])
def test_a_first_line_that_states_the_delimiter_is_followed(read_bytes, line, sign):
    frame = read_bytes(line.format(sign) + (HEADER + GOOD).replace(",", sign))
    assert frame.session_id.tolist() == ["s1"]
    assert frame.line.tolist() == [2 + line.count("\n")]


@pytest.mark.parametrize("title", ["Sessions of May\n", '"Sessions\nof May"\n\n', "made on,1 June\nby,me\n\n \n"])
def test_lines_above_the_header_that_are_less_full_are_no_rows(read_bytes, title):
    frame = read_bytes(title + HEADER + GOOD)
    assert (frame.raw.tolist(), frame.fault.tolist()) == ([GOOD.strip()], [None])
    assert frame.line.tolist() == [2 + title.count("\n")]


def test_a_line_above_the_header_that_is_as_full_may_be_of_a_table_and_is_not_left_out(refusal):
    assert refusal("a,b,c,d,e\n" + HEADER + GOOD, NATIVE).code == "missing_columns"


def test_the_header_is_looked_for_in_the_first_twenty_lines(read_bytes, refusal):
    assert len(read_bytes("x\n" * 19 + HEADER + GOOD)) == 1
    assert refusal("x\n" * 20 + HEADER + GOOD, NATIVE).code == "missing_columns"


def test_the_line_that_a_profile_states_names_the_columns(read_bytes, refusal):
    assert read_bytes("a,b,c,d,e\n" + HEADER + GOOD, replace(NATIVE, header_line=2)).line.tolist() == [3]
    assert refusal(HEADER + GOOD, replace(NATIVE, header_line=2)).code == "missing_columns"
    assert refusal(HEADER + GOOD, replace(NATIVE, header_line=9)).code == "malformed_header"
