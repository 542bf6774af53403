"""What must not be stored is gone before any row leaves the readers."""

from __future__ import annotations

import pytest

from evcharge.sources import open_file, read, read_profile
from evcharge.sources.privacy import REF_DIGITS, ROW_WITHHELD, WITHHELD, driver_refs, withheld_object, withheld_row

PROFILE = """
name = "mine"
source = "mine"
format = "{kind}"
failures_included = "unknown"
session_key = ["Start"]
private = ["Phone", "MAC Address"]
[columns]
station_id = "CP"
start_time = "Start"
[optional_columns]
driver_ref = "Card"
"""


@pytest.fixture
def rows(tmp_path):
    def read_rows(kind, text, salt="salt"):
        (tmp_path / "my.toml").write_text(PROFILE.format(kind=kind))
        (tmp_path / "file").write_text(text)
        with open_file(tmp_path / "file") as file:
            return next(read(file, read_profile(tmp_path / "my.toml"), salt=salt)).frame

    return read_rows


def test_a_token_becomes_the_same_reference_each_time_and_only_with_the_same_salt():
    first, again, other = driver_refs(["A1", " A1 ", "B2"], "salt")
    assert first == again != other
    assert len(first) == REF_DIGITS
    assert "A1" not in first
    assert driver_refs(["A1"], "pepper") != [first]


def test_no_token_has_no_reference():
    assert driver_refs([None, "", "  "], "salt") == [None, None, None]


@pytest.mark.parametrize("salt", [None, ""])
def test_without_a_salt_no_driver_is_kept(salt):
    assert driver_refs(["A1", "B2"], salt) == [None, None]


def test_a_raw_row_keeps_all_but_its_private_cells():
    assert withheld_row(["a;b", 'say "x"', "0700", ""], {2, 3}, ";") == f'"a;b";"say ""x""";{WITHHELD};'


def test_a_raw_object_keeps_all_but_its_private_members():
    assert (
        withheld_object({"CP": "é", "Mac_address": "00:11"}, {"macaddress"})
        == f'{{"CP":"é","Mac_address":"{WITHHELD}"}}'
    )


def test_private_cells_and_tokens_stand_in_no_raw_row(rows):
    frame = rows("csv", "CP,Start,Card,PHONE,mac_address\nP1,now,CARD-1,0700,00:11:22\nP2,now,,,\n")
    assert frame["raw"].tolist() == [f"P1,now,{WITHHELD},{WITHHELD},{WITHHELD}", "P2,now,,,"]
    assert frame["driver_ref"].tolist() == [*driver_refs(["CARD-1"], "salt"), None]


def test_a_broken_row_of_a_private_table_is_withheld_whole(rows):
    frame = rows("csv", "CP,Start,Card,Phone,MAC Address\nP1,now,CARD-1,0700\nP2,now,C,0700,00,1\nP3,now,C,0,1\n")
    assert frame["raw"].tolist()[:2] == [ROW_WITHHELD, ROW_WITHHELD]
    assert frame["fault"].tolist() == ["row_too_short", "row_too_long", None]


def test_private_members_stand_in_no_raw_line(rows):
    frame = rows("jsonl", '{"CP":"P1","Start":"now","Card":"C-1","Phone":"07"}\n{"CP":"P2","Start":[],"Phone":"07"}\n')
    assert frame["raw"].tolist() == [
        f'{{"CP":"P1","Start":"now","Card":"{WITHHELD}","Phone":"{WITHHELD}"}}',
        ROW_WITHHELD,
    ]
    assert frame["driver_ref"].tolist() == [*driver_refs(["C-1"], "salt"), None]


def test_without_a_salt_no_driver_leaves_the_reader(rows):
    frame = rows("csv", "CP,Start,Card,Phone,MAC Address\nP1,now,CARD-1,0700,\n", salt=None)
    assert frame["driver_ref"].tolist() == [None]
    assert "CARD" not in frame["raw"][0]
