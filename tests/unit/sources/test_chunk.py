"""From cells to columns: keys, constants, steps, spellings, and words that mean nothing."""

from __future__ import annotations

import json

import pytest

from evcharge.clean import clean
from evcharge.sources import open_file, pick_profile, read, read_profile, unknown_columns
from tests.support.factories import AS_OF
from tests.support.reading import whole


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


@pytest.fixture
def of_settings(tmp_path):
    """Makes a profile of these lines of TOML, beside those that each has."""

    def make(top="", columns='station_id="s"\nstart_time="a"', rest=""):
        key = "" if "session_key" in top else 'session_key=["a"]\n'
        (tmp_path / "mine.toml").write_text(
            f'name="p"\nsource="p"\nformat="csv"\nfailures_included="yes"\n{top}\n{key}[columns]\n{columns}\n{rest}\n'
        )
        return read_profile(tmp_path / "mine.toml")

    return make


def step(name, *fields):
    return f'[[steps]]\nstep="{name}"\nfields={json.dumps(fields)}\n'


def chunks_of(tmp_path, text, profile, chunk_rows=50_000):
    (tmp_path / "rows.csv").write_text(text)
    with open_file(tmp_path / "rows.csv") as file:
        return list(read(file, profile, chunk_rows))


def test_steps_are_done_in_their_order_before_key_and_columns(tmp_path, of_settings):
    profile = of_settings(rest=step("date_part", "a") + step("swap_day_month", "A") + step("hyphens_in_date", "a"))
    (raw,) = chunks_of(tmp_path, "a,s\n2018/05/03 00:00,X\n2018/05/30 00:00,X\n,X\n", profile)
    assert raw.frame.start_time.tolist() == ["2018-03-05", "2018-05-30", None]
    assert raw.frame.session_id.tolist() == ["2018-03-05", "2018-05-30", None]
    assert raw.frame.raw.tolist()[0] == "2018/05/03 00:00,X"
    assert raw.repaired == {"swap_day_month": 1}


def test_a_step_passes_over_fields_that_the_file_lacks(tmp_path, of_settings):
    profile = of_settings(rest=step("no_epoch_zero", "end", "gone") + '[optional_columns]\nend_time="end"\n')
    for heading, times in (("end", ["", "1970"]), ("other", [None, None])):
        (raw,) = chunks_of(tmp_path, f"a,s,{heading}\n1,X,1970-01-01\n2,X,1970\n", profile)
        assert whole(raw.frame).end_time.fillna("").tolist() == [time or "" for time in times]


def test_rows_that_are_no_sessions_are_counted_in_the_chunk_that_they_stand_in(tmp_path, of_settings):
    profile = of_settings(rest=step("drop_filler_rows", "a", "s"))
    text = "a,s,x\n1,X,\n,,note\n2,X,\n , ,\n3,X,\n,,\n"
    chunks = chunks_of(tmp_path, text, profile, chunk_rows=4)
    assert [raw.skipped for raw in chunks] == [2, 1]
    assert [raw.frame.line.tolist() for raw in chunks] == [[2, 4], [6]]


def test_a_chunk_of_nothing_but_filler_still_tells_its_count(tmp_path, of_settings):
    (raw,) = chunks_of(tmp_path, "a,s\n,\n,\n", of_settings(rest=step("drop_filler_rows", "a", "s")))
    assert (raw.skipped, len(raw.frame), list(raw.frame)[:3]) == (2, 0, ["line", "raw", "fault"])


def test_a_broken_row_is_no_filler(tmp_path, of_settings):
    (raw,) = chunks_of(tmp_path, "a,s\n,,x\n,\n", of_settings(rest=step("drop_filler_rows", "a", "s")))
    assert (raw.skipped, raw.frame.fault.tolist()) == (1, ["row_too_long"])


def test_filler_is_told_only_by_fields_that_are_there(tmp_path, of_settings):
    profile = of_settings(rest=step("drop_filler_rows", "gone"))
    (raw,) = chunks_of(tmp_path, "a,s\n,\n1,X\n", profile)
    assert (raw.skipped, len(raw.frame)) == (0, 2)


@pytest.mark.parametrize(
    ("day", "clock", "joined"),
    [
        ("1/2/2018", "09:14", "1/2/2018 09:14"),
        (" 1/2/2018 ", " 09:14", "1/2/2018 09:14"),
        ("1/2/2018", "", "1/2/2018"),
        ("", "09:14", "09:14"),
        ("NA", "09:14", "09:14"),
        ("", "", None),
        (" ", " ", None),
    ],
)
def test_a_combined_column_is_its_fields_joined_by_a_blank(tmp_path, of_settings, day, clock, joined):
    profile = of_settings(
        'session_key=["id"]',
        'station_id="s"',
        '[combined]\nstart_time=["Day","Clock"]\n[conventions]\nnull_words=["NA"]\n',
    )
    (raw,) = chunks_of(tmp_path, f"id,s,day,clock\n1,X,{day},{clock}\n", profile)
    assert raw.frame.start_time.tolist() == [joined]


@pytest.mark.parametrize("heading", ["kWh", "KWH", "Consum", "con sum", "Total_kWh"])
def test_any_spelling_of_a_field_is_read_as_column_and_as_part_of_the_key(tmp_path, of_settings, heading):
    spellings = 'station_id="s"\nstart_time="a"\nenergy_kwh=["kWh","Consum","Total kWh"]'
    profile = of_settings('session_key=["a","kWh"]', spellings)
    (raw,) = chunks_of(tmp_path, f"a,s,{heading}\n1,X,2.5\n", profile)
    assert raw.frame.energy_kwh.tolist() == ["2.5"]
    assert raw.frame.session_id.tolist() == ["1|2.5"]


def test_the_first_spelling_that_a_file_has_is_read(tmp_path, of_settings):
    profile = of_settings(columns='station_id=["s","t"]\nstart_time="a"')
    (raw,) = chunks_of(tmp_path, "a,t,s\n1,T,S\n", profile)
    assert raw.frame.station_id.tolist() == ["S"]


def test_a_key_without_the_field_it_hangs_on_is_none(tmp_path, of_settings):
    profile = of_settings('session_key=["n","port"]', rest=step("only_with_first", "n", "port"))
    (raw,) = chunks_of(tmp_path, "a,s,n,port\n1,X,7,P\n1,X,,P\n", profile)
    assert raw.frame.session_id.tolist() == ["7|P", None]


def test_a_mark_must_be_in_the_file_and_is_known_but_not_read(tmp_path, of_settings):
    profile = of_settings('marks=["_id"]')
    (tmp_path / "rows.csv").write_text("_ID,a,s,x\n1,2,X,\n")
    with open_file(tmp_path / "rows.csv") as file:
        assert pick_profile(file, [profile]) is profile
        assert unknown_columns(file, profile) == ("x",)


def test_a_file_that_lacks_only_the_mark_is_for_another_profile(refusal, of_settings):
    error = refusal("a,s\n1,X\n", of_settings('marks=["row_no"]'))
    assert error.code == "missing_columns"
    assert "row_no" in error.reason
    assert "another layout" in error.hint
    assert "--map" not in error.hint


def test_what_is_done_for_the_key_alone_changes_no_column(read_bytes, of_settings):
    rest = '[[key_steps]]\nstep="capitals"\nfields=["a"]\n[optional_columns]\nport_id="a"\n'
    rows = read_bytes("a,s\n 1a ,S\n1A,S\n", of_settings('session_key=["s","a"]', rest=rest))
    assert rows.session_id.str.strip().tolist() == ["S|1A", "S|1A"]
    assert rows.port_id.tolist() == [" 1a ", "1A"]


def test_a_word_for_no_port_is_no_port_and_stays_in_the_key(read_bytes, of_settings):
    rest = '[optional_columns]\nport_id="a"\n[conventions]\nno_port_words=["0"]\n'
    rows = read_bytes("a,s\n 0,S\n10,S\n", of_settings('session_key=["s","a"]', rest=rest))
    assert rows.port_id.tolist() == [None, "10"]
    assert rows.session_id.str.strip().tolist() == ["S|0", "S|10"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("7", None),
        ("7\u200b", "padded_id"),
        (" 7", "padded_id"),
        ("\ufeff7", "padded_id"),
        ("'7", "formula_id"),
        ('"=""7"""', "formula_id"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_each_part_of_a_key_is_cleaned_and_counted_as_an_id_is(tmp_path, of_settings, written, code, place):
    cells = [written, "8"] if place == 0 else ["8", written]
    path = tmp_path / "f.csv"
    path.write_text(f"s,t,a,b\nA,2025-04-01T08:00:00Z,{','.join(cells)}\n", encoding="utf-8")
    profile = of_settings('session_key=["a","b"]', columns='station_id="s"\nstart_time="t"\n')
    with open_file(path) as file:
        (raw,) = read(file, profile)
    cleaned = clean(raw, AS_OF)
    assert cleaned.rows.session_id.tolist() == ["7|8" if place == 0 else "8|7"]
    assert cleaned.warnings == ({code: 1} if code else {})


def test_a_heading_loses_what_no_eye_sees(read_bytes, profile):
    frame = read_bytes("\ufeff\u200ba\u200b,\u3000b ,s\u00ad\n1,2,A\n", profile)
    assert (frame.session_id[0], frame.station_id[0]) == ("1|2", "A")


def test_a_part_of_a_key_that_a_spreadsheet_rounded_refuses_the_row(tmp_path, of_settings):
    path = tmp_path / "f.csv"
    path.write_text("a,b,s,t\n1.23457E+17,8,A,2025-04-01T08:00:00Z\n")
    with open_file(path) as file:
        (raw,) = read(file, of_settings('session_key=["a","b"]', columns='station_id="s"\nstart_time="t"\n'))
    assert clean(raw, AS_OF).rejects.rule.tolist() == ["session_id_rounded"]


def test_a_key_whose_parts_are_nothing_but_what_no_eye_sees_is_none(read_bytes, of_settings):
    assert read_bytes("a,b,s\n \u200b,\ufeff,A\n", of_settings('session_key=["b","s"]')).session_id[0] == "|A "
    assert read_bytes("a,b,s\n1,\ufeff,A\n", of_settings('session_key=["b"]')).session_id[0] is None


def test_parts_of_a_key_that_say_nothing_in_two_ways_make_two_keys(read_bytes, of_settings):
    rows = read_bytes("a,b,s\nx, - ,S\nx,  -,S\n x,y ,S\nx,y,S\n", of_settings('session_key=["a","b"]'))
    assert [key.rstrip() for key in rows.session_id] == ["x| -", "x|  -", "x|y", "x|y"]
