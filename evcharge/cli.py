"""The command line: options in, exit code out; results on stdout, progress and notices on stderr.

Heavy imports stand inside the commands, so that ``--help`` answers at once. What does not belong here: anything a
Python program would want to call.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from evcharge import __version__
from evcharge.errors import ConfigError, EvchargeError, GateError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from rich.console import Console

    from evcharge.load import LoadOptions, LoadResult
    from evcharge.report import Report
    from evcharge.sources import Profile

SAMPLE_FILE = Path("charging_sessions.csv")
CHART_FILE = Path("station_reliability.png")
LOAD_SCHEMA_VERSION = 1
EXIT_INTERRUPTED = 130
CHANGES_SHOWN = 5
"""Changed sessions that the console lists; ``--json`` lists up to ``writer.CHANGES_LISTED``."""

Command = TypeVar("Command", bound=Callable[..., Any])


def main(*prefix: str) -> NoReturn:
    """Runs the command line and ends the process with its exit code."""
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # it was closed before we began
            setattr(sys, stream, Path(os.devnull).open("w"))  # noqa: SIM115 - open to the end
    sys.exit(run_command([*prefix, *sys.argv[1:]]))


def run_command(arguments: list[str]) -> int:
    """Runs one command; every failure becomes a message and an exit code, never a traceback."""
    try:
        return int(cli.main(args=arguments, prog_name="evcharge", standalone_mode=False) or 0)
    except click.ClickException as error:
        message = io.StringIO()
        error.show(message)
        for line in message.getvalue().splitlines():
            tell(line, err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        tell("Interrupted. The file in hand was left out; files loaded before it are in.", err=True)
        return EXIT_INTERRUPTED
    except EvchargeError as error:
        show_error(error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last net: a fault of ours must not show a user its traceback
        if "-v" in arguments or "--verbose" in arguments:
            traceback.print_exc()
        tell(f"Error [fault]: evcharge failed: {type(error).__name__}: {error}", err=True)
        tell("  This is a fault of evcharge. Run it again with -v and report what it prints.", err=True)
        return 1


def show_error(error: EvchargeError) -> None:
    """Prints what is wrong, where, and what to run next."""
    tell(f"Error [{error.code}]: {error.reason}", err=True)
    if error.hint:
        tell(f"  {error.hint}", err=True)


def tell(line: str = "", *, err: bool = False) -> None:
    """Prints one line for people; what is no printable character is escaped, what the terminal lacks is a ``?``.

    So nothing in a file's name or content can move the cursor, change colours or end in an encoding error.
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"
    click.echo(shown.encode(encoding, "replace").decode(encoding), err=err)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is not None and value is not False:
        context.meta[f"evcharge.{parameter.name}"] = value


def _given(name: str) -> Any:
    return click.get_current_context().meta.get(f"evcharge.{name}")


GLOBAL_OPTIONS = (
    click.option(
        "--db",
        metavar="URL",
        help="Database; default sqlite:///ev_charging.db.",
        callback=_remember,
        expose_value=False,
    ),
    click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Settings; default evcharge.toml.",
        callback=_remember,
        expose_value=False,
    ),
    click.option(
        "-q", "--quiet", is_flag=True, help="Say only what was asked for.", callback=_remember, expose_value=False
    ),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        help="Say more, and show tracebacks of faults.",
        callback=_remember,
        expose_value=False,
    ),
    click.option("--no-progress", is_flag=True, help="Draw no progress bar.", callback=_remember, expose_value=False),
)


def global_options(command: Command) -> Command:
    """Adds the options that every command takes, before or after its name."""
    for option in reversed(GLOBAL_OPTIONS):
        command = option(command)
    return command


def setting(name: str, flag: Any = None) -> Any:
    """A setting's value: flag, environment, evcharge.toml, default."""
    from evcharge.config import resolve

    return resolve(name, flag, _given("config")).value


def database_url() -> str:
    """The database that this run is about."""
    return str(setting("database_url", _given("db")))


def notice(text: str) -> None:
    """Says something on stderr, unless ``--quiet``."""
    if not _given("quiet"):
        tell(text, err=True)


def share(text: str) -> float:
    """A share between 0 and 1, written 0.95 or 95%."""
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if not 0 < number < 1:
        raise click.BadParameter(f"{text!r} is no share between 0 and 1, such as 0.95 or 95%.")
    return number


def day(text: str) -> date:
    """A day, written 2025-03-31."""
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):  # fromisoformat takes more, and more from 3.11 on
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise click.BadParameter(f"{text!r} is no day; write it like 2025-03-31.")


def row_limit(text: str) -> tuple[float, bool]:
    """A number of rows, written 100, or a share of them, written 2%: the amount, and whether it is in percent."""
    try:
        amount = float(text.removesuffix("%"))
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise click.BadParameter(f"{text!r} is neither a number of rows such as 100, nor a share such as 2%.")
    return amount, text.endswith("%")


def mapping(text: str) -> tuple[str, str]:
    """One of our columns and the source's name for it, written station_id=loc."""
    ours, sign, theirs = text.partition("=")
    if not (ours and sign and theirs):
        raise click.BadParameter(f"{text!r} is not of the form station_id=THEIR_COLUMN.")
    return ours.strip(), theirs


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="evcharge")
@global_options
def cli() -> None:
    """Charging sessions in, a defensible reliability number per station out."""


def reading_options(command: Command) -> Command:
    """Adds the options that say how a file is to be read."""
    options = (
        click.option(
            "--profile", metavar="NAME|FILE", help="How to read the files: a built-in profile, or your own TOML."
        ),
        click.option(
            "--map",
            "columns",
            type=mapping,
            metavar="OURS=THEIRS",
            multiple=True,
            help="Their name for one of our columns; repeatable.",
        ),
        click.option("--tz", "timezone", metavar="ZONE", help="Zone of the stations, e.g. Europe/Paris."),
        click.option("--time-format", help="iso8601, epoch_s, epoch_ms, or strptime letters such as '%d/%m/%Y %H:%M'."),
        click.option("--delimiter", help="Column separator of a CSV."),
        click.option("--decimal", type=click.Choice([".", ","]), help="Decimal sign."),
        click.option("--encoding", help="Text encoding; UTF-8 and UTF-16 with a mark need no word."),
        click.option("--energy-unit", type=click.Choice(["kWh", "Wh"]), help="Unit of the energy column."),
        click.option(
            "--failures-included",
            type=click.Choice(["yes", "no", "unknown"]),
            help="Whether the publisher left failures in.",
        ),
        click.option("--source", help="Whose station ids these are; ids are unique only within a source."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def reading_profiles(profile: str | None, columns: Iterable[tuple[str, str]], **overrides: Any) -> list[Profile]:
    """The profiles a file may be read by: the built-in ones, or the named one; ``--map`` alone means native."""
    from evcharge.sources import builtin_profiles, read_profile, with_overrides

    builtin = builtin_profiles()
    mapped = dict(columns)
    if profile is None:
        chosen = [builtin["native"]] if mapped else list(builtin.values())
    elif profile in builtin:
        chosen = [builtin[profile]]
    else:
        if not Path(profile).exists():
            raise SourceError(
                "unknown_profile",
                f"{profile!r} is neither a built-in profile nor a file.",
                f"Built in: {', '.join(sorted(builtin))}.",
            )
        chosen = [read_profile(Path(profile))]
    return [with_overrides(one, columns=mapped, **overrides) for one in chosen]


@cli.command()
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
            on_rejects=stack.enter_context(rejects_file(write["rejects"])),
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
    for path in files:
        with progress_bar(path) as on_progress:
            try:
                result = load_file(path, database_url(), profiles, replace(options, on_progress=on_progress))
            except (SourceError, GateError) as error:
                outcomes.append((path, None, error))
            except EvchargeError as error:
                return [*outcomes, (path, None, error)]
            else:
                outcomes.append((path, result, None))
    return outcomes


@contextmanager
def progress_bar(path: Path) -> Iterator[Callable[[int], None]]:
    """A bar of the bytes read, on a terminal only."""
    if _given("quiet") or _given("no_progress") or not sys.stderr.isatty() or not path.is_file():
        yield lambda _position: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from evcharge.sources.file import printable

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(printable(path.name), total=path.stat().st_size)
        yield lambda position: progress.update(task, completed=position)


@contextmanager
def rejects_file(path: Path | None) -> Iterator[Callable[[str, pd.DataFrame], None]]:
    """Takes rejects and writes them to a CSV, made inert for spreadsheets; without a path it drops them."""
    import csv
    import io

    from evcharge.files import inert_cell, written_whole

    if path is None:
        yield lambda _name, _rejects: None
        return
    with written_whole(path) as binary:
        file = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)  # a lone CR is quoted, too
        writer.writerow(["file", "line", "rule", "column", "value", "raw"])

        def add(name: str, rejects: pd.DataFrame) -> None:
            for row in rejects.itertuples(index=False):
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
            tell(f"{len(results)} of {len(outcomes)} files are in: {_law(sums)}")
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
    tell(f"  {_law(asdict(result))}")
    if result.rejected_as:
        kinds = {kind: result.rejected_as.get(kind, 0) for kind in ("failure", "success", "unknown")}
        tell(
            f"  of the rejected rows {kinds['failure']:,} would have counted as failures, {kinds['success']:,} as "
            f"successes, {kinds['unknown']:,} can't be told"
        )
    messages = {rule.code: rule.message for rule in RULES}
    for code, count in result.rejects_by_rule.items():
        tell(f"  {count:>9,}  {code}: {messages.get(code, '')}")
    messages = {warning.code: warning.message for warning in WARNINGS}
    for code, count in result.warnings.items():
        tell(f"  warning: {count:,} {code}: {messages.get(code, 'ids that differ only in case or composition')}")
    if result.unknown_columns:
        tell(f"  columns not used: {', '.join(result.unknown_columns)}")
    for change in result.changes[:CHANGES_SHOWN]:
        differing = ", ".join(f"{name} {old} -> {new}" for name, (old, new) in change["columns"].items())
        tell(f"  changed: {change['session_id']} (line {change['line']}): {differing}")
    if result.updated > CHANGES_SHOWN and result.changes:
        tell(f"  ... and {result.updated - CHANGES_SHOWN:,} more; --json lists them")


def _law(counts: Any) -> str:
    parts = " + ".join(f"{counts[k]:,} {k}" for k in ("inserted", "updated", "unchanged", "superseded", "rejected"))
    return f"read {counts['read']:,} = {parts}"


def make_sample_if_missing() -> None:
    """Writes the synthetic sessions, unless the file is there."""
    if not SAMPLE_FILE.exists():
        from evcharge.synth import write_sample

        write_sample(SAMPLE_FILE)
        notice(f"wrote {SAMPLE_FILE} (synthetic sessions, since there was no such file)")


@cli.command()
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


@cli.command()
@click.option("--target", type=share, metavar="SHARE", help="Success rate to judge against, e.g. 95%.")
@click.option(
    "--definition", "definition_id", metavar="ID", help="What counts as a success: recorded, afirev, qualicharge_u11."
)
@click.option("--from", "first_day", type=day, metavar="YYYY-MM-DD", help="First local day.")
@click.option("--to", "last_day", type=day, metavar="YYYY-MM-DD", help="Last local day, included.")
@click.option("--station", "station_ids", multiple=True, metavar="ID", help="Only this station; repeatable.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=CHART_FILE, show_default=True, help="Chart to write."
)
@click.option("--no-png", is_flag=True, help="Draw no chart.")
@click.option("--csv", "csv_file", metavar="FILE", help="Write all stations as CSV; - for stdout.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.option("--fail-under", type=share, metavar="SHARE", help="Exit 3 if the network's success rate is lower.")
@global_options
def report(**options: Any) -> None:
    """Tell the success rate of each station, with interval and verdict, and draw station_reliability.png."""
    make_report(**options)


def make_report(
    *,
    target: float | None = None,
    definition_id: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    station_ids: tuple[str, ...] = (),
    output: Path = CHART_FILE,
    no_png: bool = False,
    csv_file: str | None = None,
    as_json: bool = False,
    fail_under: float | None = None,
) -> None:
    """Builds the report and writes it where it was asked for."""
    from evcharge.metrics.definitions import DEFINITIONS
    from evcharge.metrics.outcomes import Selection
    from evcharge.report import build_report

    if definition_id is not None and definition_id not in DEFINITIONS:
        raise click.BadParameter(
            f"{definition_id!r} is not one of {', '.join(DEFINITIONS)}.", param_hint="--definition"
        )
    if as_json and csv_file == "-":
        raise click.BadParameter("stdout can't take both; name a file.", param_hint="--csv with --json")
    if first_day and last_day and last_day < first_day:
        raise click.BadParameter(f"{last_day} is before --from {first_day}.", param_hint="--to")
    known_letters = (station.encode("utf-8", "backslashreplace").decode() for station in station_ids)
    selection = Selection(first_day, last_day, tuple(known_letters))
    built = build_report(database_url(), target=target_ratio(target), definition_id=definition_id, selection=selection)
    show_report(built, csv_file, as_json)
    if not no_png:
        draw_chart(built, output)
    ratio = built.network["success_ratio"]
    if fail_under is not None and (ratio is None or ratio < fail_under):
        shown = "no attempt could be judged" if ratio is None else f"{ratio:.4%} succeeded"
        raise GateError(
            "under_the_limit", f"{shown}; --fail-under asks for {fail_under:.4%}.", "See each station: evcharge report"
        )


def target_ratio(flag: float | None) -> float:
    """The success ratio to judge against.

    Raises:
        ConfigError: the environment or evcharge.toml names one that is no share between 0 and 1.
    """
    from evcharge.config import resolve

    found = resolve("target", flag, _given("config"))
    if not 0 < found.value < 1:
        reason = f"target from {found.origin} is {found.value:g}; it must be a share between 0 and 1."
        raise ConfigError("config_out_of_range", reason, "Write it like 0.95.")
    return float(found.value)


def show_report(built: Report, csv_file: str | None, as_json: bool) -> None:
    """Prints the table, or the document that was asked for; writes the CSV."""
    from evcharge.files import written_whole
    from evcharge.report import to_csv, to_json

    if as_json:
        click.echo(to_json(built))
    elif csv_file == "-":
        click.echo(to_csv(built).encode(), nl=False)  # the bytes of --csv FILE, whatever the terminal's encoding
    else:
        from evcharge.report.console import print_report

        print_report(built, console())
    if csv_file and csv_file != "-":
        with written_whole(Path(csv_file)) as file:
            file.write(to_csv(built).encode())
        notice(f"wrote {csv_file}")


def console() -> Console:
    """The terminal; as wide as it is, or 110 columns where there is none."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 110)


def draw_chart(built: Report, path: Path) -> None:
    """Draws the chart; without matplotlib says what was left out and how to get it."""
    from evcharge.report import save_chart

    try:
        save_chart(built, path)
    except ImportError:
        tell(f"{path} was left out: matplotlib is not installed. Run: pip install matplotlib", err=True)
    else:
        notice(f"wrote {path}")


@cli.command()
@global_options
def run() -> None:
    """Do the whole job: migrate, make charging_sessions.csv if there is none, load, report."""
    from evcharge.load import LoadOptions

    upgrade_database()
    make_sample_if_missing()
    options = LoadOptions(lock_wait_seconds=setting("lock_wait_seconds"))
    code = show_outcomes(load_files((SAMPLE_FILE,), reading_profiles(None, ()), options), as_json=False)
    if code:
        click.get_current_context().exit(code)
    click.echo()
    make_report()


def upgrade_database() -> None:
    """Brings the database to the newest revision and says so."""
    from evcharge.db import masked
    from evcharge.migrate import head, upgrade

    upgrade(database_url())
    notice(f"{masked(database_url())} is at revision {head()}")


@cli.group()
@global_options
def db() -> None:
    """Look after the database's schema."""


@db.command("upgrade")
@global_options
def db_upgrade() -> None:
    """Bring the database to the newest revision."""
    upgrade_database()


@db.command("current")
@global_options
def db_current() -> None:
    """Print the revision the database is at, and the newest."""
    from evcharge.db import open_engine
    from evcharge.migrate import current, head

    url = database_url()
    tell(f"{current(open_engine(url), url) or 'none'} (newest: {head()})")


@db.command("url")
@global_options
def db_url() -> None:
    """Print the database URL in use, its password masked."""
    from evcharge.db import masked

    tell(masked(database_url()))


@cli.command("config")
@global_options
def show_config() -> None:
    """Print every setting and where its value comes from."""
    from evcharge.config import DEFAULTS, resolve
    from evcharge.db import masked

    for name in DEFAULTS:
        found = resolve(name, _given("db") if name == "database_url" else None, _given("config"))
        value = masked(found.value) if name == "database_url" else found.value
        tell(f"{name} = {value}    ({found.origin})")
