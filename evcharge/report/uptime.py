"""Uptime by one rulebook or several: figures of ports and groups, outages, and where statuses and sessions disagree.

What does not belong here: what was up when and what a rulebook makes of it (``metrics.availability``), reading
(``uptime_of_database``), and how it is shown (``terminal``, ``page``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy.orm import Session

from evcharge import progress
from evcharge.arrays import Integers
from evcharge.errors import ConfigError, NoDataError
from evcharge.metrics.asked import require_known
from evcharge.metrics.availability.axis import NO_SPANS, Spans
from evcharge.metrics.availability.evidence import DOWN, UP, Charges, Evidence, Period, Ports
from evcharge.metrics.availability.lies import false_free, up_not_dispensing
from evcharge.metrics.availability.outages import outages, site_minutes_without_port
from evcharge.metrics.availability.rulebooks import Rulebook
from evcharge.metrics.availability.timeline import ALL_EVIDENCE, EVIDENCE_WORDS, Counted, Timeline, timeline
from evcharge.metrics.availability.uptime import MINUTES, RATIOS, Figures, groups, port_days, uptime
from evcharge.metrics.availability.usual_charges import charges_lost, weeks_before
from evcharge.metrics.evidence_ports import NO_PORT
from evcharge.metrics.evidence_rows import (
    FAILED,
    SUCCEEDED,
    count_unnamed_refused,
    has_evidence,
    read_stations_with_evidence,
    read_unnamed_ports,
)
from evcharge.metrics.made_up import is_made_up
from evcharge.metrics.milliseconds import instant_ms, instant_of
from evcharge.metrics.outcomes import unknown_grouping
from evcharge.metrics.reported_rows import sources_that_report
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import Database, reading
from evcharge.report.uptime_found import DAY_MS, Uptime
from evcharge.report.uptime_of_database import Known, evidence_of, station_groups
from evcharge.report.uptime_told import told
from evcharge.report.usual import usual_definition
from evcharge.report.words import counted as number_of
from evcharge.report.words import listed_ports, verb

BY = ("port", "station", "network", "operator", "region", "day")
"""What figures are grouped by; ``day`` is each port on each day (UTC)."""
DEFAULT_RULEBOOK = "nevi"
"""Where none is named: it is published, judges each port, and its formula says nothing of unknown minutes, so that no
verdict is given where they could turn it."""
NO_EVIDENCE_HINT = "Load a message log or a table of states with evcharge load. What is read: evcharge formats"
NO_EVIDENCE_IN_PYTHON = (
    "Leave out where, if given, or load a message log or a table of states: "
    "evcharge.load_file('FILE', db='ev_charging.db'). "
    "A made-up one, in a shell: evcharge sample --statuses statuses.csv"
)
PORT_KEYS = ("source", "station_id", "port_id")
DISPENSING = (*PORT_KEYS, "attempts", "failures")
"""Columns of the ports that were up, and at which no attempt succeeded."""
_STATION = PORT_KEYS[:2]
WITHOUT_PORT = (*_STATION, "attempts", "failures")
"""Columns of stations with several ports, and of attempts there that name none of them."""
FALSE_FREE = (*PORT_KEYS, "free_minutes", "false_minutes")
"""Columns of how long ports were announced free, and how long of that a session ran."""
NOT_THERE_NOTE = "Unknown minutes are never counted as up in low; high counts all of them as up."


class Covers(NamedTuple):
    """The period that is looked at, and why."""

    period: Period
    reason: str


def build_uptime(
    database: Database,
    rulebooks: Sequence[Rulebook],
    *,
    selection: Selection,
    period: Period | None = None,
    counted: Counted = ALL_EVIDENCE,
    by: str = "port",
    now: datetime | None = None,
) -> Uptime:
    """Reads the evidence of the selected stations and works out what each rulebook makes of it.

    Args:
        database: its URL, an engine, or a session that reads it.
        rulebooks: one or several.
        selection: which stations; its days are not looked at.
        period: of which time; None for the whole days that the evidence covers.
        counted: which evidence counts.
        by: one of ``BY``.
        now: the present, at which the period ends if it is not over; None for the clock's.

    Raises:
        ConfigError: there is no such grouping, or the period lies in the future.
        NoDataError: there is no evidence of these stations.
    """
    if by not in BY:
        raise unknown_grouping(by, BY)
    with reading(database) as session:
        stations = stations_of(session, selection)
        covers = period_of(stations, period, now or datetime.now(timezone.utc))
        definition = usual_definition(session, selection.of_all_stations())[0]
        unnamed = _unnamed_notes(session, selection, stations)
        parts = []
        for group in station_groups(stations):
            progress.step(f"reading the evidence of {number_of(len(group), 'station')}")
            known = evidence_of(session, group, covers.period, definition)
            parts.append(_part(known, covers.period, counted, rulebooks, by_day=by == "day"))
    whole = {name: pd.concat([getattr(part, name) for part in parts], ignore_index=True) for name in _FRAMES}
    return Uptime(
        **{**whole, "outages": _in_order(whole["outages"])},
        period=covers.period,
        period_reason=covers.reason,
        evidence=tuple(word for word, counts in zip(EVIDENCE_WORDS, counted, strict=True) if counts),
        by=by,
        figures=[told(_joined([part.figures[place] for part in parts])) for place in range(len(rulebooks))],
        names=_names(stations),
        notes=[*_notes(stations, covers.period, rulebooks), *unnamed],
        definition=definition.id,
    )


def _names(stations: pd.DataFrame) -> dict[tuple[str, str], str]:
    """What people call each station: its name, else its id, with the source where several sources have that label."""
    rows = zip(*(stations[name].tolist() for name in ("source", "station_id", "name")), strict=True)
    labels = {(source, id_): name if isinstance(name, str) and name.strip() else id_ for source, id_, name in rows}
    sources_of: dict[str, set[str]] = {}
    for (source, _), label in labels.items():
        sources_of.setdefault(label, set()).add(source)
    told = {key: f"{label} ({key[0]})" if len(sources_of[label]) > 1 else label for key, label in labels.items()}
    return {key: label for key, label in told.items() if label != key[1]}


def stations_of(session: Session, selection: Selection) -> pd.DataFrame:
    """The selected stations with evidence.

    Raises:
        NoDataError: there are none, or nobody knows one that is asked for.
    """
    if has_evidence(session):
        require_known(session, selection, "evcharge uptime --by station --csv -")
    stations = read_stations_with_evidence(session, selection)
    if stations.empty:
        alone = ", and uptime as reported is no evidence" if sources_that_report(session) else ""
        reason = f"no status, contact or reported outage of these stations is in the database{alone}."
        raise NoDataError("no_evidence", reason, NO_EVIDENCE_HINT, NO_EVIDENCE_IN_PYTHON)
    return stations


def period_of(stations: pd.DataFrame, asked: Period | None, now: datetime) -> Covers:
    """The period asked for, up to now, or the whole days (UTC) that the evidence covers; less than a day, all of that.

    Raises:
        ConfigError: it lies wholly in the future, or the evidence covers no time.
    """
    if asked is not None:
        if asked.from_ms >= instant_ms(now):
            begins = f"{instant_of(asked.from_ms):%Y-%m-%d}"
            raise ConfigError(
                "period_in_the_future", f"the period begins on {begins}, which is yet to come.", "Give an earlier one."
            )
        if asked.until_ms > instant_ms(now):
            ends = f"{instant_of(asked.until_ms - 1):%Y-%m-%d}"
            return Covers(Period(asked.from_ms, instant_ms(now)), f"up to now; the period asked for ends on {ends}")
        return Covers(asked, "asked for")
    seen = stations[stations["first_ms"].notna()]
    first, last = (0, 0) if seen.empty else (int(seen["first_ms"].min()), int(seen["last_ms"].max()))
    days = Period(-(-first // DAY_MS) * DAY_MS, last // DAY_MS * DAY_MS)
    if days.from_ms < days.until_ms:
        return Covers(days, "the whole days that the evidence covers")
    if first >= last:
        reason = "the evidence of these stations covers no time."
        raise ConfigError("no_period", reason, "Give --from and --to.", "Give start and end.")
    return Covers(Period(first, last), "the time that the evidence covers, less than a whole day")


def _notes(stations: pd.DataFrame, period: Period, rulebooks: Sequence[Rulebook]) -> list[str]:
    """What must be said: where evidence ends before the period, and what is provisional of the rulebooks."""
    notes = []
    if made_up := int(stations["source"].map(is_made_up).sum()):
        notes.append(f"{made_up:,} of these stations {verb(made_up, 'is', 'are')} made up: evcharge sample.")
    ends = stations["source_ends_ms"].max()
    if ends == ends and ends + 1 < period.until_ms:
        notes.append(f"Evidence ends at {instant_of(int(ends)):%Y-%m-%d %H:%M} UTC; all later time is unknown.")
    never = stations[stations["first_ms"].isna()]
    if len(never):
        whose = verb(len(never), "its", "their")
        notes.append(f"Nothing tells of {number_of(len(never), 'station')}; all of {whose} time is unknown.")
    for rulebook in rulebooks:
        if rulebook.provisional:
            notes.append(f"{rulebook.id} is provisional: {rulebook.source}.")
    return notes


def _unnamed_notes(session: Session, selection: Selection, stations: pd.DataFrame) -> list[str]:
    """What must be said of evidence of stations and ports that nothing else names."""
    claimed = _unnamed_note(read_unnamed_ports(session, *selection.station_conditions()))
    if selection.asked_stations():
        return claimed
    return [*claimed, *_refused_note(count_unnamed_refused(session, stations["source"].unique().tolist()))]


def _unnamed_note(ports: Sequence[tuple[str, str]]) -> list[str]:
    """What must be said of claims and reported outages that count nowhere."""
    if not ports:
        return []
    what = f"{number_of(len(ports), 'port')} that nothing else names"
    return [f"Claims or reported outages of {what} are left out: {listed_ports(ports)}."]


def _refused_note(statements: int) -> list[str]:
    """What must be said of refused statements that count nowhere."""
    if not statements:
        return []
    one = statements == 1
    what = f"{number_of(statements, 'refused statement')} {'names a station' if one else 'name stations'}"
    return [f"{what} that nothing else names, and {'is' if one else 'are'} left out (rejected_evidence)."]


# One group of stations


class _Part(NamedTuple):
    figures: list[Figures]
    outages: pd.DataFrame
    sites: pd.DataFrame
    not_dispensing: pd.DataFrame
    without_port: pd.DataFrame
    false_free: pd.DataFrame


_FRAMES = ("outages", "sites", "not_dispensing", "without_port", "false_free")
"""Frames of a part that are those of the whole, one below the other."""


def _part(known: Known, period: Period, counted: Counted, rulebooks: Sequence[Rulebook], *, by_day: bool) -> _Part:
    connectors = timeline(known.evidence, period, counted)
    figures = []
    for rulebook in rulebooks:
        told_by = uptime(connectors, known.evidence, period, rulebook, known.whole)
        days = port_days(connectors, known.evidence, period, rulebook, known.whole) if by_day else None
        figures.append(replace(told_by, days=days))
    states = known.of_whole_ports(connectors)
    tried = _attempts_while_up(known, states)
    found = outages(states, known.of_ports)
    found["failed_attempts"] = _failed_in(found, known.attempts)
    found["charges_lost"] = _charges_lost(found, states, known, period, counted)
    places = up_not_dispensing(figures[0].ports, tried)
    ids = figures[0].ports[[*PORT_KEYS]]
    dispensing = ids.iloc[places].assign(attempts=tried["attempts"].iloc[places])
    dispensing["failures"] = dispensing["attempts"]
    free = false_free(_announced_free(known, period, counted), _in_period(known.sessions, period))
    lies = ids.iloc[free["port"].to_numpy()].reset_index(drop=True)
    lies = pd.concat([lies, free[["free_minutes", "false_minutes"]].reset_index(drop=True)], axis=1)
    sites = site_minutes_without_port(states, known.of_ports.ports)
    return _Part(figures, found, sites, dispensing, _without_port(known), lies)


def _announced_free(known: Known, period: Period, counted: Counted) -> Charges:
    """Spans in which ports were announced free, by the evidence that counts."""
    told: Evidence = known.evidence._replace(statements=known.announced)
    spans = timeline(told, period, counted._replace(charges=False, outages=False))
    free = spans.state == UP
    port = spans.port[free] if known.whole is None else known.whole[spans.port[free]]
    return Charges(port, spans.from_ms[free], spans.until_ms[free])


def _in_period(sessions: Charges, period: Period) -> Charges:
    begin, end = (np.clip(ends, *period) for ends in (sessions.from_ms, sessions.until_ms))
    some = begin < end
    return Charges(sessions.port[some], begin[some], end[some])


def _attempts_while_up(known: Known, states: Timeline) -> pd.DataFrame:
    """``attempts`` and ``successes`` of each port while it was up.

    Those whose port can't be told count for none (``_without_port``), unless no attempt of their station succeeded:
    then no port of it dispensed anything, whichever it was, and they count for each.
    """
    ports, rows = known.of_ports.ports, _judged(known)
    each = pd.concat([rows[rows["port"] != NO_PORT], _at_each_port(rows, ports)])
    line = states.port * 2**43 + states.from_ms
    place = np.searchsorted(line, each["port"].to_numpy() * 2**43 + each["at_ms"].to_numpy(), side="right") - 1
    each = each[states.state[np.maximum(place, 0)] == UP] if len(line) else each.iloc[:0]
    port, succeeded = each["port"].to_numpy(), each["outcome"].to_numpy() == SUCCEEDED
    counts = {"attempts": np.bincount(port, minlength=len(ports))}
    counts["successes"] = np.bincount(port[succeeded], minlength=len(ports))
    return pd.DataFrame(counts)


def _judged(known: Known) -> pd.DataFrame:
    """The attempts that succeeded or failed; ``place`` numbers their stations, ``succeeds``: some attempt there did."""
    rows = known.attempts[known.attempts["outcome"].isin((SUCCEEDED, FAILED))]
    places = _station_places(known.of_ports.ports)[rows["station"].to_numpy()]
    good = np.unique(places[rows["outcome"].to_numpy() == SUCCEEDED])
    return rows.assign(place=places, succeeds=np.isin(places, good))


def _station_places(ports: Ports) -> Integers:
    """Which station each port stands at, as a number."""
    return pd.MultiIndex.from_arrays([ports.source, ports.station_id]).factorize()[0].astype("int64")


def _at_each_port(rows: pd.DataFrame, ports: Ports) -> pd.DataFrame:
    """The attempts that name no port, of stations at which none succeeded, once for each port there."""
    unnamed = rows[(rows["port"] == NO_PORT) & ~rows["succeeds"]].drop(columns="port")
    each = pd.DataFrame({"place": _station_places(ports), "port": np.arange(len(ports))})
    return unnamed.merge(each, on="place")[[*rows.columns]]


def _without_port(known: Known) -> pd.DataFrame:
    """``WITHOUT_PORT`` of the stations with several ports at which attempts name none, and some attempt succeeded."""
    ports, rows = known.of_ports.ports, _judged(known)
    rows = rows[(rows["port"] == NO_PORT) & rows["succeeds"]]
    rows = rows.assign(failures=rows["outcome"] == FAILED)
    number = rows.groupby("station")["failures"].agg(["size", "sum"])
    ids = {name: pd.Series([getattr(ports, name)[place] for place in number.index], dtype=object) for name in _STATION}
    return pd.DataFrame(ids).assign(attempts=number["size"].to_numpy("int64"), failures=number["sum"].to_numpy("int64"))


def _charges_lost(
    found: pd.DataFrame, states: Timeline, known: Known, period: Period, counted: Counted
) -> npt.NDArray[np.float64]:
    """What each outage cost in charges by the weeks before it, of which down time is no measure."""
    down = NO_SPANS
    if len(found):
        lines = (known.of_whole_ports(timeline(known.evidence, weeks_before(period), counted)), states)
        parts = [Spans(line.port, line.from_ms, line.until_ms).where(line.state == DOWN) for line in lines]
        down = Spans(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    spans = Spans(*(found[name].to_numpy(dtype="int64") for name in ("port", "from_ms", "until_ms")))
    return charges_lost(spans, known.use, down)


def _failed_in(found: pd.DataFrame, attempts: pd.DataFrame) -> Integers:
    """How many failed attempts began in each outage, of those whose port is told."""
    failed = attempts[(attempts["outcome"] == FAILED) & (attempts["port"] != NO_PORT)]
    line = np.sort(failed["port"].to_numpy() * 2**43 + failed["at_ms"].to_numpy())
    ends = (found["port"].to_numpy() * 2**43 + found[name].to_numpy() for name in ("from_ms", "until_ms"))
    begin, end = (np.searchsorted(line, one, side="left") for one in ends)
    return np.asarray(end - begin, dtype=np.int64)


def _in_order(found: pd.DataFrame) -> pd.DataFrame:
    """The outages that go on first, then by station, port and time."""
    order = ["goes_on", *PORT_KEYS, "from_ms"]
    return found.drop(columns="port").sort_values(order, ascending=[False, *[True] * 4], ignore_index=True)


def _joined(parts: Sequence[Figures]) -> Figures:
    """The figures of all groups of stations together: minutes are added up, never ratios."""
    first = parts[0]
    ports = pd.concat([part.ports for part in parts], ignore_index=True)
    sums = pd.concat([part.sums for part in parts], ignore_index=True)
    steps = [(name, sum(part.steps[place][1] for part in parts)) for place, (name, _) in enumerate(first.steps)]
    of_days = [part.days for part in parts if part.days is not None]
    days = pd.concat(of_days, ignore_index=True) if of_days else None
    whole = replace(first, ports=ports.assign(network="all"), sums=sums)
    row = groups(whole, "network").iloc[0]
    network = {name: float(row[name]) for name in (*MINUTES, *RATIOS, "handed_in")} | {"verdict": str(row["verdict"])}
    counts = {name: sum(part.network[name] for part in parts) for name in first.network if name not in network}
    return replace(first, ports=ports, sums=sums, days=days, steps=steps, network={**network, **counts})
