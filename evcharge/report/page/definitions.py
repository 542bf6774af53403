"""What counts, and by whose rule: the terms, every definition side by side, and the verdicts that hang on it.

What does not belong here: what a definition says (``metrics.definitions``) and the comparison (``report.comparison``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evcharge.metrics.comparison import STATION
from evcharge.metrics.direction import LEAST_WEEKS
from evcharge.metrics.exposure import DAYS_OF_A_WEEK, LONGEST_SILENCE_DAYS
from evcharge.metrics.partition import LEAST_ATTEMPTS, LEAST_DAYS
from evcharge.metrics.rates import BELOW, BELOW_TAIL, CANT_TELL, MEETS, MEETS_TAIL
from evcharge.metrics.recent import RECENT_DAYS
from evcharge.metrics.silence import REPLAYED_FALSE, REPLAYED_SILENT
from evcharge.metrics.spells import SEASON_ATTEMPTS_A_DAY, SEASON_BELOW, SEASON_POINTS
from evcharge.metrics.usual import USUAL_WEEKS
from evcharge.report.comparison import Comparison
from evcharge.report.headline import limits_text
from evcharge.report.now import MARKS
from evcharge.report.page.cells import Table, Term, table_of, terms_of
from evcharge.report.story import LEADING_SHARE, Story
from evcharge.report.words import NONE, counted, interval, percent, target_text

MOST_FLIPS = 10
"""Stations shown whose verdict hangs on the definition; ``evcharge compare`` has all of them."""
NO_DEFINITION = "No definition can judge these sessions."


@dataclass(frozen=True)
class Definitions:
    """What counts, and by whose rule.

    Attributes:
        terms: the words of the page.
        table: the network by every definition; None where none can judge a session.
        none: what is said then.
        without_data: which definitions the data lacks columns for; empty for none.
        flips_title: at how many stations the verdict depends on the definition.
        flips: these stations; None without any.
        flips_caption: how to read them.
    """

    terms: list[Term]
    table: Table | None
    none: str
    without_data: str
    flips_title: str
    flips: Table | None
    flips_caption: str


def definitions_of(story: Story, comparison: Comparison) -> Definitions:
    """Terms, the table of definitions, and the stations whose verdict depends on it."""
    missing = ", ".join(comparison.without_data)
    labels = {(row["source"], row["station_id"]): row["label"] for row in story.rows}
    return Definitions(
        terms=_terms(story),
        table=_definition_table(comparison) if comparison.definitions else None,
        none=NO_DEFINITION,
        without_data=f"The data lacks what these need: {missing}." if missing else "",
        flips_title=_flips_title(len(comparison.flipping), len(story.stations)),
        flips=_flip_table(comparison, labels) if len(comparison.flipping) else None,
        flips_caption=f"+n: sessions that fail by {comparison.base.id} and succeed by this definition; −n: the other "
        "way round. Marks are verdicts over the whole period.",
    )


def _flips_title(flips: int, total: int) -> str:
    if not flips:
        return f"No verdict over the whole period depends on the definition, at {counted(total, 'station')}"
    return f"The verdict over the whole period depends on the definition at {flips:,} of {counted(total, 'station')}"


def _terms(story: Story) -> list[Term]:
    definition = story.report.definition
    rule = f"{definition.id}, version {definition.version}: {definition.title}"
    pairs = (
        ("Attempt", "A session in the data that the definition can judge."),
        ("Success", f"{rule}. Source: {definition.source}. Chosen because: {story.report.reason}."),
        (
            "Now",
            "The attempts since the last change of the station's rate; the whole period where it did not change. "
            f"A change needs {LEAST_ATTEMPTS} attempts on {LEAST_DAYS} days on each side. A slow decline shows as its "
            "clearest step, and a rate since a chosen day looks a little more extreme than it is.",
        ),
        ("Last 4 weeks", f"The attempts of the {RECENT_DAYS} days up to the end of the data, whatever the changes."),
        *_verdict_terms(target_text(story.report.target)),
        (
            "All stations together",
            f"Nothing is compared, so the verdict on them is that of {limits_text(story.report.limits)}: given where "
            "chance gives so few, or so many, less often than that.",
        ),
        (
            "Lost a week",
            "Visits that ended without a charge, beyond what the target allows: their share since the last change, at "
            f"the volume of the last {USUAL_WEEKS} weeks with data. Of a silent station its usual charges in these, if "
            "it is really down. In kWh: times the station's mean charge. The range leaves out how volume may change.",
        ),
        (
            "First step",
            f"Inferred from the most frequent recorded reason if it has {LEADING_SHARE:.0%} of the failures now, else "
            "review. A lead, not a diagnosis.",
        ),
        (
            "Interval",
            "Wilson, 95%. Attempts of one visit depend on each other, so the interval is a little too narrow.",
        ),
        (
            "Direction",
            "Whether the newest full weeks differ from all before beyond what weeks vary anyway; from "
            f"{LEAST_WEEKS} full weeks on. The caption of the chart of weeks has the rule.",
        ),
        (
            "Failure allowance",
            "The failures of all stations over the whole period, as a share of those that the target allows: attempts "
            "times what the target leaves. Over 100% more failed than that.",
        ),
        ("Not uptime", "A success rate says nothing about hours out of service, and is not a NEVI submission."),
    )
    return terms_of(pairs)


def _verdict_terms(target: str) -> tuple[tuple[str, str], ...]:
    """What each verdict means, where ``target`` is the share that was promised, such as 95%."""
    return (
        (
            "Below target",
            f"So few successes that a station exactly at {target} has so few less than once in {1 / BELOW_TAIL:,.0f} "
            "times (exact binomial tail). A worse season counts too: of 1,000 simulated stations on 95% over the year, "
            f"±{SEASON_POINTS} points with the season, {SEASON_BELOW} are below it at {SEASON_ATTEMPTS_A_DAY} a day.",
        ),
        (
            "Meets target",
            f"So many successes that a station exactly at {target} has so many less than once in {1 / MEETS_TAIL:.0f} "
            "times, also if every unknown attempt and every refused row had failed.",
        ),
        (
            "Can't tell yet",
            "Too few attempts, too close to the target, or too much unknown or refused to say either. At three "
            "attempts a day most declines that began two weeks ago are still here: it does not mean that all is well.",
        ),
        (
            "Silent",
            "No session for very long, held against the station's usual use and what the others of its source did. Of "
            f"{REPLAYED_SILENT} such words in replays of public histories {REPLAYED_FALSE} were followed by a session "
            "within two weeks. A planned closure looks the same. After "
            f"{LONGEST_SILENCE_DAYS // DAYS_OF_A_WEEK} weeks a station counts as out of use, and can't be judged.",
        ),
    )


def _definition_table(comparison: Comparison) -> Table:
    rows = []
    for one in comparison.by_definition():
        network, verdicts = one["network"], one["stations"]
        rows.append(
            (
                f"{one['id']}: {one['title']}",
                percent(network["success_ratio"], comparison.target),
                interval(network["low"], network["high"], comparison.target),
                f"{network['successes']:,} of {network['attempts']:,}",
                f"{network['unknown']:,}",
                *(f"{verdicts[verdict]:,}" for verdict in (BELOW, CANT_TELL, MEETS)),
            )
        )
    marks = (f"{MARKS[verdict][0]} {verdict}" for verdict in (BELOW, CANT_TELL, MEETS))
    columns = ("definition", "success", "95% interval", "succeeded", "unknown", *marks)
    return table_of("The network by every definition, over the whole period", columns, rows, range(1, 8))


def _flip_table(comparison: Comparison, labels: Mapping[Any, str]) -> Table:
    flipping = comparison.flipping
    keys = flipping.head(MOST_FLIPS)
    shown = comparison.stations.merge(keys, on=STATION)
    rows = [
        [labels[key], *_flip_cells(group.to_dict("records"), comparison)]
        for key, group in shown.groupby(STATION, sort=True)
    ]
    hidden = len(flipping) - len(rows)
    more = f"{hidden:,} more: evcharge compare --json" if hidden > 0 else ""
    columns = ("station", *(one.id for one in comparison.definitions))
    return table_of("Stations whose verdict depends on the definition", columns, rows, range(1, len(columns)), more)


def _flip_cells(rows: list[dict[Any, Any]], comparison: Comparison) -> list[str]:
    by_definition = {row["definition"]: row for row in rows}
    return [_flip_cell(by_definition[one.id], comparison.target) for one in comparison.definitions]


def _flip_cell(row: dict[Any, Any], target: float) -> str:
    if not row["attempts"]:
        return NONE
    moved = "".join(f" {sign}{row[name]}" for sign, name in (("+", "gained"), ("−", "lost")) if row[name])
    return f"{MARKS[row['verdict']][0]} {percent(row['success_ratio'], target)}{moved}"
