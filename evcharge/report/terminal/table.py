"""Lines and tables in a terminal: no character that it lacks, no mark or digit lost on a narrow screen.

What does not belong here: what is told (``story`` and the others beside it).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evcharge.report.terminal import USUAL_WIDTH

GIVING_WAY = ("~", "|", "", ">")
"""The columns of these signs give way in turn."""
CUT_TO = {"~": 8, "|": 7}
"""Cells down to which a usual screen cuts the texts of such columns. House rule."""
MOST_CUT = 200
"""Characters that a paragraph shows of what a table cuts to the screen. House rule: a reason in full, raw text not."""
INDENT = "  "
"""Before what a paragraph says below its name."""


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
        from evcharge.report.now import MARKS  # with pandas, which a list of formats does without

        for sign, plain in (*MARKS.values(), ("–", "-"), ("…", "~"), ("□", "?")):
            text = text.replace(sign, plain)
        return text.encode(console.encoding, "replace").decode(console.encoding)
    return text


def wrapped(text: str, room: int, console: Console) -> list[str]:
    """The lines that a text takes when it is broken between words; only a word that is longer than a line is folded."""
    return [line.plain.rstrip() for line in Text(text).wrap(console, max(room, 1), overflow="fold")]


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

    On a screen of fewer than ``USUAL_WIDTH`` columns nothing is cut; on others columns in which nothing stands are left
    out before a text is. Where a column that is not cut has no room for its longest word, each row is a paragraph.
    """
    signs = [heading[:1] if heading[:1] in ("~", "|", ">") else "" for heading in headings]
    titles = [heading.removeprefix(sign) for heading, sign in zip(headings, signs, strict=True)]
    lines = [[encodable(printable(cell or ""), console) for cell in line] for line in (titles, *rows)]
    natural = [min(max(map(cell_len, column)), console.width) for column in zip(*lines, strict=True)]
    if sum(natural) + len(natural) > console.width:
        left_out = _left_out(headings, lines, if_room, console)
        kept = [place for place in range(len(headings)) if place not in left_out]
        signs, natural = [signs[place] for place in kept], [natural[place] for place in kept]
        lines = [[line[place] for place in kept] for line in lines]
    least = _least(natural, signs, lines, console)
    if sum(least) + len(least) > console.width:
        _print_paragraphs(console, signs, lines, styles)
        return
    tight = tight or sum(natural) + 2 * len(natural) > console.width
    widths = _fitting(natural, least, signs, console.width - (1 if tight else 2) * len(natural))
    table = Table(box=None, padding=(0, 1, 0, 0) if tight else (0, 1), pad_edge=not tight, header_style="dim")
    header, *body = [[_cell(*part, console) for part in zip(line, signs, widths, strict=True)] for line in lines]
    for title, sign, width in zip(header, signs, widths, strict=True):
        table.add_column(title, justify="right" if sign == ">" else "left", width=width)
    for number, cells in enumerate(body):
        table.add_row(*cells, style=styles[number] if styles else None)
    console.print(table)


def _left_out(headings: Sequence[str], lines: Sequence[Sequence[str]], if_room: str, console: Console) -> set[int]:
    """The columns that a screen without room for all does without."""
    named = {headings.index(if_room)} if if_room else set()
    if console.width < USUAL_WIDTH:
        return named
    _, *rows = lines
    return named | {place for place, cells in enumerate(zip(*rows, strict=True)) if set(cells) <= {"", "–", "-"}}


def _least(natural: Sequence[int], signs: Sequence[str], lines: Sequence[Sequence[str]], console: Console) -> list[int]:
    """The widths down to which columns may give way: that of the longest word, or to which their texts are cut."""
    words = [
        max(cell_len(word) for cell in column for word in ("", *cell.split())) for column in zip(*lines, strict=True)
    ]
    cut_to = CUT_TO if console.width >= USUAL_WIDTH else {}
    columns = zip(natural, words, signs, strict=True)
    return [min(own, cut_to[sign]) if sign in cut_to else own if sign == "|" else word for own, word, sign in columns]


def _fitting(natural: Sequence[int], least: Sequence[int], signs: Sequence[str], room: int) -> list[int]:
    """The widths of columns when those that give way have done so, the widest of a sign first, a cell at a time."""
    widths = list(natural)
    for sign in GIVING_WAY:
        columns = [number for number, own in enumerate(signs) if own == sign]
        while sum(widths) > room and (wider := [number for number in columns if widths[number] > least[number]]):
            widths[max(wider, key=widths.__getitem__)] -= 1
    return widths


def _cell(text: str, sign: str, width: int, console: Console) -> Text:
    if console.width < USUAL_WIDTH:
        return Text(text, overflow="fold")
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


def _print_paragraphs(
    console: Console, signs: Sequence[str], lines: Sequence[Sequence[str]], styles: Sequence[str]
) -> None:
    """Prints each row as a paragraph: its mark and first cell, and below them the others, each with its heading.

    A name (``~``) needs no heading. A first cell that is empty stands for the one above it.
    """
    titles, *rows = lines
    first = next(number for number, title in enumerate(titles) if title)
    heading = "" if signs[first] == "~" else f"{titles[first]}: "
    name = ""
    for number, cells in enumerate(rows):
        mark, name = " ".join(cells[:first]), cells[first] or name
        label = Text(f"{mark} {heading}{name}".strip(), overflow="fold")
        console.print(label, style=styles[number] if styles else None)
        others = list(zip(titles, cells, signs, strict=True))[first + 1 :]
        parts = [f"{title and f'{title}: '}{_shortened(cell, sign, console)}" for title, cell, sign in others if cell]
        room = console.width - len(INDENT)
        for line in _packed(parts, room):
            for piece in wrapped(line, room, console):
                console.print(Text(INDENT + piece))


def _packed(parts: Iterable[str], room: int) -> list[str]:
    """The parts in lines, as many in each as fit it; one that is longer than a line has its own."""
    lines: list[str] = []
    for part in parts:
        if lines and cell_len(f"{lines[-1]}; {part}") <= room:
            lines[-1] += f"; {part}"
        else:
            lines.append(part)
    return lines


def _shortened(text: str, sign: str, console: Console) -> str:
    return encodable(f"{text[: MOST_CUT - 1]}…", console) if sign == "|" and len(text) > MOST_CUT else text
