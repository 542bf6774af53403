"""What a Python program calls: ``reliability``, the figures of a star or of a DataFrame of sessions, as DataFrames.

What does not belong here: any figure of its own; it gathers what ``report`` and ``metrics`` make.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from evcharge.config import DEFAULT_TARGET
from evcharge.counts.files import read_counts
from evcharge.counts.frames import COUNTS, Frames, checked
from evcharge.counts.memory import star_of_counts
from evcharge.counts.spark import SparkFrame, detail_of_spark, frames_of_spark, is_spark
from evcharge.errors import ConfigError, ReportError
from evcharge.leftovers import temporary_folder
from evcharge.load import LoadResult, load_file
from evcharge.metrics.bounds import Refused
from evcharge.metrics.cost import Price
from evcharge.metrics.counted import LOAD_SESSIONS
from evcharge.metrics.definitions import DEFINITIONS, Definition, find_definition
from evcharge.metrics.direction import Direction
from evcharge.metrics.left_out import FAILURES
from evcharge.metrics.letters import ORDER
from evcharge.metrics.outcomes import Selection, find_grouping, named_lot
from evcharge.metrics.rates import DEFAULT_CONFIDENCE, one_test, require_target
from evcharge.metrics.small_samples import Dispersion, dispersion_of, with_evidence
from evcharge.metrics.visit_rules import find_visit_rule
from evcharge.migrate import upgrade
from evcharge.migrate.reading import Database, as_database, reading
from evcharge.report.comparison import Comparison, build_comparison
from evcharge.report.left_out import left_out_text
from evcharge.report.losses import with_money
from evcharge.report.rates import Report, build_report
from evcharge.report.reasons import Reasons, build_reasons
from evcharge.report.story import Story, build_story
from evcharge.report.visits import Visits, build_visits
from evcharge.report.words import percent
from evcharge.sources import builtin_profiles, with_overrides

Data = str | os.PathLike[str] | Engine | pd.DataFrame | SparkFrame
Counts = str | os.PathLike[str] | pd.DataFrame | Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Reliability:
    """Success by a definition, with its interval and verdict, and how much of that depends on the definition.

    Attributes:
        report: the report by the definition asked for, by the group asked for.
        story: the same by station, with what each station does now.
        comparison: every definition side by side.
        visits_report: visits by the rule asked for; None where only counts were given.
        reasons_report: what was recorded of the failures; None where counts came without the frame ``failures``.
        load: what became of the rows of a DataFrame; None where a database was read.
    """

    report: Report
    story: Story
    comparison: Comparison
    visits_report: Visits | None
    reasons_report: Reasons | None
    load: LoadResult | None = None

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

    def to_dict(self) -> dict[str, Any]:
        """The document that ``evcharge report --json`` prints."""
        return self.story.to_dict() if self.report.by == "station" else self.report.to_dict()

    def __repr__(self) -> str:
        network = self.report.network
        judged = percent(network["success_ratio"], self.report.target)
        judged += " of the sessions published" if self.report.failures_removed else ""
        ratio = "no attempt could be judged" if network["success_ratio"] is None else judged
        return (
            f"<Reliability: {len(self.stations):,} {self.report.by}s, {network['attempts']:,} attempts, "
            f"{ratio} by {self.report.definition.id}>"
        )


def _not_in_counts(reason: str, hint: str) -> ReportError:
    return ReportError("not_in_counts", f"{reason}; only counts were given.", hint)


def reliability(
    data: Data | None = None,
    start: date | None = None,
    end: date | None = None,
    definition: str | Definition | None = None,
    target: float = DEFAULT_TARGET,
    confidence: float = DEFAULT_CONFIDENCE,
    by: str = "station",
    visit_rule: str = "voltra_site_5",
    timezone: str | None = None,
    where: Mapping[str, str | Sequence[str]] | None = None,
    price: tuple[float, str] | None = None,
    counts: Counts | None = None,
) -> Reliability:
    """The reliability of the stations in a database, in a DataFrame of sessions, or in counts of them.

    Args:
        data: a database as URL, path of an SQLite file or engine; or sessions with the columns of the ``native``
            profile (``session_id``, ``station_id``, ``start_time``, ``end_time``, ``energy_kwh``, and what else it
            knows); or a Spark DataFrame of clean sessions, which Spark counts: only counts leave it.
        start: first local day.
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

    Raises:
        EvchargeError: with a code, a reason and a hint: no such definition, grouping or column, a target out of range,
            no session, a database or counts that can't be read.
    """
    require_target(target)
    find_grouping(by)
    chosen = find_definition(definition) if isinstance(definition, str) else definition
    own = () if chosen is None or chosen.id in DEFINITIONS else (chosen,)
    selection, limits = Selection(start, end, where=named_lot(where or {})), one_test(confidence)
    paid = Price(*price) if price else None
    asked: dict[str, Any] = {"target": target, "selection": selection, "limits": limits}
    with _star(data, counts, timezone, chosen, asked) as (place, load), reading(place) as database:
        story = build_story(database, definition=chosen, price=paid, **asked)
        report = story.report
        if by != "station":
            report = build_report(database, definition=chosen, by=by, **asked)
        comparison = build_comparison(database, own=own, **asked)
        rule = find_visit_rule(visit_rule)
        what: dict[str, Any] = {"definition": chosen, "selection": selection}
        visits = None if report.of_counts_alone else build_visits(database, rule=rule, **what)
        reasons = None if story.report.lacks(FAILURES) else build_reasons(database, **what)
    return Reliability(report, story, comparison, visits, reasons, load)


@contextmanager
def _star(
    data: Data | None, counts: Counts | None, timezone: str | None, definition: Definition | None, asked: dict[str, Any]
) -> Iterator[tuple[Database, LoadResult | None]]:
    """The star that data or counts are, as long as the block runs."""
    if (data is None) == (counts is None):
        raise ConfigError("data_or_counts", "one of data and counts must be given, and not both.", "Leave one out.")
    if counts is None and not is_spark(data):
        with _database(data, timezone) as (place, load):
            yield place, load
        return
    with star_of_counts(_frames(counts) if counts is not None else _by_spark(data, definition, asked)) as session:
        yield session, None


def _frames(counts: Any) -> Frames:
    """The frames that were given as counts."""
    if isinstance(counts, (str, os.PathLike)):
        return read_counts(Path(counts))
    if not isinstance(counts, (pd.DataFrame, Mapping)):
        reason = f"counts can't be of type {type(counts).__name__}."
        raise ConfigError("no_counts", reason, "Give a path, the frame counts, or a dict of frames by name.")
    return checked({COUNTS: counts} if isinstance(counts, pd.DataFrame) else counts)


def _by_spark(sessions: Any, definition: Definition | None, asked: dict[str, Any]) -> Frames:
    """The frames that Spark counts: first those of all stations, then the detail of those that need attention."""
    definitions = [*ORDER, *([definition] if definition and definition not in ORDER else [])]
    frames = frames_of_spark(sessions, definitions)
    with star_of_counts(checked(frames)) as session:
        attention = build_story(session, definition=definition, **asked).attention
    stations = list(zip(attention["source"], attention["station_id"], strict=True))
    return checked({**frames, **detail_of_spark(sessions, definitions, stations)})


@contextmanager
def _database(data: Any, timezone: str | None) -> Iterator[tuple[str | Engine, LoadResult | None]]:
    """The database that the data is, or one that lives as long as the block."""
    if isinstance(data, pd.DataFrame):
        with temporary_folder() as folder:
            url = f"sqlite:///{folder}/sessions.db"
            upgrade(url)
            yield url, _loaded(data, url, folder / "sessions.csv", timezone)
    else:
        yield as_database(data), None


def _loaded(sessions: pd.DataFrame, url: str, path: Path, timezone: str | None) -> LoadResult:
    """Loads the sessions as a file of the native layout would be: by the same rules, nothing cleaned away.

    Those that carry the mark of ``evcharge sample`` are loaded as the sample, so that every figure says so.
    """
    sessions.to_csv(path, index=False, date_format="%Y-%m-%dT%H:%M:%S.%f%z")
    native, sample = (builtin_profiles()[name] for name in ("native", "sample"))
    profile = sample if set(sample.marks) <= set(sessions.columns) else native
    return load_file(path, url, [with_overrides(profile, timezone=timezone)])
