"""Lines of results on a narrow terminal: broken between words, but for what is to be copied."""

from __future__ import annotations

import sys

import pytest

from evcharge.cli.terminal import tell

LAW = "  read 1,000 = 262 inserted + 738 updated"


@pytest.fixture
def told(monkeypatch, capsys):
    """What a line becomes on a terminal of so many columns, or where there is none."""

    def of(line, columns=30, *, terminal=True, **options):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", "50")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
        tell(line, **options)
        printed = capsys.readouterr()
        return (printed.err if options.get("err") else printed.out).splitlines()

    return of


def test_a_line_is_broken_between_words_and_goes_on_as_far_in_as_it_began(told):
    assert told(LAW) == ["  read 1,000 = 262 inserted +", "  738 updated"]
    assert told("") == [""]


def test_columns_are_counted_as_wide_signs_take_them(told):
    assert told("上海市浦东新区 世纪大道", 16) == ["上海市浦东新区", "世纪大道"]


def test_only_a_word_that_is_longer_than_a_line_is_folded(told):
    assert told(f"sha256 {'a' * 40}") == ["sha256", "a" * 30, "a" * 10]


def test_what_names_a_command_or_has_a_form_of_its_own_is_left_whole(told):
    command = "    evcharge load own.csv --profile my.toml --create-db"
    assert told(command) == [command]
    assert told(LAW, as_it_is=True) == [LAW]
    assert told(LAW, err=True) == [LAW]


def test_on_a_usual_terminal_and_where_there_is_none_a_line_stays_one(told):
    assert told(LAW * 3, 80) == [LAW * 3]
    assert told(LAW, terminal=False) == [LAW]
