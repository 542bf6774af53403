"""What a Python program gives, read: days in any of their shapes, and frames with other names of columns.

What does not belong here: what is done with them (``api``, ``api_uptime``).
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, time
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evcharge.db import masked
from evcharge.errors import ConfigError, EvchargeError
from evcharge.load.result import RejectLimit
from evcharge.metrics.cost import CURRENCY, Price
from evcharge.metrics.definitions import Definition, find_definition
from evcharge.metrics.selection import named_lot
from evcharge.sources import builtin_profiles

MOST_SIGNS = 100
"""Signs with which an argument is still shown whole. House rule."""
Day = str | date
"""A day as text such as ``2025-04-01``, a date, or a datetime or pandas Timestamp at midnight, which are dates, too."""


@contextmanager
def naming(database: Any) -> Iterator[None]:
    """Lets the hints of errors name the database that was given as a path or URL, without its password.

    What is no database at all may be the file that its hint loads, so that one keeps the usual name.
    """
    try:
        yield
    except EvchargeError as error:
        if isinstance(database, (str, os.PathLike)) and error.code != "database_damaged":
            named = os.fspath(database)
            with suppress(EvchargeError):
                error.database = masked(named) if "://" in named else named
        raise


def as_day(given: Any, name: str) -> date | None:
    """The day that was given as ``start`` or ``end``; None for no limit.

    Raises:
        ConfigError: ``bad_day``: it is no day, or a time of day, of which it is not plain what is meant by it.
    """
    if given is None:
        return None
    if isinstance(given, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
        try:
            return date.fromisoformat(given)
        except ValueError:
            raise _no_day(given, name) from None
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    if not isinstance(given, datetime) or given is pd.NaT or given.time() != time():
        raise _no_day(given, name)
    return given.date()


def _no_day(given: Any, name: str) -> ConfigError:
    is_time = isinstance(given, datetime) and given is not pd.NaT
    what = "has a time of day" if is_time else "is no day"
    hint = f"Write {name}='2025-04-01', or give a datetime.date, or a pandas Timestamp at midnight."
    also = f" Of a time, its day: {name}=when.date()." if is_time else ""
    told = shown(str(given) if isinstance(given, (str, date, int, float)) else given)
    return ConfigError("bad_day", f"{name} is {told}, which {what}.", hint + also)


def as_price(given: Any) -> Price | None:
    """What a kWh brings, of an amount and the code of its currency; None where none was given.

    Raises:
        ConfigError: ``bad_price``: it is no such pair, or the amount is not above 0.
    """
    if given is None:
        return None
    pair: Any = given if isinstance(given, (tuple, list)) and len(given) == 2 else (None, None)
    amount, currency = pair
    is_amount = isinstance(amount, Real) and 0 < float(amount) < math.inf
    if not is_amount or not isinstance(currency, str) or not re.fullmatch(CURRENCY, currency):
        reason = f"price is {shown(given)}, which is no amount above 0 with the code of a currency."
        raise ConfigError("bad_price", reason, "Write it like price=(0.59, 'EUR').")
    return Price(float(amount), currency)


def require_kind(given: Any, kind: type, name: str, example: str) -> None:
    """Refuses an argument of another type, such as a share that was written as text.

    Raises:
        ConfigError: ``bad_argument``.
    """
    if not isinstance(given, kind) or isinstance(given, bool):
        reason = f"{name} can't be {shown(given)}, which is of type {type(given).__name__}."
        raise ConfigError("bad_argument", reason, f"Write it like {name}={example}.")


def shown(given: Any) -> str:
    """What was given as Python writes it; what that makes long, as its type."""
    text = repr(given.item() if isinstance(given, np.generic) else given)
    return text if len(text) <= MOST_SIGNS and text.isprintable() else f"this {type(given).__name__}"


def as_share(given: Any, name: str) -> float:
    """A share between 0 and 1, which is left to be checked, as a number of Python.

    Raises:
        ConfigError: ``bad_argument``.
    """
    require_kind(given, Real, name, "0.95")
    try:
        return float(given)
    except OverflowError:
        raise ConfigError("bad_argument", f"{name} can't be so large.", f"Write it like {name}=0.95.") from None


def as_name(given: Any, name: str, example: str) -> str:
    """A name, or a path, as text.

    Raises:
        ConfigError: ``bad_argument``.
    """
    text = os.fspath(given) if isinstance(given, os.PathLike) else given
    require_kind(text, str, name, example)
    return str(text)


def as_file(given: Any, name: str, example: str) -> Path:
    """A path that was given as text or as a path.

    Raises:
        ConfigError: ``bad_argument``.
    """
    place = os.fspath(given) if isinstance(given, os.PathLike) else given
    if not isinstance(place, str) or not place:
        reason = f"{name} can't be {shown(given)}, which is no path of a file."
        raise ConfigError("bad_argument", reason, f"Write it like {name}={example}.")
    return Path(place)


def as_output(given: Any, name: str, example: str) -> Path:
    """The path of a file that is written.

    Raises:
        ConfigError: ``bad_argument``: it is none, or ``-``, which names standard output in commands alone.
    """
    path = as_file(given, name, example)
    if path == Path("-"):
        reason = f"{name} can't be '-': standard output can't take it."
        raise ConfigError("bad_argument", reason, f"Name a file: {name}={example}.")
    return path


def as_definition(given: Any) -> Definition | None:
    """The definition of an id, or the one that was given; None for the usual one.

    Raises:
        ConfigError: ``unknown_definition``, or ``bad_argument``.
    """
    if given is None or isinstance(given, Definition):
        return given
    require_kind(given, str, "definition", "'afirev', or give a Definition")
    return find_definition(given)


def as_lot(given: Any) -> tuple[tuple[str, str], ...]:
    """The lot of stations that was named as ``where``; none of None.

    Raises:
        ConfigError: it is no dict of a word, or of several, by column.
    """
    if given is None:
        return ()
    require_kind(given, Mapping, "where", "{'network': 'Exampla'}")
    words = {column: some if isinstance(some, str) else _listed(some) for column, some in given.items()}
    for column, some in words.items():
        if some is None or not all(isinstance(word, str) for word in some):
            reason = f"where names {shown(given[column])} as {column}, which is neither a text nor a list of texts."
            hint = f"Write it like where={{{column!r}: 'Exampla'}}; '' stands for stations of which none is known."
            raise ConfigError("bad_argument", reason, hint)
    return named_lot({column: some for column, some in words.items() if some is not None})


def _listed(given: Any) -> list[Any] | None:
    """What a list, a set, an array or a Series holds; None of anything else."""
    return list(given) if isinstance(given, (list, tuple, set, frozenset, np.ndarray, pd.Series, pd.Index)) else None


def require_text(given: Any, name: str, example: str) -> None:
    """Refuses an argument that is neither text nor None.

    Raises:
        ConfigError: ``bad_argument``.
    """
    if given is not None:
        require_kind(given, str, name, example)


def as_words(given: Any, name: str) -> tuple[str, ...]:
    """One text or several, as several.

    Raises:
        ConfigError: ``bad_argument``.
    """
    words = [given] if isinstance(given, str) else _listed(given)
    if words is None or not all(isinstance(one, str) for one in words):
        reason = f"{name} can't be {shown(given)}, which is neither a text nor a list of texts."
        raise ConfigError("bad_argument", reason, f"Write it like {name}=['A', 'B'].")
    return tuple(words)


def as_texts_by_text(given: Any, name: str, example: str) -> Mapping[str, str]:
    """A text by text, such as a name of a column by another; empty where there is None.

    Raises:
        ConfigError: ``bad_argument``.
    """
    texts = {} if given is None else given
    if not isinstance(texts, Mapping) or not all(isinstance(one, str) for pair in texts.items() for one in pair):
        reason = f"{name} can't be {shown(given)}, which is no dict of texts."
        raise ConfigError("bad_argument", reason, f"Write it like {name}={example}.")
    return texts


def as_reject_limit(given: Any) -> RejectLimit | None:
    """How many rows may be refused: a whole number, or text such as ``2%``; None for no limit.

    Raises:
        ConfigError: ``bad_argument``.
    """
    if given is None:
        return None
    is_amount = isinstance(given, (str, Real)) and not isinstance(given, (bool, np.bool_))
    limit = RejectLimit.of_text(str(given)) if is_amount else None
    if limit is None:
        reason = f"max_rejects is {shown(given)}, which is neither a whole number of rows nor a share of them."
        hint = "Write it like max_rejects=100, or of a share max_rejects='2%': half of the rows is '50%'."
        raise ConfigError("bad_argument", reason, hint)
    return limit


def known_columns() -> Sequence[str]:
    """The names of columns that a frame of sessions may have: those of the ``native`` profile."""
    native = builtin_profiles()["native"]
    spellings = [*native.columns.values(), *native.optional_columns.values()]
    return [name for names in spellings for name in names]


def renamed(sessions: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The frame with our names in place of theirs.

    Args:
        sessions: any frame.
        columns: their name to ours.

    Raises:
        ConfigError: ``unknown_column``: we have no such column, or the frame has not; ``column_named_twice``.
    """
    known = f"The columns are {', '.join(known_columns())}."
    for theirs, ours in columns.items():
        if theirs not in sessions.columns:
            there = f"It has: {', '.join(map(str, sessions.columns))}."
            raise ConfigError("unknown_column", f"columns names {theirs!r}, which the frame does not have.", there)
        if not isinstance(ours, str) or ours not in known_columns():
            reason = f"columns makes {theirs!r} the column {ours!r}, which is none of ours."
            raise ConfigError("unknown_column", reason, f"Write it like columns={{{theirs!r}: 'station_id'}}. {known}")
    names = [columns.get(name, name) for name in sessions.columns]
    twice = [name for name in columns.values() if names.count(name) > 1]
    if twice:
        reason = f"with columns, the frame has two columns {twice[0]!r}."
        raise ConfigError("column_named_twice", reason, "Drop the one that is not meant, or name one column alone.")
    return sessions.set_axis(names, axis="columns")
