"""evcharge check: what would become of a file.

What does not belong here: loading for good (``cli.load``), and the rules (``clean``).
"""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evcharge.cli.checked_evidence import SeenEvidence, show_evidence
from evcharge.cli.load import law, mixed_formats, show_warnings
from evcharge.cli.options import OutputPath, database, database_url, global_options, row_limit, setting
from evcharge.cli.progress import showing_progress
from evcharge.cli.reading import is_one_source, reading_options, reading_profiles
from evcharge.cli.refused import show_refused
from evcharge.cli.terminal import hint_as_typed, notice, show_error, standard_input, tell
from evcharge.cli.unknown_table import SURVEYED, as_document, mended, proposed, show_proposal, write_profile
from evcharge.errors import DatabaseError, EvchargeError, SourceError, as_path

if TYPE_CHECKING:
    from evcharge.carriers.inputs import Input
    from evcharge.frames import Cleaned
    from evcharge.load import LoadResult, RejectLimit
    from evcharge.sources import Profile

CHECK_SCHEMA_VERSION = 1
EXAMPLES = 3
"""Rejected rows shown for each rule."""
EXIT_GATE = 3
NOT_STATED = "not stated"
"""What stands in for the source where nobody says who published a file: it is looked at as that of a new one."""
WITHOUT_DATABASE = ("database_missing", "schema_missing", "schema_behind", "schema_ahead")
"""Faults of a database for which files are checked against an empty one."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option(
    "--max-rejects",
    type=row_limit,
    default="0",
    show_default=True,
    metavar="N|P%",
    help="Rejected rows with which a file still passes: a number, or a share such as 2%.",
)
@click.option("--replace", is_flag=True, help="Show what a load with --replace would do.")
@click.option(
    "--write-profile",
    "new_profile",
    type=OutputPath(),
    metavar="FILE",
    help="Write a starter profile for one table that fits none: commented, with what is to be confirmed marked.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@reading_options
@global_options
def check(files: tuple[str, ...], max_rejects: RejectLimit, as_json: bool, **options: Any) -> int:
    """Show what a load of FILES would do, and write nothing. FILES are what evcharge load takes.

    For a table that fits no profile, show what its columns may be, and the command that loads it.

    Ends with 0 if each file passes, 1 if one can't be read or needs --source to say who published it, 3 if one has more
    rejects than allowed.
    """
    from evcharge.carriers.inputs import gathered
    from evcharge.leftovers import temporary_folder

    replace_loads, new_profile = options.pop("replace"), options.pop("new_profile")
    stated = dict(options)
    profiles = reading_profiles(options.pop("profile"), options.pop("columns"), **options)
    reports: list[dict[str, Any]] = []
    codes = [0]
    with temporary_folder() as folder, gathered(files, standard_input(), is_one_source) as given:
        if new_profile:
            return _write_profile(given.inputs, profiles, stated, new_profile)
        url = _database_to_try(folder)
        for note in given.notes:
            notice(note)
        paths = [one.path for one in given.inputs if not one.fault]
        for one in given.inputs:
            others = tuple(other for other in paths if other != one.path)
            try:
                with showing_progress(one.name):
                    found = _check(one, profiles, url, others, replace_loads=replace_loads)
            except SourceError as error:
                found = {"file": one.name, "passes": False, "error": asdict_of(error)}
                codes.append(error.exit_code)
                found |= _tell_refused(one, error, stated, as_json=as_json)
            else:
                too_many = any(
                    max_rejects.passed_by(counts["rejected"], counts["read"])
                    for counts in (found, *found["evidence"].values())
                )
                found["passes"] = not too_many and "error" not in found
                codes.append(1 if "error" in found else EXIT_GATE if too_many else 0)
                if not as_json:
                    _show(found)
                if "error" in found:
                    show_error(SourceError(**found["error"]))
            reports.append(found)
    if as_json:
        click.echo(json.dumps({"schema_version": CHECK_SCHEMA_VERSION, "files": reports}, indent=2))
    return 1 if 1 in codes else max(codes)


def _tell_refused(one: Input, error: SourceError, stated: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    """Says why a file can't be read; of a table that fits no profile also what it holds, which is returned."""
    if error.code not in SURVEYED or stated["profile"]:
        show_error(error)
        return {}
    try:
        proposal = proposed(one, stated)
    except SourceError as fault:
        error = mended(error, fault)
        show_error(error)
        return {"error": asdict_of(error)}
    show_error(SourceError(error.code, error.reason))
    if not as_json:
        show_proposal(proposal, one)
    return {"table": as_document(proposal, one)}


def _write_profile(inputs: Sequence[Input], profiles: list[Profile], stated: dict[str, Any], path: Path) -> int:
    """Writes a starter profile for the one file, unless a profile fits it.

    Raises:
        SourceError: ``profile_fits``, or what makes the file no table.
    """
    from evcharge.sources import open_file, pick_profile

    if len(inputs) > 1:
        raise click.BadParameter("a profile is made of one file.", param_hint="--write-profile")
    (one,) = inputs
    if one.fault:
        raise one.fault
    try:
        with open_file(one.path, one.name) as file:
            fitting = pick_profile(file, profiles)
    except SourceError as error:
        if error.code not in SURVEYED:
            raise
        try:
            proposal = proposed(one, stated)
        except SourceError as fault:
            raise mended(error, fault) from fault
        write_profile(proposal, one, path)
        return 0
    reason = f"{one.name} fits profile {fitting.name}: it needs none of its own."
    raise SourceError(
        "profile_fits", reason, f"See what a load would do: evcharge check {shlex.quote(as_path(one.path))}"
    )


def _database_to_try(folder: Path) -> str:
    """The user's database; where it is not there or at another revision, an empty one of our own, and says so.

    Raises:
        DatabaseError: the database can't be reached or read.
    """
    from evcharge.migrate import require_head, upgrade

    url = database_url()
    try:
        require_head(database(), url)
    except DatabaseError as error:
        if error.code not in WITHOUT_DATABASE:
            raise
        notice(f"Compared with an empty database: {error.reason}")
        url = f"sqlite:///{folder}/empty.db"
        upgrade(url, setting("lock_wait_seconds"))
    return url


def _check(
    one: Input, profiles: list[Profile], url: str, companions: tuple[Path, ...], *, replace_loads: bool
) -> dict[str, Any]:
    """What a load would do with one file, by doing it without keeping it."""
    from evcharge.load import LoadOptions, load_file
    from evcharge.load.footer import Footer
    from evcharge.load.publisher import UnstatedSource

    profile, where = _recognised(one, profiles, companions)
    seen, footer, evidence = _Seen(), Footer(), SeenEvidence()

    def look(_name: str, cleaned: Cleaned) -> None:
        seen.add(cleaned)
        footer.add(cleaned)

    options = LoadOptions(
        name=one.name,
        dry_run=True,
        replace=replace_loads,
        lock_wait_seconds=setting("lock_wait_seconds"),
        companions=companions,
        driver_salt=setting("driver_salt") or None,
        on_cleaned=look,
        on_evidence=lambda _name, part: evidence.add(part),
    )
    unstated = {}
    try:
        result = load_file(one.path, url, [profile], options)
    except UnstatedSource as error:
        error.hint = hint_as_typed(error)
        unstated = {"source": None, "profile": profile.name, "error": asdict_of(error)}
        result = load_file(one.path, url, [replace(profile, source=NOT_STATED)], options)
    before = result.first_loaded_at
    if before:
        result = load_file(one.path, url, [profile], replace(options, replace=True))
    return {
        **_summary(result, profile),
        **unstated,
        **seen.summary(),
        **evidence.summary(),
        "footer_lines": footer.lines(),
        "loaded_before": before,
        **where,
    }


def _recognised(
    one: Input, profiles: list[Profile], companions: tuple[Path, ...]
) -> tuple[Profile, dict[str, str | int | None]]:
    """The profile that a file fits, and where in it the table begins."""
    from evcharge.load.companions import pick_among
    from evcharge.sources import open_file
    from evcharge.sources.recognise import line_of_header, sheet_of

    if one.fault:
        raise one.fault
    with open_file(one.path, one.name) as file:
        profile = pick_among(file, profiles, companions)
        return profile, {"sheet": sheet_of(file, profile) or None, "header_line": line_of_header(file, profile)}


class _Seen:
    """What the chunks of a file show: stations, the span of the starts, examples of each rule's rejects."""

    def __init__(self) -> None:
        self.stations: set[str] = set()
        self.starts: list[Any] = []
        self.examples: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, cleaned: Cleaned) -> None:
        self.stations.update(cleaned.stations["station_id"])
        if len(cleaned.rows):
            self.starts += [cleaned.rows["start_time"].min(), cleaned.rows["start_time"].max()]
        for row in cleaned.rejects.to_dict("records"):
            examples = self.examples[row["rule"]]
            if len(examples) < EXAMPLES:
                examples.append({str(name): row[name] for name in ("line", "column", "value", "raw")})

    def summary(self) -> dict[str, Any]:
        span = (min(self.starts), max(self.starts)) if self.starts else (None, None)
        first, last = (instant.isoformat(timespec="seconds") if instant else None for instant in span)
        return {"stations": len(self.stations), "first_start": first, "last_start": last, "examples": self.examples}


def _summary(result: LoadResult, profile: Profile) -> dict[str, Any]:
    """The load's counts with how the file was recognised and read."""
    told = asdict(result)
    for name in ("status", "first_loaded_at", "seconds", "changes"):
        del told[name]
    names = [spellings[0] for spellings in profile.columns.values()]
    names += [name for parts in profile.combined.values() for name in parts]
    about = {"title": profile.title, "kind": profile.kind}
    return {**told, **about, "recognised_by": names if profile.is_tabular else ["its structure"]}


def _show(found: dict[str, Any]) -> None:
    """Prints one file's report."""
    from evcharge.report.words import counted
    from evcharge.rules import RULES

    tell(f"{found['file']}: {found['title']} (profile {found['profile']}, source {found['source'] or NOT_STATED})")
    if found["source_stands_in"] and found["source"]:
        tell(f"  nobody says who published it: {found['source']} stands in for the source")
    sheet = f", on sheet {found['sheet']}" if found["sheet"] else ""
    further = (
        f"{sheet}, on line {found['header_line']}: what stands above is left out" if found["header_line"] else sheet
    )
    tell(f"  recognised by {', '.join(found['recognised_by'])}{further}")
    zone = "the offset in each time" if found["timezone"] == "offset" else found["timezone"]
    failures = f"; failures in the data: {found['failures_included']}" if found["kind"] == "sessions" else ""
    tell(f"  times: {found['time_format']}, zone: {zone}{failures}")
    if found["first_start"]:
        tell(f"  {counted(found['stations'], 'station')}, starts from {found['first_start']} to {found['last_start']}")
    if found["loaded_before"]:
        day = found["loaded_before"][:10]
        tell(f"  loaded before, on {day}: a load would change nothing, one with --replace would do this:")
    if found["kind"] == "sessions":
        tell(f"  {law(found)}")
    if found["skipped"]:
        tell(f"  also {counted(found['skipped'], 'row')} skipped by this format's own rule")
    for step, count in found["repaired"].items():
        tell(f"  {counted(count, 'value')} repaired by the profile's step {step}")
    if found["times_by_format"]:
        tell(f"  {mixed_formats(found['times_by_format'])}")
    messages = {rule.code: rule.message for rule in RULES}
    show_refused(found["rejects_by_rule"], messages, found["examples"])
    show_evidence(found)
    show_warnings(found["warnings"], found["warning_lines"], found["unread"])
    if lines := found["footer_lines"]:
        look = "row looks" if len(lines) == 1 else f"{len(lines)} rows look"
        tell(f"  the last {look} like a footer, from line {lines[0]} on: no sessions")
    if found["unknown_columns"]:
        tell(f"  columns not used: {', '.join(found['unknown_columns'])}")
    fault = "nobody says who published it" if "error" in found else "more rejects than --max-rejects allows"
    tell("  passes" if found["passes"] else f"  does not pass: {fault}")


def asdict_of(error: EvchargeError) -> dict[str, str | None]:
    """An error as a JSON document tells it."""
    return {"code": error.code, "reason": error.reason, "hint": error.hint}
