"""The report as one HTML page that holds everything it needs and asks the network for nothing.

Python makes every word and figure; the template only places them, and the script sorts and filters what is there. What
does not belong here: figures (``story``, ``background``), drawing (``charts``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from evcharge import __version__, progress
from evcharge.migrate.reading import Database, reading
from evcharge.report.charts.available import why_no_charts
from evcharge.report.page.account import account_of, reproduction_of
from evcharge.report.page.actions import actions_of
from evcharge.report.page.availability import availability_of
from evcharge.report.page.background import Evidence, read_evidence
from evcharge.report.page.definitions import definitions_of
from evcharge.report.page.figures import Drawing, Pens, charts_of
from evcharge.report.page.head import head_of
from evcharge.report.page.links import links_of
from evcharge.report.page.markup import REPORT, SCRIPT, environment, hash_of, inert_json, resource, style_sheet
from evcharge.report.page.request import PageRequest
from evcharge.report.page.rollup import roll_up_of
from evcharge.report.page.since import changes_of
from evcharge.report.page.stations import download_data, stations_of, table_data
from evcharge.report.rates import lot_text, period_of
from evcharge.report.saved import tell_story
from evcharge.report.story import Story
from evcharge.report.words import day_text


@dataclass(frozen=True)
class Frame:
    """What holds the page together.

    Attributes:
        version: of evcharge.
        made: the day on which the page is made [UTC]; empty where that is not said.
        period: the days that the data is from, and the lot that it is of.
        style, style_hash: the style sheet, and what the content security policy allows it by.
        script, script_hash: the same of the script.
        data: what the script sorts and filters, as inert JSON.
        csv: the rows of its download, as ``stations.download_data`` packs them.
    """

    version: str
    made: str
    period: str
    style: str
    style_hash: str
    script: str
    script_hash: str
    data: str
    csv: str


def build_page(database: Database, request: PageRequest) -> tuple[Story, str]:
    """The story and its page, both of one moment of the database.

    Args:
        database: its URL, an engine, or a session that reads it.
        request: what the page is of.
        again: what makes the same page again, as a command or in Python.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no session matches.
        ReportError: the earlier report can't be used, or none is saved.
    """
    with reading(database) as session:
        story = tell_story(session, **request.for_story)
        progress.step("reading what the page shows besides")
        evidence = read_evidence(session, story, request.selection)
    progress.step("drawing the page")
    return story, render_page(story, evidence, request, request.command(story.report))


def render_page(story: Story, evidence: Evidence, request: PageRequest, again: str) -> str:
    """The page as text: every text of the data is escaped, styles and the script are bound to the page by hash.

    Args:
        story: what is told.
        evidence: what stands behind it.
        request: what the page is of.
        again: what makes the same page again, as a command or in Python.
    """
    links = links_of(story, request.stations_dir)
    return (
        environment()
        .get_template(REPORT)
        .render(
            frame=_frame(story, links, request.made_on),
            no_charts=(why_no_charts() or ("",))[0],
            head=head_of(story, evidence.out_of_period),
            actions=actions_of(story, evidence.actions, evidence.silent, links),
            changes=changes_of(story.since),
            charts=charts_of(story, evidence.actions, evidence.missing, pens()),
            availability=availability_of(story.uptime, story.selection),
            roll_up=roll_up_of(evidence.roll_up, story.report.target),
            stations=stations_of(story, links),
            definitions=definitions_of(story, evidence.comparison),
            account=account_of(story, evidence.loads, evidence.rejects, evidence.missing),
            reproduction=reproduction_of(story, evidence.files, again),
        )
    )


def pens() -> Pens | None:
    """What draws the charts of the page; None where matplotlib is missing or broken."""
    if why_no_charts():
        return None
    from evcharge.report.charts.funnel import draw_funnel
    from evcharge.report.charts.hours import draw_hours
    from evcharge.report.charts.panels import draw_panels
    from evcharge.report.charts.reasons import draw_reasons
    from evcharge.report.charts.save import to_svg
    from evcharge.report.charts.sheet import PHONE_PX
    from evcharge.report.charts.tiles import draw_port_weeks
    from evcharge.report.charts.weekly import draw_weekly

    def both(draw: Callable[..., Any], prefix: str, *told: Any) -> Drawing:
        phone = to_svg(draw(*told, width=PHONE_PX), f"{prefix}-phone")
        return Drawing(to_svg(draw(*told), prefix), phone)

    return Pens(
        funnel=lambda stations, target: both(draw_funnel, "funnel", stations, target),
        panels=lambda weeks, target: both(draw_panels, "panels", weeks, target),
        reasons=lambda table: both(draw_reasons, "reasons", table),
        weekly=lambda weeks, target: both(draw_weekly, "weekly", weeks, target),
        ports=lambda weeks, number: to_svg(draw_port_weeks(weeks), f"ports{number}"),
        hours=lambda hours, number: both(draw_hours, f"hours{number}", hours),
    )


def _frame(story: Story, links: Mapping[int, str], made_on: date | None) -> Frame:
    style, script = style_sheet(), resource(SCRIPT)
    return Frame(
        version=__version__,
        made=day_text(made_on) if made_on else "",
        period=" · ".join(filter(None, (lot_text(story.report.where), period_of(story.report)))),
        style=style,
        style_hash=hash_of(style),
        script=script,
        script_hash=hash_of(script),
        data=inert_json(table_data(story, links)),
        csv=download_data(story),
    )
