"""Files, folders, patterns, archives and standard input as lists of inputs."""

from __future__ import annotations

import io
import os
import stat
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest

from evcharge.carriers import archive, file
from evcharge.carriers.inputs import gathered
from evcharge.sources import is_one_source, open_file
from tests.support.workbooks import zipped


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


def temporary_files():
    return [path for path in Path(tempfile.gettempdir()).rglob("*") if path.is_file()]


def files(*names):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)


def archived(path, members):
    Path(path).write_bytes(zipped(members))


def told(*named, stdin=b""):
    """Name of each input with its content, or with the code of its fault; and the notes."""
    with gathered(named, io.BytesIO(stdin), is_one_source) as found:
        inputs = [(one.name, one.fault.code if one.fault else one.path.read_text()) for one in found.inputs]
        for one in found.inputs:
            if one.fault:
                assert one.fault.reason
                assert one.fault.hint
        return inputs, list(found.notes)


def test_a_file_is_called_by_the_last_part_of_its_path():
    files("a/b.csv")
    assert told("a/b.csv", Path("a/b.csv")) == ([("b.csv", "a/b.csv")] * 2, [])


def test_a_name_that_leads_nowhere_is_left_to_be_refused_when_it_is_opened():
    with gathered(["nowhere.csv"], io.BytesIO(), is_one_source) as found:
        assert [(one.name, one.path, one.fault) for one in found.inputs] == [("nowhere.csv", Path("nowhere.csv"), None)]


def test_a_folder_is_the_files_right_in_it_in_order_and_says_what_is_left_out():
    files("d/b.csv", "d/a.csv", "d/.hidden", "d/deeper/c.csv")
    inputs, notes = told("d")
    assert inputs == [("d/a.csv", "d/a.csv"), ("d/b.csv", "d/b.csv")]
    assert notes == ["d: left out (hidden or not a file): .hidden, deeper"]


def test_a_folder_is_called_by_its_own_name_however_it_is_reached():
    files("d/a.csv")
    os.chdir("d")
    assert told(".")[0] == told("../d")[0] == told("./")[0]
    assert told(".")[0][0][0] == "d/a.csv"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_a_folder_with_a_fifo_is_read_without_waiting():
    files("d/a.csv")
    os.mkfifo("d/pipe")
    assert told("d") == ([("d/a.csv", "d/a.csv")], ["d: left out (hidden or not a file): pipe"])


@pytest.mark.parametrize("inside", [(), ("d/.hidden",), ("d/deeper/a.csv",)])
def test_a_folder_without_a_file_is_refused(inside):
    Path("d").mkdir()
    files(*inside)
    assert told("d")[0] == [("d", "empty_folder")]


def test_a_pattern_is_what_it_matches_in_order_folders_and_archives_too():
    files("data/b.csv", "data/a.csv", "data/x.txt", "data/c.csv/d.csv")
    archived("data/z.csv", {"m.csv": "m"})
    assert [name for name, _ in told("data/*.csv")[0]] == ["a.csv", "b.csv", "c.csv/d.csv", "z.csv/m.csv"]
    assert [name for name, _ in told("**/d.csv")[0]] == ["d.csv"]


def test_a_pattern_without_a_match_is_refused():
    assert told("data/*.csv")[0] == [("data/*.csv", "no_match")]


def test_a_file_whose_name_is_a_pattern_is_itself():
    files("a[1].csv", "a1.csv")
    assert told("a[1].csv")[0] == [("a[1].csv", "a[1].csv")]


def test_a_file_called_minus_is_not_standard_input_unless_it_is_named_so():
    files("-")
    assert told("./-", "[-]", stdin=b"s")[0] == [("-", "-"), ("-", "-")]
    assert told("-", stdin=b"s")[0] == [("stdin", "s")]


def test_standard_input_may_be_an_archive():
    assert told("-", stdin=zipped({"a.csv": "a"}))[0] == [("stdin/a.csv", "a")]


def test_a_closed_standard_input_is_refused():
    closed = io.BytesIO()
    closed.close()
    with gathered(["-"], closed, is_one_source) as found:
        assert [one.fault.code for one in found.inputs] == ["cannot_unpack"]


def test_the_members_of_an_archive_are_inputs_in_order_and_say_what_is_left_out():
    archived(
        "a.zip", {"b.csv": "b", "n/a.csv": "a", "n/": "", "__MACOSX/._b.csv": "x", ".DS_Store": "y", "q/.r/s": "z"}
    )
    inputs, notes = told("a.zip")
    assert inputs == [("a.zip/b.csv", "b"), ("a.zip/n/a.csv", "a")]
    assert notes == ["a.zip: left out (hidden or added by macOS): __MACOSX/._b.csv, .DS_Store, q/.r/s"]


def test_an_archive_is_told_by_its_bytes_and_not_by_its_name():
    archived("a.csv", {"m.csv": "m"})
    files("b.zip")
    assert told("a.csv", "b.zip")[0] == [("a.csv/m.csv", "m"), ("b.zip", "b.zip")]


@pytest.mark.parametrize("name", ["../../up.csv", "/root.csv", "..\\up.csv", "C:\\x.csv", "a/../../b.csv", "n\nl.csv"])
def test_no_name_of_a_member_leads_out_of_the_temporary_folder(name, tmp_path):
    archived("a.zip", {name: "x"})
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    with gathered(["a.zip"], io.BytesIO(), is_one_source) as found:
        (one,) = found.inputs
        assert one.path.read_text() == "x"
        assert one.path.name == "1"
        assert one.name.isprintable()
        assert {path for path in tmp_path.rglob("*") if path.is_file()} - before == {one.path}


def test_a_member_that_is_a_link_is_the_text_of_the_link():
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archived("a.zip", {link: "/etc/passwd"})
    assert told("a.zip")[0] == [("a.zip/link.csv", "/etc/passwd")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_read():
    with zipfile.ZipFile("a.zip", "w") as made:
        made.writestr("m.csv", "1")
        made.writestr("m.csv", "2")
    assert sorted(told("a.zip")[0]) == [("a.zip/m.csv", "1"), ("a.zip/m.csv", "2")]


@pytest.mark.parametrize("members", [{}, {"folder/": ""}, {"__MACOSX/a.csv": "x"}])
def test_an_archive_without_a_file_is_refused(members):
    archived("a.zip", members)
    assert told("a.zip")[0] == [("a.zip", "empty_archive")]


@pytest.mark.parametrize(
    "break_it", [lambda data: data[:-30], lambda data: data[: len(data) // 2], lambda _: b"PK\x03\x04" + b"?" * 99]
)
def test_a_cut_archive_is_refused(break_it):
    Path("a.zip").write_bytes(break_it(zipped({"m.csv": "m" * 99})))
    assert told("a.zip")[0] == [("a.zip", "damaged_archive")]


def test_a_damaged_member_does_not_keep_the_others_from_loading():
    data = bytearray(zipped({"a.csv": "a", "b.csv": "content"}, zipfile.ZIP_STORED))
    data[data.index(b"content")] ^= 1
    Path("a.zip").write_bytes(data)
    assert told("a.zip")[0] == [("a.zip/a.csv", "a"), ("a.zip/b.csv", "damaged_archive")]


def with_central(data, offset, value):
    """The archive with two bytes of its first central header overwritten."""
    at = data.index(b"PK\x01\x02") + offset
    return data[:at] + struct.pack("<H", value) + data[at + 2 :]


def test_an_encrypted_member_is_refused():
    Path("a.zip").write_bytes(with_central(zipped({"a.csv": "a", "b.csv": "b"}), 8, 1))
    assert told("a.zip")[0] == [("a.zip/a.csv", "encrypted_archive"), ("a.zip/b.csv", "b")]


def test_a_member_packed_by_an_unknown_method_is_refused():
    Path("a.zip").write_bytes(with_central(zipped({"a.csv": "a", "b.csv": "b"}), 10, 97))
    assert told("a.zip")[0] == [("a.zip/a.csv", "compression_not_supported"), ("a.zip/b.csv", "b")]


def test_an_archive_in_an_archive_is_refused_and_the_rest_of_it_read():
    archived("a.zip", {"inner.zip": zipped({"m.csv": "m"}), "plain.csv": "p"})
    assert told("a.zip")[0] == [("a.zip/inner.zip", "archive_in_archive"), ("a.zip/plain.csv", "p")]


@pytest.mark.parametrize(
    "members",
    [
        {"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"},
        {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"},
        {"transaction_start.csv": "transaction_pk\n", "user.csv": "user_pk\n"},
    ],
)
def test_a_workbook_and_an_export_of_steve_stay_one_input_also_in_an_archive(members):
    archived("one", members)
    archived("two.zip", {"one": zipped(members), "plain.csv": "p"})
    with gathered(["one", "two.zip"], io.BytesIO(), is_one_source) as found:
        assert [(one.name, one.fault) for one in found.inputs] == [
            ("one", None),
            ("two.zip/one", None),
            ("two.zip/plain.csv", None),
        ]
        assert found.inputs[0].path == Path("one")
        assert found.inputs[1].path.read_bytes() == Path("one").read_bytes()


def test_an_archive_that_unpacks_to_too_much_is_refused_as_a_whole_while_it_streams(monkeypatch):
    monkeypatch.setattr(file, "MAX_UNPACKED_BYTES", 100_000)
    archived("a.zip", {"a.csv": "a" * 60_000, "b.csv": "b" * 60_000})
    files("plain.csv")
    assert told("a.zip", "plain.csv")[0] == [("a.zip", "archive_too_large"), ("plain.csv", "plain.csv")]


def test_a_size_that_an_archive_lies_about_does_not_lift_the_bound(monkeypatch):
    monkeypatch.setattr(file, "MAX_UNPACKED_BYTES", 100_000)
    data = zipped({"a.csv": "a" * 3_000_000})
    at = data.index(b"PK\x01\x02") + 24
    Path("a.zip").write_bytes(data[:at] + struct.pack("<I", 10) + data[at + 4 :])
    with gathered(["a.zip"], io.BytesIO(), is_one_source) as found:
        assert [one.fault.code for one in found.inputs if one.fault] in (["archive_too_large"], ["damaged_archive"])
        assert sum(path.stat().st_size for path in temporary_files()) <= 100_000


def test_an_archive_of_too_many_files_is_refused(monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    archived("a.zip", {"a": "", "b": "", "c": ""})
    assert told("a.zip")[0] == [("a.zip", "archive_too_large")]


def test_without_room_for_what_is_unpacked_the_archive_is_refused(monkeypatch):
    archived("a.zip", {"a.csv": "a"})
    monkeypatch.setattr(tempfile, "tempdir", str(Path("nowhere").absolute()))
    assert told("a.zip", "-", stdin=b"x")[0] == [("a.zip/a.csv", "cannot_unpack"), ("stdin", "cannot_unpack")]


def test_nothing_unpacked_is_left_whatever_happens():
    archived("a.zip", {"a.csv": "a"})

    def load_and_fail():
        with gathered(["a.zip", "-"], io.BytesIO(b"x"), is_one_source):
            assert len(temporary_files()) == 2
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_and_fail()
    assert list(Path(tempfile.gettempdir()).iterdir()) == []


def test_plain_files_need_no_temporary_folder(monkeypatch):
    files("a.csv")
    monkeypatch.setattr(tempfile, "tempdir", str(Path("nowhere").absolute()))
    assert told("a.csv")[0] == [("a.csv", "a.csv")]


def test_the_origin_of_a_member_is_its_archive_and_its_hash_that_of_the_file_beside_it():
    files("m.csv")
    archived("d.zip", {"m.csv": "m.csv"})
    with gathered(["m.csv", "d.zip"], io.BytesIO(), is_one_source) as found:
        assert [one.origin for one in found.inputs] == [Path("m.csv"), Path("d.zip")]
        hashes = set()
        for one in found.inputs:
            with open_file(one.path, one.name) as file:
                assert file.name == one.name
                hashes.add(file.sha256)
        assert len(hashes) == 1


def test_a_member_larger_than_a_block_comes_out_whole():
    content = "".join(f"{n}\n" for n in range(50_000))
    archived("a.zip", {"a.csv": content})
    assert told("a.zip")[0] == [("a.zip/a.csv", content)]
