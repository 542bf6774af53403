"""What the sections share: tables as lists of cells, lines, terms, and the badge of what a station is now.

What does not belong here: what one section alone says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS
from evcharge.report.now import MARKS, SILENT

_NO_LETTERS = re.compile(r"[^a-z0-9]+")
TONES = {BELOW: "bad", SILENT: "silent", CANT_TELL: "unsure", MEETS: "ok"}
"""The colour of what a station is now, by the name that the style sheet gives it."""


@dataclass(frozen=True)
class Badge:
    """What a station is now, as the page shows it.

    Attributes:
        mark: one character.
        tone: the colour, by the name that the style sheet gives it.
        word: one of ``now.WORDS``.
    """

    mark: str
    tone: str
    word: str


def badge_of(word: str) -> Badge:
    """Mark, tone and word of what a station is now."""
    return Badge(MARKS[word][0], TONES[word], word)


@dataclass(frozen=True)
class Named:
    """A cell that names a station.

    Attributes:
        text: its label.
        href: the address of its own page; None without one.
        detail: its id and place; empty where the label tells both.
    """

    text: str
    href: str | None
    detail: str


def named(row: Mapping[Any, Any], links: Mapping[int, str]) -> Named:
    """The cell that names a station of the story."""
    return Named(row["label"], links.get(row["station_key"]), id_and_place(row))


def id_and_place(row: Mapping[Any, Any]) -> str:
    """The id of a station and its city, what its label does not say already."""
    parts = (row["station_id"], row["city"] if isinstance(row["city"], str) else "")
    return " · ".join(part for part in parts if part and part not in row["label"])


@dataclass(frozen=True)
class Table:
    """A table as the template takes it.

    Attributes:
        caption: what it shows.
        columns: headings.
        rows: cells as people read them; the first names its row.
        right: places of the columns of numbers.
        more: what is not in the table; empty for nothing.
    """

    caption: str
    columns: list[str]
    rows: list[list[Any]]
    right: frozenset[int]
    more: str


def table_of(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    right: Iterable[int] = (),
    more: str = "",
) -> Table:
    """The table of these headings and rows; see ``Table``."""
    return Table(caption, list(columns), [list(row) for row in rows], frozenset(right), more)


@dataclass(frozen=True)
class Part:
    """A line or a table of a section; the other one is None.

    Attributes:
        line: one sentence.
        under: whether it belongs to the line above.
        table: a table.
    """

    line: str | None
    under: bool = False
    table: Table | None = None


@dataclass(frozen=True)
class Term:
    """A name with what there is to say of it."""

    name: str
    text: str

    @property
    def id(self) -> str:
        """Where links to it lead: small letters with hyphens."""
        return f"how-{_NO_LETTERS.sub('-', self.name.lower())}"


def terms_of(pairs: Iterable[tuple[str, str]]) -> list[Term]:
    """Names with what there is to say of them; those without a text are left out."""
    return [Term(name, text) for name, text in pairs if text]
