"""What is asked of the page, and the command in its footer that asks the same again."""

from __future__ import annotations

import shlex
from datetime import date

import pytest

from evcharge.metrics.selection import Selection
from evcharge.report.page.request import PageRequest
from tests.support.stories import GOOD, station, story_of

REPORT = story_of(station(*GOOD)).report


def test_every_choice_is_spelt_out():
    chosen = Selection(date(2025, 4, 1), date(2025, 4, 30), ("A", "B 2"))
    request = PageRequest(target=REPORT.target, selection=chosen, definition_word="own rule.toml", file_name="p.html")
    words = ["evcharge", "report", "--target", repr(REPORT.target), "--definition", "own rule.toml"]
    words += ["--from", "2025-04-01", "--to", "2025-04-30", "--station", "A", "--station", "B 2", "--html", "p.html"]
    assert shlex.split(request.command(REPORT)) == words


def test_what_was_left_to_its_default_is_named_as_it_was_taken():
    command = PageRequest(target=REPORT.target, selection=Selection()).command(REPORT)
    target, definition = repr(REPORT.target), REPORT.definition.id
    assert command == f"evcharge report --target {target} --definition {definition} --html report.html"


@pytest.mark.parametrize("name", ["$(rm x).html", "a'b.html", "ü; ls.html"])
def test_a_name_can_be_pasted_into_a_shell(name):
    command = PageRequest(target=REPORT.target, selection=Selection(), file_name=name).command(REPORT)
    assert shlex.split(command)[-1] == name
