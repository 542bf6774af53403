"""evcharge explain: one station's number taken apart.

What does not belong here: the figures (``report``, ``metrics``).
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evcharge.cli.judging import target_ratio
from evcharge.cli.options import (
    DEFINITION_HELP,
    TARGET_HELP,
    OutputPath,
    database,
    day,
    global_options,
    known_letters,
    named_definition,
    selected,
    share,
    where_option,
)
from evcharge.cli.page import write_page_of_station
from evcharge.cli.price import price_of_kwh, price_option
from evcharge.cli.report import no_charts, show
from evcharge.cli.terminal import console, notice
from evcharge.cli.uptime import asked_period, evidence_option

if TYPE_CHECKING:
    from evcharge.metrics.availability.evidence import Period
    from evcharge.metrics.selection import Selection
    from evcharge.report.explain import Explanation


@click.command()
@click.argument("station")
@click.option("--target", type=share, metavar="SHARE", help=TARGET_HELP)
@click.option("--definition", metavar="ID|FILE", help=DEFINITION_HELP)
@click.option("--from", "first_day", type=day, metavar="YYYY-MM-DD", help="First local day.")
@click.option("--to", "last_day", type=day, metavar="YYYY-MM-DD", help="Last local day, included.")
@where_option
@price_option
@click.option("--source", metavar="NAME", help="Whose station ids these are, where several sources know the id.")
@click.option(
    "--rows", type=click.IntRange(min=0), default=20, show_default=True, metavar="N", help="Rows to print of each list."
)
@click.option(
    "--csv", "csv_file", type=OutputPath(path_type=str), metavar="FILE", help="Write all sessions as CSV; - for stdout."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document with all sessions instead of text.")
@click.option(
    "--html",
    type=OutputPath(),
    metavar="FILE",
    help="Write the page of this station, as evcharge report --stations-dir writes those that need attention.",
)
@click.option(
    "--uptime", is_flag=True, help="Take apart when its ports were up, down and unknown; STATION/PORT for one."
)
@click.option(
    "--png",
    type=OutputPath(),
    metavar="FILE",
    help="With --uptime: draw one port by its statuses alone, with the back office's records, and with its messages.",
)
@evidence_option
@global_options
def explain(
    station: str,
    target: float | None,
    definition: str | None,
    first_day: date | None,
    last_day: date | None,
    where: tuple[tuple[str, str], ...],
    price: tuple[float, str | None] | None,
    source: str | None,
    rows: int,
    csv_file: str | None,
    as_json: bool,
    html: Path | None,
    uptime: bool,
    png: Path | None,
    evidence: str,
) -> None:
    """Take one station's number apart, down to the lines of files.

    STATION is the station's id, or its name.
    """
    refuse_what_does_not_go_together(csv_file, html, png, as_json=as_json, uptime=uptime)
    named = (known_letters(station), None if source is None else known_letters(source))
    if uptime:
        period = asked_period(first_day, last_day, None, None)
        show_uptime(*named, period, evidence, rows, csv_file, as_json)
        if png:
            draw_evidence(*named, period, png)
        return
    wanted: dict[str, Any] = {
        "target": target_ratio(target, definition),
        "definition": named_definition(definition) if definition else None,
        "price": price_of_kwh(price),
    }
    selection = selected(first_day, last_day, (), where)
    found = explanation_of(
        *named, selection=selection, most_rows=rows, put_aside=as_json or csv_file is not None, **wanted
    )
    show_explanation(found, rows, csv_file, as_json=as_json)
    if html:
        from evcharge.report.page.request import PageRequest, today

        request = PageRequest(**wanted, selection=selection, definition_word=definition, made_on=today())
        write_page_of_station(database(), *named, request, html)


def refuse_what_does_not_go_together(
    csv_file: str | None, html: Path | None, png: Path | None, *, as_json: bool, uptime: bool
) -> None:
    """Refuses an option that would have no effect beside the others."""
    if as_json and csv_file == "-":
        raise click.BadParameter("stdout can't take both; name a file.", param_hint="--csv with --json")
    if html == Path("-"):
        raise click.BadParameter("stdout can't take it; name a file.", param_hint="--html")
    if html and uptime:
        raise click.BadParameter("the page has the uptime of each port: leave --uptime out.", param_hint="--html")
    if png and not uptime:
        raise click.BadParameter("only the time of a port is drawn: add --uptime.", param_hint="--png")


def explanation_of(station: str, source: str | None, *, selection: Selection, **wanted: Any) -> Explanation:
    """The explanation of a station; of a port with evidence, the error ends with the command that shows its time."""
    from evcharge.errors import NoDataError
    from evcharge.report.explain import build_explanation

    try:
        return build_explanation(database(), station, selection=replace(selection, source=source), **wanted)
    except NoDataError as error:
        if "/" not in station or not has_time(station, source):
            raise
        words = ["evcharge", "explain", station, "--uptime", *(["--source", source] if source else [])]
        hint = f"See when that port was up, down and unknown: {shlex.join(words)}"
        raise NoDataError(error.code, error.reason, hint) from None


def has_time(station: str, source: str | None) -> bool:
    """Whether there is evidence of a station, or of a port named ``STATION/PORT``."""
    from evcharge.errors import EvchargeError
    from evcharge.report.uptime_explained import explain_uptime

    try:
        return not explain_uptime(database(), station, source=source).spans.empty
    except EvchargeError:
        return False


def show_explanation(found: Explanation, rows: int, csv_file: str | None, *, as_json: bool) -> None:
    """Prints the explanation, or the document that was asked for; writes the CSV."""
    from evcharge.output import written_whole
    from evcharge.report.explain import csv_pieces, json_pieces
    from evcharge.report.terminal.explain import print_explanation

    if as_json:
        for text in json_pieces(found):
            click.echo(text, nl=False)
    elif csv_file == "-":
        for text in csv_pieces(found):
            click.echo(text.encode(), nl=False)  # the bytes of --csv FILE, whatever the terminal's encoding
    else:
        print_explanation(found, console(), rows)
    if csv_file and csv_file != "-":
        with written_whole(Path(csv_file)) as file:
            file.writelines(text.encode() for text in csv_pieces(found))
        notice(f"wrote {csv_file}")


def show_uptime(
    station: str,
    source: str | None,
    period: Period | None,
    evidence: str,
    rows: int,
    csv_file: str | None,
    as_json: bool,
) -> None:
    """Takes the time of a station's ports apart."""
    from evcharge.metrics.availability.timeline import evidence_named
    from evcharge.report.document import to_json
    from evcharge.report.terminal.uptime_explained import print_explained
    from evcharge.report.uptime_explained import explain_uptime

    found = explain_uptime(database(), station, source=source, period=period, counted=evidence_named(evidence))
    show(lambda: to_json(found), found.to_csv, lambda: print_explained(found, console(), rows), csv_file, "-" * as_json)


def draw_evidence(station: str, source: str | None, period: Period | None, path: Path) -> None:
    """Draws one port by three kinds of evidence."""
    if no_charts(path):
        return
    from evcharge.report.charts.evidence import save_evidence
    from evcharge.report.evidence_compared import compare_evidence

    save_evidence(compare_evidence(database(), station, source=source, period=period), path)
    notice(f"wrote {path}")
