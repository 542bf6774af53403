"""A table of settings, checked strictly: each refusal names file, key, value and what would be right.

What does not belong here: which settings there are (``profile_file``).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from evcharge.errors import SourceError


class Settings:
    """The keys and values of one table, each to be taken once.

    Args:
        where: file, or file and table, for messages.
        values: what was written.
        code: code of the error that a fault raises.
    """

    def __init__(self, where: str, values: Mapping[str, Any], code: str = "bad_profile") -> None:
        self.where = where
        self._left = dict(values)
        self._code = code

    def text(self, key: str, default: str | None = None, choices: Collection[str] = ()) -> str:
        """A text that is not blank, one of the choices if there are any; required where there is no default."""
        value = self._take(key, default)
        right = f"one of {', '.join(map(repr, choices))}" if choices else "a text that is not blank"
        if not isinstance(value, str) or not value.strip() or (choices and value not in choices):
            self.refuse(key, value, right)
        return value

    def optional_text(self, key: str) -> str | None:
        """A text that is not blank, or None where the key is absent."""
        return self.text(key) if key in self._left else None

    def optional_count(self, key: str) -> int | None:
        """A whole number from 1 on, or None where the key is absent."""
        value = self._take(key, None)
        if value is not None and (type(value) is not int or value < 1):
            self.refuse(key, value, "a whole number from 1 on")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts; none may be empty or stand there twice; required where there is no default."""
        values = self._take(key, default)
        right = "a list of texts, each different and not empty"
        if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) and value for value in values):
            self.refuse(key, values, right)
        if len(set(values)) < len(values):
            self.refuse(key, values, right)
        return tuple(values)

    def table(self, key: str) -> Settings:
        """The table under the key, empty where it is absent."""
        value = self._take(key, {})
        if not isinstance(value, Mapping):
            self.refuse(key, value, f"a table, [{key}]")
        return Settings(f"{self.where}, [{key}]", value, self._code)

    def tables(self, key: str) -> list[Settings]:
        """The tables under the key, [[key]], in order; none where it is absent."""
        values = self._take(key, ())
        if not isinstance(values, (list, tuple)) or not all(isinstance(value, Mapping) for value in values):
            self.refuse(key, values, f"tables, [[{key}]]")
        return [Settings(f"{self.where}, [[{key}]] {n}", value, self._code) for n, value in enumerate(values, 1)]

    def spellings(self, allowed: Collection[str]) -> dict[str, tuple[str, ...]]:
        """All that is left, as key to one text or several; each key must be one of those allowed."""
        pairs = {key: self._one_or_more(key) for key in tuple(self._left) if key in allowed}
        self.nothing_left(allowed)
        return pairs

    def _one_or_more(self, key: str) -> tuple[str, ...]:
        if isinstance(self._left[key], str):
            return (self.text(key),)
        texts = self.texts(key)
        return texts if texts else self.refuse(key, texts, "a text, or a list of texts")

    def texts_by_key(self) -> dict[str, str]:
        """All that is left, as key to text, whatever the keys."""
        return {key: self.text(key) for key in tuple(self._left)}

    def mapping(self, allowed: Collection[str]) -> dict[str, str]:
        """All that is left, as key to text; each key must be one of those allowed."""
        pairs = {key: self.text(key) for key in tuple(self._left) if key in allowed}
        self.nothing_left(allowed)
        return pairs

    def nothing_left(self, known: Collection[str]) -> None:
        """Refuse the first key that nobody took."""
        for key in self._left:
            near = difflib.get_close_matches(key, known, n=1)
            meant = f"Did you mean {near[0]}? " if near else ""
            raise SourceError(
                self._code, f"{self.where}: {key!r} is not a setting.", f"{meant}Known here: {', '.join(known)}."
            )

    def refuse(self, key: str, value: object, right: str) -> NoReturn:
        """Refuse the value of a key, telling what would be right."""
        fault = "is missing" if value is None else f"is {value!r}"
        raise SourceError(self._code, f"{self.where}: {key} {fault}.", f"Write {right}.")

    def _take(self, key: str, default: object) -> Any:
        return self._left.pop(key, default)
