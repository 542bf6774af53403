"""What a notebook shows of a result: a few lines and a short table as HTML, in the words of the terminal.

Every text is escaped: names come from other people's files. What does not belong here: figures, the whole report
(``page``), and words that the terminal does not have.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from evcharge.report.bidi import apart
from evcharge.report.headline import bounds_text, network_text, network_verdict_text
from evcharge.report.left_out import left_out_text
from evcharge.report.now import ATTENTION
from evcharge.report.rates import head_text, lot_text
from evcharge.report.station_cells import HEADINGS, station_cells
from evcharge.report.story import Story, title_of
from evcharge.report.uptime_found import Uptime
from evcharge.report.uptime_words import (
    RULEBOOK_HEADINGS,
    RULEBOOK_MEANINGS,
    all_ports_text,
    besides_text,
    covered_text,
    evidence_text,
    group_cells,
    group_headings,
    group_rows,
    rulebook_cells,
    rulebook_text,
)
from evcharge.report.words import counted, sentence

MOST_ROWS = 10
"""Rows of a table: what a cell of a notebook shows without scrolling. House rule."""


def story_html(story: Story) -> str:
    """The finding, the network's rate with its interval and verdict, and the stations that need attention."""
    report = story.report
    lot = f"only stations whose {lot_text(report.where)}" if report.where else ""
    lines = (lot, network_text(report), bounds_text(report), network_verdict_text(report))
    rows = [row for row in story.rows if row["verdict_now"] in ATTENTION]
    cells = [station_cells(row, report.target, report.last_day.year) for row in rows[:MOST_ROWS]]
    more = counted(len(rows) - MOST_ROWS, "more station") + ": see spells" if len(rows) > MOST_ROWS else ""
    return summary_html(
        title_of(story),
        [
            head_text(report),
            f"success = {report.definition.id}: {report.definition.title} ({report.reason})",
            *(sentence(line) for line in lines if line),
        ],
        table_html(HEADINGS, cells),
        [more, *report.notes, left_out_text(report.left_out)],
    )


def uptime_html(found: Uptime) -> str:
    """What all ports come to by a rulebook, and the groups that fall short or were seen up least; or by several."""
    return _by_rulebooks(found) if len(found.figures) > 1 else _by_one_rulebook(found)


def _by_rulebooks(found: Uptime) -> str:
    """What each rulebook makes of the same minutes of all ports."""
    cells = [rulebook_cells(figures) for figures in found.figures]
    return summary_html(
        f"{counted(found.first.network['ports'], 'port')} by {counted(len(cells), 'rulebook')}",
        [covered_text(found), evidence_text(found.evidence)],
        table_html(RULEBOOK_HEADINGS, cells),
        [*RULEBOOK_MEANINGS, *besides_text(found, "see not_dispensing, false_free")],
    )


def _by_one_rulebook(found: Uptime) -> str:
    rows = group_rows(found)
    cells = [group_cells(row, found) for row in rows[:MOST_ROWS]]
    more = counted(len(rows) - MOST_ROWS, f"more {found.by}") + ": see groups" if len(rows) > MOST_ROWS else ""
    rulebook = found.first.rulebook
    return summary_html(
        all_ports_text(found.first),
        [covered_text(found), evidence_text(found.evidence), rulebook_text(rulebook)],
        table_html(group_headings(found), cells),
        [more, *besides_text(found, "see not_dispensing, false_free")],
    )


def summary_html(title: str, lines: Iterable[str], table: str, below: Iterable[str]) -> str:
    """A title, lines, a table that is HTML already, and notes."""
    above = "".join(f"<div>{_escaped(line)}</div>" for line in lines)
    notes = "".join(f"<div>{_escaped(line)}</div>" for line in below if line)
    return f"<div><strong>{_escaped(title)}</strong>{above}{table}<small>{notes}</small></div>"


def table_html(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows below headings whose ``>`` puts a column flush right; empty without rows."""
    if not rows:
        return ""
    sides = [f' style="text-align:{"right" if heading.startswith(">") else "left"}"' for heading in headings]
    head = _row("th", [heading.lstrip("~>") for heading in headings], sides)
    body = "".join(_row("td", row, sides) for row in rows)
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _row(tag: str, cells: Sequence[str], sides: Sequence[str]) -> str:
    parts = (f"<{tag}{side}>{_escaped(cell)}</{tag}>" for cell, side in zip(cells, sides, strict=True))
    return f"<tr>{''.join(parts)}</tr>"


def _escaped(text: str) -> str:
    """The text between tags; what is written from right to left stands in an element of its own."""
    return apart(html.escape(text), "<bdi>", "</bdi>")
