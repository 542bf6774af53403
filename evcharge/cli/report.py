"""evcharge report: the figures of the star, as table, chart, page, CSV or JSON.

What does not belong here: the figures (``report``, ``metrics``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from evcharge.cli.counted import counts_option, refuse_beside_counts, what_is_read
from evcharge.cli.given import on_command_line
from evcharge.cli.judging import confidence_option, limits_of_lot, target_ratio
from evcharge.cli.notify import dry_run_option, notify_option, recipient_of, tell_changes
from evcharge.cli.options import (
    DEFINITION_HELP,
    TARGET_HELP,
    OutputPath,
    database_url,
    global_options,
    named_definition,
    selected,
    selecting_options,
    setting,
    share,
)
from evcharge.cli.page import refuse_pages_of_stations, tell_and_write_page
from evcharge.cli.price import price_of_kwh, price_option
from evcharge.cli.progress import showing_progress
from evcharge.cli.terminal import console, notice, tell
from evcharge.errors import GateError

if TYPE_CHECKING:
    from evcharge.metrics.rates import Limits
    from evcharge.metrics.selection import Selection
    from evcharge.report.rates import Report
    from evcharge.report.story import Story

ALL = "all"
FAIL_UNDER_HELP = (
    "End with 3 if the network's success rate is lower, or could be: unknown attempts, and refused rows that failed or "
    "can't be judged, count as failures."
)
CHART_FILE = Path("station_reliability.png")


def draws_chart(options: Mapping[str, Any]) -> bool:
    """Whether a report with these options draws the chart: it is of stations, by one definition."""
    return not options["no_png"] and options["by"] == "station" and options["definition"] != ALL


@click.command()
@click.option("--target", type=share, metavar="SHARE", help=TARGET_HELP)
@confidence_option
@click.option(
    "--definition",
    metavar="ID|FILE|all",
    help=f"{DEFINITION_HELP} all shows every definition side by side.",
)
@selecting_options
@counts_option
@click.option(
    "--by",
    type=click.Choice(["station", "port", "network", "operator", "region", "department", "month", "load"]),
    default="station",
    show_default=True,
    help="What sessions are grouped by; the chart is of stations.",
)
@click.option(
    "-o",
    "--output",
    type=OutputPath(used=draws_chart),
    metavar="FILE",
    default=CHART_FILE,
    show_default=True,
    help="Chart to write.",
)
@click.option(
    "--style",
    type=click.Choice(["bars", "dots"]),
    help="The chart: bars from zero, or dots on an axis that shows only where the stations are. By default bars for up "
    "to 20 stations, dots for more.",
)
@click.option("--no-png", is_flag=True, help="Draw no chart.")
@click.option("--html", type=OutputPath(), metavar="FILE", help="Write the whole report as one page.")
@click.option(
    "--stations-dir",
    type=OutputPath(),
    metavar="DIR",
    help="With --html: write a page of each station that needs attention, what evcharge explain shows, into this "
    "folder; made if it is not there.",
)
@click.option(
    "--csv", "csv_file", type=OutputPath(path_type=str), metavar="FILE", help="Write all stations as CSV; - for stdout."
)
@click.option(
    "--json",
    "json_file",
    type=OutputPath(path_type=str),
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Print one JSON document instead of text; with a FILE, write it there.",
)
@click.option(
    "--metrics",
    type=OutputPath(),
    metavar="FILE",
    help="Write gauges for Prometheus, as node_exporter's textfile collector reads them: name it NAME.prom.",
)
@click.option(
    "--since-report",
    metavar="FILE|last",
    help="Show what changed since an earlier report: a document of --json, or last: the last one of --save.",
)
@click.option("--save", is_flag=True, help="Save what the report says of each station in the database, as history.")
@notify_option
@dry_run_option
@price_option
@click.option("--fail-under", type=share, metavar="SHARE", help=FAIL_UNDER_HELP)
@global_options
def report(**options: Any) -> None:
    """Show which stations need attention, with their success rates.

    Also draw station_reliability.png.
    """
    make_report(Asked(**options))


@dataclass(frozen=True)
class Asked:
    """What ``evcharge report`` was asked for: its options, and what they are where they are not given."""

    target: float | None = None
    confidence: float | None = None
    definition: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    station_ids: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    by: str = "station"
    output: Path = CHART_FILE
    style: Literal["bars", "dots"] | None = None
    no_png: bool = False
    html: Path | None = None
    stations_dir: Path | None = None
    csv_file: str | None = None
    json_file: str | None = None
    metrics: Path | None = None
    since_report: str | None = None
    save: bool = False
    notify: str | None = None
    dry_run: bool = False
    price: tuple[float, str | None] | None = None
    fail_under: float | None = None
    counts: Path | None = None

    @property
    def is_of_stations(self) -> bool:
        """Whether it is a report on stations, by one definition."""
        return self.by == "station" and self.definition != ALL


def make_report(asked: Asked) -> None:
    """Builds the report and writes it where it was asked for; when all that is done, tells what changed and saves."""
    refuse_what_does_not_go_together(asked)
    refuse_beside_counts(asked.counts, asked.since_report, asked.save)
    refuse_pages_of_stations(asked.stations_dir, asked.html, asked.counts)
    selection = selected(asked.first_day, asked.last_day, asked.station_ids, asked.where)
    if asked.definition == ALL:
        limits = limits_of_lot(asked.confidence, None)
        show_definitions(asked.counts, target_ratio(asked.target), selection, limits, asked.json_file)
        return
    named = named_definition(asked.definition) if asked.definition else None
    wanted: dict[str, Any] = {"definition": named, "selection": selection}
    wanted["target"] = target_ratio(asked.target, asked.definition)
    wanted["limits"] = limits_of_lot(asked.confidence, asked.definition)
    if asked.by == "station":
        report = report_on_stations(asked, wanted)
    else:
        report = show_groups(asked.counts, wanted, asked.by, asked.csv_file, asked.json_file)
    check_gate(report, asked.fail_under)


def report_on_stations(asked: Asked, wanted: dict[str, Any]) -> Report:
    """The report on stations, in all that was asked for.

    It is saved last, once what changed was sent, so that the next run tells what this one could not.
    """
    recipient = recipient_of(asked.notify)
    besides = {"since": asked.since_report, "may_be_first": asked.save, "price": price_of_kwh(asked.price)}
    story = tell_and_write_page(asked.counts, {**wanted, **besides}, asked.html, asked.stations_dir, asked.definition)
    show_story(story, asked.csv_file, asked.json_file)
    if asked.metrics:
        write_metrics(story, asked.metrics)
    if not asked.no_png:
        draw_chart(story, asked.output, asked.style)
    if recipient:
        tell_changes(story, recipient, asked.dry_run)
    if asked.save and not asked.dry_run:
        save_story(story)
    return story.report


def refuse_what_does_not_go_together(asked: Asked) -> None:
    """Refuses an option that would have no effect here, so that nobody waits for a file that is not written."""
    if asked.json_file == asked.csv_file == "-":
        raise click.BadParameter("stdout can't take both; name a file.", param_hint="--csv with --json")
    for_stations = {
        "--html": ("the page is", asked.html),
        "--metrics": ("the gauges are", asked.metrics),
        "--since-report and --save": ("both are", asked.since_report is not None or asked.save),
        "--output and --style": ("the chart is", on_command_line("output") or on_command_line("style")),
    }
    for options, (what, is_given) in for_stations.items():
        if is_given and not asked.is_of_stations:
            raise click.BadParameter(f"{what} of stations, by one definition.", param_hint=options)
    if not asked.is_of_stations and on_command_line("price"):
        raise click.BadParameter("it shows what stations lose, by one definition.", param_hint="--price")
    if asked.definition == ALL and asked.by != "station":
        raise click.BadParameter("all definitions are compared for the whole network.", param_hint="--by")
    if asked.definition == ALL and (asked.csv_file or asked.fail_under is not None):
        raise click.BadParameter("it takes one definition.", param_hint="--csv and --fail-under")
    if asked.notify is not None and not (asked.save and asked.since_report == "last"):
        raise click.BadParameter(
            "it tells what changed since what was saved: add --since-report last --save.", param_hint="--notify"
        )
    if asked.dry_run and asked.notify is None:
        raise click.BadParameter("it prints what --notify would send.", param_hint="--dry-run")
    for file, option in ((asked.html, "--html"), (asked.output, "--output"), (asked.metrics, "--metrics")):
        if file == Path("-"):
            raise click.BadParameter("stdout can't take it; name a file.", param_hint=option)


def show_story(story: Story, csv_file: str | None, json_file: str | None) -> None:
    """Prints the story, or the document that was asked for; writes the CSV."""
    from evcharge.report.document import to_json
    from evcharge.report.story import to_csv
    from evcharge.report.terminal.story import print_story

    show(lambda: to_json(story), lambda: to_csv(story), lambda: print_story(story, console()), csv_file, json_file)


def show_groups(
    counts: Path | None, wanted: dict[str, Any], by: str, csv_file: str | None, json_file: str | None
) -> Report:
    """Reads and prints the rates of other groups than stations."""
    from evcharge.report.document import to_json
    from evcharge.report.rates import build_report, to_csv
    from evcharge.report.terminal.story import print_report

    with showing_progress(f"counting sessions by {by}"), what_is_read(counts) as star:
        report = build_report(star, **wanted, by=by)
    show(lambda: to_json(report), lambda: to_csv(report), lambda: print_report(report, console()), csv_file, json_file)
    return report


def show(
    json_text: Callable[[], str],
    csv_text: Callable[[], str],
    print_for_people: Callable[[], None],
    csv_file: str | None,
    json_file: str | None,
) -> None:
    """Puts one of the three on stdout, and the CSV and the document in their files, whole or not at all."""
    from evcharge.output import written_whole

    if json_file == "-":
        click.echo(json_text())
    elif csv_file == "-":
        click.echo(csv_text().encode(), nl=False)  # the bytes of --csv FILE, whatever the terminal's encoding
    else:
        print_for_people()
    for name, text in ((csv_file, csv_text), (json_file, lambda: f"{json_text()}\n")):
        if name and name != "-":
            with written_whole(Path(name)) as file:
                file.write(text().encode())
            notice(f"wrote {name}")


def write_metrics(story: Story, path: Path) -> None:
    """Writes the gauges, whole or not at all."""
    from evcharge.output import written_whole
    from evcharge.report.prometheus import to_prometheus

    with written_whole(path) as file:
        file.write(to_prometheus(story).encode())
    notice(f"wrote {path}")


def save_story(story: Story) -> None:
    """Saves what the story says of each station, and says so."""
    from evcharge.load.saved_reports import save_report
    from evcharge.report.saved import as_saved
    from evcharge.report.words import counted

    run, stations = as_saved(story)
    saved = save_report(database_url(), run, stations, setting("lock_wait_seconds"))
    if saved.already:
        notice(f"already saved on {saved.saved_at:%Y-%m-%d %H:%M} UTC (report {saved.run_key})")
    else:
        notice(f"saved what the report says of {counted(len(stations), 'station')} (report {saved.run_key})")


def no_charts(path: Path) -> bool:
    """Whether matplotlib is missing or broken; then says what was left out, why, and how to get it."""
    from evcharge.report.charts.available import BROKEN, why_no_charts

    missing = why_no_charts()
    if missing:
        anew = "--force-reinstall " if missing[0] == BROKEN else ""
        tell(
            f"{path} was left out: {': '.join(filter(None, missing)).rstrip('.')}. Run: pip install {anew}matplotlib",
            err=True,
        )
    return missing is not None


def draw_chart(story: Story, path: Path, style: Literal["bars", "dots"] | None) -> None:
    """Draws the chart, where it can be drawn."""
    if no_charts(path):
        return
    from evcharge.report.charts.bars import draw_station_reliability
    from evcharge.report.charts.dots import draw_station_dots
    from evcharge.report.charts.picture import save_chart
    from evcharge.report.plots import usual_style

    drawn = {"bars": draw_station_reliability, "dots": draw_station_dots}

    with showing_progress("drawing the picture"):
        save_chart(story, path, drawn[style or usual_style(len(story.stations))])
    notice(f"wrote {path}")


def check_gate(report: Report, fail_under: float | None) -> None:
    """Ends with the exit code of a gate where the network's rate, or its lower bound, is under the limit.

    Raises:
        GateError: it is, no attempt could be judged, or failures were removed from the data.
    """
    if fail_under is None:
        return
    from evcharge.metrics.rates import FAILURES_PERHAPS_REMOVED, FAILURES_REMOVED
    from evcharge.report.headline import gate_text
    from evcharge.report.words import target_text

    if report.network["failures_included"] == FAILURES_REMOVED:
        reason = "a publisher removed failures from the data, so no rate can pass --fail-under."
        raise GateError("failures_removed", reason, "Select stations whose failures are in the data: --station ID")
    if report.network["failures_included"] == FAILURES_PERHAPS_REMOVED:
        tell("Warning: the publisher does not say whether failures are in the data; passing shows little.", err=True)
    if report.of_counts_alone:
        tell("Warning: counts don't tell which rows were refused; on the database these may close the gate.", err=True)
    if gate := gate_text(report, fail_under):
        hint = report.judging_note or "See each station: evcharge report"
        raise GateError("under_the_limit", f"{gate}; --fail-under asks for {target_text(fail_under)}.", hint)


def show_definitions(
    counts: Path | None, target: float, selection: Selection, limits: Limits, json_file: str | None
) -> None:
    """Prints the network by every definition."""
    from evcharge.report.comparison import build_comparison, require_definitions
    from evcharge.report.document import to_json
    from evcharge.report.terminal.comparison import print_definitions

    with showing_progress("counting sessions by every definition"), what_is_read(counts) as star:
        built = build_comparison(star, target=target, selection=selection, limits=limits)
    require_definitions(built, selection)
    show(lambda: to_json(built), str, lambda: print_definitions(built, console()), None, json_file)
