"""The report as pages: the page of all stations, one of each station that needs attention, and one of a single station.

What does not belong here: what stands on them (``report.page``).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evcharge.cli.counted import what_is_read
from evcharge.cli.options import given_outputs
from evcharge.cli.progress import showing_progress
from evcharge.cli.terminal import notice

if TYPE_CHECKING:
    from evcharge.migrate.reading import Database
    from evcharge.report.page.request import PageRequest
    from evcharge.report.story import Story


def refuse_pages_of_stations(stations_dir: Path | None, html: Path | None, counts: Path | None) -> None:
    """Refuses pages of stations that no page would lead to, and those that counts can't fill."""
    if stations_dir is None:
        return
    if html is None:
        raise click.BadParameter("the page leads to them: add --html FILE.", param_hint="--stations-dir")
    if counts is not None:
        raise click.BadParameter("counts don't hold the sessions that they show.", param_hint="--stations-dir")


def tell_and_write_page(
    counts: Path | None, wanted: dict[str, Any], html: Path | None, stations_dir: Path | None, definition: str | None
) -> Story:
    """Reads the story, and writes its page, and those of stations, if they were asked for."""
    from evcharge.report.saved import like_this_one, tell_story

    if html is None:
        with showing_progress(), what_is_read(counts) as star:
            story = tell_story(star, **wanted)
    else:
        from evcharge.report.page.request import PageRequest, today

        seen = Path(os.path.relpath(stations_dir, html.parent)).as_posix() if stations_dir else None
        request = PageRequest(
            **wanted,
            definition_word=definition,
            file_name=html.name,
            counts=str(counts) if counts else None,
            stations_dir=seen,
            made_on=today(),
        )
        with what_is_read(counts) as star:
            story = write_pages(star, request, html, stations_dir)
    if wanted["since"] and not story.since:
        notice(f"No {like_this_one(story)} is saved, so nothing is compared.")
    return story


def make_folder(folder: Path) -> None:
    """Makes the folder if it is not there."""
    from evcharge.errors import ReportError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise ReportError("cannot_write", f"{folder} is a file.", "Name a folder.") from error
    except OSError as error:
        reason = f"{folder} can't be made: {error.strerror or error}."
        raise ReportError("cannot_write", reason, "Name a folder in a writable one.") from error


def write_pages(star: Database, request: PageRequest, html: Path, stations_dir: Path | None) -> Story:
    """Writes the page and those of single stations, all of one moment of the database, all or none."""
    from evcharge.kept import refuse_one_file_twice
    from evcharge.migrate.reading import reading
    from evcharge.output import written_together
    from evcharge.report.page.page import build_page
    from evcharge.report.page.station import station_pages
    from evcharge.report.words import counted

    pages: list[str] = []
    outputs = given_outputs(click.get_current_context())
    with showing_progress(), reading(star) as session, written_together() as open_part:
        story, page = build_page(session, request)
        open_part(html).write(page.encode())
        if stations_dir:
            make_folder(stations_dir)
            back = Path(os.path.relpath(html, stations_dir)).as_posix()
            for name, text in station_pages(session, story, request, back):
                refuse_one_file_twice([*outputs, ("the page of a station,", stations_dir / name)])
                open_part(stations_dir / name).write(text.encode())
                pages.append(name)
    notice(f"wrote {html}")
    if stations_dir:
        told = f"{counted(len(pages), 'page')} of stations into {stations_dir}"
        notice(f"wrote {told}" if pages else "no station needs attention, so that none has a page")
    return story


def write_page_of_station(star: Database, station: str, source: str | None, request: PageRequest, html: Path) -> None:
    """Writes the page of one station alone, whole or not at all."""
    from evcharge.output import written_whole
    from evcharge.report.page.station import build_station_page

    with showing_progress():
        page = build_station_page(star, station, source, request)
    with written_whole(html) as file:
        file.write(page.encode())
    notice(f"wrote {html}")
