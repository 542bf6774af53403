"""The page of one station: what ``evcharge explain`` shows of it, and its uptime, as HTML that asks for nothing.

What does not belong here: the words (``explain_words``) and the figures (``explain``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from sqlalchemy.orm import Session

from evcharge import __version__
from evcharge.migrate.reading import Database, reading
from evcharge.report.availability import TITLE
from evcharge.report.explain import Explanation, build_explanation, the_station
from evcharge.report.explain_words import CUT_NOTE, Grid, explained
from evcharge.report.page.availability import station_parts
from evcharge.report.page.cells import Part, Table, table_of
from evcharge.report.page.links import file_of, with_pages
from evcharge.report.page.markup import STATION, environment, hash_of, style_sheet
from evcharge.report.page.request import PageRequest
from evcharge.report.rates import period_of
from evcharge.report.saved import tell_story
from evcharge.report.story import Story
from evcharge.report.words import day_text

MOST_ROWS = 100
"""Sessions, and refused rows, on the page of a station; ``evcharge explain`` writes all of them."""
PARTS_BEFORE_UPTIME = 3
"""By which rule, the number, and since when: uptime stands behind them."""


def station_pages(session: Session, story: Story, request: PageRequest, back: str) -> Iterator[tuple[str, str]]:
    """The name of each station's file with its page: of the stations that need attention, as ``links`` has them.

    Args:
        session: reads the database, at the moment of the story.
        story: the report on all stations.
        request: what that is of.
        back: the page of all stations, seen from the pages.
    """
    for source, station_id in zip(*(with_pages(story)[name] for name in ("source", "station_id")), strict=True):
        yield file_of(source, station_id), _page(session, source, station_id, story, request, back)


def build_station_page(database: Database, station: str, source: str | None, request: PageRequest) -> str:
    """The page of one station alone, as ``station_pages`` has it, but that it leads to no page of all stations.

    Args:
        database: its URL, an engine, or a session that reads it.
        station: the id of the station, else its name.
        source: whose id it is, where several know it.
        request: what the report on all stations is of, with which the page tells of the one.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        ConfigError: several stations match.
        NoDataError: no station matches, or it has no session on these days.
    """
    with reading(database) as session:
        found = the_station(session, station, source)
        story = tell_story(session, **request.for_story)
        return _page(session, found["source"], found["station_id"], story, request, None)


def _page(session: Session, source: str, station_id: str, story: Story, request: PageRequest, back: str | None) -> str:
    """The page of a station by the rule and in the period of the report on all; ``back`` is None without their page."""
    found = build_explanation(
        session,
        station_id,
        target=story.report.target,
        definition=story.report.definition,
        selection=replace(request.selection, source=source),
        most_rows=MOST_ROWS,
        price=story.price,
    )
    return _rendered(replace(found, reason=story.report.reason), story, request, back)


def _rendered(found: Explanation, story: Story, request: PageRequest, back: str | None) -> str:
    """The page of one station as text: every text of the data is escaped, the style is bound to it by hash."""
    first, *others = explained(found, MOST_ROWS)
    sections = [(section.title, _parts(section.parts)) for section in others]
    availability = station_parts(story.uptime, found.station["source"], found.station["station_id"], request.selection)
    if availability:
        sections.insert(PARTS_BEFORE_UPTIME, (TITLE, availability))
    style = style_sheet()
    return (
        environment()
        .get_template(STATION)
        .render(
            version=__version__,
            style=style,
            style_hash=hash_of(style),
            back=quote(back) if back else None,
            title=first.title,
            head=_parts(first.parts),
            sections=sections,
            notes=found.figure_notes,
            period=period_of(story.report),
            made=day_text(request.made_on) if request.made_on else "",
            command=request.explain_command(story.report, found.station["source"], found.station["station_id"]),
        )
    )


def _parts(parts: list[str | Grid]) -> list[Part]:
    """The parts as the template takes them, but for what is true of a terminal alone."""
    return [
        Part(None, table=_table(one)) if isinstance(one, Grid) else Part(one, one.startswith(" "))
        for one in parts
        if one != CUT_NOTE
    ]


def _table(grid: Grid) -> Table:
    """The grid as a table whose first cell names its row: a mark before the name stands in one cell with it."""
    columns, rows = list(grid.columns), [[cell or "" for cell in row] for row in grid.rows]
    if not columns[0]:
        columns, rows = columns[1:], [[f"{mark} {name}", *cells] for mark, name, *cells in rows]
    right = [place for place, name in enumerate(columns) if name in grid.right]
    return table_of(", ".join(columns), columns, rows, right)
