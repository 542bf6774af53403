"""What a command would be told to run, a Python program is told to write."""

from __future__ import annotations

import inspect
import re

import pytest

import evcharge
from evcharge.cli import cli
from evcharge.config import DEFAULTS
from evcharge.errors import SourceError
from evcharge.load.refusals import CURES, hint_of
from evcharge.python_words import COMMANDS, DATABASE, in_python


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("State the zone: --tz Europe/Oslo, or UTC.", "State the zone: timezone='Europe/Oslo', or UTC."),
        ("Say --zone IST=+05:30; or so.", "Say zones={'IST': '+05:30'}; or so."),
        ("--map station_id='Charge Point' --map a=b.", "columns={'Charge Point': 'station_id', 'b': 'a'}."),
        ("--true-words OK,Done --false-words No", "true_words=['OK', 'Done'], false_words=['No']"),
        ("--decimal , (or a dot), --thousands .", "decimal=',' (or a dot), thousands='.'"),
        ("say --header-line 3.", "say header_line=3."),
        ("add --replace.", "add replace=True."),
        ("""--session-key '"A, b",C'.""", "session_key=['A, b', 'C']."),
        ("--true-words and --false-words", "true_words and false_words"),
        ("raise --max-rejects.", "raise max_rejects."),
        ('--source "O\'Brien".', 'source="O\'Brien".'),
    ],
)
def test_an_option_is_the_argument_of_its_name(typed, written):
    assert in_python(typed) == written


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Load it: evcharge load 'my file.csv'.", "Load it: evcharge.load_file('my file.csv', db='ev_charging.db')."),
        ("(evcharge load --replace FILE)", "(evcharge.load_file('FILE', db='ev_charging.db', replace=True))"),
        ("with evcharge load. More", "with evcharge.load_file('FILE', db='ev_charging.db'). More"),
    ],
)
def test_a_load_is_a_call(typed, written):
    assert in_python(typed) == written


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Run: evcharge db rebuild", "Run in a shell: evcharge db rebuild"),
        ("See: evcharge check a.csv --tz UTC", "See, in a shell: evcharge check a.csv --tz UTC"),
        ("It knows some (evcharge formats).", "It knows some (in a shell: evcharge formats)."),
        ("by evcharge unload --load 3, then", "by evcharge unload --load 3 (in a shell), then"),
        ("In a shell: pip install --pre x. Next", "In a shell: pip install --pre x. Next"),
    ],
)
def test_any_other_command_is_for_a_shell_and_keeps_its_options(typed, written):
    assert in_python(typed) == written


@pytest.mark.parametrize("plain", ["Install evcharge anew.", "Export it – with ids as text.", "evcharge loads it."])
def test_what_names_no_command_stays(plain):
    assert in_python(plain) == plain


def test_every_command_but_load_is_known_as_one_for_a_shell():
    shown = {name for name, command in cli.commands.items() if not command.hidden}
    assert set(COMMANDS) == shown - {"load"}


def test_the_database_of_a_call_is_that_of_commands():
    assert DEFAULTS["database_url"] == f"sqlite:///{DATABASE}"


def test_an_error_shows_a_traceback_its_hint_in_python_unless_it_has_one():
    assert str(SourceError("x", "no zone.", "State it: --tz UTC.")) == "no zone.\n  State it: timezone='UTC'."
    assert str(SourceError("x", "no zone.", "State it: --tz UTC.", "Ask.")) == "no zone.\n  Ask."


@pytest.mark.parametrize("cure", sorted({cure for cure in CURES.values() if "--" in cure}))
def test_what_cures_a_file_is_an_argument_of_load_file(cure):
    cured = in_python(hint_of(cure, [], ["IST"]))
    assert "--" not in cured
    named = re.findall(r"(\w+)=", cured)
    assert named
    assert set(named) <= set(inspect.signature(evcharge.load_file).parameters)
