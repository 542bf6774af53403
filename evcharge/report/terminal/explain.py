"""One station's number taken apart, as people read it in a terminal.

What does not belong here: figures, and anything a program should read (``explain``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from rich.console import Console

from evcharge.metrics.explain import primary_reason
from evcharge.metrics.intervals import CONFIDENCE
from evcharge.metrics.rates import BELOW_TAIL, FAILURES_INCLUDED, MEETS, MEETS_TAIL
from evcharge.metrics.reasons import REASONS_NOTE, Reason
from evcharge.report.absence import outage_span, outage_sum
from evcharge.report.explain import REJECTS_NOTE, Explanation, definition_told
from evcharge.report.losses import own_loss_text
from evcharge.report.now import MARKS, ORDER, UNUSED
from evcharge.report.terminal.table import print_table, say
from evcharge.report.words import counted, interval, percent, sentence, target_text, verb

MOST_NAMED = 10
"""Loads and ports that are named: what a head can hold. All of them are in ``--json``."""


def print_explanation(found: Explanation, console: Console, most_rows: int) -> None:
    """Prints who, by which rule, the number, since when, what was recorded, other rules, the rows, and the refused."""
    for section in (_say_who, _say_definition, _say_number, _say_spell, _say_groups, _say_definitions):
        section(found, console)
    _say_rows(found, console, most_rows)
    _say_rejects(found, console, most_rows)
    say(console)
    for note in found.figure_notes:
        say(console, note)


def _say_who(found: Explanation, console: Console) -> None:
    station, period = found.station, found.period
    name = f"   {station['name']}" if station["name"] else ""
    say(console, f"{station['station_id']}{name}", "bold")
    parts = [f"source {station['source']}"]
    parts += [f"{part} {station[part]}" for part in ("network", "operator", "address", "city") if station[part]]
    zone = f"zone {station['timezone']}" if station["timezone"] else "no zone stated"
    say(console, ", ".join([*parts, zone]))
    ports = [f"{port or 'none recorded'} ({number:,})" for port, number in _head(found.ports, "port_id")]
    say(console, f"sessions by port: {', '.join(ports)}{_more(len(found.ports), MOST_NAMED)}")
    first, last = (_time(period[name], _zone(found)) for name in ("first_start", "last_start"))
    say(console, f"{counted(period['sessions'], 'session')}, begun {first} to {last} ({_zone_name(found)})")
    say(console, f"from {counted(len(found.loads), 'file')}:")
    for load in found.loads.head(MOST_NAMED).to_dict("records"):
        here = f"{load['sessions']:,} here, {load['rows_read']:,} read, {load['rejected']:,} refused"
        say(console, f"  {load['file_name']}: {here} (profile {load['profile']})")
        say(console, f"    sha256 {load['file_sha256']}")
    if len(found.loads) > MOST_NAMED:
        say(console, f"  {counted(len(found.loads) - MOST_NAMED, 'more file')}: add --json to see all")


def _say_definition(found: Explanation, console: Console) -> None:
    one = definition_told(found.definition)
    _heading(console, "By which rule")
    say(console, f"success = {one['id']}, version {one['version']}: {one['title']} ({found.reason})")
    say(console, f"  published: {one['source']}")
    if one["content_hash"]:
        say(console, f"  a definition of your own: {one['content_hash']} is the hash of its conditions")
    say(console, f"  needs: {', '.join(one['needs'])}")
    say(console, f"  rule: {one['rule']}")


def _say_number(found: Explanation, console: Console) -> None:
    number, target = found.number, target_text(found.target)
    k, n = number["successes"], number["attempts"]
    _heading(console, "The number")
    counts = f"{counted(n, 'attempt')} = {k:,} succeeded + {number['failures']:,} failed"
    say(console, f"{counts}; besides {number['unknown']:,} unknown, {number['excluded']:,} excluded")
    if n:
        shown = f"{CONFIDENCE:.0%} interval {interval(number['low'], number['high'], found.target)} (Wilson)"
        say(console, f"{k:,} of {n:,} = {percent(number['success_ratio'], found.target)}, {shown}")
    say(console, f"{MARKS[number['verdict']][0]} {number['verdict']}, against {target}")
    for line in (*_tails(found), *_turns(found)):
        say(console, f"  {line}")


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


def _say_spell(found: Explanation, console: Console) -> None:
    spell = found.spell
    _heading(console, "Since when")
    if spell["attempts"]:
        shown = (
            f"{percent(spell['success_ratio'], found.target)} ({interval(spell['low'], spell['high'], found.target)})"
        )
        now = f"{spell['successes']:,} of {spell['attempts']:,} = {shown}"
        since = f"since {_day(spell['since'])}" if spell["changed"] else f"all along, since {_day(spell['since'])}"
        say(console, f"now: {now}, {spell['verdict']}, {since}")
    if spell["changed"]:
        ratio = percent(spell["ratio_before"], found.target)
        say(console, f"before: {spell['successes_before']:,} of {spell['attempts_before']:,} = {ratio}")
    if spell["attempts_4_weeks"]:
        counts = f"{spell['successes_4_weeks']:,} of {spell['attempts_4_weeks']:,}"
        to = _day(spell["data_ends"])
        say(console, f"last four weeks, to {to}: {counts} = {percent(spell['ratio_4_weeks'])}")
    pause = f"{counted(spell['silent_days'], 'day')} before the data of its source ends"
    chance = spell["silence_chance"]
    silent = "too new to tell whether silent" if chance != chance else "silent" if spell["silent"] else "not silent"
    silent = UNUSED if spell["out_of_use"] else silent
    told = f" (chance of such a pause: {chance:.2g})" if spell["silent_days"] and chance == chance else ""
    say(console, f"last session {_day(spell['last_session'])}, {pause}: {silent}{told}")
    if spell["no_data"]:
        say(console, f"no data of its source since {_day(spell['data_ends'])}: nothing shows what is so now")
    if lost := own_loss_text(found.losses, spell["silent"]):
        say(console, lost)
    if spell["failed_visits"] > 0:
        failed, visits = (round(spell[name]) for name in ("failed_visits", "visits"))
        say(console, f"  {failed:,} of its {counted(visits, 'visit')} since then ended without a charge")
    _say_outages(found, console)


def _say_outages(found: Explanation, console: Console) -> None:
    """The times without a session that chance does not explain, the last first."""
    if found.outages.empty:
        return
    say(console, f"{sentence(outage_sum(found.outages))[:-1]}:")
    for row in found.outages.iloc[::-1].head(MOST_NAMED).to_dict("records"):
        port = f"port {row['port_id']}: " if isinstance(row["port_id"], str) else ""
        lost = f", about {counted(round(row['charges_lost']), 'charge')} lost" if row["charges_lost"] >= 1 else ""
        span = outage_span(row["first_day"], row["last_day"])
        say(console, f"  {port}{span}: {counted(row['days'], 'day')}, chance {row['chance']:.2g}{lost}")
    if len(found.outages) > MOST_NAMED:
        say(console, f"  {counted(len(found.outages) - MOST_NAMED, 'more outage')}: add --json to see all")


def _say_groups(found: Explanation, console: Console) -> None:
    _heading(console, "What was recorded")
    rows = [
        (row["outcome"], f"{row['sessions']:,}", percent(row["share"], found.target), _reason_of(row), row["party"])
        for row in found.groups.to_dict("records")
    ]
    print_table(console, ("outcome", ">sessions", ">share", "reason", "points to"), rows)
    lacking = [f"{name} ({count:,})" for name, count in found.lacking_by(found.definition).items() if count]
    if lacking:
        say(console, f"Unknown, for these are empty: {', '.join(lacking)}.")
    say(console, REASONS_NOTE)


def _say_definitions(found: Explanation, console: Console) -> None:
    _heading(console, "By each rule")
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
    headings = ("", "definition", ">success", ">95% interval", ">succeeded", ">unknown", "unlike")
    print_table(console, headings, rows)
    say(console, f"{', '.join(f'{MARKS[verdict][0]} {verdict}' for verdict in ORDER)}")
    say(console, f"unlike {found.definition.id}: +n succeed only here, -n fail only here, ?n are judged by one alone.")
    if without:
        say(console, f"These lack what they need in every session here: {'; '.join(without)}.")


def _say_rows(found: Explanation, console: Console, most_rows: int) -> None:
    total = found.period["sessions"]
    _heading(console, f"The rows: failures, unknown, then the others; each the newest first; {_zone_name(found)}")
    files = found.loads.set_index("load_key")["file_name"]
    rows = []
    for row in found.rows.head(most_rows).to_dict("records"):
        rows.append(
            (
                f"{files.loc[row['load_key']]}:{row['source_line']}",
                _time(row["start_time"], _zone(found)),
                _end(row["start_time"], row["end_time"], _zone(found)),
                _amount(row["duration_minutes"]),
                _amount(row["energy_kwh"]),
                row[f"outcome_{found.definition.id}"],
                _code(primary_reason(row["stop_reason"], row["error_code"])),
            )
        )
    print_table(console, ("file:line", "start", "end", ">min", ">kWh", "outcome", "reason"), rows)
    if total > len(rows):
        say(console, f"{counted(total - len(rows), 'more session')}: add --rows N, or --csv - or --json to see all")


def _say_rejects(found: Explanation, console: Console, most_rows: int) -> None:
    rejects = found.rejects
    _heading(console, "What was refused")
    files = f"{counted(rejects.loads, 'file')} of source {found.station['source']}"
    naming, none = rejects.naming, rejects.naming_none
    names = f"{naming:,} {verb(naming, 'names', 'name')} this station"
    say(console, f"Of {counted(rejects.refused, 'row')} refused in {files}, {names}.")
    if none:
        names = f"{none:,} {verb(none, 'names', 'name')} no station that is known"
        say(console, f"{names}; {verb(none, 'it', 'they')} may be of this one.")
    shown = rejects.rows.head(most_rows).to_dict("records")
    rows = [(f"{row['file_name']}:{row['source_line']}", row["rule"], row["value"], row["raw"]) for row in shown]
    if rows:
        print_table(console, ("file:line", "rule", "|value", "|raw"), rows)
        say(console, "Raw text is cut to the screen; it is whole in --json.")
    if len(rejects.rows) > len(rows):
        say(console, f"{len(rejects.rows) - len(rows):,} more: add --rows N, or --json to see all")
    say(console, REJECTS_NOTE)


def _heading(console: Console, text: str) -> None:
    say(console)
    say(console, text, "bold")


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


def _code(reason: Reason) -> str:
    return " ".join(part for part in (reason.namespace, reason.reason) if part)


def _reason_of(group: Mapping[Any, Any]) -> str:
    """The reason of a group of sessions: its code, and what that means."""
    return f"{group['namespace']} {group['reason']}: {group['title']}" if group["namespace"] else group["title"]
