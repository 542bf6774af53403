from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.errors import ReportError
from evcharge.output import inert_cell, written_whole
from tests.support.strategies import laws


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_the_block_ends_and_not_before(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"before")
    with written_whole(path) as file:
        file.write(b"after")
        file.flush()
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert names_in(tmp_path) == ["x.csv"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_a_block_that_fails_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "x.csv"
    path.write_bytes(b"before")

    def write():
        with written_whole(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(ReportError if error is OSError else error):
        write()
    assert path.read_bytes() == b"before"
    assert names_in(tmp_path) == ["x.csv"]


@pytest.mark.parametrize("name", [".", "..", "/", "nowhere/x", "file/x", "folder", "pipe", "long" * 100])
def test_what_is_no_place_for_a_file_is_refused_before_the_block_and_left_alone(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(b"")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    begun = False
    with pytest.raises(ReportError) as caught, written_whole(Path(name)):
        begun = True
    assert not begun
    assert caught.value.code == "cannot_write"
    assert caught.value.reason.startswith(f"{name} can't be written: ")
    assert caught.value.hint
    assert Path("pipe").is_fifo()
    assert names_in(tmp_path) == ["file", "folder", "pipe"]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\u3000=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "'=1",
        "''=1",
        "' =1",
        " '=1",
    ],
)
def test_a_cell_that_could_start_a_formula_gets_an_apostrophe(text):
    assert inert_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", " ", "ST-1", "1=1", "'", "'1=1", "'x", "É", "a@b", "2025-04-01"])
def test_any_other_cell_stays_as_it_is(text):
    assert inert_cell(text) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a\u202eb", "a\\u202eb"),
        ("\u2066=1", "\\u2066=1"),
        ("\u200fx\u061c", "\\u200fx\\u061c"),
        ("a\\u202eb", "a\\\\u202eb"),
        ("C:\\users", "C:\\users"),
        ("\u05e9\u05dc", "\u05e9\u05dc"),
    ],
)
def test_what_turns_the_direction_of_text_is_an_escape_in_a_cell(text, cell):
    assert inert_cell(text) == cell


def test_a_cell_of_backslashes_takes_no_longer_than_any_other():
    assert inert_cell("\\" * 200_000 + "é") == "\\" * 200_000 + "é"


LETTERS = st.one_of(
    st.text(alphabet="'= \t1", max_size=5),
    st.lists(st.sampled_from(["\\", "u202e", "\u202e", "\u2066", "u2066"]), max_size=5).map("".join),
)


@pytest.mark.thorough
@laws(200)
@given(LETTERS, LETTERS)
def test_no_two_texts_become_one_cell(one, other):
    assert (inert_cell(one) == inert_cell(other)) == (one == other)
    if "u" not in ascii(one):
        assert inert_cell(one).removeprefix("'") == one or inert_cell(one) == one
