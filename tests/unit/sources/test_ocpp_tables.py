"""Tables of OCPP messages: known by what stands in their cells, whatever their columns are called."""

from __future__ import annotations

import csv
import io
import json

import pytest

from evcharge.errors import SourceError
from evcharge.sources import builtin_profiles, open_file, pick_profile, with_overrides
from evcharge.sources.ocpp.columns import Columns, columns_of
from evcharge.sources.ocpp.times import log_time
from tests.support.ocpp_talk import DAY, home_assistant, outcome, refusal, refused, row, session
from tests.support.workbooks import date, workbook

TALKS = [*session("CP-1"), *refused("CP-2"), *session("CP-2", 11)]
ROWS = [row("CP-1"), refusal("CP-2"), row("CP-2", 11)]


def action(said):
    return said.frame[2] if said.frame[0] == 2 else ""


def when(said):
    return f"{DAY}T{said.clock}.000Z"


SHAPES = {
    "as kwwhat has them": [
        ("timestamp", "id", "action", "msg"),
        *[(when(said), said.station, action(said), said.text) for said in TALKS],
    ],
    "as INL has them": [
        ("device_ID", "message", "timestamp"),
        *[(said.station, said.text, when(said)) for said in TALKS],
    ],
    "with a number for each row": [
        ("id", "time", "charger", "raw"),
        *[(n, when(said), said.station, said.text) for n, said in enumerate(TALKS)],
    ],
    "with names that say nothing": [
        ("a", "b", "c"),
        *[(said.text, said.station, when(said)) for said in TALKS],
    ],
    "with all that a server knows": [
        ("level", "created_at", "protocol", "connection_id", "charge_point_id", "direction", "payload", "size"),
        *[
            (
                *("INFO", when(said), "ocpp1.6", "c-1", said.station),
                *("in" if said.by_station else "out", said.text, len(said.text)),
            )
            for said in TALKS
        ],
    ],
    "with two times": [
        ("received_at", "timestamp", "cp", "frame"),
        *[("", when(said), said.station, said.text) for said in TALKS],
    ],
    "with the direction under another name": [
        ("ts", "cp", "who", "frame"),
        *[(when(said), said.station, "CP" if said.by_station else "CSMS", said.text) for said in TALKS],
    ],
    "with seconds since 1970": [
        ("ts", "cp", "frame"),
        *[(1741075200 + n, said.station, said.text) for n, said in enumerate(session("CP-1"))],
        *[(f"{DAY} {said.clock}Z", said.station, said.text) for said in TALKS[len(session()) :]],
    ],
    "with whole lines of a log": [
        ("line", "stream", "text"),
        *[(n, "stderr", home_assistant(said)) for n, said in enumerate(TALKS)],
    ],
    "with a frame over several lines": [
        ("time", "station", "frame"),
        *[(when(said), said.station, json.dumps(said.frame, indent=2)) for said in TALKS],
    ],
    "from the newest": [
        ("time", "station", "frame"),
        *[(when(said), said.station, said.text) for said in reversed(TALKS)],
    ],
    "with rows that are no messages": [
        ("time", "station", "frame"),
        *[(when(said), said.station, said.text) for said in TALKS],
        (f"{DAY}T12:00:00Z", "CP-1", ""),
        (f"{DAY}T12:00:00Z", "CP-1", "connection closed"),
    ],
    "with a frame, and the same again in words": [
        ("time", "station", "frame", "about"),
        *[(when(said), said.station, said.text, f"{action(said)} at {said.station}") for said in TALKS],
    ],
}
every_shape = pytest.mark.parametrize("shape", SHAPES)


@pytest.fixture
def told(tmp_path):
    """What a file of these bytes comes to."""

    def told(content, name="log.csv"):
        (tmp_path / name).write_bytes(content)
        return outcome(tmp_path / name)

    return told


def delimited(rows, delimiter=",", end="\r\n", **how):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, **how).writerows(rows)
    return text.getvalue().encode()


@every_shape
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_of_frames_is_read_whatever_its_columns_are_called(told, shape, delimiter):
    assert told(delimited(SHAPES[shape], delimiter)) == (ROWS, [])


@every_shape
def test_a_workbook_of_frames_is_read_like_its_csv(told, shape):
    assert told(workbook(SHAPES[shape]), "log.xlsx") == (ROWS, [])


@every_shape
def test_json_lines_of_frames_are_read_like_a_table(told, shape):
    names, *rows = SHAPES[shape]
    objects = [json.dumps(dict(zip(names, values, strict=True))) for values in rows]
    assert told("\n".join(objects).encode(), "log.jsonl") == (ROWS, [])


@every_shape
def test_an_array_of_frames_is_read_like_a_table(told, shape):
    names, *rows = SHAPES[shape]
    text = json.dumps([dict(zip(names, values, strict=True)) for values in rows], indent=1)
    assert told(text.encode(), "log.json") == (ROWS, [])


@every_shape
def test_objects_over_several_lines_are_read_like_an_array(told, shape):
    names, *rows = SHAPES[shape]
    text = "\n".join(json.dumps(dict(zip(names, values, strict=True)), indent=2) for values in rows)
    assert told(text.encode(), "log.json") == (ROWS, [])


@pytest.mark.parametrize(
    "written", ['{"frame":[3,"x",{}],"frame":1}', '{"frame":[3,"x",{"a":NaN}]}', '{"frame":[3,"x"]}']
)
def test_an_element_that_can_t_be_read_takes_no_other_with_it(told, written):
    objects = [json.dumps({"time": when(said), "cp": said.station, "frame": said.frame}) for said in TALKS]
    for place in (1, len(objects)):
        text = ",".join([*objects[:place], written, *objects[place:]])
        rows, rules = told(f"[{text}]".encode(), "log.json")
        assert (rows, len(rules)) == (ROWS, 1)


def test_frames_that_are_lists_of_json_are_read_like_their_texts(told):
    objects = [json.dumps({"when": when(said), "id": said.station, "m": said.frame}) for said in TALKS]
    assert told("\n".join(objects).encode(), "log.jsonl") == (ROWS, [])


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_table_is_read_however_it_is_written(told, end, quoting, mark):
    assert told(mark + delimited(SHAPES["as kwwhat has them"], end=end, quoting=quoting)) == (ROWS, [])


def test_a_table_in_utf_16_is_read(told):
    text = delimited(SHAPES["as kwwhat has them"], "\t").decode()
    assert told(text.encode("utf-16")) == (ROWS, [])


def test_times_that_are_dates_of_excel_are_times(told):
    def cell(said):
        return date(2025, 3, 4, *map(int, said.clock.split(":")))

    sheet = [("when", "cp", "frame"), *[(cell(said), said.station, said.text) for said in session()]]
    assert told(workbook(sheet), "log.xlsx") == ([row()], [])


def test_the_sheet_with_the_messages_is_found_among_others(told):
    about = [("a page", "about"), ("this", "export")]
    assert told(workbook(about, SHAPES["as INL has them"]), "log.xlsx") == (ROWS, [])


def test_two_sheets_of_messages_are_refused_rather_than_one_of_them_left_out(told):
    with pytest.raises(SourceError) as caught:
        told(workbook(SHAPES["as INL has them"], SHAPES["as INL has them"]), "log.xlsx")
    assert caught.value.code == "several_sheets_fit"


def test_the_sheet_of_messages_that_is_named_is_read_and_one_without_any_is_refused(tmp_path):
    path = tmp_path / "log.xlsx"
    path.write_bytes(workbook(SHAPES["as INL has them"], SHAPES["as INL has them"], [("about", "this")]))
    second, third = (with_overrides(builtin_profiles()["ocpp"], sheet=f"Sheet {n}") for n in (2, 3))
    assert outcome(path, second) == (ROWS, [])
    with pytest.raises(SourceError) as caught:
        outcome(path, third)
    assert caught.value.code == "wrong_format"


@pytest.mark.parametrize("name", ["log.csv", "log.xlsx"])
@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        ('[2,"m","StartTransaction",{"conn', "malformed_row"),
        ('[2,"m","Heartbeat"]', "malformed_row"),
        ("[2, 'm', 'Heartbeat', {}]", "malformed_row"),
        ('[3,"m",{"a":1,"a":2}]', "duplicate_key"),
    ],
)
def test_a_cell_that_should_be_a_frame_and_is_none_is_counted(told, name, frame, rule):
    rows = [*SHAPES["as INL has them"], ("CP-1", frame, f"{DAY}T12:00:00Z")]
    assert told(delimited(rows) if name == "log.csv" else workbook(rows), name) == (ROWS, [rule])


def test_a_broken_row_of_a_table_is_counted(told):
    content = delimited(SHAPES["as INL has them"], end="\n") + b"CP-1\nCP-1,a,b,c\n"
    assert told(content) == (ROWS, ["row_too_short", "row_too_long"])


def test_quotes_that_are_escaped_as_no_csv_does_are_no_table_of_messages(told):
    text = delimited(SHAPES["as INL has them"]).decode().replace('""', '\\"')
    with pytest.raises(SourceError):
        told(text.encode())


@pytest.mark.parametrize("names", [("id", "time", "frame"), ("time", "left", "right", "frame")])
def test_a_table_that_names_no_station_is_refused_rather_than_guessed(told, names):
    values = {"time": f"{DAY}T08:00:00Z", "left": "x", "right": "y"}
    rows = [[{**values, "id": n, "frame": said.text}[name] for name in names] for n, said in enumerate(session())]
    with pytest.raises(SourceError) as caught:
        told(delimited([names, *rows]))
    assert caught.value.code == "station_unstated"
    assert "station_id" in caught.value.hint
    assert "--station-id CP9" in caught.value.hint


def test_a_table_of_sessions_is_no_table_of_messages(tmp_path):
    (tmp_path / "s.csv").write_text('session_id,station_id,start_time,end_time,note\n1,A,2025-01-01,2025-01-02,"[2]"\n')
    with open_file(tmp_path / "s.csv") as file, pytest.raises(SourceError) as caught:
        pick_profile(file, [builtin_profiles()["ocpp"]])
    assert caught.value.code == "wrong_format"


EXPORT = ("cp_id", "real_time", "received_time", "Id", "msgFlow", "command", "payLoadData")


def exported(said):
    """A row of the table export, whose clock is the log's."""
    hour, rest = said.clock.split(":", 1)
    clock = f"04/03/2025, {int(hour) % 12}:{rest} {'am' if int(hour) < 12 else 'pm'} UTC"
    flow = "CP-->CMS" if said.by_station else "CMS-->CP"
    kind, action = ("Request", said.frame[2]) if said.frame[0] == 2 else ("Response", "Any")
    return (said.station, clock, "", said.frame[1], flow, f"{action}{kind}", json.dumps(said.frame[-1]))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_table_export_is_read(told, delimiter):
    assert told(delimited([EXPORT, *map(exported, TALKS)], delimiter)) == (ROWS, [])


def test_a_workbook_of_the_table_export_is_read_like_its_csv(told):
    assert told(workbook([EXPORT, *map(exported, TALKS)]), "log.xlsx") == (ROWS, [])


CITRINEOS = ("stationId", "correlationId", "origin", "state", "action", "message", "timestamp")


@pytest.mark.parametrize("whole", [True, False])
def test_citrineos_s_table_has_frames_or_their_payloads(told, whole):
    def cells(said):
        kind = {2: "1", 3: "2"}[said.frame[0]]
        message = said.frame if whole else said.frame[-1]
        origin = "cs" if said.by_station else "csms"
        return (said.station, said.frame[1], origin, kind, action(said), json.dumps(message), when(said))

    assert told(delimited([CITRINEOS, *map(cells, TALKS)])) == (ROWS, [])
    assert told(workbook([CITRINEOS, *map(cells, TALKS)]), "log.xlsx") == (ROWS, [])


def test_a_field_s_content_goes_before_its_name():
    frame = '[3,"m",{}]'
    rows = [{"time": n, "x": f"{DAY}T08:00:00Z", "id": "CP-1", "message": f"answer {n}", "y": frame} for n in "12"]
    assert columns_of(rows) == Columns("y", "x", "id", "")
    assert columns_of([{"message": "values [2, 3]"}, {"message": "hello"}]) is None


def test_a_station_s_number_that_looks_like_seconds_is_no_time():
    rows = [{"serial": "1741075299", "when": f"17410752{n}", "y": '[3,"m",{}]'} for n in (10, 11, 12)]
    assert columns_of(rows) == Columns("y", "when", "serial", "")
    assert columns_of([{**line, "z": f"{DAY}T08:00:00Z"} for line in rows]) == Columns("y", "z", "serial", "")


def test_a_station_whose_name_is_a_word_for_a_direction_tells_none():
    rows = [{"time": f"{DAY}T08:00:0{n}Z", "station": "charger", "y": '[3,"m",{}]'} for n in range(3)]
    assert columns_of(rows) == Columns("y", "time", "station", "")


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("1741075200", "2025-03-04T08:00:00.0Z"),
        ("1741075200123", "2025-03-04T08:00:00.123Z"),
        ("1741075200.123", "2025-03-04T08:00:00.123Z"),
        ("174107520", "174107520"),
        (f"{DAY} 08:00:00", f"{DAY}T08:00:00"),
    ],
)
def test_a_log_may_count_seconds_or_milliseconds(written, iso):
    assert log_time(written) == (iso, "")
