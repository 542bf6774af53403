"""evcharge formats: what can be read, and of each format a page with an example that the tool itself loads."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evcharge import toml
from evcharge.cli import cli
from evcharge.registries import FORMATS
from evcharge.sources import builtin_profiles
from evcharge.sources.pages import pages_folder

Run = Callable[..., tuple[int, str, str]]

CHECKOUT = Path(__file__).parents[2]
REGISTRIES = {name: module.PAGE for name, module in FORMATS.items()}
PAGES = {**{name: name for name in builtin_profiles()}, **REGISTRIES}
CONSOLE = re.compile("```console\n(.*?)```", re.DOTALL)


def text_of(page: str) -> str:
    return (CHECKOUT / "docs" / "sources" / f"{page}.md").read_text(encoding="utf-8")


def test_every_format_is_listed_with_a_page_that_exists(evcharge: Run) -> None:
    document = json.loads(evcharge("formats", "--json")[1])
    assert [one["profile"] for one in document["formats"]] == list(builtin_profiles())
    assert {one["format"] for one in document["registries"]} == {"ocpi", "irve", "afdc", "ocm"}
    listed = [*document["formats"], *document["registries"]]
    assert all((CHECKOUT / one["page"]).is_file() for one in listed)
    told = evcharge("formats")[1]
    assert all(one["title"] in told for one in listed)
    assert "evcharge formats NAME" in told


@pytest.mark.parametrize("name", ["uk-apt", "ocpp", "irve", "ocm", "open-charge-map"])
def test_the_page_of_a_format_is_printed_as_it_stands(evcharge: Run, name: str) -> None:
    code, out, err = evcharge("formats", name)
    assert (code, err) == (0, "")
    assert out == text_of(PAGES.get(name, name))
    document = json.loads(evcharge("formats", name, "--json")[1])
    assert document == {"schema_version": 1, "page": f"docs/sources/{PAGES.get(name, name)}.md", "text": out}


@pytest.mark.parametrize(("name", "near"), [("uk-ap", "uk-apt"), ("OCPP", "ocpp"), ("charge-point", "chargepoint")])
def test_an_unknown_name_is_refused_with_those_that_are_nearest(evcharge: Run, name: str, near: str) -> None:
    code, out, err = evcharge("formats", name)
    assert (code, out) == (1, "")
    assert f"Error [unknown_format]: There is no format '{name}'." in err
    assert f"Did you mean {near}" in err


def test_a_name_that_is_near_nothing_is_sent_to_the_list(evcharge: Run) -> None:
    assert evcharge("formats", "§§§")[2].splitlines()[1] == "  See all: evcharge formats"


@pytest.mark.parametrize(("name", "page"), PAGES.items())
def test_a_page_says_what_is_read_what_an_outcome_is_what_is_not_known_and_how_to_load_it(name: str, page: str) -> None:
    """That its commands run and print what it says is held by ``test_documents``."""
    text = text_of(page)
    assert "| our column | their field |" in text
    assert re.search(r"^\*\*(The outcome\*\* is|There is no outcome here:\*\*)", text, re.MULTILINE)
    assert "\n## What it can't tell\n" in text

    commands = re.findall(r"^\$ evcharge (\w+)", CONSOLE.search(text)[1], re.MULTILINE)  # type: ignore[index]
    assert commands[-1] == ("stations" if name in REGISTRIES else "load")
    assert set(commands) <= set(cli.commands)
    shown = f"(registry-{name}," if name in REGISTRIES else f"(profile {name}@"
    assert shown in CONSOLE.search(text)[1]  # type: ignore[index]


def test_every_page_beside_the_list_is_of_a_format() -> None:
    assert {path.stem for path in pages_folder().glob("*.md")} == {*PAGES.values(), "README"}


def test_the_build_puts_the_pages_where_they_are_looked_for() -> None:
    project = toml.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    copied = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    beside = Path(sys.modules["evcharge.sources.pages"].__file__ or "").parent / "pages"
    assert CHECKOUT / copied["docs/sources"] == beside
    assert pages_folder() == CHECKOUT / "docs" / "sources"
