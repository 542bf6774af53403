"""The pages of docs/reference that a script writes are those of the commands, rules and columns of today."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from evcharge.evidence_rules import EVIDENCE_RULES, EVIDENCE_WARNINGS
from evcharge.rules import RULES, WARNINGS
from evcharge.station_frame import STATION_FRAME

DOCS = Path(__file__).parents[2] / "docs"
AGAIN = "run: python docs/generate_reference.py"


@pytest.fixture(scope="module")
def generator():
    """The script that writes the pages, as a module."""
    spec = importlib.util.spec_from_file_location("generate_reference", DOCS / "generate_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["commands.md", "cleaning-rules.md", "evidence-rules.md", "station-frame.md"])
def test_a_page_is_the_one_that_the_code_makes(generator, name):
    path = generator.REFERENCE / name
    assert path.read_text(encoding="utf-8") == generator.PAGES[path](), AGAIN


def test_every_command_has_a_section_and_every_option_a_line_that_says_what_it_does(generator):
    page = generator.commands()
    for name, command in generator._all_commands("evcharge", generator.cli):
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for option in (one for one in command.params if one.param_type_name == "option"):
            assert option.help, (name, option.name)
            assert f"`{option.opts[0]}" in section or f"`{option.opts[0]}" in page.split("\n## evcharge")[0]


def test_every_rule_and_warning_has_a_line(generator):
    lines = generator.cleaning_rules().splitlines()
    for one in (*RULES, *WARNINGS):
        assert sum(line.startswith(f"| `{one.code}` |") for line in lines) == 1
        assert one.message


def test_every_rule_and_warning_of_evidence_has_a_line(generator):
    lines = [*generator.evidence_rules().splitlines(), *generator.cleaning_rules().splitlines()]
    for code in (*(rule.code for rule in EVIDENCE_RULES), *EVIDENCE_WARNINGS):
        assert any(line.startswith(f"| `{code}` |") for line in lines)


def test_every_column_of_the_stations_has_a_line(generator):
    lines = generator.station_frame().splitlines()
    for column in STATION_FRAME:
        assert sum(line.startswith(f"| `{column.name}` |") for line in lines) == 1
