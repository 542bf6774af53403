"""JSON lines: a scalar is the text it was written as, and a broken line is a fault of that line."""

from __future__ import annotations

import pytest

from evcharge.sources import builtin_profiles, open_file, read_profile, unknown_columns

GOOD = '{"energy":46.570,"start":1733848096000,"end":1733850582000,"id_pdc_itinerance":"FR1"}\n'
QUALICHARGE = builtin_profiles()["qualicharge"]


def line(energy: str = "1", start: str = "1", pdc: str = '"FR2"', more: str = "") -> str:
    return f'{{"energy":{energy},"start":{start},"end":2,"id_pdc_itinerance":{pdc}{more}}}'


def test_a_row_keeps_its_line_its_wording_and_its_numbers(read_bytes):
    row = read_bytes("\n" + GOOD).iloc[0]
    assert (row.line, row.raw, row.fault) == (2, GOOD.strip(), None)
    assert (row.energy_kwh, row.start_time, row.session_id) == ("46.570", "1733848096000", "FR1|1733848096000")
    assert type(row.energy_kwh) is str


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1e3", "1e3"),
        ("-0", "-0"),
        ("0.10", "0.10"),
        ("9" * 5000, "9" * 5000),
        ('"x"', "x"),
        ("true", "true"),
        ("false", "false"),
        ("null", None),
        ('""', None),
        ('"\\u00e9"', "é"),
        ('"\\ud83d\\udd0c"', "🔌"),
    ],
)
def test_a_scalar_is_the_text_it_was_written_as(read_bytes, written, text):
    frame = read_bytes(GOOD + line(energy=written))
    assert frame.fault.tolist() == [None, None]
    assert frame.energy_kwh[1] == text


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "malformed_row"),
        (GOOD[:40], "malformed_row"),
        (line()[:-1] + ",}", "malformed_row"),
        (line() + " // x", "malformed_row"),
        ("{'energy':1}", "malformed_row"),
        (line(energy="NaN"), "malformed_row"),
        (line(energy="-Infinity"), "malformed_row"),
        (line(more=',"other":Infinity'), "malformed_row"),
        (line(more=',"deep":' + "[" * 100_000), "malformed_row"),
        (line(more=',"deep":' + "[" * 100_000 + "]" * 100_000), "malformed_row"),
        (line(pdc='"\\ud800"'), "malformed_row"),
        (line(pdc='"\\u0000"'), "nul_character"),
        (line(pdc='"\0"'), "nul_character"),
        (line(more=',"energy":2'), "duplicate_key"),
        (line(more=',"ENERGY ":2'), "duplicate_key"),
        (line(more=',"other":{"a":1,"a":2}'), "duplicate_key"),
        ("[1, 2]", "not_an_object"),
        ('"text"', "not_an_object"),
        ("7", "not_an_object"),
        ("null", "not_an_object"),
        (line(energy="[1]"), "value_not_scalar"),
        (line(energy="{}"), "value_not_scalar"),
        (line(pdc="7.0"), "value_not_scalar"),
        (line(pdc="true"), "value_not_scalar"),
        (line(pdc="[7]"), "value_not_scalar"),
        ("\x1a", "malformed_row"),
    ],
)
def test_a_broken_line_has_a_fault_and_takes_no_other_with_it(read_bytes, text, fault):
    frame = read_bytes(GOOD + text + "\n" + GOOD)
    assert frame.fault.tolist() == [None, fault, None]
    assert frame.line.tolist() == [1, 2, 3]
    assert frame.raw[1] == text
    assert frame.iloc[1, 3:].isna().all()
    assert frame.station_id.tolist() == ["FR1", None, "FR1"]


def test_what_no_column_is_mapped_to_may_be_anything(read_bytes):
    assert read_bytes(GOOD + line(more=',"other":{"a":[1,{}]},"x":"\\ud800"')).fault.tolist() == [None, None]


def test_a_whole_number_is_an_id_and_a_missing_key_is_none(read_bytes):
    frame = read_bytes(GOOD + line(pdc="9007199254740993") + '\n{"start":5}\n{}\n')
    assert frame.station_id.tolist() == ["FR1", "9007199254740993", None, None]
    assert frame.session_id.tolist() == ["FR1|1733848096000", "9007199254740993|1", "|5", None]


def test_keys_fit_in_any_case_and_padding(read_bytes):
    frame = read_bytes(GOOD.replace('"energy"', '" Energy "') + GOOD)
    assert frame.energy_kwh.tolist() == ["46.570", "46.570"]


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode(), GOOD.strip().encode()]
)
def test_a_mark_crlf_and_no_final_line_end_are_read(read_bytes, data):
    assert read_bytes(data).fault.tolist() == [None]


def test_unknown_keys_are_those_of_the_first_object(tmp_path):
    (tmp_path / "f").write_text(line(more=',"new":1,"also":2') + "\n" + line(more=',"later":1'))
    with open_file(tmp_path / "f") as file:
        assert unknown_columns(file, QUALICHARGE) == ("new", "also")


def test_a_float_may_be_part_of_a_key(tmp_path, read_bytes):
    path = tmp_path / "p.toml"
    path.write_text(
        'name="x"\nsource="x"\nformat="jsonl"\nfailures_included="yes"\nsession_key=["t","e"]\n'
        '[columns]\nstation_id="s"\nstart_time="t"\nenergy_kwh="e"'
    )
    assert read_bytes('{"s":"A","t":1,"e":7.50}', read_profile(path)).session_id.tolist() == ["1|7.50"]


def test_a_mark_where_two_files_were_joined_is_no_part_of_an_object(read_bytes):
    frame = read_bytes(GOOD + "\ufeff" + line() + "\n\ufeff\ufeff" + GOOD)
    assert frame.fault.isna().all()
    assert frame.session_id.tolist() == ["FR1|1733848096000", "FR2|1", "FR1|1733848096000"]
    assert frame.raw.tolist() == [GOOD.strip(), line(), GOOD.strip()]
