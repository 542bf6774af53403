"""What a Python program calls: ``reliability``, the figures of a star or of a DataFrame of sessions, as DataFrames.

What does not belong here: any figure of its own; it gathers what ``report`` and ``metrics`` make.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from evcharge.api_arguments import (
    Day,
    as_day,
    as_definition,
    as_lot,
    as_output,
    as_price,
    as_share,
    naming,
    require_kind,
    require_text,
)
from evcharge.api_figures import draw_figure
from evcharge.api_parts import Parts
from evcharge.api_star import Counts, Data, as_frame, database_of, opened
from evcharge.config import DEFAULT_TARGET
from evcharge.errors import ReportError
from evcharge.kept import keeping
from evcharge.load import LoadResult
from evcharge.metrics.asked import require_known
from evcharge.metrics.bounds import Refused
from evcharge.metrics.counted import LOAD_SESSIONS
from evcharge.metrics.definitions import Definition
from evcharge.metrics.direction import Direction
from evcharge.metrics.outcomes import find_grouping
from evcharge.metrics.rates import DEFAULT_CONFIDENCE, one_test, require_target
from evcharge.metrics.selection import Selection
from evcharge.metrics.session_rows import read_sessions
from evcharge.metrics.small_samples import Dispersion, dispersion_of, with_evidence
from evcharge.metrics.visit_rules import find_visit_rule
from evcharge.migrate.reading import reading
from evcharge.output import written_whole
from evcharge.report.comparison import Comparison
from evcharge.report.left_out import left_out_text
from evcharge.report.losses import with_money
from evcharge.report.page.request import PageRequest, today
from evcharge.report.rates import Report, build_report, no_sessions
from evcharge.report.reasons import Reasons
from evcharge.report.story import Story, build_story
from evcharge.report.summary import story_html
from evcharge.report.usual import usual_definition
from evcharge.report.visits import Visits
from evcharge.report.words import counted, percent

if TYPE_CHECKING:
    from evcharge.report.charts.sheet import Picture


@dataclass(frozen=True)
class Reliability:
    """Success by a definition, with its interval and verdict, and how much of that depends on the definition.

    Attributes:
        report: the report by the definition asked for, by the group asked for.
        story: the same by station, with what each station does now.
        parts: what is read of a database when it is first asked for; of a DataFrame or counts all was read at once.
        load: what became of the rows of a DataFrame; None where a database was read.
    """

    report: Report
    story: Story
    parts: Parts
    load: LoadResult | None = None

    @property
    def comparison(self) -> Comparison:
        """Every definition side by side."""
        return self.parts.comparison

    @property
    def visits_report(self) -> Visits | None:
        """Visits by the rule asked for; None where only counts were given."""
        return self.parts.visits

    @property
    def reasons_report(self) -> Reasons | None:
        """What was recorded of the failures; None where counts came without the frame ``failures``."""
        return self.parts.reasons

    @property
    def stations(self) -> pd.DataFrame:
        """One row per station, or another group of ``by``, in order.

        Its keys, then ``attempts`` (successes + failures), ``successes``, ``failures``, ``unknown``, ``excluded``
        [counts], ``success_ratio``, ``low``, ``high`` [0 to 1, missing without attempts], ``verdict`` and
        ``failures_included``.
        """
        return self.report.groups

    @property
    def network(self) -> pd.DataFrame:
        """The same figures of all of them pooled: one row.

        Besides, ``lowest_ratio`` and ``highest_ratio`` [0 to 1] with all unknown attempts and refused rows in it,
        ``verdict_could_turn`` (by these), and the chances of so few and of so many successes just on the target,
        ``chance_this_few`` and ``chance_this_many``.
        """
        numbers = ("success_ratio", "low", "high", "lowest_ratio", "highest_ratio")
        chances = ("chance_this_few", "chance_this_many")
        return pd.DataFrame([self.report.network]).astype(dict.fromkeys((*numbers, *chances), "float64"))

    @property
    def sensitivity(self) -> pd.DataFrame:
        """One row per station and definition, with the figures by each.

        Besides, ``rank`` (1 is the lowest), ``flips`` (the verdict depends on the definition), and the sessions
        ``gained`` and ``lost`` against AFIREV's definition (where counts lack it, the first that they have).
        """
        return self.comparison.stations

    @property
    def evidence(self) -> pd.DataFrame:
        """``stations`` with what few attempts, the other stations and the unknown sessions make of the rates.

        The columns are those of ``metrics.small_samples.with_evidence``.
        """
        return with_evidence(self.report.groups)

    @property
    def dispersion(self) -> Dispersion:
        """How much more ``stations`` differ from their pooled ratio than chance makes them: φ, its chance, τ."""
        return dispersion_of(self.report.groups)

    @property
    def spells(self) -> pd.DataFrame:
        """One row per station, those that need attention first: now, since when, before, silent or not, lost a week.

        The columns are those of ``station_frame.STATION_FRAME``; with a price, what is lost in money besides.
        """
        return with_money(self.story.stations, self.story.price) if self.story.price else self.story.stations

    @property
    def outages(self) -> pd.DataFrame:
        """One row an outage: a time without a session that chance does not explain, of a station or of one port.

        By source, station and first day: ``source``, ``station_id``, ``name``, ``port_id`` (missing for the whole
        station), ``first_day``, ``last_day`` (missing where it goes on), ``days``, ``chance`` [0 to 1] and
        ``charges_lost`` (usual successes of such a time; missing after more than 13 weeks).
        """
        return self.story.outages

    @property
    def direction(self) -> Direction:
        """Whether the last full weeks are worse or better than all before; its stations are those of ``spells``."""
        return self.story.direction

    @property
    def visits(self) -> pd.DataFrame:
        """One row per station: the columns of ``metrics.visits.with_visit_rates``.

        Raises:
            ReportError: only counts were given.
        """
        if self.visits_report is None:
            raise _not_in_counts("visits need single sessions", LOAD_SESSIONS)
        return self.visits_report.stations

    @property
    def reasons(self) -> pd.DataFrame:
        """One row per reason of failure: the columns of ``metrics.reasons.count_reasons``.

        Raises:
            ReportError: only counts were given, without the frame ``failures``.
        """
        if self.reasons_report is None:
            raise _not_in_counts("reasons need the frame failures", "Give it beside the frame counts.")
        return self.reasons_report.network

    @property
    def sessions(self) -> pd.DataFrame:
        """One row per session, cleaned: the columns of ``metrics.session_rows.SESSION_COLUMNS``.

        ``outcome`` is by the definition of the report; ``file_name`` and ``source_line`` say where the session comes
        from (of a DataFrame: line 2 is its first row).

        Raises:
            ReportError: only counts were given.
        """
        if self.parts.sessions is None:
            raise _not_in_counts("sessions are not in counts", LOAD_SESSIONS)
        return self.parts.sessions

    @property
    def notes(self) -> list[str]:
        """What must be said with the figures: what is made up, refused, or left out by publishers or by counts."""
        left_out = left_out_text(self.report.left_out)
        return [*self.report.notes, left_out] if left_out else self.report.notes

    @property
    def refused(self) -> Refused:
        """The rows of the selection that loads refused, and how they would have counted.

        Raises:
            ReportError: only counts were given, which don't tell them.
        """
        if self.report.of_counts_alone:
            raise _not_in_counts("refused rows are known where they were loaded", LOAD_SESSIONS)
        return self.report.beside.refused

    def figure(self, name: str = "stations", station_id: str | None = None) -> Picture:
        """A figure of matplotlib, drawn as the page and ``evcharge report`` draw it.

        Args:
            name: ``stations``, ``dots``, ``funnel``, ``panels``, ``weekly``, ``reasons`` or ``definitions``; of one
                station ``ports`` or ``hours``.
            station_id: of which station; None for the first that needs attention and has what is drawn.

        Raises:
            ConfigError: no such figure, which the hint lists, or no such station.
            ReportError: matplotlib is missing, or the data lacks what the figure is of.
        """
        require_kind(name, str, "name", "'stations'")
        require_text(station_id, "station_id", "'ST-004'")
        return draw_figure(self.story, lambda: self.parts.comparison, name, station_id)

    def to_html(self, path: str | os.PathLike[str]) -> None:
        """Writes the page of ``evcharge report --html``, whole or not at all; it needs no other file and no network.

        Raises:
            ConfigError: the path leads to the database that is read.
            ReportError: the file can't be written, or the database has changed since the report was read.
        """
        from evcharge.report.page.page import render_page

        story, path = self._with_uptime(), as_output(path, "path", "'report.html'")
        request = PageRequest(
            target=story.report.target,
            selection=story.selection,
            file_name=path.name,
            limits=story.report.limits,
            price=story.price,
            made_on=today(),
        )
        page = render_page(story, self.parts.background, request, request.python_call(story.report))
        with keeping(self.parts.kept), written_whole(path) as file:
            file.write(page.encode())

    def _repr_html_(self) -> str:
        """What a notebook shows: the finding, the network's rate, and the stations that need attention."""
        return story_html(self.story)

    def to_dict(self) -> dict[str, Any]:
        """The document that ``evcharge report --json`` prints."""
        return self._with_uptime().to_dict() if self.report.by == "station" else self.report.to_dict()

    def _with_uptime(self) -> Story:
        """The story as commands tell it: with uptime where there is evidence."""
        return replace(self.story, uptime=self.parts.uptime)

    def __repr__(self) -> str:
        network = self.report.network
        judged = percent(network["success_ratio"], self.report.target)
        judged += " of the sessions published" if self.report.failures_removed else ""
        ratio = "no attempt could be judged" if network["success_ratio"] is None else judged
        return (
            f"<Reliability: {counted(len(self.stations), self.report.by)}, {counted(network['attempts'], 'attempt')}, "
            f"{ratio} by {self.report.definition.id}>"
        )


def _not_in_counts(reason: str, hint: str) -> ReportError:
    return ReportError("not_in_counts", f"{reason}; only counts were given.", hint)


def reliability(
    data: Data | None = None,
    start: Day | None = None,
    end: Day | None = None,
    definition: str | Definition | None = None,
    target: float = DEFAULT_TARGET,
    confidence: float = DEFAULT_CONFIDENCE,
    by: str = "station",
    visit_rule: str = "voltra_site_5",
    timezone: str | None = None,
    where: Mapping[str, str | Sequence[str]] | None = None,
    price: tuple[float, str] | None = None,
    counts: Counts | None = None,
    columns: Mapping[str, str] | None = None,
) -> Reliability:
    """The reliability of the stations in a database, in a DataFrame of sessions, or in counts of them.

    Args:
        data: a database as URL, path of an SQLite file or engine; or sessions with the columns of the ``native``
            profile (``session_id``, ``station_id``, ``start_time``, ``end_time``, ``energy_kwh``, and what else it
            knows); or a Spark DataFrame of clean sessions, which Spark counts: only counts leave it.
        start: first local day: text such as ``2025-04-01``, a date, or a datetime or Timestamp at midnight.
        end: last local day, included.
        definition: an id of ``metrics.definitions.DEFINITIONS`` or a definition; None takes that of
            ``report.usual.usual_definition``.
        target: success ratio that the verdicts are against, between 0 and 1.
        confidence: of the verdict on all stations together, two-sided, between 0 and 1.
        by: station, port, network, operator, region, department, month or load.
        visit_rule: an id of ``metrics.visit_rules.VISIT_RULES``.
        timezone: IANA zone of a DataFrame's times that carry none.
        where: the lot that is looked at: a column of stations, such as ``operator``, with the word or words that it
            has; of several columns each must fit. An empty word stands for stations of which none is known.
        price: what a kWh brings, with the code of its currency, such as ``(0.59, "EUR")``: money lost in ``spells``.
        counts: in place of ``data``, counts: the path of a folder or file, the frame ``counts``, or frames by name
            (docs/how-to/report-from-counts.md). What needs more is left out, and ``notes`` names it.
        columns: a DataFrame's own names of columns to ours, such as ``{"Station": "station_id"}``.

    Raises:
        EvchargeError: with a code, a reason and a hint: no such definition, grouping or column, no day, a target out of
            range, no session, a database or counts that can't be read. ``python_hint`` says in Python what to do.
    """
    target, confidence = as_share(target, "target"), as_share(confidence, "confidence")
    require_kind(by, str, "by", "'station'")
    require_kind(visit_rule, str, "visit_rule", "'voltra_site_5'")
    require_target(target)
    find_grouping(by)
    chosen = as_definition(definition)
    selection, limits = _selection(start, end, where), one_test(confidence)
    paid, rule = as_price(price), find_visit_rule(visit_rule)
    asked: dict[str, Any] = {"target": target, "selection": selection, "limits": limits}
    frame = as_frame(timezone, columns)
    with naming(data), opened(data, counts, frame, chosen, asked) as (star, load), reading(star) as session:
        story = build_story(session, definition=chosen, price=paid, **asked)
        report = story.report if by == "station" else build_report(session, definition=chosen, by=by, **asked)
        lasts = load is None and not isinstance(star, Session)
        parts = Parts(session, star if lasts else None, story, chosen, rule)
    return Reliability(report, story, parts, load)


def sessions(
    data: str | os.PathLike[str] | Engine | pd.DataFrame,
    start: Day | None = None,
    end: Day | None = None,
    where: Mapping[str, str | Sequence[str]] | None = None,
    definition: str | Definition | None = None,
    timezone: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The clean sessions in a database, or those that cleaning makes of a DataFrame, as one frame.

    Args:
        data: as in ``reliability``, but no counts.
        start: first local day, as in ``reliability``.
        end: last local day, included.
        where: the lot that is looked at, as in ``reliability``.
        definition: by which ``outcome`` is told; None takes that of ``report.usual.usual_definition``.
        timezone: IANA zone of a DataFrame's times that carry none.
        columns: a DataFrame's own names of columns to ours.

    Returns:
        The columns of ``metrics.session_rows.SESSION_COLUMNS``, one row per session.

    Raises:
        EvchargeError: as ``reliability``.
    """
    chosen = as_definition(definition)
    selection = _selection(start, end, where)
    with naming(data), database_of(data, as_frame(timezone, columns)) as (star, _), reading(star) as session:
        require_known(session, selection)
        judged = chosen or usual_definition(session, selection)[0]
        rows = read_sessions(session, judged, selection)
        if rows.empty:
            raise no_sessions(selection)
    return rows


def _selection(start: Any, end: Any, where: Any) -> Selection:
    return Selection(as_day(start, "start"), as_day(end, "end"), where=as_lot(where))
