"""The outcomes of a session by several definitions as one short text: a letter for each, in a stated order.

What does not belong here: what a definition says (``definitions``), and the counts kept by such texts
(``day_outcomes``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Column, ColumnElement, case, func
from sqlalchemy.sql import visitors

from evcharge.metrics.definitions import DEFINITIONS, EXCLUDED, FAILURE, SUCCESS, UNKNOWN, Definition

LETTERS = {SUCCESS: "S", FAILURE: "F", EXCLUDED: "E", UNKNOWN: "U"}
"""The letter of each outcome."""
ORDER = tuple(DEFINITIONS.values())
"""The definitions of the letters that a database keeps, in their order; what one keeps says its order beside them."""


def judged_columns(definitions: Iterable[Definition]) -> set[str]:
    """The columns of a session that these definitions look at."""
    return {
        element.name
        for definition in definitions
        for element in visitors.iterate(definition.outcome)
        if isinstance(element, Column)
    }


def named_letters(definitions: Sequence[Definition]) -> str:
    """By which definition each letter is: ids with versions, in order."""
    return " ".join(f"{definition.id}@{definition.version}" for definition in definitions)


def letters_by(definitions: Sequence[Definition]) -> ColumnElement[str]:
    """The letters of a session, as an expression over ``FactCharging``."""
    told = {outcome: letter for outcome, letter in LETTERS.items() if outcome != UNKNOWN}
    first, *others = (case(told, value=definition.outcome, else_=LETTERS[UNKNOWN]) for definition in definitions)
    letters: ColumnElement[str] = first
    for letter in others:
        letters = letters.concat(letter)
    return letters


def letter_at(outcomes: ColumnElement[str], place: int) -> ColumnElement[str]:
    """The letter at a place, counted from 1."""
    return func.substr(outcomes, place, 1)
