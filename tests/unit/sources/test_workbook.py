"""Workbooks: each cell becomes the text that the profile can read; what can't be read soundly is refused by name."""

from __future__ import annotations

import gc
import gzip
import io
import sys
import weakref
import zipfile
from dataclasses import replace
from datetime import date as day
from datetime import datetime, time, timedelta

import pytest

from evcharge.errors import SourceError
from evcharge.sources import (
    builtin_profiles,
    open_file,
    pick_profile,
    read,
    unknown_columns,
    workbook_archive,
    workbook_cells,
)
from evcharge.sources import workbook as reader
from evcharge.sources.profile import Step
from tests.support.reading import read_path
from tests.support.workbooks import ERROR, MAIN, Cell, date, formula, number, workbook, zipped

HEADER = ["session_id", "station_id", "start_time", "end_time", "energy_kwh"]
GOOD = ["s1", "A", "2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z", "7.5"]
NATIVE = builtin_profiles()["native"]


def native(**conventions):
    return replace(NATIVE, conventions=replace(NATIVE.conventions, **conventions))


# Which sheet


def test_a_workbook_is_read_by_the_profile_of_a_table_with_the_rows_numbers(read_bytes):
    frame = read_bytes(workbook([HEADER, GOOD, ["s2", "A, b", *GOOD[2:]]]))
    assert frame.line.tolist() == [2, 3]
    assert frame.raw.tolist() == [",".join(GOOD), 's2,"A, b",2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,7.5']
    assert frame.energy_kwh.tolist() == ["7.5", "7.5"]
    assert frame.fault.isna().all()


def test_blank_rows_are_skipped_and_leave_the_numbers_as_they_are(read_bytes):
    blank = ["", None, "  "]
    frame = read_bytes(workbook([None, blank, HEADER, None, GOOD, blank, blank, GOOD]))
    assert frame.line.tolist() == [5, 8]


def test_a_table_may_begin_in_any_column(read_bytes):
    frame = read_bytes(workbook([None, [None, None, *HEADER], [None, None, *GOOD]]))
    assert (frame.line.tolist(), frame.station_id.tolist()) == ([3], ["A"])


def test_the_one_visible_sheet_that_fits_is_read(read_bytes):
    data = workbook([["Notes"]], [], [HEADER, ["s9", *GOOD[1:]]], [HEADER, GOOD], states=["visible"] * 2 + ["hidden"])
    assert read_bytes(data).session_id.tolist() == ["s1"]


def test_a_gzipped_workbook_is_read(read_bytes):
    assert len(read_bytes(gzip.compress(workbook([HEADER, GOOD]), mtime=0))) == 1


def test_rows_come_in_chunks_of_the_size_asked_for(tmp_path):
    path = tmp_path / "b"
    path.write_bytes(workbook([HEADER, *[GOOD] * 4_500]))
    with open_file(path) as file:
        sizes = [len(chunk.frame) for chunk in read(file, NATIVE, 2_100)]
    assert sizes == [2_100, 2_100, 300]


def test_a_header_alone_gives_no_rows(read_bytes):
    assert len(read_bytes(workbook([HEADER]))) == 0


def test_a_title_above_the_table_is_no_row(read_bytes):
    frame = read_bytes(workbook([["Sessions of May"], None, ["made on", "1 June"], HEADER, GOOD]))
    assert (frame.line.tolist(), frame.session_id.tolist(), frame.fault.tolist()) == ([5], ["s1"], [None])


def test_a_row_above_the_header_that_is_as_full_may_be_of_a_table_and_is_not_left_out(refusal):
    assert refusal(workbook([GOOD, HEADER, GOOD])).code == "no_profile_fits"


def test_the_row_that_a_profile_states_names_the_columns(read_bytes):
    stated = replace(NATIVE, header_line=2)
    assert read_bytes(workbook([GOOD, HEADER, GOOD]), stated).line.tolist() == [3]


def test_a_cell_beside_the_header_belongs_to_no_column(read_bytes):
    frame = read_bytes(workbook([HEADER, [*GOOD, "", "checked", "x"]]))
    assert (frame.fault.tolist(), frame.raw.tolist()) == ([None], [",".join(GOOD)])


def test_merged_cells_have_one_value(read_bytes):
    frame = read_bytes(workbook([HEADER, GOOD, ["s2", None, *GOOD[2:]]]))
    assert frame.station_id.tolist() == ["A", None]


def test_a_header_again_is_a_fault(read_bytes):
    assert read_bytes(workbook([HEADER, GOOD, HEADER])).fault.tolist() == [None, "repeated_header"]


def test_columns_that_are_not_used_are_told(tmp_path):
    path = tmp_path / "b"
    path.write_bytes(workbook([[*HEADER, "Fee", ""], GOOD]))
    with open_file(path) as file:
        assert unknown_columns(file, NATIVE) == ("Fee",)


# Which files are refused


def without_end(data):
    return data[: len(data) // 2]


def with_a_broken_part(data):
    """The workbook with a byte of its sheet's packed text changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        at = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 60
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def with_a_password_for_its_parts(data):
    """The workbook with the mark of encryption on a member, in the directory at the end."""
    at = data.rindex(b"PK\x01\x02") + 8
    return data[:at] + bytes([data[at] | 1]) + data[at + 1 :]


FAR = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>{1}</v></c></row>'
REFUSED = {
    "no cell": (workbook([]), "empty_file"),
    "blanks alone": (workbook([["", "  "]], [[None]]), "empty_file"),
    "a hidden sheet alone": (workbook([HEADER, GOOD], states=["veryHidden"]), "empty_file"),
    "two sheets that fit": (workbook([HEADER, GOOD], [HEADER, GOOD]), "several_sheets_fit"),
    "a column named twice": (workbook([[*HEADER, "Energy kWh"], GOOD]), "duplicate_column"),
    "too many columns": (workbook([[*HEADER, *map(str, range(1_000))]]), "too_many_columns"),
    "a column missing": (workbook([HEADER[1:], GOOD[1:]]), "no_profile_fits"),
    "a cell far out": (workbook(xml=[FAR]), "workbook_too_large"),
    "a row far down without cell names": (
        workbook(xml=['<row r="1"><c><v>1</v></c></row><row r="9999999">' + "<c><v>1</v></c>" * 9 + "</row>"]),
        "workbook_too_large",
    ),
    "a part cut in the middle": (workbook(xml=["<row><c"]), "damaged_workbook"),
    "a text that isn't there": (workbook(xml=['<row><c t="s"><v>7</v></c></row>']), "damaged_workbook"),
    "a part that can't be unpacked": (with_a_broken_part(workbook([HEADER, *[GOOD] * 99])), "damaged_workbook"),
    "a workbook without its sheet": (
        zipped({"xl/workbook.xml": f'<workbook xmlns="{MAIN}"><sheets/></workbook>'}),
        "damaged_workbook",
    ),
    "an empty workbook part": (zipped({"xl/workbook.xml": ""}), "damaged_workbook"),
    "half a workbook": (without_end(workbook([HEADER, GOOD])), "not_a_table"),
    "a ZIP archive of a table": (zipped({"sessions.csv": ",".join(HEADER)}), "not_a_table"),
    "a document": (zipped({"[Content_Types].xml": "", "word/document.xml": ""}), "not_a_table"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5_000, "not_a_table"),
    "a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 70_000 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500,
        "password_protected",
    ),
    "a password for its parts": (with_a_password_for_its_parts(workbook([HEADER, GOOD])), "password_protected"),
    "times as dates and as text": (
        workbook([HEADER, GOOD, ["s2", "A", date(2024, 5, 7, 1), date(2024, 5, 7, 2), 1]]),
        "dates_and_texts_mixed",
    ),
    "starts as dates and ends as text": (
        workbook([HEADER, ["s2", "A", date(2024, 5, 7, 1), "2024-05-07T02:00:00Z", 1]]),
        "dates_and_texts_mixed",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_workbook_is_refused_by_name(refusal, name):
    data, code = REFUSED[name]
    error = refusal(data)
    assert error.code == code
    assert error.hint


def test_the_sheets_that_fit_are_named(refusal):
    assert "Sheet 1, Sheet 3" in refusal(workbook([HEADER, GOOD], [["x"]], [HEADER, GOOD])).reason


def test_of_several_sheets_that_fit_the_error_names_an_option_that_reads_one(refusal, read_bytes):
    data = workbook([HEADER, GOOD], [HEADER, ["s2", *GOOD[1:]]])
    assert refusal(data).hint.endswith("--sheet 'Sheet 1'.")
    for sheet, session in (("Sheet 1", GOOD[0]), ("sheet 2", "s2")):
        assert read_bytes(data, replace(NATIVE, sheet=sheet)).session_id.tolist() == [session]


def test_a_sheet_that_is_named_is_read_or_refused_and_no_other_in_its_place(refusal):
    data = workbook([HEADER, GOOD], [["x", "y"]])
    assert refusal(data, replace(NATIVE, sheet="Sheet 2")).code == "missing_columns"


@pytest.mark.parametrize("state", ["visible", "hidden"])
def test_a_sheet_that_is_not_there_or_hidden_is_refused_with_the_names_of_those_that_are(refusal, state):
    error = refusal(
        workbook([HEADER, GOOD], [HEADER, GOOD], states=["visible", state]), replace(NATIVE, sheet="Sheet 3")
    )
    assert error.code == "unknown_sheet"
    assert ("Sheet 1, Sheet 2" in error.reason) == (state == "visible")
    assert error.hint == "Name one of them: --sheet 'Sheet 1'."


def test_a_file_without_sheets_is_refused_where_one_is_named(refusal):
    data = ",".join(HEADER) + "\n" + ",".join(GOOD)
    assert refusal(data, replace(NATIVE, sheet="Sheet 1")).code == "no_sheets"


def test_the_rows_of_mixed_times_are_named(refusal):
    data = workbook([HEADER, ["s2", "A", date(2024, 5, 7, 1), None, 1], GOOD])
    assert "as dates (row 2) and as text (row 3)" in refusal(data).reason


def test_a_workbook_is_refused_for_a_profile_of_another_format(refusal):
    assert refusal(workbook([HEADER, GOOD]), builtin_profiles()["qualicharge"]).code == "wrong_format"


def test_without_the_library_a_workbook_is_refused_with_the_command_that_brings_it(monkeypatch, refusal, read_bytes):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    error = refusal(workbook([HEADER, GOOD]))
    assert (error.code, error.hint) == ("excel_not_installed", "pip install 'evcharge[excel]'")
    assert len(read_bytes(",".join(HEADER) + "\n" + ",".join(GOOD))) == 1


@pytest.mark.parametrize(
    ("limit", "most", "what"),
    [("MAX_CELLS", 14, "span 15 cells"), ("MAX_UNPACKED_BYTES", 1_000, "unpacks to")],
)
def test_a_workbook_beyond_a_limit_is_refused_before_it_is_held(monkeypatch, refusal, limit, most, what):
    monkeypatch.setattr(workbook_archive, limit, most)
    monkeypatch.setattr(reader, "_whole", None)  # would open it
    error = refusal(workbook([HEADER, GOOD, GOOD]))
    assert error.code == "workbook_too_large"
    assert what in error.reason


def test_a_workbook_longer_than_the_limit_is_not_held(monkeypatch, refusal):
    monkeypatch.setattr(workbook_archive, "MAX_WORKBOOK_BYTES", 100)
    assert "larger than 128 MiB" in refusal(workbook([HEADER, GOOD])).reason


@pytest.mark.thorough
def test_a_formatted_cell_with_nothing_in_it_counts_for_nothing(read_bytes):
    rows = [
        f'<row r="{line}">'
        + "".join(f'<c r="{"ABCDE"[n]}{line}" t="inlineStr"><is><t>{text}</t></is></c>' for n, text in enumerate(row))
        + "</row>"
        for line, row in enumerate([HEADER, GOOD], start=1)
    ]
    far = '<row r="1048576"><c r="XFD1048576" s="1"/></row>' + "<row/>" * 3_000_000
    assert len(read_bytes(workbook(xml=["".join(rows) + far]))) == 1


def test_cells_without_a_name_stand_side_by_side(read_bytes):
    rows = [
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row) + "</row>"
        for row in (HEADER, GOOD)
    ]
    assert read_bytes(workbook(xml=["".join(rows)])).session_id.tolist() == ["s1"]


@pytest.mark.parametrize(
    ("xml", "cells"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c></row>', 1),
        ('<row r="3"><c r="AA3"><v>1</v></c></row>', 3 * 27),
        ("<row r='3'><c s='1' r='aa3' ><v>1</v></c></row>", 3 * 27),
        ("<row><c><v>1</v></c><c><v>1</v></c></row><row/>", 2 * 2),
        ('<x:row><x:c r="B7"><x:v>1</x:v></x:c></x:row>', 7 * 2),
        ("<cols/><rowBreaks/>", 0),
    ],
)
def test_the_range_that_a_sheet_spans_is_told_from_its_cells(xml, cells):
    with zipfile.ZipFile(io.BytesIO(zipped({"part": f"<sheetData>{xml}</sheetData>"}))) as archive:
        assert workbook_archive._used_range(archive, archive.infolist()[0]) == cells


def test_the_range_is_told_across_the_blocks_of_a_long_part():
    xml = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c><c r="C{n}"><v>1</v></c></row>' for n in range(1, 60_001))
    with zipfile.ZipFile(io.BytesIO(zipped({"part": xml}))) as archive:
        assert workbook_archive._used_range(archive, archive.infolist()[0]) == 60_000 * 3


def test_what_is_kept_of_a_workbook_goes_with_the_file(tmp_path):
    path = tmp_path / "b"
    path.write_bytes(workbook([HEADER, GOOD]))
    with open_file(path) as file:
        pick_profile(file, [NATIVE])
        gone = weakref.ref(file)
    del file
    gc.collect()
    assert gone() is None


def test_a_workbook_is_read_once_however_many_profiles_look_at_it(monkeypatch, tmp_path):
    path = tmp_path / "b"
    path.write_bytes(workbook([HEADER, GOOD]))
    reads = []
    whole = reader._read_pages
    monkeypatch.setattr(reader, "_read_pages", lambda file: reads.append(file) or whole(file))
    assert len(read_path(path)) == 1
    assert len(reads) == 1


# Which cells


def test_a_formula_is_its_result_and_an_error_is_nothing(read_bytes):
    row = [formula("s1"), formula("A"), *GOOD[2:4], formula("7.5", kind="")]
    broken = ["s2", "A", *GOOD[2:4], formula(None, kind="")]
    frame = read_bytes(workbook([HEADER, row, broken, ["s3", "A", *GOOD[2:4], ERROR]]))
    assert frame.session_id.tolist() == ["s1", "s2", "s3"]
    assert frame.energy_kwh.tolist() == ["7.5", None, None]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("007", "007"),
        ("1e5", "1e5"),
        (7, "7"),
        (number("7.0"), "7"),
        (number("1.7E+02"), "170"),
        (number("999999999999999"), "999999999999999"),
        (number("-7"), "-7"),
    ],
)
def test_an_id_is_its_digits(read_bytes, cell, text):
    frame = read_bytes(workbook([HEADER, [cell, *GOOD[1:]]]))
    assert (frame.session_id.tolist(), frame.fault.tolist()) == ([text], [None])


@pytest.mark.parametrize(
    "cell",
    [
        number("7.5"),
        number("1E+15"),
        number("-1E+15"),
        True,
        date(2024, 2, 1),
        number("0.5", "clock"),
        number("1E+300"),
    ],
)
def test_what_can_be_no_id_is_a_fault(read_bytes, cell):
    frame = read_bytes(workbook([HEADER, [cell, *GOOD[1:]], GOOD]))
    assert frame.fault.tolist() == ["value_not_scalar", None]
    assert frame.station_id.tolist() == [None, "A"]


@pytest.mark.parametrize("result", ["inf", "nan"])
def test_a_number_that_is_none_is_no_id_and_breaks_nothing(result):
    with pytest.raises(workbook_cells.CellFault):
        workbook_cells._id_text(float(result))
    assert workbook_cells.text_of(float(result)) == result
    assert workbook_cells._duration_text(float(result), "h:m:s") == result


def test_a_nul_in_a_cell_is_a_fault():
    page = reader.Page("Sheet", 1, tuple(HEADER), None)
    assert reader._judged(["a\0b"], ["a\0b"], page, [])[0] == "nul_character"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("as it is ", "as it is "),
        (True, "true"),
        (False, "false"),
        (12.0, "12"),
        (12.5, "12.5"),
        (1e-7, "0.0000001"),
        (1.72e11, "172000000000"),
        (1.25e22, "12500000000000000000000"),
        (-0.0, "0"),
        (timedelta(hours=500, minutes=22, seconds=20), "500:22:20"),
        (timedelta(seconds=-90), "-0:01:30"),
        (time(8, 9), "08:09:00"),
        (day(2024, 5, 7), "2024-05-07"),
        (datetime(2024, 5, 7, 8, 9, 10, 500_000), "2024-05-07T08:09:10.500000"),  # noqa: DTZ001
    ],
)
def test_a_cell_is_written_as_text(cell, text):
    assert workbook_cells.text_of(cell) == text


DURATION = replace(NATIVE, optional_columns={**NATIVE.optional_columns, "duration_minutes": ("Length",)})


@pytest.mark.parametrize(
    ("form", "cell", "text"),
    [
        ("h:m:s", "500:22:20", "500:22:20"),
        ("h:m:s", number("0.5"), "12:00:00"),
        ("h:m:s", number("0.5", "clock"), "12:00:00"),
        ("h:m:s", number("1.5", "clock"), "36:00:00"),
        ("h:m:s", number("31.25", "clock"), "750:00:00"),
        ("h:m:s", number("2", "clock"), "48:00:00"),
        ("h:m:s", number("20.8488425925926", "length"), "500:22:20"),
        ("h:m:s", number("1E+20"), "100000000000000000000"),
        ("h:m:s", date(2024, 5, 7), "2024-05-07"),
        ("minutes", number("90"), "90"),
        ("minutes", number("0.0625", "length"), "90"),
        ("minutes", number("0.0625", "clock"), "90"),
        ("hours", number("0.0625", "length"), "1.5"),
        ("seconds", number("0.0625", "length"), "5400"),
    ],
)
def test_a_duration_is_written_in_the_profiles_form(read_bytes, form, cell, text):
    profile = replace(DURATION, conventions=replace(DURATION.conventions, duration_format=form))
    frame = read_bytes(workbook([[*HEADER, "Length"], [*GOOD, cell]]), profile)
    assert frame.duration_minutes.tolist() == [text]


def test_a_number_is_written_with_the_profiles_decimal_sign_where_it_is_read_with_it(read_bytes):
    table = [[*HEADER, "station_latitude"], [*GOOD[:4], 7.5, 48.5], ["s2", *GOOD[1:4], "7.5", 48.5]]
    profile = replace(native(decimal=","), optional_columns={"station_latitude": ("station_latitude",)})
    frame = read_bytes(workbook(table), profile)
    assert frame.energy_kwh.tolist() == ["7,5", "7.5"]
    assert frame.station_latitude.tolist() == ["48.5", "48.5"]


@pytest.mark.parametrize(
    "conventions",
    [
        {"time_format": "%d/%m/%Y %H:%M"},
        {"time_format": "%Y"},
        {"time_format": "epoch_ms"},
        {"time_format": "iso8601"},
        {"time_formats": ("%d/%m/%Y", "%m/%d/%Y")},
    ],
)
def test_a_date_is_read_whatever_the_format_of_text_is(tmp_path, conventions):
    path = tmp_path / "b"
    path.write_bytes(workbook([HEADER, ["s1", "A", date(2024, 5, 7, 8, 9, 10), date(2024, 5, 8), 1]]))
    with open_file(path) as file:
        (chunk,) = read(file, native(**conventions))
    assert chunk.frame.start_time.tolist() == ["2024-05-07T08:09:10"]
    assert chunk.frame.end_time.tolist() == ["2024-05-08T00:00:00"]
    assert (chunk.conventions.time_format, chunk.conventions.time_formats) == ("iso8601", ())


def test_text_is_left_to_the_format_of_the_profile(tmp_path):
    path = tmp_path / "b"
    path.write_bytes(workbook([HEADER, ["s1", "A", "7/5/2024", "", 1]]))
    with open_file(path) as file:
        (chunk,) = read(file, native(time_format="%d/%m/%Y"))
    assert chunk.conventions.time_format == "%d/%m/%Y"


def test_a_word_among_dates_is_a_matter_of_its_row(read_bytes):
    rows = [HEADER, ["s1", "A", date(2024, 5, 7, 8), "running", 1], ["s2", "A", date(2024, 5, 7, 8), "", 1]]
    assert read_bytes(workbook(rows)).end_time.tolist() == ["running", None]


def test_a_day_and_a_clock_time_in_two_columns_make_one_time(read_bytes):
    columns = {ours: names for ours, names in NATIVE.columns.items() if ours != "start_time"}
    profile = replace(NATIVE, columns=columns, combined={"start_time": ("Day", "Clock")})
    header = [name for name in HEADER if name != "start_time"]
    row = ["s1", "A", None, 1, Cell("<v>45419</v>", "day"), number("0.5", "clock")]
    frame = read_bytes(workbook([[*header, "Day", "Clock"], row]), profile)
    assert frame.start_time.tolist() == ["2024-05-07 12:00:00"]


def test_a_number_under_a_percent_sign_is_a_share(read_bytes):
    profile = replace(
        NATIVE,
        optional_columns={"start_soc_percent": ("SoC",)},
        steps=(Step("without_percent_sign", ("SoC",)),),
    )
    cells = [number("0.29", "percent"), 1, "30%", "", 30]
    rows = [[f"s{n}", *GOOD[1:], cell] for n, cell in enumerate(cells)]
    assert read_bytes(workbook([[*HEADER, "SoC"], *rows]), profile).start_soc_percent.tolist() == [
        "29",
        "100",
        "30",
        None,
        "3000",
    ]


def test_private_cells_are_withheld_from_the_row(read_bytes):
    profile = replace(NATIVE, private=("MAC",))
    frame = read_bytes(workbook([[*HEADER, "MAC", "Fee"], [*GOOD, 1234567, 2], [*GOOD, None, 2]]), profile)
    assert frame.raw.tolist() == [",".join([*GOOD, "[private]", "2"]), ",".join([*GOOD, "", "2"])]


def test_a_panic_of_the_library_is_a_damaged_workbook_and_an_interrupt_is_not(monkeypatch, refusal, read_bytes):
    panic = type("PanicException", (BaseException,), {})

    def fail(error):
        def read_pages(sheet):
            raise error

        monkeypatch.setattr(reader, "_lines", read_pages)

    fail(panic("a fault of its own"))
    assert refusal(workbook([HEADER, GOOD])).code == "damaged_workbook"
    fail(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        read_bytes(workbook([HEADER, GOOD]))


# Two layouts of which one extends the other


@pytest.mark.parametrize("turn", [1, -1])
def test_a_profile_that_needs_all_of_anothers_and_more_goes_before_it(tmp_path, turn):
    more = replace(NATIVE, name="more", columns={**NATIVE.columns, "stop_reason": ("stop_reason",)})
    for header, name in (([*HEADER, "stop_reason"], "more"), (HEADER, "native")):
        path = tmp_path / name
        path.write_bytes(workbook([header]))
        with open_file(path) as file:
            assert pick_profile(file, [NATIVE, more][::turn]).name == name


def test_two_profiles_that_each_need_something_of_their_own_are_refused(tmp_path):
    candidates = [
        replace(NATIVE, name=name, columns={**NATIVE.columns, name: (name,)}) for name in ("stop_reason", "error_code")
    ]
    path = tmp_path / "b"
    path.write_text(",".join([*HEADER, "stop_reason", "error_code"]))
    with open_file(path) as file, pytest.raises(SourceError) as caught:
        pick_profile(file, candidates)
    assert caught.value.code == "several_profiles_fit"
