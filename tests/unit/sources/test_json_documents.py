"""Objects of a JSON document: each with its line and its exact text, whatever wraps it, in bounded memory."""

from __future__ import annotations

import gzip
import json
import tracemalloc

import pytest

from evcharge.carriers.file import BLOCK_BYTES
from evcharge.errors import SourceError
from evcharge.sources import open_file
from evcharge.sources.json_documents import first_items, items
from evcharge.sources.json_values import WholeNumber

A, B, C = '{"a":1}', '{ "b" : 2.50 }', '{"c":{"d":[1,{}]}}'


@pytest.fixture
def found(tmp_path):
    def find(data, encoding="utf-8"):
        path = tmp_path / "document.json"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        with open_file(path) as file:
            return list(items(file, encoding))

    return find


@pytest.fixture
def refused(found):
    def refuse(data, encoding="utf-8") -> SourceError:
        with pytest.raises(SourceError) as caught:
            found(data, encoding)
        assert caught.value.hint
        return caught.value

    return refuse


@pytest.mark.parametrize(
    "data",
    [
        f"[{A},{B},{C}]",
        f" [ {A} , {B} , {C} ] ",
        f'{{"_meta":{{"end":"]"}},"_items":[{A},{B},{C}]}}',
        f'{{"_items":[{A},{B},{C}],"_links":{{"next":{{"href":"x"}}}},"n":12}}',
        f'{{"data":[{A},{B},{C}],"status_code":1000,"timestamp":"x"}}',
        f'{{"data":{{"total":3,"items":[{A},{B},{C}]}},"status_code":1000}}',
        f'{{"data":[{A}]}}{{"data":[{B},{C}]}}',
        f'{{"data":[{A}]}}\n{{"data":[]}}\n{{"data":[{B},{C}]}}\n',
        f'[{{"data":[{A},{B}]}},{{"data":[{C}]}}]',
        f"[{A}][{B},{C}]",
        f"{A}\n{B}\n{C}\n",
        f"{A}\r\n\r\n{B}\r{C}",
        f"{A}{B}{C}",
        f'{A}\n{{"data":[{B}]}}\n[{C}]',
        f'{{"data":[{A},{B}],"data":[{C}]}}',
        f'{{"data":[{A},{B},{C}],"meta":{{"x":NaN,"x":1}}}}',
    ],
)
def test_the_objects_are_the_same_whatever_wraps_them(found, data):
    assert [(one.raw, one.fault) for one in found(data)] == [(A, None), (B, None), (C, None)]


@pytest.mark.parametrize("data", ["[]", '{"data":[]}', '{"_items":[],"_meta":{}}', '{"data":{"items":[]}}'])
def test_an_empty_list_holds_nothing(found, data):
    assert found(data) == []


@pytest.mark.parametrize(
    "data", ['{"data":null,"status_code":2000}', '{"data":{"a":1}}', '{"x":{"data":[{"a":1}]}}', "{}"]
)
def test_an_object_that_wraps_no_list_is_an_object(found, data):
    assert [one.raw for one in found(data)] == [data]


def test_each_object_has_the_line_it_begins_on(found):
    data = '\n{\n "x": 1,\n "data": [\n  {"a":\n  1}, {"b":2},\n\n  {"c":3}\n ]\n}\n\n{"d":\n4}\r\n{"e":5}\r{"f":6}'
    assert [one.line for one in found(data)] == [5, 6, 8, 12, 14, 15]


def test_objects_that_share_a_line_have_numbers_of_their_own(found):
    assert [one.line for one in found('[{"a":1},{"b":2},{"c":3}]\n{"d":4}\n\n\n{"e":5}')] == [1, 2, 3, 4, 5]


def test_numbers_keep_their_text(found):
    (one,) = found('[{"a":1.50,"b":1e3,"c":9007199254740993,"d":-0,"e":' + "9" * 5000 + "}]")
    assert [str(value) for value in one.members.values()] == ["1.50", "1e3", "9007199254740993", "-0", "9" * 5000]
    assert isinstance(one.members["c"], WholeNumber)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ('{"x":NaN}', "malformed_row"),
        ('{"x":-Infinity}', "malformed_row"),
        ('{"x":1,"x":2}', "duplicate_key"),
        ('{"x":{"y":1,"y":2}}', "duplicate_key"),
        ('{"x":tru}', "malformed_row"),
        ('{"x":1,}', "malformed_row"),
        ("{'x':1}", "malformed_row"),
        ('{"x" 1}', "malformed_row"),
        ('{"x":"}]","y":+1}', "malformed_row"),
        ('{"x":"\\x"}', "malformed_row"),
        ('{"x":"\0"}', "nul_character"),
        ('{"x":' + "[" * 100_000 + "]" * 100_000 + "}", "malformed_row"),
        ("null", "not_an_object"),
        ("12.5", "not_an_object"),
        ('"a, text"', "not_an_object"),
        ("[1, [2]]", "not_an_object"),
        ("nul", "malformed_row"),
    ],
)
def test_a_broken_object_is_a_fault_and_takes_no_other_with_it(found, broken, fault):
    for data in (f"[{A},{broken},{C}]", f'{{"data":[{A},\n{broken}\n,{C}],"n":1}}'):
        assert [(one.raw, one.fault) for one in found(data)] == [(A, None), (broken, fault), (C, None)]
    if broken[0] == "{":
        lines = found(f"{A}\n{broken}\n{C}\n")
        assert [(one.raw, one.fault) for one in lines] == [(A, None), (broken, fault), (C, None)]


@pytest.mark.parametrize(
    "broken", ['{"x":', '{"x":"open', '{"x":[1,2', '{"x":{"y":1}', '{"x":1}}', '{"x":1} y', "}", "]"]
)
def test_a_broken_line_of_json_lines_ends_with_its_line(found, broken):
    lines = found(f"{A}\n{broken}\n{C}\n")
    assert (lines[0].raw, lines[-1].raw) == (A, C)
    assert "malformed_row" in [one.fault for one in lines[1:-1]]
    assert "".join(one.raw for one in lines[1:-1]).replace(" ", "") == broken.replace(" ", "")


@pytest.mark.parametrize("data", [f"{A}\n" + '{"b":', f"{A}\n" + '{"b":"x\n', f"{A}\n" + '{"b":12'])
def test_json_lines_that_are_cut_off_lose_only_the_last_line(found, data):
    assert [one.fault for one in found(data)] == [None, "malformed_row"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (f"\n[{A}", "truncated_json", "line 2"),
        (f"[{A},", "truncated_json", "line 1"),
        (f'[{A},\n{{"b":', "truncated_json", "line 2"),
        (f'[{A},\n{{"b":"x', "truncated_json", "line 2"),
        ("[", "truncated_json", "line 1"),
        (f'{{"data":[{A}]', "truncated_json", "line 1"),
        (f'{{"data":[{A}],"n', "truncated_json", "line 1"),
        (f'{{"data":[{A}],"n":1', "truncated_json", "line 1"),
        (f'{{"data":[{A}],\n"n":[', "truncated_json", "line 2"),
        ("[12", "truncated_json", "line 1"),
        (f"[{A}\n{B}]", "malformed_json", "line 2"),
        (f"[{A},\n]", "malformed_json", "line 2"),
        (f"[{A},,{B}]", "malformed_json", "line 1"),
        (f"[,{A}]", "malformed_json", "line 1"),
        (f"[{A}}}", "malformed_json", "line 1"),
        (f'{{"data":[{A}]]', "malformed_json", "line 1"),
        (f'{{"data":[{A}],n:1}}', "malformed_json", "line 1"),
        (f'{{"data":[{A}],}}', "malformed_json", "line 1"),
        (f'[{A},\n{{"b":"open}},\n{C}]', "malformed_json", "line 2"),
        ('[{"a":"' + "x" * 1_100_000 + '"}]', "line_too_long", "line 1"),
        (f'[{A},\n{{"a":' + "[" * 1_100_000, "line_too_long", "line 2"),
        ('[{"data":[{"a":1}],"n":"' + "x" * 1_100_000 + '"}]', "line_too_long", "line 1"),
        ("x" * 1_100_000, "line_too_long", "line 1"),
    ],
)
def test_a_document_that_cannot_be_read_on_is_refused_with_the_line(refused, data, code, line):
    error = refused(data)
    assert error.code == code
    assert line in error.reason


@pytest.mark.parametrize("garbage", ["x", "12", "]", ", {}", "\0", '"a"'])
def test_what_follows_a_document_is_a_fault(found, garbage):
    one, *others = found(f"[{A}]{garbage}")
    assert (one.raw, one.fault) == (A, None)
    assert [other.raw for other in others] == [garbage]
    assert all(other.fault for other in others)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + f"[{A},{B}]".encode(),
        f"[{A},{B}]".encode("utf-16"),
        b"\xfe\xff" + f'{{"data":[{A},{B}]}}'.encode("utf-16-be"),
        gzip.compress(f"{A}\n{B}".encode(), mtime=0),
    ],
)
def test_a_mark_and_gzip_are_read(found, data):
    assert [one.raw for one in found(data)] == [A, B]


def test_a_wrong_byte_is_refused_with_its_line(refused):
    error = refused('[{"a":"x"},\n{"b":"é"}]'.encode("latin-1"))
    assert error.code == "wrong_encoding"
    assert "line 2" in error.reason


def test_a_named_encoding_is_read(found):
    assert found('[{"b":"é"}]'.encode("latin-1"), "latin-1")[0].members == {"b": "é"}


@pytest.mark.thorough
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("sign", ["\n", "\r\n"])
def test_objects_and_lines_do_not_depend_on_where_a_block_ends(found, indent, sign):
    objects = [
        {"id": str(number), "text": 'é\\"{[' * (number % 97), "x": [number, {"y": None}]} for number in range(2000)
    ]
    text = json.dumps({"meta": "m" * 70_000, "data": objects}, indent=indent, ensure_ascii=False).replace("\n", sign)
    read = found(text)
    assert [one.members["id"] for one in read] == [str(number) for number in range(2000)]
    assert all(one.raw in text for one in read[::100])
    if indent:
        begins = [number for number, line in enumerate(text.split(sign), start=1) if line == "  {"]
        assert [one.line for one in read] == begins


@pytest.mark.thorough
def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(count):
        path = tmp_path / f"{count}.json"
        path.write_text('{"data":[' + ",".join(['{"a":"' + "x" * 500 + '"}'] * count) + "]}")
        with open_file(path) as file:
            tracemalloc.start()
            assert sum(1 for _ in items(file, "utf-8")) == count
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return most

    assert peak(20_000) < peak(2_000) + 500_000


def test_the_first_items_are_sound_and_never_an_error(tmp_path):
    path = tmp_path / "document.json"
    for data, count in [
        ("[{}, NaN, {}", 2),
        ("x", 0),
        ("[" * 5000, 0),
        (b"[{}\xff", 1),
        ("", 0),
        ("[" + "{}," * 500, 100),
    ]:
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        with open_file(path) as file:
            assert len(list(first_items(file))) == count, data


def test_a_line_end_that_a_block_cuts_is_one(found):
    assert [one.line for one in found(" " * (BLOCK_BYTES - 1) + "\r\n[{}]")] == [2]


@pytest.mark.parametrize("between", ["\ufeff", "\n\ufeff", "\r\n\ufeff\ufeff", " \n\ufeff "])
@pytest.mark.parametrize("page", [f"[{A},{B}]", f'{{"data":[{A},{B}],"status_code":1000}}'])
def test_a_mark_where_two_documents_were_joined_is_no_part_of_either(found, page, between):
    assert [item.raw for item in found(f"\ufeff{page}{between}{page}")] == [A, B, A, B]


@pytest.mark.thorough
@pytest.mark.parametrize("shift", range(6))
def test_a_mark_between_documents_is_left_out_wherever_the_edge_of_a_block_falls(found, shift):
    page = f"[{A}]"
    data = " " * shift + f"{page}\ufeff" * (2 * BLOCK_BYTES // 12)
    assert {item.raw for item in found(data)} == {A}
