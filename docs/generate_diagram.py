"""Writes docs/pictures/star.svg, the tables of the star and what links them, from the models.

Run it as ``python docs/generate_diagram.py``. What does not belong here: what the columns mean (the data dictionary).
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

from sqlalchemy import Column, Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from evcharge.models import Base  # noqa: E402

FILE = ROOT / "docs" / "pictures" / "star.svg"

LEFT = ("dim_station", "dim_port")
MIDDLE = ("fact_charging", "fact_status", "fact_contact", "fact_outage", "fact_reported_uptime")
RIGHT = ("dim_time", "load_ledger", "load_count", "rejected_row", "rejected_evidence")
MOST_COLUMNS = 16
"""Columns of a table that are drawn; the others are counted."""
WIDTH, ROW, HEAD, GAP = 210, 17, 26, 26
"""Of a table, a column's line, a table's name, and the room between tables [px]."""
CHANNEL = 110
"""Room between two columns of tables, for the lines [px]."""
LANE = 14
"""From one upright line to the next [px]."""

STYLE = """
text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1c2733 }
.name { font-weight: bold; fill: #fff }
.more { fill: #5b6875; font-style: italic }
.key { font-weight: bold }
.box { fill: #fff; stroke: #5b6875 }
.dim { fill: #1f5f8b } .fact { fill: #b3440c } .load { fill: #4d5965 }
.link { fill: none; stroke-width: 1.4 }
"""
COLOURS = {"dim_station": "#1f5f8b", "dim_time": "#7a4fa3", "load_ledger": "#4d5965"}


def star_svg() -> str:
    """The whole picture."""
    tables = Base.metadata.tables
    places: dict[str, tuple[int, int]] = {}
    bottom = 0
    for number, names in enumerate((LEFT, MIDDLE, RIGHT)):
        y = GAP
        for name in names:
            places[name] = (GAP + number * (WIDTH + CHANNEL), y)
            y += _height(tables[name]) + GAP
        bottom = max(bottom, y)

    width = 3 * WIDTH + 2 * CHANNEL + 2 * GAP + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom}" width="{width}" height="{bottom}">',
        "<title>The star: facts in the middle, what they refer to on both sides</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{bottom}" fill="#f4f6f8"/>',
        *_links(tables, places),
        *(part for name, place in places.items() for part in _box(tables[name], *place)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _shown(table: Table) -> list[Column[object]]:
    """Keys first, then the columns that refer to other tables, then the others as they stand."""
    columns = sorted(table.columns, key=lambda column: (not column.primary_key, not column.foreign_keys))
    return columns if len(columns) <= MOST_COLUMNS + 1 else columns[:MOST_COLUMNS]


def _height(table: Table) -> int:
    shown = len(_shown(table))
    return HEAD + ROW * (shown + (len(table.columns) > shown)) + 6


def _line_of(table: Table, column: str, top: int) -> int:
    """Where a column's line of text has its middle."""
    names = [shown.name for shown in _shown(table)]
    return top + HEAD + ROW * names.index(column) + ROW // 2 + 2


def _box(table: Table, x: int, y: int) -> list[str]:
    """A table: its name on a bar, then its columns, keys in bold."""
    kind = table.name.split("_")[0]
    bar = kind if kind in ("dim", "fact") else "load"
    shown = _shown(table)
    lines = [
        f'<rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{_height(table)}"/>',
        f'<rect class="{bar}" x="{x}" y="{y}" width="{WIDTH}" height="{HEAD}"/>',
        f'<text class="name" x="{x + 8}" y="{y + 17}">{escape(table.name)}</text>',
    ]
    for column in shown:
        style = ' class="key"' if column.primary_key else ""
        lines.append(f'<text{style} x="{x + 8}" y="{_line_of(table, column.name, y) + 4}">{escape(column.name)}</text>')
    more = len(table.columns) - len(shown)
    if more:
        lines.append(f'<text class="more" x="{x + 8}" y="{y + HEAD + ROW * len(shown) + 14}">and {more} more</text>')
    return lines


def _links(tables: dict[str, Table], places: dict[str, tuple[int, int]]) -> list[str]:
    """A line from each column that refers to a table beside it or above it, to that table's key."""
    links = []
    for name in (*LEFT, *MIDDLE, *RIGHT):
        table = tables[name]
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            target = key.column.table.name
            if name in LEFT and target == "load_ledger":
                continue  # it would cross the whole picture; the page says so
            start = (places[name][0], _line_of(table, key.parent.name, places[name][1]))
            end = (places[target][0], _line_of(key.column.table, key.column.name, places[target][1]))
            links.append(_link(target, name in MIDDLE, start, end))
    return links


def _link(target: str, from_middle: bool, start: tuple[int, int], end: tuple[int, int]) -> str:
    """Out to the side, up or down in the lane of its target, and in."""
    lane = LANE * (1 + list(COLOURS).index(target))
    if not from_middle:
        side, out = (0, -LANE) if target in LEFT else (WIDTH, WIDTH + LANE)
        path = f"M{start[0] + side},{start[1]} H{end[0] + out} V{end[1]} H{end[0] + side}"
    elif target in LEFT:
        path = f"M{start[0]},{start[1]} H{start[0] - CHANNEL + lane + 30} V{end[1]} H{end[0] + WIDTH}"
    else:
        path = f"M{start[0] + WIDTH},{start[1]} H{end[0] - lane - 10} V{end[1]} H{end[0]}"
    return f'<path class="link" stroke="{COLOURS[target]}" d="{path}"/>'


if __name__ == "__main__":
    FILE.write_text(star_svg(), encoding="utf-8")
