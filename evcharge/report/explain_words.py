"""One station's number taken apart, in words: sections of lines and tables, as terminal and page show them.

What does not belong here: figures, and anything a program should read (``explain``); the look of either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo

import pandas as pd

from evcharge.metrics.explain import primary_reason
from evcharge.metrics.intervals import CONFIDENCE
from evcharge.metrics.rates import BELOW_TAIL, FAILURES_INCLUDED, MEETS, MEETS_TAIL
from evcharge.metrics.reasons import REASONS_NOTE
from evcharge.report.absence import outage_span, outage_sum
from evcharge.report.explain import REJECTS_NOTE, Explanation, definition_told
from evcharge.report.losses import own_loss_text
from evcharge.report.now import MARKS, ORDER, UNUSED
from evcharge.report.words import (
    chance_text,
    counted,
    interval,
    percent,
    reason_text,
    sentence,
    target_text,
    verb,
)

MOST_NAMED = 10
"""Loads and ports that are named: what a head can hold. All of them are in ``--json``."""
CUT_NOTE = "A terminal cuts raw text to its width; it is whole in --json."
"""What is said below raw text; no page says it, for there the text is whole."""


@dataclass(frozen=True)
class Grid:
    """A table of a section.

    Attributes:
        columns: headings.
        rows: cells as people read them.
        right: headings of the columns of numbers.
        cut: headings of the columns that a narrow screen may cut.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[str | None]]
    right: frozenset[str] = frozenset()
    cut: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Section:
    """A part of the explanation.

    Attributes:
        title: its heading.
        parts: lines and tables, in order; a line that begins with spaces belongs to the one above it.
    """

    title: str
    parts: list[str | Grid]


def explained(found: Explanation, most_rows: int) -> list[Section]:
    """Who, by which rule, the number, since when, what was recorded, other rules, the rows, and the refused.

    Args:
        found: what is told.
        most_rows: how many rows of sessions and of refused rows there are at most.
    """
    return [
        Section(_name(found), list(_who(found))),
        Section("By which rule", list(_rule(found))),
        Section("The number", list(_number(found))),
        Section("Since when", list(_spell(found))),
        Section("What was recorded", list(_groups(found))),
        Section("By each rule", list(_definitions(found))),
        Section(
            f"The rows: failures, unknown, then the others; each the newest first; {_zone_name(found)}",
            list(_rows(found, most_rows)),
        ),
        Section("What was refused", list(_rejects(found, most_rows))),
    ]


def _name(found: Explanation) -> str:
    name = f"   {found.station['name']}" if found.station["name"] else ""
    return f"{found.station['station_id']}{name}"


def _who(found: Explanation) -> Iterator[str | Grid]:
    station, period = found.station, found.period
    parts = [f"source {station['source']}"]
    parts += [f"{part} {station[part]}" for part in ("network", "operator", "address", "city") if station[part]]
    zone = f"zone {station['timezone']}" if station["timezone"] else "no zone stated"
    yield ", ".join([*parts, zone])
    ports = [f"{port or 'none recorded'} ({number:,})" for port, number in _head(found.ports, "port_id")]
    yield f"sessions by port: {', '.join(ports)}{_more(len(found.ports), MOST_NAMED)}"
    first, last = (_time(period[name], _zone(found)) for name in ("first_start", "last_start"))
    yield f"{counted(period['sessions'], 'session')}, begun {first} to {last} ({_zone_name(found)})"
    yield f"from {counted(len(found.loads), 'file')}:"
    for load in found.loads.head(MOST_NAMED).to_dict("records"):
        here = f"{load['sessions']:,} here, {load['rows_read']:,} read, {load['rejected']:,} refused"
        yield f"  {load['file_name']}: {here} (profile {load['profile']})"
        yield f"    sha256 {load['file_sha256']}"
    if len(found.loads) > MOST_NAMED:
        yield f"  {counted(len(found.loads) - MOST_NAMED, 'more file')}: add --json to see all"


def _rule(found: Explanation) -> Iterator[str | Grid]:
    one = definition_told(found.definition)
    yield f"success = {one['id']}, version {one['version']}: {one['title']} ({found.reason})"
    yield f"  published: {one['source']}"
    if one["content_hash"]:
        yield f"  a definition of your own: {one['content_hash']} is the hash of its conditions"
    yield f"  needs: {', '.join(one['needs'])}"
    yield f"  rule: {one['rule']}"


def _number(found: Explanation) -> Iterator[str | Grid]:
    number, target = found.number, target_text(found.target)
    k, n = number["successes"], number["attempts"]
    counts = f"{counted(n, 'attempt')} = {k:,} succeeded + {number['failures']:,} failed"
    yield f"{counts}; besides {number['unknown']:,} unknown, {number['excluded']:,} excluded"
    if n:
        shown = f"{CONFIDENCE:.0%} interval {interval(number['low'], number['high'], found.target)} (Wilson)"
        yield f"{k:,} of {n:,} = {percent(number['success_ratio'], found.target)}, {shown}"
    yield f"{MARKS[number['verdict']][0]} {number['verdict']}, against {target}"
    for line in (*_tails(found), *_turns(found)):
        yield f"  {line}"


def _tails(found: Explanation) -> list[str]:
    """The two chances that decide, each with its limit and what follows."""
    number, told = found.number, found.arithmetic
    few, many = told["chance_of_so_few"], told["chance_of_so_many"]
    below = "below target" if few < BELOW_TAIL else "not below target"
    meets = "so many don't show that it meets the target"
    if many < MEETS_TAIL:
        known = number["failures_included"] == FAILURES_INCLUDED
        meets = "meets target" if known else "it would meet the target, were all failures known to be in the data"
        if known and number["verdict"] != MEETS:
            meets = "it would meet the target, was nothing of it unknown or refused"
    attempts = counted(number["attempts"], "attempt")
    return [
        f"X: successes in {attempts} of a station that is just on {target_text(found.target)}, by chance",
        f"P(X <= {number['successes']:,}) = {_against(few, BELOW_TAIL)}: {below}",
        f"P(X >= {number['successes']:,}) = {_against(many, MEETS_TAIL)}: {meets}",
    ]


def _against(chance: float, limit: float) -> str:
    return f"{chance:.6g}, {'under' if chance < limit else 'not under'} {limit:g}"


def _turns(found: Explanation) -> list[str]:
    """What would change the verdict, in words."""
    told, failures = found.arithmetic, counted(found.number["failures"], "failure")
    words = {
        "failures_to_undo": f"Had {{}} of the {failures} succeeded, but no fewer, it would not be below target.",
        "successes_to_meet": "It would meet the target after {} without a failure.",
        "failures_to_below": "It would be below target after {} without a success.",
        "failures_to_unmeet": "It would meet the target no more after {} without a success.",
    }
    numbers = {
        name: f"{told[name]:,}" if name == "failures_to_undo" else counted(told[name], "further attempt")
        for name in words
        if told[name] is not None
    }
    return [words[name].format(number) for name, number in numbers.items()]


def _spell(found: Explanation) -> Iterator[str | Grid]:
    spell = found.spell
    if spell["attempts"]:
        shown = (
            f"{percent(spell['success_ratio'], found.target)} ({interval(spell['low'], spell['high'], found.target)})"
        )
        now = f"{spell['successes']:,} of {spell['attempts']:,} = {shown}"
        since = f"since {_day(spell['since'])}" if spell["changed"] else f"all along, since {_day(spell['since'])}"
        yield f"now: {now}, {spell['verdict']}, {since}"
    if spell["changed"]:
        ratio = percent(spell["ratio_before"], found.target)
        yield f"before: {spell['successes_before']:,} of {spell['attempts_before']:,} = {ratio}"
    if spell["attempts_4_weeks"]:
        counts = f"{spell['successes_4_weeks']:,} of {spell['attempts_4_weeks']:,}"
        to = _day(spell["data_ends"])
        yield f"last four weeks, to {to}: {counts} = {percent(spell['ratio_4_weeks'])}"
    pause = f"{counted(spell['silent_days'], 'day')} before the data of its source ends"
    chance = spell["silence_chance"]
    silent = "too new to tell whether silent" if chance != chance else "silent" if spell["silent"] else "not silent"
    silent = UNUSED if spell["out_of_use"] else silent
    told = f" (chance of such a pause: {chance_text(chance)})" if spell["silent_days"] and chance == chance else ""
    yield f"last session {_day(spell['last_session'])}, {pause}: {silent}{told}"
    if spell["no_data"]:
        yield f"no data of its source since {_day(spell['data_ends'])}: nothing shows what is so now"
    if lost := own_loss_text(found.losses, spell["silent"]):
        yield lost
    if spell["failed_visits"] > 0:
        failed, visits = (round(spell[name]) for name in ("failed_visits", "visits"))
        yield f"  {failed:,} of its {counted(visits, 'visit')} since then ended without a charge"
    yield from _outages(found)


def _outages(found: Explanation) -> Iterator[str | Grid]:
    """The times without a session that chance does not explain, the last first."""
    if found.outages.empty:
        return
    yield f"{sentence(outage_sum(found.outages))[:-1]}:"
    for row in found.outages.iloc[::-1].head(MOST_NAMED).to_dict("records"):
        port = f"port {row['port_id']}: " if isinstance(row["port_id"], str) else ""
        lost = f", about {counted(round(row['charges_lost']), 'charge')} lost" if row["charges_lost"] >= 1 else ""
        span = outage_span(row["first_day"], row["last_day"])
        yield f"  {port}{span}: {counted(row['days'], 'day')}, chance {chance_text(row['chance'])}{lost}"
    if len(found.outages) > MOST_NAMED:
        yield f"  {counted(len(found.outages) - MOST_NAMED, 'more outage')}: add --json to see all"


def _groups(found: Explanation) -> Iterator[str | Grid]:
    rows = [
        (
            row["outcome"],
            f"{row['sessions']:,}",
            percent(row["share"], found.target),
            reason_text(row["namespace"], row["reason"], row["title"]),
            row["party"],
        )
        for row in found.groups.to_dict("records")
    ]
    yield Grid(("outcome", "sessions", "share", "reason", "points to"), rows, frozenset({"sessions", "share"}))
    lacking = [f"{name} ({count:,})" for name, count in found.lacking_by(found.definition).items() if count]
    if lacking:
        yield f"Unknown, for these are empty: {', '.join(lacking)}."
    yield REASONS_NOTE


def _definitions(found: Explanation) -> Iterator[str | Grid]:
    rows, without = [], []
    for one in found.definitions:
        number = found.number_by(one)
        if not number["attempts"]:
            without.append(f"{one.id} ({', '.join(name for name, n in found.lacking_by(one).items() if n)})")
            continue
        unlike = [f"{sign}{number[name]:,}" for sign, name in (("+", "gained"), ("-", "lost"), ("?", "otherwise"))]
        rows.append(
            (
                MARKS[number["verdict"]][0],
                one.id,
                percent(number["success_ratio"], found.target),
                interval(number["low"], number["high"], found.target),
                f"{number['successes']:,} of {number['attempts']:,}",
                f"{number['unknown']:,}" if number["unknown"] else "",
                " ".join(word for word in unlike if not word.endswith("0") or len(word) > 2),
            )
        )
    numbers = ("success", "95% interval", "succeeded", "unknown")
    yield Grid(("", "definition", *numbers, "unlike"), rows, frozenset(numbers))
    yield f"{', '.join(f'{MARKS[verdict][0]} {verdict}' for verdict in ORDER)}"
    yield f"unlike {found.definition.id}: +n succeed only here, -n fail only here, ?n are judged by one alone."
    if without:
        yield f"These lack what they need in every session here: {'; '.join(without)}."


def _rows(found: Explanation, most_rows: int) -> Iterator[str | Grid]:
    total = found.period["sessions"]
    files = found.loads.set_index("load_key")["file_name"]
    rows = []
    for row in found.rows.head(most_rows).to_dict("records"):
        reason = primary_reason(row["stop_reason"], row["error_code"])
        rows.append(
            (
                f"{files.loc[row['load_key']]}:{row['source_line']}",
                _time(row["start_time"], _zone(found)),
                _end(row["start_time"], row["end_time"], _zone(found)),
                _amount(row["duration_minutes"]),
                _amount(row["energy_kwh"]),
                row[f"outcome_{found.definition.id}"],
                reason_text(reason.namespace, reason.reason, reason.title),
            )
        )
    yield Grid(
        ("file:line", "start", "end", "min", "kWh", "outcome", "reason"),
        rows,
        frozenset({"min", "kWh"}),
        frozenset({"reason"}),
    )
    if total > len(rows):
        yield f"{counted(total - len(rows), 'more session')}: add --rows N, or --csv - or --json to see all"


def _rejects(found: Explanation, most_rows: int) -> Iterator[str | Grid]:
    rejects = found.rejects
    files = f"{counted(rejects.loads, 'file')} of source {found.station['source']}"
    naming, none = rejects.naming, rejects.naming_none
    names = f"{naming:,} {verb(naming, 'names', 'name')} this station"
    yield f"Of {counted(rejects.refused, 'row')} refused in {files}, {names}."
    if none:
        names = f"{none:,} {verb(none, 'names', 'name')} no station that is known"
        yield f"{names}; {verb(none, 'it', 'they')} may be of this one."
    shown = rejects.rows.head(most_rows).to_dict("records")
    rows = [(f"{row['file_name']}:{row['source_line']}", row["rule"], row["value"], row["raw"]) for row in shown]
    if rows:
        yield Grid(("file:line", "rule", "value", "raw"), rows, cut=frozenset({"value", "raw"}))
        yield CUT_NOTE
    if len(rejects.rows) > len(rows):
        yield f"{len(rejects.rows) - len(rows):,} more: add --rows N, or --json to see all"
    yield REJECTS_NOTE


def _head(frame: pd.DataFrame, column: str) -> Iterable[tuple[str | None, int]]:
    return zip(frame[column].head(MOST_NAMED), frame["sessions"].head(MOST_NAMED), strict=True)


def _more(total: int, shown: int) -> str:
    return f" and {total - shown:,} more" if total > shown else ""


def _zone(found: Explanation) -> tzinfo:
    """The station's zone; UTC where none is stated, or none is known by that name."""
    try:
        return ZoneInfo(found.station["timezone"]) if found.station["timezone"] else timezone.utc
    except (KeyError, ValueError, OSError):
        return timezone.utc


def _zone_name(found: Explanation) -> str:
    zone = _zone(found)
    return f"local times of {zone}" if isinstance(zone, ZoneInfo) else "times in UTC"


def _time(instant: datetime, zone: tzinfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def _end(start: datetime, end: datetime | None, zone: tzinfo) -> str:
    """The end as a clock time, with its day where that is another one."""
    if end is None:
        return "–"
    same_day = start.astimezone(zone).date() == end.astimezone(zone).date()
    return f"{end.astimezone(zone):%H:%M}" if same_day else _time(end, zone)


def _day(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%b %Y}"


def _amount(number: float | None) -> str:
    """A number to three decimals, as many as it needs."""
    return "–" if number is None else f"{number:,.3f}".rstrip("0").rstrip(".")
