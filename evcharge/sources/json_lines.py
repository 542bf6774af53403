"""Rows of JSON lines: one object per line, every scalar kept as the text it was written as.

What does not belong here: what the keys mean (``profile``), bytes and lines (``text``), values (``clean``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

from evcharge.carriers.file import SourceFile
from evcharge.carriers.text import Block, blocks, first_lines, said_lines
from evcharge.errors import SourceError
from evcharge.frames import RawSessions
from evcharge.sources.chunk import Reading, Rows, chunks
from evcharge.sources.json_values import DECODER, Fault, refuse_unstorable, scalar_text
from evcharge.sources.names import folded
from evcharge.sources.privacy import ROW_WITHHELD, withheld_object
from evcharge.sources.profile import ID_COLUMNS, Profile

FIRST_OBJECTS = 20
"""Objects that tell which keys a file has. House rule."""


def read(file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
    """The rows, one a line that is not blank. A key that a line lacks is None.

    Raises:
        SourceError: what ``text.blocks`` raises.
    """
    source = blocks(file, reading.profile.encoding)
    head = first_lines(source, file)
    objects = _Objects(reading.profile)
    yield from chunks(map(objects.rows, chain((head,), source)), objects.names, reading)


def first_keys(file: SourceFile, text: str) -> tuple[str, ...]:
    """Keys of the first lines that are whole objects: a session that has not ended may have no key for its end.

    Raises:
        SourceError: ``not_json_lines`` where no line at the beginning of the file is one.
    """
    keys: dict[str, None] = {}
    objects = 0
    for _, line in said_lines(Block(1, text)):
        with suppress(Fault):
            keys.update(dict.fromkeys(object_of(line)))
            objects += 1
        if objects == FIRST_OBJECTS:
            break
    if objects:
        return tuple(keys)
    raise SourceError(
        "not_json_lines",
        f"{file.name} begins with a brace, but no line at its beginning is one whole JSON object, and as a document "
        "it is of no format that evcharge knows, or holds nothing.",
        "Write it as JSON lines, one object per line, and describe it: --profile my.toml.",
    )


class _Objects:
    """Reads objects into rows of the fields that a profile maps.

    Attributes:
        names: folded names of the fields that are read.
    """

    def __init__(self, profile: Profile) -> None:
        self.names = tuple(sorted(profile.fields))
        self._places = {name: place for place, name in enumerate(self.names)}
        self._private = profile.private_fields
        ids = chain.from_iterable(names for ours, names in profile.mapped.items() if ours in ID_COLUMNS)
        self._ids = frozenset(self._places[folded(name)] for name in ids)

    def rows(self, block: Block) -> Rows:
        """The rows of a block of whole lines."""
        lines = list(said_lines(block))
        judged = [self._judged(raw) for _, raw in lines]
        faults, cells = [fault for fault, _ in judged], [values for _, values in judged]
        raws = [self._kept(raw, fault) for (_, raw), fault in zip(lines, faults, strict=True)]
        return Rows.of([number for number, _ in lines], raws, faults, cells, range(len(self.names)))

    def _kept(self, raw: str, fault: str | None) -> str:
        """The line as it stands, or without its private members where the profile names such."""
        if not self._private:
            return raw
        return ROW_WITHHELD if fault else withheld_object(object_of(raw), self._private)

    def _judged(self, raw: str) -> tuple[str | None, list[str]]:
        """Code of the line's fault, or None, and its values, empty where there is a fault."""
        try:
            return None, self._values(raw)
        except Fault as error:
            return str(error), [""] * len(self.names)

    def _values(self, raw: str) -> list[str]:
        """The texts of the mapped fields; empty for null and for a key that is not there."""
        values: list[Any] = [None] * len(self.names)
        for key, value in object_of(raw).items():
            place = self._places.get(folded(key))
            if place is not None:
                if values[place] is not None:
                    raise Fault("duplicate_key")
                values[place] = value
        texts = [scalar_text(value, place in self._ids) for place, value in enumerate(values)]
        if "\\u" in raw:
            refuse_unstorable(texts)
        return texts


def object_of(raw: str) -> dict[str, Any]:
    """The object that the line is.

    Raises:
        Fault: it is none.
    """
    if "\0" in raw:
        raise Fault("nul_character")
    try:
        value = DECODER.decode(raw)
    except Fault:
        raise
    except (ValueError, RecursionError) as error:
        raise Fault("malformed_row") from error
    if type(value) is not dict:
        raise Fault("not_an_object")
    return value
