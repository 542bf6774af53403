"""What changed, as a title, lines of text and a document; nothing where nothing did that anybody must know.

What does not belong here: what changed (``report.since``), and how it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from evcharge.report.headline import rate_text
from evcharge.report.now import ATTENTION
from evcharge.report.rates import made_up_notes
from evcharge.report.since import (
    CHANGES,
    NEW_STATION,
    STILL_BELOW,
    STILL_SILENT,
    Change,
    Since,
    counted_change,
    network_line,
    since_lines,
    since_title,
)
from evcharge.report.story import Story, title_of
from evcharge.report.words import joined, sentence
from evcharge.version import __version__

SCHEMA_VERSION = 1
"""Of the document; grows when a key changes its meaning or goes."""


@dataclass(frozen=True)
class Message:
    """What changed.

    Attributes:
        title: how many stations became what, in one line.
        lines: the text below it.
        document: the same for a program.
    """

    title: str
    lines: tuple[str, ...]
    document: dict[str, Any]

    @property
    def text(self) -> str:
        """Title and lines."""
        return "\n".join((self.title, "", *self.lines, ""))


def message_of(story: Story) -> Message | None:
    """What changed since the earlier report; None where it is compared with none, or nothing changed worth telling.

    A station that stays below target or silent is not told again, and a new one only if it needs attention.
    """
    if story.since is None:
        return None
    news = replace(story.since, changes=[one for one in story.since.changes if _is_news(one)])
    if not news.changes and not network_line(news):
        return None

    kinds = [kind for kind in CHANGES if any(one.change == kind for one in news.changes)]
    counts = [counted_change(kind, sum(one.change == kind for one in news.changes)) for kind in kinds]
    title = f"evcharge: {joined(counts) if counts else network_line(news)}"
    lines = [f"{since_title(news)}:", *(f"- {line}" for line in since_lines(news)), ""]
    lines += [sentence(title_of(story)), sentence(rate_text(story.report)), *made_up_notes(story.report.beside.made_up)]
    shown = tuple(map(_one_line, lines))
    return Message(title, shown, _document(story, news, title, shown))


def _is_news(change: Change) -> bool:
    if change.change == NEW_STATION:
        return change.now in ATTENTION
    return change.change not in (STILL_BELOW, STILL_SILENT)


def _one_line(text: str) -> str:
    """The line with a blank for what is no printable character: a station's name makes no line of its own."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _document(story: Story, news: Since, title: str, lines: tuple[str, ...]) -> dict[str, Any]:
    report = story.report
    figures = ("attempts", "success_ratio", "low", "high", "verdict")
    return {
        "schema_version": SCHEMA_VERSION,
        "evcharge_version": __version__,
        "title": title,
        "text": "\n".join(lines),
        "definition": report.definition.id,
        "definition_version": report.definition.version,
        "target": report.target,
        "from": report.first_day.isoformat(),
        "to": report.last_day.isoformat(),
        "stations": len(story.stations),
        "stations_that_need_attention": len(story.attention),
        "network": {name: report.network[name] for name in figures},
        "made_up": report.beside.made_up,
        "since_report": news.to_dict(),
    }
