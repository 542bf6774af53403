"""Decoding: strict, with a place for what is wrong."""

from __future__ import annotations

import codecs

import pytest

from evcharge.carriers.file import BLOCK_BYTES
from evcharge.sources import builtin_profiles, with_overrides

HEADER = "session_id,station_id,start_time,end_time,energy_kwh\n"
ROW = "s1,Ærø 充電,t0,t1,7.5\n"
NATIVE = builtin_profiles()["native"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param((HEADER + ROW).encode(), id="UTF-8"),
        pytest.param((HEADER + ROW).encode("utf-8-sig"), id="UTF-8 with BOM"),
        pytest.param(codecs.BOM_UTF16_LE + (HEADER + ROW).encode("utf-16-le"), id="UTF-16 LE with BOM"),
        pytest.param(codecs.BOM_UTF16_BE + (HEADER + ROW).encode("utf-16-be"), id="UTF-16 BE with BOM"),
    ],
)
def test_what_is_marked_or_utf8_is_read(read_bytes, data):
    frame = read_bytes(data)
    assert (frame.session_id[0], frame.station_id[0], frame.line[0]) == ("s1", "Ærø 充電", 2)


def test_a_byte_order_mark_overrules_the_profile(read_bytes):
    assert read_bytes((HEADER + ROW).encode("utf-8-sig"), with_overrides(NATIVE, encoding="cp1252")).shape[0] == 1


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le"])
def test_another_encoding_is_read_when_it_is_named(read_bytes, encoding):
    data = (HEADER + "s1,Ærø,t0,t1,1\n").encode(encoding)
    assert read_bytes(data, with_overrides(NATIVE, encoding=encoding)).station_id.tolist() == ["Ærø"]


@pytest.mark.parametrize("good_rows", [0, 3, 20_000])
@pytest.mark.parametrize("bad", ["Ærø".encode("latin-1"), b"\xed\xa0\x80", b"\xc3"])
def test_a_byte_that_is_not_utf8_is_refused_with_its_line(refusal, bad, good_rows):
    error = refusal((HEADER + ROW * good_rows).encode() + b"s1," + bad)
    assert error.code == "wrong_encoding"
    assert f"line {good_rows + 2} " in error.reason
    assert "--encoding cp1252" in error.hint


def test_a_truncated_utf16_character_is_refused(refusal):
    assert refusal(codecs.BOM_UTF16_LE + (HEADER + ROW).encode("utf-16-le")[:-1]).code == "wrong_encoding"


@pytest.mark.parametrize("text", [HEADER, HEADER.replace("energy", "énergie")])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_refused_and_told(refusal, text, encoding):
    error = refusal(text.encode(encoding))
    assert error.code == "wrong_encoding"
    assert "UTF-16" in error.reason


# The mark where two files were joined


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff\ufeff"])
def test_a_mark_where_two_files_were_joined_is_no_part_of_an_id(read_bytes, end, mark):
    one = (HEADER + ROW).replace("\n", end)
    frame = read_bytes(mark + one + mark + one + mark + ROW.replace("\n", end))
    assert frame.fault.tolist() == [None, "repeated_header", None, None]
    assert frame.session_id[[0, 2, 3]].tolist() == ["s1"] * 3
    assert frame.raw[[0, 2, 3]].tolist() == [ROW.strip()] * 3


def test_a_quoted_field_behind_a_mark_is_whole(read_bytes):
    frame = read_bytes(HEADER + '\ufeff"s,1",A,t0,t1,7.5\n')
    assert (frame.fault[0], frame.session_id[0], frame.line[0]) == (None, "s,1", 2)


def test_a_mark_of_utf16_in_the_middle_is_left_out_too(read_bytes):
    text = (HEADER + ROW).encode("utf-16-le")
    frame = read_bytes(codecs.BOM_UTF16_LE + text + codecs.BOM_UTF16_LE + ROW.encode("utf-16-le"))
    assert frame.session_id.tolist() == ["s1", "s1"]


def test_a_mark_within_a_line_is_text_that_stays(read_bytes):
    frame = read_bytes(HEADER + "s1,Æ\ufeffrø,t0,t1,\ufeff7.5\n")
    assert (frame.station_id[0], frame.energy_kwh[0]) == ("Æ\ufeffrø", "\ufeff7.5")


@pytest.mark.thorough
@pytest.mark.parametrize("shift", range(6))
def test_a_mark_is_left_out_wherever_the_edge_of_a_block_falls(read_bytes, shift):
    rows_before = "x" * shift + "0,A,t0,t1,1\n" + "s,A,t0,t1,1\n" * (3 * BLOCK_BYTES // 12)
    joined = "".join(f"\ufeff{line}" for line in rows_before.splitlines(keepends=True))
    frame = read_bytes(HEADER + joined)
    assert frame.fault.isna().all()
    assert set(frame.session_id) == {"x" * shift + "0", "s"}
