"""evcharge formats: what can be read, and the page of each format.

What does not belong here: how a format is read, and what a page says.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence

import click

from evcharge.cli.options import global_options
from evcharge.cli.terminal import narrow_console, tell
from evcharge.errors import SourceError

FORMATS_SCHEMA_VERSION = 1


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@global_options
def formats(name: str | None, as_json: bool) -> None:
    """List what can be read, or print the page of the format NAME.

    A page says what the file is, what is read and as what, what it can't tell, and the command that loads it.
    """
    if name is None:
        _list(as_json)
        return
    from evcharge.sources.pages import page_of

    page = _page_named(name)
    text = page_of(page)
    if as_json:
        document = {"schema_version": FORMATS_SCHEMA_VERSION, "page": f"docs/sources/{page}.md", "text": text}
        click.echo(json.dumps(document, indent=2))
        return
    for line in text.splitlines():
        tell(line, as_it_is=True)


def _page_named(name: str) -> str:
    """The page of a profile, or of a registry by its own name or by that of its page.

    Raises:
        SourceError: ``unknown_format``, with the names that are nearest.
    """
    from evcharge.registries import FORMATS
    from evcharge.sources import builtin_profiles

    pages = {profile: profile for profile in builtin_profiles()}
    pages |= {module.PAGE: module.PAGE for module in FORMATS.values()}
    pages |= {registry: module.PAGE for registry, module in FORMATS.items()}
    if name not in pages:
        near = difflib.get_close_matches(name.casefold(), pages)
        meant = f"Did you mean {' or '.join(near)}? " if near else ""
        raise SourceError("unknown_format", f"There is no format {name!r}.", f"{meant}See all: evcharge formats")
    return pages[name]


def _list(as_json: bool) -> None:
    """Prints every profile and registry, with what it reads."""
    from evcharge.registries import FORMATS
    from evcharge.sources import builtin_profiles

    known = [
        {
            "profile": profile.name,
            "title": profile.title,
            "kind": profile.kind,
            "format": profile.format,
            "failures_included": profile.failures_included,
            "page": f"docs/sources/{profile.name}.md",
        }
        for profile in builtin_profiles().values()
    ]
    registries = [
        {"format": name, "title": module.TITLE, "page": f"docs/sources/{module.PAGE}.md"}
        for name, module in FORMATS.items()
    ]
    if as_json:
        document = {"schema_version": FORMATS_SCHEMA_VERSION, "formats": known, "registries": registries}
        click.echo(json.dumps(document, indent=2))
        return
    width = max(len(one["profile"]) for one in known)
    _show_named([(one["profile"], one["title"], f"{one['format']}; {_holds(one)}") for one in known], width)
    tell()
    tell("Station registries, by evcharge stations:")
    _show_named([(one["format"], one["title"]) for one in registries], width)
    tell()
    tell("The page of one, with an example: evcharge formats NAME")
    tell("A format of your own takes one TOML file: see docs/how-to/add-a-format.md, then --profile my.toml")


def _show_named(rows: Sequence[Sequence[str]], width: int) -> None:
    """Prints each name with the lines of what it is, which begin after so many characters."""
    if screen := narrow_console():
        from evcharge.report.terminal.table import print_table

        print_table(screen, ("~format", *[""] * (len(rows[0]) - 1)), rows)
        return
    for name, *lines in rows:
        for number, line in enumerate(lines):
            tell(f"{'' if number else name:<{width}}  {line}")


def _holds(one: dict[str, str]) -> str:
    """What the files of a profile hold."""
    of_others = {
        "status": "states of ports",
        "outages": "reported outages, or claims that one is exempt",
        "uptime": "uptime of ports as reported",
    }
    return of_others.get(one["kind"]) or f"failures in the data: {one['failures_included']}"
