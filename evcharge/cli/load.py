"""evcharge load: files into the database.

What does not belong here: the transaction (``load``), and what a session is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evcharge.cli.database import upgrade_database
from evcharge.cli.given import given
from evcharge.cli.loading import Outcome, load_files
from evcharge.cli.options import OutputPath, database_url, global_options, row_limit, setting
from evcharge.cli.publisher import refuse_to_remember, remember_source
from evcharge.cli.reading import is_one_source, reading_options, reading_profiles
from evcharge.cli.sample import SAMPLE_FILE, make_sample_if_missing
from evcharge.cli.terminal import (
    notice,
    show_error,
    show_errors,
    standard_input,
    tell,
    with_database,
)
from evcharge.errors import EvchargeError, ReportError

if TYPE_CHECKING:
    from evcharge.carriers.inputs import Input
    from evcharge.load import LoadOptions, LoadResult
    from evcharge.sources import Profile

LOAD_SCHEMA_VERSION = 1
TOLD_ONCE = ("drivers_left_out",)
"""Warnings of a setting: they are printed with the sum of all files, not with each."""
STANDS_IN = (
    "Nobody says who published this; {} stands in for the source. Of a later file that is asked: --source NAME, or "
    "--source NAME --remember-source to say it once."
)
CHANGES_SHOWN = 5
"""Changed sessions that the console lists; ``--json`` lists up to ``writer.CHANGES_LISTED``."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--create-db", is_flag=True, help="Make the database, or bring it to the newest revision, first.")
@click.option("--replace", is_flag=True, help="Load a file again in place of its first load.")
@click.option("-n", "--dry-run", is_flag=True, help="Do everything, but keep nothing of it.")
@click.option(
    "--rejects",
    metavar="FILE",
    type=OutputPath(),
    help="Write the rejected rows to a CSV; of a file that is loaded already, those of its first load.",
)
@click.option(
    "--max-rejects",
    type=row_limit,
    metavar="N|P%",
    help="Refuse a file with more rejected rows: a number, or a share such as 2%.",
)
@click.option(
    "--remember-source",
    is_flag=True,
    help="Write --source into evcharge.toml, too, for later files that don't say who published them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@reading_options
@global_options
def load(files: tuple[str, ...], **options: Any) -> int:
    """Load files of sessions, or of states of ports.

    Each file is one transaction.

    FILES are files, folders (the files right in them), patterns such as 'data/*.csv', ZIP archives (each file in them),
    and - for standard input. Without FILES, loads charging_sessions.csv, made first if it is not there.
    """
    from evcharge.carriers.inputs import gathered
    from evcharge.load import LoadOptions

    began = datetime.now(timezone.utc)
    names = ("create_db", "replace", "dry_run", "rejects", "max_rejects", "as_json", "remember_source")
    write = {name: options.pop(name) for name in names}
    source = options["source"] if write["remember_source"] else None
    if write["remember_source"]:
        refuse_to_remember(source)
    profiles = reading_profiles(options.pop("profile"), options.pop("columns"), **options)
    with gathered(files or (SAMPLE_FILE,), standard_input(), is_one_source) as found:
        refuse_to_overwrite(write["rejects"], found.inputs)
        for note in found.notes:
            notice(note)
        if write["create_db"]:
            upgrade_database()
        if not files:
            make_sample_if_missing()
        load_options = LoadOptions(
            replace=write["replace"],
            dry_run=write["dry_run"],
            max_rejects=write["max_rejects"],
            lock_wait_seconds=setting("lock_wait_seconds"),
            driver_salt=setting("driver_salt") or None,
            call_began=began,
        )
        outcomes, fault = load_with_rejects(found.inputs, profiles, load_options, write["rejects"])
    code = show_outcomes(outcomes, write["as_json"])
    notice_made_up(outcomes, options["source"])
    if fault:
        show_error(fault, given("db"))
    elif write["rejects"]:
        notice(f"wrote {write['rejects']}")
    if source and not code and not write["dry_run"]:
        remember_source(source)
    return fault.exit_code if fault else code


def notice_made_up(outcomes: Sequence[Outcome], source: str | None) -> None:
    """Says which files did not take the source that was asked for, as what is made up keeps its own."""
    results = [outcome.result for outcome in outcomes if outcome.result and source]
    if not results:
        return
    from evcharge.load.meanings import kept_source_text

    for result in results:
        if told := kept_source_text(result.file, result.source, source):
            notice(told)


def load_with_rejects(
    inputs: Sequence[Input], profiles: list[Profile], options: LoadOptions, rejects: Path | None
) -> tuple[list[Outcome], ReportError | None]:
    """Loads the inputs and writes their rejects; also tells what kept these from being written in the end.

    Raises:
        ReportError: they could not even be begun; nothing was loaded.
    """
    from evcharge.load.rejects_file import rejects_file

    outcomes: list[Outcome] = []
    try:
        with rejects_file(rejects) as on_rejects:
            outcomes = load_files(inputs, profiles, replace(options, on_rejects=on_rejects))
    except ReportError as fault:
        if not outcomes:
            raise
        return outcomes, fault
    return outcomes, None


def refuse_to_overwrite(rejects: Path | None, inputs: Sequence[Input]) -> None:
    """Refuses a file for rejects that is itself to be loaded, or an archive of such, wherever it was found."""
    from evcharge.kept import READ, refuse_to_replace

    if rejects:
        kept = dict.fromkeys([one.origin for one in inputs], READ)
        refuse_to_replace(rejects, kept, f"--rejects {rejects}")


def show_outcomes(outcomes: list[Outcome], as_json: bool) -> int:
    """Prints what became of the files, and in which database, and tells the exit code."""
    from evcharge.load import evidence_totals, totals

    results = [outcome.result for outcome in outcomes if outcome.result]
    errors = [outcome.error for outcome in outcomes if outcome.error]
    not_tried = [outcome.name for outcome in outcomes if not (outcome.result or outcome.error)]
    if as_json:
        files = [_as_document(outcome) for outcome in outcomes]
        document = {"schema_version": LOAD_SCHEMA_VERSION, "database": database_shown(), "files": files}
        sums = {**totals(results), "evidence": evidence_totals(results)}
        click.echo(json.dumps({**document, "totals": sums}, indent=2))
    elif not given("quiet"):
        show_results(outcomes, results)
    show_errors(errors, given("db"))
    if not_tried:
        tell(f"Not tried: {', '.join(not_tried)}", err=True)
    codes = [error.exit_code for error in errors]
    return min(codes) if codes else 0


def show_results(outcomes: Sequence[Outcome], results: Sequence[LoadResult]) -> None:
    """Prints what became of each file; those that are loaded already share one line where they are several."""
    from evcharge.load import evidence_totals, totals

    known = [result for result in results if result.first_loaded_at]
    if len(known) > 1:
        tell(f"{len(known):,} files are already loaded, nothing changed")
    shown = [result for result in results if not result.first_loaded_at] if len(known) > 1 else results
    for result in shown:
        show_result(result)
    show_told_once({code: sum(result.warnings.get(code, 0) for result in shown) for code in TOLD_ONCE})

    if len(outcomes) > 1:
        what = "could be loaded" if any(result.status == "dry run" for result in results) else "are in"
        tell(f"{len(results):,} of {len(outcomes):,} files {what}: {law(totals(results))}")
        for kind, counts in evidence_totals(results).items():
            tell(f"  {kind}: {law(counts)}")
    if standing := sorted({result.source for result in results if result.source_stands_in}):
        notice(STANDS_IN.format(" and ".join(standing)))
    if results:
        notice(f"database: {database_shown()}")


def show_told_once(counts: Mapping[str, int]) -> None:
    """Prints the warnings of settings, where there are any."""
    if any(counts.values()):
        from evcharge.load.meanings import warning_meanings

        for code, count in counts.items():
            tell(f"warning: {count:,} {code}: {warning_meanings()[code]}")


def database_shown() -> str | None:
    """The URL of the database in use, its password masked; None where it is no URL."""
    from evcharge.db import masked

    try:
        return masked(database_url())
    except EvchargeError:
        return None


def _as_document(outcome: Outcome) -> dict[str, Any]:
    if outcome.result:
        return asdict(outcome.result)
    error = outcome.error
    fault = {"code": error.code, "reason": error.reason, "hint": error.hint} if error else None
    return {"file": outcome.name, "status": "failed" if error else "not tried", "error": fault}


def show_result(result: LoadResult) -> None:
    """Prints what became of one file."""
    from evcharge.load import UNSTATED, hint_of
    from evcharge.load.meanings import rule_meanings
    from evcharge.report.words import counted, listed_ports, refused_as

    again = that_load = ""
    if result.first_loaded_at:
        name = f" as {result.first_loaded_as}" if result.first_loaded_as != result.file else ""
        again, that_load = f" on {result.first_loaded_at[:10]}{name}, nothing changed", "; that load:"
    tell(f"{result.file}: {result.status}{again} (profile {result.profile}, source {result.source}){that_load}")
    if result.has_sessions:
        tell(f"  {law(asdict(result))}")
    show_evidence(result)
    if result.skipped:
        tell(f"  also {counted(result.skipped, 'row')} skipped by this format's own rule")
    for step, count in result.repaired.items():
        tell(f"  {counted(count, 'value')} repaired by the profile's step {step}")
    if result.times_by_format:
        tell(f"  {mixed_formats(result.times_by_format)}")
    if result.rejected_as:
        kinds = (result.rejected_as.get(kind, 0) for kind in ("failure", "success", "unknown"))
        tell(f"  of the rejected rows {refused_as(*kinds)}")
    messages = rule_meanings()
    for code, count in result.rejects_by_rule.items():
        tell(f"  {count:>9,}  {code}: {messages.get(code, '')}")
        if code.endswith("zone_unknown") and result.unknown_labels:
            tell(f"             not explained: {', '.join(map(repr, result.unknown_labels))}")
        if code in UNSTATED:
            formats = list(result.times_by_format) or [result.time_format]
            tell(f"             {hint_of(UNSTATED[code][1], formats, result.unknown_labels)}")
    show_warnings(
        {code: count for code, count in result.warnings.items() if code not in TOLD_ONCE}, columns=result.unread
    )
    if result.unnamed_ports:
        tell(f"             {listed_ports(result.unnamed_ports)}")
    if result.unknown_columns:
        tell(f"  columns not used: {', '.join(result.unknown_columns)}")
    for change in result.changes[:CHANGES_SHOWN]:
        differing = ", ".join(f"{name} {old} -> {new}" for name, (old, new) in change["columns"].items())
        tell(f"  changed: {change['session_id']} (line {change['line']}): {differing}")
    if result.updated > CHANGES_SHOWN and result.changes:
        tell(f"  ... and {result.updated - CHANGES_SHOWN:,} more; --json lists them")


def show_evidence(result: LoadResult) -> None:
    """Prints what became of statuses, contacts, outages and reported uptime, and what refused some."""
    from evcharge.load.meanings import evidence_rule_meanings

    messages = evidence_rule_meanings(has_sessions=result.has_sessions)
    for kind, counts in result.evidence.items():
        tell(f"  {kind}: {law(counts)}")
        for rule, count in result.evidence_rejects_by_rule.get(kind, {}).items():
            tell(f"  {count:>9,}  {rule}: {messages.get(rule, '')}")


def mixed_formats(times_by_format: Mapping[str, int]) -> str:
    """How many times of a file that mixes formats are written in each."""
    told = ", ".join(f"{count:,} by {name}" for name, count in times_by_format.items())
    return f"its times mix {len(times_by_format)} formats: {told}"


def show_warnings(
    counts: Mapping[str, int],
    lines: Mapping[str, Sequence[int]] | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Prints what was warned of; with ``lines`` also where the first of it stands, with ``columns`` in which ones."""
    from evcharge.load.meanings import warning_meanings

    messages = warning_meanings()
    for code, count in counts.items():
        tell(f"  warning: {count:,} {code}: {with_database(messages[code], given('db'))}")
        if names := (columns or {}).get(code):
            tell(f"             {', '.join(names)}")
        first = (lines or {}).get(code, ())
        if first:
            more = " and more" if count > len(first) else ""
            tell(f"             {'line' if len(first) == 1 else 'lines'} {', '.join(map(str, first))}{more}")


def law(counts: Any) -> str:
    """Every row accounted for, with the numbers."""
    parts = " + ".join(f"{counts[k]:,} {k}" for k in ("inserted", "updated", "unchanged", "superseded", "rejected"))
    return f"read {counts['read']:,} = {parts}"
