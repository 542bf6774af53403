"""JSON values as the text they were written as, and what makes a piece of JSON no row.

What does not belong here: where in a file an object begins and ends (``json_lines``, ``json_documents``), and what its
members mean (``profile``, and the readers of structured formats).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import Any

_HALF_OF_PAIR = re.compile(r"[\ud800-\udfff]")
"""Half a surrogate pair, which is no character."""


class Fault(ValueError):
    """A piece of JSON that is no row; its text is the code of the fault."""


class WholeNumber(str):
    """Text of a number without a fraction or an exponent; it may be an id."""

    __slots__ = ()


class Fraction(str):
    """Text of a number with a fraction or an exponent: as an id it is refused, for 7.0 and 7 may be one id or two."""

    __slots__ = ()


def scalar_text(value: object, is_id: bool) -> str:
    """A scalar as text: a number as it is written, a truth value as true or false, null as empty.

    Raises:
        Fault: ``value_not_scalar``.
    """
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, WholeNumber) or (isinstance(value, Fraction) and not is_id):
        return str(value)
    if isinstance(value, bool) and not is_id:
        return "true" if value else "false"
    raise Fault("value_not_scalar")


def refuse_unstorable(texts: Sequence[str]) -> None:
    """Refuse what only an escape can write: half a surrogate pair, which is no character, and NUL.

    Raises:
        Fault: ``nul_character`` or ``malformed_row``.
    """
    together = "".join(texts)
    if "\0" not in together and (together.isascii() or not _HALF_OF_PAIR.search(together)):
        return
    for text in texts:
        if "\0" in text:
            raise Fault("nul_character")
        if _HALF_OF_PAIR.search(text):
            raise Fault("malformed_row")


def written(value: Any) -> str:
    """A decoded value as JSON on one line, its numbers as they were written."""
    if type(value) is str:
        return encode_basestring(value)
    if isinstance(value, (WholeNumber, Fraction)):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{written(key)}:{written(inner)}" for key, inner in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object of which no key stands twice.

    Raises:
        Fault: ``duplicate_key``.
    """
    members = dict(pairs)
    if len(members) < len(pairs):
        raise Fault("duplicate_key")
    return members


def refuse_constant(name: str) -> None:
    """NaN, Infinity and -Infinity are not JSON: raises ``Fault``."""
    raise Fault("malformed_row")


DECODER = json.JSONDecoder(
    object_pairs_hook=unique_members, parse_float=Fraction, parse_int=WholeNumber, parse_constant=refuse_constant
)
"""Keeps the text of numbers; raises ``Fault`` for a key that stands twice and for a constant that is not JSON."""
