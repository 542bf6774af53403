"""evcharge counts: the statement that counts a table of clean sessions where it is, printed or run.

What does not belong here: the statement itself (``counts``), and a report of what it counts (``report``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evcharge.cli.given import on_command_line
from evcharge.cli.options import OutputPath, global_options, named_definition
from evcharge.cli.progress import showing_progress
from evcharge.cli.terminal import notice, show_errors

if TYPE_CHECKING:
    from evcharge.counts.dialects import SessionTable
    from evcharge.metrics.definitions import Definition

DIALECTS = (
    *("snowflake", "bigquery", "databricks", "spark", "redshift", "trino", "clickhouse", "duckdb", "postgres"),
    "sqlite",
)
"""As ``counts.dialects`` has them, which is imported only where a statement is made."""
FRAMES = ("counts", "stations", "failures", "detail")
"""As ``counts.contract`` has them."""


def expression(text: str) -> tuple[str, str]:
    """One of our columns and what it is in the table, written energy_kwh=wh * 0.001."""
    ours, sign, theirs = text.partition("=")
    if not (sign and ours.strip() and theirs.strip()):
        raise click.BadParameter(f"{text!r} is not of the form COLUMN=EXPRESSION, such as station_id=evse_id.")
    return ours.strip(), theirs.strip()


def station(text: str) -> tuple[str, str]:
    """A station's source and id, written city/ST-001; the id may hold further slashes."""
    source, _, station_id = text.partition("/")
    if not (source and station_id):
        raise click.BadParameter(f"{text!r} is not of the form SOURCE/ID.")
    return source, station_id


@click.command()
@click.option("--dialect", type=click.Choice(DIALECTS), help="Whose SQL; with --url, that of the engine.")
@click.option(
    "--table",
    required=True,
    metavar="TABLE",
    help="Table or view of clean sessions, one row each, as the engine names it; or (SELECT …) in brackets.",
)
@click.option(
    "--map",
    "mapped",
    type=expression,
    multiple=True,
    metavar="COLUMN=EXPRESSION",
    help="What one of our columns is in the table, in the dialect's own SQL; NULL where there is none. Repeatable.",
)
@click.option(
    "--definition",
    multiple=True,
    metavar="ID|FILE",
    help="What counts as a success: the id of a definition, or your own as TOML; repeatable. Default: all that are "
    "published.",
)
@click.option(
    "--frame", type=click.Choice(FRAMES), default=FRAMES[0], show_default=True, help="Which statement is printed."
)
@click.option(
    "--station",
    "stations",
    type=station,
    multiple=True,
    metavar="SOURCE/ID",
    help="Station that the frame detail is of; repeatable.",
)
@click.option("--check", is_flag=True, help="Print the statement that checks that sessions are clean; or run it.")
@click.option("--url", metavar="URL", help="Run it there: a URL of SQLAlchemy. First the check, then all frames.")
@click.option(
    "--out",
    "folder",
    type=OutputPath(used=lambda given: bool(given["url"])),
    metavar="DIR",
    help="With --url: folder for the frames; made if it is not there.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="Of the files in --out.",
)
@global_options
def counts(
    dialect: str | None,
    table: str,
    mapped: tuple[tuple[str, str], ...],
    definition: tuple[str, ...],
    frame: str,
    stations: tuple[tuple[str, str], ...],
    check: bool,
    url: str | None,
    folder: Path | None,
    file_format: str,
) -> None:
    """Count sessions in a warehouse, by SQL in its own dialect.

    Print the statement that counts them, or run it there.

    The definitions are the same as in every report. The frames counts, stations and failures are of all stations,
    detail is of those that --station names. docs/how-to/warehouse.md has the columns of the table, and each engine.
    """
    from evcharge.counts.dialects import SessionTable

    if url is None:
        _refuse_without_url(dialect, folder)
    definitions = _definitions(definition)
    asked = SessionTable(_dialect(dialect, url), table, _each_once(mapped))
    if url is None:
        _print(asked, definitions, frame, stations, check=check)
        return
    if on_command_line("frame"):
        raise click.BadParameter(
            "with --url all frames are made; --frame says which one is printed.", param_hint="--frame"
        )
    if (folder is None) == (not check):
        raise click.UsageError("With --url either --check, which only looks, or --out DIR.")
    _run(url, asked, definitions, stations, folder, file_format)


def _refuse_without_url(dialect: str | None, folder: Path | None) -> None:
    if dialect is None:
        raise click.UsageError("Name the --dialect of the engine, or the --url where the statement is to run.")
    if folder is not None or on_command_line("file_format"):
        raise click.UsageError(
            "Without --url the statement is printed; --out and --format are of what it counts there."
        )


def _dialect(dialect: str | None, url: str | None) -> str:
    """The dialect of the engine; of a URL its own."""
    if url is None:
        return str(dialect)
    from evcharge.counts.engines import dialect_of

    of_url = dialect_of(url)
    if dialect not in (None, of_url):
        raise click.BadParameter(f"the engine of --url speaks {of_url}.", param_hint="--dialect")
    return of_url


def _definitions(named: tuple[str, ...]) -> list[Definition]:
    from evcharge.metrics.letters import ORDER

    return list(dict.fromkeys(map(named_definition, named))) or list(ORDER)


def _each_once(mapped: tuple[tuple[str, str], ...]) -> dict[str, str]:
    names = [name for name, _ in mapped]
    for name in names:
        if names.count(name) > 1:
            raise click.BadParameter(f"{name} is named twice.", param_hint="--map")
    return dict(mapped)


def _print(
    table: SessionTable,
    definitions: list[Definition],
    frame: str,
    stations: tuple[tuple[str, str], ...],
    *,
    check: bool,
) -> None:
    """Prints the statement of a frame, or the check's."""
    from evcharge.counts.check_statement import check_statement
    from evcharge.counts.statement import frame_statement

    if stations and (check or frame != FRAMES[-1]):
        raise click.BadParameter(f"only the frame {FRAMES[-1]} is of some stations.", param_hint="--station")
    if check:
        click.echo(check_statement(table, definitions).text, nl=False)
        return
    click.echo(frame_statement(frame, table, definitions, stations).text, nl=False)
    notice("Each row must be one clean session: --check prints the statement that checks it.")


def _run(
    url: str,
    table: SessionTable,
    definitions: list[Definition],
    stations: tuple[tuple[str, str], ...],
    folder: Path | None,
    file_format: str,
) -> None:
    """Runs the check, and where nothing is wrong the statements of the frames."""
    from evcharge.counts.engines import check_table, connected, write_frames
    from evcharge.report.words import counted

    with showing_progress(), connected(url) as connection:
        sessions, faults = check_table(connection, table, definitions)
        if faults:
            show_errors(faults)
            click.get_current_context().exit(1)
        if folder is None:
            click.echo(f"{counted(sessions, 'session')}, each once; nothing wrong was found.")
            return
        written = write_frames(connection, table, definitions, folder, file_format, stations)
    for file in written:
        notice(f"wrote {file.path} ({counted(file.rows, 'row')})")
