"""evcharge unload: loads out of the database again, after a question.

What does not belong here: the transaction, and what goes with a load (``load``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from evcharge.cli.given import given
from evcharge.cli.options import database_url, global_options, setting
from evcharge.cli.terminal import tell

if TYPE_CHECKING:
    from evcharge.load.unload import LoadOfSessions, UnloadResult

UNLOAD_SCHEMA_VERSION = 1
MOST_SHOWN = 20
"""Files that the question and the console list; ``--json`` lists all."""


@click.command()
@click.option("--source", metavar="NAME", help="Take out every file of this source.")
@click.option("--load", "load_key", type=int, metavar="N", help="Take out this load: load_key of load_ledger.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@global_options
def unload(source: str | None, load_key: int | None, yes: bool, as_json: bool) -> int:
    """Take loaded files out again, in one transaction.

    Their sessions, states of ports and rejects go, and stations of which nothing is left.

    Sessions that a file had overwritten go with it. The files that had them are named; loading one of these again
    brings them back. The ledger keeps the line of what is out.
    """
    from evcharge.load.unload import find_loads
    from evcharge.load.unload import unload as take_out

    if (source is None) == (load_key is None):
        raise click.UsageError("name what is to go: either --source NAME or --load N.")
    found = find_loads(database_url(), source=source, load=load_key)
    if not yes and not confirmed(found):
        tell("Nothing was changed.", err=True)
        return 1
    result = take_out(database_url(), [one.load for one in found], setting("lock_wait_seconds"))
    if as_json:
        click.echo(json.dumps({"schema_version": UNLOAD_SCHEMA_VERSION, **asdict(result)}, indent=2))
    elif not given("quiet"):
        show_unloaded(result)
    return 0


def confirmed(loads: Sequence[LoadOfSessions]) -> bool:
    """Whether the person at the terminal says yes to what will go.

    Raises:
        UsageError: there is no terminal.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask at: add --yes.")
    _show_loads(loads, err=True)
    return click.confirm("Take this out?", err=True)


def show_unloaded(result: UnloadResult) -> None:
    """Prints what went, and the files that bring back what others had, too."""
    from evcharge.report.words import counted, verb

    _show_loads(result.loads)
    gone = counted(result.stations_removed, "station")
    tell(f"unloaded{f', and {gone} of which nothing is left' if result.stations_removed else ''}")
    if result.incomplete:
        files = counted(len(result.incomplete), "other file")
        these = verb(len(result.incomplete), "this file", "these files")
        tell(f"Sessions of {files} went with it. To bring them back, load {these} again:")
        _show_files(result.incomplete)


def _show_loads(loads: Sequence[LoadOfSessions], *, err: bool = False) -> None:
    from evcharge.report.words import counted

    names = ("sessions", "evidence", "rejected")
    sessions, evidence, rejected = (sum(getattr(one, name) for one in loads) for name in names)
    held = f"{_held(sessions, evidence)} and {counted(rejected, 'rejected row')}"
    tell(f"{counted(len(loads), 'file')} with {held}:", err=err)
    _show_files(loads, err=err)


def _held(sessions: int, evidence: int) -> str:
    """What loads hold; of evidence only where there is any, and then of sessions only where there are."""
    from evcharge.report.words import counted

    rows = [f"{counted(evidence, 'row')} of statuses, contacts, outages or reported uptime"] if evidence else []
    return ", ".join([*([counted(sessions, "session")] if sessions or not rows else []), *rows])


def _show_files(loads: Sequence[LoadOfSessions], *, err: bool = False) -> None:
    for one in loads[:MOST_SHOWN]:
        tell(f"  {one.file} (load {one.load}, source {one.source}): {_held(one.sessions, one.evidence)}", err=err)
    if len(loads) > MOST_SHOWN:
        tell(f"  and {len(loads) - MOST_SHOWN:,} more", err=err)
