"""evcharge report: the figures of the star, as table, chart, CSV or JSON.

What does not belong here: the figures (``report``, ``metrics``).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evcharge.cli.options import (
    database_url,
    global_options,
    named_definition,
    selected,
    selecting_options,
    share,
    target_ratio,
)
from evcharge.cli.terminal import console, notice, tell
from evcharge.errors import GateError

if TYPE_CHECKING:
    from evcharge.metrics.outcomes import Selection
    from evcharge.report import Report

ALL = "all"
CHART_FILE = Path("station_reliability.png")


@click.command()
@click.option("--target", type=share, metavar="SHARE", help="Success rate to judge against, e.g. 95%.")
@click.option(
    "--definition",
    metavar="ID|FILE|all",
    help="What counts as a success: the id of a definition, your own as TOML, or all side by side.",
)
@selecting_options
@click.option(
    "--by",
    type=click.Choice(["station", "port", "network", "month", "load"]),
    default="station",
    show_default=True,
    help="What sessions are grouped by; the chart is of stations.",
)
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
    definition: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    station_ids: tuple[str, ...] = (),
    by: str = "station",
    output: Path = CHART_FILE,
    no_png: bool = False,
    csv_file: str | None = None,
    as_json: bool = False,
    fail_under: float | None = None,
) -> None:
    """Builds the report and writes it where it was asked for."""
    from evcharge.report import build_report

    if as_json and csv_file == "-":
        raise click.BadParameter("stdout can't take both; name a file.", param_hint="--csv with --json")
    selection = selected(first_day, last_day, station_ids)
    if definition == ALL:
        if csv_file or fail_under is not None:
            raise click.BadParameter("it takes one definition.", param_hint="--csv and --fail-under")
        show_definitions(target_ratio(target), selection, as_json)
        return
    named = named_definition(definition) if definition else None
    built = build_report(database_url(), target=target_ratio(target), definition=named, selection=selection, by=by)
    show_report(built, csv_file, as_json)
    if not no_png and by == "station":
        draw_chart(built, output)
    ratio = built.network["success_ratio"]
    if fail_under is not None and (ratio is None or ratio < fail_under):
        shown = "no attempt could be judged" if ratio is None else f"{ratio:.4%} succeeded"
        raise GateError(
            "under_the_limit", f"{shown}; --fail-under asks for {fail_under:.4%}.", "See each station: evcharge report"
        )


def show_definitions(target: float, selection: Selection, as_json: bool) -> None:
    """Prints the network by every definition."""
    from evcharge.metrics.definitions import AFIREV
    from evcharge.report.sandwich import build_sandwich, print_definitions, to_json

    built = build_sandwich(database_url(), target=target, base=AFIREV, selection=selection)
    if as_json:
        click.echo(to_json(built))
    else:
        print_definitions(built, console())


@click.command()
@click.option("--target", type=share, metavar="SHARE", help="Success rate to judge against, e.g. 95%.")
@click.option(
    "--definition", default="afirev", show_default=True, metavar="ID|FILE", help="What the others are compared with."
)
@selecting_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@global_options
def sandwich(target: float | None, definition: str, as_json: bool, **chosen: Any) -> None:
    """Compare every definition: which verdicts depend on the rule, and which sessions make the difference."""
    from evcharge.metrics.definitions import DEFINITIONS
    from evcharge.report.sandwich import build_sandwich, print_sandwich, to_json

    base = named_definition(definition)
    built = build_sandwich(
        database_url(),
        target=target_ratio(target),
        base=base,
        selection=selected(**chosen),
        own=() if base.id in DEFINITIONS else (base,),
    )
    if as_json:
        click.echo(to_json(built))
    else:
        print_sandwich(built, console())


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


def draw_chart(built: Report, path: Path) -> None:
    """Draws the chart; without matplotlib says what was left out and how to get it."""
    from evcharge.report import save_chart

    try:
        save_chart(built, path)
    except ImportError:
        tell(f"{path} was left out: matplotlib is not installed. Run: pip install matplotlib", err=True)
    else:
        notice(f"wrote {path}")
