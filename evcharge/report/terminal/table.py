"""Lines and tables in a terminal: no character that it lacks, no mark or digit lost on a narrow screen.

What does not belong here: what is told (``story`` and the others beside it).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evcharge.report.now import MARKS

GIVING_WAY = (("~", 8), ("|", 7), ("", 7), (">", 1))
"""On a narrow screen the columns of these signs give way in turn, each down to so many cells."""


def say(console: Console, line: str = "", style: str | None = None) -> None:
    """Prints one line for people: nothing in it is a command to the terminal, and no character is one that it lacks."""
    console.print(Text(encodable(printable(line), console)), style=style)


def printable(text: str) -> str:
    """The text with a box for each character that a terminal can't show."""
    return "".join(char if char.isprintable() else "□" for char in text)


def encodable(text: str, console: Console) -> str:
    """The text in characters that the terminal's encoding has."""
    try:
        text.encode(console.encoding)
    except UnicodeEncodeError:
        for sign, plain in (*MARKS.values(), ("–", "-"), ("…", "~"), ("□", "?")):
            text = text.replace(sign, plain)
        return text.encode(console.encoding, "replace").decode(console.encoding)
    return text


def print_table(
    console: Console,
    headings: Sequence[str],
    rows: Iterable[Sequence[str | None]],
    styles: Sequence[str] = (),
    *,
    tight: bool = False,
    if_room: str = "",
) -> None:
    """Prints a table in which a narrow screen loses no mark and no digit: what does not fit its column is folded.

    A sign before a heading is not printed: the column of ``>`` stands at the right; of ``~`` is of names, whose middle
    is left out where the other columns leave no room; of ``|`` is cut to the screen. The column with the heading
    ``if_room`` is left out where the screen has no room for all columns in full.
    """
    signs = [heading[:1] if heading[:1] in ("~", "|", ">") else "" for heading in headings]
    titles = [heading.removeprefix(sign) for heading, sign in zip(headings, signs, strict=True)]
    lines = [[encodable(printable(cell or ""), console) for cell in line] for line in (titles, *rows)]
    natural = [min(max(map(cell_len, column)), console.width) for column in zip(*lines, strict=True)]
    if if_room and sum(natural) + len(natural) > console.width:
        place = headings.index(if_room)
        del signs[place], natural[place]
        for line in lines:
            del line[place]
    tight = tight or sum(natural) + 2 * len(natural) > console.width
    widths = _fitting(natural, signs, console.width - (1 if tight else 2) * len(natural))
    table = Table(box=None, padding=(0, 1, 0, 0) if tight else (0, 1), pad_edge=not tight, header_style="dim")
    header, *body = [[_cell(*part, console) for part in zip(line, signs, widths, strict=True)] for line in lines]
    for title, sign, width in zip(header, signs, widths, strict=True):
        table.add_column(title, justify="right" if sign == ">" else "left", width=width)
    for number, cells in enumerate(body):
        table.add_row(*cells, style=styles[number] if styles else None)
    console.print(table)


def _fitting(natural: Sequence[int], signs: Sequence[str], room: int) -> list[int]:
    """The widths of columns when those that give way have done so, the widest of a sign first, a cell at a time."""
    widths = list(natural)
    for sign, least in GIVING_WAY:
        columns = [number for number, own in enumerate(signs) if own == sign]
        while columns and sum(widths) > room and max(widths[number] for number in columns) > least:
            widths[max(columns, key=widths.__getitem__)] -= 1
    return widths


def _cell(text: str, sign: str, width: int, console: Console) -> Text:
    if sign == "|":
        return Text(text[:width], no_wrap=True, overflow="crop")
    return Text(encodable(_fitted(text, width), console) if sign == "~" else text, overflow="fold")


def _fitted(text: str, room: int) -> str:
    """The text in so many cells of the screen; the middle is left out, for ids often differ at the end."""
    if cell_len(text) <= room:
        return text
    head, tail = text[:room], text[-room:]
    while cell_len(head) > room - 1 - room // 2:
        head = head[:-1]
    while cell_len(tail) > room // 2:
        tail = tail[1:]
    return f"{head.rstrip()}…{tail.lstrip()}"
