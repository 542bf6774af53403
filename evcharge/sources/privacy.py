"""What must not be stored is hashed or withheld here, at the door: driver tokens, and fields that name a person.

What does not belong here: which fields these are (profiles, and the readers of structured formats).
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from evcharge.sources.json_values import DECODER, written
from evcharge.sources.names import folded

WITHHELD = "[private]"
"""Stands in a raw row for a field that must not be kept."""

ROW_WITHHELD = "[row withheld: it is broken, so that it can't be told which part of it is private]"

REF_DIGITS = 32
"""Hexadecimal digits of a driver's reference: 128 bits, so that two drivers never share one by chance."""


def driver_refs(tokens: Sequence[str | None], salt: str | None) -> list[str | None]:
    """Salted hashes (HMAC-SHA-256, RFC 2104) of driver tokens; None for no token, and for all where there is no salt.

    Tokens are short, so that an unsalted hash of one is easily undone; without a salt nothing is kept.
    """
    if not salt:
        return [None] * len(tokens)
    known = {token: _driver_ref(token, salt) for token in set(tokens) if token and token.strip()}
    return [known.get(token) if token else None for token in tokens]


def _driver_ref(token: str, salt: str) -> str:
    return hmac.new(salt.encode(), token.strip().encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[
        :REF_DIGITS
    ]


def withheld_row(cells: Sequence[str], private: Collection[int], delimiter: str) -> str:
    """A row of delimited text, written anew without the cells at the private places."""
    kept = [WITHHELD if place in private and cell else cell for place, cell in enumerate(cells)]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow(kept)
    return text.getvalue()


def withheld_object(members: Mapping[str, Any], private: Collection[str]) -> str:
    """A JSON object, written anew without the values of its private members (folded names), at any depth."""
    return written(_without_private(members, private))


def withheld_text(raw: str, members: Mapping[str, Any], private: Collection[str]) -> str:
    """The text of a JSON object as it stands, or written anew where it has private members at some depth."""
    kept = _without_private(members, private)
    return raw if kept == members else written(kept)


class KeptText:
    """``withheld_text`` of an object that can be read, written once it is asked for by ``str``: only a reject needs it.

    Args:
        raw: the object's exact text.
        private: folded names of its private members.
    """

    __slots__ = ("_private", "raw")

    def __init__(self, raw: str, private: Collection[str]) -> None:
        self.raw = raw
        self._private = private

    def __str__(self) -> str:
        return withheld_text(self.raw, DECODER.decode(self.raw), self._private)


def _without_private(value: Any, private: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: WITHHELD if inner is not None and folded(key) in private else _without_private(inner, private)
            for key, inner in value.items()
        }
    return [_without_private(inner, private) for inner in value] if isinstance(value, list) else value
