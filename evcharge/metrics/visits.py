"""Attempts grouped into visits: one driver, one stop at one site, perhaps several attempts.

What does not belong here: what a rule says (``visit_rules``), whether an attempt succeeded (``definitions``), rates of
attempts (``rates``). What each figure means: docs/metrics/visits.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Select, Text, and_, case, select, true, type_coerce
from sqlalchemy.orm import Session

from evcharge.arrays import Flags, Integers
from evcharge.metrics.definitions import EXCLUDED, FAILURE, SUCCESS, Definition
from evcharge.metrics.intervals import wilson_interval
from evcharge.metrics.rates import FAILURES_PERHAPS_REMOVED, FAILURES_REMOVED, failures_included, ratio
from evcharge.metrics.rows import frame_of, parts_of
from evcharge.metrics.selection import Selection
from evcharge.metrics.visit_rules import VisitRule
from evcharge.models import DimStation, FactCharging, LoadLedger

MARGIN_DAYS = 7
"""How far beyond the selected days attempts are read, so that a visit across the edge is seen whole. Source: a house
choice; it is the longest session that QualiCharge accepts."""
GAPS_MINUTES = (2.0, 5.0, 10.0, 15.0, 30.0, 60.0)
"""Gaps of the sensitivity band [minutes]. Source: the gaps in use, 2 to 30, and one beyond them."""
ROWS_AT_ONCE, ROWS_TOGETHER = 50_000, 100_000
"""Attempts fetched at a time, and those that are at least grouped together: all of some stations."""
_MINUTE = 60_000

FIRST_TIME, TROUBLED, FAILED, VISIT_UNKNOWN = "first_time", "troubled", "failed", "unknown"
VISIT_OUTCOMES = (FIRST_TIME, TROUBLED, FAILED, VISIT_UNKNOWN)
"""First known attempt succeeded; a later one did; none did; no attempt has a known outcome."""

VISIT_COUNTS = (
    "visits",
    *VISIT_OUTCOMES,
    "single_attempt",
    "last_succeeded",
    "partly_unknown",
    "attempts",
    "excluded",
    "without_failures",
    "perhaps_without_failures",
)
"""What ``count_visits`` counts per station, in this order."""


@dataclass(frozen=True)
class Attempts:
    """What visits are made of.

    Attributes:
        rows: one row per attempt that is not excluded, in no order: ``station_key``, ``port_id`` and ``driver_ref``
            (or None), ``start_time`` and ``end_time`` (UTC, or NaT), ``outcome`` (success, failure, unknown) and
            ``in_selection``, false for those read only because a visit may cross the edge of the selected days.
        stations: one row per station with an attempt in the selection, by source and station id: ``station_key``,
            ``source``, ``station_id``, ``name``, and of its attempts in the selection those ``excluded``, and those
            whose publisher removed failures (``without_failures``) or did not say (``perhaps_without_failures``).
    """

    rows: pd.DataFrame
    stations: pd.DataFrame


def select_attempts(definition: Definition, selection: Selection) -> Select[Any]:
    """One row per attempt, in no order: the selected days and ``MARGIN_DAYS`` more at either end.

    Times come as the database keeps them, since a million of them are parsed faster together than one by one.
    """
    inside = selection.of_all_stations().conditions()
    return select(
        FactCharging.station_key,
        FactCharging.load_key,
        FactCharging.port_id,
        FactCharging.driver_ref,
        type_coerce(FactCharging.start_time, Text).label("start_time"),
        type_coerce(FactCharging.end_time, Text).label("end_time"),
        definition.outcome.label("outcome"),
        case((and_(true(), *inside), 1), else_=0).label("in_selection"),
    ).where(*widened(selection).conditions())


def widened(selection: Selection) -> Selection:
    """The selection with ``MARGIN_DAYS`` more at either end."""
    first, last = selection.first_day, selection.last_day
    return replace(
        selection,
        first_day=first and date.fromordinal(max(first.toordinal() - MARGIN_DAYS, date.min.toordinal())),
        last_day=last and date.fromordinal(min(last.toordinal() + MARGIN_DAYS, date.max.toordinal())),
    )


def read_attempts(session: Session, definition: Definition, selection: Selection) -> Iterator[Attempts]:
    """The attempts of the selection with their outcomes by the definition, and what was left out of them.

    Each ``Attempts`` has all attempts of some stations, so that memory holds no more than these; there is one at least.
    """
    failures_told = dict(session.execute(select(LoadLedger.load_key, LoadLedger.failures_included)).all())
    columns = (DimStation.station_key, DimStation.source, DimStation.station_id, DimStation.name)
    names = frame_of(session, select(*columns)).astype({"station_key": "int64"})
    statement = select_attempts(definition, selection).order_by(FactCharging.station_key)

    for rows in _of_whole_stations(_attempt_parts(session, statement)):
        rows = rows.astype({"load_key": "int64", "in_selection": "bool"})
        stations = _stations(rows, failures_told, names)
        kept = rows[rows["outcome"] != EXCLUDED].drop(columns="load_key")
        yield Attempts(rows=kept.reset_index(drop=True), stations=stations)


def attempt_rows(session: Session, statement: Select[Any]) -> pd.DataFrame:
    """The rows of a statement that has ``station_key``, and ``start_time`` and ``end_time`` as text, among others."""
    return pd.concat(_attempt_parts(session, statement), ignore_index=True)


def _attempt_parts(session: Session, statement: Select[Any]) -> Iterator[pd.DataFrame]:
    """The frame of ``attempt_rows`` in parts, after one without rows; a text that comes again is held once."""
    known: dict[str, str] = {}
    for rows in parts_of(session, statement, ROWS_AT_ONCE):
        for name in rows.columns.intersection(["port_id", "driver_ref", "outcome"]):
            rows[name] = pd.Series([text and known.setdefault(text, text) for text in rows[name]], dtype=object)
        for name in ("start_time", "end_time"):
            rows[name] = pd.to_datetime(rows[name], utc=True, format="ISO8601").astype("datetime64[ms, UTC]")
        yield rows.astype({"station_key": "int64"})


def _of_whole_stations(parts: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Parts in order of their stations as others, each of whole stations and, but for the last, ``ROWS_TOGETHER``."""
    waiting: list[pd.DataFrame] = []
    for part in parts:
        waiting.append(part)
        if not part.empty and sum(map(len, waiting)) >= ROWS_TOGETHER:
            rows = pd.concat(waiting, ignore_index=True)
            goes_on = rows["station_key"] == rows["station_key"].iloc[-1]
            waiting = [rows[goes_on]]
            if not goes_on.all():
                yield rows[~goes_on]
    yield pd.concat(waiting, ignore_index=True)


def _stations(rows: pd.DataFrame, failures_told: Mapping[int, str], names: pd.DataFrame) -> pd.DataFrame:
    """The frame ``Attempts.stations`` of all rows, the excluded ones among them."""
    inside = rows[rows["in_selection"]]
    included = inside["load_key"].map(failures_told)
    flags = pd.DataFrame(
        {
            "station_key": inside["station_key"],
            "excluded": inside["outcome"] == EXCLUDED,
            "without_failures": included == FAILURES_REMOVED,
            "perhaps_without_failures": included == FAILURES_PERHAPS_REMOVED,
        }
    )
    counts = flags.groupby("station_key").sum().astype("int64").reset_index()
    stations = names.merge(counts, on="station_key")
    return stations.sort_values(["source", "station_id"], ignore_index=True)


@dataclass(frozen=True)
class _Chain:
    """Attempts group by group, each in order of start; arrays of one length."""

    station_key: Integers
    start: Integers
    gap: Integers
    first_of_group: Flags
    anonymous: Flags
    succeeded: Flags
    known: Flags
    in_selection: Flags


def _chain(rows: pd.DataFrame, rule: VisitRule) -> _Chain:
    """The attempts in the order in which the rule looks at them, with the gap before each [milliseconds].

    Ties of start are broken by end, port, driver and outcome, so that the order of the rows never matters. The gap
    after an attempt without an end is measured from its start.
    """
    start = rows["start_time"].to_numpy("datetime64[ms]").astype("int64")
    end = rows["end_time"].fillna(rows["start_time"]).to_numpy("datetime64[ms]").astype("int64")
    station = rows["station_key"].to_numpy("int64")
    port, driver = (pd.factorize(rows[name], sort=True)[0].astype("int64") for name in ("port_id", "driver_ref"))
    succeeded, failed = ((rows["outcome"] == word).to_numpy(bool) for word in (SUCCESS, FAILURE))
    inside = rows["in_selection"].to_numpy(bool)

    # ``lexsort`` sorts by its last key first, so the keys that only break ties stand in front.
    ties = (inside, failed, succeeded, driver, port, end, start)
    if rule.anonymous_gap_minutes is None:
        anonymous, who = np.zeros(len(rows), bool), np.zeros(len(rows), "int64")
    else:
        # Drivers are handed on along each port, so that is the order here; ``driver[order] = …`` puts them back.
        order = np.lexsort((*ties, port, station))
        driver[order] = _inherited(driver[order], start[order], end[order], _changes(station[order], port[order]), rule)
        anonymous = driver < 0
        who = np.where(anonymous, port, driver)

    order = np.lexsort((*ties, who, anonymous, station))
    gap = np.zeros(len(rows), "int64")
    gap[1:] = start[order][1:] - end[order][:-1]

    return _Chain(
        station_key=station[order],
        start=start[order],
        gap=gap,
        first_of_group=_changes(station[order], anonymous[order], who[order]),
        anonymous=anonymous[order],
        succeeded=succeeded[order],
        known=(succeeded | failed)[order],
        in_selection=inside[order],
    )


def _changes(*keys: npt.NDArray[Any]) -> Flags:
    """Where a value differs from the one before it in any of the keys; the first always does."""
    changed = np.ones(len(keys[0]), bool)
    changed[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return changed


def _inherited(driver: Integers, start: Integers, end: Integers, first_of_port: Flags, rule: VisitRule) -> Integers:
    """Drivers (−1 for none) in order of start on each port, with those that attempts without one inherit.

    From the next attempt that has one, else from the last one that had one, over gaps of at most ``inherit_minutes``.
    """
    apart = first_of_port.copy()
    apart[1:] |= start[1:] - end[:-1] > rule.inherit_minutes * _MINUTE
    run = np.cumsum(apart)

    # For each attempt the number of the next one, and of the last one, that has a driver: itself where it has one.
    # Without any it is the end of the array, which has no driver to hand on either.
    number = np.arange(len(driver))
    later = np.minimum.accumulate(np.where(driver >= 0, number, len(driver) - 1)[::-1])[::-1]
    earlier = np.maximum.accumulate(np.where(driver >= 0, number, 0))
    for neighbour in (later, earlier):
        driver = np.where((driver < 0) & (run[neighbour] == run), driver[neighbour], driver)
    return driver


def group_visits(attempts: Attempts, rule: VisitRule) -> pd.DataFrame:
    """One row per visit: those whose first attempt is in the selection.

    Columns: ``station_key``, ``start_time`` of its first attempt, ``attempts``, ``unknown_attempts``, ``outcome`` (one
    of ``VISIT_OUTCOMES``, by the attempts whose outcome is known) and ``last_succeeded`` (the last of these).
    """
    return _visits(_chain(attempts.rows, rule), rule)


def _visits(chain: _Chain, rule: VisitRule) -> pd.DataFrame:
    """The frame of ``group_visits``; only here the longest gap matters, so one chain serves many."""
    # A gap below 0 is an overlap: the attempt began before the last one ended.
    longest = np.where(chain.anonymous, rule.anonymous_gap_minutes or 0.0, rule.gap_minutes) * _MINUTE
    begins = chain.first_of_group | (chain.gap > longest) | (chain.gap < -rule.overlap_minutes * _MINUTE)

    # ``reduceat`` takes a figure of each visit from the slice between its first attempt and the next visit's.
    first = np.flatnonzero(begins)
    number = np.arange(len(begins))
    visit = np.cumsum(begins) - 1

    # The first and last attempt with a known outcome: others count as the last of all, or as the visit's first, and so
    # are never the least, or the greatest, beside a known one; a visit without any is unknown whatever these say.
    first_known = np.minimum.reduceat(np.where(chain.known, number, len(number) - 1), first)
    last_known = np.maximum.reduceat(np.where(chain.known, number, first[visit]), first)

    attempts = np.diff(first, append=len(number))
    unknown = np.add.reduceat((~chain.known).astype("int64"), first)

    # ``select`` takes the first condition that holds: only a visit that did not succeed at once is looked at for any.
    outcome: npt.NDArray[np.int8] = np.select(
        [unknown == attempts, chain.succeeded[first_known], np.logical_or.reduceat(chain.succeeded, first)],
        [VISIT_OUTCOMES.index(VISIT_UNKNOWN), VISIT_OUTCOMES.index(FIRST_TIME), VISIT_OUTCOMES.index(TROUBLED)],
        VISIT_OUTCOMES.index(FAILED),
    ).astype(np.int8)

    visits = pd.DataFrame(
        {
            "station_key": chain.station_key[first],
            "start_time": pd.to_datetime(chain.start[first], unit="ms", utc=True).as_unit("ms"),
            "attempts": attempts,
            "unknown_attempts": unknown,
            "outcome": pd.Categorical.from_codes(outcome, pd.Index(VISIT_OUTCOMES, dtype=object)),
            "last_succeeded": chain.succeeded[last_known],
        }
    )
    return visits[chain.in_selection[first]].reset_index(drop=True)


def count_visits(attempts: Attempts, rule: VisitRule) -> pd.DataFrame:
    """Counts per station, in the order of ``Attempts.stations``: source, station_id, name and ``VISIT_COUNTS``.

    ``visits`` is the sum of ``VISIT_OUTCOMES``. Of them ``single_attempt`` succeeded in their only attempt,
    ``last_succeeded`` in their last known one, and ``partly_unknown`` have attempts known and unknown. ``attempts`` are
    those of the visits. The last three are counts of the selection's attempts; see ``Attempts.stations``.
    """
    return _counted(group_visits(attempts, rule), attempts.stations)


def _counted(visits: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    tallies = {outcome: visits["outcome"] == outcome for outcome in VISIT_OUTCOMES}
    tallies["single_attempt"] = (visits["outcome"] == FIRST_TIME) & (visits["attempts"] == 1)
    tallies["last_succeeded"] = visits["last_succeeded"]
    tallies["partly_unknown"] = (visits["outcome"] != VISIT_UNKNOWN) & (visits["unknown_attempts"] > 0)
    table = pd.DataFrame({"visits": 1, **tallies, "attempts": visits["attempts"]}, index=visits.index)
    sums = table.groupby(visits["station_key"]).sum().reindex(stations["station_key"], fill_value=0)
    counts = pd.concat([stations.set_index("station_key"), sums], axis=1).reset_index(drop=True)
    return counts[["source", "station_id", "name", *VISIT_COUNTS]].astype(dict.fromkeys(VISIT_COUNTS, "int64"))


VISIT_RATIOS = {
    "ftcs": FIRST_TIME,
    "ftcs_single": "single_attempt",
    "visit_success_any": "any_succeeded",
    "visit_success_last": "last_succeeded",
}
"""Ratios and the visits each counts, all over the visits with a known outcome. First-time charging success in two
readings: the first attempt succeeded; it was the only one (kwwhat). Success of the visit in two: some attempt succeeded
(ChargeX); the last one did (kwwhat)."""


def with_visit_rates(counts: pd.DataFrame) -> pd.DataFrame:
    """The counts with ``attempts_per_visit``, each ratio with its Wilson interval, and what was said of failures.

    Returns:
        The same rows in the same order, plus ``attempts_per_visit`` (missing without visits), for each name in
        ``VISIT_RATIOS`` ``_ratio``, ``_low`` and ``_high`` [0 to 1; missing without known visits], and
        ``failures_included`` (yes, no, unknown).
    """
    rated = counts.copy()
    visits = counts["visits"].to_numpy(float)
    known = visits - counts[VISIT_UNKNOWN].to_numpy(float)
    rated["attempts_per_visit"] = ratio(counts["attempts"].to_numpy(float), visits)
    numbers = counts.assign(any_succeeded=counts[FIRST_TIME] + counts[TROUBLED])
    for name, counted in VISIT_RATIOS.items():
        successes = numbers[counted].to_numpy(float)
        rated[f"{name}_ratio"] = ratio(successes, known)
        rated[f"{name}_low"], rated[f"{name}_high"] = wilson_interval(successes, known)
    rated["failures_included"] = pd.Series(failures_included(counts), counts.index, dtype=object)
    return rated


def network_visits(counts: pd.DataFrame) -> pd.DataFrame:
    """The rates of all stations together, pooled: one row."""
    return with_visit_rates(counts[list(VISIT_COUNTS)].sum().to_frame().T)


def gap_band(attempts: Attempts, rule: VisitRule, gaps_minutes: Iterable[float] = GAPS_MINUTES) -> pd.DataFrame:
    """How far the pooled figures depend on the gap: one row per gap, ``gap_minutes`` and those of ``network_visits``.

    The gap takes the place of the rule's own, for attempts with and without a driver; all else of the rule stays.
    """
    return rated_gaps([count_by_gap(attempts, rule, gaps_minutes)])


def count_by_gap(
    attempts: Attempts, rule: VisitRule, gaps_minutes: Iterable[float] = GAPS_MINUTES
) -> dict[float, pd.Series]:
    """The sums of ``VISIT_COUNTS`` over the stations, by the gap [minutes]."""
    chain = _chain(attempts.rows, rule)
    return {
        minutes: _counted(_visits(chain, rule.with_gap(minutes)), attempts.stations)[list(VISIT_COUNTS)].sum()
        for minutes in gaps_minutes
    }


def rated_gaps(parts: Sequence[Mapping[float, pd.Series]]) -> pd.DataFrame:
    """The frame of ``gap_band`` of several parts of the stations, each as ``count_by_gap`` counts it."""
    rows = []
    for minutes in parts[0]:
        counts = pd.DataFrame([part[minutes] for part in parts])
        rows.append(network_visits(counts).assign(gap_minutes=float(minutes)))
    band = pd.concat(rows, ignore_index=True)
    return band[["gap_minutes", *band.columns.drop("gap_minutes")]]
