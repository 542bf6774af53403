"""The head of the page: whose data, the finding's five figures.

What does not belong here: the finding's sentences (``story``).
"""

from __future__ import annotations

from typing import Any

from evcharge.metrics.weekly import BETTER, SMALL, WORSE
from evcharge.report import period_of
from evcharge.report.present import WORDS
from evcharge.report.sections.cells import mark_of
from evcharge.report.story import Story, allowance_used, failures_removed
from evcharge.report.words import NONE, amount, counted, day_text, energy, interval, joined, percent

MOST_NAMES = 3
"""Networks or sources that the head names."""


def finding(story: Story) -> dict[str, Any]:
    """The line above the title: whose stations, when, how many."""
    names = story.stations["network"].dropna().unique()
    whose = sorted(map(str, names if len(names) else story.stations["source"].unique()))
    shown = joined(whose[:MOST_NAMES]) if len(whose) <= MOST_NAMES else f"{len(whose):,} networks"
    stations = counted(len(story.stations), "station")
    attempts = counted(story.report.network["attempts"], "attempt")
    return {"eyebrow": f"{shown} · {period_of(story.report)} · {stations} · {attempts}"}


def figures(story: Story) -> dict[str, Any]:
    """Rate, direction, allowance used, loss, and how many stations are what."""
    network, target = story.report.network, f"target {100 * story.report.target:g}%"
    shown = interval(network["low"], network["high"])
    rate = {
        "name": "Attempts that succeeded",
        "value": percent(network["success_ratio"]),
        "detail": f"95% interval {shown} · {target}" if shown else target,
        "tone": "",
    }
    tally = [{**mark_of(word), "index": place, "number": story.count_of(word)} for place, word in enumerate(WORDS)]
    for one in tally:
        one["text"] = f"{one['number']:,} {one['word']}"
    return {"figures": [rate, _direction(story), _allowance(story), _loss(story)], "tally": tally}


def _direction(story: Story) -> dict[str, str]:
    found = story.direction
    detail = found.reason or f"{percent(found.ratio_before)} in the first weeks, {percent(found.ratio_now)} since"
    value = found.word.capitalize()
    if found.since is not None and found.word in (WORSE, BETTER, SMALL):
        value = f"{'Down' if found.points < 0 else 'Up'} {abs(found.points):.1f} points"
        changed = f"{percent(found.ratio_before)} to {percent(found.ratio_now)}"
        detail = f"{changed}, most clearly since the week of {day_text(found.since)}"
        detail += "; too little to matter" if found.word == SMALL else ""
    tone = {WORSE: "bad", BETTER: "ok"}.get(found.word, "")
    return {"name": "Direction, week by week", "value": value, "detail": detail, "tone": tone}


def _allowance(story: Story) -> dict[str, str]:
    failures, allowed, share = allowance_used(story)
    removed = failures_removed(story.stations)
    value = NONE if share is None or removed else f"{share:.0%}"
    detail = (
        "failures are not in the data" if removed else f"{failures:,} failures; {allowed:,.0f} allowed by the target"
    )
    return {
        "name": "Failure allowance used",
        "value": value,
        "detail": detail,
        "tone": "bad" if (share or 0) > 1 else "",
    }


def _loss(story: Story) -> dict[str, str]:
    charges, kwh = story.lost_per_week("charges"), story.lost_per_week("kwh")
    at = f"at {counted(len(story.attention), 'station')} that need attention; a floor"
    detail = f"about {energy(kwh)}, {at}" if kwh is not None else at
    if charges is None:
        detail = "not known" if len(story.attention) else "no station needs attention"
    return {"name": "Charges lost a week", "value": amount(charges), "detail": detail, "tone": ""}
