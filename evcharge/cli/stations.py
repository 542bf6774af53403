"""evcharge stations: a station registry into the database, or what it would change there.

What does not belong here: the transaction (``load``), and how a registry is read (``registries``).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evcharge.cli.given import given
from evcharge.cli.options import database_url, global_options, setting
from evcharge.cli.progress import showing_progress
from evcharge.cli.terminal import hint_as_typed, tell

if TYPE_CHECKING:
    from evcharge.load.registry_result import Changes, RegistryResult

STATIONS_SCHEMA_VERSION = 1


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--apply", is_flag=True, help="Change what is there, too; without it such changes are only shown.")
@click.option("--source", metavar="NAME", help="Whose station ids these are: the source of the sessions.")
@click.option(
    "--encoding", metavar="NAME", default="utf-8", show_default=True, help="Text encoding of a file without a mark."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@global_options
def stations(file: Path, apply: bool, source: str | None, encoding: str, as_json: bool) -> None:
    """Load a registry, which describes the stations.

    It may be OCPI Locations, IRVE static, AFDC or Open Charge Map.

    What only adds is written. What would change anything that is there is shown, and done with --apply.
    """
    from evcharge.load.publisher import UnstatedSource
    from evcharge.load.registry import RegistryOptions, load_registry

    options = RegistryOptions(source, setting("source") or None, apply, encoding, setting("lock_wait_seconds"))
    try:
        with showing_progress(file.name):
            result = load_registry(file, database_url(), options)
    except UnstatedSource as error:
        error.hint = hint_as_typed(error)
        raise
    if as_json:
        document = {"schema_version": STATIONS_SCHEMA_VERSION, **asdict(result)}
        document["changes_something"] = result.changes_something
        click.echo(json.dumps(document, indent=2))
    elif not given("quiet") or result.status == "not applied":
        show_registry(result)


def show_registry(result: RegistryResult) -> None:
    """Prints what became of a registry, or what it would change."""
    from evcharge.registries import MESSAGES, REJECTS
    from evcharge.report.words import counted, verb

    again = that_load = ""
    if result.first_loaded_at:
        again, that_load = f" on {result.first_loaded_at[:10]}, nothing changed", "; that load:"
    tell(f"{result.file}: {result.status}{again} ({result.format}, source {result.source}){that_load}")
    parts = " + ".join(f"{getattr(result, k):,} {k}" for k in ("inserted", "updated", "unchanged", "rejected"))
    tell(f"  stations: read {result.read:,} = {parts}")
    if not result.first_loaded_at:
        tell(f"  ports: {result.ports_read:,} read, {result.ports_new:,} new, {result.ports_unchanged:,} unchanged")
    for name, count in result.attributes_filled.items():
        tell(f"  {name} filled in at {counted(count, 'station')}")
    for name, changes in result.attributes_changed.items():
        does = verb(changes.count, "changes its", "change their")
        _show_changes(f"{counted(changes.count, 'station')} {does} {name}", changes, "station_id")
    for name, changes in result.ports_changed.items():
        does = verb(changes.count, "changes its", "change their")
        _show_changes(f"{counted(changes.count, 'port')} {does} {name}", changes, "port_id")
    ports, sessions, gone = result.ports_moved, result.sessions_moved, result.stations_removed
    _show_changes(f"{counted(ports.count, 'port')} {verb(ports.count, 'moves', 'move')}", ports, "port_id")
    does = verb(sessions.count, "moves to the station of its port", "move to the station of their port")
    _show_changes(f"{counted(sessions.count, 'session')} {does}", sessions, "sessions")
    if result.evidence_moved:
        does = verb(result.evidence_moved, "moves", "move")
        tell(f"  {counted(result.evidence_moved, 'row')} of statuses, outages and uptime {does} with the ports")
    if gone:
        does = verb(gone, "goes: its", "go: their")
        tell(f"  {counted(gone, 'station')} that only stood for a port {does} sessions moved")
    for code, count in result.rejects_by_rule.items():
        tell(f"  {count:>9,}  {code}: {REJECTS.get(code, '')}")
    for code, oddity in result.warnings.items():
        first = oddity["examples"][0]
        shown = f" (first at {first['number']}: {first['text']})" if first["text"] else f" (first at {first['number']})"
        tell(f"  warning: {oddity['count']:,} {code}: {MESSAGES[code]}{shown}")
    if result.status == "not applied":
        tell("Nothing was written, for this would change what is there. To do it: add --apply")


def _show_changes(headline: str, changes: Changes, named: str) -> None:
    from evcharge.report.words import counted

    if changes.count:
        tell(f"  {headline}")
    for example in changes.examples:
        what = counted(example[named], "session") if named == "sessions" else example[named]
        tell(f"    {what}: {_arrow(example)}")


def _arrow(example: dict[str, Any]) -> str:
    return f"{example['old']} -> {example['new']}"
