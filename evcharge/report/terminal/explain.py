"""One station's number taken apart, as people read it in a terminal.

What does not belong here: the words (``explain_words``), figures, and anything a program should read (``explain``).
"""

from __future__ import annotations

from rich.console import Console

from evcharge.report.explain import Explanation
from evcharge.report.explain_words import Grid, explained
from evcharge.report.terminal.table import print_table, say


def print_explanation(found: Explanation, console: Console, most_rows: int) -> None:
    """Prints the sections of ``explain_words.explained``, then what must be said with the number."""
    for number, section in enumerate(explained(found, most_rows)):
        if number:
            say(console)
        say(console, section.title, "bold")
        for part in section.parts:
            if isinstance(part, Grid):
                print_table(console, [_signed(name, part) for name in part.columns], part.rows)
            else:
                say(console, part)
    say(console)
    for note in found.figure_notes:
        say(console, note)


def _signed(name: str, grid: Grid) -> str:
    """The heading of a column with the sign of ``print_table``."""
    return f"{'>' if name in grid.right else '|' if name in grid.cut else ''}{name}"
