"""The story as rows that are saved, and the story told with what changed since an earlier report.

What does not belong here: writing rows (``load.saved_reports``), and what changed (``since``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from evcharge.errors import ReportError
from evcharge.metrics.cost import Price
from evcharge.metrics.definitions import Definition
from evcharge.metrics.rates import ONE_LOT, Limits
from evcharge.metrics.saved import SavedReport, count_saved, read_last_saved
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import Database, reading
from evcharge.report.document import plain
from evcharge.report.earlier import read_earlier
from evcharge.report.rates import STATION_FIGURES, constants_of
from evcharge.report.since import Earlier, Finding, Key, Since, changes_since
from evcharge.report.story import Story, build_story
from evcharge.report.uptime_of_report import read_uptime
from evcharge.station_frame import SAVED_COLUMNS

LAST = "last"
"""What stands for the last report that was saved."""
SAME_DIGITS = 9
"""Digits in which two figures are alike that are the same: the order in which a database adds up changes the last."""


def tell_story(
    database: Database,
    *,
    target: float,
    definition: Definition | None = None,
    selection: Selection,
    since: str | None = None,
    may_be_first: bool = False,
    limits: Limits = ONE_LOT,
    price: Price | None = None,
) -> Story:
    """The story of ``build_story``, with uptime where there is evidence, and what changed since an earlier report.

    Args:
        database: its URL, an engine, or a session that reads it.
        target: success ratio to judge against, between 0 and 1.
        definition: what counts as a success; None takes the usual one.
        selection: which sessions.
        since: the path of a document of ``--json``, or ``LAST``; None compares with nothing.
        may_be_first: whether it is no error that none is saved yet.
        limits: chances below which the network, or the one lot that is looked at, gets its verdict.
        price: what a kWh brings; None where no money is told.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no session matches.
        ReportError: the earlier report can't be used, or none is saved.
    """
    with reading(database) as session:
        wanted: dict[str, Any] = {"target": target, "definition": definition, "selection": selection}
        story = build_story(session, **wanted, limits=limits, price=price)
        story = replace(story, uptime=read_uptime(session, story.report, selection))
        if since is None:
            return story
        if since != LAST:
            earlier: Earlier | None = read_earlier(Path(since), story.report, selection.asked_stations())
        else:
            earlier = _last_saved(session, story, may_be_first)
    return with_changes(story, earlier) if earlier else story


def with_changes(story: Story, earlier: Earlier) -> Story:
    """The story with what changed since an earlier report."""
    changes = changes_since(earlier.findings, _findings(story.rows), story.report.target)
    return replace(story, since=Since(earlier, changes, story.report.network["verdict"]))


def _last_saved(session: Session, story: Story, may_be_first: bool) -> Earlier | None:
    """The last report saved by the same rule, of the same stations, other than this very one."""
    run, _ = as_saved(story)
    saved = read_last_saved(
        session,
        definition=story.report.definition.id,
        version=story.report.definition.version,
        target=story.report.target,
        stations=run["selected_stations"],
        last_day=story.report.last_day,
        besides=run["fingerprint"],
    )
    if saved:
        return _earlier_of(saved)
    if may_be_first:
        return None
    there = [
        f"{name} at {100 * target:g}% of {', '.join(json.loads(asked)) if asked else 'all stations'}, up to {day}"
        for name, target, asked, day in count_saved(session)
    ]
    saved_are = f"; saved are: {', '.join(there)}" if there else ""
    reason = f"no {like_this_one(story)} is saved{saved_are}."
    raise ReportError("no_saved_report", reason, "Add --save to this command each time.")


def like_this_one(story: Story) -> str:
    """What a story is compared with, in words."""
    return f"earlier report by {story.report.definition.id} at {100 * story.report.target:g}% of these stations"


def _earlier_of(saved: SavedReport) -> Earlier:
    run = saved.run
    findings = _findings(saved.stations.to_dict("records"))
    return Earlier(run["data_from"], run["data_to"], run["saved_at"], findings, run["verdict"])


def _findings(rows: list[dict[Any, Any]]) -> dict[Key, Finding]:
    return {(row["source"], row["station_id"]): _finding(row) for row in rows}


def _finding(row: dict[Any, Any]) -> Finding:
    since, last_session = (_as_kept(row[name]) for name in ("since", "last_session"))
    out_of_use, changed = (bool(row[name]) for name in ("out_of_use", "changed"))
    return Finding(row["label"], row["verdict_now"], plain(row["rate_now"]), since, last_session, out_of_use, changed)


def as_saved(story: Story) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The story as it is saved: the columns of ``report_run``, but when and by which version, and its stations' rows.

    ``fingerprint`` is the same for two reports that say the same.
    """
    report, selection, constants = story.report, story.selection, constants_of(story.report)
    stations = [{str(name): _as_kept(row[name]) for name in SAVED_COLUMNS} for row in story.rows]
    run = {
        "definition": report.definition.id,
        "definition_version": report.definition.version,
        "target": report.target,
        "selected_from": selection.first_day,
        "selected_to": selection.last_day,
        "selected_stations": json.dumps(asked) if (asked := selection.asked_stations()) else "",
        "data_from": report.first_day,
        "data_to": report.last_day,
        "stations": len(stations),
        **{name: report.network[name] for name in STATION_FIGURES},
        **{name: constants[name] for name in ("refused_rows", "refused_failures", "made_up_sessions")},
    }
    return {**run, "fingerprint": _fingerprint([run, *stations])}, stations


def _as_kept(value: Any) -> Any:
    """A value as a database takes it: missing is None, a day is a date."""
    if isinstance(value, date) and value == value:  # a missing day of pandas is a date, too, and equals nothing
        return value.date() if isinstance(value, pd.Timestamp) else value
    return plain(value)


def _fingerprint(rows: list[dict[str, Any]]) -> str:
    """SHA-256 of the rows, their numbers to ``SAME_DIGITS`` digits."""
    alike = [{name: _alike(value) for name, value in row.items()} for row in rows]
    return hashlib.sha256(json.dumps(alike, sort_keys=True).encode()).hexdigest()


def _alike(value: Any) -> Any:
    return f"{value:.{SAME_DIGITS}g}" if isinstance(value, float) else plain(value)
