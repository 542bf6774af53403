"""A definition of the user's own, written as TOML; its id ends in a hash of what it says, in every output.

What does not belong here: the published definitions (``definitions``), and counting.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from sqlalchemy import ColumnElement, and_
from sqlalchemy.sql import operators

from evcharge import toml
from evcharge.errors import ConfigError
from evcharge.metrics.definitions import DEFINITIONS, Definition, needing, of_attempts
from evcharge.models import FactCharging

HASH_DIGITS = 8
"""Hexadecimal digits of the content's hash: 32 bits tell apart the few definitions a person ever writes."""


class Condition(NamedTuple):
    """A condition that a definition may state: the column it looks at, the kind of its value, and what it asks."""

    column: str
    kind: str
    holds: Callable[[Any, Any], ColumnElement[bool]]


NUMBER, WORDS, FLAG = "a number from 0 up", "a list of words", "true or false"
CONDITIONS = {
    "energy_kwh_above": Condition("energy_kwh", NUMBER, operator.gt),
    "energy_kwh_at_least": Condition("energy_kwh", NUMBER, operator.ge),
    "duration_minutes_above": Condition("duration_minutes", NUMBER, operator.gt),
    "duration_minutes_at_least": Condition("duration_minutes", NUMBER, operator.ge),
    "stop_reasons": Condition("stop_reason", WORDS, operators.in_op),
    "next_status_not": Condition("next_status", WORDS, operators.not_in_op),
    "recorded_success": Condition("success", FLAG, operators.is_),
    "reached_charging": Condition("reached_charging", FLAG, operators.is_),
}
"""Every condition by its key. A session without the column is unknown."""


class Contract(NamedTuple):
    """What a contract states besides what counts as a success; None where it states nothing.

    Attributes:
        target: success ratio that is promised, between 0 and 1.
        confidence: two-sided level of the verdict on the lot, between 0 and 1.
    """

    target: float | None = None
    confidence: float | None = None


_TEXTS = ("id", "title", "source")
_CONTRACT = "contract"
_OF_ATTEMPTS = "attempts_without_transaction_fail"


def read_definition(path: Path) -> Definition:
    """The definition in a TOML file: a session succeeds when every condition holds.

    Keys: ``id`` (small letters, digits, underscores), ``title``, ``source``; conditions ``energy_kwh_above``,
    ``energy_kwh_at_least``, ``duration_minutes_above``, ``duration_minutes_at_least`` (numbers), ``stop_reasons``,
    ``next_status_not`` (lists of words), ``recorded_success``, ``reached_charging`` (true or false); and
    ``attempts_without_transaction_fail`` (true), for sources that tell of such attempts.

    What a table ``contract`` says is no part of the definition (see ``read_contract``).

    Raises:
        ConfigError: ``bad_definition`` naming the key and what would be right.
    """
    given = _read(path)
    _check_keys(path, given)
    conditions = {key: value for key, value in given.items() if key in CONDITIONS}
    if not conditions:
        _refuse(path, "states no condition", f"Write at least one of {', '.join(CONDITIONS)}.")
    needs = tuple(dict.fromkeys(CONDITIONS[key].column for key in conditions))
    succeeded = and_(*(_condition(path, key, value) for key, value in conditions.items()))
    judge = of_attempts if given.get(_OF_ATTEMPTS) else needing
    return Definition(
        id=f"{_text(path, given, 'id')}@{_digest(given)}",
        version=1,
        title=_text(path, given, "title"),
        source=_text(path, given, "source"),
        needs=(("has_transaction", *needs) if given.get(_OF_ATTEMPTS) else needs),
        outcome=judge(needs, succeeded),
    )


def read_contract(path: Path) -> Contract:
    """What the table ``contract`` of a definition's file states: ``target`` and ``confidence``, if there is one.

    Raises:
        ConfigError: ``bad_definition`` naming the key and what would be right.
    """
    stated = _read(path).get(_CONTRACT, {})
    if not isinstance(stated, dict):
        _refuse(path, f"says {_CONTRACT} is {stated!r}", "Write a table: [contract]")
    for key, value in stated.items():
        if key not in Contract._fields:
            known = ", ".join(Contract._fields)
            _refuse(path, f"has the unknown key {key!r} in [contract]", f"Known keys: {known}.")
        if not _is_number(value) or not 0 < value < 1:
            _refuse(path, f"says {key} is {value!r}", "Write a share between 0 and 1, such as 0.95.")
    return Contract(**stated)


def _read(path: Path) -> dict[str, Any]:
    try:
        return toml.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        _refuse(
            path,
            f"can't be read: {error.strerror}",
            "Name a file that there is; docs/metrics/own-definitions.md says what is in it.",
        )
    except (UnicodeDecodeError, toml.TOMLDecodeError) as error:
        _refuse(path, f"can't be read as TOML: {error}", "See docs/metrics/own-definitions.md for the layout.")


def _digest(given: Mapping[str, Any]) -> str:
    """Hash of what decides: two files that say the same in another order or spelling are one definition."""
    rule = {key: _said(value) for key, value in given.items() if key not in (*_TEXTS, _CONTRACT)}
    return hashlib.sha256(json.dumps(rule, sort_keys=True).encode()).hexdigest()[:HASH_DIGITS]


def _said(value: Any) -> Any:
    """A value as it is hashed: a number as a float, words in order and each once."""
    if isinstance(value, list):
        return sorted(set(value))
    return value if isinstance(value, bool) else float(value)


def _check_keys(path: Path, given: Mapping[str, Any]) -> None:
    known = (*_TEXTS, *CONDITIONS, _OF_ATTEMPTS, _CONTRACT)
    for key in given:
        if key not in known:
            _refuse(path, f"has the unknown key {key!r}", f"Known keys: {', '.join(known)}.")
    if given.get(_OF_ATTEMPTS, True) is not True:
        _refuse(path, f"says {_OF_ATTEMPTS} is {given[_OF_ATTEMPTS]!r}", "Write true, or leave it out.")


def _text(path: Path, given: Mapping[str, Any], key: str) -> str:
    text = given.get(key)
    right = "small letters, digits and underscores" if key == "id" else "a text that is not blank"
    fits = isinstance(text, str) and (re.fullmatch("[a-z0-9_]{1,48}", text) if key == "id" else text.strip())
    if not fits or text in DEFINITIONS:
        _refuse(path, f"says {key} is {text!r}", f"Write {right}; the id of no published definition.")
    return str(text)


def _condition(path: Path, key: str, value: Any) -> ColumnElement[bool]:
    """One condition on a session."""
    condition = CONDITIONS[key]
    if not _FITS[condition.kind](value):
        _refuse(path, f"says {key} is {value!r}", f"Write {condition.kind}.")
    return condition.holds(getattr(FactCharging, condition.column), value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= sys.float_info.max


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word for word in value)


_FITS: Mapping[str, Callable[[Any], bool]] = {
    NUMBER: _is_number,
    WORDS: _are_words,
    FLAG: lambda value: isinstance(value, bool),
}


def _refuse(path: Path, what: str, hint: str) -> NoReturn:
    raise ConfigError("bad_definition", f"{path} {what}.", hint)
