"""evcharge uptime and outages: was there anything to try?

What does not belong here: the figures (``report``, ``metrics``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evcharge.cli.options import OutputPath, database, day, global_options, known_letters, selected, where_option
from evcharge.cli.progress import showing_progress
from evcharge.cli.report import show
from evcharge.cli.terminal import console

if TYPE_CHECKING:
    from evcharge.metrics.availability.evidence import Period
    from evcharge.metrics.availability.rulebooks import Rulebook
    from evcharge.report.uptime_found import Uptime

Command = TypeVar("Command", bound=Callable[..., Any])
ALL = "all"


evidence_option = click.option(
    "--evidence",
    metavar="WORDS",
    default=ALL,
    show_default=True,
    help="Which evidence of uptime counts: all, or some of status, contact, back-office, charges and outages, with "
    "commas. With status alone each status holds until the next one, whatever the silence between them.",
)


def uptime_options(command: Command) -> Command:
    """Adds the options that say of what time, which stations and which evidence uptime is told."""
    options = (
        click.option("--from", "first_day", type=day, metavar="YYYY-MM-DD", help="First day (UTC)."),
        click.option("--to", "last_day", type=day, metavar="YYYY-MM-DD", help="Last day (UTC), included."),
        click.option("--quarter", metavar="2025Q4", help="A quarter of a year, in place of --from and --to."),
        click.option("--year", type=click.IntRange(1970, 9998), metavar="2025", help="A calendar year, likewise."),
        evidence_option,
        click.option("--station", "station_ids", multiple=True, metavar="ID", help="Only this station; repeatable."),
        where_option,
        click.option("--source", metavar="NAME", help="Only stations of this source."),
        click.option(
            "--csv",
            "csv_file",
            type=OutputPath(path_type=str),
            metavar="FILE",
            help="Write all rows as CSV; - for stdout.",
        ),
        click.option(
            "--json",
            "json_file",
            type=OutputPath(path_type=str),
            is_flag=False,
            flag_value="-",
            metavar="[FILE]",
            help="Print one JSON document instead of text; with a FILE, write it there.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.option(
    "--rulebook",
    metavar="ID|FILE|all",
    help="Whose formula and limit: the id of a rulebook, your own as TOML, or all side by side. Default: nevi, whose "
    "formula says nothing of unknown minutes, so that no verdict rests on them.",
)
@click.option(
    "--by",
    type=click.Choice(["port", "station", "network", "operator", "region", "day"]),
    default="port",
    show_default=True,
    help="What minutes are added up by; day: each port on each day (UTC).",
)
@uptime_options
@global_options
def uptime(rulebook: str | None, by: str, csv_file: str | None, json_file: str | None, **chosen: Any) -> None:
    """Show how much of the time each port was up, down or unknown.

    Also show what a rulebook makes of it.
    """
    from evcharge.metrics.availability.rulebooks import find_rulebooks
    from evcharge.report.document import to_json
    from evcharge.report.terminal.uptime import print_uptime, print_waterfall
    from evcharge.report.uptime import DEFAULT_RULEBOOK
    from evcharge.report.uptime_document import UptimeDocument, uptime_csv

    chosen |= {"csv_file": csv_file, "json_file": json_file}
    found = read_uptime(find_rulebooks(rulebook or DEFAULT_RULEBOOK), by=by, with_reports=rulebook != ALL, **chosen)
    why = "asked for" if rulebook else "the default; others: --rulebook ID, or all"

    def for_people() -> None:
        if rulebook == ALL:
            print_waterfall(found, console())
        else:
            print_uptime(found, console(), why)

    show(lambda: to_json(UptimeDocument(found)), lambda: uptime_csv(found), for_people, csv_file, json_file)


@click.command()
@uptime_options
@global_options
def outages(csv_file: str | None, json_file: str | None, **chosen: Any) -> None:
    """List when ports were down or out of contact.

    Outages that go on come first, each with how it was seen and the claims on it.
    """
    from evcharge.metrics.availability.rulebooks import find_rulebook
    from evcharge.report.document import to_json
    from evcharge.report.terminal.uptime import print_outages
    from evcharge.report.uptime import DEFAULT_RULEBOOK
    from evcharge.report.uptime_document import OutagesDocument, outages_csv

    found = read_uptime([find_rulebook(DEFAULT_RULEBOOK)], csv_file=csv_file, json_file=json_file, **chosen)
    document, table = (lambda: to_json(OutagesDocument(found))), (lambda: outages_csv(found))
    show(document, table, lambda: print_outages(found, console()), csv_file, json_file)


def read_uptime(
    rulebooks: list[Rulebook],
    *,
    evidence: str,
    station_ids: tuple[str, ...],
    where: tuple[tuple[str, str], ...],
    source: str | None,
    csv_file: str | None,
    json_file: str | None,
    by: str = "port",
    with_reports: bool = False,
    **period: Any,
) -> Uptime:
    """Reads uptime as the options say."""
    from evcharge.metrics.availability.timeline import evidence_named
    from evcharge.report.uptime import build_uptime
    from evcharge.report.uptime_of_report import build_uptime_with_reports

    if json_file == csv_file == "-":
        raise click.BadParameter("stdout can't take both; name a file.", param_hint="--csv with --json")
    selection = replace(selected(None, None, station_ids, where), source=source and known_letters(source))
    asked: dict[str, Any] = {"period": asked_period(**period), "counted": evidence_named(evidence), "by": by}
    with showing_progress():
        if with_reports:
            return build_uptime_with_reports(database(), rulebooks[0], selection=selection, **asked)
        return build_uptime(database(), rulebooks, selection=selection, **asked)


def asked_period(first_day: date | None, last_day: date | None, quarter: str | None, year: int | None) -> Period | None:
    """The period of the options; None where none of them is given."""
    from evcharge.metrics.availability.periods import of_days, of_quarter, of_year

    named = [bool(first_day or last_day), quarter is not None, year is not None]
    if sum(named) > 1:
        raise click.BadParameter("name the period in one way.", param_hint="--from and --to, --quarter, --year")
    if quarter is not None:
        period = of_quarter(quarter)
        if period is None:
            raise click.BadParameter(f"{quarter!r} is no quarter; write it like 2025Q4.", param_hint="--quarter")
        return period
    if year is not None:
        return of_year(year)
    if first_day is None and last_day is None:
        return None
    if first_day is None or last_day is None:
        raise click.BadParameter("both days are needed.", param_hint="--from and --to")
    if last_day < first_day:
        raise click.BadParameter(f"{last_day} is before --from {first_day}.", param_hint="--to")
    return of_days(first_day, last_day)
