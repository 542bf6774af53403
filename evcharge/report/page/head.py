"""The head of the page: whose data, the finding, what must be said with it, and its five figures.

What does not belong here: the finding's sentences (``story``).
"""

from __future__ import annotations

from dataclasses import dataclass

from evcharge.metrics.direction import BETTER, CHANGES, WORSE
from evcharge.metrics.rates import MEETS
from evcharge.report.absence import holes_text, past_outages_text
from evcharge.report.direction import cause_text, rates_text, size_text, weeks_text
from evcharge.report.headline import network_verdict_text
from evcharge.report.left_out import left_out_text
from evcharge.report.losses import loss_figure
from evcharge.report.now import WORDS
from evcharge.report.page.cells import Badge, badge_of
from evcharge.report.rates import NOT_COUNTED_NOTE, allowance_used, lot_text, period_of
from evcharge.report.story import (
    Story,
    lede_of,
    out_of_use_text,
    title_of,
)
from evcharge.report.words import NONE, counted, interval, joined, percent, target_text, verb

MOST_NAMES = 3
"""Networks or sources that the head names."""
REMOVED = "failures are not in the data"


@dataclass(frozen=True)
class Note:
    """What must be said with the figures; loud where it takes from what they show."""

    text: str
    loud: bool


@dataclass(frozen=True)
class Figure:
    """One of the figures: its name, the term that says how it is made, value, detail, and tone (empty for none)."""

    name: str
    term: str
    value: str
    detail: str
    tone: str


@dataclass(frozen=True)
class Count:
    """How many stations are something now.

    Attributes:
        badge: what they are.
        index: its place in ``now.WORDS``.
        text: number and word, as people read them.
        number: how many.
    """

    badge: Badge
    index: int
    text: str
    number: int


@dataclass(frozen=True)
class Head:
    """What stands above the sections.

    Attributes:
        eyebrow: whose stations, when, how many.
        lot: the lot of stations that was asked for; empty for all.
        title: the finding in one sentence.
        lede: its facts.
        notes: what must be said with them.
        figures: rate, direction, allowance used, loss.
        tally: how many stations are what.
    """

    eyebrow: str
    lot: str
    title: str
    lede: str
    notes: list[Note]
    figures: list[Figure]
    tally: list[Count]


def head_of(story: Story, out_of_period: int) -> Head:
    """The head of the page.

    Args:
        story: what is told.
        out_of_period: stations that have sessions, but none on the days asked for.
    """
    return Head(
        eyebrow=_eyebrow(story),
        lot=lot_text(story.report.where),
        title=title_of(story),
        lede=lede_of(story),
        notes=_notes(story, out_of_period),
        figures=[_rate(story), _direction(story), _allowance(story), _loss(story)],
        tally=[
            Count(badge_of(word), place, _tally_text(word, story.count_of(word)), story.count_of(word))
            for place, word in enumerate(WORDS)
        ],
    )


def _eyebrow(story: Story) -> str:
    by = "network" if story.stations["network"].notna().any() else "source"
    whose = sorted(map(str, story.stations[by].dropna().unique()))
    shown = joined(whose) if len(whose) <= MOST_NAMES else counted(len(whose), by)
    stations = counted(len(story.stations), "station")
    attempts = counted(story.report.network["attempts"], "attempt")
    lot = lot_text(story.report.where)
    shown = f"{lot} · {shown}" if lot else shown
    return f"{shown} · {period_of(story.report)} · {stations} · {attempts}"


def _notes(story: Story, out_of_period: int) -> list[Note]:
    notes = [Note(note, note != NOT_COUNTED_NOTE) for note in story.report.notes]
    if past := past_outages_text(story.outages):
        notes.append(Note(past, loud=False))
    if holes := holes_text(story.holes):
        notes.append(Note(holes, loud=True))
    if unused := out_of_use_text(story):
        notes.append(Note(unused, loud=True))
    if out_of_period:
        has, is_ = verb(out_of_period, "has", "have"), verb(out_of_period, "is", "are")
        stations = counted(out_of_period, "more station")
        notes.append(Note(f"{stations} {has} no session on these days, and {is_} not here.", loud=True))
    if left_out := left_out_text(story.report.left_out):
        notes.append(Note(left_out, loud=False))
    return notes


def _tally_text(word: str, number: int) -> str:
    return f"{number:,} {verb(number, MEETS, 'meet target') if word == MEETS else word}"


def _rate(story: Story) -> Figure:
    network, target = story.report.network, f"target {target_text(story.report.target)}"
    shown = interval(network["low"], network["high"], story.report.target)
    removed = story.report.failures_removed
    span = interval(network["lowest_ratio"], network["highest_ratio"], story.report.target)
    parts = (
        f"95% interval {shown}" if shown else "",
        f"with all attempts {span}" if network["verdict_could_turn"] else "",
        network_verdict_text(story.report) or target,
    )
    detail = " · ".join(filter(None, parts))
    return Figure(
        name="Published sessions that succeeded" if removed else "Attempts that succeeded",
        term="success",
        value=percent(network["success_ratio"], story.report.target),
        detail=REMOVED if removed else detail,
        tone="",
    )


def _direction(story: Story) -> Figure:
    found, target = story.direction, story.report.target
    value, detail = found.word, found.reason or f"{rates_text(found, target)} {weeks_text(found)}"
    if found.word in CHANGES:
        value = size_text(found)
    elif not found.reason:
        detail = f"clearest: {detail}"
    if found.word in (WORSE, BETTER):
        detail = detail + cause_text(found, story.stations)
    tone = {WORSE: "bad", BETTER: "ok"}.get(found.word, "")
    return Figure(
        name="Direction, week by week", term="direction", value=value[:1].upper() + value[1:], detail=detail, tone=tone
    )


def _allowance(story: Story) -> Figure:
    failures, allowed, share = allowance_used(story.report)
    removed = story.report.failures_removed
    share = None if removed else share
    return Figure(
        name="Failure allowance used",
        term="failure-allowance",
        value=NONE if share is None else f"{share:.0%}",
        detail=REMOVED if removed else f"{counted(failures, 'failure')}; {allowed:,.0f} allowed by the target",
        tone="bad" if share is not None and share > 1 else "",
    )


def _loss(story: Story) -> Figure:
    value, detail = loss_figure(*story.losses)
    return Figure(name="Charges lost a week", term="lost-a-week", value=value, detail=detail, tone="")
