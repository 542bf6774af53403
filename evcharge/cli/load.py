"""evcharge load and evcharge sample: files into the database, and files to try it with.

What does not belong here: the transaction (``load``), and what a session is.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evcharge.cli.database import upgrade_database
from evcharge.cli.options import (
    database_url,
    global_options,
    reading_options,
    reading_profiles,
    row_limit,
    setting,
)
from evcharge.cli.terminal import Interrupts, notice, progress_bar, show_error, tell
from evcharge.errors import EvchargeError, GateError, SourceError

if TYPE_CHECKING:
    from evcharge.frames import Cleaned
    from evcharge.load import LoadOptions, LoadResult
    from evcharge.sources import Profile

SAMPLE_FILE = Path("charging_sessions.csv")
LOAD_SCHEMA_VERSION = 1
LOAD_WARNINGS = {
    "look_alike_station_ids": "ids that differ only in case or composition",
    "not_replaced": "sessions of the first load did not come back",
    "port_not_in_registry": "sessions name a port in place of a station, and no registry of the source places it",
}
"""What a load says beside ``clean.WARNINGS``."""
CHANGES_SHOWN = 5
"""Changed sessions that the console lists; ``--json`` lists up to ``writer.CHANGES_LISTED``."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--create-db", is_flag=True, help="Bring the database to the newest revision first.")
@click.option("--replace", is_flag=True, help="Load a file again in place of its first load.")
@click.option("-n", "--dry-run", is_flag=True, help="Do everything but keep nothing.")
@click.option("--rejects", metavar="FILE", type=click.Path(path_type=Path), help="Write the rejected rows to a CSV.")
@click.option(
    "--max-rejects",
    type=row_limit,
    metavar="N|P%",
    help="Refuse a file with more rejects: a number, or a share such as 2%.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@reading_options
@global_options
def load(files: tuple[Path, ...], **options: Any) -> int:
    """Load session files, each in one transaction.

    Without FILES, loads charging_sessions.csv, made first if it is not there.
    """
    from evcharge.load import LoadOptions, RejectLimit

    write = {
        name: options.pop(name) for name in ("create_db", "replace", "dry_run", "rejects", "max_rejects", "as_json")
    }
    if write["rejects"] and write["rejects"].resolve() in (file.resolve() for file in files or (SAMPLE_FILE,)):
        raise click.BadParameter(f"{write['rejects']} is a file to load.", param_hint="--rejects")
    profiles = reading_profiles(options.pop("profile"), options.pop("columns"), **options)
    if write["create_db"]:
        upgrade_database()
    if not files:
        make_sample_if_missing()
    limit = RejectLimit(*write["max_rejects"]) if write["max_rejects"] else None
    with ExitStack() as stack:
        load_options = LoadOptions(
            replace=write["replace"],
            dry_run=write["dry_run"],
            max_rejects=limit,
            lock_wait_seconds=setting("lock_wait_seconds"),
            driver_salt=setting("driver_salt") or None,
            on_cleaned=stack.enter_context(rejects_file(write["rejects"])),
        )
        outcomes = load_files(files or (SAMPLE_FILE,), profiles, load_options)
    if write["rejects"]:
        notice(f"wrote {write['rejects']}")
    return show_outcomes(outcomes, write["as_json"])


Outcome = tuple[Path, "LoadResult | None", "EvchargeError | None"]


def load_files(files: Iterable[Path], profiles: list[Profile], options: LoadOptions) -> list[Outcome]:
    """Loads the files one by one; a bad file does not keep the next from loading, a bad database does."""
    from dataclasses import replace

    from evcharge.load import load_file

    outcomes: list[Outcome] = []
    files = list(files)
    for path in files:
        companions = tuple(other for other in files if other != path)
        with Interrupts() as interrupts, progress_bar(path, interrupts.check) as on_progress:
            try:
                result = load_file(
                    path, database_url(), profiles, replace(options, companions=companions, on_progress=on_progress)
                )
            except (SourceError, GateError) as error:
                outcomes.append((path, None, error))
            except EvchargeError as error:
                return [*outcomes, (path, None, error)]
            else:
                outcomes.append((path, result, None))
    return outcomes


@contextmanager
def rejects_file(path: Path | None) -> Iterator[Callable[[str, Cleaned], None]]:
    """Takes rejects and writes them to a CSV, made inert for spreadsheets; without a path it drops them."""
    import csv

    from evcharge.files import inert_cell, written_whole

    if path is None:
        yield lambda _name, _cleaned: None
        return
    with written_whole(path) as binary:
        file = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)  # a lone CR is quoted, too
        writer.writerow(["file", "line", "rule", "column", "value", "raw"])

        def add(name: str, cleaned: Cleaned) -> None:
            for row in cleaned.rejects.itertuples(index=False):
                texts = (inert_cell(str(text or "")) for text in (row.column, row.value, row.raw))
                writer.writerow([inert_cell(name), row.line, row.rule, *texts])

        yield add
        file.detach()


def show_outcomes(outcomes: list[Outcome], as_json: bool) -> int:
    """Prints what became of the files, and tells the exit code."""
    from evcharge.load import totals

    results = [result for _, result, _ in outcomes if result]
    errors = [error for _, _, error in outcomes if error]
    if as_json:
        files = [asdict(result) if result else _failed(path, error) for path, result, error in outcomes]
        document = {"schema_version": LOAD_SCHEMA_VERSION, "files": files, "totals": dict(totals(results))}
        click.echo(json.dumps(document, indent=2))
    else:
        for result in results:
            show_result(result)
        if len(outcomes) > 1:
            sums = totals(results)
            tell(f"{len(results)} of {len(outcomes)} files are in: {law(sums)}")
    for error in errors:
        show_error(error)
    codes = [error.exit_code for error in errors]
    return min(codes) if codes else 0


def _failed(path: Path, error: EvchargeError | None) -> dict[str, Any]:
    from evcharge.sources.file import printable

    fault = {"code": error.code, "reason": error.reason, "hint": error.hint} if error else None
    return {"file": printable(path.name), "status": "failed", "error": fault}


def show_result(result: LoadResult) -> None:
    """Prints what became of one file."""
    from evcharge.clean import RULES, WARNINGS

    again = f" on {result.first_loaded_at[:10]}, nothing changed; then it" if result.first_loaded_at else ""
    tell(f"{result.file}: {result.status}{again} (profile {result.profile}, source {result.source})")
    tell(f"  {law(asdict(result))}")
    if result.skipped:
        tell(f"  besides, {result.skipped:,} rows are no sessions by this format's own rule")
    for step, count in result.repaired.items():
        tell(f"  {count:,} values repaired by the profile's step {step}")
    if result.rejected_as:
        kinds = {kind: result.rejected_as.get(kind, 0) for kind in ("failure", "success", "unknown")}
        tell(
            f"  of the rejected rows {kinds['failure']:,} would have counted as failures, {kinds['success']:,} as "
            f"successes, {kinds['unknown']:,} can't be told"
        )
    messages = {rule.code: rule.message for rule in RULES}
    for code, count in result.rejects_by_rule.items():
        tell(f"  {count:>9,}  {code}: {messages.get(code, '')}")
    messages = {**{warning.code: warning.message for warning in WARNINGS}, **LOAD_WARNINGS}
    for code, count in result.warnings.items():
        tell(f"  warning: {count:,} {code}: {messages[code]}")
    if result.unknown_columns:
        tell(f"  columns not used: {', '.join(result.unknown_columns)}")
    for change in result.changes[:CHANGES_SHOWN]:
        differing = ", ".join(f"{name} {old} -> {new}" for name, (old, new) in change["columns"].items())
        tell(f"  changed: {change['session_id']} (line {change['line']}): {differing}")
    if result.updated > CHANGES_SHOWN and result.changes:
        tell(f"  ... and {result.updated - CHANGES_SHOWN:,} more; --json lists them")


def law(counts: Any) -> str:
    """The law of the line with its numbers."""
    parts = " + ".join(f"{counts[k]:,} {k}" for k in ("inserted", "updated", "unchanged", "superseded", "rejected"))
    return f"read {counts['read']:,} = {parts}"


def make_sample_if_missing() -> None:
    """Writes the synthetic sessions, unless the file is there."""
    if not SAMPLE_FILE.exists():
        from evcharge.synth import write_sample

        write_sample(SAMPLE_FILE)
        notice(f"wrote {SAMPLE_FILE} (synthetic sessions, since there was no such file)")


@click.command()
@click.option("--rows", type=click.IntRange(min=1), default=1000, show_default=True, help="Sessions to make.")
@click.option("--stations", type=click.IntRange(min=1), help="Stations; default grows with the rows.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--dirty", is_flag=True, help="Plant every defect that cleaning must catch.")
@click.option(
    "--truth",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the true rates and the planted defects as JSON.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=SAMPLE_FILE, show_default=True, help="File to write."
)
@global_options
def sample(rows: int, stations: int | None, seed: int, dirty: bool, truth: Path | None, output: Path) -> None:
    """Write synthetic charging sessions as a CSV."""
    from evcharge.synth import write_sample

    there = output.exists()
    write_sample(output, rows=rows, stations=stations, seed=seed, dirty=dirty, truth=truth)
    notice(f"wrote {output}{' in place of the one there' if there else ''}")
    if truth:
        notice(f"wrote {truth}")
