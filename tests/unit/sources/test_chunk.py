"""From cells to columns: keys, constants, and words that mean nothing."""

from __future__ import annotations

import pytest

from evcharge.sources import read_profile


@pytest.fixture
def profile(tmp_path):
    (tmp_path / "p.toml").write_text(
        'name="p"\nsource="p"\nformat="csv"\nfailures_included="yes"\nsession_key=["a","b"]\n'
        '[columns]\nstation_id="s"\nstart_time="a"\nenergy_kwh="b"\n[optional_columns]\nport_id="port"\n'
        '[constants]\nstation_operator="Us"\n[conventions]\nnull_words=["NA","-"]\n'
    )
    return read_profile(tmp_path / "p.toml")


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ("1,2", "1|2"),
        ("1,", "1|"),
        (",2", "|2"),
        (",", None),
        ("NA,-", "NA|-"),
        ("a|b,c", "a%7Cb|c"),
        ("a,b|c", "a|b%7Cc"),
        ("5%,|", "5%25|%7C"),
    ],
)
def test_a_key_is_its_parts_escaped_so_that_no_two_keys_meet(read_bytes, profile, parts, key):
    assert read_bytes(f"a,b,s\n{parts},A\n", profile).session_id.tolist() == [key]


def test_null_words_are_none_but_never_in_ids(read_bytes, profile):
    frame = read_bytes("a,b,s,port\nNA, - ,NA,-\nna,--,A,\n", profile)
    assert frame.start_time.tolist() == [None, "na"]
    assert frame.energy_kwh.tolist() == [None, "--"]
    assert frame.station_id.tolist() == ["NA", "A"]
    assert frame.port_id.tolist() == ["-", None]


def test_a_constant_stands_in_every_row_without_a_fault(read_bytes, profile):
    frame = read_bytes("a,b,s\n1,2,A\n1,2\n", profile)
    assert frame.station_operator.tolist() == ["Us", None]
    assert frame.session_id.tolist() == ["1|2", None]
