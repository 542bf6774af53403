"""The head of the page: whose data, the finding's five figures.

What does not belong here: the finding's sentences (``story``).
"""

from __future__ import annotations

from typing import Any

from evcharge.metrics.rates import MEETS
from evcharge.metrics.weekly import BETTER, CHANGES, WORSE
from evcharge.report.now import WORDS
from evcharge.report.page.cells import mark_of
from evcharge.report.rates import period_of
from evcharge.report.story import Story, allowance_used, failures_removed, rates_text, since_text, size_text
from evcharge.report.words import NONE, amount, counted, energy, interval, joined, percent, verb

MOST_NAMES = 3
"""Networks or sources that the head names."""
REMOVED = "failures are not in the data"


def finding(story: Story) -> dict[str, Any]:
    """The line above the title: whose stations, when, how many."""
    by = "network" if story.stations["network"].notna().any() else "source"
    whose = sorted(map(str, story.stations[by].dropna().unique()))
    shown = joined(whose) if len(whose) <= MOST_NAMES else counted(len(whose), by)
    stations = counted(len(story.stations), "station")
    attempts = counted(story.report.network["attempts"], "attempt")
    return {"eyebrow": f"{shown} · {period_of(story.report)} · {stations} · {attempts}"}


def figures(story: Story) -> dict[str, Any]:
    """Rate, direction, allowance used, loss, and how many stations are what."""
    tally = [
        {
            **mark_of(word),
            "index": place,
            "text": _tally_text(word, story.count_of(word)),
            "number": story.count_of(word),
        }
        for place, word in enumerate(WORDS)
    ]
    return {"figures": [_rate(story), _direction(story), _allowance(story), _loss(story)], "tally": tally}


def _tally_text(word: str, number: int) -> str:
    return f"{number:,} {verb(number, MEETS, 'meet target') if word == MEETS else word}"


def _rate(story: Story) -> dict[str, str]:
    network, target = story.report.network, f"target {100 * story.report.target:g}%"
    shown = interval(network["low"], network["high"])
    removed = failures_removed(story.stations)
    detail = f"95% interval {shown} · {target}" if shown else target
    return {
        "name": "Attempts that succeeded",
        "value": NONE if removed else percent(network["success_ratio"]),
        "detail": REMOVED if removed else detail,
        "tone": "",
    }


def _direction(story: Story) -> dict[str, str]:
    found = story.direction
    if found.word in CHANGES:
        value, detail = size_text(found), rates_text(found) + since_text(found)
    else:
        told = f"{percent(found.ratio_before)} in the first weeks, {percent(found.ratio_now)} since"
        value, detail = found.word, found.reason or told
    tone = {WORSE: "bad", BETTER: "ok"}.get(found.word, "")
    return {"name": "Direction, week by week", "value": value[:1].upper() + value[1:], "detail": detail, "tone": tone}


def _allowance(story: Story) -> dict[str, str]:
    failures, allowed, share = allowance_used(story)
    removed = failures_removed(story.stations)
    share = None if removed else share
    return {
        "name": "Failure allowance used",
        "value": NONE if share is None else f"{share:.0%}",
        "detail": REMOVED if removed else f"{counted(failures, 'failure')}; {allowed:,.0f} allowed by the target",
        "tone": "bad" if share is not None and share > 1 else "",
    }


def _loss(story: Story) -> dict[str, str]:
    charges, kwh = story.lost_per_week("charges"), story.lost_per_week("kwh")
    attention, known = len(story.attention), story.known_losses("charges")
    at = f"{counted(attention, 'station')} that {verb(attention, 'needs', 'need')} attention; a floor"
    at = f"at {at}" if known == attention else f"known of {known:,} of {at}"
    detail = f"{story.lost_about('kwh')} {energy(kwh)}, {at}" if kwh is not None else at
    if charges is None:
        detail = "not known" if attention else "no station needs attention"
    return {"name": "Charges lost a week", "value": amount(charges), "detail": detail, "tone": ""}
