"""A definition's expression evaluated over columns in memory, with the three values of SQL's logic.

A definition is written once, as SQL; a load that has the columns at hand need not ask the database. A test holds the
two equal. What does not belong here: any definition, and operators that no published one uses: those are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import ColumnElement, schema
from sqlalchemy.sql import elements, functions, operators

from evcharge.arrays import Flags
from evcharge.metrics.definitions import OUTCOMES

_COMPARED = {operators.gt: np.greater, operators.ge: np.greater_equal}
_AMONG = (operators.in_op, operators.eq, operators.ne)


class Truth(NamedTuple):
    """What is true and what is false of each row; where neither is, it is not known."""

    true: Flags
    false: Flags


class Words(NamedTuple):
    """A column of texts: a code of each row, and what each code stands for; None is no text."""

    codes: npt.NDArray[np.int64]
    words: list[str | None]


Column = Truth | Words | npt.NDArray[np.float64]
"""A column of yes or no, of texts, or of numbers, where NaN stands for none."""


def column_of(values: pd.Series) -> Column:
    """A column of a clean frame, by its dtype."""
    if values.dtype == "boolean":
        known = values.notna().to_numpy()
        yes = values.to_numpy(dtype=bool, na_value=False)
        return Truth(yes & known, ~yes & known)
    if values.dtype == object:
        codes, words = pd.factorize(values.to_numpy())  # of a Series pandas would make texts of its own first
        return Words(codes, [*words.tolist(), None])  # the code of what is missing is -1: the last
    return values.to_numpy(dtype="float64")


def outcomes_by(outcome: ColumnElement[str], columns: Mapping[str, Column]) -> npt.NDArray[np.uint8]:
    """The outcome of each row, as its place in ``definitions.OUTCOMES``.

    Args:
        outcome: ``Definition.outcome``.
        columns: those of ``FactCharging`` that it looks at, by name.

    Raises:
        TypeError: it holds what no published definition does.
    """
    length = len(_flags(next(iter(columns.values()))))
    if not isinstance(outcome, elements.Case) or outcome.value is not None or outcome.else_ is None:
        return np.full(length, OUTCOMES.index(_literal(outcome)), dtype=np.uint8)
    places = outcomes_by(outcome.else_, columns)

    # The first condition that holds decides, so that it is written last.
    for condition, value in reversed(outcome.whens):
        places = np.where(_truth(condition, columns).true, outcomes_by(value, columns), places)
    return places


def _flags(column: Column) -> npt.NDArray[Any]:
    return column[0] if isinstance(column, tuple) else column


def _truth(condition: Any, columns: Mapping[str, Column]) -> Truth:
    """Where a condition is true and where it is false."""
    if isinstance(condition, elements.Grouping):
        return _truth(condition.element, columns)
    if isinstance(condition, elements.BooleanClauseList):
        parts = [_truth(part, columns) for part in condition.clauses]
        every, some = np.logical_and.reduce, np.logical_or.reduce
        if condition.operator is operators.and_:
            return Truth(every([part.true for part in parts]), some([part.false for part in parts]))
        if condition.operator is operators.or_:
            return Truth(some([part.true for part in parts]), every([part.false for part in parts]))
    if isinstance(condition, elements.BinaryExpression):
        return _compared(condition, columns)
    raise TypeError(f"{condition!r} is in no published definition")


def _compared(condition: elements.BinaryExpression[Any], columns: Mapping[str, Column]) -> Truth:
    """Where a comparison of a column with what is written in the definition is true and where it is false."""
    column, operator = _column(condition.left, columns), condition.operator
    if operator is operators.is_:
        holds = _is(column, condition.right)
        return Truth(holds, ~holds)
    if isinstance(column, Words) and operator in _AMONG:
        asked = condition.right.value if operator is operators.in_op else [_literal(condition.right)]
        among = np.array([word in asked for word in column.words])
        known = np.array([word is not None for word in column.words])
        holds = (among != (operator is operators.ne)) & known
        return Truth(holds[column.codes], (~holds & known)[column.codes])
    if isinstance(column, np.ndarray) and operator in _COMPARED:
        holds = _COMPARED[operator](column, _literal(condition.right))  # nothing is greater than NaN, nor NaN than it
        return Truth(holds, ~holds & ~np.isnan(column))
    raise TypeError(f"{condition} is in no published definition")


def _is(column: Column, asked: Any) -> Flags:
    """Where a column is empty, true or false: one of these is asked."""
    if isinstance(asked, elements.Null):
        if isinstance(column, Truth):
            return ~(column.true | column.false)
        if isinstance(column, Words):
            return np.array([word is None for word in column.words])[column.codes]
        return np.isnan(column)
    if isinstance(column, Truth) and isinstance(asked, (elements.True_, elements.False_)):
        return column.true if isinstance(asked, elements.True_) else column.false
    raise TypeError(f"IS {asked} is in no published definition")


def _column(expression: Any, columns: Mapping[str, Column]) -> Column:
    """A column as it is, or with a text in place of none."""
    if isinstance(expression, functions.coalesce):
        name, instead = expression.clauses
        column = _column(name, columns)
        if isinstance(column, Words):
            return Words(column.codes, [_literal(instead) if word is None else word for word in column.words])
    elif isinstance(expression, schema.Column) and expression.name in columns:
        return columns[expression.name]
    raise TypeError(f"{expression} is in no published definition")


def _literal(expression: Any) -> Any:
    if isinstance(expression, elements.BindParameter):
        return expression.value
    raise TypeError(f"{expression} is in no published definition")
